"""What an element of a call's result came of, found by doing the call again with other operands.

An element that is not finite came of one that was, if the call gives it with that alone left as it
was and all others made finite; it is the call's own, if it comes about with all of them finite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.why.kept import Index, Kept, Record

# What stands for elements that are not finite: a call's own fault shows with each of these.
_FINITE = (1.0, 0.5)
# Numbers of one call differ by so much of themselves from one time to another.
_ROUNDING = 1e-3
# So many elements at most are said to make another together.
_SEVERAL = 4
# Calls of larger operands are not done again and again.
_MOST = 1 << 24


class Feed(NamedTuple):
    """A part of an operand: from one index up to, and with, another; which operand it is."""

    number: int
    kept: Kept
    first: Index
    last: Index

    @property
    def is_one(self) -> bool:
        """Whether it is one element."""
        return self.first == self.last


class Cause(NamedTuple):
    """own: whether the call itself made the element what it is. follow: the operand's elements to
    look further at: the one that it came of, or those that are not finite."""

    own: bool
    follow: Sequence[Feed]


def kind_of(value: Any) -> str:
    """`nan`, `inf`, or nothing for what is finite."""
    return "nan" if value != value else "" if np.isfinite(value) else "inf"


def cause(record: Record, out: int, index: Index) -> Cause:
    """What made an element that is not finite."""
    kind = kind_of(record.outs[out].array[index])
    _check(record, out, index)
    given, at, places = _near(record, out, index)
    spoiled = _Spoiled(given)

    def feed(number: int, flat: int) -> Feed:
        kept = record.operands[number]
        if places is not None:
            return Feed(number, kept, places[number], places[number])
        found = tuple(map(int, np.unravel_index(flat, kept.shape)))
        return Feed(number, kept, found, found)

    if not spoiled.where.size:
        return Cause(True, ())
    again = record.again
    if again is None:
        return Cause(False, [feed(*spoiled.place(spoiled.where[0]))])

    def remains(left: Array, finite: float) -> bool:
        """Whether the element is as it was where only these of the operands' are left so."""
        return kind_of(again(spoiled.arrays(left, finite))[out][at]) == kind

    if all(remains(spoiled.where[:0], finite) for finite in _FINITE):
        return Cause(True, ())
    # nan comes of nan, and only where there is none of infinities; and the other way round.
    alike = spoiled.are(kind)
    for order in (spoiled.where[alike], spoiled.where[~alike]):
        if not order.size or not remains(order, _FINITE[0]):
            continue
        while order.size > 1:
            half = order.size // 2
            part = next((p for p in (order[:half], order[half:]) if remains(p, _FINITE[0])), None)
            if part is None:  # it takes several: the infinities of inf - inf
                return Cause(True, [feed(*spoiled.place(n)) for n in _needed(order, remains)])
            order = part
        found = feed(*spoiled.place(order[0]))
        return Cause(kind_of(spoiled.value(order[0])) != kind, [found])
    return Cause(True, [feed(*spoiled.place(n)) for n in _needed(spoiled.where, remains)])


def _needed(order: Array, remains: Callable[[Array, float], bool]) -> list[int]:
    """Few elements with which alone an element is as it was: the last ones of the shortest runs."""
    found = order[:0]
    while order.size and (not found.size or not remains(found, _FINITE[0])):
        if found.size == _SEVERAL:
            break

        def first(count: int, order: Array = order, found: Array = found) -> bool:
            return remains(np.concatenate([order[:count], found]), _FINITE[0])

        last = _least(1, order.size, first) - 1
        found, order = np.concatenate([order[last : last + 1], found]), order[:last]
    return [*map(int, found)]


def _check(record: Record, out: int, index: Index) -> None:
    """Trust in doing a call again only where that gives what it gave."""
    if record.again is None:
        return
    given, at, _ = _near(record, out, index)
    was = record.outs[out].array[index]
    try:
        now = record.again(given)[out][at]
    except Exception:  # whatever it says of being done apart from the rest
        record.again = None
        return
    if not _is_close(now, was):
        record.again = None


def _is_close(now: Any, was: Any) -> bool:
    """Whether two numbers are one but for rounding, which goes by where arrays lie."""
    return bool(np.isclose(now, was, rtol=_ROUNDING, equal_nan=True))


class _Spoiled:
    """The elements of operands that are not finite, numbered through. where: their numbers."""

    def __init__(self, given: Sequence[Array]) -> None:
        self._given = given
        self._finite = [
            np.ones(a.size, bool) if a.dtype.char in EXACT else np.isfinite(a.reshape(-1))
            for a in given
        ]
        self._starts = np.cumsum([0, *[a.size for a in given]])
        self.where = np.flatnonzero(~np.concatenate([np.ones(0, bool), *self._finite]))

    def place(self, number: int) -> tuple[int, int]:
        """Which operand an element is of, and where in it."""
        operand = int(np.searchsorted(self._starts, number, "right")) - 1
        return operand, int(number - self._starts[operand])

    def value(self, number: int) -> Any:
        """What an element is."""
        operand, flat = self.place(number)
        return self._given[operand].reshape(-1)[flat]

    def are(self, kind: str) -> Array:
        """For each whether it is of a kind."""
        parts = [a.reshape(-1)[~f] for a, f in zip(self._given, self._finite)]
        return np.concatenate([np.isnan(part) == (kind == "nan") for part in parts])

    def arrays(self, left: Array, finite: float) -> list[Array]:
        """The operands with all elements made finite but those that are left."""
        made = []
        for array, fine, start in zip(self._given, self._finite, self._starts):
            if fine.all():
                made.append(array)
                continue
            copy = array.copy().reshape(-1)
            flat = array.reshape(-1)
            copy[~fine] = finite
            own = left[(left >= start) & (left < start + copy.size)] - start
            copy[own] = flat[own]
            made.append(copy.reshape(array.shape))
        return made


