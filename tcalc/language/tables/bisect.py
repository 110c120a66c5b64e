"""`bisect`: places in lists that are in order."""

from __future__ import annotations

from operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _place(a: Any, x: Any, lo: Any, hi: Any, key: Any, after: bool) -> int:
    low = index(lo)
    if low < 0:
        raise ValueError("lo must be non-negative")
    high = len(a) if hi is None else index(hi)
    while low < high:
        middle = (low + high) // 2
        item = a[middle] if key is None else key(a[middle])
        if (not x < item) if after else item < x:
            low = middle + 1
        else:
            high = middle
    return low


def bisect_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> int:
    """Where x belongs in a list that is in order, before what is equal"""
    return _place(a, x, lo, hi, key, False)


def bisect_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> int:
    """Where x belongs in a list that is in order, after what is equal"""
    return _place(a, x, lo, hi, key, True)


def _need_list(a: Any) -> Any:
    if not isinstance(a, list):
        raise TypeError(f"insort() takes a list, not {type(a).__name__}")
    return a


def insort_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    """Put x where it belongs, before what is equal"""
    at = _place(_need_list(a), x if key is None else key(x), lo, hi, key, False)
    a.insert(at, x)


def insort_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    """Put x where it belongs, after what is equal"""
    at = _place(_need_list(a), x if key is None else key(x), lo, hi, key, True)
    a.insert(at, x)


def members() -> dict[str, Any]:
    """What programs find in it."""
    own = {f.__name__: f for f in (bisect_left, bisect_right, insort_left, insort_right)}
    return {**own, "bisect": bisect_right, "insort": insort_right}
