"""The way through sequences: which rows of their elements belong together, step after step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# About so many elements are worked on at a time where all steps are: they stay in the cache.
_BLOCK = 1 << 16


class Walk(NamedTuple):
    """The steps through sequences whose elements lie in rows, those of one time below each other.

    sizes: how many sequences there are at each time, never more than before. reverse: whether they
    are read from the end. Sequences that are over (or, from the end, not begun) keep their state.
    """

    sizes: tuple[int, ...]
    reverse: bool = False

    def __repr__(self) -> str:
        return f"{self.sizes[0]} x {len(self.sizes)}{' from the end' if self.reverse else ''}"

    @property
    def rows(self) -> int:
        """How many elements all sequences have together."""
        return sum(self.sizes)

    def steps(self) -> list[tuple[slice, int]]:
        """In the order in which they are taken, the rows of each step and how many they are."""
        found = []
        start = 0
        for n in self.sizes:
            found.append((slice(start, start + n), n))
            start += n
        return found[::-1] if self.reverse else found

    def before(self, xp: ModuleType, states: Array, first: Array) -> Array:
        """The state before each step. states: after each. first: at the beginning."""
        n = self.sizes[0]
        if n == self.sizes[-1]:
            order = (states[n:], first) if self.reverse else (first, states[: len(states) - n])
            return xp.concatenate(order)
        found = xp.empty_like(states)
        last, known = slice(0, 0), 0
        for rows, n in self.steps():
            shared = min(known, n)
            found[rows.start : rows.start + shared] = states[last.start : last.start + shared]
            found[rows.start + shared : rows.stop] = first[shared:n]
            last, known = rows, n
        return found

    def blocks(self, width: int) -> list[slice]:
        """All rows in blocks of about _BLOCK elements. width: the elements of a row."""
        step = max(1, _BLOCK // max(1, width))
        return [slice(i, i + step) for i in range(0, self.rows, step)]
