"""Rows for people in aligned columns that fit the window, for tools between tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.command.output import Output

_GAP = "  "
# A column is not made narrower than this.
_LEAST, _LEAST_PROSE = 8, 30


class Column(NamedTuple):
    """A column of a table.

    numbers: whether it is set to the right and never cut. fills: whether it is left out where no row
    has anything in it. rank: the higher, the sooner it goes where there is no room; 0 never does.
    prose: whether it is cut before others are, at its end. part: of the screen, whose colours it has.
    """

    heading: str
    numbers: bool = False
    fills: bool = True
    rank: int = 0
    prose: bool = False
    part: str = ""


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], output: Output, headings: bool
) -> str:
    """The rows as lines. headings: whether a first line tells what the columns are."""
    shown = [tuple(column.heading for column in columns), *rows] if headings else list(rows)
    if not output.on_terminal:
        return "".join("\t".join(row) + "\n" for row in shown)
    from tcalc.display.escape import escape

    cells = [
        [escape(cell).replace("\n", "\\n").replace("\t", "\\t") for cell in row] for row in shown
    ]
    kept = _kept(columns, cells, output.width, headings)
    widths = _widths(columns, cells, kept, output.width)
    lines = []
    for at, row in enumerate(cells):
        parts = [
            _fitted(row[number], width, columns[number]) for number, width in zip(kept, widths)
        ]
        line = _GAP + _GAP.join(parts).rstrip()
        if _cells(line) > output.width:  # a window in which no table fits
            line = line[: output.width - 1] + "…"
        elif output.colour and headings and not at:
            line = paint(line, "strong")
        elif output.colour:
            styled = [_painted(part, columns[number].part) for part, number in zip(parts, kept)]
            line = _GAP + _GAP.join(styled).rstrip()
        lines.append(line)
    return "".join(line + "\n" for line in lines)


def _kept(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int, headings: bool
) -> list[int]:
    """The columns that are shown: not those with nothing in them, nor those without room."""
    kept = [
        at
        for at, column in enumerate(columns)
        if any(row[at] for row in (cells[1:] if headings else cells)) or not column.fills
    ]
    spare = sorted((at for at in kept if columns[at].rank), key=lambda at: -columns[at].rank)
    for at in spare:
        if _total([_longest(cells, one) for one in kept]) > width:
            kept.remove(at)
    return kept


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], kept: Sequence[int], width: int
) -> list[int]:
    """The widths of the columns, those of text made narrower until all fit."""
    widths = [_longest(cells, at) for at in kept]
    prose = [n for n, at in enumerate(kept) if columns[at].prose]
    texts = [n for n, at in enumerate(kept) if not columns[at].numbers]
    for among, least in ((prose, _LEAST_PROSE), (texts, _LEAST)):
        while among and _total(widths) > width:
            widest = max(among, key=lambda n: widths[n])
            if widths[widest] <= least:
                break
            widths[widest] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * len(widths)


def _longest(cells: Sequence[Sequence[str]], at: int) -> int:
    return max(map(_cells, (row[at] for row in cells)), default=0)


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else not combining(c) for c in text)


def _fitted(text: str, width: int, column: Column) -> str:
    """The text in so many cells; a longer one is cut in its middle, or prose at its end."""
    if _cells(text) > width:
        start, end = list(text), list(text)
        left = width - 1 if column.prose else (width - 1) // 2
        while _cells("".join(start)) > left:
            start.pop()
        while _cells("".join(end)) > width - 1 - left:
            end.pop(0)
        text = "".join(start).rstrip() + "…" + "".join(end)
    fill = " " * (width - _cells(text))
    return fill + text if column.numbers else text + fill


def _painted(text: str, part: str) -> str:
    bare = text.rstrip()
    return paint(bare, part) + text[len(bare) :]
