"""The whole of an array as lines, however large it is: made a block at a time, as they are read.

What is wider than the window comes in bands of columns, each over all rows.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from tcalc.display.grid import APART, beside, fits, label, row_of
from tcalc.display.ink import ABOUT, GAP, Line
from tcalc.display.spelling import Speller
from tcalc.display.values import host

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_BLOCK = 1 << 12  # elements that are spelled at a time


def lines(array: np.ndarray, width: int) -> Iterator[Line]:
    """The lines of an array, (*,) with one dimension and one element at least."""
    room = width - len(GAP)
    spell = Speller(array)
    if array.ndim == 1:
        yield from _vector(array, spell, room)
        return
    *outer, height, columns = array.shape
    across = fits(spell.width, room)
    if outer and columns <= across and height * columns <= _BLOCK:
        yield from _small(array, spell, room)
        return
    apart = False
    for place in product(*map(range, outer)):
        for start in range(0, columns, across):
            end = min(start + across, columns)
            if apart:
                yield Line()
            if outer or columns > across:
                named = f"{start}:{end}" if columns > across else ":"
                yield Line(GAP).add(label(place, named), ABOUT)
            for row in _rows(array[place][:, start:end], spell):
                yield Line(GAP).join(row)
            apart = True


def _small(array: np.ndarray, spell: Speller, room: int) -> Iterator[Line]:
    """Matrices that stand side by side."""
    *outer, _, columns = array.shape
    one = columns * (spell.width + len(GAP)) - len(GAP)
    last = tuple(size - 1 for size in outer)
    across = fits(max(one, len(label(last))), room, APART)
    places = product(*map(range, outer))
    apart = False
    while some := list(islice(places, across)):
        if apart:
            yield Line()
        yield from beside(some, [list(_rows(array[place], spell)) for place in some])
        apart = True


def _vector(array: np.ndarray, spell: Speller, room: int) -> Iterator[Line]:
    digits = len(str(len(array) - 1))
    across = fits(spell.width, room - digits - len("[]") - len(GAP))
    if len(array) <= fits(spell.width, room):
        across, digits = len(array), 0
    step = max(1, _BLOCK // across) * across
    for begin in range(0, len(array), step):
        cells = spell(host(array[begin : begin + step]))
        for at in range(0, len(cells), across):
            line = Line(GAP)
            if digits:
                line.add(f"[{begin + at:>{digits}}]{GAP}", ABOUT)
            yield row_of(cells[at : at + across], line)


def _rows(matrix: np.ndarray, spell: Speller) -> Iterator[Line]:
    height, width = matrix.shape
    step = max(1, _BLOCK // width)
    for begin in range(0, height, step):
        cells = spell(host(matrix[begin : begin + step]))
        for at in range(0, len(cells), width):
            yield row_of(cells[at : at + width], Line())
