"""Running sums and products of single floats, in double: along rows, and down the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED
from tcalc.runtime.lazy.compiled.rowforms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows

_SINGLE, _DOUBLE = "float", "double"


def _along(what: str, neutral: float) -> Callable[[Rows, str], None]:
    """Arrays: the input, the result. Each element takes in its neighbour, what came of that those two
    before, and so on; a vector then what is before it."""

    def write(rows: Rows, kind: str) -> None:
        code = rows.code
        before = rows.variable(_DOUBLE, neutral)
        kept = code.constant(neutral, _DOUBLE)

        def body(place: Place) -> None:
            value = code.convert("fpext", place.load(0), _DOUBLE)
            step = 1
            while step < code.lanes:
                # Lanes from `code.lanes` on are those of the second vector.
                lanes = [i - step if i >= step else code.lanes for i in range(code.lanes)]
                value = code.op(what, value, code.shuffled(value, kept, lanes))
                step *= 2
            value = code.op(what, value, code.kept(before, _DOUBLE))
            code.keep(before, code.shuffled(value, value, [code.lanes - 1] * code.lanes))
            place.store(1, code.convert("fptrunc", value, kind))

        rows.each(body)

    return write


def _down(what: str) -> Callable[[Rows, str], None]:
    """Arrays: the input, what came of the rows before, the result."""

    def write(rows: Rows, kind: str) -> None:
        code = rows.code

        def body(place: Place) -> None:
            value = code.op(what, place.load(1), code.convert("fpext", place.load(0), _DOUBLE))
            place.store(1, value)
            place.store(2, code.convert("fptrunc", value, kind))

        rows.each(body)

    return write


_DOWN = MOVING + REPEATED + MOVING
_KINDS = (_SINGLE, _DOUBLE, _SINGLE)
SUMS = Form(_along("fadd", 0), MOVING * 2)
PRODUCTS = Form(_along("fmul", 1), MOVING * 2)
SUMS_DOWN = Form(_down("fadd"), _DOWN, _KINDS)
PRODUCTS_DOWN = Form(_down("fmul"), _DOWN, _KINDS)
