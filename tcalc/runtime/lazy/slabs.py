"""Operands of any broadcast shape as rows and columns, which blocks are cut from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.blocks import split_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

# Rows shorter than this are put side by side where all of them are the same: NumPy's loops over
# short rows cost more than the rows.
_SHORT = 2048


def stretched(array: Array, shape: tuple[int, ...], order: tuple[int, ...] | None) -> Array:
    """An array broadcast to a shape, its axes in memory order; a single number as it is."""
    if not array.ndim:
        return array
    whole = array if array.shape == shape else np.broadcast_to(array, shape)
    return whole if order is None else whole.transpose(order)


def best_split(shape: tuple[int, ...], arrays: Sequence[Array]) -> tuple[int, int]:
    """Rows and columns of a shape that all arrays can be seen as without a copy, if there are.

    arrays: stretched to the shape.
    """
    first = split_of(shape)
    if all(a.flags.c_contiguous for a in arrays if a.ndim):
        return first
    columns = math.prod(shape)
    rows = 1
    others = []
    for n in shape[:-1]:
        rows, columns = rows * n, columns // n
        others.append((rows, columns))
    for split in (first, *others):
        if all(_fits(a, *split) for a in arrays if a.ndim):
            return split
    return first


def seen_as(array: Array, rows: int, columns: int, deep: int) -> tuple[Array, bool]:
    """A stretched array as rows and columns; and whether it is only as deep as a block, since all
    its blocks are the same."""
    seen = view_as(array, rows, columns)
    if seen is None:
        lead, period = _period(array)
        if not lead or columns % period:
            return array.reshape(rows, columns), False
        once = np.ascontiguousarray(array[(0,) * lead]).reshape(1, period)
        row = np.broadcast_to(once, (columns // period, period)).reshape(1, columns)
        seen = np.broadcast_to(row, (rows, columns))
    if rows > 1 and seen.strides[0] == 0 and columns < _SHORT:
        return np.ascontiguousarray(seen[:deep]), True
    return seen, False


def _fits(array: Array, rows: int, columns: int) -> bool:
    if view_as(array, rows, columns) is not None:
        return True
    lead, period = _period(array)
    return lead > 0 and columns % period == 0


def view_as(array: Array, rows: int, columns: int) -> Array:
    """An array as so many rows and columns, or None where that takes a copy."""
    try:
        return array.reshape(rows, columns, copy=False)
    except ValueError:
        return None


def rows_of(array: Array, rows: int = 0, columns: int = 0) -> Array:
    """An array as rows whose elements lie side by side; one that repeats, once. By default it is 2-dim."""
    seen = view_as(array, rows, columns) if rows else array
    if seen is None:
        return np.ascontiguousarray(array).reshape(rows, columns)
    rows, columns = seen.shape
    if columns == 1 or seen.strides[1] == seen.itemsize:
        return seen
    if rows > 1 and not seen.strides[0]:
        return np.broadcast_to(seen[0].copy(), seen.shape)
    return np.ascontiguousarray(seen)


def _period(array: Array) -> tuple[int, int]:
    """How many leading axes repeat what the others hold, and how many elements these have."""
    lead = 0
    while lead < array.ndim and (array.strides[lead] == 0 or array.shape[lead] == 1):
        lead += 1
    return lead, max(1, math.prod(array.shape[lead:]))
