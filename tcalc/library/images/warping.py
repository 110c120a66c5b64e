"""Images turned, sheared and seen at an angle, to Pillow's numbers.

Each new pixel asks where it comes from: by an affine map of six numbers, or a perspective of eight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.library.images.resampling import BICUBIC, BILINEAR, NEAREST
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pixels = np.ndarray[Any, Any]

# Bits behind the point where Pillow goes by whole steps.
_BITS = 16
# Up to so many pixels along a side it does.
_MOST = 32768


def _fixed(value: float) -> int:
    return int(np.floor(value * (1 << _BITS) + 0.5))


def _whole_steps(a: Sequence[float], width: int, height: int) -> tuple[Pixels, Pixels]:
    """The pixels that new ones come from, by steps in whole numbers."""
    x, y = np.arange(width, dtype=np.int64), np.arange(height, dtype=np.int64)[:, None]
    a0, a1, a3, a4 = (_fixed(a[i]) for i in (0, 1, 3, 4))
    first_x, first_y = (_fixed(a[i + 2] + a[i] * 0.5 + a[i + 1] * 0.5) for i in (0, 3))
    return (first_x + a1 * y + a0 * x) >> _BITS, (first_y + a4 * y + a3 * x) >> _BITS


def _places(data: Sequence[float], width: int, height: int) -> tuple[Pixels, Pixels]:
    """Where the middles of new pixels come from."""
    x, y = np.arange(width) + 0.5, (np.arange(height) + 0.5)[:, None]
    if len(data) == 6:
        a, b, c, d, e, f = data
        return a * x + b * y + c, d * x + e * y + f
    a, b, c, d, e, f, g, h = data
    with np.errstate(divide="ignore", invalid="ignore"):
        below = g * x + h * y + 1.0
        return (a * x + b * y + c) / below, (d * x + e * y + f) / below


def _scaled(data: Sequence[float], width: int, height: int) -> tuple[Pixels, Pixels]:
    """The same of a map that only stretches, by steps that add up."""
    made = []
    for scale, start, count in ((data[0], data[2], width), (data[4], data[5], height)):
        steps = np.full(max(count, 1), scale)
        steps[0] = start + scale * 0.5
        at = np.cumsum(steps)[:count]
        made.append(np.where(at < 0, -1, np.trunc(at)).astype(np.int64))
    shape = (height, width)
    return np.broadcast_to(made[0], shape), np.broadcast_to(made[1][:, None], shape)


def _nearest(pixels: Pixels, data: Sequence[float], width: int, height: int) -> Any:
    rows, columns = pixels.shape[:2]
    if len(data) == 6 and not data[1] and not data[3]:
        x, y = _scaled(data, width, height)
    elif len(data) == 6 and max(rows, columns, width, height) < _MOST:
        x, y = _whole_steps(data, width, height)
    else:
        at_x, at_y = _places(data, width, height)
        with np.errstate(invalid="ignore"):
            x = np.where(at_x < 0, -1, np.trunc(np.clip(at_x, -1, columns))).astype(np.int64)
            y = np.where(at_y < 0, -1, np.trunc(np.clip(at_y, -1, rows))).astype(np.int64)
    within = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    return pixels[np.where(within, y, 0), np.where(within, x, 0)], within


def _between(pixels: Pixels, x: Pixels, y: Pixels, cubic: bool) -> Pixels:
    """Sums of the 4 or 16 pixels around each place."""
    rows, columns = pixels.shape[:2]
    x, y = x - 0.5, y - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    dx, dy = (x - left)[..., None], (y - top)[..., None]
    around = range(-1, 3) if cubic else range(2)
    join = _cubic if cubic else _linear

    def row(step: int) -> Pixels:
        line = np.clip(top + step, 0, rows - 1)
        parts = [pixels[line, np.clip(left + i, 0, columns - 1)].astype(np.float64) for i in around]
        return join(parts, dx)

    return join([row(step) for step in around], dy)


def _linear(parts: list[Pixels], share: Pixels) -> Pixels:
    a, b = parts
    return a + (b - a) * share


def _cubic(parts: list[Pixels], share: Pixels) -> Pixels:
    a, b, c, d = parts
    p2, p3, p4 = -a + c, 2 * (a - b) + c - d, -a + b - c + d
    return b + share * (p2 + share * (p3 + share * p4))


def warped(
    pixels: Pixels, size: tuple[int, int], data: Sequence[float], resample: int
) -> tuple[Pixels, Pixels]:
    """The new pixels, (height, width, bands), and which of them come from within the image."""
    width, height = size
    rows, columns = pixels.shape[:2]
    memory.check(64 * width * height * pixels.shape[2], "an image of that size")
    if resample == NEAREST:
        found, within = _nearest(pixels, data, width, height)
        return found, within
    x, y = _places(data, width, height)
    with np.errstate(invalid="ignore"):
        within = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    found = _between(
        pixels, np.where(within, x, 0.5), np.where(within, y, 0.5), resample == BICUBIC
    )
    if pixels.dtype == np.uint8:
        found = np.clip(found, 0, 255)
    return found.astype(pixels.dtype), within


WARPS = (NEAREST, BILINEAR, BICUBIC)
