"""The text of an LLVM function of single numbers: variables, loops and branches, written as in Python.

    f = Function("total", [("numbers", "ptr"), ("count", "i64")], "float")
    sum = f.variable("float", 0)
    with f.loop(f.count) as i:
        sum.set(sum.get() + f.load("float", f.numbers, i))
    f.give(sum.get())

Variables are memory of the function's own until LLVM has them in registers.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.runtime.lazy.compiled.code import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FLOATS = ("float", "double")
# How numbers are aligned; of vectors their elements, where there are eight, and others may lie anywhere.
_SIZES = {
    "i1": 1, "i8": 1, "i16": 2, "i32": 4, "float": 4, "i64": 8, "double": 8, "ptr": 8,
}  # fmt: skip
_SIZES |= {f"<8 x {kind}>": size for kind, size in _SIZES.items() if kind != "ptr"}


class N:
    """A number in a function: its name in the text, and its type."""

    __slots__ = ("_f", "kind", "name")

    def __init__(self, f: Function, name: str, kind: str) -> None:
        self._f = f
        self.name = name
        self.kind = kind

    def _with(self, whole: str, floats: str, other: N | float, kind: str | None = None) -> N:
        return self._f.op(floats if self.kind in FLOATS else whole, self, other, kind=kind)

    def __add__(self, other: N | float) -> N:
        return self._with("add", "fadd", other)

    def __sub__(self, other: N | float) -> N:
        return self._with("sub", "fsub", other)

    def __mul__(self, other: N | float) -> N:
        return self._with("mul", "fmul", other)

    def __truediv__(self, other: N | float) -> N:
        return self._f.op("fdiv", self, other)

    def __floordiv__(self, other: N | float) -> N:
        return self._f.op("udiv", self, other)

    def __rshift__(self, count: int) -> N:
        return self._f.op("ashr", self, count)

    def __and__(self, other: N | float) -> N:
        return self._f.op("and", self, other)

    def __or__(self, other: N | float) -> N:
        return self._f.op("or", self, other)

    def __xor__(self, other: N | float) -> N:
        return self._f.op("xor", self, other)

    def __lt__(self, other: N | float) -> N:
        return self._with("icmp slt", "fcmp olt", other, "i1")

    def __le__(self, other: N | float) -> N:
        return self._with("icmp sle", "fcmp ole", other, "i1")

    def __gt__(self, other: N | float) -> N:
        return self._with("icmp sgt", "fcmp ogt", other, "i1")

    def __ge__(self, other: N | float) -> N:
        return self._with("icmp sge", "fcmp oge", other, "i1")

    def same(self, other: N | float) -> N:
        """Whether they are equal."""
        return self._with("icmp eq", "fcmp oeq", other, "i1")

    def other(self, other: N | float) -> N:
        """Whether they are not."""
        return self._with("icmp ne", "fcmp une", other, "i1")

    def as_(self, how: str, kind: str) -> N:
        """The number by an instruction that gives another type."""
        return N(self._f, self._f.line(f"{how} {self.kind} {self.name} to {kind}"), kind)


class Variable:
    """A number that changes."""

    __slots__ = ("_f", "kind", "place")

    def __init__(self, f: Function, kind: str, place: N) -> None:
        self._f = f
        self.kind = kind
        self.place = place

    def get(self) -> N:
        """What it is now."""
        return self._f.load(self.kind, self.place)

    def set(self, value: N | float) -> None:
        """Give it another value."""
        self._f.store(self._f.number(value, self.kind), self.place)


class Function:
    """The text while it is written. Its parameters are attributes by their names.

    result: its type ("void" gives nothing). internal: whether only this module calls it.
    """

    def __init__(
        self, name: str, parameters: Sequence[tuple[str, str]], result: str = "void", internal: bool = True
    ) -> None:  # fmt: skip
        given = ", ".join([f"{kind} %{name}" for name, kind in parameters])
        self._head = f"define {'internal ' * internal}{result} @{name}({given})"
        self._result = result
        self._entry: list[str] = []
        self._lines: list[str] = ["begin:"]
        self._count = 0
        self._ends: list[str] = []
        self._parameters = {name: N(self, f"%{name}", kind) for name, kind in parameters}
        self.declared: dict[str, str] = {}

    def __getattr__(self, name: str) -> N:
        try:
            return self._parameters[name]
        except KeyError:
            raise AttributeError(name) from None

    def text(self) -> str:
        """All of it, what it needs declared apart (see `declared`)."""
        return "\n".join([
            f'{self._head} nounwind "no-builtins" {{', "entry:", *self._entry, "  br label %begin",
            *self._lines, "  unreachable", "}", "",
        ])  # fmt: skip

    # -- numbers ----------------------------------------------------------------------------------

    def line(self, text: str) -> str:
        """A line that gives something; its name."""
        self._count += 1
        self._lines.append(f"  %v{self._count} = {text}")
        return f"%v{self._count}"

    def number(self, value: N | float, kind: str) -> N:
        """A number of Python's as one of a type; others as they are."""
        if isinstance(value, N):
            return value
        if kind.startswith("<") and not value:
            return N(self, "zeroinitializer", kind)
        return N(self, "null" if kind == "ptr" else number(value, kind), kind)

    def op(self, what: str, *operands: N | float, kind: str | None = None) -> N:
        """An instruction on numbers of one type; kind: what it gives, by default the same."""
        type = next(v.kind for v in operands if isinstance(v, N))
        names = ", ".join([self.number(v, type).name for v in operands])
        return N(self, self.line(f"{what} {type} {names}"), kind or type)

    def choose(self, condition: N, chosen: N | float, other: N | float) -> N:
        """`chosen` where the condition holds, else `other`."""
        kind = next(v.kind for v in (chosen, other) if isinstance(v, N))
        a, b = self.number(chosen, kind), self.number(other, kind)
        return N(
            self,
            self.line(
                f"select {condition.kind} {condition.name}, {kind} {a.name}, {kind} {b.name}"
            ),
            kind,
        )

    def shuffled(self, a: N, b: N, places: Sequence[int]) -> N:
        """A vector of elements of two, by their places in one after the other."""
        count, kind = len(places), a.kind.rpartition(" ")[2].rstrip(">")
        mask = ", ".join([f"i32 {p}" for p in places])
        text = f"shufflevector {a.kind} {a.name}, {b.kind} {b.name}, <{count} x i32> <{mask}>"
        return N(self, self.line(text), f"<{count} x {kind}>")

    def is_nan(self, x: N) -> N:
        """Whether a float is nan."""
        return self.op("fcmp uno", x, x, kind="i1")

    def spread(self, x: N, kind: str) -> N:
        """A vector of one number again and again; of another type the number itself."""
        if not kind.startswith("<"):
            return x
        count = kind[1 : kind.index(" ")]
        one = self.line(f"insertelement {kind} poison, {x.kind} {x.name}, i64 0")
        each = f"shufflevector {kind} {one}, {kind} poison, <{count} x i32> zeroinitializer"
        return N(self, self.line(each), kind)

    def any_of(self, what: str, place: N, count: int, number: N) -> N:
        """Whether a comparison with a number holds of any of some neighbours in memory."""
        kind = f"<{count} x {number.kind}>"
        some = self.line(f"load {kind}, ptr {place.name}, align {_SIZES[number.kind]}")
        found = self.line(f"{what} {kind} {some}, {self.spread(number, kind).name}")
        bits = self.line(f"bitcast <{count} x i1> {found} to i{count}")
        return N(self, self.line(f"icmp ne i{count} {bits}, 0"), "i1")

    def call(self, function: str | N, *operands: N, result: str = "void") -> N:
        """A function of the module by its name, or one at an address."""
        name = function.name if isinstance(function, N) else f"@{function}"
        given = ", ".join([f"{v.kind} {v.name}" for v in operands])
        if result == "void":
            self._lines.append(f"  call void {name}({given})")
            return self.number(0, "i64")
        return N(self, self.line(f"call {result} {name}({given})"), result)

    def address(self, function: str) -> N:
        """Where a function of the module begins."""
        return N(self, f"@{function}", "ptr")

    def intrinsic(self, function: str, *operands: N) -> N:
        """A function of LLVM's (`llvm.sqrt`) that gives the type of its operands."""
        kind = operands[0].kind
        full = f"{function}.{ {'float': 'f32', 'double': 'f64'}.get(kind, kind) }"
        self.declared[full] = f"declare {kind} @{full}({', '.join([kind] * len(operands))})"
        return self.call(full, *operands, result=kind)

    # -- memory -----------------------------------------------------------------------------------

    def room(self, kind: str, count: int = 1) -> N:
        """Memory of the function's own for so many numbers."""
        self._count += 1
        self._entry.append(f"  %m{self._count} = alloca [{count} x {kind}], align 64")
        return N(self, f"%m{self._count}", "ptr")

    def variable(self, kind: str, value: N | float) -> Variable:
        """A number that changes, and what it is at first."""
        self._count += 1
        self._entry.append(f"  %m{self._count} = alloca {kind}, align 8")
        made = Variable(self, kind, N(self, f"%m{self._count}", "ptr"))
        made.set(value)
        return made

    def at(self, place: N, kind: str, index: N | int) -> N:
        """The address of one of the numbers that begin at another."""
        i = self.number(index, "i64").name
        return N(self, self.line(f"getelementptr {kind}, ptr {place.name}, i64 {i}"), "ptr")

    def load(self, kind: str, place: N, index: N | int | None = None) -> N:
        """A number from memory, by its place after an address."""
        if index is not None:
            place = self.at(place, kind, index)
        return N(
            self, self.line(f"load {kind}, ptr {place.name}, align {_SIZES.get(kind, 1)}"), kind
        )

    def store(self, value: N, place: N, index: N | int | None = None) -> None:
        """A number to memory."""
        if index is not None:
            place = self.at(place, value.kind, index)
        align = _SIZES.get(value.kind, 1)
        self._lines.append(f"  store {value.kind} {value.name}, ptr {place.name}, align {align}")

    def store_past(self, value: N, place: N) -> None:
        """A vector to memory past the cache: where it lies at a multiple of its size."""
        how = "align 32, !nontemporal !0"
        self._lines.append(f"  store {value.kind} {value.name}, ptr {place.name}, {how}")

    # -- ways -------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, stop: N | int, start: N | int = 0, step: int = 1) -> Iterator[N]:
        """Go through the numbers from `start` up to `stop`."""
        count = self.variable("i64", start)
        head, body, done = self._labels("head", "body", "done")
        self._go(head)
        self._label(head)
        now = count.get()
        self._branch(now < stop if step > 0 else now > stop, body, done)
        self._label(body)
        self._ends.append(done)
        yield now
        self._ends.pop()
        count.set(now + step)
        self._go(head)
        self._label(done)

    @contextmanager
    def forever(self) -> Iterator[None]:
        """Go on until `leave`."""
        head, done = self._labels("head", "done")
        self._go(head)
        self._label(head)
        self._ends.append(done)
        yield
        self._ends.pop()
        self._go(head)
        self._label(done)

    def leave(self) -> None:
        """End the innermost loop."""
        self._go(self._ends[-1])
        self._label(*self._labels("after"))

    @contextmanager
    def when(self, condition: N) -> Iterator[None]:
        """Do something where a condition holds."""
        then, done = self._labels("then", "done")
        self._branch(condition, then, done)
        self._label(then)
        yield
        self._go(done)
        self._label(done)

    def give(self, value: N | float | None = None) -> None:
        """End the function with a result."""
        text = (
            "void" if value is None else f"{self._result} {self.number(value, self._result).name}"
        )
        self._lines.append(f"  ret {text}")
        self._label(*self._labels("after"))

    def _labels(self, *names: str) -> list[str]:
        self._count += 1
        return [f"{name}{self._count}" for name in names]

    def _label(self, name: str) -> None:
        self._lines.append(f"{name}:")

    def _go(self, label: str) -> None:
        self._lines.append(f"  br label %{label}")

    def _branch(self, condition: N, then: str, other: str) -> None:
        self._lines.append(f"  br i1 {condition.name}, label %{then}, label %{other}")


def module(functions: Sequence[Function]) -> str:
    """The text of some functions, and of what they need declared."""
    declared: dict[str, Any] = {}
    for f in functions:
        declared |= f.declared
    return "\n".join([*[f.text() for f in functions], *declared.values(), ""])
