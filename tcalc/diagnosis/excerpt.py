"""A diagnosis as data, and its drawing: the source's lines with marks and labels under them.

    ShapeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
      --> a.tcalc:3:7
      |
    3 | y = a @ b
      |     - ^ - float32 [2, 3]
      |     |
      |     float32 [2, 3]
      = hint: …

Columns are those of a terminal: wide characters take two, combining ones none, tabs run to the
next stop, and control characters are shown escaped. A line too long for the terminal is shown as
a window around its marks.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tcalc.display.escape import escape
from tcalc.source import Source, Span

TAB = 4
# How many callers are listed from either end of a deep recursion.
CALLERS = 4


class Label(NamedTuple):
    """What to write under a part of the source; `primary` parts are marked ^, others -."""

    span: Span
    text: str
    primary: bool = False


class Caller(NamedTuple):
    """A call on the way to the error: the call's place and the function that holds it, or ''."""

    source: Source
    span: Span
    function: str


class Diagnosis(NamedTuple):
    """An error ready to be shown.

    kind: the class as a user knows it. source and span: the place, or None where there is none.
    labels: marks in that source. callers: nearest first. cause: what it was raised from.
    """

    kind: str
    message: str
    source: Source | None = None
    span: Span | None = None
    labels: tuple[Label, ...] = ()
    hint: str | None = None
    callers: tuple[Caller, ...] = ()
    cause: Diagnosis | None = None
    notes: tuple[str, ...] = ()


def render(diagnosis: Diagnosis, colour: bool = False, width: int = 100) -> str:
    """The diagnosis as lines of text, the last without a newline."""
    return "\n".join(_Drawing(colour, max(width, 40)).diagnosis(diagnosis))


def display_width(text: str) -> int:
    """Terminal columns that the text takes once tabs and control characters are shown.

    >>> display_width("aé漢"), display_width("e\\u0301"), display_width("\\t|")
    (4, 1, 5)
    """
    return _lay_out(text)[1][-1]


class _Mark(NamedTuple):
    start: int
    end: int
    text: str
    primary: bool


