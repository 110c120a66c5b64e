"""The text of an LLVM function, one value after the other.

Every value is a vector of as many elements, whatever they are: several registers of the processor, so
that there is always something else to do while a result is on its way. Of elementwise functions LANES,
which makes no difference to any result.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from tcalc.runtime.lazy.compiled import processor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Memory that is stored to past the cache begins at a multiple of this: the bytes of the shortest vector.
ALIGNED = 32
LANES = 64 if processor.has("avx512f") else 32


class V(NamedTuple):
    """A value: its name in the text, and the type of its elements."""

    name: str
    type: str


def vector(kind: str, lanes: int = LANES) -> str:
    """The type of a value whose elements are of a type."""
    return f"<{lanes} x {kind}>"


def number(value: float, kind: str) -> str:
    """A number as LLVM writes it: floats by the bits of a double, which is one of their type.

    >>> number(0.5, "float"), number(-3, "i32")
    ('0x3FE0000000000000', '-3')
    """
    if kind == "float":
        (value,) = struct.unpack("<f", struct.pack("<f", value))
    if kind in ("float", "double"):
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    return str(int(value))


class Code:
    """Lines of a function's body, and the functions that it calls: of LLVM, and of the module.

    lanes: how many elements a value has.
    """

    def __init__(self, lanes: int = LANES) -> None:
        self.lanes = lanes
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self._count = 0
        self._block = ""

    def vector(self, kind: str) -> str:
        """The type of a value whose elements are of a type."""
        return vector(kind, self.lanes)

    def name(self) -> str:
        """A name that is not taken."""
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> str:
        """A line that gives something; its name."""
        made = self.name()
        self.lines.append(f"  {made} = {text}")
        return made

    def label(self, name: str) -> None:
        """Begin a block."""
        self._block = name
        self.lines.append(f"{name}:")

    def do(self, *texts: str) -> None:
        """Lines that give nothing, or something by the name that they say."""
        self.lines += [f"  {text}" for text in texts]

    # -- values -----------------------------------------------------------------------------------

    def constant(self, value: float, kind: str) -> V:
        """The same number in each element."""
        text = number(value, kind)
        return V(f"splat ({kind} {text})", kind)

    def numbered(self, kind: str) -> V:
        """The number of each element."""
        return V(f"<{', '.join([f'{kind} {i}' for i in range(self.lanes)])}>", kind)

    def splat(self, scalar: str, kind: str) -> V:
        """One element, by name, in each."""
        one = self.line(f"insertelement {self.vector(kind)} poison, {kind} {scalar}, i64 0")
        shuffle = f"shufflevector {self.vector(kind)} {one}, {self.vector(kind)} poison"
        return V(self.line(f"{shuffle}, <{self.lanes} x i32> zeroinitializer"), kind)

    def op(self, what: str, *operands: V | float, kind: str | None = None) -> V:
        """An instruction on operands of one type; kind: what it gives, by default the same."""
        values, type = self._alike(operands)
        text = f"{what} {self.vector(type)} {', '.join([v.name for v in values])}"
        return V(self.line(text), kind or type)

    def test(self, what: str, *operands: V | float) -> V:
        """A comparison."""
        return self.op(what, *operands, kind="i1")

    def call(self, function: str, *operands: V | float) -> V:
        """A function of LLVM's (`llvm.sqrt`) that gives the type of its operands."""
        values, type = self._alike(operands)
        kind = self.vector(type)
        full = f"{function}.v{self.lanes}{SUFFIXES[type]}"
        self.declared[full] = f"declare {kind} @{full}({', '.join([kind] * len(values))})"
        given = ", ".join([f"{kind} {v.name}" for v in values])
        return V(self.line(f"call {kind} @{full}({given})"), type)

    def apart(self, name: str, write: Callable[..., V], *operands: V) -> V:
        """What `write` makes of operands, in a function of the module's by that name, which may have blocks
        of its own (see `unless`)."""
        inner = Code(self.lanes)
        inner.label("entry")
        given = [V(f"%x{i}", v.type) for i, v in enumerate(operands)]
        found = write(inner, *given)
        inner.do(f"ret {inner.vector(found.type)} {found.name}")
        takes = ", ".join([f"{self.vector(v.type)} {v.name}" for v in given])
        head = f"internal {self.vector(found.type)} @{name}({takes})"
        self.functions[name] = _defined(head, inner)
        self.functions |= inner.functions
        self.declared |= inner.declared
        passed = ", ".join([f"{self.vector(v.type)} {v.name}" for v in operands])
        return V(self.line(f"call {self.vector(found.type)} @{name}({passed})"), found.type)

    def unless(self, rare: V, usual: Sequence[V], write: Callable[[], Sequence[V]]) -> list[V]:
        """Some values, or those that `write` gives where a condition holds of an element at least."""
        truths = self.vector("i1")
        function = f"llvm.vector.reduce.or.v{self.lanes}i1"
        self.declared[function] = f"declare i1 @{function}({truths})"
        some = self.line(f"call i1 @{function}({truths} {rare.name})")
        before, name = self._block, self.name()[1:]
        self.do(f"br i1 {some}, label %{name}.rare, label %{name}.done")
        self.label(f"{name}.rare")
        others = write()
        after = self._block
        self.do(f"br label %{name}.done")
        self.label(f"{name}.done")
        found = []
        for value, other in zip(usual, others):
            ends = f"[ {value.name}, %{before} ], [ {other.name}, %{after} ]"
            found.append(V(self.line(f"phi {self.vector(value.type)} {ends}"), value.type))
        return found

    def fma(self, a: V | float, b: V | float, c: V | float) -> V:
        """a * b + c, rounded once."""
        return self.call("llvm.fma", a, b, c)

    def select(self, condition: V, chosen: V | float, other: V | float) -> V:
        """`chosen` where the condition holds, else `other`."""
        (a, b), type = self._alike((chosen, other))
        kind = self.vector(type)
        text = f"select {self.vector('i1')} {condition.name}, {kind} {a.name}, {kind} {b.name}"
        return V(self.line(text), type)

    def _alike(self, operands: Sequence[V | float]) -> tuple[list[V], str]:
        """Operands as values of the type of those that are one; numbers in each element."""
        type = next(v.type for v in operands if isinstance(v, V))
        return [v if isinstance(v, V) else self.constant(v, type) for v in operands], type

    def convert(self, how: str, value: V, kind: str) -> V:
        """The value by an instruction that gives another type."""
        return V(
            self.line(f"{how} {self.vector(value.type)} {value.name} to {self.vector(kind)}"), kind
        )

    def polynomial(self, x: V, coefficients: Sequence[float]) -> V:
        """Σ coefficients[i] * x**i, each step rounded once."""
        first, second, *rest = reversed(coefficients)
        high = self.fma(first, x, second)
        for c in rest:
            high = self.fma(high, x, c)
        return high

    def shuffled(self, first: V, second: V, lanes: Sequence[int]) -> V:
        """Elements of two values by their numbers, those of the second after those of the first."""
        kind = self.vector(first.type)
        numbers = ", ".join([f"i32 {i}" for i in lanes])
        text = f"shufflevector {kind} {first.name}, {kind} {second.name}, <{len(lanes)} x i32> <{numbers}>"
        return V(self.line(text), first.type)

    # -- memory -----------------------------------------------------------------------------------

    def load(self, address: str, kind: str) -> V:
        """Elements from memory, side by side."""
        stored = "i8" if kind == "i1" else kind
        read = V(self.line(f"load {self.vector(stored)}, ptr {address}, align 1"), stored)
        return self.truth(read) if kind == "i1" else read

    def load_one(self, address: str, kind: str) -> V:
        """One element from memory, in each."""
        stored = "i8" if kind == "i1" else kind
        read = self.splat(self.line(f"load {stored}, ptr {address}, align 1"), stored)
        return self.truth(read) if kind == "i1" else read

    def store(self, value: V, address: str, past: bool = False) -> None:
        """Elements to memory, side by side. past: to aligned memory past the cache, which takes no part in
        it."""
        if value.type == "i1":
            value = self.convert("zext", value, "i8")
        how = f"align {ALIGNED}, !nontemporal !0" if past else "align 1"
        self.do(f"store {self.vector(value.type)} {value.name}, ptr {address}, {how}")

    def keep(self, variable: str, value: V) -> None:
        """Give a variable, memory of the function's own, a value."""
        self.do(f"store {self.vector(value.type)} {value.name}, ptr {variable}, align 64")

    def kept(self, variable: str, kind: str) -> V:
        """A variable's value."""
        return V(self.line(f"load {self.vector(kind)}, ptr {variable}, align 64"), kind)

    def truth(self, value: V) -> V:
        """Where integers are not 0."""
        return self.test("icmp ne", value, 0)


# How types are written in the names of LLVM's functions.
SUFFIXES = {"i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64", "float": "f32", "double": "f64"}


# What a text needs where something is stored past the cache.
PAST = "!0 = !{i32 1}\n"


def module(*functions: tuple[str, Code]) -> str:
    """The text of a module with functions that touch nothing but the memory they are shown.

    functions: how each is declared, and its body.
    """
    lines: list[str] = []
    declared: dict[str, str] = {}
    others: dict[str, str] = {}
    for head, code in functions:
        lines.append(_defined(head, code))
        declared |= code.declared
        others |= code.functions
    return "\n".join([*lines, *others.values(), *declared.values(), ""])


def _defined(head: str, code: Code) -> str:
    return "\n".join([f'define {head} nounwind "no-builtins" {{', *code.lines, "}"])
