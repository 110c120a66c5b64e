"""Lines for a terminal: pieces of text, each strong, faint or alarming, painted at the end."""

from __future__ import annotations

from tcalc.display.cells import cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Parts of the screen, whose colours a theme has.
PLAIN, NAME, ABOUT, ALARM = "", "strong", "faint", "alarm"
GAP = "  "


class Line:
    """One line, as pieces of text with how each is written."""

    __slots__ = ("pieces",)

    def __init__(self, text: str = "", ink: str = PLAIN) -> None:
        self.pieces: list[tuple[str, str]] = [(text, ink)] if text else []

    def add(self, text: str, ink: str = PLAIN) -> Line:
        """The line, with more text on it."""
        if text:
            self.pieces.append((text, ink))
        return self

    def join(self, other: Line) -> Line:
        """The line, with another behind it."""
        self.pieces += other.pieces
        return self

    @property
    def text(self) -> str:
        """The line without colours."""
        return "".join(text for text, _ in self.pieces)

    @property
    def cells(self) -> int:
        """The cells of a terminal that the line takes."""
        return sum(cells(text) for text, _ in self.pieces)

    def filled(self, width: int) -> Line:
        """The line, with blanks up to so many cells."""
        return self.add(" " * (width - self.cells))

    def painted(self, colour: bool) -> str:
        """The line as it is put out; without colour there are no escapes in it."""
        if not colour:
            return self.text.rstrip(" ")
        from tcalc.theme import paint

        return "".join(paint(text, ink) if ink else text for text, ink in self.pieces)


def flow(words: Iterable[Line], width: int, gap: str = GAP) -> list[Line]:
    """The words one after the other, a gap between them, on as many lines as it takes.

    >>> [line.text for line in flow([Line("one"), Line("two three")], 8)]
    ['one  two', '  three']
    """
    lines: list[Line] = []
    for word in words:
        if len(GAP) + word.cells > width:  # what is one word otherwise breaks at its blanks
            parts = [Line(part, ink) for text, ink in word.pieces for part in text.split(" ")]
        else:
            parts = [word]
        for at, part in enumerate(parts):
            between = " " if at else gap
            if lines and lines[-1].cells + len(between) + part.cells <= width:
                lines[-1].add(between).join(part)
            else:
                lines.append((Line(GAP) if lines else Line()).join(part))
    return lines
