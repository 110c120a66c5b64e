"""Distribution, the base of all: shapes, checks of parameters and samples, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tcalc.errors import ArgumentError, NotDefined, ValueProblem
from tcalc.library.distributions.constraints import Constraint, check, is_dependent
from tcalc.library.distributions.utils import (
    Open,
    is_number,
    lazy_property,
    need_tensor,
    size_of,
)
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Sizes = Sequence[int]


def distribution(file: str, *, alone: bool = False) -> Callable[[type], type]:
    """Export a class of torch.distributions, which PyTorch defines in a file of that name.

    alone: whether PyTorch knows it in that file only. The distributions that it is made of are not
    shown, unless by a name without an underscore.
    """

    def mark(cls: type) -> type:
        home = f"torch.distributions.{file}"
        own = vars(cls)
        inner = {n for n in own.get("_inner_", ()) if n[0] == "_"}
        cls._hidden_ = own.get("_hidden_", frozenset()) | inner  # type: ignore[attr-defined]  # see language
        names = [f"{home}.{cls.__name__}"]
        if not alone:
            names.insert(0, f"torch.distributions.{cls.__name__}")
        return export(*names, home=home)(cls)

    return mark


@distribution("distribution")
class Distribution(Open):
    """The base of distributions.

    batch_shape: of independent ones that are kept together; event_shape: of one sample of one of
    them. A program's own derives from it, gives `arg_constraints` and `support`, and defines what
    it can of `rsample`, `log_prob`, `mean`, `variance`, `entropy` and the others.

    >>> class Coin(distributions.Distribution):
    ...     arg_constraints = {}
    ...     support = distributions.constraints.boolean
    ...     def rsample(self, sample_shape=()):
    ...         return ones(sample_shape)
    >>> Coin().sample((2,))
    tensor([1., 1.])
    """

    _public_ = frozenset(
        {
            "_batch_shape", "_event_shape", "_extended_shape", "_get_checked_instance",
            "_validate_args", "_validate_sample",
        }
    )  # fmt: skip
    _writable_ = frozenset({"_batch_shape", "_event_shape", "_validate_args"})
    # Of a class: the tensors beside those of `arg_constraints` that begin with the batch's dims, and
    # the distributions that it is made of.
    _batched_: tuple[str, ...] = ()
    _inner_: tuple[str, ...] = ()

    # Of some classes properties.
    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args = True
    _batch_shape: Size
    _event_shape: Size

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Say whether parameters and samples are checked where nothing else is said."""
        if value not in (True, False):
            raise ValueProblem(f"a default is True or False, not {value!r}")
        Distribution._validate_args = bool(value)

    def __init__(
        self, batch_shape: Sizes = (), event_shape: Sizes = (),
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        own = self.__dict__
        own["_batch_shape"], own["_event_shape"] = size_of(batch_shape), size_of(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            _check_parameters(self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("_batch_shape", "_event_shape"):
            value = size_of(value)
        elif name in parameters_of(type(self)) and not isinstance(value, Tensor):
            raise ArgumentError(
                f"'{name}' of {type(self).__name__} is a Tensor, not {type(value).__name__}"
            )
        object.__setattr__(self, name, value)

    def expand(self, batch_shape: Sizes, _instance: Self | None = None) -> Self:
        """The same with the batch stretched to a shape; nothing is copied or checked again."""
        cls = next(c for c in type(self).__mro__ if not is_users(c))
        if cls is Distribution:
            raise NotDefined(f"{type(self).__name__} does not implement expand")
        new = self._get_checked_instance(cls, _instance)
        shape, before = size_of(batch_shape), len(self._batch_shape)
        state = new.__dict__
        stretched = parameters_of(cls)
        for name, value in self.__dict__.items():
            if name in stretched:
                value = value.expand(shape + value.shape[before:])
            elif name in self._inner_:
                value = value.expand(shape + value._batch_shape[before:])
            elif isinstance(getattr(type(self), name, None), lazy_property):
                continue
            state[name] = value
        state["_batch_shape"] = shape
        return new

    @property
    def batch_shape(self) -> Size:
        """The shape of the distributions that are kept together."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample of one distribution."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """What parameters have to be, by name."""
        raise _not_defined(self, "arg_constraints")

    @property
    def support(self) -> Constraint:
        """What samples are."""
        raise _not_defined(self, "support")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise _not_defined(self, "mean")

    @property
    def mode(self) -> Tensor:
        """The value of the highest probability or density."""
        raise _not_defined(self, "mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise _not_defined(self, "variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return need_tensor(self.variance, "variance").sqrt()

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw without gradients: (*sample_shape, *batch_shape, *event_shape)."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw with gradients along the path to the parameters, where `has_rsample`."""
        raise _not_defined(self, "rsample")

    def sample_n(self, n: int) -> Tensor:
        """The same as sample((n,)), from before PyTorch 1."""
        warn("`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", FutureWarning)
        return self.sample(size_of((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability, or of its density, of values."""
        raise _not_defined(self, "log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is no greater."""
        raise _not_defined(self, "cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The value whose cdf is given."""
        raise _not_defined(self, "icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values that can be drawn, along a new first dim, if they are finitely many.

        expand: whether the batch's dims have its sizes, or size 1.
        """
        raise _not_defined(self, "enumerate_support")

    def entropy(self) -> Tensor:
        """The entropy in nats: of shape batch_shape."""
        raise _not_defined(self, "entropy")

    def perplexity(self) -> Tensor:
        """e to the entropy."""
        return need_tensor(self.entropy(), "entropy").exp()

    def __repr__(self) -> str:
        own = self.__dict__
        shown = [
            f"{name}: {_short(own[name])}" for name in _constraints_of(self) if name in own
        ]  # fmt: skip
        return f"{type(self).__name__}({', '.join(shown)})"

    # -- for classes that derive from it ------------------------------------------------------

    def _extended_shape(self, sample_shape: Sizes = ()) -> Size:
        """The shape of a sample."""
        return extended(self, sample_shape)

    def _validate_sample(self, value: Tensor) -> None:
        """Refuse what cannot have been drawn."""
        _check_sample(self, value)

    def _get_checked_instance(self, cls: type, _instance: Self | None = None) -> Self:
        """What `expand` fills: a bare object of the same class, unless one is given."""
        if _instance is not None:
            if not isinstance(_instance, Distribution):
                raise ArgumentError("_instance is a Distribution")
            return _instance
        if not isinstance(cls, type) or type(self).__init__ is not cls.__init__:  # type: ignore[misc]  # of classes
            raise NotDefined(
                f"Subclass {type(self).__name__} of {getattr(cls, '__name__', cls)} that defines a "
                "custom __init__ method must also define a custom .expand() method."
            )
        return object.__new__(type(self))


def _not_defined(dist: Distribution, what: str) -> NotDefined:
    return NotDefined(f"{type(dist)} does not implement {what}")


# -- what is checked --------------------------------------------------------------------------


def parameters_of(cls: type[Distribution]) -> Sequence[str]:
    """The names of the parameters that a class of ours keeps as tensors."""
    while is_users(cls):
        cls = cls.__mro__[1]
    named: Any = cls.__dict__.get("_parameters_")
    if named is None:
        constraints = cls.arg_constraints
        named = (*(constraints if isinstance(constraints, dict) else ()), *cls._batched_)
        cls._parameters_ = named  # type: ignore[attr-defined]  # kept for the next time
    return named


def _constraints_of(dist: Distribution) -> dict[str, Constraint]:
    found = dist.arg_constraints
    if not isinstance(found, dict):
        raise ArgumentError(f"arg_constraints is a dict, not {type(found).__name__}")
    for name, constraint in found.items():
        if type(name) is not str or not isinstance(constraint, Constraint):
            raise ArgumentError("arg_constraints holds constraints by the names of parameters")
    return found


def _check_parameters(dist: Distribution) -> None:
    """Refuse parameters that are not what `arg_constraints` says."""
    try:
        wanted = _constraints_of(dist)
    except NotImplementedError:
        warn(
            f"{type(dist)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` "
            "or initialize the distribution with `validate_args=False` to turn off validation."
        )
        return
    own = dist.__dict__
    for name, constraint in wanted.items():
        if is_dependent(constraint):
            continue
        if name in own:
            value = own[name]
        elif isinstance(getattr(type(dist), name, None), lazy_property) or name[:1] == "_":
            continue
        else:
            value = getattr(dist, name)
        if not isinstance(value, Tensor):
            raise ArgumentError(
                f"the parameter {name} of {type(dist).__name__} is a Tensor, not "
                f"{type(value).__name__}"
            )
        if anywhere(check(constraint, value).logical_not()):
            raise ValueProblem(
                f"Expected parameter {name} ({type(value).__name__} of shape "
                f"{tuple(value.shape)}) of distribution {dist!r} to satisfy the constraint "
                f"{constraint!r}, but found invalid values:\n{value}"
            )


def value_of(value: object) -> Tensor:
    """A value as a tensor; of a number or a list, one that holds it."""
    if isinstance(value, Tensor):
        return value
    if is_number(value) or isinstance(value, list):
        found = tensor_of(value)
        return found if found.is_floating_point() else found.float()
    raise ValueProblem("The value argument to log_prob must be a Tensor")


def checked(dist: Distribution, value: object) -> Tensor:
    """A value whose probability is asked for, as a tensor: one that can be drawn, if that is checked."""
    found = value_of(value)
    if dist._validate_args:
        _check_sample(dist, found)
    return found


def _check_sample(dist: Distribution, value: object) -> None:
    if not isinstance(value, Tensor):
        raise ValueProblem("The value argument to log_prob must be a Tensor")
    shape, event = value.shape, dist._event_shape
    if shape[max(len(shape) - len(event), 0) :] != event:
        raise ValueProblem(
            f"The right-most size of value must match event_shape: {shape} vs {event}."
        )
    expected = dist._batch_shape + event
    for size, wanted in zip(reversed(shape), reversed(expected)):
        if size not in (1, wanted) and wanted != 1:
            raise ValueProblem(
                f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {expected}."
            )
    try:
        support = dist.support
    except NotImplementedError:
        warn(
            f"{type(dist)} does not define `support` to enable sample validation. Please "
            "initialize the distribution with `validate_args=False` to turn off validation."
        )
        return
    if anywhere(check(support, value).logical_not()):
        raise ValueProblem(
            f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be "
            f"within the support ({support!r}) of the distribution {dist!r}, but found invalid "
            f"values:\n{value}"
        )


# -- shapes -----------------------------------------------------------------------------------


def extended(dist: Distribution, sample_shape: Sizes) -> Size:
    """The shape of what `sample(sample_shape)` gives."""
    return size_of(sample_shape) + dist._batch_shape + dist._event_shape


def need_distribution(value: object) -> Distribution:
    """A distribution that another is made of."""
    if not isinstance(value, Distribution):
        raise ArgumentError(f"a base is a Distribution, not {type(value).__name__}")
    return value


def _short(value: object) -> str:
    """A parameter in a distribution's text: what it holds if that is one number, else its size."""
    if not isinstance(value, Tensor):
        return str(value)
    return f"{value}" if value.numel() == 1 else str(value.shape)


def whole(name: str, value: object) -> int:
    """An argument that is a whole number."""
    return kinds.take("Distribution", name, ("int",), value)
