"""Sums, products, extremes and truth over dimensions, as kernels of whole calls (see `callreduce`).

Each gives what NumPy, or what compiled code for arrays of that size, gives to the bit, and refuses what it
has no such way for. The rows and columns themselves are gone over by the functions of `reducers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import largereductions as large
from tcalc.runtime.lazy.compiled.callkernel import (
    BLOCK,
    FEW,
    MANY,
    MIDDLE,
    SHORT,
    STRIP,
    UNIT,
    Kernel,
    kernels,
    product,
)
from tcalc.runtime.lazy.compiled.places import worst
from tcalc.runtime.lazy.compiled.reducers import SIZES
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.scalars import N


# -- sums and products ------------------------------------------------------------------------


def _sum(k: Kernel) -> None:
    with k.when(k.size >= LARGE):
        large.reduced(k, "sum", "float")
        k.give(1)
    with k.when(k.inner.same(1)):
        with k.when(k.is_flat | (k.size <= FEW)):
            with k.when(k.size >= MANY):
                _by_units(k)
                k.give(1)
            with k.when(k.outer.same(1)):
                k.over("blocks.sum", 1, k.n, (k.array, 0), (k.out, 0))
            with k.when(k.outer.other(1)):
                k.over("pairwise", k.outer * k.n, k.n, (k.array, 0), (k.out, 0))
        with k.when((k.is_flat | (k.size <= FEW)).same(0)):
            k.refuse_where(k.is_last.same(0))
            _one_by_one(k, "fadd")
            with k.when(k.n > SHORT):
                with k.when(k.size >= MIDDLE):
                    k.rows("fold.sum.float", "float", (k.out, 4))
                with k.when(k.size < MIDDLE):
                    k.refuse_where(k.n > UNIT)
                    ones = k.room("float", UNIT)
                    k.fill(ones, k.n, 1, "float")
                    with k.loop(k.outer) as r:
                        product(
                            k,
                            k.function,
                            k.at(k.array, "float", r * k.n),
                            ones,
                            k.n,
                            k.at(k.out, "float", r),
                        )
    with k.when(k.inner.other(1)):
        add_down(k, "sum")


def _by_units(k: Kernel) -> None:
    """The sum of many elements, as `arrays.summation` has it: products with ones, and what is left over."""
    k.refuse_where(k.outer.other(1))
    ones, sums, rest = k.room("float", UNIT), k.room("float", LARGE // UNIT), k.variable("float", 0)
    k.fill(ones, UNIT, 1, "float")
    units = k.n // UNIT
    with k.loop(units) as r:
        row = k.at(k.array, "float", r * UNIT)
        product(k, k.function, row, ones, UNIT, k.at(sums, "float", r))
    k.over("pairwise", units, units, (sums, 0), (k.out, 0))
    left = k.n - units * UNIT
    with k.when(left > 0):
        tail = k.at(k.array, "float", units * UNIT)
        k.over("pairwise", left, left, (tail, 0), (rest.place, 0))
        k.store(k.load("float", k.out) + rest.get(), k.out)


def add_down(k: Kernel, what: str) -> None:
    """The sums of columns, or of their squares: of many in double."""
    is_wide = _is_wide(k)
    k.refuse_where(is_wide.same(0) & (k.size > FEW) & (k.n > BLOCK))
    with k.when(is_wide.same(0)):
        k.down(what, "float")
    sums = k.room("double", STRIP)

    def strip(o: N, first: N, count: N, start: N) -> None:
        k.fill(sums, count, 0, "double")
        rows = k.at(k.array, "float", start)
        k.over(f"down.wide_{what}.float", k.n, count, (rows, k.inner * 4), (sums, 0))
        with k.loop(count) as j:
            total = k.load("double", sums, j).as_("fptrunc", "float")
            k.store(total, k.out, o * k.inner + first + j)

    with k.when(is_wide):
        k.strips(strip)


def _is_wide(k: Kernel) -> N:
    """Whether columns are taken down as `lazy.rows.fold_columns` does it."""
    return (k.size >= MIDDLE) & k.axis.same(0) & (k.inner > SHORT)


def _one_by_one(k: Kernel, what: str) -> None:
    """Short rows of many elements: one element after the other."""
    with k.when((k.size > FEW) & (k.n <= SHORT)):
        _in_order(k, what, None)


def _in_order(k: Kernel, what: str, start: float | None) -> None:
    with k.loop(k.outer) as r:
        first = k.load("float", k.array, r * k.n) if start is None else start
        made = k.variable("float", first)
        with k.loop(k.n, int(start is None)) as i:
            made.set(k.op(what, made.get(), k.load("float", k.array, r * k.n + i)))
        k.store(made.get(), k.out, r)


def _mean(k: Kernel) -> None:
    k.first("sum.float")
    count = k.n.as_("sitofp", "float")
    with k.loop(k.outer * k.inner) as i:
        k.store(k.load("float", k.out, i) / count, k.out, i)


def _nansum(k: Kernel) -> None:
    """Where no sum is nan there is no nan among the elements."""
    k.first("sum.float")
    with k.loop(k.outer * k.inner) as i:
        k.refuse_where(k.is_nan(k.load("float", k.out, i)))


def _prod(k: Kernel) -> None:
    with k.when(k.size >= LARGE):
        large.reduced(k, "prod", "float")
        k.give(1)
    with k.when(k.inner.same(1)):
        k.refuse_where((k.size > FEW) & (k.is_flat | k.is_last).same(0))
        with k.when(k.size <= FEW):
            _in_order(k, "fmul", 1)
        _one_by_one(k, "fmul")
        with k.when((k.size > FEW) & (k.n > SHORT)):
            k.refuse_where(k.size < MIDDLE)
            k.rows("fold.prod.float", "float", (k.out, 4))
    with k.when(k.inner.other(1)):
        k.refuse_where(_is_wide(k).same(0) & (k.size > FEW) & (k.n > BLOCK))
        k.down("prod", "float")


# -- extremes and truth -----------------------------------------------------------------------


def _fold(what: str, kind: str) -> Callable[[Kernel], None]:
    """What does not depend on any order."""

    def write(k: Kernel) -> None:
        with k.when(k.size >= LARGE):
            large.reduced(k, what, kind)
            k.give(1)
        with k.when(k.inner.same(1)):
            k.rows(f"fold.{what}.{kind}", kind, (k.out, SIZES[kind]))
        with k.when(k.inner.other(1)):
            k.down(what, kind)

    return write


def _count(kind: str) -> Callable[[Kernel], None]:
    def write(k: Kernel) -> None:
        with k.when(k.inner.same(1)):
            k.rows(f"fold.count.{kind}", kind, (k.out, 8))
        with k.when(k.inner.other(1)):
            k.down("count", kind, "i64")

    return write


def _whole_sum(kind: str) -> Callable[[Kernel], None]:
    """Sums of integers."""

    def write(k: Kernel) -> None:
        k.refuse_where(k.size >= LARGE)
        with k.when(k.inner.same(1)):
            k.rows(f"fold.total.{kind}", kind, (k.out, 8))
        with k.when(k.inner.other(1)):
            k.down("total", kind)

    return write


def _place(greatest: bool, kind: str, has_values: bool) -> Callable[[Kernel], None]:
    """Where the greatest or least are, after their values where these are wanted."""
    what = "max" if greatest else "min"

    def write(k: Kernel) -> None:
        width = SIZES[kind]
        places = k.second if has_values else k.out
        best, found = k.room(kind, STRIP), k.room("i32", STRIP)
        with k.when(k.inner.same(1) & (k.n <= STRIP // 8)):
            values = (k.out, width) if has_values else (best, 0)
            k.rows(f"place.{what}.{kind}", kind, values, (places, 8))
            k.give(1)
        with k.when(k.inner.same(1)), k.loop(k.outer) as r:
            row, place = k.at(k.array, kind, r * k.n), k.at(places, "i64", r)
            k.call(k.function, row, k.n, place, k.number(0, "ptr"))
            if has_values:
                k.store(k.load(kind, row, k.load("i64", place)), k.out, r)

        def strip(o: N, first: N, count: N, start: N) -> None:
            k.fill(best, count, worst(kind, greatest), kind)
            k.fill(found, count, 0, "i32")
            rows = k.at(k.array, kind, start)
            k.over(
                f"place_down.{what}.{kind}",
                k.n,
                count,
                (rows, k.inner * width),
                (best, 0),
                (found, 0),
            )
            with k.loop(count) as j:
                at = o * k.inner + first + j
                if has_values:
                    k.store(k.load(kind, best, j), k.out, at)
                k.store(k.load("i32", found, j).as_("sext", "i64"), places, at)

        with k.when(k.inner.other(1)):
            k.strips(strip)

    return write


_WRITE: dict[str, Callable[[Kernel], None]] = {
    "sum.float": _sum, "mean.float": _mean, "prod.float": _prod, "nansum.float": _nansum,
    "sum.i64": _whole_sum("i64"), "sum.i1": _count("i1"),
    "any.i1": _fold("any", "i1"), "all.i1": _fold("all", "i1"),
    "count.i1": _count("i1"), "count.float": _count("float"), "count.i64": _count("i64"),
}  # fmt: skip
for _kind in ("float", "i64"):
    for _what in ("max", "min"):
        _WRITE[f"{_what}.{_kind}"] = _fold(_what, _kind)
        _WRITE[f"arg{_what}.{_kind}"] = _place(_what == "max", _kind, False)
        _WRITE[f"{_what}_at.{_kind}"] = _place(_what == "max", _kind, True)


def every() -> dict[str, Kernel]:
    """All of these."""
    return kernels(_WRITE)
