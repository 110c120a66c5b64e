"""Rows brought to mean 0 and variance 1, and the gradients of that."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.rowforms import SUM, WIDE, Form

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows


def _scale(rows: Rows, variance: V, eps: V) -> V:
    code = rows.code
    root = code.call("llvm.sqrt", code.op("fadd", variance, eps))
    return code.op("fdiv", 1, root)


def _moments(rows: Rows) -> tuple[V, V]:
    """The mean of a row, and the sum of the squares of what is left beside it, in double."""
    code = rows.code
    total = rows.fold(SUM, WIDE, lambda place: code.convert("fpext", place.load(0), WIDE))
    mean = code.op("fdiv", total, code.convert("sitofp", rows.count, WIDE))
    return mean, _sum_of_squares(rows, mean)


def _sum_of_squares(rows: Rows, mean: V | None) -> V:
    code = rows.code

    def square(place: Place) -> V:
        x = code.convert("fpext", place.load(0), WIDE)
        rest = x if mean is None else code.op("fsub", x, mean)
        return code.op("fmul", rest, rest)

    return rows.fold(SUM, WIDE, square)


@cache
def norm(centred: bool, weighted: bool, shifted: bool) -> Form:
    """Arrays: the input, eps, the weight and the bias where there are such; the result, the variances, and
    the means where they are taken away.

    The mean is taken away in two parts, so that what rounding left of one far from 0 is gone.
    """
    layout = MOVING + NUMBER + REPEATED * weighted + REPEATED * shifted
    weight_at, bias_at, out_at = 2, 2 + weighted, len(layout)
    layout += MOVING + STANDING + STANDING * centred

    def write(rows: Rows, kind: str) -> None:
        code = rows.code
        count = code.convert("sitofp", rows.count, WIDE)
        if centred:
            exact, squares = _moments(rows)
            mean = code.convert("fptrunc", exact, kind)
            rounded = code.op("fsub", exact, code.convert("fpext", mean, WIDE))
            left = code.convert("fptrunc", rounded, kind)
        else:
            squares = _sum_of_squares(rows, None)
        variance = code.convert("fptrunc", code.op("fdiv", squares, count), kind)

        def whole(place: Place) -> V:
            x = place.load(0)
            return code.op("fsub", code.op("fsub", x, mean), left) if centred else x

        scale = _scale(rows, variance, rows.number(1))
        rows.put(out_at + 1, variance)
        if centred:
            rows.put(out_at + 2, mean)

        def result(place: Place) -> None:
            found = code.op("fmul", whole(place), scale)
            if weighted:
                found = code.op("fmul", found, place.load(weight_at))
            if shifted:
                found = code.op("fadd", found, place.load(bias_at))
            place.store(out_at, found)

        rows.each(result)

    return Form(write, layout, name=f"norm_{centred:d}{weighted:d}{shifted:d}")


@cache
def norm_slope(centred: bool, weighted: bool, needs: tuple[bool, ...]) -> Form:
    """Arrays: the incoming gradient, the input, eps, the variances; the means where they were taken away,
    the weight where there is one; the gradients by weight, bias and input that `needs` says. Those by
    weight and bias are one row, which those of the rows are added to.

    With c = x - mean and r = 1 / sqrt(variance + eps) that by the input is
    r (g w - c r² mean(g w c) - mean(g w - c r² mean(g w c))).
    """
    layout = MOVING * 2 + NUMBER + STANDING
    mean_at = len(layout)
    layout += STANDING * centred
    weight_at = len(layout)
    layout += REPEATED * weighted
    ends = {}
    for which, how in ((1, REPEATED), (2, REPEATED), (0, MOVING)):
        ends[which] = len(layout)
        layout += how * needs[which]

    def write(rows: Rows, kind: str) -> None:
        code = rows.code
        count = code.convert("sitofp", rows.count, kind)
        scale = _scale(rows, rows.number(3), rows.number(2))
        mean = rows.number(mean_at) if centred else code.constant(0, kind)

        def parts(place: Place) -> tuple[V, V, V]:
            """Of elements: g, g w and c."""
            g, x = place.load(0), place.load(1)
            c = code.op("fsub", x, mean) if centred else x
            return g, code.op("fmul", g, place.load(weight_at)) if weighted else g, c

        def add_to(place: Place, end: int, value: V) -> None:
            place.store(end, code.op("fadd", place.load(end), value))

        def values(place: Place) -> list[V]:
            g, gw, c = parts(place)
            if needs[1]:
                add_to(place, ends[1], code.op("fmul", code.op("fmul", g, c), scale))
            if needs[2]:
                add_to(place, ends[2], g)
            return [code.op("fmul", gw, c), gw, c] if centred else [code.op("fmul", gw, c)]

        along, *others = rows.folds([(SUM, kind)] * (3 if centred else 1), values)
        if not needs[0]:
            return
        along = code.op("fmul", code.op("fdiv", along, count), code.op("fmul", scale, scale))
        away = code.constant(0, kind)
        if centred:
            total, rest = others
            away = code.op("fsub", total, code.op("fmul", along, rest))
            away = code.op("fdiv", away, count)

        def slope(place: Place) -> None:
            _, gw, c = parts(place)
            found = code.op("fsub", gw, code.op("fmul", c, along))
            if centred:
                found = code.op("fsub", found, away)
            place.store(ends[0], code.op("fmul", found, scale))

        rows.each(slope)

    own = "".join([f"{needed:d}" for needed in needs])
    return Form(write, layout, name=f"norm_slope_{centred:d}{weighted:d}{own}")


def _spread(rows: Rows, kind: str) -> None:
    """Arrays: the input; for each row the sum of the squares of what is left of it beside its mean, and that."""
    code = rows.code
    mean, squares = _moments(rows)
    for k, found in ((1, squares), (2, mean)):
        own = rows.kinds[k]
        rows.put(k, found if own == WIDE else code.convert("fptrunc", found, own))


SPREAD = Form(_spread, MOVING + STANDING * 2, name="spread")
# The same, in double.
WIDE_SPREAD = Form(_spread, MOVING + STANDING * 2, ("", WIDE, WIDE))
# Those that an installation has, and how many of their arrays are results.
INSTALLED = {
    SPREAD: 2,
    **{
        norm(centred, weighted, shifted): 2 + centred
        for centred, weighted, shifted in (
            (True, False, False), (True, True, False), (True, True, True), (False, False, False),
            (False, True, False),
        )
    },
}  # fmt: skip
# Their gradients, each with that by the input: those by parameters begin as rows that are added to.
INSTALLED_SLOPES = dict.fromkeys([
    norm_slope(centred, weighted, (True, weighted and trained, shifted))
    for centred, weighted, trained, shifted in (
        (True, False, False, False), (True, True, False, False), (True, True, True, False),
        (True, True, True, True), (False, False, False, False), (False, True, True, False),
    )
], 1)  # fmt: skip
