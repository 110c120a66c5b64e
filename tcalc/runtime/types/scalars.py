"""Python numbers that meet a dtype: which fit, which wrap and which are refused."""

from __future__ import annotations

import math
import sys
from typing import Any

from tcalc.errors import ArgumentError, OverflowProblem, StateError
from tcalc.runtime.types import dtypes

# What messages call the types that a Python number may not fit into.
_C_NAMES = {
    "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t",
    "float32": "float", "float64": "double", "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
}  # fmt: skip
_LARGEST = {
    "float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
    "complex64": 3.4028234663852886e38,
}  # fmt: skip
_HUGE = 1 << 64


def bounded(value: Any) -> Any:
    """A number, refused where it is an int that no number of PyTorch's holds."""
    if type(value) is int and not -(_HUGE >> 1) <= value < _HUGE:
        raise OverflowProblem("int too big to convert", hint="write it with a point for a float")
    return value


def fitting(value: Any, t: dtypes.dtype, argument: str = "value", *, halves: bool = True) -> Any:
    """A number as one that a dtype holds, after PyTorch's `Scalar.to`; what does not fit is an error.

    Fractions are cut off, negative ints wrap once in uint8, infinities and nan fit floating types.
    halves: whether float16 and bfloat16 refuse too; PyTorch lets some ops give them infinities.
    """
    kind = type(value)
    if kind is int and t is dtypes.int64 and -(_HUGE >> 1) <= value < _HUGE >> 1:
        return value  # most of them
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


def _holds(value: float, t: dtypes.dtype) -> bool:
    if t.category != dtypes.INTEGER:
        largest = _LARGEST.get(t.name)
        return largest is None or not abs(value) > largest or math.isinf(value)
    low, high = (-(1 << t.itemsize * 8 - 1), (1 << t.itemsize * 8 - 1) - 1)
    if not t.is_signed:
        low, high = (-255 if isinstance(value, int) else 0), 255
    return low <= value <= (float(high) if isinstance(value, float) else high)


def factor(value: Any, array: Any, argument: str) -> Any:
    """A number that a kernel multiplies an array by, refused where it does not fit its dtype."""
    kind = array.dtype.kind
    if kind == "f" and type(value) is float and -3e38 < value < 3e38:
        return value
    if kind != "c" and isinstance(value, complex):
        raise StateError(
            f"For non-complex input tensors, argument {argument} must not be a complex number.",
            argument=argument,
        )
    return fitting(value, dtypes.of(array.dtype), argument)


def largest(t: dtypes.dtype) -> float:
    """The largest finite number of a floating dtype."""
    return _LARGEST.get(t.name, sys.float_info.max)


def overflow(t: dtypes.dtype, argument: str = "value") -> StateError:
    """The error that a number does not fit a dtype."""
    name = t.name if argument == "data" else _C_NAMES[t.name]
    return StateError(
        f"value cannot be converted to type {name} without overflow", argument=argument
    )


def as_stored(value: int, itemsize: int, signed: bool) -> int:
    """What remains of an int in the bits of an integer type."""
    bits = itemsize * 8
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def wrapped(value: Any, target: Any) -> Any:
    """A number as one of a NumPy dtype; ints lose the bits that it does not have."""
    if isinstance(value, int):
        bounded(value)
        if target.kind in "iu":
            return as_stored(value, target.itemsize, target.kind == "i")
    return value
