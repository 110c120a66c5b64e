"""A run of steps whose results are added up, as the text of one function: in NumPy's order, pairwise.

NumPy adds up to 128 neighbours in 8 lanes, and of more numbers first one half and then the other: so a
sum is the same to the bit whichever computes it. The function is given how many elements there are
and how many are in a block; for each array, and for what takes the sums of the blocks, its
address and a number that is not used. Arrays lie side by side, or are one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.lazy.compiled.code import LANES, Code, V, module, vector
from tcalc.runtime.lazy.compiled.layouts import MOVING
from tcalc.runtime.lazy.compiled.lower import NAME, argument, copies, emit, stored
from tcalc.runtime.lazy.compiled.primitives import type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.steps import Run

# NumPy's.
_LEAF, _WIDE = 128, 8


def lower_sums(run: Run, dtypes: Sequence[Any], layout: str, summed: Sequence[int]) -> str:
    """The text of a module whose function does a run and sums up blocks of some registers.

    dtypes: of each register; of those that are summed floats. layout: see `lower`.
    """
    return module(*functions(f"void @{NAME}", run, dtypes, layout, summed))


def functions(
    head: str, run: Run, dtypes: Sequence[Any], layout: str, summed: Sequence[int]
) -> list[tuple[str, Code]]:
    """The same as functions of a module's, the one that is called declared so."""
    made = _Sums(run, dtypes, layout, summed)
    outs = "".join([f", ptr %out{s}" for s in range(len(summed))])
    part = f"internal void @part(ptr %args, i64 %start, i64 %n{outs})"
    return [(part, made.part()), (f"{head}(ptr %args)", made.blocks())]


