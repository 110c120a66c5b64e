"""Text and lists that fit a window: both ends, with a mark for the lines between."""

from __future__ import annotations

from itertools import islice

from tcalc.display import plain
from tcalc.display.brief import brackets, brief, flowing, length
from tcalc.display.cells import pieces
from tcalc.display.escape import escape
from tcalc.display.ink import ABOUT, Line
from tcalc.display.window import Drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from tcalc.display.window import Window


def text(value: object, window: Window, precision: int | None, used: int = 0) -> Drawn:
    """A value as Python writes it. used: the cells that its first line has no more."""
    if type(value) is str and window.height is not None:
        room = window.width * max(window.height, 2)
        if len(value) > 2 * room:
            # Only the ends are shown, so only they are spelled.
            ends = repr(value[:room]) + repr(value[-room:])
            return _fold([ends], window, used, len(value) - 2 * room)
    return _fold(escape(plain.text(value, precision)).expandtabs(8).split("\n"), window, used)


def _fold(texts: Iterable[str], window: Window, used: int, unspelled: int = 0) -> Drawn:
    # What a terminal breaks by itself is put out as the one line that it is.
    rows = [
        (piece, at == 0)
        for number, text in enumerate(texts)
        for at, piece in enumerate(pieces(text if number else " " * used + text, window.width))
    ]
    height = window.height
    if height is None or len(rows) <= height:
        return Drawn(_joined(rows, used), [])
    last = (height - 1) // 2
    first = max(height - 1 - last, 1)
    between = rows[first : len(rows) - last]
    shown = _joined(rows[:first], used)
    shown.append(Line(window.down, ABOUT))
    if last:
        tail = rows[-last:]
        shown += _joined([(tail[0][0], True), *tail[1:]], 0)
    if sum(begins for _, begins in rows) == 1:
        hidden = unspelled + sum(len(piece) for piece, _ in between)
        return Drawn(shown, [(hidden, "character")])
    return Drawn(shown, [(len(between), "line")])


def _joined(rows: Iterable[tuple[str, bool]], used: int) -> list[Line]:
    lines: list[Line] = []
    for piece, begins in rows:
        if begins:
            lines.append(Line(piece if lines else piece[used:]))
        else:
            lines[-1].add(piece)
    return lines


def items(value: Any, window: Window, precision: int | None) -> Drawn:
    """A list, tuple or set of Python's on lines that break between items.

    No more items are spelled than there is room for.
    """
    base, start, end = brackets(value)
    room = window.width - len(start)

    def rows_of(some: Iterable[object]) -> Iterator[list[str]]:
        return flowing((brief(item, room - 2, window.across, precision) for item in some), room)

    height = window.height
    rows = list(islice(rows_of(base.__iter__(value)), None if height is None else height + 1))
    if height is None or len(rows) <= height:
        return Drawn(_bracketed(rows, start, end), [])
    count = length(value)
    last = (height - 1) // 2
    first = max(height - 1 - last, 1)
    # As many from the end as those from the beginning: they take about as many lines.
    skipped = max(0, count - sum(map(len, rows)))
    behind: Iterable[object]
    if hasattr(base, "__getitem__"):
        behind = base.__getitem__(value, slice(skipped, None))
    else:
        behind = islice(base.__iter__(value), skipped, None)
    tail = list(rows_of(behind))[-last:] if last else []
    shown = [*rows[:first], *tail]
    lines = _bracketed(shown, start, end)
    lines.insert(first, Line(window.down, ABOUT))
    return Drawn(lines, [(count - sum(map(len, shown)), "item")])


def _bracketed(rows: list[list[str]], start: str, end: str) -> list[Line]:
    lines = []
    for at, row in enumerate(rows):
        before = " " * len(start) if at else start
        lines.append(Line(f"{before}{', '.join(row)}{end if at + 1 == len(rows) else ','}"))
    return lines
