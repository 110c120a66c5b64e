"""The one place where arrays are made by strides, each element checked to lie in the memory.

What shows memory by numbers that were computed (`as_strided`, `unfold`, diagonals, windows,
stretched operands) is made here, so that no size, step or offset, however it came about, reaches
memory that is not the tensor's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ShapeError
from tcalc.runtime.arrays.backend import has_contents, module_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray


def strided(array: Array, shape: Sequence[int], strides: Sequence[int], start: int = 0) -> Array:
    """A view of an array's memory with any shape and strides.

    strides, start: in bytes; start: from the array's first element. ShapeError where an element
    would lie outside the memory that the array is a part of.

    >>> import numpy as np
    >>> strided(np.arange(4), (2, 2), (8, 16)).tolist()
    [[0, 2], [1, 3]]
    """
    shape, strides = tuple(shape), tuple(strides)
    if type(array) is np.ndarray and array.flags.c_contiguous and not start:
        low, high = bounds_of(shape, strides, array.itemsize)
        if low >= 0 and high <= array.nbytes:  # which NumPy looks at too, in numbers of 64 bits
            try:
                return np.ndarray(shape, array.dtype, array, 0, strides)
            except (TypeError, ValueError):
                pass  # of no elements
    if has_contents(array):  # else nothing is ever read or written
        _check(array, shape, strides, start)
    if 0 in shape:
        return array.reshape(-1)[:0].reshape(shape)
    return module_of(array).lib.stride_tricks.as_strided(_from(array, start), shape, strides)


def broadcast_view(array: Array, shape: tuple[int, ...]) -> Array:
    """A writable view of the array, stretched to the shape."""
    have = array.shape
    new = len(shape) - len(have)
    strides = (0,) * new
    if shape[new:] == have:
        strides += array.strides
    else:
        strides += tuple([s if n == m else 0 for s, n, m in zip(array.strides, have, shape[new:])])
    if type(array) is ndarray and array.size:  # no step leaves the array
        if array.flags.c_contiguous:
            return ndarray(shape, array.dtype, array, 0, strides)
        return np.lib.stride_tricks.as_strided(array, shape, strides)
    return strided(array, shape, strides)


def strides_of(array: Array) -> tuple[int, ...]:
    """The steps between elements, counted in elements."""
    width = array.itemsize
    steps: list[int] = []
    following = 1
    for n, step in zip(reversed(array.shape), reversed(array.strides)):
        # NumPy gives no steps to empty arrays and to new dimensions of size 1.
        own = following if not array.size or (n == 1 and not step) else step // width
        steps.append(own)
        following = own * max(n, 1)
    return tuple(reversed(steps))


def start_of(array: Array) -> int:
    """The address of an array's first element."""
    array = getattr(array, "array", array)  # of one that stands for another
    if isinstance(array, np.ndarray):
        return int(array.__array_interface__["data"][0])
    return int(array.data.ptr)


def root_of(array: Array) -> Array:
    """The array that owns the memory which another shows.

    >>> whole = np.zeros(6)
    >>> root_of(whole.reshape(2, 3)[1]) is whole
    True
    """
    while True:
        base = array.base
        if (
            type(base) is not np.ndarray
        ):  # memory shown by strides has what holds the array in between
            base = getattr(base, "base", None)
        if type(base) is not np.ndarray:
            return array
        array = base


def bounds_of(shape: Sequence[int], strides: Sequence[int], itemsize: int) -> tuple[int, int]:
    """The least and the greatest offset, end excluded, of the bytes of a layout.

    >>> bounds_of((2, 3), (-24, 8), 8)
    (-24, 24)
    """
    if 0 in shape:
        return 0, 0
    low, high = 0, itemsize
    for n, step in zip(shape, strides):
        reach = (n - 1) * step
        if reach < 0:
            low += reach
        else:
            high += reach
    return low, high


def memory_of(array: Array) -> Array:
    """The array that an array is a part of, itself where it is none's."""
    while (base := _base(array)) is not None:
        array = base
    return array


def _base(array: Array) -> Array | None:
    """The array whose memory this one shows, or None; NumPy's as_strided puts an object between."""
    base = array.base
    if base is not None and not isinstance(base, type(array)):
        base = getattr(base, "base", None)
    return base if isinstance(base, type(array)) else None


def _check(array: Array, shape: tuple[int, ...], strides: tuple[int, ...], start: int) -> None:
    exact = all(type(n) is int for n in (*shape, *strides, start))
    if not exact or len(shape) != len(strides) or any(n < 0 for n in shape):
        raise ShapeError(f"no layout of memory: sizes {list(shape)}, strides {list(strides)}")
    low, high = bounds_of(shape, strides, array.itemsize)
    if low == high:
        return
    memory = memory_of(array)
    first, end = bounds_of(memory.shape, memory.strides, memory.itemsize)
    at = start_of(array) - start_of(memory) + start
    if at + low < first or at + high > end:
        raise ShapeError(
            f"sizes {list(shape)} and strides {[s // array.itemsize for s in strides]} are out of "
            f"bounds for the {end - first} bytes of this tensor's memory"
        )


def _from(array: Array, start: int) -> Array:
    """The memory from an offset in bytes after the array's first element on."""
    if not start:
        return array
    memory = memory_of(array)
    flat = memory.ravel("K")
    if flat.size and start_of(flat) != start_of(memory):  # has gaps: the part that it spans
        _, end = bounds_of(memory.shape, memory.strides, memory.itemsize)
        flat = type(array)((end // memory.itemsize,), memory.dtype, memory)
    at = start_of(array) - start_of(flat) + start
    return flat.view(np.uint8)[at : at + array.itemsize].view(array.dtype)
