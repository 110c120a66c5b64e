"""Images at other sizes, to Pillow's numbers: each pixel is a weighted sum of those it covers.

Pillow sums bytes with weights of 22 bits. Those sums are exact in float64, so that each direction
is one product with a matrix.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pixels = np.ndarray[Any, Any]
    # An axis, how many pixels it has and gets, and where the part of it begins and ends.
    _Direction = tuple[int, int, int, float, float]

NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING = range(6)
# Bits behind the point of the weights of bytes.
_BITS = 22
# Weights of so many elements are kept for the next image.
_SMALL = 1 << 16


def _box(x: Pixels) -> Pixels:
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


def _triangle(x: Pixels) -> Pixels:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _hamming(x: Pixels) -> Pixels:
    x = np.abs(x)
    return np.where(x >= 1, 0.0, np.sinc(x) * (0.54 + 0.46 * np.cos(x * np.pi)))


def _cubic(x: Pixels) -> Pixels:
    x, a = np.abs(x), -0.5
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _lanczos(x: Pixels) -> Pixels:
    return np.where((x >= -3.0) & (x < 3.0), np.sinc(x) * np.sinc(x / 3), 0.0)


# By number of a filter, its function and how far it reaches.
_FILTERS: dict[int, tuple[Callable[[Pixels], Pixels], float]] = {
    BOX: (_box, 0.5), BILINEAR: (_triangle, 1.0), HAMMING: (_hamming, 1.0), BICUBIC: (_cubic, 2.0),
    LANCZOS: (_lanczos, 3.0),
}  # fmt: skip


def _weights(old: int, new: int, start: float, end: float, resample: int) -> Pixels:
    """Row i has the weights of the old pixels in the new one i: (new, old)."""
    weigh, reach = _FILTERS[resample]
    scale = (end - start) / new
    stretch = max(scale, 1.0)
    support = reach * stretch
    center = start + (np.arange(new) + 0.5) * scale
    first = np.maximum((center - support + 0.5).astype(np.int64), 0)
    last = np.minimum((center + support + 0.5).astype(np.int64), old)
    count = int(min(ceil(support) * 2 + 1, max(int((last - first).max()), 0)))
    at = first[:, None] + np.arange(count)
    within = at < last[:, None]
    found = weigh((at - center[:, None] + 0.5) * (1.0 / stretch)) * within
    total = found.sum(1, keepdims=True)
    found = np.divide(found, total, out=found, where=total != 0)
    memory.check(8 * new * old, "the weights of an image's pixels")
    made = np.zeros((new, old))
    rows = np.broadcast_to(np.arange(new)[:, None], at.shape)
    made[rows[within], at[within]] = found[within]
    return made


def _in_whole(old: int, new: int, start: float, end: float, resample: int) -> Pixels:
    """The same as whole numbers, for sums of bytes."""
    scaled = _weights(old, new, start, end, resample) * (1 << _BITS)
    return np.trunc(scaled + np.copysign(0.5, scaled))


# Images of one data set are of a few sizes: small weights are kept.
_kept = lru_cache(maxsize=64)(_in_whole)


def _pass(pixels: Pixels, resample: int, direction: _Direction) -> Pixels:
    """One direction: a sum for each new pixel along its axis, (height, width, bands)."""
    axis, old, new, start, end = direction
    in_bytes = pixels.dtype == np.uint8
    make = _weights
    if in_bytes:
        make = _kept if old * new <= _SMALL else _in_whole
    weights = make(old, new, start, end, resample)
    wide = pixels.astype(np.float64)
    if axis == 0:
        total = (weights @ wide.reshape(old, -1)).reshape(new, *wide.shape[1:])
    elif wide.shape[2] == 1:
        total = (wide[..., 0] @ weights.T)[..., None]
    else:
        total = weights @ wide
    if in_bytes:
        total = np.floor((total + (1 << (_BITS - 1))) / (1 << _BITS))
        return np.clip(total, 0, 255).astype(np.uint8)
    if pixels.dtype == np.float32:
        return total.astype(np.float32)
    return np.where(total >= 0, np.floor(total + 0.5), -np.floor(np.abs(total) + 0.5)).astype(
        pixels.dtype
    )


def _places(old: int, new: int, start: float, end: float) -> Pixels:
    """The old pixel that lies nearest to each new one."""
    scale = (end - start) / new
    steps = np.full(new, scale)
    steps[0] = start + scale * 0.5
    return np.clip(np.cumsum(steps).astype(np.int64), 0, old - 1)


def resized(pixels: Pixels, size: tuple[int, int], resample: int, box: Sequence[float]) -> Pixels:
    """(height, width[, bands]) → the part in `box` at another size, (width, height)."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (float(np.float32(side)) for side in box)
    bands = pixels.reshape(height, width, -1)
    memory.check(8 * size[0] * max(size[1], height) * bands.shape[2], "an image of that size")
    if resample == NEAREST:
        rows, columns = _places(height, size[1], y0, y1), _places(width, size[0], x0, x1)
        made = bands[rows[:, None], columns]
    else:
        made = bands
        across = (1, width, size[0], x0, x1)
        down = (0, height, size[1], y0, y1)
        for direction in _order(across, down):
            _, old, new, start, end = direction
            if old != new or (start, end) != (0, old):
                made = _pass(made, resample, direction)
    return made.reshape(size[1], size[0], *pixels.shape[2:])


def _order(across: _Direction, down: _Direction) -> tuple[_Direction, _Direction]:
    """Which direction is first: each rounds to bytes. Down where that takes away most, as Pillow."""
    lost = down[1] - down[2]
    return (down, across) if lost > max(0, 2 * (across[1] - across[2])) else (across, down)
