"""Where text came from and which part of it is meant."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter


class Span(tuple[int, int]):
    """A half-open range of code points in a source's text.

    Not a NamedTuple, because `typing` alone takes a third of the start-up time of a formula.

    >>> Span(2, 5)
    Span(start=2, end=5)
    """

    __slots__ = ()

    def __new__(cls, start: int, end: int) -> Span:
        """The range from `start` up to and without `end`."""
        return tuple.__new__(cls, (start, end))

    start = property(itemgetter(0), doc="Where it begins.")
    end = property(itemgetter(1), doc="Where it has ended.")

    def __repr__(self) -> str:
        return f"Span(start={self.start}, end={self.end})"


class Source:
    """One text a user gave: a file, an argument, a line at the prompt.

    `name` is what messages call it (`a.tcalc`, `<argument 1>`, `<stdin>`, `<prompt 3>`).

    >>> Source("x = 1\\ny = x / 0", "a.tcalc").position(10)
    (2, 5)
    """

    _constant_ = True

    __slots__ = ("_starts", "name", "text")

    def __init__(self, text: str, name: str = "<input>") -> None:
        self.text = text
        self.name = name
        self._starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        """Offsets at which lines begin, in order."""
        if self._starts is None:
            starts, text = [0], self.text
            at = text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def line_of(self, offset: int) -> int:
        """The 1-based line that holds the offset."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line = self.line_of(offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a 1-based line, without its end."""
        starts = self.line_starts
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r")


def decode(data: bytes, name: str) -> Source:
    """Text from bytes that should be UTF-8; a mark of the byte order at the start is dropped.

    ParseError if it is none.
    """
    try:
        return Source(data.decode("utf-8-sig").replace("\r\n", "\n"), name)
    except UnicodeDecodeError as error:
        from tcalc.errors import ParseError

        source = Source(data.decode("utf-8", "replace"), name)
        at = len(data[: error.start].decode("utf-8", "replace"))
        raise ParseError(
            f"a program is text in UTF-8, and byte 0x{data[error.start]:02x} is not",
            source,
            Span(at, at + 1),
            hint="`tcalc inspect FILE` shows what a data file holds; -v x=FILE reads one",
        ) from None
