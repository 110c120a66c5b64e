"""Large arrays written as they come, over threads: one of them has not all of the memory's speed."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.slabs import view_as

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    if type(array) is not np.ndarray or array.nbytes < _MANY or not array.flags.c_contiguous:
        array.fill(number)
        return
    dtype = array.dtype
    kernel = _kernel(dtype.itemsize, True, array.size)
    if kernel is None:
        if array.nbytes < _WOKEN:
            array.fill(number)
            return
        flat = array.reshape(-1)
        each = -(-flat.size // threads.number())
        with threads.uninterrupted():  # as one call of NumPy's is
            threads.spread(
                lambda i: flat[i * each : (i + 1) * each].fill(number), -(-flat.size // each)
            )
        return
    word = _WORDS[dtype.itemsize]
    given = np.empty(1, dtype)
    given.fill(number)
    with threads.uninterrupted():
        kernel.over_elements([given.view(word).reshape(()), array.reshape(-1).view(word)], _COST)


def zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array of zeros in C order."""
    # What the system gives is zero already, and not written to until it is used.
    if not _MANY <= prod(shape) * dtype.itemsize < _FRESH:
        return np.zeros(shape, dtype)
    made = np.empty(shape, dtype)
    put(made, 0)
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
    if (
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
    word = _WORDS[source.itemsize]
    if source.flags.c_contiguous and target.flags.c_contiguous:
        flat = [a.reshape(-1).view(word) for a in (source, target)]
        with threads.uninterrupted():
            kernel.over_elements(flat, _COST)
        return True
    columns = source.shape[-1] if source.ndim else 1
    for n in source.shape[-2:0:-1]:
        if not _joined(source, columns * n) or not _joined(target, columns * n):
            break
        columns *= n
    if columns * source.itemsize < _LINE:
        return False
    rows = [view_as(a, source.size // columns, columns) for a in (source, target)]
    if any(a is None or a.strides[1] != a.itemsize for a in rows):
        return False
    with threads.uninterrupted():
        kernel.over_rows(rows[0].shape, [a.view(word) for a in rows], _COST)
    return True


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
