"""What a traced function can change: containers, and what they held before."""

from __future__ import annotations

from types import CellType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a plan gives where its guard does not hold.
MISS: Any = type("Miss", (), {"__repr__": lambda self: "<miss>"})()
# The key of what is in a cell.
CELL: Any = type("Cell", (), {"__repr__": lambda self: "cell"})()


class Held:
    """What a container held when it was walked. name: the guard's variable for it; labels: how a
    program would write where its numbers are."""

    __slots__ = ("container", "items", "labels", "name")

    def __init__(self, name: str, container: Any, items: dict[Any, Any]) -> None:
        self.name = name
        self.container = container
        self.items = items
        self.labels: dict[Any, str] = {}

    def put(self, key: Any, value: object) -> None:
        """Let another value be there."""
        container = self.container
        if key is CELL:
            container.cell_contents = value
        else:
            (container.table if type(container) is Globals else container)[key] = value

    def changes(self) -> Iterator[tuple[object, object]]:
        """The keys that hold something else now, and what; MISS for what is gone."""
        now = contents(self.container)
        for key, value in now.items():
            if key not in self.items or not _same(self.items[key], value):
                yield key, value
        for key in self.items:
            if key not in now:
                yield key, MISS


def contents(container: Any) -> dict[Any, Any]:
    """What a container holds, by key."""
    if isinstance(container, dict):
        return dict(container)
    if type(container) is CellType:
        try:
            return {CELL: container.cell_contents}
        except ValueError:
            return {}
    if type(container) is Globals:
        return container.contents()
    return dict(enumerate(container))


def _same(a: object, b: object) -> bool:
    return a is b or (type(a) is type(b) and type(a) in (int, float, str, bool) and a == b)


class Globals:
    """The global names that a function and what it calls may use."""

    __slots__ = ("names", "table")

    def __init__(self, table: dict[str, object]) -> None:
        self.table = table
        self.names: set[str] = set()

    def contents(self) -> dict[str, object]:
        """Those that there are."""
        return {n: self.table[n] for n in self.names if n in self.table}
