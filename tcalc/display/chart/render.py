"""A figure as text for a terminal or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.display.cells import cells
from tcalc.display.chart.canvas import ascii_of
from tcalc.display.chart.draw import LEAST_WIDTH, draw
from tcalc.theme import Depth

if TYPE_CHECKING:
    from tcalc.display.chart.canvas import Canvas
    from tcalc.display.chart.figure import Axes, Figure
    from tcalc.display.chart.pixels import Screen

_GAP = 2
# Cells are about twice as high as wide.
_ASPECT = 0.5
_WIDEST, _HIGHEST, _LOWEST = 100, 40, 8


def render(
    figure: Figure, width: int = 80, height: int | None = None, depth: Depth = Depth.NONE,
    braille: bool = True, screen: Screen | None = None,
) -> str:  # fmt: skip
    """The figure as lines, each with its end.

    width, height: cells at most. depth: the colours there are. braille: whether there are other
    characters than ASCII's. screen: what takes pictures as pixels, where there is such; what draws
    them follows the lines whose cells they cover.

    >>> import numpy as np
    >>> from tcalc.display.chart.figure import Axes, Figure, Series
    >>> bars = Series("bars", np.arange(3.0), np.array([1.0, 3.0, 2.0]))
    >>> print(render(Figure(axes=[((0, 0, 1, 1), Axes(series=[bars]))]), 22, 6), end="")
    """
    width = min(width, _WIDEST)
    room = max(0, width - cells(figure.title)) // 2
    text = _text([" " * room + figure.title] if figure.title else [], braille)
    for row, beside in enumerate(_placed(figure, width, height or _height_of(figure, width))):
        made = _drawn(beside, depth, screen)
        if screen is not None and max(canvas.rows for _, canvas in made) > screen.reach:
            made = _drawn(beside, depth, None)
        lines = _side_by_side([(start, c.lines(depth, braille)) for start, c in made])
        text += "\n" * (row > 0) + _text(lines, braille)
        if screen is not None:
            patches = [
                patch.put(screen, len(lines), start) for start, c in made for patch in c.patches
            ]
            text += "".join(patches)
    return text


class _Placed(NamedTuple):
    """Axes that begin in a column, so many cells wide and at most so high."""

    start: int
    axes: Axes
    width: int
    height: int


def _placed(figure: Figure, width: int, height: int) -> list[list[_Placed]]:
    """Which axes are beside each other; where they would be too many, one below the other."""
    rows, columns = figure.shape
    one_wide = (width - _GAP * (columns - 1)) // columns
    if one_wide < LEAST_WIDTH:
        return [[_Placed(0, axes, width, height)] for _, axes in figure.axes]
    places = sorted(figure.axes, key=lambda pair: pair[0][:2])
    found = [
        [
            _Placed(
                left * (one_wide + _GAP), axes, one_wide * wide + _GAP * (wide - 1), height * high
            )
            for (top, left, high, wide), axes in places
            if top == row
        ]
        for row in range(rows)
    ]
    return [beside for beside in found if beside]


def _drawn(beside: list[_Placed], depth: Depth, screen: Screen | None) -> list[tuple[int, Canvas]]:
    return [
        (each.start, draw(each.axes, each.width, each.height, depth, screen)) for each in beside
    ]


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


def _side_by_side(parts: list[tuple[int, list[str]]]) -> list[str]:
    lines = []
    for row in range(max(len(text) for _, text in parts)):
        line, used = "", 0
        for start, text in parts:
            if row < len(text) and text[row]:
                line += " " * (start - used) + text[row]
                used = start + _seen(text[row])
        lines.append(line)
    return lines


def _seen(text: str) -> int:
    """The cells that a text takes: escapes take none."""
    first, *rest = text.split("\x1b")
    return cells(first) + sum(cells(part.partition("m")[2]) for part in rest)
