"""Softmax and its kin down columns: passes over all rows, each of which is added to one row beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import polynomials
from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED
from tcalc.runtime.lazy.compiled.rowforms import WIDE, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows


def _form(layout: str, body: Callable[[Code, Place], None], kinds: tuple[str, ...] = ()) -> Form:
    def write(rows: Rows, kind: str) -> None:
        rows.each(lambda place: body(rows.code, place))

    return Form(write, layout, kinds)


def _power(code: Code, place: Place) -> V:
    """exp(x - shift) of the first two arrays, which is added to the third."""
    power = polynomials.exp(code, code.op("fsub", place.load(0), place.load(1)))
    place.store(2, code.op("fadd", place.load(2), power))
    return power


def _powers(code: Code, place: Place) -> None:
    _power(code, place)


def _powers_kept(code: Code, place: Place) -> None:
    place.store(3, _power(code, place))


def _shares(code: Code, place: Place) -> None:
    place.store(0, code.op("fdiv", place.load(0), place.load(1)))


def _less(code: Code, place: Place) -> None:
    """x - shift - logarithm."""
    rest = code.op("fsub", place.load(0), place.load(1))
    place.store(3, code.op("fsub", rest, place.load(2)))


def _logarithms(code: Code, place: Place) -> None:
    """log(total) in its place, which -inf alone has come to where there was nothing to add."""
    place.store(0, polynomials.log(code, place.load(0)))


def _products(code: Code, place: Place) -> None:
    product = code.op("fmul", place.load(0), place.load(1))
    place.store(2, code.op("fadd", place.load(2), product))


def _softmax_slope(code: Code, place: Place) -> None:
    rest = code.op("fsub", place.load(0), place.load(2))
    place.store(3, code.op("fmul", place.load(1), rest))


def _squares(code: Code, place: Place) -> None:
    rest = code.op("fsub", code.convert("fpext", place.load(0), WIDE), place.load(1))
    place.store(2, code.op("fadd", place.load(2), code.op("fmul", rest, rest)))


def _sums(code: Code, place: Place) -> None:
    place.store(1, code.op("fadd", place.load(1), place.load(0)))


def _log_softmax_slope(code: Code, place: Place) -> None:
    share = code.op("fmul", polynomials.exp(code, place.load(1)), place.load(2))
    place.store(3, code.op("fsub", place.load(0), share))


# Arrays: the input, its greatest elements, the sums of the powers; what takes the powers.
POWERS = _form(MOVING + REPEATED * 2, _powers)
POWERS_KEPT = _form(MOVING + REPEATED * 2 + MOVING, _powers_kept)
# Arrays: what is divided, by what.
SHARES = _form(MOVING + REPEATED, _shares)
# Arrays: what becomes its logarithm.
LOGARITHMS = _form(MOVING, _logarithms)
# Arrays: the input, its greatest elements, logarithms, the result.
LESS = _form(MOVING + REPEATED * 2 + MOVING, _less)
# Arrays: two that are multiplied (one), and the sums. Then: the gradient, the result of the op, the sums,
# and what takes the slope.
PRODUCTS = _form(MOVING * 2 + REPEATED, _products)
SUMS = _form(MOVING + REPEATED, _sums)
SOFTMAX_SLOPE = _form(MOVING * 2 + REPEATED + MOVING, _softmax_slope)
LOG_SOFTMAX_SLOPE = _form(MOVING * 2 + REPEATED + MOVING, _log_softmax_slope)
# Arrays: the input, what is taken away from it, what takes the sums of the squares of that: both in double.
SQUARES = _form(MOVING + REPEATED * 2, _squares, ("", WIDE, WIDE))
