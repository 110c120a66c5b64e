"""Which of equal elements of a row is found: that which the swaps of PyTorch's sorts leave in its place.

They are Sedgewick's quickselect for `kthvalue`, and the introsort of GNU's C++ library for `mode`. What is
sought lies in one part of each row after a pass, which goes on alone. The swaps of many rows are done
together: in a pass the scan from the left stops at the elements not less than the pivot, that from the
right at those not greater, and each pair of stops changes places until the scans meet, so all pairs are
known before the first of them is swapped.
(R. Sedgewick, Implementing Quicksort Programs, 1978, program 2; D. Musser, Introspective Sorting, 1997.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.types.codes import FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

# How many elements of rows are worked on at a time.
_BLOCK = 1 << 17
# What is no longer than this introsort leaves to a stable insertion sort.
SHORT = 16


def place_of(rows: Array, k: int) -> Array:
    """The index of the element that quickselect brings to place k of each row. nan is the greatest.

    rows: (m, n) → (m,)

    >>> place_of(np.array([[3, 1, 1, 1], [2, 9, 2, 2]]), 1).tolist()
    [2, 2]
    """
    return _in_blocks(rows, lambda part, _: _selected(part, k))


def last_of(rows: Array, values: Array) -> Array:
    """The index of the element that introsort makes the last of those with the value, in each row.

    rows: (m, n), values: (m,) → (m,)

    >>> last_of(np.array([[3, 1, 1, 1]]), np.array([1])).tolist()
    [3]
    """
    return _in_blocks(rows, lambda part, at: _last_equal(part, values[at]))


def _in_blocks(rows: Array, work: Callable[[Array, slice], Array]) -> Array:
    count = max(_BLOCK // rows.shape[1], 1)
    blocks = [slice(i, i + count) for i in range(0, len(rows), count)]
    return np.concatenate([work(rows[b], b) for b in blocks]) if blocks else np.empty(0, np.int64)


class _Parts:
    """The part of each row in which it is sought.

    sought: the place, or the value, of what is. which: the rows that are not done. values, origin: a
    part's elements, and where these were in the row. last: the place of the last. found: what was.
    """

    def __init__(self, rows: Array, sought: Array) -> None:
        m, n = rows.shape
        self.found, self.which = np.empty(m, np.int64), np.arange(m)
        self.sought, self.last = sought, np.full(m, n - 1)
        self.values, self.origin = rows.copy(), np.broadcast_to(np.arange(n), rows.shape).copy()

    def settle(self, done: Array, places: Array) -> bool:
        """Note what is at a place of those that are done: whether all are."""
        self.found[self.which[done]] = self.origin[done, places[done]]
        more = ~done
        self.which, self.sought, self.last = self.which[more], self.sought[more], self.last[more]
        self.values, self.origin = self.values[more], self.origin[more]
        return not len(self.last)

    def narrow(self, first: Array, last: Array) -> None:
        """Go on with what is between two places."""
        self.last = last - first
        kept = first[:, None] + np.arange(int(self.last.max()) + 1)
        np.minimum(kept, self.values.shape[1] - 1, out=kept)
        self.values = np.take_along_axis(self.values, kept, 1)
        self.origin = np.take_along_axis(self.origin, kept, 1)

    def swap(self, parts: Array, i: Array | int, j: Array | int) -> None:
        """Let elements of some parts change places."""
        for a in (self.values, self.origin):
            a[parts, i], a[parts, j] = a[parts, j], a[parts, i]

    def order(self, i: Array | int, j: Array | int, where: Array | bool = True) -> None:
        """Let two elements of each change places if the first is greater."""
        parts = np.arange(len(self.last))
        i, j = np.broadcast_to(i, parts.shape), np.broadcast_to(j, parts.shape)
        wrong = _greater(self.values[parts, i], self.values[parts, j]) & where
        self.swap(parts[wrong], i[wrong], j[wrong])

    def sweep(self, low: int, high: Array, pairs: np.ufunc) -> tuple[Array, Array]:
        """Swap what is on the wrong side of the first element, scanning up from `low` and down from `high`:
        where the two scans end.

        pairs: whether stops at two places change them.
        """
        values, pivot, width = self.values, self.values[:, :1], self.values.shape[1]
        places, all_ = np.arange(width), np.arange(len(self.last))
        left = ~_greater(pivot, values) & (places >= low) & (places <= self.last[:, None])
        right = ~_greater(values, pivot) & (places >= low - 1) & (places <= high[:, None])
        # By part, the places of its first stop, its second, …
        up, down = np.full(values.shape, width), np.full(values.shape, -1)
        part, place = left.nonzero()
        up[part, _nth(part, len(all_))] = place
        part, place = right[:, ::-1].nonzero()
        down[part, _nth(part, len(all_))] = width - 1 - place
        met = pairs(up, down)
        part, nth = met.nonzero()
        self.swap(part, up[part, nth], down[part, nth])
        count = met.sum(1)
        begun = np.where(count > 0, up[all_, count - 1], low - 1)
        ended = np.where(count > 0, down[all_, count - 1], high + 1)
        left = ~_greater(pivot, values) & (places > begun[:, None])
        right = ~_greater(values, pivot) & (places < ended[:, None])
        return left.argmax(1), width - 1 - right[:, ::-1].argmax(1)


def _greater(a: Array, b: Array) -> Array:
    found = a > b
    if a.dtype.char in FLOATS:
        found |= (a != a) & (b == b)
    return found


def _nth(part: Array, count: int) -> Array:
    """Of sorted numbers of parts, how many of the same lie before each."""
    of_each = np.bincount(part, minlength=count)
    return np.arange(len(part)) - np.repeat(of_each.cumsum() - of_each, of_each)


def _selected(rows: Array, k: int) -> Array:
    parts = _Parts(rows, np.full(len(rows), k))
    while True:
        parts.order(0, parts.last, parts.last == 1)
        if parts.settle(parts.last < 2, parts.sought):
            return parts.found
        parts.swap(np.arange(len(parts.last)), parts.last >> 1, 1)
        for i, j in ((1, parts.last), (0, parts.last), (1, 0)):
            parts.order(i, j)
        above, below = parts.sweep(2, parts.last - 1, np.less_equal)
        parts.swap(np.arange(len(below)), 0, below)
        place = parts.sought
        first = np.where(place < below, 0, np.minimum(place, above))
        last = np.where(place < below, below - 1, np.where(place < above, place, parts.last))
        parts.narrow(first, last)
        parts.sought = place - first


def _last_equal(rows: Array, wanted: Array) -> Array:
    parts = _Parts(rows, wanted)
    while True:
        places = np.arange(parts.values.shape[1])
        equal = (parts.values == parts.sought[:, None]) & (places <= parts.last[:, None])
        if parts.settle(parts.last < SHORT, len(places) - 1 - equal[:, ::-1].argmax(1)):
            return parts.found
        parts.swap(np.arange(len(parts.last)), 0, _median_of_three(parts))
        cut, _ = parts.sweep(1, parts.last, np.less)
        equal = (parts.values == parts.sought[:, None]) & (places <= parts.last[:, None])
        above = (equal & (places >= cut[:, None])).any(1)
        parts.narrow(np.where(above, cut, 0), np.where(above, parts.last, cut - 1))


def _median_of_three(parts: _Parts) -> Array:
    """The place of the median of each part's second, middle and last element."""
    last = parts.last
    a, b, c = np.ones_like(last), (last + 1) >> 1, last
    x, y, z = (parts.values[np.arange(len(last)), place] for place in (a, b, c))
    rising = np.where(y < z, b, np.where(x < z, c, a))
    return np.where(x < y, rising, np.where(x < z, a, np.where(y < z, c, b)))
