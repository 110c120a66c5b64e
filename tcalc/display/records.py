"""Lists of records, dicts or objects with the same fields, as tables of a row each."""

from __future__ import annotations

from itertools import islice

from tcalc.display.brief import brief
from tcalc.display.cells import cells, padded
from tcalc.display.entries import own_ends, pairs, record
from tcalc.display.escape import escape
from tcalc.display.ink import ABOUT, GAP, NAME, PLAIN, Line
from tcalc.display.window import Drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.display.entries import Entry
    from tcalc.display.window import Window

_WIDEST = 24  # cells of a value, so that others have room too
_BLOCK = 256


def draw(value: object, window: Window, precision: int | None) -> Drawn:
    """The records of a list that there is room for, both ends, under the names of their fields."""
    shown = max((window.height or 0) - 1, 2)
    head, tail, missing = own_ends(value, shown - shown // 2, shown // 2)
    mark = len(head) - 1
    if missing:
        head.pop()  # for the mark
        missing += 1
    lines, left = _table([*head, *tail], window, precision)
    if missing:
        lines.insert(1 + mark, Line(GAP).add(window.down, ABOUT))
    return Drawn(lines, [(missing, "row"), (left, "column")])


def every(value: object, window: Window, precision: int | None) -> Iterator[Line]:
    """All the records, so many at a time, on lines as long as they are."""
    remaining = iter(pairs(value) or ())
    while some := list(islice(remaining, _BLOCK)):
        yield from _table(some, window.of(None), precision)[0]


def _table(
    entries: Sequence[Entry], window: Window, precision: int | None
) -> tuple[list[Line], int]:
    """The lines of some records, and how many columns there is no room for."""
    most = 1 << 30 if window.height is None else _WIDEST
    # What is no record is shown as it is, in the first column.
    records = [record(item) or {"": item} for _, item in entries]
    names = list(dict.fromkeys(name for found in records for name in found))
    columns = [
        [
            escape(name),
            *(
                brief(found[name], most, window.across, precision) if name in found else ""
                for found in records
            ),
        ]
        for name in names
    ]
    numbers = [all(type(found.get(name)) in (int, float) for found in records) for name in names]
    keys = ["", *(key for key, _ in entries)]
    fit = len(columns)
    lines = _lines(keys, columns, numbers)
    while window.height is not None and fit > 1 and lines[0].cells > window.width:
        fit -= 1
        lines = _lines(keys, columns[:fit], numbers)
    return lines, len(columns) - fit


def _lines(
    keys: Sequence[str], columns: Sequence[Sequence[str]], numbers: Sequence[bool]
) -> list[Line]:
    """A line for each row of all columns, numbers to the right."""
    widths = [max(map(cells, column)) for column in columns]
    wide = max(map(cells, keys))
    lines = []
    for at, key in enumerate(keys):
        line = Line(GAP).add(padded(key, wide), NAME if at else ABOUT)
        for column, width, is_number in zip(columns, widths, numbers):
            word = column[at]
            blanks = " " * (width - cells(word))
            line.add(GAP).add(blanks + word if is_number else word + blanks, PLAIN if at else ABOUT)
        lines.append(line)
    return lines
