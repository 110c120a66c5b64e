"""Transforms of random numbers: the base, inverses, chains, and those of several dims together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, NotDefined, ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.constraints import Constraint, event_dim_of, need_constraint
from tcalc.library.distributions.utils import (
    Open,
    as_tensor,
    lazy_property,
    need_tensor,
    sum_rightmost,
)
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import zeros_like

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor

_HOME = "torch.distributions.transforms"


def transform(cls: type) -> type:
    """Export a class of transforms."""
    name = cls.__name__
    return export(f"torch.distributions.{name}", f"{_HOME}.{name}", home=_HOME)(cls)


@transform
class Transform(Open):
    """The base of transforms of tensors that know how they change volumes.

    A program's own derives from it, gives `domain` and `codomain` (constraints) and `bijective`,
    and defines `_call`, `_inverse` and `log_abs_det_jacobian`. cache_size: 1 keeps the last value
    with its result, for inverses that are dear or inexact.

    >>> t = distributions.transforms.ExpTransform()
    >>> t(tensor([0., 1.])), t.inv(tensor([1.])), t.log_abs_det_jacobian(tensor(2.), None)
    (tensor([1.0000, 2.7183]), tensor([0.]), tensor(2.))
    """

    _public_ = frozenset({"_cache_size", "_call", "_inv_call", "_inverse"})
    _hidden_ = frozenset({"_cached", "_inv"})

    bijective: Any = False
    # Those of a class that does not call `super().__init__()`.
    _cache_size = 0
    _inv: Transform | None = None
    _cached: tuple[Any, Any] = (None, None)
    __hash__ = None  # type: ignore[assignment]  # equal ones may be different objects

    def __init__(self, cache_size: int = 0) -> None:
        self._cache_size = kinds.take(type(self).__name__, "cache_size", ("int",), cache_size)
        if self._cache_size not in (0, 1):
            raise ValueProblem("cache_size must be 0 or 1")

    @property
    def domain(self) -> Constraint:
        """What goes in."""
        raise NotDefined(f"{type(self)} does not define domain")

    @property
    def codomain(self) -> Constraint:
        """What comes out."""
        raise NotDefined(f"{type(self)} does not define codomain")

    @property
    def event_dim(self) -> int:
        """How many dims it takes together, if it gives as many."""
        dims = event_dim_of(self.domain)
        if dims != event_dim_of(self.codomain):
            raise ValueProblem("Please use either .domain.event_dim or .codomain.event_dim")
        return dims

    @property
    def inv(self) -> Transform:
        """The inverse; that of it is this one again."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv

    @property
    def sign(self) -> Any:
        """1 where it is increasing, -1 where it is decreasing."""
        raise NotDefined(f"{type(self)} does not define sign")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        if type(self).__init__ is Transform.__init__:
            return type(self)(cache_size=cache_size)
        raise NotDefined(f"{type(self)}.with_cache is not implemented")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __call__(self, x: Tensor) -> Tensor:
        if not self._cache_size:
            return self._call(x)
        seen, kept = self._cached
        if x is seen:
            return kept
        y = self._call(x)
        self._cached = x, y
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        """The inverse of a value."""
        if not self._cache_size:
            return self._inverse(y)
        kept, seen = self._cached
        if y is seen:
            return kept
        x = self._inverse(y)
        self._cached = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        """What it makes of x."""
        raise NotDefined(f"{type(self)} does not define _call")

    def _inverse(self, y: Tensor) -> Tensor:
        """What it makes y of."""
        raise NotDefined(f"{type(self)} does not define _inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |dy/dx|, summed over the dims that it takes together."""
        raise NotDefined(f"{type(self)} does not define log_abs_det_jacobian")

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape that it makes of one."""
        return shape

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape that it makes one of."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def need_transform(value: object) -> Transform:
    """A transform that another thing is made of."""
    if not isinstance(value, Transform):
        raise ArgumentError(f"expected a Transform, not {type(value).__name__}")
    return value


def forward(parts: Sequence[Transform], x: Tensor) -> Tensor:
    """What transforms make of a value, one after the other."""
    for part in parts:
        x = need_tensor(part(x), "what a transform gives")
    return x


def domain_dims(part: Transform) -> int:
    """How many dims a transform takes together."""
    return event_dim_of(part.domain)


def codomain_dims(part: Transform) -> int:
    """How many dims a transform gives together."""
    return event_dim_of(part.codomain)


def log_slope(part: Transform, x: Tensor, y: Tensor, dims: int) -> Tensor:
    """log |dy/dx| summed over so many dims beside those that a transform takes together."""
    slope = need_tensor(part.log_abs_det_jacobian(x, y), "log_abs_det_jacobian")
    return sum_rightmost(slope, dims)


class _InverseTransform(Transform):
    """A transform the other way round."""

    _base: Transform
    _hidden_ = frozenset({"_base"})

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._base = transform

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Constraint:
        """What comes out of the other."""
        return need_constraint(self._base.codomain)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Constraint:
        """What goes into the other."""
        return need_constraint(self._base.domain)

    @property
    def bijective(self) -> Any:
        """Whether the other is."""
        return self._base.bijective

    @property
    def sign(self) -> Any:
        """That of the other."""
        return self._base.sign

    @property
    def inv(self) -> Transform:
        """The other."""
        return self._base

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The inverse of the other with a cache."""
        return need_transform(self._base.with_cache(cache_size)).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and bool(self._base == other._base)

    __hash__ = None

    def __call__(self, x: Tensor) -> Tensor:
        return self._base._inv_call(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the other, negated."""
        return -log_slope(self._base, y, x, 0)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """That of the other's inverse."""
        return self._base.inverse_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """That of the other."""
        return self._base.forward_shape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"


export(f"{_HOME}._InverseTransform", value=_InverseTransform)


@transform
class ComposeTransform(Transform):
    """Transforms one after the other, each with its own cache.

    >>> t = distributions.transforms
    >>> t.ComposeTransform([t.AffineTransform(1., 2.), t.ExpTransform()])(tensor(0.))
    tensor(2.7183)
    """

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        found = [need_transform(part) for part in parts]
        if cache_size:
            found = [need_transform(part.with_cache(cache_size)) for part in found]
        super().__init__(cache_size=cache_size)
        self._parts = found

    _hidden_ = frozenset({"_parts"})

    @property
    def parts(self) -> list[Transform]:
        """The transforms, the first one first."""
        return list(self._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self._parts == other._parts

    __hash__ = None

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Constraint:
        """That of the first, with the dims that later ones take together."""
        if not self._parts:
            return constraints.real
        dims = codomain_dims(self._parts[-1])
        for part in reversed(self._parts):
            dims = max(dims + domain_dims(part) - codomain_dims(part), domain_dims(part))
        return _widened(self._parts[0].domain, dims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Constraint:
        """That of the last, with the dims that earlier ones give together."""
        if not self._parts:
            return constraints.real
        dims = domain_dims(self._parts[0])
        for part in self._parts:
            dims = max(dims + codomain_dims(part) - domain_dims(part), codomain_dims(part))
        return _widened(self._parts[-1].codomain, dims)

    @lazy_property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(part.bijective for part in self._parts)

    @lazy_property
    def sign(self) -> Any:
        """The product of theirs."""
        product: Any = 1
        for part in self._parts:
            product = product * part.sign
        return product

    @property
    def inv(self) -> Transform:
        """Their inverses from the last to the first."""
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self._parts)])
            self._inv._inv = self
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of that size."""
        if self._cache_size == cache_size:
            return self
        return ComposeTransform(self._parts, cache_size=cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        return forward(self._parts, x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of theirs."""
        if not self._parts:
            return zeros_like(as_tensor(x))
        dims, total = event_dim_of(self.domain), None
        for i, part in enumerate(self._parts):
            following = y if i == len(self._parts) - 1 else part(x)
            slope = log_slope(part, x, following, dims - domain_dims(part))
            total = slope if total is None else total + slope
            dims += codomain_dims(part) - domain_dims(part)
            x = following
        return need_tensor(total, "log_abs_det_jacobian")

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape that they make of one."""
        for part in self._parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape that they make one of."""
        for part in reversed(self._parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        listed = ",\n    ".join(repr(part) for part in self._parts)
        return f"{type(self).__name__}(\n    {listed}\n)"


def _widened(constraint: object, dims: int) -> Constraint:
    """A constraint that looks at so many dims together."""
    found = need_constraint(constraint)
    more = dims - event_dim_of(found)
    return constraints.independent(found, more) if more > 0 else found


identity_transform = ComposeTransform([])
export("torch.distributions.identity_transform", f"{_HOME}.identity_transform",
       value=identity_transform)  # fmt: skip


@transform
class IndependentTransform(Transform):
    """Another transform, of which the last dims of a batch count as one.

    >>> t = distributions.transforms
    >>> t.IndependentTransform(t.ExpTransform(), 1).log_abs_det_jacobian(tensor([1., 2.]), None)
    tensor(3.)
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size=cache_size)
        self._base = need_transform(need_transform(base_transform).with_cache(cache_size))
        self._dims: int = kinds.take(
            type(self).__name__, "reinterpreted_batch_ndims", ("int",), reinterpreted_batch_ndims
        )

    _hidden_ = frozenset({"_base", "_dims"})

    @property
    def base_transform(self) -> Transform:
        """The other."""
        return self._base

    @property
    def reinterpreted_batch_ndims(self) -> int:
        """How many dims of a batch count as one."""
        return self._dims

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        return IndependentTransform(self._base, self._dims, cache_size=cache_size)

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Constraint:
        """What goes in."""
        return constraints.independent(self._base.domain, self._dims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Constraint:
        """What comes out."""
        return constraints.independent(self._base.codomain, self._dims)

    @property
    def bijective(self) -> Any:
        """Whether the other is."""
        return self._base.bijective

    @property
    def sign(self) -> Any:
        """That of the other."""
        return self._base.sign

    def _call(self, x: Tensor) -> Tensor:
        return self._base(_with_dims(x, self.domain))

    def _inverse(self, y: Tensor) -> Tensor:
        return self._base.inv(_with_dims(y, self.codomain))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the other, summed over the dims."""
        return log_slope(self._base, x, y, self._dims)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """That of the other."""
        return self._base.forward_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """That of the other's inverse."""
        return self._base.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r}, {self._dims})"


def _with_dims(value: Tensor, constraint: object) -> Tensor:
    if need_tensor(value, "value").ndim < event_dim_of(constraint):
        raise ValueProblem("Too few dimensions on input")
    return value
