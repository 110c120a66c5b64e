"""Columns brought to mean 0 and variance 1 by one function that an installation has, for matrices of every
size: one pass for the moments, one for the result.

Groups of rows, as many as follow from the shape, have moments of their own, around the first row and, but
for those of four rows, in double; what threads do them changes no bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callkernel import COST
from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place
    from tcalc.runtime.lazy.compiled.scalars import N

NAME = "channels"
# What it is given, as words: the matrix, its rows and columns; eps; weight and bias, or 0; the result, the
# means and the variances; memory of SCRATCH doubles for each column; who shares work; whether the result, which
# lies aligned then, goes past the cache.
WORDS = (
    "input", "rows", "columns", "eps", "weight", "bias", "out", "mean", "variance", "scratch", "sharing",
    "past",
)  # fmt: skip
# No more groups, each of about so many elements at least; and how many rows are added up before others are.
_GROUPS, _ELEMENTS, _DEEP = 16, 1 << 16, 4
# The groups' sums and sums of squares; then the centres, factors and shifts, of half the size each.
SCRATCH = 2 * _GROUPS + 2
_WIDE = "double"


def functions() -> Sequence[tuple[str, Code]]:
    """What goes over the elements, as a module has it."""
    return [_moments(1), _moments(_DEEP), _scaled(False), _scaled(True)]


def _moments(deep: int) -> tuple[str, Code]:
    """Rows, some at a time; the columns' centres; their sums and sums of squares around these, which are
    added to."""
    kinds = ["float"] * (deep + 1) + [_WIDE] * 2
    rows = Rows(kinds, MOVING * deep + REPEATED * 3)
    code = rows.code

    def total(values: list[V]) -> V:
        while len(values) > 1:
            values = [code.op("fadd", a, b) for a, b in zip(values[::2], values[1::2])]
        return values[0]

    def body(place: Place) -> None:
        centre = place.load(deep)
        rest = [code.op("fsub", place.load(k), centre) for k in range(deep)]
        squares = [code.op("fmul", x, x) for x in rest]
        for k, values in ((deep + 1, rest), (deep + 2, squares)):
            some = code.convert("fpext", total(values), _WIDE)
            place.store(k, code.op("fadd", place.load(k), some))

    rows.each(body)
    return rows.function(f"internal void @moments.{deep}")


def _scaled(past: bool) -> tuple[str, Code]:
    """Rows; the columns' means, factors and what is added; the result."""
    rows = Rows(["float"] * 5, MOVING + REPEATED * 3 + MOVING)
    code = rows.code

    def body(place: Place) -> None:
        rest = code.op("fsub", place.load(0), place.load(1))
        found = code.op("fadd", code.op("fmul", rest, place.load(2)), place.load(3))
        place.store(4, found, past)

    rows.each(body)
    return rows.function(f"internal void @scaled{'.past' * past}")


def every() -> Sequence[Function]:
    """The function, and what it calls."""
    return [_groups(), _channels()]


def _pass_on(f: Function, function: str, *words: N | int) -> None:
    f.call(function, _block(f, words))


def _block(f: Function, words: Sequence[N | int]) -> N:
    args = f.room("i64", len(words))
    for i, word in enumerate(words):
        f.store(f.number(word, "i64"), args, i)
    return args


def _groups() -> Function:
    """Groups of rows. Arrays: the rows, the moments, the number of the first row, the centres, how many rows a
    group has, and there are."""
    f = Function("moments.groups", [("args", "ptr")])
    groups, columns = f.load("i64", f.args), f.load("i64", f.args, 1)
    source, step = f.load("ptr", f.args, 2), f.load("i64", f.args, 3)
    out, ahead = f.load("ptr", f.args, 4), f.load("i64", f.args, 5)
    centres = f.load("ptr", f.args, 8)
    before, deep, all_rows = (f.load("i64", f.args, at) for at in (6, 10, 12))
    width = columns * 4
    with f.loop(groups) as g:
        rows = f.at(source, "i8", g * step)
        sums = f.at(out, "i8", g * ahead)
        squares = f.at(sums, "double", columns)
        left = all_rows - before - g * deep
        count = f.choose(left < deep, left, deep)
        with f.loop(columns * 2) as i:
            f.store(f.number(0, "double"), sums, i)
        ends: list[N | int] = [centres, 0, sums, 0, squares, 0]
        several = count // _DEEP
        with f.when(several > 0):
            each = [(f.at(rows, "i8", width * k), width * _DEEP) for k in range(_DEEP)]
            _pass_on(
                f, f"moments.{_DEEP}", several, columns, *[w for pair in each for w in pair], *ends
            )
        done = several * _DEEP
        with f.when(count > done):
            rest = f.at(rows, "i8", width * done)
            _pass_on(f, "moments.1", count - done, columns, rest, width, *ends)
    f.give()
    return f


