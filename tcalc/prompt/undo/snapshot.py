"""What a session holds at one moment: every object that can be reached, and what each one holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.prompt.undo.parts import EMPTY, VARIABLES, Part, kind_of
from tcalc.runtime.base.threads import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcalc.prompt.undo.writes import Writes

# Objects that are looked at; what is beyond stays as a line leaves it.
MOST = 500_000
_PLAIN = frozenset(
    {int, float, complex, bool, str, bytes, type(None), type(...), range, slice, object}
)
# Containers of so many items are asked first whether there is nothing but plain values in them.
_MANY = 64


class Change:
    """A part of an object, and what it held."""

    __slots__ = ("held", "owner", "part")

    def __init__(self, owner: Any, part: Part, held: Any) -> None:
        self.owner = owner
        self.part = part
        self.held = held

    def swap(self) -> None:
        """Let the part hold that again, and keep what it held until now."""
        now = self.part.read(self.owner)
        self.part.write(self.owner, self.held)
        self.held = now

    def gone(self) -> list[Any]:
        """What it held and does not hold any more."""
        now = self.part.read(self.owner)
        if isinstance(self.held, dict):
            return [held for key, held in self.held.items() if now.get(key, self) is not held]
        kept = {*map(id, now)}
        return [held for held in self.held if id(held) not in kept]

    @property
    def is_one(self) -> bool:
        """Whether the part holds something else by now."""
        return not self.part.same(self.held, self.part.read(self.owner))


class Snapshot:
    """The parts of all that can be reached from a session's variables, each with what it holds.

    roots: what else to begin at. writes: is told of the memory that is reached. whole: False where there was too much.
    """

    def __init__(
        self, variables: dict[str, Any], roots: Iterable[Any], writes: Writes | None
    ) -> None:
        self.held: list[Change] = []
        self.whole = True
        self._writes = writes
        self._memory = _memory_types() if writes is not None else frozenset()
        self._seen: set[int] = {id(variables)}
        self._alive: list[Any] = []  # so that no id comes twice
        stack = list(roots)
        self._take(variables, VARIABLES, stack)
        uncollected.begin()  # nothing that comes about here is garbage
        try:
            self._walk(stack)
        finally:
            uncollected.end()
        self._seen.clear()
        self._alive.clear()

    def _walk(self, stack: list[Any]) -> None:
        seen, memory = self._seen, self._memory
        keep, pop = self._alive.append, stack.pop
        while stack:
            value = pop()
            key = id(value)
            if key in seen or type(value) in _PLAIN:
                continue
            seen.add(key)
            keep(value)
            if type(value) in memory:
                assert self._writes is not None
                self._writes.know(value, True)
                continue
            if len(seen) > MOST:
                self.whole = False
                return
            parts, beyond = kind_of(value)
            for part in parts:
                self._take(value, part, stack)
            if beyond is not None:
                stack += beyond(value)

    def _take(self, value: Any, part: Part, stack: list[Any]) -> None:
        held = part.read(value)
        self.held.append(Change(value, part, held))
        if part.ours:
            for each in held:
                if type(each) in self._memory:
                    if id(each) not in self._seen:
                        assert self._writes is not None
                        self._writes.know(each, False)
                elif each is not None and each is not EMPTY:
                    stack.append(each)
        elif type(held) is not list or len(held) < _MANY or not set(map(type, held)) <= _PLAIN:
            stack += part.inside(held)

    def changes(self) -> list[Change]:
        """What holds something else by now."""
        return [change for change in self.held if change.is_one]


def _memory_types() -> frozenset[type]:
    """Arrays of every device that is in use, and what waits to become one."""
    from numpy import ndarray

    from tcalc.runtime.lazy.pending import Pending

    cupy = sys.modules.get("cupy")
    return frozenset((ndarray, Pending) if cupy is None else (ndarray, Pending, cupy.ndarray))
