"""What parameters and samples have to be: checks of tensors, for each of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AssertionProblem, NotDefined, ValueProblem
from tcalc.library.distributions.utils import Open, need_tensor
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.texts import str_of
from tcalc.runtime.ops.shape.joining import cat as joined
from tcalc.runtime.ops.shape.joining import stack as stacked
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Bound = Tensor | float

HOME = "torch.distributions.constraints"
_UNKNOWN: Any = NotImplemented


def constraint(*names: str) -> Callable[[type], type]:
    """Export a class of constraints under its own name, and under others."""

    def mark(cls: type) -> type:
        return export(*[f"{HOME}.{n}" for n in (cls.__name__, *names)], home=HOME)(cls)

    return mark


@constraint()
class Constraint(Open):
    """The base of constraints.

    is_discrete: whether only separate values are allowed. event_dim: how many of the last dims
    are looked at together.

    >>> distributions.constraints.positive.check(tensor([-1., 2.]))
    tensor([False,  True])
    """

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Any:
        """Which of a batch are allowed: of the shape without the last `event_dim` dims."""
        raise NotDefined(f"{type(self)} does not implement check")

    def __repr__(self) -> str:
        return f"{type(self).__name__[1:]}()"


def need_constraint(value: object) -> Constraint:
    """A constraint that another, or a transform, goes by."""
    if not isinstance(value, Constraint):
        raise ArgumentError(f"expected a Constraint, not {type(value).__name__}")
    return value


def check(constraint: object, value: Tensor) -> Tensor:
    """Which values a constraint, maybe a program's own, allows."""
    found = need_constraint(constraint).check(value)
    return need_tensor(found, "what a constraint's check gives")


def event_dim_of(constraint: object) -> int:
    """How many dims a constraint looks at together."""
    found = need_constraint(constraint)
    return kinds.take(type(found).__name__, "event_dim", ("int",), found.event_dim)


# -- what depends on others -------------------------------------------------------------------


@constraint()
class _Dependent(Constraint):
    """What can be told only where the other parameters are known."""

    _hidden_ = frozenset({"_is_discrete", "_event_dim"})

    def __init__(self, *, is_discrete: Any = _UNKNOWN, event_dim: Any = _UNKNOWN) -> None:
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    @property
    def is_discrete(self) -> Any:
        """Whether only separate values are allowed, if that is known beforehand."""
        return _known(self._is_discrete, "is_discrete")

    @property
    def event_dim(self) -> Any:
        """How many dims are looked at together, if that is known beforehand."""
        return _known(self._event_dim, "event_dim")

    def __call__(self, *, is_discrete: Any = _UNKNOWN, event_dim: Any = _UNKNOWN) -> _Dependent:
        return _Dependent(
            is_discrete=self._is_discrete if is_discrete is _UNKNOWN else is_discrete,
            event_dim=self._event_dim if event_dim is _UNKNOWN else event_dim,
        )

    def check(self, x: Tensor) -> Tensor:
        """Always a ValueError."""
        raise ValueProblem("Cannot determine validity of dependent constraint")


def _known(value: Any, name: str) -> Any:
    if value is _UNKNOWN:
        raise NotDefined(f".{name} cannot be determined statically")
    return value


