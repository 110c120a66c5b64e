"""Copies in C order of arrays that lie in another: in strips, so that what is read stays in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    from tcalc.runtime.base.op import Array

# Below this many elements one call is as quick, below so many that of rows; from so many on threads take
# parts.
_SOME, _FEW, _MANY = 1 << 15, 1 << 16, 1 << 18
# The bytes of a cache line, and the least elements of a strip.
_LINE, _LEAST = 64, 8
# Rows of up to so many bytes are moved as elements are: NumPy begins each row anew.
_SHORT = 1 << 12
# A thread has about so many strips, or groups of them.
_PIECES = 4


def laid_in_order(array: Array) -> Array:
    """The array, or a copy of it in C order where it is not."""
    known = type(array) is not np.ndarray or array.flags.c_contiguous
    return array if known else in_order(array)


def in_order(array: Array) -> Array:
    """A copy in C order.

    >>> in_order(np.arange(6).reshape(2, 3).T).flags.c_contiguous
    True
    """
    if type(array) is not np.ndarray or array.size < _SOME or array.ndim < 2:
        return array.copy("C")
    width, columns = array.itemsize, array.shape[-1]
    if array.strides[-1] == width and 1 < columns <= _SHORT // width and not array.dtype.hasobject:
        out = np.empty(array.shape, array.dtype)
        row = f"V{columns * width}"
        out.view(row)[...] = array.view(row)
        return out
    if array.size < _FEW:
        return array.copy("C")
    least = max(_LEAST, _LINE // width)
    # NumPy goes along the last dimension, where neighbours lie far apart, and would read each line again.
    if array.strides[-2] != width or array.strides[-1] < _LINE or columns < 2 * least:
        return array.copy("C")
    out = np.empty(array.shape, array.dtype)

    def strip(i: int) -> None:
        some = (..., slice(i * least, (i + 1) * least))
        out[some] = array[some]

    strips = -(-columns // least)
    if array.size < _MANY:
        for i in range(strips):
            strip(i)
        return out
    together = max(1, strips // (_PIECES * threads.number()))

    def group(k: int) -> None:
        for i in range(k * together, min((k + 1) * together, strips)):
            strip(i)

    threads.spread(group, -(-strips // together))
    return out


def alike(array: Array) -> Array:
    """A copy whose dimensions lie in the order that they have, or in C order where elements share memory.

    >>> alike(np.zeros((2, 3)).T).strides
    (8, 24)
    """
    return array.copy("C" if 0 in array.strides else "K")


def by_columns(xp: ModuleType, matrices: Array) -> Array:
    """A copy of matrices that lies in memory column by column, as LAPACK and PyTorch leave them.

    >>> by_columns(np, np.zeros((2, 3, 4))).strides
    (96, 8, 24)
    """
    made = room_by_columns(xp, matrices.shape, matrices.dtype)
    made[...] = matrices
    return made


def room_by_columns(xp: ModuleType, shape: Sequence[int], dtype: Any) -> Array:
    """Memory for matrices that lie so. It is the array's own: one that shows another's memory counts as a
    view, of which others may know."""
    *stack, rows, columns = shape
    laid = xp.empty((*stack, columns, rows), dtype).swapaxes(-2, -1)
    if xp is not np or not laid.size:
        return laid
    return np.empty_like(laid) if stack else np.empty(laid.shape, dtype, "F")
