"""The products of convolutions where every output is made of one channel, on arrays.

Where a kernel moves one element at a time, what each of its places sees of a plane is the flat
plane from some element on: whole planes are multiplied and added, with what lies between their rows.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.blas import sum_products
from tcalc.runtime.arrays.strides import strided
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.nn.windows import Frame, Sizes, padded, run, windows

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# Planes are worked on in blocks of about this many elements.
_BLOCK = 1 << 16


def _strides(sizes: Sizes) -> Sizes:
    """By dimension, how many elements of a flat plane one step is."""
    return tuple(prod(sizes[i + 1 :]) for i in range(len(sizes)))


def _spaced(plane: Array, lengths: Sizes, sizes: Sizes) -> Array:
    """A view (c, each, *lengths) of flat planes (c, each, elements) whose rows are `sizes` long."""
    steps = (step * plane.itemsize for step in _strides(sizes))
    shape, strides = (*plane.shape[:2], *lengths), (*plane.strides[:2], *steps)
    return strided(plane, shape, strides)


def _views(
    xp: ModuleType, source: Array, kernel: Sizes, frame: Frame, lengths: Sizes
) -> tuple[list[Array], bool]:
    """What every place of the kernel sees of a padded input, and whether that is flat planes.

    source: (n, c, *sizes) → (n, c, 1, *lengths), or (n, c, 1, elements).
    """
    if xp is not np or max(frame.stride) > 1:
        found = windows(source, kernel, frame, lengths)
        return [found[(slice(None), slice(None), None, *k)] for k in np.ndindex(*kernel)], False
    steps = _strides(source.shape[2:])
    span = sum((m - 1) * step for m, step in zip(lengths, steps)) + 1
    planes = source.reshape(*source.shape[:2], 1, -1)
    starts = (
        sum(k * d * step for k, d, step in zip(place, frame.dilation, steps))
        for place in np.ndindex(*kernel)
    )
    return [planes[..., i : i + span] for i in starts], True


def _by_channel(channels: int, images: int, plane: int) -> list[tuple[int, slice]]:
    step = max(1, _BLOCK // plane)
    return [(n, slice(c, c + step)) for n in range(images) for c in range(0, channels, step)]


def forward(
    xp: ModuleType, input: Array, weight: Array, bias: Array, frame: Frame, out: Array
) -> Array:
    """`forward` where every output is made of one channel."""
    kernel, lengths = weight.shape[2:], out.shape[2:]
    images, channels = input.shape[:2]
    each = out.shape[1] // channels
    source = padded(xp, input, frame.padding)
    sizes = source.shape[2:]
    parts = _by_channel(channels, images, prod(sizes) * each)
    factors = weight.reshape(channels, each, -1)
    target = out.reshape(images, channels, each, *lengths)
    added = None if bias is None else bias.reshape(channels, each, *(1,) * len(lengths))
    views, flat = _views(xp, source, kernel, frame, lengths)
    beside = (slice(None), slice(None), *(None,) * (1 if flat else len(lengths)))

    def work(i: int) -> None:
        n, part = parts[i]
        own = factors[part]
        total = xp.multiply(views[0][n, part], own[..., 0][beside])
        scratch = xp.empty_like(total)
        for k in range(1, len(views)):
            xp.multiply(views[k][n, part], own[..., k][beside], out=scratch)
            xp.add(total, scratch, out=total)
        if flat:
            # Between the rows lie sums of windows that reach over the edge.
            total = _spaced(total, lengths, sizes)
        if added is None:
            target[n, part] = total
        else:
            xp.add(total, added[part], out=target[n, part])

    run(xp, work, len(parts), out.size * prod(kernel))
    return out


def kernel_sums(xp: ModuleType, input: Array, output: Array, kernel: Sizes, frame: Frame) -> Array:
    """`kernel_sums` where every output is made of one channel."""
    images, channels = input.shape[:2]
    lengths, each = output.shape[2:], output.shape[1] // channels
    source = padded(xp, input, frame.padding)
    sizes = source.shape[2:]
    parts = _by_channel(channels, images, prod(sizes) * each)
    sums = xp.empty((images, channels, each, prod(kernel)), input.dtype)
    given = output.reshape(images, channels, each, *lengths)
    views, flat = _views(xp, source, kernel, frame, lengths)
    axes = tuple(range(2, 2 + len(lengths)))

    def work(i: int) -> None:
        n, part = parts[i]
        own = given[n, part]
        if not flat:
            for k, view in enumerate(views):
                sums[n, part, :, k] = add_up(xp, own * view[n, part], axes)
            return
        plane = np.zeros((*own.shape[:2], views[0].shape[-1]), own.dtype)
        _spaced(plane, lengths, sizes)[...] = own
        for k, view in enumerate(views):
            sums[n, part, :, k] = sum_products(plane, view[n, part])[..., 0]

    run(xp, work, len(parts), output.size * prod(kernel))
    return xp.add.reduce(sums, axis=0).reshape(channels * each, 1, *kernel)
