"""Matrices as cells of colours, or of shades where there are no colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.display.chart.colours import coloured
from tcalc.display.chart.pixels import Patch
from tcalc.display.chart.scales import finite
from tcalc.theme import Depth

if TYPE_CHECKING:
    from tcalc.display.chart.canvas import Canvas
    from tcalc.display.chart.figure import Numbers, Picture
    from tcalc.display.chart.pixels import Pixels, Screen

_SHADES = np.array(list(" ░▒▓█"))
# Parts of a colour, as bright as they look.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])


def limits(picture: Picture) -> tuple[float, float]:
    """What the ends of a picture's colour map stand for."""
    shown = finite(picture.values)
    low = picture.low if picture.low is not None else float(shown.min()) if shown.size else 0.0
    high = picture.high if picture.high is not None else float(shown.max()) if shown.size else 1.0
    return low, high


def parts(values: Numbers, low: float, high: float) -> Numbers:
    """Where values lie between the ends, from 0 to 1; nan stays."""
    if high == low:
        return np.where(np.isnan(values), np.nan, 0.5)
    with np.errstate(all="ignore"):
        return np.clip((values / 2 - low / 2) / (high / 2 - low / 2), 0, 1)


def resized(values: Numbers, high: int, wide: int) -> Numbers:
    """A picture [h, w, …] in another size: means of what falls together, else the nearest."""
    for axis, size in ((0, high), (1, wide)):
        n = values.shape[axis]
        if size < n:
            edges = np.arange(size + 1) * n // size
            counts = np.diff(edges)
            sums = np.add.reduceat(values, edges[:-1], axis)
            values = sums / counts.reshape([-1 if d == axis else 1 for d in range(values.ndim)])
        elif size > n:
            values = values.take(np.arange(size) * n // size, axis)
    return values


def cells_of(picture: Picture, columns: int, rows: int, whole: bool) -> tuple[int, int]:
    """How many columns and rows a picture takes of those there are, so that its cells are square.

    Half a cell of a terminal is about as high as it is wide. whole: whether each of a picture's
    cells takes as many of these as every other.
    """
    high, wide = picture.values.shape[:2]
    scale = min(columns / wide, 2 * rows / high)
    if scale >= 1 and whole:
        scale = float(int(scale))
    return max(1, min(columns, round(wide * scale))), max(
        1, min(rows, -(-round(high * scale) // 2))
    )


def paint(canvas: Canvas, picture: Picture, top: int, left: int, rows: int, columns: int,
          depth: Depth, screen: Screen | None = None) -> None:  # fmt: skip
    """Draw a picture over cells of a canvas, its first row on top."""
    if screen is not None:
        wide, high = screen.cell
        pixels = colours_of(picture, rows * high, columns * wide)
        canvas.patches.append(Patch(top, left, rows, columns, pixels))
        return
    if depth > Depth.SIXTEEN:
        _halves(canvas, colours_of(picture, 2 * rows, columns), top, left)
        return
    values = picture.values
    if values.ndim == 3:
        values = values @ _BRIGHTNESS
    share = parts(resized(values, rows, columns), *limits(picture))
    shade = _SHADES[np.nan_to_num(np.minimum(share * len(_SHADES), len(_SHADES) - 1)).astype(int)]
    canvas.chars[top : top + rows, left : left + columns] = np.where(np.isnan(share), "×", shade)


def colours_of(picture: Picture, high: int, wide: int) -> Pixels:
    """The colours of a picture in so many rows and columns."""
    values = resized(picture.values, high, wide)
    if values.ndim == 3:
        missing = np.isnan(values).any(-1, keepdims=True)
        return np.where(missing, -1, np.rint(np.clip(values, 0, 1) * 255)).astype(np.int16)
    share = parts(values, *limits(picture))
    colours = coloured(share, picture.map).astype(np.int16)
    return np.where(np.isnan(share)[..., None], np.int16(-1), colours)


def _halves(canvas: Canvas, colours: Pixels, top: int, left: int) -> None:
    """Two rows of colours in each row of cells."""
    rows, columns = len(colours) // 2, colours.shape[1]
    where = slice(top, top + rows), slice(left, left + columns)
    canvas.chars[where] = "▀"
    canvas.fore[where], canvas.back[where] = colours[0::2], colours[1::2]
