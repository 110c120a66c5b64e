"""The numbers of an array as lines that fit a window: both ends where there is no room for all.

A vector takes as many lines as it needs, each with the index of its first number. Of more than two
dimensions the matrices in the last two are drawn, each under its place, side by side where they are
narrow.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.display.ink import ABOUT, GAP, Line
from tcalc.display.spelling import Speller
from tcalc.display.values import host
from tcalc.display.window import Drawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcalc.display.spelling import Cell
    from tcalc.display.window import Window

# Between matrices that stand side by side.
APART = " " * 4


class Ends:
    """How many items of so many are shown, first and last.

    >>> Ends(10, 5).indices(), Ends(10, 20).indices(), Ends(10, 5).missing
    ([0, 1, 2, 8, 9], range(0, 10), 5)
    """

    __slots__ = ("first", "last", "missing", "size")

    def __init__(self, size: int, most: int) -> None:
        self.size = size
        shown = min(size, most)
        self.last = shown // 2 if shown < size else 0
        self.first = shown - self.last
        self.missing = size - shown

    @property
    def shown(self) -> int:
        """How many are shown."""
        return self.size - self.missing

    def indices(self) -> Sequence[int]:
        """Their places in the whole."""
        if not self.missing:
            return range(self.size)
        return [*range(self.first), *range(self.size - self.last, self.size)]

    def of(self, array: np.ndarray) -> np.ndarray:
        """What is shown of a vector."""
        return array[list(self.indices())] if self.missing else array


def draw(array: np.ndarray, window: Window, most: float) -> Drawn:
    """The numbers of an array, (*,) with one dimension and one element at least.

    most: of each dimension no more than so many items are shown, whatever the room.
    """
    if array.ndim == 1:
        return _vector(array, window, most)
    return _Matrices(array, window, most).drawn()


def fits(width: int, room: int, gap: str = GAP) -> int:
    """How many words of a width a line holds, one at least."""
    return max(1, (room + len(gap)) // (width + len(gap)))


def row_of(cells: Iterable[Cell], line: Line | None = None) -> Line:
    """The words side by side."""
    line = Line(GAP) if line is None else line
    for at, (word, ink) in enumerate(cells):
        line.add(GAP if at else "").add(word, ink)
    return line


def _vector(array: np.ndarray, window: Window, most: float) -> Drawn:
    size, room = len(array), window.width - len(GAP)
    height = size if window.height is None else max(window.height, 3)
    gutter = len(f"[{size - 1}]") + len(GAP)
    ends = Ends(size, int(min(height * fits(1, room), most, size)))
    across = 0
    while True:
        shown = host(ends.of(array))
        spell = Speller(shown)
        fit = fits(spell.width, room - gutter)
        if across and fit >= across:
            break
        if ends.shown >= min(size, most):  # all that may be shown is there: does a line hold it?
            mark = len(window.across) + len(GAP) if ends.missing else 0
            if ends.shown <= fits(spell.width, room - mark):
                cells = spell(shown)
                if ends.missing:
                    cells[ends.first : ends.first] = [(window.across, ABOUT)]
                return Drawn([row_of(cells)], [(ends.missing, "element")])
        across = fit
        if -(-ends.first // across) - (-ends.last // across) + bool(ends.missing) <= height:
            break
        # Whole lines of both ends.
        ends.last = (height - 1) // 2 * across
        ends.first = (height - 1) * across - ends.last
        ends.missing = size - ends.first - ends.last
    cells = spell(shown)
    lines = _labelled(cells[: ends.first], 0, across, gutter)
    if ends.missing:
        lines.append(Line(GAP).add(window.down.rjust(gutter - len(GAP) - 1), ABOUT))
        lines += _labelled(cells[ends.first :], size - ends.last, across, gutter)
    return Drawn(lines, [(ends.missing, "element")])


def _labelled(cells: Sequence[Cell], start: int, across: int, gutter: int) -> list[Line]:
    digits = gutter - len(GAP) - len("[]")
    return [
        row_of(cells[at : at + across], Line(GAP).add(f"[{start + at:>{digits}}]{GAP}", ABOUT))
        for at in range(0, len(cells), across)
    ]


class _Matrices:
    """The matrices in the last two dimensions, in a window.

    across: how many stand side by side; rows, columns: what is shown of each; blocks: which.
    """

    def __init__(self, array: np.ndarray, window: Window, most: float) -> None:
        self.array, self.window = array, window
        *self.outer, self.height, self.width = array.shape
        self.room = window.width - len(GAP)
        self.count = prod(self.outer)
        self.columns = Ends(self.width, int(min(most, self.width, fits(1, self.room))))
        self.most = most
        one = self.columns.shown * (1 + len(GAP)) - len(GAP)
        self.across = fits(one, self.room, APART) if self.outer else 1
        self._fold()
        # Words are as wide as the widest that is shown, and what is shown goes by their width.
        while True:
            self.places = list(_places(self.outer, self.blocks))
            shown = self._shown()
            spell = Speller(shown)
            self.word = spell.width
            if not self._narrow():
                break
            self._fold()
        self.cells = spell(shown)

    def _fold(self) -> None:
        """Choose rows and blocks by the lines that there are."""
        lines, least = self.window.height, min(self.height, 3)
        if lines is None:
            rows, blocks = self.height, self.count
        elif not self.outer:
            rows, blocks = max(lines, least), 1
        else:
            # Each band of blocks has a line for their places, and one between it and the next.
            bands = min(2, -(-self.count // self.across))
            rows = max(min(self.height, (lines + 1) // bands - 2), least)
            blocks = max(1, (lines + 1) // (rows + 2)) * self.across
        if rows < self.height:
            rows -= 1  # for the mark
        self.rows = Ends(self.height, int(min(rows, self.most)))
        self.blocks = Ends(self.count, int(min(blocks, self.most) if self.outer else 1))
        self.across = min(self.across, self.blocks.shown)

    def _narrow(self) -> bool:
        """Show less where it is too wide; whether it was."""
        if self._wide() <= self.room:
            return False
        if self.across > 1:
            self.across = min(self.across - 1, fits(self._one(), self.room, APART))
            return True
        fit = fits(self.word, self.room - len(GAP) - len(self.window.across))
        if fit >= self.columns.shown:
            return False  # no word fits: it is shown all the same
        # With fewer numbers words can get narrower: not at once as few as fit now.
        shown = self.columns.shown
        self.columns = Ends(self.width, shown - max(1, (shown - fit) // 2))
        return True

    def _one(self) -> int:
        """The cells that one matrix takes."""
        mark = len(GAP) + len(self.window.across) if self.columns.missing else 0
        width = self.columns.shown * (self.word + len(GAP)) - len(GAP) + mark
        return max(width, *map(len, map(label, self.places))) if self.outer else width

    def _wide(self) -> int:
        return self.across * (self._one() + len(APART)) - len(APART)

    def _shown(self) -> np.ndarray:
        parts = [self.array[place] for place in self.places]
        if self.rows.missing or self.columns.missing:
            # Rows and columns at once, so that no more than what is shown is copied.
            chosen = [[row] for row in self.rows.indices()], list(self.columns.indices())
            parts = [part[chosen] for part in parts]
        return np.stack([host(part) for part in parts])

    def drawn(self) -> Drawn:
        step = self.rows.shown * self.columns.shown
        blocks = [
            self._rows(self.cells[at * step : (at + 1) * step]) for at in range(len(self.places))
        ]
        lines: list[Line] = []
        for at in range(0, len(blocks), self.across):
            if at:
                lines.append(Line())
            lines += beside(self.places[at : at + self.across], blocks[at : at + self.across])
        left = [
            (self.blocks.missing, "block"),
            (self.rows.missing, "row"),
            (self.columns.missing, "column"),
        ]
        return Drawn(lines, left)

    def _rows(self, cells: Sequence[Cell]) -> list[Line]:
        lines = []
        for row in range(self.rows.shown):
            if self.rows.missing and row == self.rows.first:
                lines.append(Line(self.window.down.rjust(self.word), ABOUT))
            words = list(cells[row * self.columns.shown : (row + 1) * self.columns.shown])
            if self.columns.missing:
                words[self.columns.first : self.columns.first] = [(self.window.across, ABOUT)]
            lines.append(row_of(words, Line()))
        return lines


def beside(places: Sequence[tuple[int, ...]], blocks: Sequence[list[Line]]) -> Iterator[Line]:
    """Matrices side by side, each under its place where it has one."""
    columns = [
        [Line(label(place), ABOUT), *block] if place else block
        for place, block in zip(places, blocks)
    ]
    widths = [max(line.cells for line in column) for column in columns]
    for row in zip(*columns):
        line = Line(GAP)
        for at, (part, width) in enumerate(zip(row, widths)):
            line.add(APART if at else "").join(part)
            if at + 1 < len(widths):
                line.filled(width - part.cells + line.cells)
        yield line


def label(place: Sequence[int], columns: str = ":") -> str:
    """The place of a matrix as it is written in a program.

    >>> label((0, 3)), label((), "8:16")
    ('[0, 3, :, :]', '[:, 8:16]')
    """
    return f"[{', '.join([*map(str, place), ':', columns])}]"


def _places(outer: Sequence[int], chosen: Ends) -> Iterator[tuple[int, ...]]:
    for number in chosen.indices():
        yield tuple(int(index) for index in np.unravel_index(number, outer)) if outer else ()
