"""The room that a value is drawn in, and what is said of that for which there was none."""

from __future__ import annotations

from tcalc.display.ink import ABOUT, GAP, Line, flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Window:
    """So many columns and rows; rows None: as many as there are.

    rest: how to see what is left out, in a few words. ascii: whether nothing else may be written.
    """

    __slots__ = ("across", "ascii", "between", "down", "height", "rest", "width")

    def __init__(
        self, width: int = 80, height: int | None = 20, *, rest: str = "", ascii: bool = False
    ) -> None:
        self.width, self.height, self.rest, self.ascii = width, height, rest, ascii
        # What stands where columns and rows are left out, and between two remarks.
        self.across, self.down, self.between = ("..", ":", "-") if ascii else ("…", "⋮", "·")

    def less(self, rows: int) -> Window:
        """The window without some of its rows."""
        return self.of(None if self.height is None else max(self.height - rows, 1))

    def across_to(self, width: int) -> Window:
        """The window with so many columns."""
        return Window(width, self.height, rest=self.rest, ascii=self.ascii)

    def of(self, height: int | None) -> Window:
        """The window with so many rows."""
        return Window(self.width, height, rest=self.rest, ascii=self.ascii)

    def left_out(self, parts: Iterable[tuple[int, str]]) -> list[Line]:
        """The line that says how much more there is, of what: ("row", "column")."""
        words = [f"{n:,} more {what}{'s' * (n != 1)}" for n, what in parts if n > 0]
        if not words:
            return []
        words = [f"{self.across} {word}" if not at else word for at, word in enumerate(words)]
        words = [f"{word}," for word in words[:-1]] + words[-1:]
        if self.rest:
            words.append(f"{self.between} {self.rest}")
        lines = flow((Line(word, ABOUT) for word in words), self.width - len(GAP), " ")
        return [Line(GAP).join(line) for line in lines]


class Drawn:
    """Lines, and what is left out: how many of which."""

    __slots__ = ("left_out", "lines")

    def __init__(self, lines: Iterable[Line], left_out: Sequence[tuple[int, str]]) -> None:
        self.lines = list(lines)
        self.left_out = left_out

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not any(count for count, _ in self.left_out)
