"""Numbers of one random word each, as text: uniform ones of float32, and those of a range of int64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.drawing import RANGE, UNITS
from tcalc.runtime.lazy.compiled.loops import Loops

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import V

# Elements of a round.
_LANES = 32


def functions() -> list[tuple[str, Loops]]:
    """How the functions are declared, and their bodies."""
    return [
        (f"void @loop_{UNITS}(ptr %args)", _units()),
        (f"void @loop_{RANGE}(ptr %args)", _range()),
    ]


def _units() -> Loops:
    """words; out: `count` numbers."""
    code = _begun()

    def value(words: V) -> V:
        whole = code.convert("sitofp", code.op("and", words, (1 << 24) - 1), "float")
        return code.op("fmul", whole, 2.0**-24)

    return _each(code, value, 4)


def _range() -> Loops:
    """words; out: `count` numbers; numbers: how many there are to choose from; base: the first."""
    code = _begun("numbers", "base")
    given = code.splat(code.line("trunc i64 %numbers to i32"), "i32")
    numbers, base = code.convert("sitofp", given, "double"), code.splat("%base", "i64")

    def value(words: V) -> V:
        # The quotients of such numbers are exact enough for their whole part.
        real = code.convert("uitofp", words, "double")
        whole = code.call("llvm.trunc", code.op("fdiv", real, numbers))
        rest = code.fma(code.op("fneg", whole), numbers, real)
        return code.op(
            "add", code.convert("sext", code.convert("fptosi", rest, "i32"), "i64"), base
        )

    return _each(code, value, 8)


def _begun(*numbers: str) -> Loops:
    code = Loops("float", ("*words", "*out", "count", *numbers))
    code.lanes = _LANES
    return code


def _each(code: Loops, value: Callable[[V], V], width: int) -> Loops:
    """Write what `value` gives for words: whole vectors, and what is left."""
    code.do(f"%whole = udiv i64 %count, {_LANES}", f"%left = urem i64 %count, {_LANES}")
    code.do("%is.long = icmp ne i64 %whole, 0", "br i1 %is.long, label %long, label %short")
    code.label("long")
    code.begin("round", at="%words", into="%out")
    code.store(value(code.load("%at", "i32")), "%into")
    code.end("%whole", at=4 * _LANES, into=width * _LANES)
    code.do("br label %short")
    code.label("short")
    ends = {"from": ("%words", "%at.next"), "to": ("%out", "%into.next")}
    for name, (start, end) in ends.items():
        code.do(f"%{name} = phi ptr [ {start}, %entry ], [ {end}, %round.done ]")
    inside = code.test("icmp ult", code.numbered("i64"), code.splat("%left", "i64"))
    code.store_where("true", inside, value(code.load_where(inside, "%from", "i32")), "%to")
    code.do("ret void")
    return code
