"""From text to rows of fields: what separates them, and what the first row is."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import text
from tcalc.files.fields import are_numbers, is_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import TextIOWrapper

LONGEST_FIELD = 1 << 20
_SEPARATORS = (b"\t", b";", b",")
# So many lines, and bytes, tell what separates the fields.
_LINES_SEEN = 50
_BYTES_SEEN = 1 << 16
_BLANKS = re.compile(r"[ \t\v\f\x1c-\x1f]+")
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


class Layout(NamedTuple):
    """Where the numbers are: from byte `start` and line `line` on; `names` are the header's."""

    separator: str | None
    names: list[str] | None
    width: int
    start: int
    line: int


def sniff(data: bytes) -> str | None:
    """What separates the fields of a text: a tab, a semicolon or a comma; None for blanks.

    >>> sniff(b"1,5;2\\n3;4,5\\n"), sniff(b"a b,1\\n"), sniff(b"1 2\\n"), sniff(b"mass (kg)\\n1\\n2\\n")
    (';', ',', None, ',')
    """
    bare = re.sub(rb'"[^"]*"', b'""', data[:_BYTES_SEEN])
    lines = [line for line in bare.splitlines() if line.strip()]
    if len(data) > _BYTES_SEEN and len(lines) > 1:
        lines.pop()  # cut short
    lines = [line for line in lines if not line.lstrip().startswith(b"#")] or lines
    lines = lines[:_LINES_SEEN]
    if not lines:
        return None
    for mark in _SEPARATORS:
        first = lines[0].count(mark)
        if first and all(line.count(mark) == first for line in lines):
            return mark.decode()
    for mark in _SEPARATORS:
        if mark in lines[0]:
            return mark.decode()
    # One column under a name of several words.
    words, *others = [line.decode("utf-8", "replace").split() for line in lines]
    return "," if len(words) > 1 and set(map(len, others)) == {1} and is_header(words) else None


def sniff_csv(data: bytes) -> str | None:
    """The same where commas are expected: blanks separate numbers, and no text.

    >>> sniff_csv(b"1 2\\n"), sniff_csv(b"John Smith\\nAnn Lee\\n")
    (None, ',')
    """
    found = sniff(data)
    first = next((line for line in data[:_BYTES_SEEN].splitlines() if line.strip()), b"")
    apart = found is None and are_numbers(first.decode("utf-8", "replace").split())
    return None if apart else found or ","


def layout(data: bytes, name: str, separator: str | None) -> Layout:
    """What the first row that is not blank says of the table."""
    reader = Rows(data, name, separator)
    for _, fields in reader:
        if not is_header(fields):
            return Layout(separator, None, len(fields), 0, 1)
        start = _after(data, reader.lines_read)
        names = [field.strip() for field in fields]
        return Layout(separator, names, len(fields), start, reader.lines_read + 1)
    return Layout(separator, None, 0, 0, 1)


def below(data: bytes | BinaryIO, name: str, table: Layout) -> Rows:
    """The rows of values, below the header."""
    return Rows(data, name, table.separator, table.start, table.line)


class Rows:
    """Each row that is not blank, with the number of its first line.

    separator: between fields that may be quoted; None for blanks, where `#` begins a comment.
    """

    def __init__(
        self,
        data: bytes | BinaryIO,
        name: str,
        separator: str | None,
        start: int = 0,
        line: int = 1,
    ) -> None:
        self.data = data
        self.name = name
        self.separator = separator
        self.lines_read = line - 1
        self._start = start
        self._raw = ""

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = text.stream(self.data, self._start, None if self.separator is None else "")
        try:
            yield from self._words(lines) if self.separator is None else self._quoted(lines)
        except UnicodeDecodeError:
            raise text.undecodable(self.data, self.name) from None

    def _words(self, lines: TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        for line in lines:
            self.lines_read += 1
            fields = _BLANKS.split(line.partition("#")[0].strip(" \t\v\f\x1c\x1d\x1e\x1f\n"))
            if fields != [""]:
                yield self.lines_read, fields

    def _quoted(self, lines: TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(LONGEST_FIELD)
        reader = csv.reader(self._noted(lines), delimiter=self.separator or ",", strict=True)
        before = self.lines_read
        first = before + 1
        try:
            for fields in reader:
                self.lines_read = before + reader.line_num
                # In a single column a blank in quotes is a value, and a blank line is nothing.
                if len(fields) > 1 or (fields and (fields[0].strip() or '"' in self._raw)):
                    yield first, fields
                first = self.lines_read + 1
        except csv.Error as error:
            kind = FileProblem if "limit" in str(error) else ValueProblem
            raise kind(f"{self.name}, line {first}: {error}") from None

    def _noted(self, lines: TextIOWrapper) -> Iterator[str]:
        for line in lines:
            self._raw = line
            yield line


def _after(data: bytes, lines: int) -> int:
    """The byte that follows so many lines."""
    ends = _LINE_ENDS.finditer(data)
    for _ in range(lines - 1):
        next(ends, None)
    last = next(ends, None)
    return len(data) if last is None else last.end()
