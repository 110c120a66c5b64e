"""Long work of Python's own done in pieces: Ctrl-C is heard in between.

`sum(range(10**10))` or a sort of ten million numbers is one call in C, which hears nothing until
its end. Fed in pieces, or sorted in pieces that are merged, it is the same work with pauses.
"""

from __future__ import annotations

import itertools
import sys
from bisect import bisect_left
from itertools import chain, islice, pairwise
from operator import ne

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized
    from typing import Any, TypeVar

    from _typeshed import SupportsDunderLT

    from tcalc.runtime.base.op import Array

    T = TypeVar("T")
    L = TypeVar("L", bound=SupportsDunderLT[Any])

# How many items a piece has. Less than that, and there is nothing to cut.
PIECE = 1 << 16
# How many of what may be sorted in pieces are sorted in one.
RUN = 1 << 17
# One of so many tells where the pieces that are merged end.
_SAMPLED = 1 << 8
# What knows how many items it has, and asks no code of a program's for them.
SIZED: set[type] = {list, tuple, range, set, frozenset, dict, str}
_SOME: tuple[Any, ...] = (range(1), [], (), {}, "", set(), {}.values(), {}.items())
# Iterators of Python's that go on by themselves, without a program's code in between.
_LAZY = frozenset(
    {map, filter, zip, enumerate, reversed}
    | {type(iter(some)) for some in _SOME}
    | {type(iter(range(1 << 70))), type({}.keys()), type({}.values()), type({}.items())}
    | {made for made in vars(itertools).values() if isinstance(made, type)}
)
# What compares with its like without a program's code, and never fails.
_ORDERED = frozenset({int, float, str})


def is_long(items: Any) -> bool:
    """Whether a function in C may be long with these items, without a program's code in between.

    >>> is_long([1, 2]), is_long(map(abs, [1, 2]))
    (False, True)
    """
    kind = type(items)
    if kind in SIZED:
        return _length(items) > PIECE
    return kind in _LAZY


def _length(items: Sized) -> int:
    try:
        return len(items)
    except OverflowError:  # a range longer than anything that can be held
        return sys.maxsize


def in_pieces(items: Iterable[T]) -> Iterable[T]:
    """The same items, one after the other as they are asked for, with pauses for signals.

    >>> list(in_pieces(range(3)))
    [0, 1, 2]
    """
    if not is_long(items):
        return items
    if isinstance(items, (list, tuple, range)):
        starts = range(0, _length(items), PIECE)
        return chain.from_iterable(items[i : i + PIECE] for i in starts)
    return stretched(items)


def stretched(items: Iterable[T]) -> Iterator[T]:
    """An iterator over the same items, with pauses for signals."""
    return chain.from_iterable(_Stretches(iter(items)))


def numbers(array: Array) -> list[object]:
    """The elements of an array of one dim as Python's numbers."""
    if len(array) <= PIECE:
        return array.tolist()
    made: list[Any] = []
    for start in range(0, len(array), PIECE):
        made += array[start : start + PIECE].tolist()
    return made


class _Stretches:
    """Iterators over the next items each; nothing is taken before it is asked for."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __iter__(self) -> _Stretches:
        return self

    def __next__(self) -> Iterable[Any]:
        return chain((next(self._items),), islice(self._items, PIECE))


def sort(items: list[Any], key: Any = None, reverse: Any = False) -> None:
    """Sort a list in place as `list.sort` does; many plain numbers or texts in pieces.

    >>> numbers = [3, 1, 2]
    >>> sort(numbers, reverse=True)
    >>> numbers
    [3, 2, 1]
    """
    if key is not None or len(items) < 2 * RUN or type(reverse) not in (bool, int):
        list.sort(items, key=key, reverse=reverse)
        return
    # Backwards twice keeps the order of what is equal, as Python does it.
    runs = _runs(items[::-1] if reverse else items)
    if runs is None:
        list.sort(items, reverse=reverse)
        return
    made = runs[0] if len(runs) == 1 else _merged(runs)
    items[:] = made[::-1] if reverse else made


def _runs(items: list[L]) -> list[list[L]] | None:
    """Stretches of a list, each in order; None where its items may not be sorted one by one."""
    runs: list[list[Any]] = []
    kinds: set[type] = set()
    for start in range(0, len(items), RUN):
        run = items[start : start + RUN]
        kinds.update(map(type, run))
        if len(kinds) > 1 or not kinds <= _ORDERED:
            return None
        if float in kinds and any(map(ne, run, run)):  # nan, which is in no order
            return None
        list.sort(run)
        runs.append(run)
    if all(after[-1] < before[0] for before, after in pairwise(runs)):
        runs.reverse()
    joined = runs[:1]
    for run in runs[1:]:
        if joined[-1][-1] <= run[0]:
            joined[-1] += run
        else:
            joined.append(run)
    return joined


def _merged(runs: list[list[L]]) -> list[L]:
    """Stretches in order as one; of what is equal, what is in an earlier one comes first."""
    sample = [item for run in runs for item in run[_SAMPLED // 2 :: _SAMPLED]]
    list.sort(sample)
    bounds = sample[RUN // _SAMPLED :: RUN // _SAMPLED]
    made: list[Any] = []
    starts = [0] * len(runs)
    for number in range(len(bounds) + 1):
        part: list[Any] = []
        for i, run in enumerate(runs):
            last = number == len(bounds)
            end = len(run) if last else bisect_left(run, bounds[number], starts[i])
            part += run[starts[i] : end]
            starts[i] = end
        list.sort(part)  # which finds the stretches, and merges them
        made += part
    return made
