"""Two files compared array by array, a block at a time: what is missing, and how far others are apart.

Arrays are found by name; where either file holds one alone, these two are compared. A missing number
(nan) equals a missing one; two numbers are the same where `|a - b| <= atol + rtol * |b|`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.files import differences
from tcalc.files.aligning import aligned
from tcalc.files.differences import Counts, Found
from tcalc.files.formats import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.files.held import Held

ONLY_A, ONLY_B, DTYPE, SHAPE, VALUES = "only in A", "only in B", "dtype", "shape", "values"


class Difference(NamedTuple):
    """What was found of two arrays of one name; no `what` where they are the same.

    a, b: what they are; None where there is none. counts: how their elements differ, where they
    could be compared.
    """

    name: str
    what: tuple[str, ...]
    a: Entry | None
    b: Entry | None
    counts: Counts | None = None


class Side(NamedTuple):
    """One of two files: its arrays, and whether it is text, which says no dtypes."""

    held: Sequence[Held]
    is_text: bool


class _Array(NamedTuple):
    """One array of a file: which of what is read together."""

    held: Held
    at: int

    @property
    def entry(self) -> Entry:
        return self.held.entries[self.at]


def compare(a: Side, b: Side, rtol: float = 0.0, atol: float = 0.0) -> Iterator[Difference]:
    """Each array of two files in turn, those of the first in its order."""
    compared = _Compared(a, b, rtol, atol)
    matrix = _matrices(a, b)
    if matrix is not None:
        yield compared.matrices(*matrix)
        return
    ours, theirs = _by_name(a.held), _by_name(b.held)
    if len(ours) == len(theirs) == 1 and ours.keys() != theirs.keys():
        theirs = dict(zip(ours, theirs.values()))
    common = [key for key in ours if key in theirs]
    # Columns of two tables are gone through together.
    jobs: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for key in common:
        jobs.setdefault((id(ours[key].held), id(theirs[key].held)), []).append(key)
    for keys in jobs.values():
        yield from compared.together(
            [key[0] for key in keys], [ours[key] for key in keys], [theirs[key] for key in keys]
        )
    _read_alone([ours[key] for key in ours if key not in theirs])
    _read_alone([theirs[key] for key in theirs if key not in ours])
    for key, array in ours.items():
        if key not in theirs:
            yield Difference(key[0], (ONLY_A,), array.entry, None)
    for key, array in theirs.items():
        if key not in ours:
            yield Difference(key[0], (ONLY_B,), None, array.entry)


def _read_alone(arrays: Sequence[_Array]) -> None:
    """Go through columns that the other file has not: only then it is known what they are."""
    pending: dict[int, list[_Array]] = {}
    for array in arrays:
        if -1 in array.entry.shape:
            pending.setdefault(id(array.held), []).append(array)
    for group in pending.values():
        for _ in group[0].held.blocks([array.at for array in group]):
            pass


def _by_name(held: Sequence[Held]) -> dict[tuple[str, int], _Array]:
    """The arrays by name, and by number among those of one name."""
    found: dict[tuple[str, int], _Array] = {}
    for one in held:
        for at, entry in enumerate(one.entries):
            number = 0
            while (entry.name, number) in found:
                number += 1
            found[entry.name, number] = _Array(one, at)
    return found


def _matrices(a: Side, b: Side) -> tuple[Held, Held] | None:
    """The table without a header and the array that the files are, where it is so."""
    if len(a.held) != 1 or len(b.held) != 1:
        return None
    x, y = a.held[0], b.held[0]
    is_table = (x.is_matrix, y.is_matrix)
    other = y if x.is_matrix else x
    if is_table.count(True) == 1 and len(other.entries) == 1:
        return x, y
    return None


class _Compared:
    """Compares arrays of two sides within a tolerance."""

    def __init__(self, a: Side, b: Side, rtol: float, atol: float) -> None:
        self.a, self.b = a, b
        self.rtol, self.atol = rtol, atol

    def together(
        self, names: Sequence[str], a: Sequence[_Array], b: Sequence[_Array]
    ) -> Iterator[Difference]:
        """Arrays of which those of each side are read in one pass."""
        if any(not _may_be_one_shape(x.entry.shape, y.entry.shape) for x, y in zip(a, b)):
            for name, x, y in zip(names, a, b):
                what = self._what(x.entry, y.entry)
                yield Difference(name, what, x.entry, y.entry)
            return
        found = [Found(self.rtol, self.atol) for _ in names]
        xs = a[0].held.blocks([x.at for x in a])
        ys = b[0].held.blocks([y.at for y in b])
        for left, right in aligned(xs, ys):
            for one, x, y in zip(found, left, right):
                one.add(*self._typed(x, y))
        for name, x, y, one in zip(names, a, b, found):
            yield self._told(name, x.entry, y.entry, one)

    def matrices(self, a: Held, b: Held) -> Difference:
        """A table without a header and an array, or the other way round."""
        found = Found(self.rtol, self.atol)
        for left, right in aligned(_rows(a), _rows(b)):
            found.add(*self._typed(left[0], right[0]))
        x, y = _whole(a, b), _whole(b, a)
        if x.shape != y.shape:
            return Difference(x.name, (SHAPE,), x, y)
        return self._told(x.name or y.name, x, y, found)

    def _told(self, name: str, a: Entry, b: Entry, found: Found) -> Difference:
        what = self._what(a, b)
        if SHAPE in what:
            return Difference(name, what, a, b)
        counts = found.counts(a.shape)
        return Difference(name, (*what, VALUES) if counts.differ else what, a, b, counts)

    def _what(self, a: Entry, b: Entry) -> tuple[str, ...]:
        typed = not (self.a.is_text or self.b.is_text)
        # A text is told from a number in any file.
        kinds = a.dtype != b.dtype and (typed or "text" in (a.dtype, b.dtype))
        return ((DTYPE,) if kinds else ()) + ((SHAPE,) if a.shape != b.shape else ())

    def _typed(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Two blocks, numbers of a text in the dtype that they have in the other file."""
        if isinstance(x, list) or isinstance(y, list) or self.a.is_text == self.b.is_text:
            return x, y
        return differences.as_other(x, y) if self.a.is_text else differences.as_other(y, x)[::-1]


def _may_be_one_shape(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether two shapes are the same, or could turn out to be."""
    return len(a) == len(b) and all(n == m or -1 in (n, m) for n, m in zip(a, b))


def _rows(held: Held) -> Iterator[list[Any]]:
    """The elements in the order of rows: an array's own, or a table's columns side by side."""
    every = range(len(held.entries))
    for block in held.blocks(every):
        if not held.is_matrix:
            yield block
        elif any(isinstance(column, list) for column in block):
            yield [[str(v) for row in zip(*block) for v in row]]
        else:
            yield [np.stack(block, axis=1).reshape(-1)]


def _whole(held: Held, other: Held) -> Entry:
    """What a table is as one array, beside the array that it is compared with."""
    if not held.is_matrix:
        return held.entries[0]
    width, height = len(held.entries), held.entries[0].shape[0]
    is_vector = width == 1 and len(other.entries[0].shape) == 1
    dtypes = {entry.dtype for entry in held.entries}
    widest = next(dtype for dtype in ("text", "float64", "int64") if dtype in dtypes)
    return Entry("", widest, (height,) if is_vector else (height, width))
