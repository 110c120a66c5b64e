"""The products of convolutions where every output is made of one channel, on arrays.

Where a kernel moves one element at a time, what each of its places sees of a plane is the flat
plane from some element on: whole planes are multiplied and added, with what lies between their rows.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tcalc.runtime.blas import sum_products
from tcalc.runtime.ops.frames import Frame, Sizes, padded, run, windows
from tcalc.runtime.ops.summation import add_up

# Planes are worked on in blocks of about this many elements.
_BLOCK = 1 << 16


def _is_flat(xp: Any, frame: Frame) -> bool:
    """Whether every place of the kernel shows the input's flat planes from some element on."""
    return xp is np and max(frame.stride) == 1


def _shifts(kernel: Sizes, frame: Frame, sizes: Sizes) -> list[int]:
    """By place of the kernel, with which element of a flat plane its window begins."""
    steps = [prod(sizes[i + 1 :]) for i in range(len(sizes))]
    return [
        sum(k * d * step for k, d, step in zip(place, frame.dilation, steps))
        for place in np.ndindex(*kernel)
    ]


def _span(lengths: Sizes, sizes: Sizes) -> int:
    """From the first element of a window to its last one, in a flat plane."""
    return sum((m - 1) * prod(sizes[i + 1 :]) for i, m in enumerate(lengths)) + 1


def _by_channel(channels: int, images: int, plane: int) -> list[tuple[int, slice]]:
    step = max(1, _BLOCK // plane)
    return [(n, slice(c, c + step)) for n in range(images) for c in range(0, channels, step)]


def forward(xp: Any, input: Any, weight: Any, bias: Any, frame: Frame, out: Any) -> Any:
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
    flat = _is_flat(xp, frame)
    if flat:
        span = _span(lengths, sizes)
        planes = source.reshape(images, channels, 1, -1)
        views = [planes[..., i : i + span] for i in _shifts(kernel, frame, sizes)]
    else:
        found = windows(xp, source, kernel, frame, lengths)
        views = [found[(slice(None), slice(None), None, *k)] for k in np.ndindex(*kernel)]
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
            strides = (*total.strides[:2], *_strides(sizes, total.itemsize))
            total = np.lib.stride_tricks.as_strided(total, target[n, part].shape, strides)
        if added is None:
            target[n, part] = total
        else:
            xp.add(total, added[part], out=target[n, part])

    run(xp, work, len(parts), out.size * prod(kernel))
    return out


def _strides(sizes: Sizes, itemsize: int) -> Sizes:
    return tuple(prod(sizes[i + 1 :]) * itemsize for i in range(len(sizes)))


def kernel_sums(xp: Any, input: Any, output: Any, kernel: Sizes, frame: Frame) -> Any:
    """`kernel_sums` where every output is made of one channel."""
    images, channels = input.shape[:2]
    lengths, each = output.shape[2:], output.shape[1] // channels
    source = padded(xp, input, frame.padding)
    sizes = source.shape[2:]
    parts = _by_channel(channels, images, prod(sizes) * each)
    sums = xp.empty((images, channels, each, prod(kernel)), input.dtype)
    given = output.reshape(images, channels, each, *lengths)
    flat = _is_flat(xp, frame)
    if flat:
        span = _span(lengths, sizes)
        planes = source.reshape(images, channels, 1, -1)
        views = [planes[..., i : i + span] for i in _shifts(kernel, frame, sizes)]
    else:
        found = windows(xp, source, kernel, frame, lengths)
        views = [found[(slice(None), slice(None), None, *k)] for k in np.ndindex(*kernel)]
    axes = tuple(range(2, 2 + len(lengths)))

    def work(i: int) -> None:
        n, part = parts[i]
        own = given[n, part]
        if not flat:
            for k, view in enumerate(views):
                sums[n, part, :, k] = add_up(xp, own * view[n, part], axes)
            return
        spaced = np.zeros((*own.shape[:2], span), own.dtype)
        strides = (*spaced.strides[:2], *_strides(sizes, own.itemsize))
        np.lib.stride_tricks.as_strided(spaced, own.shape, strides)[...] = own
        for k, view in enumerate(views):
            sums[n, part, :, k] = sum_products(spaced, view[n, part])[..., 0]

    run(xp, work, len(parts), output.size * prod(kernel))
    return xp.add.reduce(sums, axis=0).reshape(channels * each, 1, *kernel)
