"""The results that a session remembers: `_`, and by number `_1`, `_2`, …"""

from __future__ import annotations

from itertools import islice
from sys import getsizeof

from tcalc.language.classes import is_users
from tcalc.runtime.base.known import is_array_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# What they may hold in memory; the oldest ones are let go first.
HISTORY_BYTES = 256 << 20
# What a remembered result takes beside its value: two names and their places.
_ENTRY = 256
_SIMPLE = frozenset({int, float, bool, complex, str})
_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, set, frozenset)
# Of what is very long so many parts are looked at, and the rest is taken to be like them.
_LOOKED_AT = 1000


class Results:
    """Puts results among a session's variables and takes old ones away."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self._variables = variables
        self.forget()

    def forget(self) -> None:
        """Begin anew, where the variables are gone."""
        self.count = 0
        # By number what a result holds: the id of each block of memory and its bytes. Views of one
        # tensor hold the same block, which counts once.
        self._held: dict[int, dict[int, int]] = {}
        self._holders: dict[int, int] = {}
        self._total = 0

    def keep(self, value: Any) -> None:
        """Remember a result, and let go of old ones where all together are too large."""
        self.count += 1
        self._variables["_"] = self._variables[f"_{self.count}"] = value
        held = self._held[self.count] = blocks(value)
        for block, size in held.items():
            holders = self._holders[block] = self._holders.get(block, 0) + 1
            self._total += size if holders == 1 else 0
        while self._total + _ENTRY * len(self._held) > HISTORY_BYTES and len(self._held) > 1:
            self._let_go(next(iter(self._held)))

    def numbered(self) -> dict[int, Any]:
        """The results that are still there, by number."""
        return {number: self._variables.get(f"_{number}") for number in self._held}

    def told_of(self, number: int) -> str:
        """Why there is no result of this number."""
        if number <= self.count:
            size = f"{HISTORY_BYTES >> 20} MiB"
            return (
                f"it is gone: the latest results are kept, as far as they hold no more than {size}"
            )
        return f"the last result is `_{self.count}`" if self.count else "there are no results yet"

    def _let_go(self, number: int) -> None:
        for block, size in self._held.pop(number).items():
            self._holders[block] -= 1
            if not self._holders[block]:
                del self._holders[block]
                self._total -= size
        self._variables.pop(f"_{number}", None)


def blocks(value: Any) -> dict[int, int]:
    """Roughly the memory that a value keeps alive: the id of each block and its bytes.

    No code of a program's runs.
    """
    if type(value) in _SIMPLE:
        return {id(value): getsizeof(value)}
    found: dict[int, int] = {}
    pending = [value]
    while pending and len(found) < _LOOKED_AT:
        part = pending.pop()
        array = _array(part)
        if array is not None:
            found[id(array)] = int(array.nbytes)
        elif id(part) not in found:
            found[id(part)] = getsizeof(part)
            inside = list(islice(_parts(part), _LOOKED_AT // 4))
            if inside and len(inside) < (count := _count(part)):
                # What is not looked at is taken to be like what is.
                sizes = {id(each): getsizeof(each) for each in inside}
                found[id(part)] += sum(sizes.values()) * (count // len(inside) - 1)
            pending += inside
    return found


def _array(value: Any) -> Any:
    """What owns the memory of a tensor or an array; None for anything else."""
    if is_users(type(value)) or not is_array_like(value):
        return None
    try:
        array = getattr(value, "_d", value)
    except ValueError:  # a parameter that has no shape yet
        return None
    if not hasattr(array, "nbytes"):
        return value if hasattr(value, "nbytes") else None  # it waits to be computed
    while type(base := getattr(array, "base", None)) is type(array):
        array = base
    return array


def _parts(value: Any) -> Iterator[Any]:
    """What is in a container, or in an object with attributes of its own."""
    base = next((b for b in _CONTAINERS if isinstance(value, b)), None)
    if base is dict:
        return (part for pair in dict.items(value) for part in pair)
    if base is not None:
        return iter(base.__iter__(value))
    try:
        return iter(object.__getattribute__(value, "__dict__").values())
    except AttributeError:
        return iter(())


def _count(value: Any) -> int:
    base = next((b for b in _CONTAINERS if isinstance(value, b)), None)
    return base.__len__(value) * (2 if base is dict else 1) if base is not None else 0
