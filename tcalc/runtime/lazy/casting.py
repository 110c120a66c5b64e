"""Casts by compiled code, as NumPy has them: of short floats, or over threads."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.casts import converted
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.expression import LARGE, cast
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.types.codes import HALVES

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.kernels import Kernel


# What an element costs, in passes of plain arithmetic; from so many on threads share other casts.
_COST, _SHARED = 4, 1 << 16
# Fewer short floats NumPy is as quick with.
_FEW = 1 << 10


def cast_to(array: Array, dtype: Any) -> Array:
    """A copy of an array in another dtype, in its order.

    >>> cast_to(np.arange(3), np.dtype("f4"))
    array([0., 1., 2.], dtype=float32)
    """
    is_short = array.dtype.char in HALVES or dtype.char in HALVES
    if type(array) is np.ndarray and array.size >= (_FEW if is_short else _SHARED):
        made = _short(array, dtype) if is_short else None
        # With others NumPy is as quick, but for threads.
        if made is None and MIDDLE <= array.size < LARGE:
            made = _cast(array, dtype)
        if made is not None:
            return made
    return converted(array, dtype)


def _short(array: Array, dtype: Any) -> Array | None:
    from tcalc.runtime.lazy.compiled.casts import caster  # after the quick tests

    function = caster(array.dtype, dtype) if settings.on else None
    return None if function is None else function(array)


def _cast(array: Array, dtype: Any) -> Array | None:
    from tcalc.runtime.lazy.compiled.kernels import address, available
    from tcalc.runtime.lazy.compiled.pool import UNIT

    kernel = _kernel(array.dtype, dtype) if available() else None
    if kernel is None or not array.flags.c_contiguous or not kernel.is_ready(array.size):
        return None
    made = np.empty(array.shape, dtype)
    numbers = [1, array.size, address(array), 0, address(made), 0]
    steps = [0, 0, UNIT * array.itemsize, 0, UNIT * made.itemsize, 0]
    kernel.share(numbers, steps, 1, UNIT, array.size * _COST)
    return made


@cache
def _kernel(source: Any, target: Any) -> Kernel | None:
    from tcalc.runtime.lazy.compiled.kernels import Kernel
    from tcalc.runtime.lazy.compiled.layouts import MOVING
    from tcalc.runtime.lazy.compiled.steps import Run, lowered

    if lowered(cast, (source,), target) is None:
        return None
    return Kernel(Run(((cast, (0,), 1),), (0,), (1,), True), (source, target), MOVING * 2)


def every() -> list[Kernel]:
    """Those of short floats, for what waits."""
    from tcalc.runtime.lazy.compiled.casts import SHORT

    return [made for pair in SHORT if (made := _kernel(*pair)) is not None]
