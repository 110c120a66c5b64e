"""Running sums, products and extremes of arrays: as matrix products, row by row, over threads.

`ufunc.accumulate` waits for every element's result before the next: some 4 ns each. What is here
works on many elements at a time and gives the same to rounding (extremes: exactly the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.types.codes import FLOATS
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# Arrays with fewer elements than this are accumulated at once.
_FEW = 4096
# Rows this long are worth a call of NumPy's for each; and sums along them matrix products.
_WIDE, _LONG = 96, 256
# Sums of so many neighbours are one row of a matrix product.
_GROUP = 16
# So many of those rows make a product that BLAS does in one thread: we have our own.
_ROWS = 512
# How many elements are summed at a time: what lies between input and result stays in cache.
_STEP = 1 << 16
_ONES = np.ones(_GROUP)
_TRIANGLE = np.triu(np.ones((_GROUP, _GROUP)))


def accumulate(ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """`ufunc.accumulate` of an array in its own dtype."""
    if array.size < _FEW:
        return ufunc.accumulate(array, axis)
    shape = array.shape
    outer, n, inner = numel(shape[:axis]), shape[axis], numel(shape[axis + 1 :])
    if outer == inner == 1:
        return ufunc.accumulate(array, axis)
    given, out = array.reshape(outer, n, inner), np.empty((outer, n, inner), array.dtype)
    if inner >= _WIDE and ufunc is not np.logaddexp:
        out[:, 0] = given[:, 0]
        for i in range(1, n):
            ufunc(out[:, i - 1], given[:, i], out=out[:, i])
        return out.reshape(shape)
    if outer == 1:  # columns are split among the threads
        given, made, along = given.transpose(2, 1, 0), out.transpose(2, 1, 0), inner
    else:
        made, along = out, outer
    # Waking a thread takes as long as some thousand elements.
    height = along if array.size < _STEP else -(-along // (2 * threads.number()))

    def work(i: int) -> None:
        part = slice(i * height, (i + 1) * height)
        ufunc.accumulate(given[part], 1, out=made[part])

    threads.spread(work, -(-along // height))
    return out.reshape(shape)


def extremes(ufunc: np.ufunc, array: Array, axis: int) -> tuple[Array, Array]:
    """The greatest or least so far along an axis, and the index of its last occurrence."""
    shape = array.shape
    outer, n, inner = numel(shape[:axis]), shape[axis], numel(shape[axis + 1 :])
    if inner != 1:
        values = accumulate(ufunc, array, axis)
        new = array == values
        if array.dtype.char in FLOATS:
            new |= np.isnan(array)
        steps = np.arange(n).reshape(-1, *(1,) * (len(shape) - axis - 1))
        return values, accumulate(np.maximum, np.where(new, steps, 0), axis)
    rows = _whole(ufunc, array.reshape(outer, n))
    places = np.flatnonzero(rows == accumulate(ufunc, rows, 1))
    lengths = np.diff(places, append=rows.size)
    values = np.repeat(array.reshape(-1).take(places), lengths)
    indices = np.repeat(places, lengths).reshape(outer, n)
    indices -= np.arange(outer)[:, None] * n
    return values.reshape(shape), indices.reshape(shape)


def _whole(ufunc: np.ufunc, array: Array) -> Array:
    """int64 numbers in the order of real ones, on which processors accumulate sooner.

    Zeros are one number, and so are the nan: the one that wins.
    """
    if array.dtype.char not in FLOATS:
        return array.astype(np.int64)
    size = array.itemsize
    bits = (array + array.dtype.type(0)).view(f"i{size}")
    bits ^= (bits >> (8 * size - 1)) & np.iinfo(bits.dtype).max
    bits = bits.astype(np.int64, copy=False)
    unordered = np.isnan(array)
    if unordered.any():
        limits = np.iinfo(np.int64)
        bits[unordered] = limits.max if ufunc is np.maximum else limits.min
    return bits


# -- sums -------------------------------------------------------------------------------------


def sums(array: Array, axis: int, target: np.dtype) -> Array:
    """The running sums of real floats along an axis, added in double and given as `target`."""
    if array.size < _FEW:
        return np.add.accumulate(array.astype(np.float64), axis).astype(target, copy=False)
    shape = array.shape
    outer, n, inner = numel(shape[:axis]), shape[axis], numel(shape[axis + 1 :])
    if inner < _WIDE and (inner > 1 or n < _LONG):
        return accumulate(np.add, array.astype(np.float64), axis).astype(target, copy=False)
    given, out = array.reshape(outer, n, inner), np.empty((outer, n, inner), target)
    if inner > 1:
        for i in range(outer):
            _down(given[i], out[i])
    else:
        _along(given[..., 0], out[..., 0])
    return out.reshape(shape)


def _down(array: Array, out: Array) -> None:
    """Running sums down the columns, row by row."""
    n, inner = array.shape
    height = max(1, _STEP // inner)
    wide = np.zeros((min(height, n) + 1, inner))  # the row before, and the rows
    for top in range(0, n, height):
        rows = array[top : top + height]
        count = len(rows)
        wide[1 : count + 1] = rows
        for i in range(count):
            np.add(wide[i], wide[i + 1], wide[i + 1])
        out[top : top + count] = wide[1 : count + 1]
        wide[0] = wide[count]


def _along(array: Array, out: Array) -> None:
    """Running sums along rows, over threads."""
    outer, n = array.shape
    length = min(n, _STEP)
    height = max(1, min(_STEP // length, -(-outer // threads.number())))
    tops, starts = range(0, outer, height), range(0, n, length)
    # What lies before each step along the rows: the steps' own sums, running.
    before = np.zeros((len(starts), outer))

    def total(i: int) -> None:
        part = array[:, starts[i] : starts[i] + length]
        before[i + 1] = np.add.reduce(part, 1, np.float64)

    def work(i: int) -> None:
        top, step = tops[i % len(tops)], i // len(tops)
        rows, part = slice(top, top + height), slice(starts[step], starts[step] + length)
        out[rows, part] = _step(array[rows, part], before[step, rows])

    threads.spread(total, len(starts) - 1)
    np.add.accumulate(before, 0, out=before)
    threads.spread(work, len(tops) * len(starts))


def _step(rows: Array, before: Array) -> Array:
    """Running sums along rows, going on from those before: products with a triangle of ones."""
    height, n = rows.shape
    groups = -(-n // _GROUP)
    wide = np.empty((height, groups * _GROUP))
    wide[:, :n] = rows
    wide[:, n:] = 0
    wide[:, 0] += before
    totals = _times(wide, _ONES).reshape(height, groups)
    np.add.accumulate(totals, 1, out=totals)
    if not np.isfinite(totals[:, -1]).all():  # 0 * inf would spoil what comes before it
        wide[:, :n] = rows
        wide[:, 0] += before
        return np.add.accumulate(wide, 1, out=wide)[:, :n]
    # With the sum of all groups before in its first element, each group stands alone.
    wide.reshape(height, groups, _GROUP)[:, 1:, 0] += totals[:, :-1]
    return _times(wide, _TRIANGLE).reshape(wide.shape)[:, :n]


def _times(wide: Array, factor: Array) -> Array:
    """Groups as rows times a vector or matrix."""
    rows = wide.reshape(-1, _GROUP)
    whole = len(rows) // _ROWS * _ROWS
    made = np.empty((len(rows), *factor.shape[1:]))
    parts = made[:whole].reshape(-1, _ROWS, *factor.shape[1:])
    np.matmul(rows[:whole].reshape(-1, _ROWS, _GROUP), factor, out=parts)
    np.matmul(rows[whole:], factor, out=made[whole:])
    return made
