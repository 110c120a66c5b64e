"""kl_divergence: by the classes of two distributions, the function that is registered for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, NotDefined
from tcalc.library.distributions import cross_divergences, divergences
from tcalc.library.distributions.distribution import Distribution
from tcalc.library.distributions.independent import Independent
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.utils import sum_rightmost
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.tensor.tensor import Tensor

    Pair = tuple[type, type]
    Formula = Callable[[Any, Any], Tensor]

_HOME = "torch.distributions.kl"
_registered: dict[Pair, Formula] = divergences.FORMULAS | cross_divergences.FORMULAS
# What was found for pairs of classes, some of which derive from those that are registered.
_found: dict[Pair, Formula | None] = {}
# Classes made in a loop must not pile up here.
_MOST_FOUND = 1024


@export("torch.distributions.register_kl", f"{_HOME}.register_kl")  # type: ignore[untyped-decorator]  # as it is
def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """Decorate the function that gives kl_divergence(p, q) of two classes, and those of theirs.

    >>> class Mine(distributions.Normal): pass
    >>> @distributions.register_kl(Mine, Mine)
    ... def mine(p, q): return p.loc - q.loc
    >>> distributions.kl_divergence(Mine(3., 1.), Mine(1., 1.))
    tensor(2.)
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise ArgumentError(
                f"Expected {name} to be a Distribution subclass but got {kind}", argument=name
            )

    def register(function: Formula) -> Formula:
        if not callable(function):
            raise ArgumentError(f"register_kl decorates a function, not {type(function).__name__}")
        _registered[type_p, type_q] = function
        _found.clear()
        return function

    return register


@export("torch.distributions.kl_divergence", f"{_HOME}.kl_divergence")  # type: ignore[untyped-decorator]  # as it is
def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """How far q is from p: the mean of log(p(x) / q(x)) of what p draws, of shape batch_shape.

    NotImplementedError where nothing is registered for their classes.

    >>> p, q = distributions.Normal(0., 1.), distributions.Normal(1., 2.)
    >>> distributions.kl_divergence(p, q)
    tensor(0.4431)
    """
    pair = type(p), type(q)
    if pair not in _found:
        if len(_found) >= _MOST_FOUND:
            _found.clear()
        _found[pair] = _dispatched(*pair)
    formula = _found[pair]
    if formula is None:
        raise NotDefined(
            f"No KL(p || q) is implemented for p type {pair[0].__name__} and q type "
            f"{pair[1].__name__}"
        )
    return formula(p, q)


def _independent(p: Any, q: Any) -> Tensor:
    dims = p.reinterpreted_batch_ndims
    if dims != q.reinterpreted_batch_ndims:
        raise NotDefined("KL divergence of Independents that take different numbers of dims")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), dims)


def _transformed(p: Any, q: Any) -> Tensor:
    if p.transforms != q.transforms or p._event_shape != q._event_shape:
        raise NotDefined("KL divergence of distributions that are transformed differently")
    return kl_divergence(p.base_dist, q.base_dist)


_registered[Independent, Independent] = _independent
_registered[TransformedDistribution, TransformedDistribution] = _transformed


def _dispatched(p: type, q: type) -> Formula | None:
    """The function of the nearest classes: by p first and by q first, which should agree."""
    matches = [(a, b) for a, b in _registered if issubclass(p, a) and issubclass(q, b)]
    if not matches:
        return None
    left = _nearest(matches)
    right_q, right_p = _nearest((b, a) for a, b in matches)
    if _registered[left] is not _registered[right_p, right_q]:
        warn(
            f"Ambiguous kl_divergence({p.__name__}, {q.__name__}). Please "
            f"register_kl({left[0].__name__}, {right_q.__name__})",
            RuntimeWarning,
        )
    return _registered[left]


def _nearest(pairs: Iterable[Pair]) -> Pair:
    first, *rest = pairs
    for pair in rest:
        if pair != first and _derives(pair, first):
            first = pair
    return first


def _derives(pair: Pair, other: Pair) -> bool:
    """Whether the first class that differs derives from the other's."""
    for a, b in zip(pair, other):
        if a is not b:
            return issubclass(a, b)
    return True
