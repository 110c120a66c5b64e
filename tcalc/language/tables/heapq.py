"""`heapq`: the smallest item first, in a list.

CPython's in C compares items of a list that their own methods may change meanwhile.
"""

from __future__ import annotations

import heapq

from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.pieces import in_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _need_list(heap: Any) -> list[Any]:
    if not isinstance(heap, list):
        raise TypeError("heap argument must be a list")
    return heap


def _rise(heap: list[Any], at: int) -> None:
    """Move an item towards the front while it is smaller than what it is below."""
    item = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if not item < heap[above]:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = item


def _sink(heap: list[Any], at: int) -> None:
    """Move an item towards the end while something smaller is below it."""
    end, item = len(heap), heap[at]
    while (below := 2 * at + 1) < end:
        if below + 1 < end and not heap[below] < heap[below + 1]:
            below += 1
        if not heap[below] < item:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = item


def heappush(heap: Any, item: Any, /) -> None:
    """Put an item into a heap"""
    _need_list(heap).append(item)
    _rise(heap, len(heap) - 1)


def heappop(heap: Any, /) -> Any:
    """Take the smallest item out of a heap"""
    last = _need_list(heap).pop()
    return heapreplace(heap, last) if heap else last


def heapreplace(heap: Any, item: Any, /) -> Any:
    """Take the smallest item out, and put another in"""
    smallest = _need_list(heap)[0]
    heap[0] = item
    _sink(heap, 0)
    return smallest


def heappushpop(heap: Any, item: Any, /) -> Any:
    """Put an item in, and take the smallest out"""
    return heapreplace(heap, item) if _need_list(heap) and heap[0] < item else item


def heapify(x: Any, /) -> None:
    """Put the items of a list into the order of a heap"""
    for at in reversed(range(len(_need_list(x)) // 2)):
        _sink(x, at)


def nlargest(n: int, iterable: Any, key: Any = None) -> List:
    """The n largest items, the largest first"""
    return List(heapq.nlargest(n, in_pieces(iterable), key=key))


def nsmallest(n: int, iterable: Any, key: Any = None) -> List:
    """The n smallest items, the smallest first"""
    return List(heapq.nsmallest(n, in_pieces(iterable), key=key))


def members() -> dict[str, Any]:
    """What programs find in it."""
    made = (heappush, heappop, heapreplace, heappushpop, heapify, nlargest, nsmallest)
    return {function.__name__: function for function in made}
