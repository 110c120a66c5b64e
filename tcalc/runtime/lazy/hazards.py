"""What has to be computed before memory changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.evaluate import evaluate, fill
from tcalc.runtime.lazy.exposure import is_marked, mark_exposed, owner
from tcalc.runtime.lazy.expression import LARGE, Expression, live, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.base.op import Array

_listeners: list[Listener] = []


class Listener:
    """Hears of every write to the memory of tensors before it is done, while it is open.

    before(array): is given what is about to be written to.
    """

    __slots__ = ("__weakref__", "before")
    node = None

    def __init__(self, before: Callable[[Array], object]) -> None:
        self.before = before

    def open(self) -> None:
        """Begin to hear: it stands among what waits, before which every write stops."""
        _listeners.append(self)
        live[id(self)] = self  # type: ignore[assignment]  # a Pending that nothing is to be done for

    def close(self) -> None:
        """Hear no more."""
        if self in _listeners:
            _listeners.remove(self)
        live.pop(id(self), None)


def expose(array: Array) -> None:
    """Note that memory is handed out: what reads it is computed, and later work is not deferred."""
    memory = owner(array)
    if _listeners or not is_marked(memory):  # else nothing that waits reads it any more
        mark_exposed(memory)
        before_write(array)


def before_write(array: Array) -> None:
    """Compute what still reads memory that is about to change.

    array: an array, or one whose work is being traced, which holds it.
    """
    if live:
        memory = getattr(array, "array", array)
        announce(memory)
        if len(live) > len(_listeners):
            settle_readers(held_readers(memory, ())[1])


def is_read(array: Array) -> bool:
    """Whether something that waits reads an array's memory."""
    return len(live) > len(_listeners) and bool(_reading(owner(array)))


def announce(memory: Array) -> None:
    """Tell those who listen that memory is about to change."""
    for listener in _listeners:
        listener.before(memory)


def held_readers(
    array: Array, within: Iterable[Expression]
) -> tuple[list[Expression], list[Expression]]:
    """The expressions that read some memory and that others hold: among `within`, and not."""
    inside = {id(p) for p in within}
    kept: list[Expression] = []
    outside: list[Expression] = []
    for p in _reading(owner(array)):
        (kept if id(p) in inside else outside).append(p)
    return kept, outside


def settle_readers(readers: list[Expression]) -> None:
    """Compute expressions, those of one shape together."""
    for p in readers:
        if p.size < LARGE:
            evaluate(p)
    for p in readers:
        if p.array is None:
            fill(*[q for q in readers if waits(q) and q.shape == p.shape and q.order == p.order])


def _reading(memory: Array) -> list[Expression]:
    """The held expressions whose value depends on the memory."""
    depends: dict[int, bool] = {}

    def reads(p: Expression) -> bool:
        found = depends.get(id(p))
        if found is None:
            found = depends[id(p)] = any(shows(v) for v in p.operands)
        return found

    def shows(value: Array) -> bool:
        if type(value) is not Expression:
            return owner(value) is memory
        return reads(value) if value.array is None else owner(value.array) is memory

    nodes = [p.node for p in list(live.values())]
    return [p for p in nodes if p is not None and reads(p)]
