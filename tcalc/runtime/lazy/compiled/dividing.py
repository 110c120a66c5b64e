"""Division with remainder, bit for bit as NumPy does it: of single floats, and of integers up to 32 bits,
whose quotients in double are on the right side of every whole number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")
_SINGLE, _DOUBLE = "float", "double"
# Quotients of single floats below this are exact enough; by so many bits one step shortens others, and so
# many steps take the longest, 2**277.
_EXACT, _BITS, _STEPS = 2.0**28, 26, 11
_EXPONENT = 0x7FF << 52


def fmod(code: Code, a: V, b: V) -> V | None:
    """What division towards 0 leaves, with the sign of `a`."""
    return code.apart("fmod", _fmod, a, b) if a.type == _SINGLE else None


def remainder(code: Code, a: V, b: V) -> V | None:
    """What division downwards leaves, with the sign of `b`."""
    left = fmod(code, a, b)
    if left is None:
        return None
    is_zero = code.test("fcmp oeq", left, 0)
    moved = code.select(_crosses(code, left, b), code.op("fadd", left, b), left)
    found = code.select(is_zero, code.call("llvm.copysign", code.constant(0, _SINGLE), b), moved)
    return code.select(code.test("fcmp oeq", b, 0), left, found)


def floor_divide(code: Code, a: V, b: V) -> V | None:
    """The quotient rounded down."""
    left = fmod(code, a, b)
    if left is None:
        return None
    plain = code.op("fdiv", a, b)
    quotient = code.op("fdiv", code.op("fsub", a, left), b)
    less = code.op("fsub", quotient, 1)
    crosses = code.op("and", _crosses(code, left, b), code.test("fcmp une", left, 0))
    quotient = code.select(crosses, less, quotient)
    whole = code.call("llvm.floor", quotient)
    above = code.test("fcmp ogt", code.op("fsub", quotient, whole), 0.5)
    found = code.select(above, code.op("fadd", whole, 1), whole)
    zero = code.call("llvm.copysign", code.constant(0, _SINGLE), plain)
    found = code.select(code.test("fcmp oeq", quotient, 0), zero, found)
    return code.select(code.test("fcmp oeq", b, 0), plain, found)


def _crosses(code: Code, left: V, b: V) -> V:
    """Whether what is left has another sign than the divisor."""
    return code.op("xor", code.test("fcmp olt", b, 0), code.test("fcmp olt", left, 0))


def _fmod(code: Code, a: V, b: V) -> V:
    wide, by = (code.convert("fpext", v, _DOUBLE) for v in (a, b))
    quotient = code.op("fdiv", wide, by)
    left = code.fma(code.op("fneg", code.call("llvm.trunc", quotient)), by, wide)
    size = code.call("llvm.fabs", quotient)
    long = code.op("and", code.test("fcmp oge", size, _EXACT), code.test("fcmp olt", size, INF))

    def in_steps() -> list[V]:
        """Multiples by powers of 2 of the divisor are taken away first."""
        rest = wide
        for _ in range(_STEPS):
            bits = code.convert("bitcast", code.op("fdiv", rest, by), "i64")
            power = code.convert("bitcast", code.op("and", bits, _EXPONENT), _DOUBLE)
            power = code.op("fmul", power, 2.0**-_BITS)
            power = code.select(code.test("fcmp olt", power, 1), 1, power)
            multiple = code.op("fmul", by, power)
            times = code.call("llvm.trunc", code.op("fdiv", rest, multiple))
            rest = code.fma(code.op("fneg", times), multiple, rest)
        return [code.select(long, rest, left)]

    (left,) = code.unless(long, [left], in_steps)
    found = code.convert("fptrunc", left, _SINGLE)
    infinite = code.test("fcmp oeq", code.call("llvm.fabs", b), INF)
    finite = code.test("fcmp olt", code.call("llvm.fabs", a), INF)
    signed = code.call("llvm.copysign", code.select(code.op("and", infinite, finite), a, found), a)
    # What is no number is that of the operands, or the processor's own.
    given = code.select(code.test("fcmp uno", a, b), code.op("fadd", a, b), found)
    return code.select(code.test("fcmp uno", signed, 0), given, signed)


# -- integers -------------------------------------------------------------------------------------


def whole_floor_divide(code: Code, a: V, b: V) -> V | None:
    """The quotient rounded down; 0 by zero."""
    found = _quotient(code, a, b)
    return None if found is None else found[0]


def whole_remainder(code: Code, a: V, b: V) -> V | None:
    """What is left of that, with the sign of `b`; 0 by zero."""
    found = _quotient(code, a, b)
    return None if found is None else found[1]


def _quotient(code: Code, a: V, b: V) -> tuple[V, V] | None:
    if a.type == "i64":
        return None
    none = code.test("icmp eq", b, 0)
    by = code.select(none, 1, b)
    wide = [code.convert("sitofp", v, _DOUBLE) for v in (a, by)]
    exact = code.call("llvm.floor", code.op("fdiv", *wide))
    # Of the least number by -1 it is beyond the range, and in 64 bits wraps to that number.
    quotient = code.convert("trunc", code.convert("fptosi", exact, "i64"), a.type)
    left = code.op("sub", a, code.op("mul", quotient, by))
    return code.select(none, 0, quotient), code.select(none, 0, left)


def shifted(how: str) -> Callable[[Code, V, V], V]:
    """A shift by any number: beyond the bits nothing is left but the sign."""

    def form(code: Code, a: V, b: V) -> V:
        bits = int(a.type[1:])
        inside = code.test("icmp ult", b, bits)
        found = code.op(how, a, code.select(inside, b, 0))
        if how == "ashr":
            return code.select(inside, found, code.op(how, a, bits - 1))
        return code.select(inside, found, 0)

    return form
