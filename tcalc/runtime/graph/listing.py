"""Work in the order in which it is done: calls of ops, or the array steps that they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.graph.values import INPUT, Constant, Value, each, mapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcalc.runtime.graph.values import Memory


class Entry:
    """One piece of work.

    args, kwargs: with Values and Constants in place of arrays. outs: the values that it gives.
    target: the value that it writes into, or None. versions: how often the memories of what it
    reads had been written to. random: whether it gives something else each time. pinned: whether it
    stays whoever needs what it gives.
    """

    __slots__ = ("args", "kwargs", "outs", "pinned", "random", "target", "versions")

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(
        self, args: tuple[object, ...], kwargs: dict[str, object], target: Value | None
    ) -> None:
        self.args = args
        self.kwargs = kwargs
        self.target = target
        self.outs: tuple[Value, ...] = ()
        self.random = False
        self.pinned = False
        self.versions: tuple[int, ...] = ()

    def reads(self) -> list[Value]:
        """The values among its arguments."""
        found: list[Value] = []
        each((self.args, self.kwargs), lambda v: found.append(v) if type(v) is Value else None)
        return found

    if TYPE_CHECKING:
        # What is done, apart from what it is done to: each kind of entry says it.
        def what(self) -> object: ...

    def key(self) -> object:
        """Two that have the same give the same."""
        return self.what(), key_of(self.args), key_of(self.kwargs), self.versions


E = TypeVar("E", bound=Entry)


class Listing(Generic[E]):
    """Entries in order. results: the values that leave, each in memory of its own. same: by number,
    the values that stand for others that nothing gives any more."""

    def __init__(self, entries: Iterable[E] = (), results: Iterable[Value] = ()) -> None:
        self.entries = list(entries)
        self.results = list(results)
        self.same: dict[int, Value] = {}

    def value(self, value: Value) -> Value:
        """The value that stands for another."""
        while value.number in self.same:
            value = self.same[value.number]
        return value

    def leaving(self) -> set[int]:
        """The ids of memories that leave."""
        return {id(self.value(v).memory) for v in self.results}

    def rename(self, entry: E) -> None:
        """Let an entry read the values that stand for its own."""

        def change(v: object) -> Any:
            return self.value(v) if type(v) is Value else v

        entry.args = mapped(entry.args, change)
        entry.kwargs = mapped(entry.kwargs, change)
        entry.target = change(entry.target)


def is_written(memory: Memory) -> bool:
    """Whether memory may change between two reads."""
    return memory.kind == INPUT or memory.writes > 0


def key_of(value: object) -> object:
    """What an argument is, to be compared: values by number, small constants by what is in them."""
    if type(value) is Value:
        return ("%", value.number)
    if type(value) is Constant:
        a = value.array
        small = a.size <= 64
        return (a.dtype, a.shape, a.strides, a.tobytes()) if small else id(value)
    if isinstance(value, Symbol):
        return id(value)
    if isinstance(value, (tuple, list)):
        return (type(value), *map(key_of, value))
    if type(value) is slice:
        return ("slice", key_of(value.start), key_of(value.stop), key_of(value.step))
    if isinstance(value, dict):
        return tuple((k, key_of(v)) for k, v in value.items())
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value), repr(value) if isinstance(value, (float, complex)) else value)
