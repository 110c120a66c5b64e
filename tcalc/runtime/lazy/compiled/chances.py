"""Numbers that are 0 or another one by chance, of two random words each, as text."""

from __future__ import annotations

from functools import cache

from tcalc.runtime.lazy.compiled.code import V, module
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, TYPES, Loops
from tcalc.runtime.lazy.compiled.lower import NAME

# Bits of two words, the high one first, that a double has.
BITS = 53


def chances(char: str, size: int) -> Compiled | None:
    """The function for arrays of a type of NumPy's (by its letter) of some size, or None."""
    found = _chances(char) if char in TYPES and available() else None
    return found if found is not None and found.is_ready(size) else None


def every(char: str) -> list[Compiled]:
    """The functions for arrays of a type; none where nothing is compiled."""
    return [_chances(char)] if available() else []


@cache
def _chances(char: str) -> Compiled:
    """words; below: the least number of BITS bits that gives 0; one: where the other number is; out: `count`
    of them."""
    kind = TYPES[char]
    code = Loops(kind, ("*words", "below", "*one", "*out", "count"))
    lanes, size, do = code.lanes, SIZES[kind], code.do
    do(f"%more = add i64 %count, {lanes - 1}", f"%vectors = udiv i64 %more, {lanes}")
    below, one = code.splat("%below", "i64"), code.load_one("%one", kind)
    code.begin("vector", at="%words", into="%out")
    left = code.line(f"sub i64 %count, {code.line(f'mul i64 %vector.i, {lanes}')}")
    inside = code.test("icmp ult", code.numbered("i64"), code.splat(left, "i64"))
    pairs = code.load_where(inside, "%at", "i64")
    high = code.op("shl", pairs, 32)
    whole = code.op("or", high, code.op("lshr", pairs, 32))
    number = code.op("and", whole, (1 << BITS) - 1)
    found = code.select(code.test("icmp ult", number, below), one, V("zeroinitializer", kind))
    code.store_where("true", inside, found, "%into")
    code.end("%vectors", at=lanes * 8, into=lanes * size)
    do("ret void")
    return Compiled(module((f"void @{NAME}(ptr %args)", code)), True, 8)
