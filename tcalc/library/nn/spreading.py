"""Numbers for each of several dimensions: what layers of one's own are written with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable


def _spread(name: str, count: int) -> Callable[[object], tuple[object, ...]]:
    def spread(x: object) -> tuple[object, ...]:
        """As many of a value as there are dimensions; what is several already, as a tuple."""
        return tuple(x) if isinstance(x, Iterable) else (x,) * count

    spread.__name__ = spread.__qualname__ = name
    export(f"torch.nn.modules.utils.{name}", value=spread)
    return spread


for _count, _name in enumerate(("_single", "_pair", "_triple", "_quadruple"), 1):
    _spread(_name, _count)
