"""Python numbers that meet a dtype: which fit, which wrap and which are refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, OverflowProblem, StateError
from tcalc.runtime.base.symbols import Symbol, kind_of
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import COMPLEXES, FLOATS, INTEGERS, SIGNED

if TYPE_CHECKING:
    import numpy as np

    from tcalc.runtime.base.op import Array

_HUGE = 1 << 64
# What every floating dtype holds.
_HELD = min(t.largest for t in dtypes.ALL if t.category == dtypes.FLOATING)


def bounded(value: object) -> Any:
    """A number, refused where it is an int that no number of PyTorch's holds."""
    if kind_of(value) is int and not -(_HUGE >> 1) <= value < _HUGE:  # type: ignore[operator]  # an int
        raise OverflowProblem("int too big to convert", hint="write it with a point for a float")
    return value


def fitting(
    value: Any, t: dtypes.dtype, argument: str = "value", *, halves: bool = True
) -> bool | int | float | complex:
    """A number as one that a dtype holds, after PyTorch's `Scalar.to`; what does not fit is an error.

    Fractions are cut off, negative ints wrap once in unsigned types, infinities and nan fit floating types.
    halves: whether float16 and bfloat16 refuse too; PyTorch lets some ops give them infinities.
    """
    if isinstance(value, Symbol):
        return value.through(_fitting, value, t, argument, halves)
    kind = type(value)
    if (
        t.category == dtypes.FLOATING
        and (kind is float or kind is int)
        and -_HELD <= value <= _HELD
    ):
        return float(value)  # most of them
    if kind is int and t is dtypes.int64 and -(_HUGE >> 1) <= value < _HUGE >> 1:
        return value
    if hasattr(value, "item"):  # a tensor, or NumPy's
        value = value.item()
        kind = type(value)
    if kind not in (int, float, bool, complex):
        raise ArgumentError(
            f"{argument} must be a number, not {'None' if value is None else kind.__name__}",
            argument=argument,
        )
    bounded(value)
    category = t.category
    if category == dtypes.BOOL:
        return bool(value)
    parts = (value.real, value.imag) if kind is complex else (value,)
    if kind is complex and category < dtypes.COMPLEX:
        if value.imag:
            raise overflow(t, argument)
        parts = parts[:1]
    if (halves or not t.is_half) and not all(_holds(part, t) for part in parts):
        raise overflow(t, argument)
    if category == dtypes.INTEGER:
        return as_stored(int(parts[0]), t.itemsize, t.is_signed)
    if category == dtypes.FLOATING:
        return float(parts[0])
    return value


def _fitting(value: Any, t: dtypes.dtype, argument: str, halves: bool) -> Any:
    return fitting(value, t, argument, halves=halves)


def _holds(value: float, t: dtypes.dtype) -> bool:
    if t.category != dtypes.INTEGER:
        return not abs(value) > t.largest or math.isinf(value)
    if isinstance(value, float):
        return t.least <= value <= float(t.largest)
    return (t.least if t.is_signed else -t.largest) <= value <= t.largest


def factor(value: object, array: Array, argument: str) -> Any:
    """A number that a kernel multiplies an array by, refused where it does not fit its dtype."""
    char = array.dtype.char
    if char in FLOATS and kind_of(value) is float and -3e38 < value < 3e38:  # type: ignore[operator]  # a float
        return value
    if char not in COMPLEXES and isinstance(value, complex):
        raise StateError(
            f"For non-complex input tensors, argument {argument} must not be a complex number.",
            argument=argument,
        )
    return fitting(value, dtypes.of(array.dtype), argument)


def overflow(t: dtypes.dtype, argument: str = "value") -> StateError:
    """The error that a number does not fit a dtype."""
    name = t.name if argument == "data" else t.c_name
    return StateError(
        f"value cannot be converted to type {name} without overflow", argument=argument
    )


def as_stored(value: int, itemsize: int, signed: bool) -> int:
    """What remains of an int in the bits of an integer type."""
    bits = itemsize * 8
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def wrapped(value: object, target: np.dtype) -> Any:
    """A number as one of a NumPy dtype; ints lose the bits that it does not have."""
    if isinstance(value, int):
        bounded(value)
        if target.char in INTEGERS:
            if isinstance(value, Symbol):
                return value.through(wrapped, value, target)
            return as_stored(value, target.itemsize, target.char in SIGNED)
    return value
