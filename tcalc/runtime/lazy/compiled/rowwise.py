"""The text of a function that does the same with each row of some arrays.

It is given what a run's loop is given (see `lower`). A row is gone over once or several times, a vector
of ROW_LANES elements at a time, the same number on every processor: what is made of all elements of a
row does not depend on which one it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tcalc.runtime.lazy.compiled.code import SUFFIXES, Code, V, module
from tcalc.runtime.lazy.compiled.layouts import NUMBER
from tcalc.runtime.lazy.compiled.lower import NAME, argument, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.lazy.compiled.rowforms import Fold

ROW_LANES = 32
# Sums are taken of so many elements before they are added up.
_DEEP = 32 * ROW_LANES


class Arrays(Protocol):
    """What a text is written for: the types of the arrays' elements; `%at` and its number is where each
    begins."""

    @property
    def kinds(self) -> Sequence[str]: ...
    @property
    def code(self) -> Code: ...


class Place:
    """Some neighbours in a row: a whole vector of them, or what is left at its end."""

    def __init__(self, rows: Arrays, at: str, is_last: bool) -> None:
        self._rows = rows
        self._at = at
        self.is_last = is_last

    def load(self, k: int) -> V:
        """The elements of an array that lie here; zeros beyond the end."""
        code, kind = self._rows.code, self._rows.kinds[k]
        if not self.is_last:
            return code.load(self._address(k, stored(kind)), kind)
        whole = _WHOLE.get(kind, kind)
        full = f"llvm.masked.load.v{code.lanes}{SUFFIXES[whole]}.p0"
        mask, values = code.vector("i1"), code.vector(whole)
        code.declared[full] = f"declare {values} @{full}(ptr, i32, {mask}, {values})"
        given = f"ptr {self._address(k, whole)}, i32 1, {mask} %mask, {values} zeroinitializer"
        read = V(code.line(f"call {values} @{full}({given})"), whole)
        if kind == "i1":
            return code.truth(read)
        return read if whole == kind else code.convert("bitcast", read, kind)

    def store(self, k: int, value: V, past: bool = False) -> None:
        """Write elements of an array that lie here. past: to aligned memory past the cache."""
        code, kind = self._rows.code, value.type
        if not self.is_last:
            code.store(value, self._address(k, stored(kind)), past)
            return
        whole = _WHOLE.get(kind, kind)
        if whole != kind:
            value = code.convert("zext" if kind == "i1" else "bitcast", value, whole)
        full = f"llvm.masked.store.v{code.lanes}{SUFFIXES[whole]}.p0"
        mask, values = code.vector("i1"), code.vector(whole)
        code.declared[full] = f"declare void @{full}({values}, ptr, i32, {mask})"
        place = self._address(k, whole)
        code.do(f"call void @{full}({values} {value.name}, ptr {place}, i32 1, {mask} %mask)")

    def fold(self, into: str, how: Fold, value: V) -> None:
        """Take elements into a variable of the row."""
        code = self._rows.code
        if self.is_last:
            kept = code.constant(how.neutral(value.type), value.type)
            value = code.select(V("%mask", "i1"), value, kept)
        code.keep(into, how.combine(code, code.kept(into, value.type), value))

    def index(self, kind: str) -> V:
        """The number of each element in its row."""
        code = self._rows.code
        first = self._at if kind == "i64" else code.line(f"trunc i64 {self._at} to {kind}")
        return code.op("add", code.splat(first, kind), code.numbered(kind))

    def _address(self, k: int, kind: str) -> str:
        return self._rows.code.line(f"getelementptr {kind}, ptr %at{k}, i64 {self._at}")


# Types that go through memory as integers.
_WHOLE = {"i1": "i8", "half": "i16", "bfloat": "i16"}


class Rows:
    """The text while it is written: first what a row begins with, then passes over it.

    kinds: the types of the arrays' elements. layout: how each lies along a row (see `lower`).
    """

    def __init__(self, kinds: Sequence[str], layout: str) -> None:
        self.kinds = kinds
        self.layout = layout
        self.code = code = Code(ROW_LANES)
        self._passes = 0
        code.label("entry")
        self._entry = len(code.lines)
        for i, name in enumerate(("rows", "columns")):
            argument(code, i, name, "i64")
        do = code.do
        do(f"%whole = and i64 %columns, {-ROW_LANES}", f"%left = and i64 %columns, {ROW_LANES - 1}")
        do("%is.short = icmp eq i64 %whole, 0", "%is.even = icmp eq i64 %left, 0")
        for k in range(len(kinds)):
            argument(code, 2 + 2 * k, f"base{k}", "ptr")
            argument(code, 3 + 2 * k, f"step{k}", "i64")
        left = code.splat("%left", "i64")
        do(f"%mask = icmp ult {code.vector('i64')} {code.numbered('i64').name}, {left.name}")
        # The number of each array that is one.
        self.fixed = {
            k: code.load_one(f"%base{k}", kinds[k]) for k, how in enumerate(layout) if how == NUMBER
        }
        self.count = code.splat("%columns", "i64")
        do("br label %row")
        code.label("row")
        do("%r = phi i64 [ 0, %entry ], [ %r.next, %next ]")
        for k in range(len(kinds)):
            do(f"%at{k} = phi ptr [ %base{k}, %entry ], [ %at{k}.next, %next ]")

    def number(self, k: int) -> V:
        """The number of an array that has one for each row, or one for all."""
        return self.fixed[k] if k in self.fixed else self.code.load_one(f"%at{k}", self.kinds[k])

    def index(self, kind: str) -> V:
        """The number of the row, in each element."""
        return self.code.splat(self.code.line(f"trunc i64 %r to {kind}"), kind)

    def put(self, k: int, value: V) -> None:
        """Write a row's number of an array; value: the same in each element."""
        code = self.code
        if value.type == "i1":
            value = code.convert("zext", value, "i8")
        one = code.line(f"extractelement {code.vector(value.type)} {value.name}, i64 0")
        code.do(f"store {value.type} {one}, ptr %at{k}, align 1")

    def each(
        self, body: Callable[[Place], None], between: Callable[[], None] | None = None
    ) -> None:
        """Go over a row: whole vectors, and what is left. between: is done now and then."""
        code, do = self.code, self.code.do
        self._passes += 1
        p = f"p{self._passes}"
        do(f"br label %{p}.begin")
        code.label(f"{p}.begin")
        do(f"br i1 %is.short, label %{p}.tail, label %{p}.part")
        code.label(f"{p}.part")
        do(f"%{p}.start = phi i64 [ 0, %{p}.begin ], [ %{p}.end, %{p}.between ]")
        do(f"%{p}.far = add i64 %{p}.start, {_DEEP}")
        do(f"%{p}.is.near = icmp ult i64 %{p}.far, %whole")
        end = f"i64 %{p}.far" if between is not None else "i64 %whole"
        do(f"%{p}.end = select i1 %{p}.is.near, {end}, i64 %whole", f"br label %{p}.loop")
        code.label(f"{p}.loop")
        do(f"%{p}.i = phi i64 [ %{p}.start, %{p}.part ], [ %{p}.i.next, %{p}.loop ]")
        body(Place(self, f"%{p}.i", False))
        do(f"%{p}.i.next = add i64 %{p}.i, {ROW_LANES}")
        do(f"%{p}.more = icmp ult i64 %{p}.i.next, %{p}.end")
        do(f"br i1 %{p}.more, label %{p}.loop, label %{p}.between")
        code.label(f"{p}.between")
        if between is not None:
            between()
        do(f"%{p}.again = icmp ult i64 %{p}.end, %whole")
        do(f"br i1 %{p}.again, label %{p}.part, label %{p}.tail")
        code.label(f"{p}.tail")
        do(f"br i1 %is.even, label %{p}.done, label %{p}.rest")
        code.label(f"{p}.rest")
        body(Place(self, "%whole", True))
        if between is not None:
            between()
        do(f"br label %{p}.done")
        code.label(f"{p}.done")

    def fold(self, how: Fold, kind: str, value: Callable[[Place], V]) -> V:
        """What the elements of a row that `value` gives come to, in each element."""
        return self.folds([(how, kind)], lambda place: [value(place)])[0]

    def folds(
        self, hows: Sequence[tuple[Fold, str]], values: Callable[[Place], Sequence[V]]
    ) -> list[V]:
        """The same of several values at once."""
        code = self.code
        starts = [(how, kind, how.neutral(kind)) for how, kind in hows]
        variables = [
            (how, kind, self.variable(kind, start), self.variable(kind, start))
            for how, kind, start in starts
        ]

        def body(place: Place) -> None:
            for (how, _, part, _), value in zip(variables, values(place)):
                place.fold(part, how, value)

        def between() -> None:
            for how, kind, part, all in variables:
                both = how.combine(code, code.kept(all, kind), code.kept(part, kind))
                code.keep(all, both)
                code.keep(part, code.constant(how.neutral(kind), kind))

        self.each(body, between)
        return [self._across(how, code.kept(all, kind)) for how, kind, _, all in variables]

    def variable(self, kind: str, value: float) -> str:
        """A vector that is the same number in each element at the beginning of a row, and changes."""
        code = self.code
        name = code.name()
        code.lines.insert(self._entry, f"  {name} = alloca {code.vector(kind)}, align 64")
        code.keep(name, code.constant(value, kind))
        return name

    def _across(self, how: Fold, value: V) -> V:
        """The elements of a vector folded: the first half and the second, and so on."""
        code = self.code
        while code.lanes > 1:
            half = code.lanes // 2
            parts = []
            for first in (0, half):
                parts.append(code.shuffled(value, value, range(first, first + half)))
            code.lanes = half
            value = how.combine(code, *parts)
        one = code.line(f"extractelement <1 x {value.type}> {value.name}, i64 0")
        code.lanes = ROW_LANES
        return code.splat(one, value.type)

    def text(self) -> str:
        """All of it, as a module."""
        return module(self.function(f"void @{NAME}"))

    def function(self, head: str) -> tuple[str, Code]:
        """All of it, as a function that is declared so."""
        code, do = self.code, self.code.do
        do("br label %next")
        code.label("next")
        do("%r.next = add i64 %r, 1", "%again = icmp ult i64 %r.next, %rows")
        for k in range(len(self.kinds)):
            do(f"%at{k}.next = getelementptr i8, ptr %at{k}, i64 %step{k}")
        do("br i1 %again, label %row, label %exit")
        code.label("exit")
        do("ret void")
        return f"{head}(ptr %args)", code
