"""Cells of a terminal: dots in them, two wide and four high, and characters that stand over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.display.cells import cells
from tcalc.display.chart.colours import begin, code
from tcalc.theme import Depth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcalc.display.chart.figure import Numbers
    from tcalc.display.chart.pixels import Patch

# Of a braille character, the bit of each dot: by its row, then its column.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)
_BRAILLE = 0x2800
# Points of lines that are worked out at a time.
_BLOCK = 1 << 20
_NO_COLOUR = -1
# Stands in the second cell of a character that takes two.
_TAKEN = "\ue000"
END = "\x1b[0m"

# What stands for the characters of frames, bars and marks where only ASCII is there.
_ASCII = str.maketrans({
    "│": "|", "┤": "+", "┬": "+", "─": "-", "└": "+", "┌": "+", "┐": "+", "┘": "+", "╴": "-",
    "█": "#", "▇": "#", "▆": "#", "▅": "#", "▄": "#", "▃": "=", "▂": "_", "▁": "_", "▀": "#",
    "░": ".", "▒": "+", "▓": "%", "•": "o", "…": "~", "×": "x", "−": "-", "┄": "-", "▌": "#",
})  # fmt: skip


def ascii_of(text: str) -> str:
    """The text with nothing but ASCII in it."""
    return "".join(c if c < "\x7f" else "?" for c in text.translate(_ASCII))


class Canvas:
    """Rows of cells. Dots count from the top left; what is drawn outside is left out.

    chars: [rows, columns], characters over the dots, "" for none. colours: of the palette, or -1.
    fore, back: colours of pictures, three parts a cell, -1 for none. patches: pixels over cells that
    hold nothing.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.dots: NDArray[np.uint8] = np.zeros((rows, columns), np.uint8)
        self.chars: NDArray[np.str_] = np.zeros((rows, columns), "<U1")
        self.colours = np.full((rows, columns), _NO_COLOUR, np.int16)
        self.fore = np.full((rows, columns, 3), -1, np.int16)
        self.back = np.full((rows, columns, 3), -1, np.int16)
        self.patches: list[Patch] = []

    # -- dots -----------------------------------------------------------------------------------

    def points(self, x: Numbers, y: Numbers, colour: int | NDArray[np.intp]) -> None:
        """Dots at places from 0 to 1, left to right and from below; one colour, or one each."""
        wide, high = 2 * self.columns, 4 * self.rows
        with np.errstate(invalid="ignore"):
            inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        across = np.minimum((x[inside] * wide).astype(np.intp), wide - 1)
        down = high - 1 - np.minimum((y[inside] * high).astype(np.intp), high - 1)
        cells = down // 4, across // 2
        np.bitwise_or.at(self.dots, cells, _BITS[down % 4, across % 2])
        self.colours[cells] = colour if isinstance(colour, int) else colour[inside]

    def line(self, x: Numbers, y: Numbers, colour: int, gap: int = 0) -> None:
        """A line through places; broken where one is not finite. gap: dots on and off in turn."""
        wide, high = 2 * self.columns, 4 * self.rows
        x0, y0, x1, y1 = (np.asarray(v) for v in _cut(x[:-1], y[:-1], x[1:], y[1:]))
        steps = np.ceil(np.maximum(abs(x1 - x0) * wide, abs(y1 - y0) * high)).astype(np.intp) + 1
        ends = np.cumsum(steps)
        start = 0
        while start < len(steps):  # in blocks, so that a line of millions takes little memory
            before = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK)))
            some = steps[start:stop]
            which = np.repeat(np.arange(start, stop), some)
            along = np.arange(len(which)) - np.repeat(np.cumsum(some) - some, some)
            part = along / np.maximum(steps[which] - 1, 1)
            if gap:
                seen = ((before + np.arange(len(which))) // gap) % 2 == 0
                which, part = which[seen], part[seen]
            self.points(
                x0[which] * (1 - part) + x1[which] * part,
                y0[which] * (1 - part) + y1[which] * part,
                colour,
            )
            start = stop
        if not len(steps):  # a point that has no neighbour is seen, too
            alone = np.isfinite(x) & np.isfinite(y)
            self.points(x[alone], y[alone], colour)

    # -- characters -----------------------------------------------------------------------------

    def put(self, row: int, column: int, text: str, colour: int = _NO_COLOUR) -> None:
        """Characters from a cell on; what does not fit is left out."""
        if not 0 <= row < self.rows:
            return
        for char in text[: self.columns + max(0, -column)]:
            wide = cells(char)
            if column >= 0 and column + wide <= self.columns:
                self.chars[row, column] = char
                self.chars[row, column + 1 : column + wide] = _TAKEN
                self.colours[row, column : column + wide] = colour
            column += wide

    def lines(self, depth: Depth, braille: bool = True) -> list[str]:
        """The rows as text, coloured as far as the terminal can."""
        made = []
        for row in range(self.rows):
            parts, on = [], ""
            for column in range(self.columns):
                char = str(self.chars[row, column])
                if char == _TAKEN:
                    continue
                if not char:
                    bits = int(self.dots[row, column])
                    char = " " if not bits else chr(_BRAILLE + bits) if braille else "*"
                want = self._style(row, column, depth) if char != " " or depth > 1 else ""
                if want != on:
                    parts.append((END if on else "") + want)
                    on = want
                parts.append(char)
            made.append("".join(parts).rstrip() if not on else "".join(parts) + END)
        return made

    def _style(self, row: int, column: int, depth: Depth) -> str:
        if depth is Depth.NONE:
            return ""
        fore, back = self.fore[row, column], self.back[row, column]
        if depth > Depth.SIXTEEN and (fore[0] >= 0 or back[0] >= 0):
            parts = [
                f"{key};{code(_three(colour), depth)}"
                for key, colour in ((38, fore), (48, back))
                if colour[0] >= 0
            ]
            return f"\x1b[{';'.join(parts)}m"
        colour = int(self.colours[row, column])
        return "" if colour < 0 else begin(colour, depth)


def _three(colour: NDArray[np.int16]) -> tuple[int, int, int]:
    r, g, b = colour.tolist()
    return r, g, b


def _cut(
    x0: Numbers, y0: Numbers, x1: Numbers, y1: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """The parts of segments between 0 and 1, by Liang and Barsky: those outside are left out."""
    with np.errstate(all="ignore"):
        dx, dy = x1 - x0, y1 - y0
        first, last = np.zeros_like(x0), np.ones_like(x0)
        keep = np.isfinite(x0) & np.isfinite(y0) & np.isfinite(x1) & np.isfinite(y1)
        for slope, room in ((-dx, x0), (dx, 1 - x0), (-dy, y0), (dy, 1 - y0)):
            at = room / slope
            first = np.where(slope < 0, np.maximum(first, at), first)
            last = np.where(slope > 0, np.minimum(last, at), last)
            keep &= (slope != 0) | (room >= 0)
        keep &= first <= last
        x0, y0, dx, dy, first, last = (v[keep] for v in (x0, y0, dx, dy, first, last))
    return x0 + first * dx, y0 + first * dy, x0 + last * dx, y0 + last * dy
