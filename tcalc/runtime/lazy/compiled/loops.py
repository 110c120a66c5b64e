"""The text of a function that is loops inside one another, over vectors as wide as the processor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import processor
from tcalc.runtime.lazy.compiled.code import SUFFIXES, Code, V, number
from tcalc.runtime.lazy.compiled.lower import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDE = processor.has("avx512f")
# Bytes of a vector.
VECTOR = 64 if WIDE else 32
SIZES = {"float": 4, "double": 8}
# By the letter that NumPy has for them.
TYPES = {"f": "float", "d": "double"}


class Loops(Code):
    """Loops inside one another, each gone through once at least.

    kind: of the elements that a vector is filled with. arguments: names of the numbers that the function
    is given; those of pointers begin with *.
    """

    def __init__(self, kind: str, arguments: Sequence[str]) -> None:
        super().__init__(VECTOR // SIZES[kind])
        self.kind = kind
        self._inside: list[tuple[str, int]] = []
        self.label("entry")
        for i, name in enumerate(arguments):
            argument(self, i, name.lstrip("*"), "ptr" if name.startswith("*") else "i64")

    def begin(self, name: str, values: Sequence[V] = (), **pointers: str) -> list[V]:
        """Begin a loop: of its pointers and its values, which `end` moves on, what they are at first.

        Gives the values as they are in a round.
        """
        before = self._block
        self.do(f"br label %{name}")
        self.label(name)
        self.do(f"%{name}.i = phi i64 [ 0, %{before} ], [ %{name}.next, %{name}.end ]")
        for pointer, start in pointers.items():
            self.do(
                f"%{pointer} = phi ptr [ {start}, %{before} ], [ %{pointer}.next, %{name}.end ]"
            )
        self._inside.append((name, len(self.lines)))
        for i, v in enumerate(values):
            self.do(f"%{name}.value{i} = phi {self.vector(v.type)} [ {v.name}, %{before} ]")
        return [V(f"%{name}.value{i}", v.type) for i, v in enumerate(values)]

    def end(self, count: str, values: Sequence[V] = (), **bytes: str | int) -> None:
        """End the loop after `count` rounds: of its pointers by how much they move on, of its values what
        they are now."""
        name, line = self._inside.pop()
        self.do(f"br label %{name}.end")
        self.label(f"{name}.end")
        for i, v in enumerate(values):
            self.lines[line + i] += f", [ {v.name}, %{name}.end ]"
        for pointer, far in bytes.items():
            self.do(f"%{pointer}.next = getelementptr i8, ptr %{pointer}, i64 {far}")
        self.do(f"%{name}.next = add i64 %{name}.i, 1")
        self.do(f"%{name}.more = icmp ult i64 %{name}.next, {count}")
        self.do(f"br i1 %{name}.more, label %{name}, label %{name}.done")
        self.label(f"{name}.done")

    def vectors(self, at: str, count: int) -> list[V]:
        """Neighbouring vectors from an address on."""
        return [self.load(self.beside(at, i * VECTOR), self.kind) for i in range(count)]

    def ones(self, at: str, count: int) -> list[V]:
        """Neighbouring numbers from an address on, each in all elements of a vector."""
        size = SIZES[self.kind]
        return [self.load_one(self.beside(at, i * size), self.kind) for i in range(count)]

    def store_where(self, all: str, mask: V, value: V, at: str) -> None:
        """Elements to memory where a condition for all and one for each hold."""
        function = f"llvm.masked.store.v{self.lanes}{SUFFIXES[value.type]}.p0"
        kind, truths = self.vector(value.type), self.vector("i1")
        self.declared[function] = f"declare void @{function}({kind}, ptr, i32, {truths})"
        both = self.line(f"select i1 {all}, {truths} {mask.name}, {truths} zeroinitializer")
        self.do(f"call void @{function}({kind} {value.name}, ptr {at}, i32 1, {truths} {both})")

    def load_where(self, mask: V, at: str, kind: str) -> V:
        """Elements from memory where a condition holds for each; the others are 0."""
        function = f"llvm.masked.load.v{self.lanes}{SUFFIXES[kind]}.p0"
        values, truths = self.vector(kind), self.vector("i1")
        self.declared[function] = f"declare {values} @{function}(ptr, i32, {truths}, {values})"
        given = f"ptr {at}, i32 1, {truths} {mask.name}, {values} zeroinitializer"
        return V(self.line(f"call {values} @{function}({given})"), kind)

    def beside(self, at: str, far: str | int) -> str:
        """An address so many bytes on."""
        return self.line(f"getelementptr i8, ptr {at}, i64 {far}")

    def tiles(
        self, name: str, first: str, last: str, sizes: Sequence[int],
        body: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        """Call `body` with a number and a size, for the numbers from the first to before the last, so many at
        a time as there are left."""
        line = self.line
        for size in sizes:
            loop = f"{name}{size}"
            count = line(f"udiv i64 {line(f'sub i64 {last}, {first}')}, {size}")
            some = line(f"icmp ne i64 {count}, 0")
            self.do(f"br i1 {some}, label %{loop}.some, label %{loop}.none")
            self.label(f"{loop}.some")
            self.begin(loop)
            body(line(f"add i64 {first}, {line(f'mul i64 %{loop}.i, {size}')}"), size)
            self.end(count)
            self.do(f"br label %{loop}.none")
            self.label(f"{loop}.none")
            first = line(f"add i64 {first}, {line(f'mul i64 {count}, {size}')}")

    def add_across(self, value: V, at: str) -> None:
        """Add all elements of a vector, one half and the other, to a number in memory."""
        one = self.sum_across(value)
        before = self.line(f"load {value.type}, ptr {at}, align 1")
        both = self.line(f"fadd {value.type} {before}, {one}")
        self.do(f"store {value.type} {both}, ptr {at}, align 1")

    def sum_across(self, value: V) -> str:
        """The sum of all elements of a vector, one half and the other."""
        kind, lanes = value.type, self.lanes
        function = f"llvm.vector.reduce.fadd.v{lanes}{SUFFIXES[kind]}"
        self.declared[function] = f"declare {kind} @{function}({kind}, {self.vector(kind)})"
        start = number(-0.0, kind)
        all = f"{kind} {start}, {self.vector(kind)} {value.name}"
        return self.line(f"call reassoc {kind} @{function}({all})")

    def distance(self, table: str, at: str) -> str:
        """A number of a table."""
        place = self.line(f"getelementptr i64, ptr {table}, i64 {at}")
        return self.line(f"load i64, ptr {place}, align 8")
