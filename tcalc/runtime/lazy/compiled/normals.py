"""Normals of random words by Box and Muller's way, as text: to the bit those of PyTorch's vectors.

Rows of 16 words give eight radii and eight angles, and those eight cosines and eight sines. Logarithm, sine
and cosine are the Cephes library's of single floats (Moshier, 1989), their sums rounded together with
a product where PyTorch's compiler has them so.
"""

from __future__ import annotations

import math

from tcalc.runtime.lazy.compiled.code import V
from tcalc.runtime.lazy.compiled.drawing import NORMALS, ROW
from tcalc.runtime.lazy.compiled.loops import Loops

# Numbers of half a row.
_HALF = ROW // 2
# From the highest power down.
_LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# ln 2 and π/4 in parts, of which the first ones have few bits.
_LN2 = (0.693359375, -2.12194440e-4)
_QUARTERS = (0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)


def function() -> tuple[str, Loops]:
    """How the function is declared, and its body.

    words; out: `rows` rows of numbers; mean, std: where they are.
    """
    code = Loops("float", ("*words", "*out", "rows", "*mean", "*std"))
    code.lanes = _HALF
    mean, std = code.load_one("%mean", "float"), code.load_one("%std", "float")
    code.begin("row", at="%words", into="%out")
    below, angle = (_unit(code, code.load(at, "i32")) for at in ("%at", code.beside("%at", 32)))
    logarithm = _log(code, code.op("fsub", code.constant(1, "float"), below))
    radius = code.call("llvm.sqrt", code.op("fmul", logarithm, -2))
    sine, cosine = _waves(code, code.op("fmul", angle, 2 * math.pi))
    for value, at in ((cosine, "%into"), (sine, code.beside("%into", 32))):
        code.store(code.fma(code.op("fmul", radius, value), std, mean), at)
    code.end("%rows", at=4 * ROW, into=4 * ROW)
    code.do("ret void")
    return f"void @loop_{NORMALS}(ptr %args)", code


def _unit(code: Loops, words: V) -> V:
    """Numbers uniform in [0, 1)."""
    whole = code.convert("sitofp", code.op("and", words, (1 << 24) - 1), "float")
    return code.op("fmul", whole, 2.0**-24)


def _log(code: Loops, x: V) -> V:
    """The logarithms of numbers in (0, 1]."""
    bits = code.convert("bitcast", x, "i32")
    fraction = code.op("or", code.op("and", bits, ~0x7F800000), 0x3F000000)
    power = code.op("sub", code.op("lshr", bits, 23), 126)
    x = code.convert("bitcast", fraction, "float")
    small = code.test("fcmp olt", x, math.sqrt(0.5))
    exponent = code.convert("sitofp", power, "float")
    exponent = code.select(small, code.op("fsub", exponent, 1), exponent)
    less = code.op("fsub", x, 1)
    x = code.select(small, code.op("fadd", less, x), less)
    square = code.op("fmul", x, x)
    cube = code.op("fmul", code.polynomial(x, _LOG[::-1]), x)
    first, second = _LN2
    high = code.fma(cube, square, code.op("fmul", exponent, second))
    high = code.op("fsub", high, code.op("fmul", square, 0.5))
    return code.fma(exponent, first, code.op("fadd", x, high))


def _waves(code: Loops, x: V) -> tuple[V, V]:
    """The sines and the cosines of numbers that are not negative."""
    eighths = code.convert("fptosi", code.op("fmul", x, 4 / math.pi), "i32")
    eighths = code.op("and", code.op("add", eighths, 1), ~1)
    turns = code.convert("sitofp", eighths, "float")
    for part in _QUARTERS:
        x = code.fma(turns, -part, x)
    square = code.op("fmul", x, x)
    even = code.op("fmul", code.polynomial(square, _COSINE[::-1]), square)
    even = code.fma(even, square, code.op("fmul", square, -0.5))
    even = code.op("fadd", even, 1)
    odd = code.op("fmul", code.polynomial(square, _SINE[::-1]), square)
    odd = code.fma(odd, x, x)
    along = code.test("icmp eq", code.op("and", eighths, 2), 0)
    signs = (
        code.op("shl", code.op("and", eighths, 4), 29),
        code.op("shl", code.op("and", code.op("xor", code.op("sub", eighths, 2), -1), 4), 29),
    )
    chosen = code.select(along, odd, even), code.select(along, even, odd)
    sine, cosine = (
        code.convert("bitcast", code.op("xor", code.convert("bitcast", v, "i32"), sign), "float")
        for v, sign in zip(chosen, signs)
    )
    return sine, cosine
