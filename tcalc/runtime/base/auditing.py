"""What is done where a call stretches its operands to one shape: nothing, a warning, or an error."""

from __future__ import annotations


class Auditing:
    """level: "warn" or "error", None where broadcasting is allowed. told: the places of programs that
    were warned of. closed: whether short paths are, which do not ask.
    """

    __slots__ = ("closed", "level", "told")

    def __init__(self) -> None:
        self.level: str | None = None
        self.closed = False
        self.told: set[object] = set()


auditing = Auditing()
