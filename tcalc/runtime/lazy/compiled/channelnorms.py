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


def _products(rows: Rows, kind: str) -> None:
    """Arrays: two inputs, and a number for each row; for each row the sums of the first, and of its
    products with the second less the number."""
    code, mean = rows.code, rows.number(2)

    def values(place: Place) -> list[V]:
        given = place.load(0)
        return [given, code.op("fmul", given, code.op("fsub", place.load(1), mean))]

    for k, total in enumerate(rows.folds([(SUM, kind)] * 2, values)):
        rows.put(3 + k, total)


def _combined(rows: Rows, kind: str) -> None:
    """Arrays: two inputs; for each row a number to take from the second, factors of both, and what is
    added; the result."""
    code = rows.code
    mean, first, second, shift = [rows.number(k) for k in range(2, 6)]

    def body(place: Place) -> None:
        rest = code.op("fsub", place.load(1), mean)
        found = code.op("fadd", code.op("fmul", rest, second), shift)
        place.store(6, code.op("fadd", code.op("fmul", place.load(0), first), found))

    rows.each(body)


SUMS_DOWN = Form(_sums_down, MOVING + REPEATED, ("float", _DOUBLE))
SQUARES_DOWN = Form(_squares_down, MOVING + REPEATED * 2, ("float", "float", _DOUBLE))
SCALED_DOWN = Form(_scaled(False), MOVING + REPEATED * 3 + MOVING)
MOMENTS = Form(_moments, MOVING + STANDING * 3)
SCALED = Form(_scaled(True), MOVING + STANDING * 3 + MOVING)
PRODUCTS = Form(_products, MOVING * 2 + STANDING * 3)
COMBINED = Form(_combined, MOVING * 2 + STANDING * 4 + MOVING)
