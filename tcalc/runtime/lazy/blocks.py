"""How large arrays are cut into blocks: by their shape alone, so that sums add in one order.

An array is seen as rows and columns; a block is a range of whole rows, or a piece of one row where
a row is longer than a block.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# Elements in a block: small enough for the cache, large enough that starting each and handing the
# interpreter from thread to thread cost little.
BLOCK = 1 << 17


class Block(NamedTuple):
    """Rows from `top` to `bottom`, columns from `left` to `right`."""

    top: int
    bottom: int
    left: int
    right: int


@lru_cache(256)
def blocks_of(rows: int, columns: int, most: int = BLOCK) -> tuple[Block, ...]:
    """The blocks of an array with so many rows and columns, in memory order, of `most` elements.

    >>> [tuple(b) for b in blocks_of(1, 200_000)]
    [(0, 1, 0, 131072), (0, 1, 131072, 200000)]
    """
    if columns >= most:
        return tuple(
            Block(row, row + 1, left, min(left + most, columns))
            for row in range(rows)
            for left in range(0, columns, most)
        )
    deep = max(1, most // max(columns, 1))
    return tuple(Block(top, min(top + deep, rows), 0, columns) for top in range(0, rows, deep))


def split_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns of a whole array: rows of as many inner axes as a block holds.

    >>> split_of((50, 300, 100)), split_of((4, 100_000))
    ((50, 30000), (4, 100000))
    """
    columns = shape[-1] if shape else 1
    for n in shape[-2::-1]:
        if columns * n > BLOCK:
            break
        columns *= n
    total = 1
    for n in shape:
        total *= n
    return total // columns, columns


class Lines(NamedTuple):
    """The blocks of a whole array as neighbours in memory: `lines` of so many elements `size`,
    each cut into blocks of a length.

    >>> Lines.of((4, 200_000)), Lines.of((50, 300, 100))
    (Lines(lines=4, size=200000, length=131072), Lines(lines=1, size=1500000, length=120000))
    """

    lines: int
    size: int
    length: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Lines:
        """Those of the blocks that `blocks_of(*split_of(shape))` gives."""
        rows, columns = split_of(shape)
        if columns >= BLOCK:
            return cls(rows, columns, BLOCK)
        return cls(1, rows * columns, max(1, BLOCK // columns) * columns)

    @property
    def blocks(self) -> int:
        """How many there are in all."""
        return self.lines * -(-self.size // self.length)


def sums(stack: Array) -> Array:
    """The sum of each row of a 2-dim array: of each block, where blocks are its rows."""
    return np.add.reduce(stack, axis=1)
