"""`iter` with a sentinel, and those of `itertools` that CPython's own would crash on.

CPython's let go of what they go through while that is at work, if a program steps on the iterator
from within it: from a method or a function that it calls. These are written in Python. They are no
generators, which take long to free when one goes through another and so on.
"""

from __future__ import annotations

import operator
import sys

from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MISSING: Any = object()


class Lazy:
    """An iterator."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object>".replace("builtins.", "")


class callable_iterator(Lazy):
    """What a callable gives, call by call, up to the sentinel"""

    __slots__ = ("_function", "_sentinel")

    def __init__(self, function: Any, sentinel: Any) -> None:
        if not callable(function):
            raise TypeError("iter(v, w): v must be callable")
        self._function, self._sentinel = function, sentinel

    def __next__(self) -> Any:
        function, sentinel = self._function, self._sentinel
        if function is not None:
            found = function()
            if not _equal(found, sentinel):
                return found
            self._function = None
        raise StopIteration


class accumulate(Lazy):
    """Running sums, or what another function of two makes of the last result and the next item"""

    __slots__ = ("_func", "_initial", "_items", "_total")

    def __init__(self, iterable: Any, func: Any = None, *, initial: Any = None) -> None:
        self._items = iter(iterable)
        self._func = operator.add if func is None else func
        self._initial, self._total = initial, _MISSING

    def __next__(self) -> Any:
        if self._total is not _MISSING:
            total = self._func(self._total, next(self._items))
        elif self._initial is not None:
            total = self._initial
        else:
            total = next(self._items)
        self._total = total
        return total


class chain(Lazy):
    """The items of one iterable after those of another"""

    __slots__ = ("_active", "_sources")

    def __init__(self, *iterables: Any) -> None:
        self._active: Iterator[Any] | None = None
        self._sources: Iterator[Any] = iter(iterables)

    @classmethod
    def from_iterable(cls, iterable: Any, /) -> chain:
        """The items of one iterable after those of another; these are given one by one"""
        made = cls()
        made._sources = iter(iterable)
        return made

    def __next__(self) -> Any:
        while True:
            active = self._active
            if active is None:
                active = self._active = iter(next(self._sources))
            item = next(active, _MISSING)
            if item is not _MISSING:
                return item
            self._active = None


class count(Lazy):
    """start, start + step, start + 2 * step, …"""

    __slots__ = ("_step", "_value")

    def __init__(self, start: Any = 0, step: Any = 1) -> None:
        if not (_is_number(start) and _is_number(step)):
            raise TypeError("a number is required")
        self._value, self._step = start, step

    def __next__(self) -> Any:
        value = self._value
        self._value = value + self._step
        return value

    def __repr__(self) -> str:
        step = "" if type(self._step) is int and self._step == 1 else f", {repr_of(self._step)}"
        return f"count({repr_of(self._value)}{step})"


def _is_number(value: Any) -> bool:
    return any(hasattr(type(value), name) for name in ("__index__", "__float__", "__complex__"))


class cycle(Lazy):
    """The items again and again"""

    __slots__ = ("_at", "_items", "_saved")

    def __init__(self, iterable: Any, /) -> None:
        self._items: Iterator[Any] | None = iter(iterable)
        self._saved: list[Any] = []
        self._at = 0

    def __next__(self) -> Any:
        items, saved = self._items, self._saved
        if items is not None:
            item = next(items, _MISSING)
            if item is not _MISSING:
                saved.append(item)
                return item
            self._items = None
        if not saved:
            raise StopIteration
        item = saved[self._at]
        self._at = (self._at + 1) % len(saved)
        return item


class groupby(Lazy):
    """(key, group) of consecutive items with equal keys"""

    __slots__ = ("_at", "_group", "_items", "_key", "_of")

    def __init__(self, iterable: Any, key: Any = None) -> None:
        self._items, self._of = iter(iterable), key
        # The item that comes next and its key; the key and the group that were given out last.
        self._at: Any = _MISSING
        self._key: Any = _MISSING
        self._group: Any = None

    def __next__(self) -> Any:
        self._group = None
        while (at := self._at) is _MISSING or (
            self._key is not _MISSING and _equal(self._key, at[0])
        ):
            self.step()
        self._key = at[0]
        self._group = group = _grouper(self, at[0])
        return at[0], group

    def step(self) -> None:
        """Go to the next item; StopIteration after the last."""
        item = next(self._items)
        self._at = (item if self._of is None else self._of(item)), item

    def item_of(self, group: Any, key: Any) -> Any:
        """The next item of a group; StopIteration after the last."""
        if self._group is group:
            if self._at is _MISSING:
                self.step()
            at = self._at
            if at is not _MISSING and _equal(key, at[0]):
                self._at = _MISSING
                return at[1]
        raise StopIteration


class _grouper(Lazy):
    __slots__ = ("_groups", "_key")

    def __init__(self, groups: groupby, key: Any) -> None:
        self._groups, self._key = groups, key

    def __next__(self) -> Any:
        return self._groups.item_of(self, self._key)


def _equal(a: Any, b: Any) -> bool:
    return a is b or bool(a == b)


class islice(Lazy):
    """Items from start up to stop, step by step"""

    __slots__ = ("_at", "_items", "_step", "_stop", "_wanted")

    def __init__(self, iterable: Any, *bounds: Any) -> None:
        if not 1 <= len(bounds) <= 3:
            expected = "at least 2 arguments" if not bounds else "at most 4 arguments"
            raise TypeError(f"islice expected {expected}, got {len(bounds) + 1}")
        start = 0
        if len(bounds) > 1:
            start = _index(bounds[0], "Indices for islice() must be None or an integer") or 0
        stop = bounds[len(bounds) > 1]
        self._stop = _index(stop, "Stop argument for islice() must be None or an integer")
        self._step = 1
        if len(bounds) == 3 and bounds[2] is not None:
            self._step = _whole(bounds[2])
            if self._step < 1:
                raise ValueError("Step for islice() must be a positive integer or None.")
        self._items = iter(iterable)
        self._at, self._wanted = 0, start

    def __next__(self) -> Any:
        items, stop = self._items, self._stop
        while self._at < self._wanted:
            next(items)
            self._at += 1
        if stop is not None and self._at >= stop:
            raise StopIteration
        item = next(items)
        self._at += 1
        self._wanted += self._step
        if stop is not None and self._wanted > stop:
            self._wanted = stop
        return item


def _whole(value: Any) -> int:
    """A number as islice takes them, or -1."""
    try:
        found = operator.index(value)
    except TypeError:
        return -1
    return found if found <= sys.maxsize else -1


def _index(value: Any, message: str) -> int | None:
    found = 0 if value is None else _whole(value)
    if found < 0:
        raise ValueError(f"{message}: 0 <= x <= sys.maxsize.")
    return None if value is None else found


class pairwise(Lazy):
    """Each item with the one after it"""

    __slots__ = ("_before", "_items")

    def __init__(self, iterable: Any, /) -> None:
        self._items = iter(iterable)
        self._before = _MISSING

    def __next__(self) -> Any:
        before = next(self._items) if self._before is _MISSING else self._before
        item = self._before = next(self._items)
        return before, item


class zip_longest(Lazy):
    """Tuples of items that are at the same place, as many as the longest has"""

    __slots__ = ("_fill", "_sources")

    def __init__(self, *iterables: Any, fillvalue: Any = None) -> None:
        self._fill = fillvalue
        self._sources: list[Iterator[Any] | None] = [iter(iterable) for iterable in iterables]

    def __next__(self) -> Any:
        sources, items, any_left = self._sources, [], False
        for at, source in enumerate(sources):
            item = _MISSING if source is None else next(source, _MISSING)
            if item is _MISSING:
                sources[at] = None
                item = self._fill
            else:
                any_left = True
            items.append(item)
        if not any_left:
            raise StopIteration
        return tuple(items)


class _Shared:
    """What several iterators go through."""

    __slots__ = ("at_work", "items")

    def __init__(self, items: Iterator[Any]) -> None:
        self.items = items
        self.at_work = False

    def add(self, link: list[Any]) -> None:
        """Put the next item into a link, with the link after it."""
        if self.at_work:
            raise RuntimeError("cannot re-enter the tee iterator")
        self.at_work = True
        try:
            link += (next(self.items), [])
        finally:
            self.at_work = False


class _tee(Lazy):
    __slots__ = ("_link", "_shared")

    def __init__(self, shared: _Shared, link: list[Any]) -> None:
        # A link is an item and the link after it, or empty where nobody has come yet.
        self._shared, self._link = shared, link

    def __next__(self) -> Any:
        link = self._link
        if not link:
            self._shared.add(link)
        item, self._link = link
        return item


def tee(iterable: Any, n: int = 2, /) -> tuple[Any, ...]:
    """Several iterators over the same items"""
    n = operator.index(n)
    if n < 0:
        raise ValueError("n must be >= 0")
    shared = _Shared(iter(iterable))
    link: list[Any] = []
    return tuple([_tee(shared, link) for _ in range(n)])


OWN: dict[str, Callable[..., Any]] = {
    found.__name__: found
    for found in (
        accumulate,
        chain,
        count,
        cycle,
        groupby,
        islice,
        pairwise,
        tee,
        zip_longest,
    )
}
callable_iterator.__module__ = "builtins"
for _kind in (*OWN.values(), _grouper, _tee):
    _kind.__module__ = "itertools"
