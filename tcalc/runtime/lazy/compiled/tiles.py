"""Some rows of arrays at a vector of their columns: what is read and written there, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.loops import Loops


class Columns(NamedTuple):
    """A vector of columns: the bytes before it, and which of them are there."""

    far: str
    inside: V


class Tile:
    """Some rows of arrays at one step, at a vector of their columns.

    A value is what is there of all rows, one after the other. widths: the parts in a row of each array.
    states: those with a row for each example.
    """

    def __init__(
        self, code: Loops, widths: Mapping[str, int], states: Sequence[str], row: str, count: int,
        columns: Columns,
    ) -> None:  # fmt: skip
        self.code = code
        self._widths = widths
        self._states = states
        self._row = row
        self._count = count
        self._column, self._inside = columns
        self._element = code.line(f"add i64 %start, {row}")
        self._starts: dict[tuple[str, int], str] = {}

    def load(self, array: str, part: int = 0) -> V:
        """What an array has there, or a part of its rows; zeros beyond the last column."""
        return self._joined([self._read(self._at(array, i, part)) for i in range(self._count)])

    def same(self, array: str, part: int) -> V:
        """What an array of one row has there, for all rows."""
        at = self._beside(f"%{array}", self._column, self._part(part))
        return self._joined([self._read(at)] * self._count)

    def before(self, states: str, first: str) -> V:
        """The state before the step. states: after each step. first: at the beginning."""
        code, found = self.code, []
        for i in range(self._count):
            row = code.line(f"add i64 {self._row}, {i}")
            known = code.line(f"icmp ult i64 {row}, %known")
            place = code.line(f"select i1 {known}, i64 %last, i64 0")
            array = code.line(f"select i1 {known}, ptr %{states}, ptr %{first}")
            place = code.line(f"mul i64 {code.line(f'add i64 {row}, {place}')}, %far")
            found.append(self._read(self._beside(array, place, self._column)))
        return self._joined(found)

    def store(self, array: str, value: V, part: int = 0) -> None:
        """Write what is there of an array, or of a part of its rows."""
        code, lanes = self.code, self.code.lanes // self._count
        wide, rows = code.lanes, []
        for i in range(self._count):
            rows.append(code.shuffled(value, value, range(i * lanes, (i + 1) * lanes)))
        code.lanes = lanes
        for i, row in enumerate(rows):
            code.store_where("true", self._inside, row, self._at(array, i, part))
        code.lanes = wide

    def widen(self) -> None:
        """From here on values are of all rows."""
        self.code.lanes *= self._count

    def narrow(self) -> None:
        """From here on they are vectors again."""
        self.code.lanes //= self._count

    def row(self, array: str, i: int) -> str:
        """Where a row of an array begins."""
        return self._beside(f"%{array}", self._index(array, i))

    def joined(self, rows: Sequence[V]) -> V:
        """Vectors of rows as one value, wherever values are vectors."""
        self.widen()
        value = self._joined(rows)
        self.narrow()
        return value

    def _joined(self, rows: Sequence[V]) -> V:
        code, wide = self.code, self.code.lanes
        code.lanes //= self._count
        while len(rows) > 1:
            both = range(2 * code.lanes)
            rows = [code.shuffled(a, b, both) for a, b in zip(rows[::2], rows[1::2])]
            code.lanes *= 2
        code.lanes = wide
        return rows[0]

    def _read(self, at: str) -> V:
        wide = self.code.lanes
        self.code.lanes //= self._count
        value = self.code.load_where(self._inside, at, self.code.kind)
        self.code.lanes = wide
        return value

    def _at(self, array: str, i: int, part: int) -> str:
        key = array, i
        if key not in self._starts:
            self._starts[key] = self._beside(self.row(array, i), self._column)
        return self._beside(self._starts[key], self._part(part)) if part else self._starts[key]

    def _index(self, array: str, i: int) -> str:
        line = self.code.line
        row = self._row if array in self._states else self._element
        return line(f"mul i64 {line(f'add i64 {row}, {i}')}, %far{self._widths[array]}")

    def _part(self, part: int) -> str:
        return self.code.line(f"mul i64 %far, {part}")

    def _beside(self, at: str, *distances: str) -> str:
        for far in distances:
            at = self.code.beside(at, far)
        return at