class _Drawing:
    def __init__(self, colour: bool, width: int) -> None:
        self.colour = colour
        self.width = width

    def paint(self, text: str, codes: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and codes and text else text

    def diagnosis(self, diagnosis: Diagnosis) -> list[str]:
        head, *more = escape(diagnosis.message).split("\n")
        kind = self.paint(diagnosis.kind, "1;31")
        lines = [f"{kind}: {self.paint(head, '1')}" if head else kind, *more]
        margin = 1
        if diagnosis.source is not None and diagnosis.span is not None:
            excerpt, margin = self.excerpt(diagnosis.source, diagnosis.span, diagnosis.labels)
            lines += excerpt
        footers = [("note", note) for note in diagnosis.notes]
        if diagnosis.hint:
            footers.append(("hint", diagnosis.hint))
        for name, text in footers:
            first, *others = escape(text).split("\n")
            label = self.paint(f"= {name}:", "1;36" if name == "hint" else "1;34")
            lines.append(f"{' ' * (margin + 1)}{label} {first}")
            lines += [" " * (margin + 9) + line for line in others]
        lines += self.callers(diagnosis, margin)
        if diagnosis.cause is not None:
            lines.append(self.cause(diagnosis.cause, margin))
        return lines

    def callers(self, diagnosis: Diagnosis, margin: int) -> list[str]:
        callers = list(diagnosis.callers)
        lines = []
        folded = len(callers) - 2 * CALLERS
        for index, caller in enumerate(callers):
            if folded > 1 and CALLERS <= index < CALLERS + folded:
                if index == CALLERS:
                    lines.append(f"{' ' * (margin + 1)}  … {folded} more calls …")
                continue
            line = caller.source.line_of(caller.span.start)
            place = f"line {line}"
            if caller.source is not diagnosis.source:
                place = f"{escape(caller.source.name)}:{line}"
            if caller.function:
                place += f", in {escape(caller.function)}"
            text = caller.source.text[caller.span.start : caller.span.end].partition("\n")[0]
            head = f"{' ' * (margin + 1)}{self.paint('= called from', '1;34')} {place}: "
            lines.append(head + _shorten(text, self.width - len(place) - margin - 20))
        return lines

    def cause(self, cause: Diagnosis, margin: int) -> str:
        place = ""
        if cause.source is not None and cause.span is not None:
            line, column = cause.source.position(cause.span.start)
            place = f" ({escape(cause.source.name)}:{line}:{column})"
        text = cause.message.partition("\n")[0]
        label = self.paint("= because of", "1;34")
        return f"{' ' * (margin + 1)}{label} {cause.kind}: {escape(text)}{place}"

    def excerpt(self, source: Source, span: Span, labels: Iterable[Label]) -> tuple[list[str], int]:
        """The lines that hold the span or a label, and the width of the line numbers."""
        marks = _marks_by_line(source, [*labels] or [Label(span, "", True)])
        line, column = source.position(span.start)
        margin = len(str(max(marks)))
        bar = self.paint("|", "1;34")
        lines = [
            f"{' ' * margin}{self.paint('-->', '1;34')} {escape(source.name)}:{line}:{column}",
            f"{' ' * margin} {bar}",
        ]
        before = None
        for number in sorted(marks):
            if before is not None and number == before + 2:
                # One line between two that are shown is worth its space.
                text = _shorten(source.line_text(before + 1), self.width - margin - 3)
                lines.append(self.numbered(before + 1, margin, text))
            elif before is not None and number > before + 2:
                lines.append(f"{' ' * margin} {self.paint('⋮', '1;34')}")
            lines += self.marked(source, number, marks[number], margin)
            before = number
        return lines, margin

    def numbered(self, number: int, margin: int, text: str) -> str:
        head = self.paint(f"{number:>{margin}} |", "1;34")
        return f"{head} {text}".rstrip()

    def marked(self, source: Source, number: int, marks: list[_Mark], margin: int) -> list[str]:
        """One line of source and what hangs under it."""
        cells, columns = _lay_out(source.line_text(number))
        room = self.width - margin - 3
        placed = [
            _Mark(columns[mark.start], max(columns[mark.end], columns[mark.start] + 1), *mark[2:])
            for mark in marks
        ]
        text, visible = _window(cells, columns, placed, room)
        gutter = " " * margin + self.paint(" |", "1;34")
        rows = [self.numbered(number, margin, text)]
        rows += [f"{gutter} {row}" for row in self.underline([m for m in visible if m])]
        for mark, seen in zip(marks, visible, strict=True):
            if seen is None and mark.text:
                part = _shorten(source.line_text(number)[mark.start : mark.end], room // 2)
                rows.append(f"{gutter} {part}: {self.text(mark)}")
        return rows

    def underline(self, marks: list[_Mark]) -> list[str]:
        """The row of marks, and under it a row for every label that does not fit beside it."""
        end = max(mark.end for mark in marks)
        row = [" "] * end
        for mark in sorted(marks, key=lambda mark: mark.primary):
            row[mark.start : mark.end] = ["^" if mark.primary else "-"] * (mark.end - mark.start)
        line = "".join(
            self.paint("".join(run), "" if sign == " " else "1;31" if sign == "^" else "1;34")
            for sign, run in groupby(row)
        )
        texts = sorted((mark for mark in marks if mark.text), key=lambda mark: mark.start)
        rows = [line]
        if texts and texts[-1].end == end:
            last = texts.pop()
            rows[0] += " " + self.text(last)
        if texts:
            rows.append(self.bars(texts))
        while texts:
            last = texts.pop()
            head = self.bars(texts)
            gap = last.start - (texts[-1].start + 1 if texts else 0)
            rows.append(head + " " * gap + self.text(last))
        return rows

    def text(self, mark: _Mark) -> str:
        return self.paint(escape(mark.text), "31" if mark.primary else "34")

    def bars(self, marks: list[_Mark]) -> str:
        row, at = "", 0
        for mark in marks:
            row += " " * (mark.start - at) + self.paint("|", "1;31" if mark.primary else "1;34")
            at = mark.start + 1
        return row


def _marks_by_line(source: Source, labels: list[Label]) -> dict[int, list[_Mark]]:
    """The labels as code-point columns of their lines; a long one marks its first and last line."""
    marks: dict[int, list[_Mark]] = {}
    for label in labels:
        start, end = label.span
        first, last = source.line_of(start), source.line_of(max(start, end - 1))
        begin = start - source.line_starts[first - 1]
        length = len(source.line_text(first))
        begin = min(begin, length)
        stop = end - source.line_starts[first - 1] if first == last else length
        stop = max(begin, min(stop, length))
        marks.setdefault(first, []).append(_Mark(begin, stop, label.text, label.primary))
        if last > first and label.primary:
            text = source.line_text(last)
            indent = len(text) - len(text.lstrip())
            stop = min(end - source.line_starts[last - 1], len(text))
            if stop > indent:
                marks.setdefault(last, []).append(_Mark(indent, stop, "", True))
    return marks


def _lay_out(text: str) -> tuple[Sequence[str], Sequence[int]]:
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


def _window(
    cells: Sequence[str], columns: Sequence[int], marks: list[_Mark], room: int
) -> tuple[str, list[_Mark | None]]:
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
    moved: list[_Mark | None] = []
    for mark in marks:
        start = max(0, mark.start - shift + len(head))
        end = min(room, mark.end - shift + len(head))
        moved.append(_Mark(start, end, mark.text, mark.primary) if end > start else None)
    return head + "".join(shown) + tail, moved


def _shorten(text: str, room: int) -> str:
    cells, columns = _lay_out(text)
    if columns[-1] <= room:
        return "".join(cells)
    fits = bisect_right(columns, max(room, 8) - 1) - 1
    return "".join(cells[:fits]) + "…"
