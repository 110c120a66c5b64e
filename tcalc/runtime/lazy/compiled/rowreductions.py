"""Norms, spreads, softmax and its kin, and running sums, as kernels of whole calls (see `callreduce`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import largereductions as large
from tcalc.runtime.lazy.compiled.callkernel import (
    COST,
    LONG,
    MANY,
    MIDDLE,
    PIECE,
    ROOM,
    SHORT,
    STRIP,
    TINY,
    Kernel,
    kernels,
    product,
)
from tcalc.runtime.lazy.compiled.reducers import neutral
from tcalc.runtime.lazy.compiled.reductions import add_down
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.scalars import N


# -- norms and spreads ------------------------------------------------------------------------


def _norm(k: Kernel) -> None:
    with k.when(k.size >= LARGE):
        large.squares(k)
        _roots(k)
        k.give(1)
    k.refuse_where((k.last > k.axis) & k.is_flat.same(0))
    with k.when(k.inner.same(1)):
        k.refuse_where((k.axis < 0) & (k.dims > 1) & k.keep.other(0))
        is_long = k.n > PIECE
        k.refuse_where((is_long & k.is_flat.same(0)) | (k.is_flat | k.is_last).same(0))
        with k.when(is_long):
            _in_pieces(k)
        with k.when(is_long.same(0)), k.loop(k.outer) as r:
            product(
                k, k.function, k.at(k.array, "float", r * k.n), None, k.n, k.at(k.out, "float", r)
            )
    with k.when(k.inner.other(1)):
        add_down(k, "squares")
    _roots(k)


def _in_pieces(k: Kernel) -> None:
    """The sum of the squares of many elements, in pieces as `lazy.summation` has it."""
    sums, count = k.room("float", MANY // PIECE * 4), k.variable("i64", 0)
    with k.loop(k.n, step=PIECE) as first:
        left = k.n - first
        length = k.choose(left < PIECE, left, PIECE)
        product(
            k,
            k.function,
            k.at(k.array, "float", first),
            None,
            length,
            k.at(sums, "float", count.get()),
        )
        count.set(count.get() + 1)
    k.over("pairwise", count.get(), count.get(), (sums, 0), (k.out, 0))


def _roots(k: Kernel) -> None:
    """The roots of results, where none has lost digits or left the range."""
    with k.loop(k.outer * k.inner) as i:
        x = k.load("float", k.out, i)
        k.refuse_where(((x > TINY) & (x < float("inf"))).same(0))
        k.store(k.intrinsic("llvm.sqrt", x), k.out, i)


def _variance(k: Kernel) -> None:
    freedom = k.n - k.given
    freedom = k.choose(freedom < 0, 0, freedom)
    with k.when(k.size >= MIDDLE):
        over = freedom.as_("sitofp", "double")
        means, squares = k.room("double", STRIP), k.room("double", STRIP)

        def down(o: N, first: N, count: N, start: N) -> None:
            rows = k.at(k.array, "float", start), k.inner * 4
            for room in (means, squares):
                k.fill(room, count, 0, "double")
            k.over("down.wide_sum.float", k.n, count, rows, (means, 0))
            with k.loop(count) as j:
                k.store(k.load("double", means, j) / k.n.as_("sitofp", "double"), means, j)
            k.over("squares", k.n, count, rows, (means, 0), (squares, 0))
            with k.loop(count) as j:
                found = (k.load("double", squares, j) / over).as_("fptrunc", "float")
                k.store(found, k.out, o * k.inner + first + j)

        with k.when(k.inner > SHORT):
            k.strips(down)
            k.give(1)
        k.refuse_where(k.inner.other(1) | (k.n > LONG) | (k.is_flat | k.is_last).same(0))
        found = k.room("double", 2)
        with k.loop(k.outer) as r:
            row = k.at(k.array, "float", r * k.n)
            k.over("wide_spread", 1, k.n, (row, 0), (found, 8), (k.at(found, "double", 1), 8))
            k.store((k.load("double", found) / over).as_("fptrunc", "float"), k.out, r)
        k.give(1)
    mean, over = k.room("float"), freedom.as_("sitofp", "float")
    with k.when(k.inner.same(1)):
        k.rows("body_spread", "float", (k.out, 4), (mean, 0))

    def strip(rows: N, count: N, o: N, first: N) -> None:
        made = k.at(k.out, "float", o * k.inner + first)
        k.over("body_spread", count, k.n, (rows, k.n * 4), (made, 4), (mean, 0))

    with k.when(k.inner.other(1)):
        k.gathered(strip)
    with k.loop(k.outer * k.inner) as i:
        k.store(k.load("float", k.out, i) / over, k.out, i)


def _deviation(k: Kernel) -> None:
    k.first("var.float")
    _roots(k)


# -- forms of rows ----------------------------------------------------------------------------


def _strip_of_form(k: Kernel, name: str, o: N, first: N, count: N, start: N) -> None:
    """What a form of rows makes of some columns of many, as `lazy.columns` has it."""
    top, total = k.room("float", STRIP), k.room("float", STRIP)
    step = k.inner * 4
    rows, out = (k.at(k.array, "float", start), step), (k.at(k.out, "float", start), step)
    k.fill(top, count, neutral("max", "float"), "float")
    k.fill(total, count, 0, "float")
    k.over("down.max.float", k.n, count, rows, (top, 0))
    if name == "softmax":
        k.over("powers_kept", k.n, count, rows, (top, 0), (total, 0), out)
        k.over("shares", k.n, count, out, (total, 0))
        return
    if name == "logsumexp":
        with k.loop(count) as j:
            x = k.load("float", top, j)
            k.store(k.choose(k.intrinsic("llvm.fabs", x).same(float("inf")), 0, x), top, j)
    k.over("powers", k.n, count, rows, (top, 0), (total, 0))
    k.over("logarithms", 1, count, (total, 0))
    if name == "log_softmax":
        k.over("less", k.n, count, rows, (top, 0), (total, 0), out)
        return
    with k.loop(count) as j:
        k.store(k.load("float", total, j) + k.load("float", top, j), k.out, o * k.inner + first + j)


def _form(name: str, is_number: bool) -> Callable[[Kernel], None]:
    """A form of rows; is_number: whether it gives a number for each."""

    def write(k: Kernel) -> None:
        with k.when((k.size >= MIDDLE) & (k.inner > SHORT)):
            k.refuse_where(k.n * k.inner < ROOM)
            k.strips(lambda o, first, count, start: _strip_of_form(k, name, o, first, count, start))
            k.give(1)
        with k.when(k.inner.same(1)):
            k.refuse_where((k.size >= MIDDLE) & k.is_last.same(0))
            k.rows(f"body_{name}", "float", (k.out, 4 if is_number else k.n * 4), cost=COST)

        def strip(rows: N, count: N, o: N, first: N) -> None:
            if is_number:
                made, step = k.at(k.out, "float", o * k.inner + first), k.number(4, "i64")
            else:
                made, step = rows, k.n * 4
            k.over(f"body_{name}", count, k.n, (rows, k.n * 4), (made, step))
            if not is_number:
                start = o * k.n * k.inner + first
                with k.loop(k.n) as i, k.loop(count) as j:
                    x = k.load("float", rows, j * k.n + i)
                    k.store(x, k.out, start + i * k.inner + j)

        with k.when(k.inner.other(1)):
            k.refuse_where(k.size >= MIDDLE)
            k.gathered(strip)

    return write


def _running(what: str, instruction: str, unit: float) -> Callable[[Kernel], None]:
    """Running sums or products, in double."""
    is_sum = instruction == "fadd"
    # What changes nothing, a zero's sign neither; and where it is that of what lies before instead.
    first = -0.0 if is_sum else unit

    def write(k: Kernel) -> None:
        with k.when(k.inner.same(1)):
            with k.when((k.size >= MIDDLE) & (k.n > SHORT)):
                k.rows(f"running.{what}", "float", (k.out, k.n * 4), cost=COST)
                k.give(1)
            if is_sum:
                k.refuse_where((k.n >= STRIP) & (k.size >= ROOM))
            with k.loop(k.outer) as r:
                made = k.variable("double", first)
                with k.loop(k.n) as i:
                    x = k.load("float", k.array, r * k.n + i).as_("fpext", "double")
                    made.set(k.op(instruction, made.get(), x))
                    k.store(made.get().as_("fptrunc", "float"), k.out, r * k.n + i)
            k.give(1)
        before = k.room("double", STRIP)
        is_neutral = ((k.size >= ROOM) & (k.inner >= 96)) | ((k.size >= MIDDLE) & (k.inner > SHORT))
        with k.when(k.inner.other(1)):

            def strip(o: N, at: N, count: N, start: N) -> None:
                value = k.choose(is_neutral, k.number(unit, "double"), first)
                with k.loop(count) as j:
                    k.store(value, before, j)
                rows, made = k.at(k.array, "float", start), k.at(k.out, "float", start)
                step = k.inner * 4
                k.over(f"running_down.{what}", k.n, count, (rows, step), (before, 0), (made, step))

            k.strips(strip)

    return write


_WRITE: dict[str, Callable[[Kernel], None]] = {
    "norm.float": _norm, "var.float": _variance, "std.float": _deviation,
    "softmax.float": _form("softmax", False), "log_softmax.float": _form("log_softmax", False),
    "logsumexp.float": _form("logsumexp", True),
    "cumsum.float": _running("sum", "fadd", 0.0), "cumprod.float": _running("prod", "fmul", 1.0),
}  # fmt: skip


def every() -> dict[str, Kernel]:
    """All of these."""
    return kernels(_WRITE)
