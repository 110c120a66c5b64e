"""Where the greatest or the least of each column is. nan is either, the first of several equal ones counts,
as with NumPy, which has vectors for rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED
from tcalc.runtime.lazy.compiled.rowforms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows

INF = float("inf")
TYPES = ("float", "double", "i32", "i64")
_INDEX = "i32"


def worst(kind: str, greatest: bool) -> float:
    """What no number of a type is behind."""
    if kind in ("float", "double"):
        return -INF if greatest else INF
    most = 1 << int(kind[1:]) - 1
    return -most if greatest else most - 1


def _is_ahead(code: Code, x: V, best: V, greatest: bool) -> V:
    """Whether an element takes the place of the best so far."""
    how = "gt" if greatest else "lt"
    if x.type not in ("float", "double"):
        return code.test(f"icmp s{how}", x, best)
    return code.op("and", code.test(f"fcmp u{how}", x, best), code.test("fcmp ord", best, best))


def _down(greatest: bool) -> Callable[[Rows, str], None]:
    """Arrays: the input, for each column the best of the rows before and its row."""

    def write(rows: Rows, kind: str) -> None:
        code = rows.code

        def body(place: Place) -> None:
            x, sofar = place.load(0), place.load(1)
            ahead = _is_ahead(code, x, sofar, greatest)
            place.store(1, code.select(ahead, x, sofar))
            place.store(2, code.select(ahead, rows.index(_INDEX), place.load(2)))

        rows.each(body)

    return write


# By whether it is the greatest.
DOWN = {
    greatest: Form(_down(greatest), MOVING + REPEATED * 2, ("", "", _INDEX), types=TYPES)
    for greatest in (True, False)
}
