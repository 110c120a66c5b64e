"""Reductions of arrays over any axes with a small error at memory speed.

NumPy adds pairwise only along the axis that lies innermost in memory; over others it adds row to
row, and the error grows with the number of rows. Here rows are added in blocks, and the blocks'
sums in turn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.types.codes import PLAIN_FLOATS, REALS

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# Below this many elements any order is accurate enough.
FEW = 2048
# How many rows are added one to the next before their sums are.
_BLOCK = 128
# Rows are put side by side up to this length, below which NumPy's loop over rows costs most.
_WIDE = 1024
# Up to this many neighbours are faster combined column by column.
SHORT = 16
# BLAS adds up to so many neighbours at once; products are made side by side of so many.
_UNIT = 1024
# Fewer elements than this, and none beside them, are added by NumPy.
_MANY = 1 << 16


def as_array(reduced: Array) -> Array:
    """What a reduction gave as an array in C order, whatever that of what was reduced: of NumPy's scalars
    C computes `**` and complex products by other functions, whose last digits may differ."""
    if type(reduced) is np.ndarray:
        return reduced if reduced.ndim < 2 or reduced.flags.c_contiguous else reduced.copy()
    return np.asarray(reduced) if isinstance(reduced, np.generic) else reduced


def reduce_in_cache(
    xp: ModuleType,
    ufunc: np.ufunc,
    array: Array,
    axes: tuple[int, ...] | None,
    keepdims: bool = False,
) -> Array:
    """`ufunc.reduce` over axes (None: all) in an order that is fast for any layout: an array."""
    if array.size <= FEW:
        return as_array(ufunc.reduce(array, axis=axes, keepdims=keepdims))
    shape = array.shape
    if axes is None:
        if array.flags.c_contiguous:
            total = _innermost(xp, ufunc, array.reshape(-1), 0)
            return total.reshape((1,) * len(shape) if keepdims else ())
        axes = tuple(range(len(shape)))
    if len(axes) == 1 and len(shape) == 2:
        partial = _reduce_along(xp, ufunc, array, axes[0])
        return partial if keepdims else partial.reshape(-1)
    if array.flags.c_contiguous:
        merged, order = _merged(shape, axes)
        partial = array.reshape(merged)
        for axis in reversed(order):
            partial = _reduce_along(xp, ufunc, partial, axis)
    else:
        partial = array
        for axis in sorted(axes, key=lambda i: abs(array.strides[i])):
            partial = _reduce_along(xp, ufunc, partial, axis)
    if keepdims:
        return partial.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return partial.reshape(tuple(n for i, n in enumerate(shape) if i not in axes))


def _merged(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """The shape with neighbouring axes that are both summed, or both kept, made one."""
    merged: list[int] = []
    summed: list[int] = []
    last = None
    for i, n in enumerate(shape):
        this = i in axes
        if this == last:
            merged[-1] *= n
        else:
            if this:
                summed.append(len(merged))
            merged.append(n)
        last = this
    return merged, summed


def _reduce_along(xp: ModuleType, ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """The reduction along one axis, which stays with size 1."""
    n = array.shape[axis]
    step = abs(array.strides[axis])
    row = 1
    for size, stride in zip(array.shape, array.strides):
        if size > 1 and abs(stride) < step:
            row *= size
    if row == 1:
        if n > SHORT:
            return _innermost(xp, ufunc, array, axis)
        if n and array.size > FEW:
            return _by_column(xp, ufunc, array, axis)
    if n <= _BLOCK or row == 1:
        return ufunc.reduce(array, axis=axis, keepdims=True)
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    beside = _WIDE // row + 1
    if n < 4 * beside or beside == 1:
        head, tail = _split(array, axis, _BLOCK)
        head = head.reshape(*before, -1, _BLOCK, *after)
        result = _reduce_along(xp, ufunc, ufunc.reduce(head, axis=axis + 1), axis)
    else:
        # Short rows side by side make a wide one, whose parts are added at the end.
        head, tail = _split(xp.ascontiguousarray(array), axis, beside)
        wide = _reduce_along(xp, ufunc, head.reshape(*before, n // beside, -1), axis)
        result = _reduce_along(xp, ufunc, wide.reshape(*before, beside, *after), axis)
    if tail.shape[axis]:
        ufunc(result, ufunc.reduce(tail, axis=axis, keepdims=True), out=result)
    return result


def reduce_along(xp: ModuleType, ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """`ufunc.reduce` along one axis, which stays with size 1, in an order that does not depend on
    how many rows there are beside, where they are long and lie innermost."""
    if array.shape[axis] > SHORT and array.strides[axis] == array.itemsize:
        return _innermost(xp, ufunc, array, axis)
    return reduce_in_cache(xp, ufunc, array, (axis,), True)


def _innermost(xp: ModuleType, ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """The reduction along an axis of more than a few elements that lie side by side."""
    if xp is np:
        char, n = array.dtype.char, array.shape[axis]
        if ufunc is np.add and char in PLAIN_FLOATS and array.strides[axis] == array.itemsize:
            return _sums(array, axis)
        if ufunc is np.multiply:
            return _products(array, axis)
        flat = array.flags.c_contiguous and axis == array.ndim - 1 and n < min(array.size, _UNIT)
        if flat and char in REALS and ufunc in (np.maximum, np.minimum):
            return _extremes(ufunc, array)
    return ufunc.reduce(array, axis=axis, keepdims=True)


@lru_cache(64)
def _ones(n: int, dtype: np.dtype) -> Array:
    return np.ones(n, dtype)


def _sums(array: Array, axis: int) -> Array:
    """Sums of real floats, as products with ones: BLAS has more lanes than `add.reduce`."""
    n = array.shape[axis]
    if array.ndim == 1 and n < _MANY:  # they are added up before more calls are made
        return np.add.reduce(array, axis=axis, keepdims=True)
    if n > _UNIT:
        head, tail = _split(array, axis, _UNIT) if n % _UNIT else (array, None)
        units = _in_units(head, axis)
        parts = _sums(units, axis + 1).reshape(units.shape[: axis + 1] + units.shape[axis + 2 :])
        result = _reduce_along(np, np.add, parts, axis)
        return result if tail is None else result + _sums(tail, axis)
    last = array.ndim - 1
    rows = array if axis == last else array.swapaxes(axis, last)
    result = np.vecdot(rows, _ones(n, array.dtype))[..., None]
    return result if axis == last else result.swapaxes(axis, last)


def _products(array: Array, axis: int) -> Array:
    """Products of neighbours: `multiply.reduce` waits for each of them, halves are vectors."""
    n = array.shape[axis]
    whole = (slice(None),) * axis
    if n >= 4 * _UNIT:
        head, tail = _split(array, axis, _UNIT)
        result = _products(np.multiply.reduce(_in_units(head, axis), axis=axis), axis)
        return result * _products(tail, axis) if tail.shape[axis] else result
    while n > SHORT:
        half = n // 2
        made = array[(*whole, slice(half))] * array[(*whole, slice(half, 2 * half))]
        if n % 2:
            made[(*whole, slice(1))] *= array[(*whole, slice(n - 1, n))]
        array, n = made, half
    return np.multiply.reduce(array, axis=axis, keepdims=True)


def _extremes(ufunc: np.ufunc, array: Array) -> Array:
    """The greatest or least of each row, by where it is: that has vector loops for short rows."""
    n = array.shape[-1]
    places = (array.argmax if ufunc is np.maximum else array.argmin)(-1).reshape(-1)
    values = array.reshape(-1).take(places + np.arange(0, array.size, n))
    return values.reshape(*array.shape[:-1], 1)


def _in_units(array: Array, axis: int) -> Array:
    """An axis of whole units as two."""
    return array.reshape(*array.shape[:axis], -1, _UNIT, *array.shape[axis + 1 :])


def _by_column(xp: ModuleType, ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """The reduction along a short innermost axis: a vector operation for each place on it."""
    columns = xp.moveaxis(array, axis, 0)
    result = columns[0].copy()
    for column in columns[1:]:
        ufunc(result, column, out=result)
    return xp.expand_dims(result, axis)


def _split(array: Array, axis: int, unit: int) -> tuple[Array, Array]:
    """The first whole units along an axis, and what remains."""
    cut = array.shape[axis] // unit * unit
    whole = (slice(None),) * axis
    return array[(*whole, slice(cut))], array[(*whole, slice(cut, None))]
