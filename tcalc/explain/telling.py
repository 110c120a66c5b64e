"""A diagnosis on its way from one process to another, as JSON can say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.diagnosis.excerpt import Caller, Diagnosis, Label
from tcalc.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Sequence


def packed(diagnosis: Diagnosis) -> list[Any]:
    """A diagnosis as lists, numbers and text; sources as their names and texts."""
    cause = diagnosis.cause
    return [
        diagnosis.kind, diagnosis.message, _source(diagnosis.source), diagnosis.span,
        diagnosis.labels, diagnosis.hint,
        [[_source(c.source), c.span, c.function] for c in diagnosis.callers],
        None if cause is None else packed(cause), diagnosis.notes,
    ]  # fmt: skip


def unpacked(data: Sequence[Any], sources: Sequence[Source]) -> Diagnosis:
    """The diagnosis again. sources: those that are known, by name and text."""
    kind, message, source, span, labels, hint, callers, cause, notes = data
    known = {(s.name, s.text): s for s in sources}

    def found(packed: Sequence[str] | None) -> Source | None:
        return (
            None
            if packed is None
            else known.setdefault((packed[0], packed[1]), Source(packed[1], packed[0]))
        )

    return Diagnosis(
        kind, message, found(source), None if span is None else Span(*span),
        tuple([Label(Span(*at), text, primary) for at, text, primary in labels]), hint,
        tuple([Caller(known.get((s[0], s[1])) or Source(s[1], s[0]), Span(*at), name)
               for s, at, name in callers]),
        None if cause is None else unpacked(cause, sources), tuple(notes),
    )  # fmt: skip


def _source(source: Source | None) -> list[str] | None:
    return None if source is None else [source.name, source.text]
