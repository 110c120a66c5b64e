"""Tables of any length: their columns in one pass over the rows, some rows at a time.

What separates the fields, and whether there is a header, is told by the beginning of a file; that
whole numbers are beside others, or text among numbers, only by its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from tcalc.files import columns as asked
from tcalc.files import rows, text
from tcalc.files.formats import Entry, suffix_of
from tcalc.files.gather import Gatherer
from tcalc.files.held import Held
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.files.columns import Wanted
    from tcalc.files.rows import Layout

# So much of a file is looked at first; a shorter one is known whole from it.
HEAD = 1 << 20


class Table(NamedTuple):
    """A table's text, or the file that it is in, and what its beginning says of it."""

    data: bytes | BinaryIO
    layout: Layout
    name: str
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether the text is at hand whole."""
        return isinstance(self.data, bytes)

    def rows_about(self) -> int:
        """How many rows there may be, by the length of the first."""
        data = self.data if isinstance(self.data, bytes) else head_of(self).data
        assert isinstance(data, bytes)
        return round(self.size / len(data) * data.count(b"\n")) if data else 0

    def names(self, picked: Sequence[int]) -> list[str]:
        """What columns are called: by number where there is no header."""
        named = self.layout.names
        return [str(at) if named is None else named[at] for at in picked]


def separator_of(data: bytes, name: str) -> str | None:
    """What separates the fields of a table, by its name and its beginning; None for blanks."""
    suffix = suffix_of(name)
    sniff = rows.sniff_csv if suffix == ".csv" else rows.sniff
    return "\t" if suffix == ".tsv" else sniff(data)


def opened(file: BinaryIO, size: int, name: str) -> Table:
    """A table, whole where it is short; a longer one is left in its file."""
    head = file.read(HEAD)
    whole = len(head) == size or head.startswith(text.UTF16_MARKS)
    if whole and len(head) < size:  # such is decoded as a whole
        from tcalc.files import access

        file.seek(0)
        head = access.checked(file, size, name)
    marked = head.startswith(text.UTF8_MARK)
    head = text.utf8(head, name)
    if not whole:  # a line, or a letter, may be cut
        head = head[: head.rfind(b"\n") + 1] or head.decode("utf-8", "ignore").encode()
    layout = rows.layout(head, name, separator_of(head, name))
    if whole:
        return Table(head, layout, name, size)
    start = layout.start + (len(text.UTF8_MARK) if marked else 0)
    return Table(file, layout._replace(start=start), name, size)


def head_of(table: Table) -> Table:
    """The first rows of a table that is left in its file."""
    assert not isinstance(table.data, bytes)
    table.data.seek(table.layout.start)
    data = table.data.read(HEAD)
    data = data[: data.rfind(b"\n") + 1] or data
    return table._replace(data=data, layout=table.layout._replace(start=0))


class Columns(Held):
    """The columns of a table that are asked for."""

    def __init__(self, table: Table, wanted: Wanted) -> None:
        layout = table.layout
        self.table = table
        self.is_matrix = layout.names is None
        self._wanted = wanted
        every = list(range(layout.width))
        chosen = wanted.columns
        self._numbers = every if chosen is None else asked.chosen(chosen, layout, table.name)
        super().__init__([Entry(name, "", (-1,)) for name in table.names(self._numbers)])

    def blocks(self, picked: Sequence[int]) -> Iterator[list[Any]]:
        """Some rows of the columns at a time; at the end `entries` says what they are."""
        floats = self._wanted.floats or dtypes.default.value.numpy
        table = self.table
        if not picked or not table.layout.width:
            return
        gatherer = Gatherer(table.data, table.name, table.layout, self._wanted, floats)
        yield from gatherer.pieces([self._numbers[at] for at in picked])
        for at, dtype in zip(picked, gatherer.found):
            called = "text" if dtype is None else dtypes.of(np.dtype(dtype)).name
            self.entries[at] = Entry(self.entries[at].name, called, (gatherer.height,))