@constraint("dependent_property")
class _DependentProperty(property, _Dependent):
    """Decorates a method that gives the constraint of an object: `@dependent_property`."""

    def __init__(
        self, fn: Callable[..., Any] | None = None, *, is_discrete: Any = _UNKNOWN,
        event_dim: Any = _UNKNOWN,
    ) -> None:  # fmt: skip
        if fn is not None and not callable(fn):
            raise ArgumentError(f"dependent_property decorates a method, not {type(fn).__name__}")
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Callable[..., Any]) -> _DependentProperty:  # type: ignore[override]  # a decorator
        return _DependentProperty(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


@export(f"{HOME}.is_dependent")  # type: ignore[untyped-decorator]  # as it is
def is_dependent(constraint: Constraint) -> bool:
    """Whether a constraint can be told only where other parameters are known.

    >>> c = distributions.constraints
    >>> c.is_dependent(c.dependent), c.is_dependent(c.real)
    (True, False)
    """
    return isinstance(constraint, _Dependent)


# -- of others --------------------------------------------------------------------------------


class _Based(Constraint):
    """A constraint that goes by another."""

    def __init__(self, base_constraint: Constraint) -> None:
        if not isinstance(base_constraint, Constraint):
            raise AssertionProblem(
                f"base_constraint must be a Constraint, got {type(base_constraint).__name__}"
            )
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> Any:
        """Whether only separate values are allowed."""
        return need_constraint(self.base_constraint).is_discrete


@constraint("independent")
class _IndependentConstraint(_Based):
    """Another constraint, which the last dims of its batch have to meet together.

    >>> c = distributions.constraints
    >>> c.independent(c.positive, 1).check(tensor([[1., 2.], [3., -4.]]))
    tensor([ True, False])
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        super().__init__(base_constraint)
        if type(reinterpreted_batch_ndims) is not int:
            raise AssertionProblem(
                "reinterpreted_batch_ndims must be an int, got "
                f"{type(reinterpreted_batch_ndims).__name__}"
            )
        if reinterpreted_batch_ndims < 0:
            raise AssertionProblem(
                f"reinterpreted_batch_ndims must be >= 0, got {reinterpreted_batch_ndims}"
            )
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def event_dim(self) -> int:
        """Those of the other and the dims of its batch."""
        return event_dim_of(self.base_constraint) + self.reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        """Which meet the other constraint in all of the dims."""
        result, dims = check(self.base_constraint, value), self.reinterpreted_batch_ndims
        if result.ndim < dims:
            raise ValueProblem(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        return result.reshape((*result.shape[: result.ndim - dims], -1)).all(-1)

    def __repr__(self) -> str:
        dims = self.reinterpreted_batch_ndims
        return f"{type(self).__name__[1:]}({self.base_constraint!r}, {dims})"


@constraint()
class MixtureSameFamilyConstraint(_Based):
    """What all components of a mixture allow."""

    @property
    def event_dim(self) -> int:
        """That of the components' constraint."""
        return event_dim_of(self.base_constraint)

    def check(self, value: Tensor) -> Tensor:
        """Which every component allows."""
        dims = self.event_dim
        if need_tensor(value, "value").ndim < dims:
            raise ValueProblem(f"Expected value.dim() >= {dims} but got {value.ndim}")
        result = check(self.base_constraint, value.unsqueeze(-1 - dims))
        return result.reshape((*result.shape[: value.ndim - dims], -1)).all(-1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r})"


