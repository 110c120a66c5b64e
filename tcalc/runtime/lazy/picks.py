"""Elements, or slices, taken from places that indices name along a dimension, or put there, by compiled code.

It looks at the indices as it goes. Where one names no place nothing is said here: NumPy's way, which comes
then, tells of it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.kernels import Compiled

ndarray = np.ndarray
_INDEX = np.dtype(np.int64)
# Fewer elements NumPy is as quick with. What one costs, in passes of plain arithmetic.
FEW, _COST = 1 << 10, 8
# The same of an element of a slice.
_MOVE = 2
# Slices of fewer bytes NumPy is as quick with.
_FEW_BYTES = 1 << 18
# Slices of fewer bytes one after the other, too.
_SHORT = 128


def gathered(table: Array, dim: int, index: Array) -> Array | None:
    """For each element of an index the table's element there along a dim, None where that is NumPy's."""
    from tcalc.runtime.lazy.compiled.picks import GATHER  # after the quick tests

    kernel = _kernel(GATHER, table, dim, index)
    if kernel is None:
        return None
    made = np.empty(index.shape, table.dtype)
    return made if _run(kernel, table, dim, index, made, True) else None


def scattered(table: Array, dim: int, index: Array, values: Array, adds: bool) -> bool:
    """Write values (or add them) where an index names elements of a table along a dim: whether that was
    done. index: of places that there are. values: of its shape."""
    from tcalc.runtime.lazy.compiled.picks import ADD, SCATTER

    if type(values) is not ndarray or values.dtype != table.dtype or not table.flags.writeable:
        return False
    kernel = _kernel(ADD if adds else SCATTER, table, dim, index)
    if kernel is None or values.shape != index.shape or not values.flags.c_contiguous:
        return False
    if np.may_share_memory(values, table) or np.may_share_memory(index, table):
        return False
    with threads.uninterrupted():
        return _run(kernel, table, dim, index, values, False)


def selected(table: Array, dim: int, index: Array) -> Array | None:
    """The slices of a table that an index names along a dim, in its shape; None where that is NumPy's."""
    if type(table) is not ndarray or table.nbytes * index.size < _FEW_BYTES * table.shape[dim]:
        return None
    if table.strides[dim] < _SHORT:
        return None
    from tcalc.runtime.lazy.compiled.picks import GATHER  # after the quick tests

    kernel = _slice_kernel(GATHER, table, dim, index)
    if kernel is None:
        return None
    made = np.empty((*table.shape[:dim], *index.shape, *table.shape[dim + 1 :]), table.dtype)
    return made if _run_slices(kernel, table, dim, index, made, False) else None


def added(table: Array, dim: int, index: Array, values: Array) -> bool:
    """Add slices of values to those of a table that a vector names along a dim, one after the other:
    whether that was done. index: of places that there are."""
    from tcalc.runtime.lazy.compiled.picks import ADD

    if type(values) is not ndarray or values.dtype != table.dtype or not table.flags.writeable:
        return False
    if values.size < FEW or index.ndim != 1:
        return False
    kernel = _slice_kernel(ADD, table, dim, index)
    if kernel is None or not values.flags.c_contiguous:
        return False
    if np.may_share_memory(values, table) or np.may_share_memory(index, table):
        return False
    with threads.uninterrupted():
        return _run_slices(kernel, table, dim, index, values, True)


def _slice_kernel(what: str, table: Array, dim: int, index: Array) -> Compiled | None:
    if type(table) is not ndarray or type(index) is not ndarray or index.dtype is not _INDEX:
        return None
    if not table.size or not index.size or table.dtype.hasobject:
        return None
    if not (table.flags.c_contiguous and index.flags.c_contiguous):
        return None
    from tcalc.runtime.lazy.compiled.picks import slicing

    size = index.size * (table.size // table.shape[dim])
    return slicing(what, table.dtype.char, size)


def _run_slices(
    kernel: Compiled, table: Array, dim: int, index: Array, other: Array, adds: bool
) -> bool:
    """Whether every index named a place. adds: whether it is the table that is written to."""
    from tcalc.runtime.lazy.compiled.kernels import address
    from tcalc.runtime.lazy.compiled.pool import UNIT

    outer, rows, places = prod(table.shape[:dim]), index.size, table.shape[dim]
    width = table.itemsize if adds else 1
    pitch = table.nbytes // (outer * places)
    flag = np.zeros(1, _INDEX)
    steps = places * pitch, rows * pitch
    numbers = [
        outer, rows, pitch // width, places, address(table), steps[0], pitch, address(index),
        address(other), steps[1], pitch, address(flag),
    ]  # fmt: skip
    if outer > 1:
        place, unit, ahead = 0, 1, (*steps[:1], 0, steps[1])
    elif adds:  # a place may be named twice, but each thread has columns of its own
        place, unit, ahead = 2, UNIT, (UNIT * width, 0, UNIT * width)
    else:
        place, unit, ahead = 1, 1, (0, index.itemsize, pitch)
    moves = [0, 0, 0, 0, ahead[0], 0, 0, ahead[1], ahead[2], 0, 0, 0]
    kernel.share(numbers, moves, place, unit, outer * rows * (pitch // table.itemsize) * _MOVE)
    return not flag[0]


def _kernel(what: str, table: Array, dim: int, index: Array) -> Compiled | None:
    if index.size < FEW or type(table) is not ndarray or type(index) is not ndarray:
        return None
    if table.ndim != index.ndim or not table.size or index.dtype is not _INDEX:
        return None
    if table.dtype.hasobject or not (table.flags.c_contiguous and index.flags.c_contiguous):
        return None
    if any(n != m for d, (n, m) in enumerate(zip(table.shape, index.shape)) if d != dim):
        return None
    from tcalc.runtime.lazy.compiled.picks import picking

    return picking(what, table.dtype.char, table.itemsize, index.size)


def _run(kernel: Compiled, table: Array, dim: int, index: Array, other: Array, reads: bool) -> bool:
    """Whether every index named a place. reads: whether only the other elements are written to."""
    from tcalc.runtime.lazy.compiled.kernels import address
    from tcalc.runtime.lazy.compiled.pool import UNIT

    outer, count, inner = prod(index.shape[:dim]), index.shape[dim], prod(index.shape[dim + 1 :])
    places, width = table.shape[dim], table.itemsize
    flag = np.zeros(1, _INDEX)
    rows, columns, beside = (1, count, 0) if inner == 1 else (count, inner, 1)
    if outer == 1 and reads and rows > 1:
        # Each row of indices is of the same table.
        outer, rows = rows, 1
        steps = [0, columns * index.itemsize, columns * width]
    else:
        each = count * inner
        steps = [places * inner * width, each * index.itemsize, each * width]
    starts = [address(a) for a in (table, index, other)]
    pairs = [n for pair in zip(starts, steps) for n in pair]
    numbers = [outer, rows, columns, places, inner, beside, columns, *pairs, address(flag)]
    if outer > 1 or not beside:
        place, unit, ahead = 0, 1, steps
    else:  # neighbouring columns have places of their own
        place, unit, ahead = 2, UNIT, [UNIT * width, UNIT * index.itemsize, UNIT * width]
    moves = [0] * 7 + [n for step in ahead for n in (step, 0)] + [0]
    kernel.share(numbers, moves, place, unit, index.size * _COST)
    return not flag[0]
