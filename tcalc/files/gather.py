"""Reading a table field by field: slower than NumPy's reader, and it knows where things are.

Nothing changes on the way: a whole number that the default dtype cannot hold makes the result
float64, and what float64 cannot hold is an error with its place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tcalc.errors import ValueProblem
from tcalc.files import exact, quick, rows
from tcalc.files.columns import remedy
from tcalc.files.fields import COMMA, POINT, WORDS, may_be_thousands
from tcalc.runtime.base import memory, progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.files.columns import Wanted
    from tcalc.files.rows import Layout

# So many fields are turned into arrays at a time, and so many rows at least.
_BLOCK, _ROWS = 1 << 13, 32
# How often it is told how far that has come.
_ROWS_TOLD = 1 << 10
# What a short text costs in a list.
_WORD_COST = 64
# Python reads longer ones in a time that grows with the square; float64 holds none of them.
_LONGEST_WHOLE = 400
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


class Column:
    """What was read of one column.

    text: its first field that is no number; lost: the first that float64 cannot hold; point, comma:
    the first with such a decimal mark; each with its line. sure: whether a comma was none of
    thousands. wide: whether the numbers need float64.
    """

    __slots__ = ("blocks", "comma", "lost", "number", "point", "sure", "text", "whole", "wide")

    def __init__(self, number: int) -> None:
        self.number = number
        self.blocks: list[Any] = []
        self.text: tuple[int, str] | None = None
        self.lost: tuple[int, str] | None = None
        self.point: tuple[int, str] | None = None
        self.comma: tuple[int, str] | None = None
        self.sure = False
        self.whole = True
        self.wide = False


class Gatherer:
    """Passes over a table's rows for some of its columns."""

    def __init__(
        self, data: bytes | BinaryIO, name: str, table: Layout, wanted: Wanted, floats: Any
    ) -> None:
        self.data = data
        self.name = name
        self.table = table
        self.wanted = wanted
        self.floats = floats
        self.height = 0  # rows read in the last pass
        self.found: list[Any] = []
        # Decimal commas can only be where other marks stand between fields.
        self.commas = table.separator in (";", "\t") and table.width > 1

    def matrix(self, picked: Sequence[int]) -> Any:
        """Columns side by side, of one dtype; text is an error."""
        columns = self._columns(picked, stop=True)
        self._check_marks(columns)
        dtype = self._dtype(columns)
        array = np.empty((self.height, len(columns)), dtype)
        for at, column in enumerate(columns):
            start = 0
            for block in column.blocks:
                array[start : start + len(block), at] = block
                start += len(block)
        return array

    def by_column(self, picked: Sequence[int]) -> list[Any]:
        """Each column by itself: an array of numbers, or the list of its fields as they stand."""
        columns = self._columns(picked, stop=False)
        self._check_marks([c for c in columns if c.text is None])
        texts: dict[int, list[str]] = {c.number: [] for c in columns if c.text is not None}
        if texts:
            assert isinstance(self.data, bytes)
            memory.check(len(self.data) + _WORD_COST * len(texts) * self.height, self.name)
            for _, fields in self._rows():
                for number, found in texts.items():
                    found.append(fields[number])
        return [
            texts[c.number]
            if c.text is not None
            else np.concatenate(c.blocks).astype(self._dtype([c]), copy=False)
            for c in columns
        ]

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        width = self.table.width
        with progress.begin("reading rows", unit="rows", part=True) as task:
            for line, fields in rows.below(self.data, self.name, self.table):
                if not line % _ROWS_TOLD:
                    task.reach(line)
                if len(fields) != width:
                    raise ValueProblem(
                        f"{self.name}, line {line}: {_count(len(fields))}, but the rows before "
                        f"have {width}"
                    )
                yield line, fields

    def pieces(self, picked: Sequence[int]) -> Iterator[list[Any]]:
        """Some rows at a time, of each column an array, or a list of fields where one is text.

        When all were given, `found` has the dtype of each column, None for one of text.
        """
        columns = [Column(number) for number in picked]
        self.height = 0
        for lines, block in self._in_blocks():
            self._store(columns, block, lines, stop=False)
            self.height += len(block)
            yield [
                c.blocks.pop() if c.blocks else [fields[c.number] for fields in block]
                for c in columns
            ]
        self._check_marks([c for c in columns if c.text is None])
        self.found = [None if c.text is not None else self._narrow(c) for c in columns]

    def _narrow(self, column: Column) -> Any:
        """The dtype of a column of numbers that went by."""
        if column.lost is not None:
            raise self._unheld(column, *column.lost)
        if column.whole and self.height:
            return np.int64
        return np.float64 if column.wide else self.floats

    def _columns(self, picked: Sequence[int], stop: bool) -> list[Column]:
        columns = [Column(number) for number in picked]
        self.height = 0
        for lines, block in self._in_blocks():
            self._store(columns, block, lines, stop)
            self.height += len(block)
        return columns

    def _in_blocks(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Some rows at a time with their lines; the last may be none."""
        lines: list[int] = []
        block: list[list[str]] = []
        most = max(_ROWS, _BLOCK // self.table.width)
        for line, fields in self._rows():
            lines.append(line)
            block.append(fields)
            if len(block) == most:
                yield lines, block
                lines, block = [], []
        yield lines, block

    def _store(
        self, columns: Sequence[Column], block: list[list[str]], lines: list[int], stop: bool
    ) -> None:
        """Turn some rows into an array for each column."""
        for column in columns:
            if column.text is not None:
                continue
            fields = [row[column.number] for row in block]
            numbers = quick.block(fields, self.floats)
            if numbers is None:
                self._one_by_one(column, fields, lines, stop)
                continue
            if self.commas and column.point is None:
                found = ((line, field) for line, field in zip(lines, fields) if "." in field)
                column.point = next(found, None)
            if numbers.dtype != np.int64:
                column.whole = False
                column.wide = column.wide or exact.overflows(numbers, self.floats)
            column.blocks.append(numbers)

    def _one_by_one(self, column: Column, fields: list[str], lines: list[int], stop: bool) -> None:
        values = [self._number(column, f.strip(), n, stop) for f, n in zip(fields, lines)]
        if column.text is not None or column.lost is not None:
            column.blocks.clear()
            return
        whole = [v for v in values if type(v) is int]
        if len(whole) == len(values) and all(_LEAST <= v <= _MOST for v in whole):
            column.blocks.append(np.array(values, np.int64))
            return
        column.whole = False
        for line, value in zip(lines, values):
            if type(value) is int and not exact.is_held(value):
                column.lost = line, str(value)
                return
        numbers = np.array(values, np.float64)
        column.blocks.append(numbers)
        column.wide = (
            column.wide
            or exact.overflows(numbers, self.floats)
            or exact.rounds(np.array(whole, np.float64), self.floats)
        )

    def _number(self, column: Column, field: str, line: int, stop: bool) -> int | float:
        """The number that a field spells; nan where it is text and the column will be a list."""
        match = POINT(field)
        if match is not None:
            if match.lastindex is None and len(field) < _LONGEST_WHOLE:
                return int(field)
            if column.point is None and "." in field:
                column.point = line, field
            return self._float(column, field, line)
        word = WORDS.get(field.lower())
        if word is not None:
            return word
        if self.commas and COMMA(field):
            column.comma = column.comma or (line, field)
            column.sure = column.sure or not may_be_thousands(field)
            return self._float(column, field.replace(",", "."), line)
        if column.text is None:
            column.text = line, field
            if stop:
                raise self._no_number(column)
        return math.nan

    def _float(self, column: Column, field: str, line: int) -> float:
        value = float(field)
        digits = field.lower().partition("e")[0].strip("+-0.")
        if math.isinf(value) or (not value and digits):
            column.lost = column.lost or (line, field)
        return value

    def _dtype(self, columns: Sequence[Column]) -> Any:
        """What columns are of together."""
        for column in columns:
            if column.lost is not None:
                raise self._unheld(column, *column.lost)
        if all(column.whole for column in columns) and any(len(c.blocks[0]) for c in columns):
            return np.int64
        wide = False
        for column in columns:
            start = 0
            for block in column.blocks:
                if block.dtype == np.int64:
                    at = exact.first_lost(block)
                    if at is not None:
                        raise self._unheld(column, self._line(start + at), str(block[at]))
                    wide = wide or exact.rounds(block, self.floats)
                start += len(block)
        return np.float64 if wide or any(column.wide for column in columns) else self.floats

    def _check_marks(self, columns: Sequence[Column]) -> None:
        """A table has one decimal mark, and what may be a mark of thousands is none."""
        comma = min(((c.comma, c) for c in columns if c.comma), key=_line_of, default=None)
        if comma is None:
            return
        point = min(((c.point, c) for c in columns if c.point), key=_line_of, default=None)
        place = self._place(comma[1], comma[0][0])
        if point is not None:
            raise ValueProblem(
                f"{place}: {comma[0][1]!r} has a decimal comma, and {point[0][1]!r} in line "
                f"{point[0][0]}, column {point[1].number + 1} a point: a table has one of them"
            )
        if self.table.separator == "\t" and not any(column.sure for column in columns):
            raise ValueProblem(
                f"{place}: {comma[0][1]!r} may have a decimal comma or a mark of thousands; "
                "with semicolons between the fields it is a decimal comma"
            )

    def _no_number(self, column: Column) -> ValueProblem:
        """The error for text among numbers; its hint asks for the columns that hold numbers."""
        assert column.text is not None
        line, field = column.text
        others = [at for at in range(self.table.width) if at != column.number]
        try:
            good = [c for c in self._columns(others, stop=False) if c.text is None]
            self._check_marks(good)
            self._dtype(good)
            hint = remedy(self.table, [c.number for c in good], self.name, self.wanted)
        except ValueProblem:  # something else is wrong further down
            hint = None
        return ValueProblem(
            f"{self._place(column, line)}: {_short(field)!r} is not a number", hint=hint
        )

    def _unheld(self, column: Column, line: int, field: str) -> ValueProblem:
        return ValueProblem(f"{self._place(column, line)}: float64 cannot hold {_short(field)}")

    def _place(self, column: Column, line: int) -> str:
        names = self.table.names
        called = f" ({names[column.number]!r})" if names is not None else ""
        return f"{self.name}, line {line}, column {column.number + 1}{called}"

    def _line(self, row: int) -> int:
        return next(line for at, (line, _) in enumerate(self._rows()) if at == row)


def _line_of(found: tuple[tuple[int, str], Column]) -> tuple[int, int]:
    return found[0][0], found[1].number


def _short(field: str) -> str:
    return field if len(field) <= 40 else field[:37] + "..."


def _count(n: int) -> str:
    return f"{n} field" if n == 1 else f"{n} fields"
