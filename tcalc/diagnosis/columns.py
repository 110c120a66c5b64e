"""Columns of a terminal: how wide text is, as much of a line as fits, lines broken at words."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from tcalc.display.escape import escape

TAB = 4


class Mark(NamedTuple):
    """A stretch of a line, in code points or columns, and what to write under it: one row or two."""

    start: int
    end: int
    text: str
    primary: bool
    under: str = ""


def display_width(text: str) -> int:
    """Terminal columns that the text takes once tabs and control characters are shown.

    >>> display_width("aé漢"), display_width("e\\u0301"), display_width("\\t|")
    (4, 1, 5)
    """
    return lay_out(text)[1][-1]


def lay_out(text: str) -> tuple[Sequence[str], Sequence[int]]:
    """What is shown for each code point, and the column where each begins; then the whole width."""
    if text.isascii() and text.isprintable():
        return text, range(len(text) + 1)  # a line may be very long
    cells: list[str] = []
    columns, at = [0], 0
    for char in text:
        if char == "\t":
            cell, size = " " * (TAB - at % TAB), TAB - at % TAB
        elif unicodedata.category(char) in ("Mn", "Me", "Cf") and escape(char) == char:
            cell, size = char, 0
        else:
            cell = escape(char)
            wide = unicodedata.east_asian_width(char) in ("W", "F")
            size = 2 if wide else len(cell)
        at += size
        cells.append(cell)
        columns.append(at)
    return cells, columns


def window(
    cells: Sequence[str], columns: Sequence[int], marks: list[Mark], room: int
) -> tuple[str, list[Mark | None]]:
    """As much of a line as fits around its marks, and the marks moved along, None if outside."""
    total = columns[-1]
    if total <= room:
        return "".join(cells), [*marks]
    total = max(total, *(mark.end for mark in marks))  # one may stand behind the line's end
    wanted = [mark for mark in marks if mark.primary] or marks
    left, right = min(mark.start for mark in wanted), max(mark.end for mark in wanted)
    for mark in marks:  # the other labels too as far as there is room
        if max(right, mark.end) - min(left, mark.start) <= room - 4:
            left, right = min(left, mark.start), max(right, mark.end)
    begin = max(0, min(left - max(2, (room - (right - left)) // 2), total - room))
    stop = begin + room
    # The code points that fit; columns only grow.
    first = bisect_left(columns, begin + (begin > 0))
    last = bisect_right(columns, stop - (stop < total)) - 1
    shown = cells[first:last]
    shift = columns[first] if shown else 0
    head, tail = ("…" if begin > 0 else ""), ("…" if stop < total else "")
    moved: list[Mark | None] = []
    for mark in marks:
        start = max(0, mark.start - shift + len(head))
        end = min(room, mark.end - shift + len(head))
        moved.append(mark._replace(start=start, end=end) if end > start else None)
    return head + "".join(shown) + tail, moved


def shorten(text: str, room: int) -> str:
    cells, columns = lay_out(text)
    if columns[-1] <= room:
        return "".join(cells)
    fits = bisect_right(columns, max(room, 8) - 1) - 1
    return "".join(cells[:fits]) + "…"


def wrap(text: str, room: int | None, indent: str = "") -> list[str]:
    """Lines of text, broken at blanks to what fits; those after a break are indented.

    room: columns, None for as many as there are.

    >>> wrap("one two three", 8, "  "), wrap("unbreakable", 4)
    (['one two', '  three'], ['unbreakable'])
    """
    found: list[str] = []
    for line in text.split("\n"):
        start = ""
        while room is not None and display_width(start + line) > room:
            fits = bisect_right(lay_out(start + line)[1], room) - 1 - len(start)
            at = line.rfind(" ", 1, max(fits, 0) + 1)
            if at < 0:  # one long word: it ends where it ends
                at = line.find(" ", 1)
            if at < 0:
                break
            found.append((start + line[:at]).rstrip())
            line, start = line[at:].lstrip(), indent
        found.append(start + line)
    return found
