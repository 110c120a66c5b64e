"""A run of steps as the text of one function: a loop over rows, and in each over its elements.

The function is given one array of 64-bit numbers: how many rows and columns, then for each array
its address and the bytes from row to row. What is left of a row after whole vectors goes through
the same loop once more, from and to a vector beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.lazy.compiled.code import LANES, PAST, Code, module, vector
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, STANDING
from tcalc.runtime.lazy.compiled.primitives import type_of
from tcalc.runtime.lazy.compiled.steps import lowered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.steps import Run

NAME = "run"


def stored(kind: str) -> str:
    """The type of an element in memory."""
    return "i8" if kind == "i1" else kind


def lower(run: Run, dtypes: Sequence[Any], layout: str, past: bool = False) -> str:
    """The text of a module whose function does a run.

    dtypes: of each register. layout: of each array, those that are read first, how it lies. past: whether
    results go past the cache (see `Code.store`).
    """
    return _Loop(run, dtypes, layout, past).text()


class _Loop:
    def __init__(self, run: Run, dtypes: Sequence[Any], layout: str, past: bool) -> None:
        self.run = run
        self.past = past
        self.dtypes = dtypes
        registers = (*run.reads, *run.writes)
        self.kinds = [type_of(dtypes[r]) or "" for r in registers]
        self.layout = layout
        self.moving = [k for k, how in enumerate(layout) if how == MOVING]
        self.code = Code()

    def text(self) -> str:
        """All of it."""
        self._begin()
        values = self._rows()
        self._vectors(values)
        self._rest()
        text = module((f"void @{NAME}(ptr %args)", self.code))
        return text + PAST if self.past else text

    def _begin(self) -> None:
        do = self.code.do
        self.code.label("entry")
        for i, name in enumerate(("rows", "columns")):
            argument(self.code, i, name, "i64")
        do(f"%whole = and i64 %columns, {-LANES}", f"%left = and i64 %columns, {LANES - 1}")
        do("%is.short = icmp eq i64 %whole, 0", "%is.even = icmp eq i64 %left, 0")
        for k in range(len(self.kinds)):
            argument(self.code, 2 + 2 * k, f"base{k}", "ptr")
            argument(self.code, 3 + 2 * k, f"step{k}", "i64")
        for k in self.moving:
            kind = vector(stored(self.kinds[k]))
            do(f"%beside{k} = alloca {kind}, align 64")
            do(f"store {kind} zeroinitializer, ptr %beside{k}, align 64")

    def _rows(self) -> dict[int, V]:
        """The beginning of a row; gives what is the same for all of it."""
        code, do = self.code, self.code.do
        fixed = {
            r: code.load_one(f"%base{k}", self.kinds[k])
            for k, r in enumerate(self.run.reads)
            if self.layout[k] == NUMBER
        }
        do("br label %row")
        code.label("row")
        do("%r = phi i64 [ 0, %entry ], [ %r.next, %next ]")
        for k in range(len(self.kinds)):
            do(f"%at{k} = phi ptr [ %base{k}, %entry ], [ %at{k}.next, %next ]")
        for k, r in enumerate(self.run.reads):
            if self.layout[k] == STANDING:
                fixed[r] = code.load_one(f"%at{k}", self.kinds[k])
        do("br i1 %is.short, label %tail, label %head")
        return fixed

    def _vectors(self, values: dict[int, V]) -> None:
        """The loop over the vectors of a row, or over the one beside."""
        code, do = self.code, self.code.do
        code.label("head")
        for k in self.moving:
            do(f"%from{k} = phi ptr [ %at{k}, %row ], [ %beside{k}, %filled ]")
        do(f"%end = phi i64 [ %whole, %row ], [ {LANES}, %filled ]")
        do("%is.beside = phi i1 [ false, %row ], [ true, %filled ]")
        do("br label %loop")
        code.label("loop")
        do("%i = phi i64 [ 0, %head ], [ %i.next, %loop ]")
        for k in self.moving:
            do(f"%here{k} = getelementptr {stored(self.kinds[k])}, ptr %from{k}, i64 %i")
        reads = self.run.reads
        for k, r in enumerate(reads):
            if self.layout[k] == MOVING:
                values[r] = code.load(f"%here{k}", self.kinds[k])
        emit(code, self.run, self.dtypes, values)
        for k, r in enumerate(self.run.writes, len(reads)):
            code.store(values[r], f"%here{k}", self.past)
        do(f"%i.next = add i64 %i, {LANES}", "%more = icmp ult i64 %i.next, %end")
        do("br i1 %more, label %loop, label %done")
        code.label("done")
        do("br i1 %is.beside, label %empty, label %tail")

    def _rest(self) -> None:
        """What is left of a row: into the vectors beside, and from there."""
        code, do = self.code, self.code.do
        reads = len(self.run.reads)
        code.label("tail")
        do("br i1 %is.even, label %next, label %fill")
        self._copies("fill", "tail", "filled", [k for k in self.moving if k < reads], True)
        code.label("filled")
        do("br label %head")
        self._copies("empty", "done", "next", [k for k in self.moving if k >= reads], False)
        code.label("next")
        do("%r.next = add i64 %r, 1", "%again = icmp ult i64 %r.next, %rows")
        for k in range(len(self.kinds)):
            do(f"%at{k}.next = getelementptr i8, ptr %at{k}, i64 %step{k}")
        do("br i1 %again, label %row, label %exit")
        code.label("exit")
        if self.past:
            # Whoever reads the results finds them.
            code.declared["llvm.x86.sse.sfence"] = "declare void @llvm.x86.sse.sfence()"
            do("call void @llvm.x86.sse.sfence()")
        do("ret void")

    def _copies(self, name: str, before: str, after: str, arrays: list[int], to: bool) -> None:
        copies(self.code, name, before, after, [(k, self.kinds[k]) for k in arrays], to)


def argument(code: Code, place: int, name: str, kind: str) -> None:
    """Read one of the numbers that the function is given."""
    code.do(
        f"%{name}.at = getelementptr i64, ptr %args, i64 {place}",
        f"%{name} = load {kind}, ptr %{name}.at, align 8",
    )


def copies(
    code: Code, name: str, before: str, after: str, arrays: Sequence[tuple[int, str]], to: bool
) -> None:
    """A loop that copies what is left of a row to the vectors beside, or from them.

    name, before, after: its block, that which it comes from, and that which it leads to.
    arrays: their numbers and types.
    """
    do = code.do
    code.label(name)
    do(f"%{name}.i = phi i64 [ 0, %{before} ], [ %{name}.next, %{name} ]")
    do(f"%{name}.j = add i64 %{name}.i, %whole")
    for k, kind in arrays:
        kind = stored(kind)
        row = code.line(f"getelementptr {kind}, ptr %at{k}, i64 %{name}.j")
        beside = code.line(f"getelementptr {kind}, ptr %beside{k}, i64 %{name}.i")
        one = code.line(f"load {kind}, ptr {row if to else beside}, align 1")
        do(f"store {kind} {one}, ptr {beside if to else row}, align 1")
    do(f"%{name}.next = add i64 %{name}.i, 1")
    do(f"%{name}.more = icmp ult i64 %{name}.next, %left")
    do(f"br i1 %{name}.more, label %{name}, label %{after}")


def emit(code: Code, run: Run, dtypes: Sequence[Any], values: dict[int, V]) -> None:
    """The steps of a run on values by register, which take what comes of them."""
    for function, parts, out in run.steps:
        found = lowered(function, tuple([dtypes[p] for p in parts]), dtypes[out])
        assert found is not None
        value = found.emit(code, *[values[p] for p in parts])
        assert value is not None
        values[out] = value
