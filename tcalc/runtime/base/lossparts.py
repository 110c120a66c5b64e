"""Which ops losses are made of: a difference, how large that is, and the sum or mean of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op

DIFFERENCE, SIZE, TOTAL = "difference", "size", "total"
_parts: dict[Op, str] = {}


def is_part(op: Op, part: str) -> None:
    """Say that the calls of an op are one of these parts of a loss."""
    _parts[op] = part


def part_of(op: Op) -> str | None:
    """Which part of a loss the calls of an op are, None for no such."""
    return _parts.get(op)
