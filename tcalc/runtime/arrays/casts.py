"""16-bit floats from and to float32, as NumPy has them to the bit.

NumPy converts them one by one; here a few operations on whole blocks do it, over threads where there
are many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.threads import spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

    # Writes the values of one flat array into another.
    Convert = Callable[[Array, Array], object]

# Elements that are converted at once, so that what lies between stays in the cache.
_BLOCK = 1 << 14
# From so many on that is quicker; and worth sharing among threads.
_FEW, _MANY = 1 << 13, 1 << 18
_SINGLE, _HALF = np.dtype(np.float32), np.dtype(np.float16)


def _bits(value: int) -> Array:
    """A constant for bits of a float32, as an array: NumPy takes those quicker than scalars."""
    return np.array(value, np.uint32)


_EXPONENT, _THIRTEEN, _SIXTEEN, _SIGN = map(_bits, (0x7F800000, 13, 16, 0x8000))
_BEYOND = np.array(65536, _SINGLE)
# A whole block of it: with one number, NumPy's `maximum` goes through the elements one by one.
_LEAST = np.full(_BLOCK, 2.0**-14, _SINGLE)
# To the exponent of a power of two, 13 more; and in its last bits what corrects the bias.
_UNIT = _bits((13 << 23) + 0x800)


def _to_half(source: Array, out: Array) -> None:
    """float32 to float16, rounded to even.

    A number is added to the power of two whose last bit is worth as much as the half's last one:
    the sum's last bits are then the half's digits, correctly rounded, also where it is subnormal.
    """
    size = np.abs(source)
    largest = np.maximum.reduce(size)
    if not largest < _BEYOND:  # also nan
        np.minimum(size, _BEYOND, out=size)
    unit = np.maximum(size, _LEAST[: len(size)])
    power, sum_ = unit.view(np.uint32), size.view(np.uint32)
    np.bitwise_and(power, _EXPONENT, power)
    np.add(power, _UNIT, power)
    np.add(size, unit, size)
    np.right_shift(power, _THIRTEEN, power)
    np.add(sum_, power, sum_)  # digits and exponent in the lower 16 bits
    np.right_shift(source.view(np.uint32), _SIXTEEN, power)
    np.bitwise_and(power, _SIGN, power)
    np.bitwise_or(sum_, power, sum_)
    np.copyto(out.view(np.uint16), sum_, casting="unsafe")
    if largest != largest:
        _convert_some(source, out, np.isnan(source))


_NO_SIGN, _INFINITE = np.array(0x7FFF, np.int16), np.array(0x7C00, np.int16)
_SHIFT, _MOVED = np.array(13, np.int32), np.array(0x8FFFE000, np.uint32).view(np.int32)
_SCALE = np.array(2.0**112, _SINGLE)


def _from_half(source: Array, out: Array) -> None:
    """float16 to float32: the bits moved to their places, the exponent's bias by a product."""
    bits = source.view(np.int16)
    size = bits & _NO_SIGN
    wide = bits.astype(np.int32)
    np.left_shift(wide, _SHIFT, wide)
    np.bitwise_and(wide, _MOVED, wide)
    np.multiply(wide.view(np.float32), _SCALE, out)
    if np.maximum.reduce(size) >= _INFINITE:
        _convert_some(source, out, size >= _INFINITE)


def _convert_some(source: Array, out: Array, chosen: Array) -> None:
    out[chosen] = source[chosen]


_OWN: dict[Any, Convert] = {(_SINGLE, _HALF): _to_half, (_HALF, _SINGLE): _from_half}


def converted(array: Array, dtype: np.dtype) -> Array:
    """A copy of an array in another dtype, as `astype` gives it.

    >>> converted(np.full(10000, 1 / 3, np.float32), np.dtype(np.float16))[0]
    np.float16(0.3333)
    """
    if type(array) is not np.ndarray:
        return array.astype(dtype)
    if (
        0 in array.strides and not array.flags.c_contiguous
    ):  # `astype` would take the dims that repeat for the innermost ones
        out = np.nditer([array, None], ["zerosize_ok"], op_dtypes=[None, dtype]).operands[1]
        np.copyto(out, array, "unsafe")
        return out
    if array.size < _FEW:
        return array.astype(dtype)
    convert = _OWN.get((array.dtype, dtype))
    flags = array.flags
    if convert is None or not (flags.c_contiguous or flags.f_contiguous):
        return array.astype(dtype)
    out = np.empty_like(array, dtype)
    source, target = array.reshape(-1, order="A"), out.reshape(-1, order="A")

    def work(part: int) -> None:
        block = slice(part * _BLOCK, (part + 1) * _BLOCK)
        convert(source[block], target[block])

    parts = -(-array.size // _BLOCK)
    if array.size < _MANY:
        for part in range(parts):
            work(part)
    else:
        spread(work, parts)
    return out
