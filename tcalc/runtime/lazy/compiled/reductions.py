"""The kernels of reductions and scans that whole calls go to (see `callreduce`).

Each gives what NumPy, or what compiled code for arrays of that size, gives to the bit, and refuses (0) what
it has no such way for. The rows and columns themselves are gone over by the functions of `reducers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callreduce import JOB
from tcalc.runtime.lazy.compiled.places import worst
from tcalc.runtime.lazy.compiled.reducers import SIZES, neutral
from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tcalc.runtime.lazy.compiled.scalars import N

# See `arrays.summation` and `lazy.sizes`: the orders of sums follow from these.
FEW, SHORT, BLOCK, UNIT, MANY, MIDDLE, LONG = 2048, 16, 128, 1024, 1 << 16, 1 << 14, 1 << 17
# So many columns at a time have numbers of their own beside the result's.
_STRIP = 256
# Rows that do not lie so are brought together, as many as have room here.
_ROOM = 4096
_PIECE = 8192
_TINY = 2.0**-100
# What forms of rows cost an element, in passes of plain arithmetic.
_COST = 8
_POINTERS = ("array", "out", "second", "function", "sharing")


class Kernel(Function):
    """A kernel while it is written. The words of its job are attributes."""

    def __init__(self, name: str) -> None:
        super().__init__(f"loop_{prefixed(name)}", [("job", "ptr")], "i64", internal=False)
        for i, word in enumerate(JOB):
            kind = "ptr" if word in _POINTERS else "i64"
            self._parameters[word] = self.load(kind, self.job, i)
        self.size = self.outer * self.n * self.inner
        # Whether all elements are one row; and whether the dimension is the last.
        self.is_flat = (self.axis < 0) | self.dims.same(1)
        self.is_last = self.axis.same(self.dims - 1)

    def first(self, name: str) -> None:
        """Have another kernel fill the results first, or leave it to Python."""
        is_done = self.call(f"loop_{prefixed(name)}", self.job, result="i64")
        self.refuse_where(is_done.same(0))

    def refuse_where(self, condition: N) -> None:
        """Leave it to Python where a condition holds."""
        with self.when(condition):
            self.give(0)

    def over(
        self, function: str, rows: N | int, columns: N | int, *arrays: tuple[N, N | int]
    ) -> None:
        """Have a function go over rows: of each array where it begins, and the bytes from row to row."""
        self.call(function, self.args(rows, columns, *arrays))

    def args(self, rows: N | int, columns: N | int, *arrays: tuple[N, N | int]) -> N:
        """What such a function is given."""
        args = self.room("i64", 2 + 2 * len(arrays))
        for i, count in enumerate((rows, columns)):
            self.store(self.number(count, "i64"), args, i)
        for i, (place, step) in enumerate(arrays):
            self.store(place, args, 2 + 2 * i)
            self.store(self.number(step, "i64"), args, 3 + 2 * i)
        return args

    def rows(self, function: str, kind: str, *results: tuple[N, N | int], cost: int = 1) -> None:
        """Have a function go over all rows of the array, over threads where that pays; results: what takes
        what comes of each, and the bytes from one to the next. cost: of an element."""
        arrays = [(self.array, self.n * SIZES[kind]), *results]
        args = self.args(self.outer, self.n, *arrays)
        place, count = self.address(function), self.number(2 + 2 * len(arrays), "i64")
        self.call("over_rows", self.sharing, place, args, count, self.size * cost)

    def fill(self, place: N, count: N | int, value: float, kind: str) -> None:
        """So many times one number."""
        with self.loop(self.number(count, "i64")) as i:
            self.store(self.number(value, kind), place, i)

    def down(self, what: str, kind: str, own: str | None = None) -> None:
        """Take the rows of the array into the result, row after row (see `reducers`). own: its type."""
        width, own = SIZES[kind], own or kind
        self.fill(self.out, self.outer * self.inner, neutral(what, kind), _stored(own))
        with self.loop(self.outer) as k:
            rows = self.at(self.array, "i8", k * self.n * self.inner * width)
            made = self.at(self.out, _stored(own), k * self.inner)
            self.over(
                f"down.{what}.{kind}", self.n, self.inner, (rows, self.inner * width), (made, 0)
            )

    def strips(self, work: Callable[[N, N, N, N], None]) -> None:
        """Go through the columns some at a time: which of the outer ones, the first, how many, and the
        place of the first element."""
        with self.loop(self.outer) as k, self.loop(self.inner, step=_STRIP) as first:
            left = self.inner - first
            count = self.choose(left < _STRIP, left, _STRIP)
            work(k, first, count, k * self.n * self.inner + first)

    def gathered(self, work: Callable[[N, N, N, N], None]) -> None:
        """Go through the columns as rows that lie together: where these are, how many, which of the outer
        ones, and the first."""
        self.refuse_where(self.n > _ROOM)
        rows, most = self.room("float", _ROOM), self.number(_ROOM, "i64") // self.n
        first = self.variable("i64", 0)
        with self.loop(self.outer) as k:
            first.set(0)
            with self.forever():
                left = self.inner - first.get()
                with self.when(left <= 0):
                    self.leave()
                count = self.choose(left < most, left, most)
                start = k * self.n * self.inner + first.get()
                with self.loop(self.n) as i, self.loop(count) as j:
                    x = self.load("float", self.array, start + i * self.inner + j)
                    self.store(x, rows, j * self.n + i)
                work(rows, count, k, first.get())
                first.set(first.get() + count)


def _stored(kind: str) -> str:
    return "i8" if kind == "i1" else kind


def prefixed(name: str) -> str:
    """What an installation has a kernel by."""
    return f"kernel.{name}"


# -- sums and products ------------------------------------------------------------------------


def _sum(k: Kernel) -> None:
    with k.when(k.inner.same(1)):
        with k.when(k.is_flat | (k.size <= FEW)):
            k.refuse_where(k.size >= MANY)
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
                        _product(
                            k, k.at(k.array, "float", r * k.n), ones, k.n, k.at(k.out, "float", r)
                        )
    with k.when(k.inner.other(1)):
        _add_down(k, "sum")


def _add_down(k: Kernel, what: str) -> None:
    """The sums of columns, or of their squares: of many in double."""
    is_wide = _is_wide(k)
    k.refuse_where(is_wide.same(0) & (k.size > FEW) & (k.n > BLOCK))
    with k.when(is_wide.same(0)):
        k.down(what, "float")
    sums = k.room("double", _STRIP)

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


def _product(k: Kernel, row: N, other: N | None, count: N | int, out: N) -> None:
    """The product of a row with a vector, or with itself, by BLAS."""
    four, null, n = k.number(4, "i64"), k.number(0, "ptr"), k.number(count, "i64")
    k.call(k.function, row, four, row if other is None else other, four, out, n, null)


def _mean(k: Kernel) -> None:
    k.first("sum.float")
    count = k.n.as_("sitofp", "float")
    with k.loop(k.outer * k.inner) as i:
        k.store(k.load("float", k.out, i) / count, k.out, i)


def _prod(k: Kernel) -> None:
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
    """Sums of integers and bools."""

    def write(k: Kernel) -> None:
        k.fill(k.out, k.outer * k.inner, 0, "i64")
        with k.loop(k.outer) as o, k.loop(k.inner) as j:
            made = k.variable("i64", 0)
            with k.loop(k.n) as i:
                x = k.load(_stored(kind), k.array, (o * k.n + i) * k.inner + j)
                made.set(made.get() + (x if kind == "i64" else x.as_("zext", "i64")))
            k.store(made.get(), k.out, o * k.inner + j)

    return write


def _place(greatest: bool, kind: str, has_values: bool) -> Callable[[Kernel], None]:
    """Where the greatest or least are, after their values where these are wanted."""
    what = "max" if greatest else "min"

    def write(k: Kernel) -> None:
        width = SIZES[kind]
        places = k.second if has_values else k.out
        best, found = k.room(kind, _STRIP), k.room("i32", _STRIP)
        with k.when(k.inner.same(1) & (k.n <= _STRIP // 8)):
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


# -- norms and spreads ------------------------------------------------------------------------


def _norm(k: Kernel) -> None:
    with k.when(k.inner.same(1)):
        k.refuse_where((k.axis < 0) & (k.dims > 1) & k.keep.other(0))
        is_long = k.n > _PIECE
        k.refuse_where((is_long & k.is_flat.same(0)) | (k.is_flat | k.is_last).same(0))
        with k.when(is_long):
            _in_pieces(k)
        with k.when(is_long.same(0)), k.loop(k.outer) as r:
            _product(k, k.at(k.array, "float", r * k.n), None, k.n, k.at(k.out, "float", r))
    with k.when(k.inner.other(1)):
        _add_down(k, "squares")
    _roots(k)


def _in_pieces(k: Kernel) -> None:
    """The sum of the squares of many elements, in pieces as `lazy.summation` has it."""
    sums, count = k.room("float", MANY // _PIECE * 4), k.variable("i64", 0)
    with k.loop(k.n, step=_PIECE) as first:
        left = k.n - first
        length = k.choose(left < _PIECE, left, _PIECE)
        _product(k, k.at(k.array, "float", first), None, length, k.at(sums, "float", count.get()))
        count.set(count.get() + 1)
    k.over("pairwise", count.get(), count.get(), (sums, 0), (k.out, 0))


def _roots(k: Kernel) -> None:
    """The roots of results, where none has lost digits or left the range."""
    with k.loop(k.outer * k.inner) as i:
        x = k.load("float", k.out, i)
        k.refuse_where(((x > _TINY) & (x < float("inf"))).same(0))
        k.store(k.intrinsic("llvm.sqrt", x), k.out, i)


def _variance(k: Kernel) -> None:
    freedom = k.n - k.given
    freedom = k.choose(freedom < 0, 0, freedom)
    with k.when(k.size >= MIDDLE):
        over = freedom.as_("sitofp", "double")
        means, squares = k.room("double", _STRIP), k.room("double", _STRIP)

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
    top, total = k.room("float", _STRIP), k.room("float", _STRIP)
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
            k.refuse_where(k.n * k.inner < _ROOM)
            k.strips(lambda o, first, count, start: _strip_of_form(k, name, o, first, count, start))
            k.give(1)
        with k.when(k.inner.same(1)):
            k.refuse_where((k.size >= MIDDLE) & k.is_last.same(0))
            k.rows(f"body_{name}", "float", (k.out, 4 if is_number else k.n * 4), cost=_COST)

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
                k.rows(f"running.{what}", "float", (k.out, k.n * 4), cost=_COST)
                k.give(1)
            if is_sum:
                k.refuse_where((k.n >= _STRIP) & (k.size >= _ROOM))
            with k.loop(k.outer) as r:
                made = k.variable("double", first)
                with k.loop(k.n) as i:
                    x = k.load("float", k.array, r * k.n + i).as_("fpext", "double")
                    made.set(k.op(instruction, made.get(), x))
                    k.store(made.get().as_("fptrunc", "float"), k.out, r * k.n + i)
            k.give(1)
        before = k.room("double", _STRIP)
        is_neutral = ((k.size >= _ROOM) & (k.inner >= 96)) | (
            (k.size >= MIDDLE) & (k.inner > SHORT)
        )
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
    "sum.float": _sum, "mean.float": _mean, "prod.float": _prod,
    "sum.i64": _whole_sum("i64"), "sum.i1": _whole_sum("i1"),
    "norm.float": _norm, "var.float": _variance, "std.float": _deviation,
    "softmax.float": _form("softmax", False), "log_softmax.float": _form("log_softmax", False),
    "logsumexp.float": _form("logsumexp", True),
    "cumsum.float": _running("sum", "fadd", 0.0), "cumprod.float": _running("prod", "fmul", 1.0),
    "any.i1": _fold("any", "i1"), "all.i1": _fold("all", "i1"),
    "count.i1": _count("i1"), "count.float": _count("float"), "count.i64": _count("i64"),
}  # fmt: skip
for _kind in ("float", "i64"):
    for _what in ("max", "min"):
        _WRITE[f"{_what}.{_kind}"] = _fold(_what, _kind)
        _WRITE[f"arg{_what}.{_kind}"] = _place(_what == "max", _kind, False)
        _WRITE[f"{_what}_at.{_kind}"] = _place(_what == "max", _kind, True)


def kernels(write: Mapping[str, Callable[[Kernel], None]]) -> dict[str, Kernel]:
    """Kernels by what an installation has them by."""
    found = {}
    for name in write:
        k = found[prefixed(name)] = Kernel(name)
        write[name](k)
        k.give(1)
    return found


def every() -> dict[str, Kernel]:
    """All of these."""
    return kernels(_WRITE)
