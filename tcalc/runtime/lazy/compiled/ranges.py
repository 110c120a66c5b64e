"""Numbers in steps as text: single passes, of which threads have parts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.code import V, module
from tcalc.runtime.lazy.compiled.kernels import Compiled, address, available
from tcalc.runtime.lazy.compiled.loops import Loops
from tcalc.runtime.lazy.compiled.lower import NAME
from tcalc.runtime.lazy.compiled.pool import UNIT

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# Elements of a round of the loop.
_LANES = 32
# The types of numbers as they are computed and as they are stored, by NumPy's letters.
KINDS = {
    "ff": ("float", "float"),
    "df": ("double", "float"),
    "dd": ("double", "double"),
    "ll": ("i64", "i64"),
}
NAMES = {kinds: f"range_{kinds}" for kinds in KINDS}
_MOST = 1 << 31


def write(
    out: Array, base: float, step: float, first: int = 0, way: int = 1, work: str = ""
) -> bool:
    """Write `base + k * step` into a flat array, of the numbers k from the first on, each `way` from the
    one before: whether that was done. The product and the sum are rounded on their own.

    work: NumPy's letter of the type that it is computed in, by default the array's.
    """
    char = out.dtype.char
    function = _function((work or char) + char) if out.size < _MOST else None
    if function is None or not function.is_ready(out.size):
        return False
    numbers = np.array([base, step], work or char)
    at = address(numbers)
    given = [address(out), out.size, first, way, at, at + numbers.itemsize]
    ahead = [UNIT * out.itemsize, 0, UNIT * way, 0, 0, 0]
    function.share(given, ahead, 1, UNIT, out.size)
    return True


def _function(kinds: str) -> Compiled | None:
    return _made(kinds) if kinds in KINDS and available() else None


@cache
def _made(kinds: str) -> Compiled:
    made = Compiled(module((f"void @{NAME}(ptr %args)", _code(kinds))), True, 1)
    made.call = library.call(NAMES[kinds])
    return made


def functions() -> list[tuple[str, Loops]]:
    """How the functions that an installation has are declared, and their bodies."""
    return [(f"void @loop_{name}(ptr %args)", _code(kinds)) for kinds, name in NAMES.items()]


def _code(kinds: str) -> Loops:
    """out: `count` elements; first, way: of the numbers; base, step: where they are."""
    work, stored = KINDS[kinds]
    code = Loops("float", ("*out", "count", "first", "way", "*base", "*step"))
    code.lanes = _LANES
    do, line = code.do, code.line
    index = "i64" if work == "i64" else "i32"
    base, step = code.load_one("%base", work), code.load_one("%step", work)

    def numbers(scalar: str) -> V:
        return code.splat(line(f"trunc i64 {scalar} to i32") if index == "i32" else scalar, index)

    way = numbers("%way")
    k = code.op("add", numbers("%first"), code.op("mul", way, code.numbered(index)))
    if work == "i64":
        k = code.op("add", base, code.op("mul", k, step))
        ahead = code.op("mul", code.op("mul", way, step), _LANES)
    else:
        ahead = code.op("mul", way, _LANES)

    def value(k: V) -> V:
        if work == "i64":
            return k
        found = code.op("fadd", base, code.op("fmul", code.convert("sitofp", k, work), step))
        return found if work == stored else code.convert("fptrunc", found, stored)

    size = {"float": 4, "double": 8, "i64": 8}[stored]
    do(f"%whole = udiv i64 %count, {_LANES}", f"%left = urem i64 %count, {_LANES}")
    do("%some = icmp ne i64 %whole, 0", "br i1 %some, label %most, label %rest")
    code.label("most")
    (now,) = code.begin("vector", [k], into="%out")
    code.store(value(now), "%into")
    after = code.op("add", now, ahead)
    code.end("%whole", [after], into=_LANES * size)
    do("br label %rest")
    code.label("rest")
    kind = code.vector(index)
    last = V(line(f"phi {kind} [ {k.name}, %entry ], [ {after.name}, %vector.done ]"), index)
    place = line("phi ptr [ %out, %entry ], [ %into.next, %vector.done ]")
    inside = code.test("icmp ult", code.numbered("i64"), code.splat("%left", "i64"))
    code.store_where("true", inside, value(last), place)
    do("ret void")
    return code
