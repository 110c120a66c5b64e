"""Channels brought to mean 0 and variance 1: what adds them up, and what is made of the sums. A channel is
a column, or a row in each of several examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.rowforms import SUM, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows

_DOUBLE = "double"


def _sums_down(rows: Rows, kind: str) -> None:
    """Arrays: the input, and in double the sums of the rows, which these are added to."""
    code = rows.code

    def body(place: Place) -> None:
        x = code.convert("fpext", place.load(0), _DOUBLE)
        place.store(1, code.op("fadd", place.load(1), x))

    rows.each(body)


def _squares_down(rows: Rows, kind: str) -> None:
    """Arrays: the input, the columns' means, and in double the sums of the squares around them."""
    code = rows.code

    def body(place: Place) -> None:
        rest = code.op("fsub", place.load(0), place.load(1))
        square = code.convert("fpext", code.op("fmul", rest, rest), _DOUBLE)
        place.store(2, code.op("fadd", place.load(2), square))

    rows.each(body)


def _moments(rows: Rows, kind: str) -> None:
    """Arrays: the input, a mean for each row; for each row the sums of what is left, and of its squares."""
    code, mean = rows.code, rows.number(1)

    def values(place: Place) -> list[V]:
        rest = code.op("fsub", place.load(0), mean)
        return [rest, code.op("fmul", rest, rest)]

    total, squares = rows.folds([(SUM, kind)] * 2, values)
    rows.put(2, total)
    rows.put(3, squares)


def _scaled(standing: bool) -> Callable[[Rows, str], None]:
    """Arrays: the input, means, factors, what is added, the result."""

    def write(rows: Rows, kind: str) -> None:
        code = rows.code
        numbers = [rows.number(k) for k in (1, 2, 3)] if standing else []

        def body(place: Place) -> None:
            mean, scale, shift = numbers or [place.load(k) for k in (1, 2, 3)]
            found = code.op("fmul", code.op("fsub", place.load(0), mean), scale)
            place.store(4, code.op("fadd", found, shift))

        rows.each(body)

    return write


SUMS_DOWN = Form(_sums_down, MOVING + REPEATED, ("float", _DOUBLE))
SQUARES_DOWN = Form(_squares_down, MOVING + REPEATED * 2, ("float", "float", _DOUBLE))
SCALED_DOWN = Form(_scaled(False), MOVING + REPEATED * 3 + MOVING)
MOMENTS = Form(_moments, MOVING + STANDING * 3)
SCALED = Form(_scaled(True), MOVING + STANDING * 3 + MOVING)
