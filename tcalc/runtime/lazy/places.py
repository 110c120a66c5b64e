"""Where the greatest or the least elements of arrays are: down columns by compiled code."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.summation import SHORT
from tcalc.runtime.lazy.compiled.places import DOWN, worst
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.rows import kernel_for
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.lazy.strips import FEW, over_columns

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel

# Indices are counted in 32 bits.
_MOST = 1 << 31


def extremes(array: Array, axis: int, greatest: bool) -> tuple[Array, Array] | None:
    """The greatest or least elements along an axis and their indices, which keep size 1 there; None where
    others are as quick."""
    shape = array.shape
    if array.size < MIDDLE or shape[axis] >= _MOST or not array.flags.c_contiguous:
        return None
    outer, n, inner = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    kept = (*shape[:axis], 1, *shape[axis + 1 :])
    if inner == 1:
        array = at_hand(array)
        found = (array.argmax if greatest else array.argmin)(axis, keepdims=True)
        places = found.reshape(-1) + np.arange(0, array.size, n)
        return array.reshape(-1).take(places).reshape(kept), found
    if inner <= SHORT or n * inner < FEW:
        return None
    kernel = kernel_for(DOWN[greatest], array)
    if kernel is None:
        return None
    best, index = _down(kernel, at_hand(array).reshape(outer, n, inner), greatest)
    return best.reshape(kept), index.reshape(kept)


def _down(kernel: RowKernel, array: Array, greatest: bool) -> tuple[Array, Array]:
    """The same along the middle one of three axes."""
    from tcalc.runtime.lazy.compiled.primitives import type_of  # NumPy's functions are known there

    outer, _, inner = array.shape
    kind = type_of(array.dtype) or ""
    best = np.full((outer, inner), worst(kind, greatest), array.dtype)
    rows = np.zeros((outer, inner), np.int32)

    def work(k: int, columns: slice) -> None:
        some = array[k, :, columns]
        kernel(some.shape, [some, best[k, columns], rows[k, columns]])

    over_columns(work, outer, inner, array.size)
    return best, rows.astype(np.int64)
