"""The kernels that whole calls over dimensions go to, as they are written (see `callreduce`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callreduce import JOB
from tcalc.runtime.lazy.compiled.reducers import SIZES, neutral
from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcalc.runtime.lazy.compiled.scalars import N

# See `arrays.summation` and `lazy.sizes`: the orders of sums follow from these.
FEW, SHORT, BLOCK, UNIT, MANY, MIDDLE, LONG = 2048, 16, 128, 1024, 1 << 16, 1 << 14, 1 << 17
# So many columns at a time have numbers of their own beside the result's.
STRIP = 256
# Rows that do not lie so are brought together, as many as have room here.
ROOM = 4096
PIECE = 8192
TINY = 2.0**-100
# What forms of rows cost an element, in passes of plain arithmetic.
COST = 8
_POINTERS = ("array", "out", "second", "function", "sharing", "get", "free")


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
        self.is_last = self.last.same(self.dims - 1)

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
        self.over_threads(function, self.outer, self.n, arrays, self.size * cost)

    def over_threads(
        self, function: str, rows: N, columns: N, arrays: Sequence[tuple[N, N | int]], work: N
    ) -> None:
        """The same of any rows. work: elements times what they cost."""
        args, count = self.args(rows, columns, *arrays), self.number(2 + 2 * len(arrays), "i64")
        self.call("over_rows", self.sharing, self.address(function), args, count, work)

    def fill(self, place: N, count: N | int, value: float, kind: str) -> None:
        """So many times one number."""
        with self.loop(self.number(count, "i64")) as i:
            self.store(self.number(value, kind), place, i)

    def down(self, what: str, kind: str, own: str | None = None) -> None:
        """Take the rows of the array into the result, row after row (see `reducers`). own: its type."""
        width, own = SIZES[kind], own or kind
        self.fill(self.out, self.outer * self.inner, neutral(what, kind), stored(own))
        with self.loop(self.outer) as k:
            rows = self.at(self.array, "i8", k * self.n * self.inner * width)
            made = self.at(self.out, stored(own), k * self.inner)
            self.over(
                f"down.{what}.{kind}", self.n, self.inner, (rows, self.inner * width), (made, 0)
            )

    def strips(self, work: Callable[[N, N, N, N], None]) -> None:
        """Go through the columns some at a time: which of the outer ones, the first, how many, and the
        place of the first element."""
        with self.loop(self.outer) as k, self.loop(self.inner, step=STRIP) as first:
            left = self.inner - first
            count = self.choose(left < STRIP, left, STRIP)
            work(k, first, count, k * self.n * self.inner + first)

    def gathered(self, work: Callable[[N, N, N, N], None]) -> None:
        """Go through the columns as rows that lie together: where these are, how many, which of the outer
        ones, and the first."""
        self.refuse_where(self.n > ROOM)
        rows, most = self.room("float", ROOM), self.number(ROOM, "i64") // self.n
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


def stored(kind: str) -> str:
    return "i8" if kind == "i1" else kind


def prefixed(name: str) -> str:
    """What an installation has a kernel by."""
    return f"kernel.{name}"


def product(f: Function, function: N, row: N, other: N | None, count: N | int, out: N) -> None:
    """The product of a row with a vector, or with itself, by BLAS, which NumPy's function calls."""
    four, null, n = f.number(4, "i64"), f.number(0, "ptr"), f.number(count, "i64")
    f.call(function, row, four, row if other is None else other, four, out, n, null)


def kernels(write: Mapping[str, Callable[[Kernel], None]]) -> dict[str, Kernel]:
    """Kernels by what an installation has them by."""
    found = {}
    for name in write:
        k = found[prefixed(name)] = Kernel(name)
        write[name](k)
        k.give(1)
    return found