class _Sequence(Constraint):
    """Constraints of the parts of a tensor along a dim."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq = list(cseq)
        if not all(isinstance(c, Constraint) for c in self.cseq):
            raise AssertionProblem("All elements of cseq must be Constraint instances")
        self.dim = kinds.take(type(self).__name__, "dim", ("int",), dim)

    @property
    def is_discrete(self) -> bool:
        """Whether one of them allows only separate values."""
        return any(bool(need_constraint(c).is_discrete) for c in self.cseq)

    @property
    def event_dim(self) -> int:
        """The most of them."""
        return max(map(event_dim_of, self.cseq))

    def _within(self, value: Tensor) -> Tensor:
        dims = need_tensor(value, "value").ndim
        if not -dims <= self.dim < dims:
            raise AssertionProblem(f"dim {self.dim} out of range for value with {dims} dimensions")
        return value


@constraint("cat")
class _Cat(_Sequence):
    """Constraints of the parts of a tensor that lie one after the other along a dim.

    >>> c = distributions.constraints
    >>> c.cat([c.positive, c.real], lengths=[2, 1]).check(tensor([1., -1., -1.]))
    tensor([ True, False,  True])
    """

    def __init__(
        self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None
    ) -> None:
        super().__init__(cseq, dim)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            raise AssertionProblem(
                f"lengths ({len(self.lengths)}) must match cseq ({len(self.cseq)})"
            )

    def check(self, value: Tensor) -> Tensor:
        """Each part by its own."""
        pieces = self._within(value).split(self.lengths, self.dim)
        return joined([check(c, v) for c, v in zip(self.cseq, pieces)], self.dim)


@constraint("stack")
class _Stack(_Sequence):
    """Constraints of the slices of a tensor along a dim.

    >>> c = distributions.constraints
    >>> c.stack([c.positive, c.real]).check(tensor([-1., -1.]))
    tensor([False,  True])
    """

    @property
    def event_dim(self) -> int:
        """The most of them, and one more where the dim is among theirs."""
        dim = max(map(event_dim_of, self.cseq))
        return dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Tensor) -> Tensor:
        """Each slice by its own."""
        slices = self._within(value).unbind(self.dim)
        return stacked([check(c, v) for c, v in zip(self.cseq, slices)], self.dim)


# -- numbers ----------------------------------------------------------------------------------


def _shown(bound: Any) -> str:
    """A bound, of a tensor of one number without dims the number."""
    return f"{bound}" if isinstance(bound, Tensor) else str_of(bound)


class _Bounded(Constraint):
    """A constraint with bounds, numbers or tensors, which its text shows."""

    def __repr__(self) -> str:
        own = self.__dict__
        shown = [f"{n}={_shown(own[n])}" for n in ("lower_bound", "upper_bound") if n in own]
        return f"{type(self).__name__[1:]}({', '.join(shown)})"


class _From(_Bounded):
    def __init__(self, lower_bound: Bound) -> None:
        self.lower_bound = lower_bound


class UpTo(_Bounded):
    """A constraint with a bound above."""

    def __init__(self, upper_bound: Bound) -> None:
        self.upper_bound = upper_bound


class _Between(_Bounded):
    def __init__(self, lower_bound: Bound, upper_bound: Bound) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound


@constraint()
class _Boolean(Constraint):
    """0 or 1."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        """Which are 0 or 1."""
        return (value == 0) | (value == 1)


@constraint()
class _OneHot(Constraint):
    """Vectors of zeros and one 1."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        """Which vectors have one 1 and zeros."""
        value = need_tensor(value, "value")
        return ((value == 0) | (value == 1)).all(-1) & value.sum(-1).eq(1)


@constraint("integer_interval")
class _IntegerInterval(_Between):
    """Whole numbers between two, both included."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        """Which are whole and between the bounds."""
        return (value % 1 == 0) & (self.lower_bound <= value) & (value <= self.upper_bound)


@constraint()
class _IntegerLessThan(UpTo):
    """Whole numbers no greater than a bound."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        """Which are whole and no greater."""
        return (value % 1 == 0) & (value <= self.upper_bound)


@constraint()
class _IntegerGreaterThan(_From):
    """Whole numbers no smaller than a bound."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        """Which are whole and no smaller."""
        return (value % 1 == 0) & (value >= self.lower_bound)


@constraint()
class _Real(Constraint):
    """Anything but nan."""

    def check(self, value: Any) -> Any:
        """Which are numbers."""
        return value == value  # nan is not


@constraint("greater_than")
class _GreaterThan(_From):
    """Numbers above a bound."""

    def check(self, value: Any) -> Any:
        """Which are greater."""
        return self.lower_bound < value


@constraint("greater_than_eq")
class _GreaterThanEq(_From):
    """Numbers no smaller than a bound."""

    def check(self, value: Any) -> Any:
        """Which are no smaller."""
        return self.lower_bound <= value


@constraint("less_than")
class _LessThan(UpTo):
    """Numbers below a bound."""

    def check(self, value: Any) -> Any:
        """Which are smaller."""
        return value < self.upper_bound


@constraint("interval")
class _Interval(_Between):
    """Numbers between two bounds, both included."""

    def check(self, value: Any) -> Any:
        """Which lie between the bounds."""
        return (self.lower_bound <= value) & (value <= self.upper_bound)


@constraint("half_open_interval")
class _HalfOpenInterval(_Between):
    """Numbers between two bounds, the lower included."""

    def check(self, value: Any) -> Any:
        """Which lie between the bounds."""
        return (self.lower_bound <= value) & (value < self.upper_bound)


# -- those that need no bounds ----------------------------------------------------------------


def one(name: str, value: Constraint) -> Constraint:
    """Export a constraint that needs no bounds."""
    return export(f"{HOME}.{name}", value=value)


dependent = one("dependent", _Dependent())
boolean = one("boolean", _Boolean())
one_hot = one("one_hot", _OneHot())
nonnegative_integer = one("nonnegative_integer", _IntegerGreaterThan(0))
positive_integer = one("positive_integer", _IntegerGreaterThan(1))
real = one("real", _Real())
real_vector = one("real_vector", _IndependentConstraint(real, 1))
positive = one("positive", _GreaterThan(0.0))
nonnegative = one("nonnegative", _GreaterThanEq(0.0))
unit_interval = one("unit_interval", _Interval(0.0, 1.0))

# Those with bounds by the names that PyTorch gives them.
dependent_property = _DependentProperty
independent = _IndependentConstraint
greater_than = _GreaterThan
greater_than_eq = _GreaterThanEq
half_open_interval = _HalfOpenInterval
integer_interval = _IntegerInterval
interval = _Interval
less_than = _LessThan
cat = _Cat
stack = _Stack
