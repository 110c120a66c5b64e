"""The results that a session remembers: `_`, and by number `_1`, `_2`, …"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What they may hold in tensors and arrays; the oldest ones that hold any are let go first.
HISTORY_BYTES = 256 << 20


class Results:
    """Puts results among a session's variables and takes old ones away."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.count = 0
        self._variables = variables
        self._sizes: dict[int, int] = {}

    def keep(self, value: Any) -> None:
        """Remember a result, and let go of old ones where all together are too large."""
        self.count += 1
        self._variables["_"] = self._variables[f"_{self.count}"] = value
        size = nbytes(value)
        if not size:
            return
        self._sizes[self.count] = size
        total = sum(self._sizes.values())
        for number in list(self._sizes):
            if total <= HISTORY_BYTES or number == self.count:
                break
            total -= self._sizes.pop(number)
            self._variables.pop(f"_{number}", None)


def nbytes(value: Any) -> int:
    """Roughly what a value holds in tensors and arrays, also inside tuples, lists and dicts."""
    if isinstance(value, (list, tuple)):
        return sum(nbytes(v) for v in value[:1000])
    if isinstance(value, dict):
        return sum(nbytes(v) for v in list(value.values())[:1000])
    if type(value).__module__.startswith(("tcalc.runtime", "numpy", "torch")):
        size = getattr(value, "nbytes", 0)
        return size if type(size) is int else 0
    return 0
