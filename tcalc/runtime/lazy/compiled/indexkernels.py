"""Elements moved between a table and the places that indices name, by one thread: what whole calls of few
elements go to (see `callindex`).

Indices name elements along a dimension, or whole slices; all are known to be in range.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.scalars import Function
from tcalc.runtime.lazy.compiled.viewlines import MOST_DIMS

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import N

# What a kernel is given, as words: the table, the indices and the other elements (beside a mask, those that
# stay); how many tables there are, places in each, indices, and elements after a place; and the bits of the
# number that is written.
JOB = ("table", "index", "other", "outer", "places", "count", "inner", "value")
ALONG, SLICES, MASKED, NONZERO = "along", "slices", "masked", "nonzero"
READ, WRITE, ADD, FILL, COUNT = "read", "write", "add", "fill", "count"
# The types of elements, and those as which they are moved, which have so many bytes.
MOVED = {"float": "i32", "double": "i64", "i64": "i64", "i32": "i32", "i1": "i8"}
WIDTHS = {"i8": 1, "i32": 4, "i64": 8}
ADDED = ("float", "double", "i64")
# So many are moved together.
_LANES = 8


def name(how: str, what: str, kind: str) -> str:
    """What an installation has the kernel for elements of a type by, where there is one."""
    own = kind if what == ADD or how == NONZERO else MOVED[kind]
    return f"index.{how}.{what}.{own}"


def every() -> dict[str, Function]:
    """The kernels by that name."""
    hows = (ALONG, SLICES)
    asked = [*product(hows, (READ, WRITE, FILL), WIDTHS), *product((MASKED,), (FILL,), WIDTHS)]
    asked += product(hows, (ADD,), ADDED)
    made: list[_Job] = [_Kernel(how, what, kind) for how, what, kind in asked]
    made += [write(kind) for write, kind in product((_count, _places), MOVED)]
    return {f.name: f for f in made}


class _Job(Function):
    """A function of a job while it is written. The words of the job are attributes."""

    def __init__(self, name: str, result: str = "void") -> None:
        super().__init__(f"loop_{name}", [("job", "ptr")], result, internal=False)
        self.name = name
        for i, word in enumerate(JOB):
            own = "ptr" if word in ("table", "index", "other") else "i64"
            self._parameters[word] = self.load(own, self.job, i)

    def is_hit(self, kind: str, at: N) -> N:
        """Whether an element of the table is not zero, 1 or 0."""
        one = self.load("i8" if kind == "i1" else kind, self.table, at)
        return one.other(0).as_("zext", "i64")


class _Kernel(_Job):
    """A kernel that moves elements while it is written."""

    def __init__(self, how: str, what: str, kind: str) -> None:
        super().__init__(f"index.{how}.{what}.{kind}")
        self._what, self._kind = what, kind
        self._bits = self.value
        if what == FILL and kind != "i64":
            self._bits = self.value.as_("trunc", kind)
        {ALONG: self._along, SLICES: self._slices, MASKED: self._masked}[how]()
        self.give()

    def _along(self) -> None:
        """Each index names an element. Rows of indices are long: along the last dimension, or along what
        comes after theirs."""
        is_last = self.inner.same(1)
        rows = self.choose(is_last, 1, self.count)
        columns = self.choose(is_last, self.count, self.inner)
        beside = is_last.same(0).as_("zext", "i64")
        with self.loop(self.outer) as o, self.loop(rows) as r:
            first, base = (o * rows + r) * columns, o * self.places * self.inner
            with self.loop(columns) as c:
                at = self.load("i64", self.index, first + c) * self.inner
                self._move(self._kind, base + at + c * beside, first + c)

    def _slices(self) -> None:
        """Each index names a slice, of one element or more."""
        with self.when(self.inner.same(1)):
            with self.loop(self.outer) as o, self.loop(self.count) as c:
                at = o * self.places + self.load("i64", self.index, c)
                self._move(self._kind, at, o * self.count + c)
            self.give()
        whole = self.inner & -_LANES
        with self.loop(self.outer) as o, self.loop(self.count) as c:
            table = (o * self.places + self.load("i64", self.index, c)) * self.inner
            other = (o * self.count + c) * self.inner
            with self.loop(whole, step=_LANES) as i:
                self._move(f"<{_LANES} x {self._kind}>", table + i, other + i)
            with self.loop(self.inner, whole) as i:
                self._move(self._kind, table + i, other + i)

    def _masked(self) -> None:
        """The number where a mask is true, and the others' elements elsewhere."""
        whole = self.count & -_LANES
        with self.loop(self.outer) as o:
            first = o * self.count
            with self.loop(whole, step=_LANES) as i:
                self._chosen(f"<{_LANES} x i8>", f"<{_LANES} x {self._kind}>", i, first + i)
            with self.loop(self.count, whole) as i:
                self._chosen("i8", self._kind, i, first + i)

    def _chosen(self, mask: str, kind: str, i: N, at: N) -> None:
        seen = self.load(mask, self.at(self.index, "i8", i))
        is_true = self.op("icmp ne", seen, seen ^ seen, kind=mask.replace("i8", "i1"))
        own = self.load(kind, self.at(self.other, self._kind, at))
        bits = self.spread(self._bits, kind)
        self.store(self.choose(is_true, bits, own), self.at(self.table, self._kind, at))

    def _move(self, kind: str, table: N, other: N) -> None:
        """Move what lies at a place of both, one element or neighbours."""
        here = self.at(self.table, self._kind, table)
        there = self.at(self.other, self._kind, other)
        if self._what == READ:
            self.store(self.load(kind, here), there)
        elif self._what == WRITE:
            self.store(self.load(kind, there), here)
        elif self._what == FILL:
            self.store(self.spread(self._bits, kind), here)
        else:
            sum = "add" if self._kind == "i64" else "fadd"
            self.store(self.op(sum, self.load(kind, here), self.load(kind, there)), here)


def _count(kind: str) -> _Job:
    """How many elements of `outer` rows of `inner` are not zero."""
    f = _Job(name(NONZERO, COUNT, kind), "i64")
    found = f.variable("i64", 0)
    with f.loop(f.outer * f.inner) as i:
        found.set(found.get() + f.is_hit(kind, i))
    f.give(found.get())
    return f


def _places(kind: str) -> _Job:
    """Where they are, `count` of them, in `places` dimensions, whose sizes stand for indices: a column each."""
    f = _Job(name(NONZERO, WRITE, kind))
    above, found, last = f.room("i64", MOST_DIMS), f.variable("i64", 0), f.places - 1
    with f.loop(last) as d:
        f.store(f.number(0, "i64"), above, d)
    with f.loop(f.outer) as r:
        with f.loop(f.inner) as i:
            # What is no hit is written over by the next one, which there is.
            with f.when(found.get().same(f.count)):
                f.leave()
            with f.loop(last) as d:
                f.store(f.load("i64", above, d), f.other, d * f.count + found.get())
            f.store(i, f.other, last * f.count + found.get())
            found.set(found.get() + f.is_hit(kind, r * f.inner + i))
        up = f.variable("i64", last)
        with f.forever():
            up.set(up.get() - 1)
            with f.when(up.get() < 0):
                f.leave()
            one = f.load("i64", above, up.get()) + 1
            is_less = one < f.load("i64", f.index, up.get())
            f.store(f.choose(is_less, one, 0), above, up.get())
            with f.when(is_less):
                f.leave()
    f.give()
    return f
