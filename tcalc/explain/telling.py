"""A diagnosis on its way from one process to another, as JSON can say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.diagnosis import excerpt
from tcalc.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.diagnosis.excerpt import Diagnosis

# The named tuples that a diagnosis is made of, by their names.
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Span, *vars(excerpt).values())
    if isinstance(kind, type) and issubclass(kind, tuple)
}


def packed(value: Any) -> Any:
    """A diagnosis as lists, each with what it was in front; a source as its name and its text."""
    if isinstance(value, Source):
        return ["Source", value.name, value.text]
    if isinstance(value, tuple):
        return [type(value).__name__, *map(packed, value)]
    return value


def unpacked(data: Sequence[Any], sources: Sequence[Source]) -> Diagnosis:
    """The diagnosis again. sources: those that are known, by name and text."""
    known = {(s.name, s.text): s for s in sources}

    def made(data: Any) -> Any:
        if not isinstance(data, list):
            return data
        kind, *parts = data
        if kind == "Source":
            name, text = parts
            return known.setdefault((name, text), Source(text, name))
        values = map(made, parts)
        return _KINDS[kind](*values) if kind in _KINDS else tuple(values)

    found: Diagnosis = made(data)
    return found
