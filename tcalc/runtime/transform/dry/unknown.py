"""Numbers read out of tensors without contents: they go on into formulas and ops as numbers do.

Whatever has to know one (a branch, a size, an index) asks whoever runs the program dry.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays import metaarray
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.symbols import Symbol, number_of
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

# In text, where a number would be.
SHOWN = "?"
# Lists are made of so many unknown numbers at most.
MOST = 1 << 16


class NotKnown(BaseException):
    """What comes next depends on values, which a dry run does not have. No Exception: a program's own
    handlers never see it."""


def ends(why: str) -> None:
    """End the run: what comes next is not known."""
    raise NotKnown(why)


class Answers:
    """Who says which way a branch goes that depends on values: nobody, so the run ends there."""

    def choose(self) -> bool:
        """Whether what is not known counts as true."""
        raise NotKnown("which way this goes depends on values")


answers: list[Answers] = [Answers()]


class Unknown(Symbol):
    """A number that is not known; value: one of its type."""

    __slots__ = ()

    def __init__(self, value: Any) -> None:
        self.value = value
        self.name = self.label = SHOWN

    @property  # type: ignore[misc]  # what isinstance goes by
    def __class__(self) -> type:
        return type(self.value)

    def looked(self) -> Any:
        """Asked for where only a number will do."""
        raise NotKnown(f"a number here depends on values (a {type(self.value).__name__})")

    def through(self, function: Callable[..., Any], *rest: Any) -> Any:
        """What a function of numbers gives: another number that is not known."""
        return Unknown(1.0)

    def as_array(self, dtype: Any) -> Array:
        """A 0-dim array without contents."""
        kind = dtypes.of_scalar(self.value).numpy if dtype is None else dtype
        return metaarray.empty((), kind)

    def place(self, size: int) -> int:
        """Any place is like the others, unless there is none."""
        return 0 if size else self.looked()

    def put(self) -> Any:
        """New data holds what is not known, and is not known itself."""
        interpreter: Any = mode.interpreter
        interpreter.mixed = True
        return self.value

    def __bool__(self) -> bool:
        return answers[-1].choose()

    def __str__(self) -> str:
        return SHOWN

    __repr__ = __str__

    def __format__(self, how: str) -> str:
        return SHOWN

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


def like(array: Array) -> Unknown:
    """A number of the kind that an array holds."""
    return Unknown(dtypes.of(array.dtype).numpy.type(1).item())


def in_lists(array: Array) -> Any:
    """Numbers in nested lists, of the shape of an array."""
    if array.size > MOST:
        raise NotKnown(f"a list of {array.size} numbers depends on values")

    def made(shape: tuple[int, ...]) -> Any:
        return [made(shape[1:]) for _ in range(shape[0])] if shape else like(array)

    return made(array.shape)


class Looks(metaarray.Looks):
    """A look at contents gives numbers that are not known."""

    def item(self, array: Array) -> Any:
        """The one number."""
        return like(array)

    def tolist(self, array: Array) -> Any:
        """All of them, in lists."""
        return in_lists(array)


# -- Python's protocols ---------------------------------------------------------------------------

_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow,
    "lshift": operator.lshift, "rshift": operator.rshift, "and": operator.and_, "or": operator.or_,
    "xor": operator.xor,
}  # fmt: skip
_SIGNS: dict[str, Callable[..., Any]] = {
    "neg": operator.neg, "pos": operator.pos, "abs": abs, "invert": operator.invert,
}  # fmt: skip
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_LOOKS = ("index", "int", "float", "complex", "hash", "round", "trunc", "floor", "ceil")


def _is_number(value: object) -> bool:
    return isinstance(value, Unknown) or type(value) in (int, float, bool, complex)


def _arithmetic(function: Callable[..., Any]) -> Callable[..., Any]:
    def does(self: Unknown, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        # Of ones alone: nothing overflows, and nothing is divided by 0.
        one = type(number_of(other))(1)
        return Unknown(function(self.value, one))

    return does


def _sign(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self: Unknown(function(self.value))


def _compared(self: Unknown, other: Any) -> Any:
    return Unknown(True) if _is_number(other) else NotImplemented


def _looked(self: Unknown, *_: object) -> Any:
    return self.looked()


for _name, _function in _ARITHMETIC.items():
    setattr(Unknown, f"__{_name}__", _arithmetic(_function))
    setattr(Unknown, f"__r{_name}__", _arithmetic(_function))
for _name, _function in _SIGNS.items():
    setattr(Unknown, f"__{_name}__", _sign(_function))
for _name in _COMPARISONS:
    setattr(Unknown, f"__{_name}__", _compared)
for _name in _LOOKS:
    setattr(Unknown, f"__{_name}__", _looked)
