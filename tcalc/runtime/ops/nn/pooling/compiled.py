"""Windows of planes by compiled code, which gives what NumPy does to the bit."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled import pooling
from tcalc.runtime.lazy.compiled.kernels import address

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.ops.nn.windows import Frame, Sizes


def greatest(
    source: Array, values: Array, numbers: Array, kernel: Sizes, frame: Frame, lengths: Sizes
) -> bool:
    """Fill in the greatest of each window, and the number of its place: whether that was done.

    source: padded planes (1, planes, *sizes). values, numbers: (1, planes, *lengths).
    """
    function = pooling.greatest(source.dtype.char, frame.stride[-1], source.size)
    if function is None or not _lie(source, values, numbers):
        return False
    starts, distances = _table(source.shape[1:], source.itemsize, kernel, frame, lengths)
    function.take([
        address(source), len(starts), address(starts), len(distances), address(distances),
        lengths[-1], address(values), address(numbers),
    ])  # fmt: skip
    return True


def put_back(given: Array, numbers: Array, target: Array, kernel: Sizes, frame: Frame) -> bool:
    """Put numbers to the places of windows that do not overlap: whether that was done.

    given, numbers: (1, planes, *lengths). target: zeros (1, planes, *sizes), as far as windows reach.
    """
    function = pooling.put_back(given.dtype.char, target.size)
    if function is None or not _lie(given, numbers, target):
        return False
    size, lengths = target.itemsize, given.shape[2:]
    starts, distances = _table(target.shape[1:], size, kernel, frame, lengths)
    function.take([
        address(given), address(numbers), len(starts), address(starts), len(distances),
        address(distances), lengths[-1], frame.stride[-1] * size, address(target),
    ])  # fmt: skip
    return True


def _lie(*arrays: Array) -> bool:
    """Whether arrays are there whole, side by side, and numbers of places bytes."""
    return all(type(a) is np.ndarray and a.flags.c_contiguous and a.size for a in arrays) and any(
        a.dtype == np.uint8 for a in arrays
    )


@lru_cache(64)
def _table(
    shape: Sizes, size: int, kernel: Sizes, frame: Frame, lengths: Sizes
) -> tuple[Array, Array]:
    """Of planes (planes, *sizes) where the lines of windows start, and the places of a window, in bytes."""
    units = [prod(shape[i + 1 :]) * size for i in range(len(shape))]
    starts = np.arange(shape[0], dtype=np.int64) * units[0]
    for unit, step, length in zip(units[1:-1], frame.stride, lengths):
        starts = np.add.outer(starts, np.arange(length, dtype=np.int64) * (unit * step)).ravel()
    places = [
        sum(i * d * unit for i, d, unit in zip(at, frame.dilation, units[1:]))
        for at in product(*map(range, kernel))
    ]
    return starts, np.array(places, np.int64)
