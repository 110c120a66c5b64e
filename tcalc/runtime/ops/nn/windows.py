"""How a kernel slides over an input, and what it is given to see of it."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcalc.runtime.arrays.blas import spread_products
from tcalc.runtime.arrays.strides import strided
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# Jobs with fewer multiplications than this are not worth another thread.
_SMALL = 1 << 20

Sizes = tuple[int, ...]


class Frame(NamedTuple):
    """How a kernel slides: by dimension, but for the number of groups of channels.

    padding: before and after.
    """

    stride: Sizes
    padding: tuple[tuple[int, int], ...]
    dilation: Sizes
    groups: int

    def lengths(self, sizes: Sizes, kernel: Sizes) -> Sizes:
        """How many places the kernel has in each dimension of an input."""
        return _lengths(self, sizes, kernel)

    def is_plain(self, kernel: Sizes) -> bool:
        """Whether the windows of an input are its elements."""
        return _is_plain(self, kernel)


# They are asked for at each call, of a few frames.
@lru_cache(256)
def _lengths(frame: Frame, sizes: Sizes, kernel: Sizes) -> Sizes:
    return tuple(
        (n + low + high - d * (k - 1) - 1) // s + 1
        for n, k, s, (low, high), d in zip(sizes, kernel, *frame[:3])
    )


@lru_cache(256)
def _is_plain(frame: Frame, kernel: Sizes) -> bool:
    return (
        all(k == 1 for k in kernel)
        and all(s == 1 for s in frame.stride)
        and not any(map(any, frame.padding))
    )


def padded(xp: ModuleType, array: Array, padding: tuple[tuple[int, int], ...]) -> Array:
    """The array with zeros before and after in its last dimensions, itself where there are none."""
    if not any(map(any, padding)):
        return array
    lead = array.ndim - len(padding)
    sizes = array.shape[lead:]
    grown = tuple(low + n + high for n, (low, high) in zip(sizes, padding))
    shape = (*array.shape[:lead], *grown)
    memory.check(prod(shape) * array.itemsize, f"a padded input of shape {list(shape)}")
    result = xp.zeros(shape, array.dtype)
    inner = (slice(low, low + n) for n, (low, _) in zip(sizes, padding))
    result[(..., *inner)] = array
    return result


def windows(array: Array, kernel: Sizes, frame: Frame, lengths: Sizes) -> Array:
    """A view (n, c, *kernel, *lengths) of a padded input (n, c, *sizes)."""
    steps = array.strides[2:]
    shape = (*array.shape[:2], *kernel, *lengths)
    strides = (
        *array.strides[:2],
        *(step * d for step, d in zip(steps, frame.dilation)),
        *(step * s for step, s in zip(steps, frame.stride)),
    )
    return strided(array, shape, strides)


def is_long(multiplications: int) -> bool:
    """Whether a job is worth more than one thread."""
    return multiplications > _SMALL


def run(xp: ModuleType, work: Callable[[int], object], parts: int, multiplications: int) -> None:
    """Call `work(i)` for every i below `parts`, in threads where that pays."""
    if xp is np and is_long(multiplications):
        spread_products(work, parts)
        return
    for i in range(parts):
        work(i)
