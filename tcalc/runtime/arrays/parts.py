"""Functions that take long for each element, of arrays in parts: over threads, or in another way where
that is exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.types.codes import PLAIN_FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
# So many elements of such a function take as long as it takes to wake a thread.
_PART = 1 << 12
# Quotients of single floats below this are, in double, on the right side of every whole number.
_EXACT = 2.0**23


def over_threads(function: Callable[..., Array]) -> Callable[[Array], Array]:
    """An elementwise function that takes `out`, whose results have its operand's dtype, in parts.

    `function.takes(array)`, where it has that, tells which arrays it takes as they are.
    """
    takes = getattr(function, "takes", None)

    def whole(array: Array) -> Array:
        if takes is not None and takes(array):
            return function(array)
        few = type(array) is not ndarray or array.size < 2 * _PART
        if few or array.dtype.char not in PLAIN_FLOATS or not array.flags.c_contiguous:
            return function(array)
        flat, out = array.reshape(-1), np.empty(array.size, array.dtype)
        size = max(_PART, -(-array.size // (4 * threads.number())))

        def work(i: int) -> None:
            part = slice(i * size, (i + 1) * size)
            function(flat[part], out=out[part])

        threads.spread(work, -(-array.size // size))
        return out.reshape(array.shape)

    return whole


def floor_divided(xp: ModuleType, input: Array, other: Array) -> Array:
    """`xp.floor_divide`: that of many single floats by their quotients in double."""
    floored = _floors(input, other)
    return xp.floor_divide(input, other) if floored is None else floored[0].astype(np.float32)


def remains(xp: ModuleType, input: Array, other: Array) -> Array:
    """`xp.remainder`: that of many single floats by their quotients in double."""
    floored = _floors(input, other)
    if floored is None:
        return xp.remainder(input, other)
    quotient, wide, other = floored
    quotient *= other
    np.subtract(wide, quotient, out=quotient)  # exact, or rounded as in single
    return np.copysign(quotient, other, out=quotient).astype(np.float32)


def _floors(input: Array, other: Array) -> tuple[Array, Array, Array] | None:
    """The quotients rounded down and the input in double, and the divisor as an array; None where
    that might not do."""
    if type(input) is not ndarray or input.dtype != np.float32:
        return None
    if type(other) is float or type(other) is int:
        other = np.asarray(other, np.float32)
    elif type(other) is not ndarray:
        return None
    wide = input.astype(np.float64)
    quotient = np.floor(wide / other)
    # nan where one is no number, or both are 0; an infinite divisor has a quotient of 0.
    if not -_EXACT < quotient.min() <= quotient.max() < _EXACT or np.isinf(other).any():
        return None
    return quotient, wide, other