class _Sums:
    def __init__(self, run: Run, dtypes: Sequence[Any], layout: str, summed: Sequence[int]) -> None:
        self.run = run
        self.dtypes = dtypes
        self.summed = summed
        self.kinds = [type_of(dtypes[r]) or "" for r in (*run.reads, *run.writes)]
        self.sums = list(enumerate([type_of(dtypes[r]) or "" for r in summed]))
        self.layout = layout
        self.moving = [k for k, how in enumerate(layout) if how == MOVING]

    def blocks(self) -> Code:
        """The function that is called: block after block."""
        code = Code()
        do = code.do
        code.label("entry")
        argument(code, 0, "all", "i64")
        argument(code, 1, "length", "i64")
        for s, _ in self.sums:
            argument(code, 2 + 2 * (len(self.kinds) + s), f"sums{s}", "ptr")
        do("br label %block")
        code.label("block")
        do("%b = phi i64 [ 0, %entry ], [ %b.next, %block ]")
        do("%start = phi i64 [ 0, %entry ], [ %end, %block ]")
        do("%end = add i64 %start, %length", "%rest = sub i64 %all, %start")
        do("%is.last = icmp ule i64 %rest, %length")
        do("%n = select i1 %is.last, i64 %rest, i64 %length")
        for s, kind in self.sums:
            do(f"%out{s} = getelementptr {kind}, ptr %sums{s}, i64 %b")
        do(f"call void @part(ptr %args, i64 %start, i64 %n{self._outs('out')})")
        do("%b.next = add i64 %b, 1", "br i1 %is.last, label %exit, label %block")
        code.label("exit")
        do("ret void")
        return code

    def part(self) -> Code:
        """The function that adds up neighbours, by calling itself where there are many."""
        code = Code()
        self._begin(code)
        self._halves(code)
        values = self._vectors(code)
        self._rest(code, values)
        self._combine(code)
        return code

    def _outs(self, name: str) -> str:
        return "".join([f", ptr %{name}{s}" for s, _ in self.sums])

    def _begin(self, code: Code) -> None:
        do = code.do
        code.label("entry")
        for k in self.moving:
            do(f"%beside{k} = alloca {vector(stored(self.kinds[k]))}, align 64")
        for s, kind in self.sums:
            do(f"%other{s} = alloca {kind}, align 8", f"%last{s} = alloca {vector(kind)}, align 64")
        do(f"%is.long = icmp ugt i64 %n, {_LEAF}", "br i1 %is.long, label %halves, label %leaf")

    def _halves(self, code: Code) -> None:
        do = code.do
        code.label("halves")
        do("%half = lshr i64 %n, 1", f"%first = and i64 %half, {-_WIDE}")
        do("%second = sub i64 %n, %first", "%middle = add i64 %start, %first")
        do(f"call void @part(ptr %args, i64 %start, i64 %first{self._outs('out')})")
        do(f"call void @part(ptr %args, i64 %middle, i64 %second{self._outs('other')})")
        for s, kind in self.sums:
            a = code.line(f"load {kind}, ptr %out{s}, align 8")
            b = code.line(f"load {kind}, ptr %other{s}, align 8")
            do(f"store {kind} {code.line(f'fadd {kind} {a}, {b}')}, ptr %out{s}, align 8")
        do("ret void")

    def _vectors(self, code: Code) -> dict[int, V]:
        """The loop over vectors, in each sum's lanes; and once more over the one beside."""
        do = code.do
        code.label("leaf")
        do(f"%whole = and i64 %n, {-LANES}", f"%left = and i64 %n, {LANES - 1}")
        do("%is.short = icmp eq i64 %whole, 0", "%is.even = icmp eq i64 %left, 0")
        values: dict[int, V] = {}
        for k, kind in enumerate(self.kinds):
            argument(code, 2 + 2 * k, f"base{k}", "ptr")
            if k in self.moving:
                do(f"%at{k} = getelementptr {stored(kind)}, ptr %base{k}, i64 %start")
                do(f"store {vector(stored(kind))} zeroinitializer, ptr %beside{k}, align 64")
            else:
                values[self.run.reads[k]] = code.load_one(f"%base{k}", kind)
        do("br i1 %is.short, label %tail, label %head")
        code.label("head")
        for k in self.moving:
            do(f"%from{k} = phi ptr [ %at{k}, %leaf ], [ %beside{k}, %filled ]")
        do(f"%end = phi i64 [ %whole, %leaf ], [ {LANES}, %filled ]")
        do("%is.beside = phi i1 [ false, %leaf ], [ true, %filled ]")
        for s, kind in self.sums:
            lanes = f"<{_WIDE} x {kind}>"
            do(f"%begun{s} = phi {lanes} [ zeroinitializer, %leaf ], [ %sofar{s}, %filled ]")
        do("br label %loop")
        code.label("loop")
        do("%i = phi i64 [ 0, %head ], [ %i.next, %loop ]")
        for s, kind in self.sums:
            do(f"%lanes{s} = phi <{_WIDE} x {kind}> [ %begun{s}, %head ], [ %added{s}, %loop ]")
        for k in self.moving:
            do(f"%here{k} = getelementptr {stored(self.kinds[k])}, ptr %from{k}, i64 %i")
        for k, r in enumerate(self.run.reads):
            if k in self.moving:
                values[r] = code.load(f"%here{k}", self.kinds[k])
        emit(code, self.run, self.dtypes, values)
        for k, r in enumerate(self.run.writes, len(self.run.reads)):
            code.store(values[r], f"%here{k}")
        for s, kind in self.sums:
            sum = f"%lanes{s}"
            for first in range(0, LANES, _WIDE):
                eight = self._eight(code, values[self.summed[s]], first)
                name = f"%added{s}" if first + _WIDE == LANES else code.name()
                do(f"{name} = fadd <{_WIDE} x {kind}> {sum}, {eight}")
                sum = name
        do(f"%i.next = add i64 %i, {LANES}", "%more = icmp ult i64 %i.next, %end")
        do("br i1 %more, label %loop, label %done")
        code.label("done")
        do("br i1 %is.beside, label %empty, label %tail")
        return values

    def _eight(self, code: Code, value: V, first: int) -> str:
        """Neighbours of a value, from `first` on."""
        places = ", ".join([f"i32 {i}" for i in range(first, first + _WIDE)])
        kind = vector(value.type)
        shuffle = f"shufflevector {kind} {value.name}, {kind} poison"
        return code.line(f"{shuffle}, <{_WIDE} x i32> <{places}>")

    def _rest(self, code: Code, values: dict[int, V]) -> None:
        """What is left after whole vectors: eights of it in the lanes, the others one by one."""
        do = code.do
        reads = len(self.run.reads)
        code.label("tail")
        for s, kind in self.sums:
            lanes = f"<{_WIDE} x {kind}>"
            do(f"%sofar{s} = phi {lanes} [ zeroinitializer, %leaf ], [ %added{s}, %done ]")
        do("br i1 %is.even, label %combine, label %fill")
        arrays = [(k, self.kinds[k]) for k in self.moving]
        copies(code, "fill", "tail", "filled", [a for a in arrays if a[0] < reads], True)
        code.label("filled")
        do("br label %head")
        copies(code, "empty", "done", "rest", [a for a in arrays if a[0] >= reads], False)
        code.label("rest")
        do(f"%used = and i64 %left, {-_WIDE}", "%has.eight = icmp ne i64 %used, 0")
        for s, kind in self.sums:
            value = values[self.summed[s]]
            do(f"store {vector(kind)} {value.name}, ptr %last{s}, align 64")
        do("br i1 %has.eight, label %eights, label %combine")
        code.label("eights")
        do("%e = phi i64 [ 0, %rest ], [ %e.next, %eights ]")
        for s, kind in self.sums:
            do(f"%some{s} = phi <{_WIDE} x {kind}> [ %begun{s}, %rest ], [ %ended{s}, %eights ]")
        for s, kind in self.sums:
            place = code.line(f"getelementptr {kind}, ptr %last{s}, i64 %e")
            eight = code.line(f"load <{_WIDE} x {kind}>, ptr {place}, align 4")
            do(f"%ended{s} = fadd <{_WIDE} x {kind}> %some{s}, {eight}")
        do(f"%e.next = add i64 %e, {_WIDE}", "%more.eights = icmp ult i64 %e.next, %used")
        do("br i1 %more.eights, label %eights, label %combine")

    def _combine(self, code: Code) -> None:
        """One number of the lanes, neighbours first, and what follows it."""
        do = code.do
        code.label("combine")
        for s, kind in self.sums:
            lanes = f"<{_WIDE} x {kind}>"
            ends = f"[ %sofar{s}, %tail ], [ %begun{s}, %rest ], [ %ended{s}, %eights ]"
            do(f"%all{s} = phi {lanes} {ends}")
        do("%from = phi i64 [ 0, %tail ], [ %used, %rest ], [ %used, %eights ]")
        do("%to = phi i64 [ 0, %tail ], [ %left, %rest ], [ %left, %eights ]")
        found = []
        for s, kind in self.sums:
            name, width = f"%all{s}", _WIDE
            while width > 1:
                halves = []
                for odd in (0, 1):
                    places = ", ".join([f"i32 {i}" for i in range(odd, width, 2)])
                    lanes = f"<{width} x {kind}>"
                    shuffle = f"shufflevector {lanes} {name}, {lanes} poison"
                    halves.append(code.line(f"{shuffle}, <{width // 2} x i32> <{places}>"))
                width //= 2
                name = code.line(f"fadd <{width} x {kind}> {halves[0]}, {halves[1]}")
            found.append(code.line(f"extractelement <1 x {kind}> {name}, i64 0"))
        do("%has.more = icmp ult i64 %from, %to")
        do("br i1 %has.more, label %singles, label %exit")
        code.label("singles")
        do("%j = phi i64 [ %from, %combine ], [ %j.next, %singles ]")
        for (s, kind), first in zip(self.sums, found):
            do(f"%sum{s} = phi {kind} [ {first}, %combine ], [ %sum{s}.next, %singles ]")
        for s, kind in self.sums:
            place = code.line(f"getelementptr {kind}, ptr %last{s}, i64 %j")
            one = code.line(f"load {kind}, ptr {place}, align 4")
            do(f"%sum{s}.next = fadd {kind} %sum{s}, {one}")
        do("%j.next = add i64 %j, 1", "%another = icmp ult i64 %j.next, %to")
        do("br i1 %another, label %singles, label %exit")
        code.label("exit")
        for (s, kind), first in zip(self.sums, found):
            do(f"%result{s} = phi {kind} [ {first}, %combine ], [ %sum{s}.next, %singles ]")
        for s, kind in self.sums:
            do(f"store {kind} %result{s}, ptr %out{s}, align 4")
        do("ret void")