def _near(record: Record, out: int, index: Index) -> tuple[list[Array], Index, list[Index] | None]:
    """The operands' contents, where the element is in the result of them, and, of elementwise
    calls, the operands' indices: those are done again on the elements that meet alone."""
    if not record.is_elementwise or record.again is None:
        return [kept.array for kept in record.operands], index, None
    places = [_aligned(kept, index) for kept in record.operands]
    given = [
        kept.array[tuple([slice(i, i + 1) for i in place])]
        for kept, place in zip(record.operands, places)
    ]
    return given, (0,) * len(index), places


def _aligned(kept: Kept, index: Index) -> Index:
    """The element of an operand that meets an element of the result, as broadcasting has it."""
    lead = len(index) - len(kept.shape)
    return tuple([0 if n == 1 else i for n, i in zip(kept.shape, index[lead:])])


def feeds(record: Record, out: int, index: Index) -> list[Feed]:
    """The parts of the operands that an element depends on: all of one where that cannot be told."""
    _check(record, out, index)
    if record.is_elementwise:
        places = [_aligned(kept, index) for kept in record.operands]
        return [Feed(n, k, p, p) for n, (k, p) in enumerate(zip(record.operands, places))]
    moved = _moved(record, out, index)
    if moved is not None:
        return [moved]
    found = []
    for number, kept in enumerate(record.operands):
        whole = Feed(number, kept, (0,) * len(kept.shape), tuple([n - 1 for n in kept.shape]))
        if kept.array.size and (part := _depends(record, out, index, whole)) is not None:
            found.append(part)
    return found


def _moved(record: Record, out: int, index: Index) -> Feed | None:
    """Of a call that moves elements alone, the one that came there: each is given a number."""
    if record.op is None or not record.op.moves or record.again is None:
        return None
    value, dtype = record.outs[out].array[index], record.outs[out].array.dtype
    arrays, ends, total = [], [], 0
    for kept in record.operands:
        if kept.array.dtype == dtype:
            arrays.append(np.arange(total + 1, total + kept.array.size + 1).reshape(kept.shape))
            total += kept.array.size
        else:
            arrays.append(kept.array)
        ends.append(total)
    try:
        label = int(record.again(arrays)[out][index])
    except Exception:  # whatever it says of numbers that are none of its own
        return None
    number = next((n for n, end in enumerate(ends) if 0 < label <= end), None)
    if number is None:
        return None
    kept = record.operands[number]
    flat = label - 1 - (ends[number] - kept.array.size)
    found = tuple(map(int, np.unravel_index(flat, kept.shape)))
    same = kept.array[found]
    return Feed(number, kept, found, found) if same == value or same != same else None


def _depends(record: Record, out: int, index: Index, whole: Feed) -> Feed | None:
    """The box of an operand's elements without which the element would be another; None for none."""
    kept = whole.kept
    if record.again is None or sum([k.array.size for k in record.operands]) > _MOST:
        return whole
    arrays = [k.array for k in record.operands]
    value = record.outs[out].array[index]
    # nan shows what depends on an element; what that nan depends on, elements that are finite.
    pokes = _FINITE if value != value else (np.nan,)

    def changes(axis: int, first: int, last: int) -> bool:
        part = tuple([slice(first, last + 1) if a == axis else slice(None)
                      for a in range(len(kept.shape))])  # fmt: skip
        return any(differs(_poked(kept.array, part, poke)) for poke in pokes)

    def differs(array: Array) -> bool:
        arrays[whole.number] = array
        try:
            now = record.again(arrays)[out][index]  # type: ignore[misc]  # asked above
        except Exception:  # whatever it says of elements that it cannot have
            return True
        return not _is_close(now, value)

    if not changes(-1, 0, 0):
        return None
    first, last = list(whole.first), list(whole.last)
    for axis, end in enumerate(whole.last):
        first[axis] = _least(0, end, lambda at, axis=axis: changes(axis, 0, at))  # type: ignore[misc]  # of one number
        last[axis] = end - _least(
            0,
            end - first[axis],
            lambda at, axis=axis, end=end: changes(axis, end - at, end),  # type: ignore[misc]  # as above
        )
    return Feed(whole.number, kept, tuple(first), tuple(last))


def _poked(array: Array, part: Any, poke: float) -> Array:
    """A copy with other elements in a part."""
    made = array.copy()
    if array.dtype.char not in EXACT:
        made[part] = poke
    else:
        made[part] = ~made[part] if array.dtype == bool else made[part] + 1
    return made


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number for which something holds, that holds for all above."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
