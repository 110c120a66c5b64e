"""The greatest of each window, with the number of its place, and numbers put back there: as text.

Of lines of windows: where the first of each begins is in a table, in bytes, and so are the places of a
window. Results lie side by side.
"""

from __future__ import annotations

from functools import cache

from tcalc.runtime.lazy.compiled.code import module, number
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, TYPES, Loops
from tcalc.runtime.lazy.compiled.lower import NAME

# Steps from window to window along a line that vectors are read at.
STEPS = (1, 2)


def greatest(char: str, step: int, size: int) -> Compiled | None:
    """The function for arrays of a type of NumPy's (by its letter) of some size, or None."""
    found = _greatest(char, step) if char in TYPES and step in STEPS and available() else None
    return found if found is not None and found.is_ready(size) else None


def every(char: str) -> list[Compiled]:
    """The functions for arrays of a type; none where nothing is compiled."""
    return [*[_greatest(char, step) for step in STEPS], _put_back(char)] if available() else []


def put_back(char: str, size: int) -> Compiled | None:
    """The function that puts numbers back to places that no two windows share, or None."""
    found = _put_back(char) if char in TYPES and available() else None
    return found if found is not None and found.is_ready(size) else None


@cache
def _greatest(char: str, step: int) -> Compiled:
    """source; lines, their starts; distances of the places; width: windows in a line; values and
    numbers: what comes of them."""
    kind = TYPES[char]
    code = Loops(kind, (
        "*source", "lines", "*starts", "places", "*distances", "width", "*values", "*numbers",
    ))  # fmt: skip
    size, lanes, do = SIZES[kind], code.lanes, code.do
    numbered = code.numbered("i32")
    do(f"%bytes = mul i64 %width, {size}", f"%more = add i64 %width, {lanes - 1}")
    do(f"%vectors = udiv i64 %more, {lanes}")
    code.begin("line", start="%starts", value="%values", number="%numbers")
    first = code.beside("%source", code.distance("%start", "0"))
    code.begin("vector", window=first, out="%value", at="%number")
    left = code.line(f"sub i64 %width, {code.line(f'mul i64 %vector.i, {lanes}')}")
    wanted = code.splat(code.line(f"trunc i64 {left} to i32"), "i32")
    last = code.op("sub", code.op("mul", wanted, step), step - 1)
    inside = [code.test("icmp slt", code.op("add", numbered, i * lanes), last) for i in range(step)]
    least = code.constant(float("-inf"), kind)
    found = code.begin("place", [least, code.constant(0, "i32")])
    there = code.beside("%window", code.distance("%distances", "%place.i"))
    parts = [
        code.load_where(mask, code.beside(there, i * lanes * size), kind)
        for i, mask in enumerate(inside)
    ]
    value = code.shuffled(parts[0], parts[-1], range(0, step * lanes, step))
    # As PyTorch compares, nan is greater than all.
    greater = code.test("fcmp ogt", value, found[0])
    taken = code.op("or", greater, code.test("fcmp uno", value, value))
    place = code.splat(code.line("trunc i64 %place.i to i32"), "i32")
    found = [code.select(taken, value, found[0]), code.select(taken, place, found[1])]
    code.end("%places", found)
    mask = code.test("icmp slt", numbered, wanted)
    code.store_where("true", mask, found[0], "%out")
    code.store_where("true", mask, code.convert("trunc", found[1], "i8"), "%at")
    code.end("%vectors", window=step * lanes * size, out=lanes * size, at=lanes)
    code.end("%lines", start=8, value="%bytes", number="%width")
    do("ret void")
    return Compiled(module((f"void @{NAME}(ptr %args)", code)), True, 4)


@cache
def _put_back(char: str) -> Compiled:
    """given, and numbers of places; lines, starts, places, distances, width: as above; step: bytes from window
    to window; target: of zeros."""
    kind = TYPES[char]
    code = Loops(kind, (
        "*given", "*numbers", "lines", "*starts", "places", "*distances", "width", "step", "*target",
    ))  # fmt: skip
    size, do = SIZES[kind], code.do
    do(f"%bytes = mul i64 %width, {size}")
    code.begin("line", start="%starts", value="%given", number="%numbers")
    first = code.beside("%target", code.distance("%start", "0"))
    code.begin("window", at=first, one="%value", which="%number")
    place = code.line(f"zext i8 {code.line('load i8, ptr %which, align 1')} to i64")
    # A number that is no place's is none's: nothing is put there.
    known = code.line(f"icmp ult i64 {place}, %places")
    place = code.line(f"select i1 {known}, i64 {place}, i64 0")
    given = code.line(f"load {kind}, ptr %one, align 1")
    value = code.line(f"select i1 {known}, {kind} {given}, {kind} {number(0, kind)}")
    do(
        f"store {kind} {value}, ptr {code.beside('%at', code.distance('%distances', place))}, align 1"
    )
    code.end("%width", at="%step", one=size, which=1)
    code.end("%lines", start=8, value="%bytes", number="%width")
    do("ret void")
    return Compiled(module((f"void @{NAME}(ptr %args)", code)), True, 4)