def _channels() -> Function:
    f = Function(f"loop_{NAME}", [("args", "ptr")], internal=False)
    pointers = ("rows", "columns", "eps", "past")
    given = {
        name: f.load("i64" if name in pointers else "ptr", f.args, i)
        for i, name in enumerate(WORDS)
    }
    eps = f.load("double", f.args, WORDS.index("eps"))
    rows, columns, source, scratch = (given[n] for n in ("rows", "columns", "input", "scratch"))
    deep = f.number(_ELEMENTS, "i64") // columns
    least = (rows + (_GROUPS - 1)) // _GROUPS
    deep = f.choose(deep > least, deep, least)
    deep = (deep + (_DEEP - 1)) // _DEEP * _DEEP
    groups = (rows + (deep - 1)) // deep
    centres = f.at(scratch, "double", columns * 2 * _GROUPS)
    factors = f.at(centres, "float", columns)
    shifts = f.at(factors, "float", columns)
    with f.loop(columns) as j:
        x = f.load("float", source, j)
        is_finite = f.intrinsic("llvm.fabs", x) < float("inf")
        f.store(f.choose(is_finite, x, 0), centres, j)
    work, width = rows * columns * COST, columns * 4
    words: list[N | int] = [
        groups, columns, source, deep * width, scratch, columns * 16, 0, deep, centres, 0, deep, 0, rows, 0,
    ]  # fmt: skip
    _over(f, given["sharing"], "moments.groups", words, work)
    count = rows.as_("sitofp", "double")
    with f.loop(columns) as j:
        sums, squares = f.variable("double", 0), f.variable("double", 0)
        with f.loop(groups) as g:
            at = g * columns * 2 + j
            sums.set(sums.get() + f.load("double", scratch, at))
            squares.set(squares.get() + f.load("double", scratch, at + columns))
        away = sums.get() / count
        spread = squares.get() / count - away * away
        spread = f.choose(spread < 0, 0, spread)
        exact = f.load("float", centres, j).as_("fpext", "double") + away
        mean = exact.as_("fptrunc", "float")
        f.store(mean, given["mean"], j)
        f.store(spread.as_("fptrunc", "float"), given["variance"], j)
        factor = f.variable(
            "double", f.number(1, "double") / f.intrinsic("llvm.sqrt", spread + eps)
        )
        with f.when(given["weight"].other(0)):
            weight = f.load("float", given["weight"], j).as_("fpext", "double")
            factor.set(factor.get() * weight)
        shift = f.variable("double", (mean.as_("fpext", "double") - exact) * factor.get())
        with f.when(given["bias"].other(0)):
            shift.set(shift.get() + f.load("float", given["bias"], j).as_("fpext", "double"))
        f.store(factor.get().as_("fptrunc", "float"), factors, j)
        f.store(shift.get().as_("fptrunc", "float"), shifts, j)
    words = [rows, columns, source, width]
    for place in (given["mean"], factors, shifts):
        words += [place, 0]
    words += [given["out"], width]
    for past in (False, True):
        with f.when(given["past"].same(int(past))):
            _over(f, given["sharing"], f"scaled{'.past' * past}", words, work)
    f.give()
    return f


def _over(f: Function, sharing: N, function: str, words: Sequence[N | int], work: N) -> None:
    """Have a function go over rows, over threads where that pays."""
    count = f.number(len(words), "i64")
    f.call("over_rows", sharing, f.address(function), _block(f, words), count, work)
