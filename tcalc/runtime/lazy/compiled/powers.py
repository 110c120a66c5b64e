"""Powers of float32 by way of double (see `precise`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.inverse import exponential
from tcalc.runtime.lazy.compiled.precise import by_double, logarithm

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")


def _power(code: Code, x: V, y: V) -> V:
    size = code.call("llvm.fabs", x)
    log = code.select(code.test("fcmp oeq", size, INF), INF, logarithm(code, size))
    found = exponential(code, code.op("fmul", y, log))
    # 1 to the power of an infinite one, and -1.
    found = code.select(code.test("fcmp oeq", size, 1), 1, found)
    whole = code.test("fcmp oeq", code.call("llvm.rint", y), y)
    half = code.op("fmul", y, 0.5)
    odd = code.op("and", whole, code.test("fcmp une", code.call("llvm.rint", half), half))
    found = code.select(odd, code.call("llvm.copysign", found, x), found)
    below = code.op("and", code.test("fcmp olt", x, 0), code.test("fcmp one", x, -INF))
    none = code.op("and", below, code.op("xor", whole, 1))
    found = code.select(none, float("nan"), found)
    found = code.select(code.test("fcmp uno", x, y), code.op("fadd", x, y), found)
    one = code.op("or", code.test("fcmp oeq", y, 0), code.test("fcmp oeq", x, 1))
    return code.select(one, 1, found)


power = by_double("power", _power)
