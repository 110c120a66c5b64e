"""What is made of whole rows, in passes over each while it is in the cache: softmax and its kin, norms of
layers, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.runtime.lazy.compiled import polynomials
from tcalc.runtime.lazy.compiled.layouts import MOVING, STANDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows

INF = float("inf")
# The type that means and variances of single floats are added up in.
WIDE = "double"


class Fold(NamedTuple):
    """How two values become one, and what changes none of them, by their type."""

    combine: Callable[[Code, V, V], V]
    neutral: Callable[[str], float]


class Form(NamedTuple):
    """What is made of rows. write: its passes, for a type of elements. layout: how its arrays lie.
    kinds: the types of their elements, where they are not all of that one ("" are). name: what an
    installation has it by, for arrays of every size. types: of which elements there is such a form."""

    write: Callable[[Rows, str], None]
    layout: str
    kinds: tuple[str, ...] = ()
    name: str = ""
    types: tuple[str, ...] = ("float",)


SUM = Fold(lambda code, a, b: code.op("fadd", a, b), lambda kind: 0.0)


def _greater(code: Code, a: V, b: V) -> V:
    """The greater of two; where one is nan, either: the sum of powers is nan then."""
    return code.select(code.test("fcmp ogt", a, b), a, b)


TOP = Fold(_greater, lambda _: -INF)


def total_of_powers(rows: Rows, kind: str, shift: V, into: int | None = None) -> V:
    """The sum of exp(x - shift) over a row; into: the array that takes them."""
    code = rows.code

    def powers(place: Place) -> V:
        power = polynomials.exp(code, code.op("fsub", place.load(0), shift))
        if into is not None:
            place.store(into, power)
        return power

    return rows.fold(SUM, kind, powers)


def _softmax(rows: Rows, kind: str) -> None:
    """Arrays: the input, the result."""
    top = rows.fold(TOP, kind, lambda place: place.load(0))
    total = total_of_powers(rows, kind, top, 1)
    rows.each(lambda place: place.store(1, rows.code.op("fdiv", place.load(1), total)))


def _attention(rows: Rows, kind: str) -> None:
    """Arrays: scores, the weights that softmax makes of them. A row of -inf alone has weights 0."""
    code = rows.code
    top = rows.fold(TOP, kind, lambda place: place.load(0))
    shift = code.select(code.test("fcmp oeq", top, -INF), 0, top)
    total = total_of_powers(rows, kind, shift, 1)
    total = code.select(code.test("fcmp oeq", total, 0), 1, total)
    rows.each(lambda place: place.store(1, code.op("fdiv", place.load(1), total)))


def _attention_slope(dropped: bool) -> Callable[[Rows, str], None]:
    """Arrays: the gradient by the weights; what dropout multiplied those by, if it did; the weights; the
    gradient by the scores."""

    def write(rows: Rows, kind: str) -> None:
        code, weights = rows.code, 1 + dropped

        def part(place: Place) -> V:
            slope = place.load(0)
            if dropped:
                slope = code.op("fmul", slope, place.load(1))
            return code.op("fmul", slope, place.load(weights))

        total = rows.fold(SUM, kind, part)

        def body(place: Place) -> None:
            rest = code.op("fmul", place.load(weights), total)
            place.store(weights + 1, code.op("fsub", part(place), rest))

        rows.each(body)

    return write


def _log_softmax(rows: Rows, kind: str) -> None:
    """Arrays: the input, the result."""
    code = rows.code
    top = rows.fold(TOP, kind, lambda place: place.load(0))
    logarithm = polynomials.log(code, total_of_powers(rows, kind, top))

    def body(place: Place) -> None:
        place.store(1, code.op("fsub", code.op("fsub", place.load(0), top), logarithm))

    rows.each(body)


def _logsumexp(rows: Rows, kind: str) -> None:
    """Arrays: the input, a number for each row."""
    code = rows.code
    top = rows.fold(TOP, kind, lambda place: place.load(0))
    shift = code.select(code.test("fcmp oeq", code.call("llvm.fabs", top), INF), 0, top)
    total = total_of_powers(rows, kind, shift)
    rows.put(1, code.op("fadd", polynomials.log(code, total), shift))


def _softmax_slope(rows: Rows, kind: str) -> None:
    """Arrays: the incoming gradient, the result of softmax, the gradient."""
    code = rows.code
    total = rows.fold(SUM, kind, lambda place: code.op("fmul", place.load(0), place.load(1)))

    def body(place: Place) -> None:
        place.store(2, code.op("fmul", place.load(1), code.op("fsub", place.load(0), total)))

    rows.each(body)


def _log_softmax_slope(rows: Rows, kind: str) -> None:
    """Arrays: the incoming gradient, the result of log_softmax, the gradient."""
    code = rows.code
    total = rows.fold(SUM, kind, lambda place: place.load(0))

    def body(place: Place) -> None:
        share = code.op("fmul", polynomials.exp(code, place.load(1)), total)
        place.store(2, code.op("fsub", place.load(0), share))

    rows.each(body)


SOFTMAX = Form(_softmax, MOVING * 2, name="softmax")
LOG_SOFTMAX = Form(_log_softmax, MOVING * 2, name="log_softmax")
LOGSUMEXP = Form(_logsumexp, MOVING + STANDING, name="logsumexp")
SOFTMAX_SLOPE = Form(_softmax_slope, MOVING * 3, name="softmax_slope")
LOG_SOFTMAX_SLOPE = Form(_log_softmax_slope, MOVING * 3, name="log_softmax_slope")
ATTENTION = Form(_attention, MOVING * 2, name="attention")
ATTENTION_SLOPE = Form(_attention_slope(False), MOVING * 3, name="attention_slope")
DROPPED_SLOPE = Form(_attention_slope(True), MOVING * 4, name="dropped_slope")
# Those that an installation has, and how many of their arrays are results.
INSTALLED = dict.fromkeys(
    (SOFTMAX, LOG_SOFTMAX, LOGSUMEXP, SOFTMAX_SLOPE, LOG_SOFTMAX_SLOPE, ATTENTION, ATTENTION_SLOPE,
     DROPPED_SLOPE), 1,
)  # fmt: skip
