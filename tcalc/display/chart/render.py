"""A figure as text for a terminal or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.display.cells import cells
from tcalc.display.chart.canvas import ascii_of
from tcalc.display.chart.colours import Depth
from tcalc.display.chart.draw import LEAST_WIDTH, draw

if TYPE_CHECKING:
    from tcalc.display.chart.canvas import Canvas
    from tcalc.display.chart.figure import Figure

_GAP = 2
# Cells are about twice as high as wide.
_ASPECT = 0.5
_WIDEST, _HIGHEST, _LOWEST = 100, 40, 8


def render(
    figure: Figure, width: int = 80, height: int | None = None, depth: Depth = Depth.NONE,
    braille: bool = True,
) -> str:  # fmt: skip
    """The figure as lines, each with its end.

    width, height: cells at most. depth: the colours there are. braille: whether there are other
    characters than ASCII's.

    >>> import numpy as np
    >>> from tcalc.display.chart.figure import Axes, Figure, Series
    >>> bars = Series("bars", np.arange(3.0), np.array([1.0, 3.0, 2.0]))
    >>> print(render(Figure(axes=[((0, 0, 1, 1), Axes(series=[bars]))]), 22, 6), end="")
    """
    rows, columns = figure.shape
    high = _height_of(figure, min(width, _WIDEST)) if height is None else height
    room = max(0, min(width, _WIDEST) - cells(figure.title)) // 2
    lines = [" " * room + figure.title] if figure.title else []
    one_wide = (min(width, _WIDEST) - _GAP * (columns - 1)) // columns
    if one_wide < LEAST_WIDTH:  # too many beside each other: one below the other
        drawn = [draw(axes, min(width, _WIDEST), high, depth) for _, axes in figure.axes]
        return _text([*lines, *[line for c in drawn for line in c.lines(depth, braille)]], braille)
    for row in range(rows):
        beside: list[tuple[int, Canvas]] = []
        for (top, left, spans, wide), axes in sorted(figure.axes, key=lambda pair: pair[0][:2]):
            if top == row:
                taken = one_wide * wide + _GAP * (wide - 1)
                beside.append((left * (one_wide + _GAP), draw(axes, taken, high * spans, depth)))
        if beside:
            if row and lines:
                lines.append("")
            lines += _side_by_side(beside, depth, braille)
    return _text(lines, braille)


def _text(lines: list[str], braille: bool) -> str:
    text = "".join(f"{line}\n" for line in lines)
    if braille:
        return text
    # Escapes are ASCII themselves.
    return "".join(c if c in "\n\x1b" else ascii_of(c) for c in text)


def _height_of(figure: Figure, width: int) -> int:
    """The rows of one of the figure's axes."""
    rows, _columns = figure.shape
    wide, high = figure.size or (6.4, 4.8)
    share = min(max(high / wide, 0.2), 1.2) if wide > 0 else 0.75
    height = round(width * share * _ASPECT * 0.75 / rows)
    return max(_LOWEST, min(_HIGHEST, height))


def _side_by_side(parts: list[tuple[int, Canvas]], depth: Depth, braille: bool) -> list[str]:
    made = [(start, c.columns, c.lines(depth, braille)) for start, c in parts]
    lines = []
    for row in range(max(len(text) for _, _, text in made)):
        line, used = "", 0
        for start, _columns, text in made:
            if row < len(text) and text[row]:
                line += " " * (start - used) + text[row]
                used = start + _seen(text[row])
        lines.append(line)
    return lines


def _seen(text: str) -> int:
    """The cells that a text takes: escapes take none."""
    first, *rest = text.split("\x1b")
    return cells(first) + sum(cells(part.partition("m")[2]) for part in rest)
