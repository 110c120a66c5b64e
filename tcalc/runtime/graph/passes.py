"""What need not be done twice, or at all: passes over calls, or over steps. All keep results bit
for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.graph.evaluate import evaluated
from tcalc.runtime.graph.values import FRESH, INPUT, Value, holds_symbol, mapped

if TYPE_CHECKING:
    from tcalc.runtime.graph.call import Call, Graph
    from tcalc.runtime.graph.listing import E, Entry, Listing


def folded(graph: Graph) -> None:
    """Leave out calls on constants alone; what they give is constant too."""
    known = graph.constants

    def change(v: object) -> object:
        return known.get(v.number, v) if type(v) is Value else v

    kept = []
    for call in graph.calls:
        call.args = mapped(call.args, change)
        if any(v.number not in known for v in call.outs) and _is_constant(call):
            known.update(zip([v.number for v in call.outs], evaluated(call)))
        if not (call.outs and all(v.number in known for v in call.outs)):
            kept.append(call)
    graph.entries = kept


def _is_constant(call: Call) -> bool:
    """Whether a call gives the same whenever it is made."""
    return (
        call.op is not None
        and call.target is None
        and not (
            call.random or call.pinned or call.reads() or holds_symbol((call.args, call.kwargs))
        )
        and all(v.memory.kind == FRESH and not v.memory.writes for v in call.outs)
    )


def common(listing: Listing[E]) -> None:
    """Do what is done twice with the same operands once."""
    leaving = listing.leaving()
    seen: dict[Any, Entry] = {}
    kept = []
    for entry in listing.entries:
        listing.rename(entry)
        alone = entry.target is None and not entry.random and not entry.pinned
        fresh = all(v.memory.writes == 0 or v.memory.kind == INPUT for v in entry.outs)
        if not (alone and fresh and entry.outs):
            kept.append(entry)
            continue
        first = seen.setdefault(entry.key(), entry)
        if first is entry:
            kept.append(entry)
            continue
        shared = any(id(v.memory) in leaving for v in (*entry.outs, *first.outs))
        views = all(a.memory is b.memory for a, b in zip(entry.outs, first.outs))
        if (shared and not views) or len(entry.outs) != len(first.outs):
            kept.append(entry)
            continue
        listing.same.update({v.number: w for v, w in zip(entry.outs, first.outs)})
    listing.entries = kept


def unused(listing: Listing[E]) -> None:
    """Leave out what nothing depends on."""
    needed = {listing.value(v).number for v in listing.results}
    memories = listing.leaving()
    kept = []
    for entry in reversed(listing.entries):
        listing.rename(entry)
        target = entry.target
        wanted = entry.random or entry.pinned or any(v.number in needed for v in entry.outs)
        if target is not None:
            wanted = wanted or target.memory.kind == INPUT or id(target.memory) in memories
        if not wanted:
            continue
        for v in entry.reads() if target is None else [*entry.reads(), target]:
            needed.add(listing.value(v).number)
            memories.add(id(v.memory))
        memories.update(id(v.memory) for v in entry.outs)
        kept.append(entry)
    kept.reverse()
    listing.entries = kept
