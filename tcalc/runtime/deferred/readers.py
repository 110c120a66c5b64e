"""What has to be computed before memory changes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.runtime.deferred.exposure import mark_exposed, owner
from tcalc.runtime.deferred.pending import LARGE, Pending, compute, live, waits

if TYPE_CHECKING:
    from collections.abc import Iterable


def expose(array: Any) -> None:
    """Note that memory is handed out: what reads it is computed, and later work is not deferred."""
    mark_exposed(owner(array))
    before_write(array)


def before_write(array: Any) -> None:
    """Compute what still reads memory that is about to change.

    array: an array, or one whose work is being traced, which holds it.
    """
    if live:
        memory = array.array if isinstance(array, Pending) else array
        settle_readers(held_readers(memory, ())[1])


def held_readers(array: Any, within: Iterable[Pending]) -> tuple[list[Pending], list[Pending]]:
    """The Pendings that read some memory and that others hold: among the nodes `within`, and not."""
    affected = _reading(owner(array))
    if not affected:
        return [], []
    used = uses()
    inside = {id(p) for p in within}
    kept: list[Pending] = []
    outside: list[Pending] = []
    while affected:
        p = affected.pop()
        # Known to this name, to getrefcount, to `within` and to the expressions that use it.
        others = sys.getrefcount(p) - 2 - (id(p) in inside) - used.get(id(p), 0)
        if others > 0:
            (kept if id(p) in inside else outside).append(p)
    return kept, outside


def settle_readers(readers: list[Pending]) -> None:
    """Compute Pendings, those of one shape together."""
    from tcalc.runtime.deferred.program import fill

    for p in readers:
        if p.array is None and p.size < LARGE:
            compute(p)
    for p in readers:
        if p.array is None:
            fill(*[q for q in readers if waits(q) and q.shape == p.shape and q.order == p.order])


def uses() -> dict[int, int]:
    """How often each Pending is an operand of another, by id."""
    found: dict[int, int] = {}
    for p in live.values():
        for v in p.operands:
            if type(v) is Pending:
                found[id(v)] = found.get(id(v), 0) + 1
    return found


def _reading(memory: Any) -> list[Pending]:
    """The Pendings whose value depends on the memory."""
    depends: dict[int, bool] = {}

    def reads(p: Pending) -> bool:
        found = depends.get(id(p))
        if found is None:
            found = depends[id(p)] = any(shows(v) for v in p.operands)
        return found

    def shows(value: Any) -> bool:
        if type(value) is not Pending:
            return owner(value) is memory
        return reads(value) if value.array is None else owner(value.array) is memory

    return [p for p in list(live.values()) if reads(p)]
