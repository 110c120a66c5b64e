"""Large arrays written as they come, over threads: one of them has not all of the memory's speed."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.copies import in_order
from tcalc.runtime.base import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel

# From so many bytes on threads share it, with workers that look for it and where they have to be woken.
_MANY, _WOKEN = 1 << 18, 1 << 22
# From so many on memory is more often the system's than what was freed before.
_FRESH = 1 << 26
# Elements are filled as words, of whose bits nothing is asked; what a word costs, in passes of plain
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
    if type(array) is not np.ndarray or array.nbytes < _MANY:
        array.fill(number)
        return
    given = np.empty((), array.dtype)
    given.fill(number)
    if not array.flags.c_contiguous:
        if not _moved(np.broadcast_to(given, array.shape), array):
            array.fill(number)
        return
    kernel, flat = _kernel(array.itemsize, array.size), array.reshape(-1)
    if kernel is not None:
        word = _WORDS[array.itemsize]
        with threads.uninterrupted():
            kernel.over_elements([given.view(word), flat.view(word)], _COST)
        return
    if array.nbytes < _WOKEN:
        array.fill(number)
        return
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
        from tcalc.runtime.lazy.compiled.addresses import address  # after the quick tests

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
    if not _moved(array, made):
        return in_order(array)
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
    """Write an array's elements into another over threads: whether that was done."""
    if source.shape != target.shape or source.dtype != target.dtype or source.dtype.hasobject:
        return False
    from tcalc.runtime.lazy.boxes import move  # after the quick tests

    return move(source, target)


def _kernel(width: int, size: int) -> RowKernel | None:
    """What fills with a word of some bytes; None where that is NumPy's."""
    from tcalc.runtime.lazy.compiled.kernels import available  # after the quick tests

    if width not in _WORDS or not available():
        return None
    made = _made(width)
    return made if made.is_ready(size) else None


@cache
def _made(width: int) -> RowKernel:
    from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
    from tcalc.runtime.lazy.compiled.primitives import type_of
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel
    from tcalc.runtime.lazy.compiled.rowwise import Rows

    layout = NUMBER + MOVING
    rows = Rows([type_of(_WORDS[width]) or ""] * 2, layout)
    rows.each(lambda place: place.store(1, rows.number(0)))
    return RowKernel(rows.text(), True, 1, layout)


def every() -> list[RowKernel]:
    """All that there are."""
    return [_made(width) for width in _WORDS]
