"""Large arrays written as they come, over threads: one of them has not all of the memory's speed."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled.addresses import address
from tcalc.runtime.lazy.slabs import view_as

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel

# From so many bytes on threads share it, with workers that look for it and where they have to be woken.
_MANY, _WOKEN = 1 << 18, 1 << 22
# From so many on memory is more often the system's than what was freed before.
_FRESH = 1 << 26
# Shorter rows are no quicker.
_LINE = 64
# Elements are moved as words, of whose bits nothing is asked; what a word costs, in passes of plain
# arithmetic.
_WORDS: dict[int, np.dtype[Any]] = {
    8: np.dtype(np.int64),
    4: np.dtype(np.int32),
    2: np.dtype(np.int16),
    1: np.dtype(np.int8),
}
_COST = 2


def put(array: Array, number: object) -> None:
    """Write one number into every element.

    >>> a = np.zeros(3)
    >>> put(a, 2)
    >>> a.tolist()
    [2.0, 2.0, 2.0]
    """
    if type(array) is not np.ndarray or array.nbytes < _MANY or (rows := _rows(array)) is None:
        array.fill(number)
        return
    dtype = array.dtype
    kernel = _kernel(dtype.itemsize, True, array.size)
    if kernel is not None:
        given = np.empty((), dtype)
        given.fill(number)
        _run(kernel, [given, *rows])
        return
    if array.nbytes < _WOKEN or not array.flags.c_contiguous:
        array.fill(number)
        return
    flat = array.reshape(-1)
    each = -(-flat.size // threads.number())
    with threads.uninterrupted():  # as one call of NumPy's is
        threads.spread(
            lambda i: flat[i * each : (i + 1) * each].fill(number), -(-flat.size // each)
        )


def zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array of zeros in C order."""
    # What the system gives is zero already, and not written to until it is used.
    if not _MANY <= prod(shape) * dtype.itemsize < _FRESH:
        return np.zeros(shape, dtype)
    made = np.empty(shape, dtype)
    put(made, 0)
    return made


def surrounded(source: Array, shape: tuple[int, ...], show: Callable[[Array], Array]) -> Array:
    """Zeros of a shape, in C order, with an array's elements where a view of them shows.

    >>> surrounded(np.ones(2), (4,), lambda whole: whole[1:3]).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    if prod(shape) * source.itemsize < _MANY:
        made = np.zeros(shape, source.dtype)
        show(made)[...] = source
        return made
    made = np.empty(shape, source.dtype)
    part = show(made)
    if 2 * part.size > made.size and part.strides == made.strides:
        # All around is left: before and after it along each dimension, of what lies beside it in those
        # in front.
        beside: tuple[slice, ...] = ()
        starts = np.unravel_index((address(part) - address(made)) // made.itemsize, shape)
        for start, count in zip(starts, part.shape):
            put(made[(*beside, slice(0, start))], 0)
            put(made[(*beside, slice(start + count, None))], 0)
            beside += (slice(start, start + count),)
    else:
        put(made, 0)
    copy(source, part)
    return made


def copied(array: Array) -> Array:
    """A copy of an array in C order.

    >>> copied(np.arange(3)).tolist()
    [0, 1, 2]
    """
    if type(array) is not np.ndarray or array.nbytes < _MANY:
        return array.copy()
    made = np.empty(array.shape, array.dtype)
    copy(array, made)
    return made


def copy(source: Array, target: Array) -> None:
    """Write an array's elements into another, to whose shape they broadcast."""
    if target.nbytes >= _MANY and source.dtype == target.dtype and not any(source.strides):
        put(target, source[(0,) * source.ndim])
    elif (
        type(source) is not np.ndarray
        or type(target) is not np.ndarray
        or target.nbytes < _MANY
        or not _moved(source, target)
    ):
        target[...] = source


def joined(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays of one dtype put one after the other along an axis, in C order.

    >>> joined([np.zeros(2), np.ones(1)], 0).tolist()
    [0.0, 0.0, 1.0]
    """
    if not all(type(a) is np.ndarray for a in arrays) or sum(a.nbytes for a in arrays) < _MANY:
        return np.ascontiguousarray(np.concatenate(arrays, axis))
    shape = [*arrays[0].shape]
    shape[axis] = sum(a.shape[axis] for a in arrays)
    made = np.empty(shape, arrays[0].dtype)
    start = 0
    for a in arrays:
        end = start + a.shape[axis]
        copy(a, made[(*(slice(None),) * axis, slice(start, end))])
        start = end
    return made


def _moved(source: Array, target: Array) -> bool:
    """Write an array's elements into another over threads: whether that was done, as it is where both are
    rows of neighbours, of one dtype and in memory of their own."""
    if source.shape != target.shape or source.dtype != target.dtype or source.dtype.hasobject:
        return False
    kernel = _kernel(source.itemsize, False, source.size)
    if kernel is None or np.may_share_memory(source, target):
        return False
    rows = _rows(source, target)
    if rows is None:
        return False
    _run(kernel, rows)
    return True


def _run(kernel: RowKernel, arrays: Sequence[Array]) -> None:
    """Do a kernel of words on numbers and rows."""
    words = [a.view(_WORDS[a.itemsize]) for a in arrays]
    shape = words[-1].shape
    with threads.uninterrupted():
        if shape[0] == 1:
            kernel.over_elements([a[0] if a.ndim else a for a in words], _COST)
        else:
            kernel.over_rows(shape, words, _COST)


def _rows(*arrays: Array) -> list[Array] | None:
    """Arrays of one shape as rows of neighbours, which are not short; None where they have none."""
    shape, size = arrays[0].shape, arrays[0].size
    columns = shape[-1] if shape else 1
    for n in shape[-2::-1]:
        if not all(_joined(a, columns * n) for a in arrays):
            break
        columns *= n
    if columns * arrays[0].itemsize < _LINE:
        return None
    rows = [view_as(a, size // columns, columns) for a in arrays]
    return None if any(a is None or a.strides[1] != a.itemsize for a in rows) else rows


def _joined(array: Array, columns: int) -> bool:
    """Whether rows of so many elements are neighbours in memory."""
    seen = view_as(array, array.size // columns, columns)
    return seen is not None and (seen.strides[1] == seen.itemsize)


def _kernel(width: int, fills: bool, size: int) -> RowKernel | None:
    """What moves so many words of some bytes, or fills with one; None where that is NumPy's."""
    from tcalc.runtime.lazy.compiled.kernels import available  # after the quick tests

    if width not in _WORDS or not available():
        return None
    made = _made(width, fills)
    return made if made.is_ready(size) else None


@cache
def _made(width: int, fills: bool) -> RowKernel:
    from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
    from tcalc.runtime.lazy.compiled.primitives import type_of
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows

    layout = (NUMBER if fills else MOVING) + MOVING
    rows = Rows([type_of(_WORDS[width]) or ""] * 2, layout)

    def body(place: Place) -> None:
        place.store(1, rows.number(0) if fills else place.load(0))

    rows.each(body)
    return RowKernel(rows.text(), True, 1, layout)


def every() -> list[RowKernel]:
    """All that there are."""
    return [_made(width, fills) for width in _WORDS for fills in (False, True)]
