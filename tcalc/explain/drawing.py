"""Rows as a tree for a terminal."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from tcalc.diagnosis.columns import display_width
from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.explain.rows import Row

# Remarks stand beside what they are of where there is room for so much.
_LEAST = 20


def drawn(rows: Sequence[Row], width: int, colour: bool) -> str:
    """The rows one below the other, what is part of one on branches under it."""
    lines = [line for row in rows for line in _lines(row, "", "", True)]
    most = max(24, width // 2)
    labels = [_fit(lead + row.label, most) for lead, _, row in lines]
    left = max(map(display_width, labels))
    middle = max(len(row.value) for *_, row in lines)
    room = width - left - middle - 4
    made: list[str] = []
    for (lead, below, row), label in zip(lines, labels):
        text = "; ".join(row.remarks)
        gap = " " * (left - display_width(label))
        head = _painted(lead, label[len(lead) :], colour) + gap
        value = f"  {paint(row.value, 'value') if colour else row.value}"
        if not text or room >= _LEAST:
            beside = wrap(text, max(room, _LEAST)) or [""]
            pad = " " * (middle - len(row.value) + 2)
            made.append(f"{head}{value}{pad}{_dim(beside[0], colour)}".rstrip())
            indent = below.ljust(left + middle + 4)
            made += [f"{_dim(indent, colour)}{_dim(more, colour)}" for more in beside[1:]]
        else:
            made.append(f"{head}{value}".rstrip())
            indent = f"{below}    "
            made += [
                f"{_dim(indent, colour)}{_dim(more, colour)}"
                for more in wrap(text, max(width - len(indent), _LEAST))
            ]
    return "\n".join(made)


def _lines(row: Row, lead: str, below: str, last: bool) -> Iterator[tuple[str, str, Row]]:
    """Each row with what stands left of it, and left of what continues it."""
    parts = row.parts
    yield lead, below + ("│ " if parts else "  "), row
    for at, part in enumerate(parts):
        ends = at == len(parts) - 1
        yield from _lines(
            part, below + ("╰─" if ends else "├─"), below + ("  " if ends else "│ "), ends
        )


def _fit(text: str, most: int) -> str:
    return text if display_width(text) <= most else text[: most - 1] + "…"


def _painted(lead: str, label: str, colour: bool) -> str:
    return paint(lead, "faint") + paint(label, "strong") if colour else lead + label


def _dim(text: str, colour: bool) -> str:
    return paint(text, "faint") if colour and text.strip() else text
