"""Adding up floating-point numbers over any axes, of arrays that are computed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.summation import FEW, as_array, reduce_in_cache
from tcalc.runtime.lazy.expression import NotDeferred
from tcalc.runtime.lazy.pending import computed, is_large, lazy, reduce, source
from tcalc.runtime.lazy.reducing import over_blocks
from tcalc.runtime.lazy.rows import fold_columns, fold_rows
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.types.codes import COMPLEXES, HALVES

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# Squares are added in pieces of this many, which stay in the cache; then the pieces' sums.
_PIECE = 8192


def wide(array: Array) -> Array:
    """Halves in float32, anything else as it is."""
    if array is None or array.dtype.char not in HALVES:
        return array
    return array.astype("float32")


def add_up(
    xp: ModuleType, array: Array, axes: tuple[int, ...] | None, keepdims: bool = False
) -> Array:
    """The sum of an array of any but half floats over axes (None: all), in its own dtype."""
    return reduce_over(xp, xp.add, array, axes, keepdims)


def reduce_over(
    xp: ModuleType,
    ufunc: np.ufunc,
    array: Array,
    axes: tuple[int, ...] | None,
    keepdims: bool = False,
) -> Array:
    """`ufunc.reduce` in an order that is fast for any layout and, for sums, accurate: an array.

    The ufunc keeps the dtype and is associative but for rounding.
    """
    on_gpu = xp is not np and not isinstance(array, np.ndarray)
    if array.size <= FEW or on_gpu:
        return as_array(ufunc.reduce(array, axis=axes, keepdims=keepdims))
    if is_large(array):
        try:
            return reduce(ufunc, array, axes, keepdims)
        except NotDeferred:
            array = computed(array)
    found = None
    if array.size >= MIDDLE:
        found = fold_rows(ufunc, array, axes, keepdims)
        if found is None:
            found = fold_columns(ufunc, array, axes, keepdims)
    if found is None:
        found = reduce_in_cache(xp, ufunc, array, axes, keepdims)
    return as_array(found)


def sum_of_squares(
    xp: ModuleType, array: Array, axes: tuple[int, ...], keepdims: bool, centre: Array = None
) -> Array:
    """The sum of squared magnitudes over axes, of what is left of the elements less a centre.

    centre: broadcasts to the array (of size 1 over the axes), or None.
    """
    if array.dtype.char in COMPLEXES:
        rest = array if centre is None else array - centre
        return add_up(xp, rest.real * rest.real + rest.imag * rest.imag, axes, keepdims)
    if len(axes) == array.ndim and is_large(array) and not keepdims:
        centre = None if centre is None else centre.reshape(())
        blocks = over_blocks(source(array), lambda stack: _squares(stack, centre))
        return as_array(xp.add.reduce(blocks))
    if (
        len(axes) == array.ndim
        and not is_large(array)
        and array.flags.c_contiguous
        and not keepdims
    ):
        flat = array.reshape(-1)
        centre = None if centre is None else centre.reshape(())
        if flat.size <= _PIECE:
            return _dot(xp, flat, centre)
        pieces = [flat[i : i + _PIECE] for i in range(0, flat.size, _PIECE)]
        sums = xp.asarray([_dot(xp, p, centre) for p in pieces], array.dtype)
        return as_array(xp.add.reduce(sums))
    if len(axes) == 1 and not is_large(array) and xp is np and array.shape[axes[0]] <= _PIECE:
        rest = array if centre is None else array - centre
        rows = rest if axes[0] == array.ndim - 1 else np.moveaxis(rest, axes[0], -1)
        if rows.strides[-1] == rows.itemsize:
            result = np.vecdot(rows, rows)
            return as_array(result.reshape(_with_ones(array.shape, axes)) if keepdims else result)
    array = lazy(array)
    rest = array if centre is None else array - centre
    return add_up(xp, rest * rest, axes, keepdims)


def _with_ones(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def _squares(stack: Array, centre: Array | None) -> Array:
    """For each row of a 2-dim array its sum of squares, less a centre, added in pieces."""
    count, length = stack.shape
    full = length // _PIECE * _PIECE
    total = np.zeros((count, full // _PIECE + 1), stack.dtype)
    for row, sums in zip(stack, total):
        rest = row if centre is None else row - centre
        pieces = rest[:full].reshape(-1, _PIECE)
        np.vecdot(pieces, pieces, out=sums[:-1])
        sums[-1] = np.dot(rest[full:], rest[full:])
    return np.add.reduce(total, axis=1)


def _dot(xp: ModuleType, vector: Array, centre: Array) -> Array:
    rest = vector if centre is None else vector - centre
    return as_array(xp.dot(rest, rest))
