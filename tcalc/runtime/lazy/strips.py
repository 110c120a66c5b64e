"""Work on columns in strips of neighbours, which threads take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.program import spread

if TYPE_CHECKING:
    from collections.abc import Callable

# So many columns are together, and so many elements: calls for fewer cost more than they do.
_LEAST, FEW = 256, 1 << 12
# What forms of rows and columns cost an element, in passes of plain arithmetic.
COST = 8


def over_columns(work: Callable[[int, slice], None], outer: int, columns: int, size: int) -> None:
    """Call `work(k, some)` for some neighbouring columns of each k below `outer`, in threads where that
    pays. size: how many elements there are in all."""
    wide = max(_LEAST, -(-columns // threads.number()))
    pieces = -(-columns // wide)

    def piece(i: int) -> None:
        k, part = divmod(i, pieces)
        work(k, slice(part * wide, min((part + 1) * wide, columns)))

    spread(piece, outer * pieces, size * COST)
