"""Losses of rows of scores against the rows' classes, and their gradients, in passes over each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import polynomials
from tcalc.runtime.lazy.compiled.code import V
from tcalc.runtime.lazy.compiled.layouts import MOVING, STANDING
from tcalc.runtime.lazy.compiled.rowforms import INF, TOP, Form, total_of_powers

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.rowwise import Rows

# The type of classes.
_WHOLE = "i64"
# The loss of a row whose class is not there: no other row has it.
OUTSIDE = -INF


def _class(rows: Rows, k: int) -> tuple[V, V]:
    """The row's class in each element, 0 where it is not there, and whether it is."""
    code = rows.code
    given = rows.number(k)
    there = code.test("icmp ult", given, rows.count)
    return code.select(there, given, 0), there


def _place(rows: Rows, k: int, at: V) -> str:
    """Where an array has the row's element of a number."""
    code = rows.code
    one = code.line(f"extractelement {code.vector(at.type)} {at.name}, i64 0")
    return code.line(f"getelementptr {rows.kinds[k]}, ptr %at{k}, i64 {one}")


def _losses(rows: Rows, kind: str) -> None:
    """Arrays: scores, classes; the losses, and where they are kept exp(score - the greatest of the row)
    and for each row their sum."""
    code, kept = rows.code, len(rows.kinds) > 3
    top = rows.fold(TOP, kind, lambda place: place.load(0))
    total = total_of_powers(rows, kind, top, 3 if kept else None)
    at, there = _class(rows, 1)
    own = code.load_one(_place(rows, 0, at), kind)
    loss = code.op("fsub", polynomials.log(code, total), code.op("fsub", own, top))
    rows.put(2, code.select(there, loss, OUTSIDE))
    if kept:
        rows.put(4, total)


def _slopes(rows: Rows, kind: str) -> None:
    """Arrays: what losses kept of the scores, a factor for each row, what is taken away from the element
    of the row's class, classes; the gradient."""
    code, factor = rows.code, rows.number(1)
    rows.each(lambda place: place.store(4, code.op("fmul", place.load(0), factor)))
    at, there = _class(rows, 3)
    own = _place(rows, 4, at)
    before = code.load_one(own, kind)
    after = code.select(there, code.op("fsub", before, rows.number(2)), before)
    one = code.line(f"extractelement {code.vector(kind)} {after.name}, i64 0")
    code.do(f"store {kind} {one}, ptr {own}, align 1")


LOSSES = Form(_losses, MOVING + STANDING * 2, ("", _WHOLE, ""), "class_losses")
LOSSES_KEPT = Form(
    _losses,
    MOVING + STANDING * 2 + MOVING + STANDING,
    ("", _WHOLE, "", "", ""),
    "class_losses_kept",
)
SLOPES = Form(_slopes, MOVING + STANDING * 3 + MOVING, ("", "", "", _WHOLE, ""), "class_slopes")
# Those that an installation has, and how many of their arrays are results.
INSTALLED = {LOSSES: 1, LOSSES_KEPT: 3, SLOPES: 1}
