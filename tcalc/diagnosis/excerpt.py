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

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from tcalc.diagnosis.columns import Mark, display_width, lay_out, shorten, window, wrap
from tcalc.display.escape import escape
from tcalc.source import Source, Span
from tcalc.theme import paint

# How many callers are listed from either end of a deep recursion.
CALLERS = 4
_NARROWEST = 40
# What a line of the source is cut to where no window says how wide it is.
_UNSEEN = 100


class Label(NamedTuple):
    """What to write under a part of the source; `primary` parts are marked ^, others -.

    under: a second row below the text, which points at something in it.
    """

    span: Span
    text: str
    primary: bool = False
    under: str = ""


class Explained(NamedTuple):
    """More about an error: marks with their sources, a hint and notes."""

    marks: tuple[tuple[Source, Label], ...] = ()
    hint: str | None = None
    notes: tuple[str, ...] = ()


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


def render(diagnosis: Diagnosis, colour: bool = False, width: int | None = None) -> str:
    """The diagnosis as lines of text, the last without a newline.

    width: the columns of the window that words are wrapped to. Where there is none, they are not,
    for whoever searches them; a line of the source is never shown longer than some width.
    """
    return "\n".join(_Drawing(colour, width).diagnosis(diagnosis))


class _Drawing:
    def __init__(self, colour: bool, width: int | None) -> None:
        self.colour = colour
        self.width = _UNSEEN if width is None else max(width, _NARROWEST)
        self.room = None if width is None else self.width

    def paint(self, text: str, part: str) -> str:
        return paint(text, part) if self.colour and part else text

    def diagnosis(self, diagnosis: Diagnosis) -> list[str]:
        kind, text = diagnosis.kind, escape(diagnosis.message)
        lines = wrap(f"{kind}: {text}" if text else kind, self.room, "  ")
        first = lines[0].removeprefix(kind)
        lines[0] = self.paint(kind, "error") + (first[:2] + self.paint(first[2:], "strong"))
        margin = 1
        if diagnosis.source is not None and diagnosis.span is not None:
            excerpt, margin = self.excerpt(diagnosis.source, diagnosis.span, diagnosis.labels)
            lines += excerpt
        footers = [("note", note) for note in diagnosis.notes]
        if diagnosis.hint:
            footers.append(("hint", diagnosis.hint))
        for name, text in footers:
            room = None if self.room is None else self.room - margin - 9
            first, *others = wrap(escape(text), room)
            label = self.paint(f"= {name}:", "hint" if name == "hint" else "note")
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
            head = f"{' ' * (margin + 1)}{self.paint('= called from', 'note')} {place}: "
            lines.append(head + shorten(text, self.width - len(place) - margin - 20))
        return lines

    def cause(self, cause: Diagnosis, margin: int) -> str:
        place = ""
        if cause.source is not None and cause.span is not None:
            line, column = cause.source.position(cause.span.start)
            place = f" ({escape(cause.source.name)}:{line}:{column})"
        text = escape(cause.message.partition("\n")[0])
        label, indent = "= because of", " " * (margin + 1)
        first, *more = wrap(
            f"{indent}{label} {cause.kind}: {text}{place}", self.room, indent + "  "
        )
        return "\n".join([first.replace(label, self.paint(label, "note"), 1), *more])

    def excerpt(self, source: Source, span: Span, labels: Iterable[Label]) -> tuple[list[str], int]:
        """The lines that hold the span or a label, and the width of the line numbers."""
        marks = _marks_by_line(source, [*labels] or [Label(span, "", True)])
        line, column = source.position(span.start)
        margin = len(str(max(marks)))
        bar = self.paint("|", "note")
        lines = [
            f"{' ' * margin}{self.paint('-->', 'note')} {escape(source.name)}:{line}:{column}",
            f"{' ' * margin} {bar}",
        ]
        before = None
        for number in sorted(marks):
            if before is not None and number == before + 2:
                # One line between two that are shown is worth its space.
                text = shorten(source.line_text(before + 1), self.width - margin - 3)
                lines.append(self.numbered(before + 1, margin, text))
            elif before is not None and number > before + 2:
                lines.append(f"{' ' * margin} {self.paint('⋮', 'note')}")
            lines += self.marked(source, number, marks[number], margin)
            before = number
        return lines, margin

    def numbered(self, number: int, margin: int, text: str) -> str:
        head = self.paint(f"{number:>{margin}} |", "note")
        return f"{head} {text}".rstrip()

    def marked(self, source: Source, number: int, marks: list[Mark], margin: int) -> list[str]:
        """One line of source and what hangs under it."""
        cells, columns = lay_out(source.line_text(number))
        room = self.width - margin - 3
        placed = [
            mark._replace(
                start=columns[mark.start], end=max(columns[mark.end], columns[mark.start] + 1)
            )
            for mark in marks
        ]
        text, visible = window(cells, columns, placed, room)
        gutter = " " * margin + self.paint(" |", "note")
        rows = [self.numbered(number, margin, text)]
        rows += [f"{gutter} {row}" for row in self.underline([m for m in visible if m], room)]
        for mark, seen in zip(marks, visible, strict=True):
            if seen is None and mark.text:
                part = shorten(source.line_text(number)[mark.start : mark.end], room // 2)
                label = self.paint(escape(mark.text), _text_style(mark))
                rows.append(f"{gutter} {part}: {label}")
                if mark.under:
                    indent = " " * (display_width(part) + 2)
                    rows.append(f"{gutter} {indent}{self.paint(mark.under, 'error')}".rstrip())
        return rows

    def underline(self, marks: list[Mark], room: int) -> list[str]:
        """The row of marks, and under it rows for every label that does not fit beside it."""
        end = max(mark.end for mark in marks)
        row = [" "] * end
        for mark in sorted(marks, key=lambda mark: mark.primary):
            row[mark.start : mark.end] = ["^" if mark.primary else "-"] * (mark.end - mark.start)
        rows: list[_Row] = [[], []]
        at = 0
        for sign, run in groupby(row):
            text = "".join(run)
            if sign != " ":
                rows[0].append((at, text, "error" if sign == "^" else "note"))
            at += len(text)
        texts = sorted((mark for mark in marks if mark.text), key=lambda mark: mark.start)
        if texts and texts[-1].end == end and end + 1 + _wide(texts[-1]) <= room:
            last = texts.pop()
            _write(rows, 0, end + 1, last)
        rows[1] += _bars(texts)
        while texts:
            last = texts.pop()
            # What would run out of the window begins further to the left.
            column = max(0, min(last.start, room - _wide(last)))
            rows += [_bars(texts, column) for _ in range(1 + bool(last.under))]
            _write(rows, len(rows) - 1 - bool(last.under), column, last)
        return [self.row(row) for row in rows if row]

    def row(self, row: _Row) -> str:
        """Pieces of text at their columns."""
        line, at = "", 0
        for column, text, codes in sorted(row):
            line += " " * (column - at) + self.paint(text, codes)
            at = column + display_width(text)
        return line


# Pieces of a row: column, text, colours.
_Row = list[tuple[int, str, str]]


def _text_style(mark: Mark) -> str:
    return "mark" if mark.primary else "beside"


def _wide(mark: Mark) -> int:
    """The columns that a label takes."""
    return max(display_width(mark.text), display_width(mark.under))


def _bars(marks: list[Mark], before: int | None = None) -> _Row:
    """What leads from marks down to their labels, as far as a label leaves room for it."""
    columns = {mark.start: "error" if mark.primary else "note" for mark in marks}
    return [(at, "|", codes) for at, codes in columns.items() if before is None or at < before]


def _write(rows: list[_Row], at: int, column: int, mark: Mark) -> None:
    """A label into a row, and what points at a part of it into the next."""
    rows[at].append((column, escape(mark.text), _text_style(mark)))
    if mark.under:
        blanks = len(mark.under) - len(mark.under.lstrip())
        rows[at + 1].append((column + blanks, mark.under[blanks:], "error"))


def _marks_by_line(source: Source, labels: list[Label]) -> dict[int, list[Mark]]:
    """The labels as code-point columns of their lines; a long one marks its first and last line."""
    marks: dict[int, list[Mark]] = {}
    for label in labels:
        start, end = label.span
        first, last = source.line_of(start), source.line_of(max(start, end - 1))
        begin = start - source.line_starts[first - 1]
        length = len(source.line_text(first))
        begin = min(begin, length)
        stop = end - source.line_starts[first - 1] if first == last else length
        stop = max(begin, min(stop, length))
        marks.setdefault(first, []).append(
            Mark(begin, stop, label.text, label.primary, label.under)
        )
        if last > first and label.primary:
            text = source.line_text(last)
            indent = len(text) - len(text.lstrip())
            stop = min(end - source.line_starts[last - 1], len(text))
            if stop > indent:
                marks.setdefault(last, []).append(Mark(indent, stop, "", True))
    return marks
