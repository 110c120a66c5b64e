"""Functions of float32 by way of double, in which what rounding loses on the way does not show: the one
error is that of the result. Coefficients as in `polynomials`, to 30 bits or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")
_SINGLE, _DOUBLE = "float", "double"
# Added to a number below 2**51 it rounds that to a whole one, which its low bits then hold.
_ROUND = 1.5 * 2.0**52
_HALF_PI, _HALF_PI_REST = 1.5707963267948966, 6.123233995736766e-17
# 2 / pi in parts of 28 bits: products of them with single floats are exact.
_TWO_OVER_PI = (
    0.6366197690367699, 3.3308114738561656e-09, 2.276010047810136e-18, 2.5268260189002822e-26, 1.6682867657019525e-34, 1.158871328288855e-43, 7.053959174404295e-52, 8.910067885731021e-60,
)  # fmt: skip
# From here on a multiple of pi / 2 in two parts is not exact enough.
_FAR = 2.0**28
# (sin(x) / x - 1) / x**2 and (cos(x) - 1 + x**2 / 2) / x**4 of x**2, |x| ≤ pi / 4.
_SIN = (
    -0.16666666666666666, 0.008333333333330936, -0.00019841269836740532, 2.7557316093198404e-06,
    -2.5051129896450185e-08, 1.5917988979397435e-10,
)  # fmt: skip
_COS = (
    0.041666666666666664, -0.0013888888888887389, 2.48015872987544e-05, -2.755731726587808e-07,
    2.087614504941318e-09, -1.138254464534925e-11,
)  # fmt: skip
# (log((1 + s) / (1 - s)) - 2 s) / s**3 of s**2, 1 / √2 ≤ (1 + s) / (1 - s) ≤ √2.
_LOG = (
    0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496, 0.1818289243253687,
    0.15331611722055008, 0.14617807153417325,
)  # fmt: skip
_LN2 = 0.6931471805599453
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


def by_double(name: str, form: Callable[..., V]) -> Callable[..., V]:
    """A function of single floats that is computed in double."""

    def write(code: Code, *operands: V) -> V:
        wide = [code.convert("fpext", x, _DOUBLE) for x in operands]
        return code.convert("fptrunc", form(code, *wide), _SINGLE)

    return lambda code, *operands: code.apart(name, write, *operands)


def _sin(code: Code, x: V) -> V:
    rest, quarter = _turned(code, x)
    # What is 0 stays, with its sign.
    return code.select(code.test("fcmp oeq", x, 0), x, _wave(code, rest, quarter))


def _cos(code: Code, x: V) -> V:
    rest, quarter = _turned(code, x)
    return _wave(code, rest, code.op("add", quarter, 1))


def _tan(code: Code, x: V) -> V:
    rest, quarter = _turned(code, x)
    s, c = sine(code, rest), cosine(code, rest)
    odd = code.truth(code.op("and", quarter, 1))
    found = code.op("fdiv", code.select(odd, c, s), code.select(odd, code.op("fneg", s), c))
    return code.select(code.test("fcmp oeq", x, 0), x, found)


sin, cos, tan = by_double("sin", _sin), by_double("cos", _cos), by_double("tan", _tan)


def logarithm(code: Code, x: V) -> V:
    """The natural logarithm of positive numbers that are none of the smallest; -inf of 0."""
    bits = code.convert("bitcast", x, "i64")
    shift = code.op("and", code.op("sub", bits, _ROOT_HALF_BITS), -1 << 52)
    exponent = code.convert("sitofp", code.op("ashr", shift, 52), _DOUBLE)
    mantissa = code.convert("bitcast", code.op("sub", bits, shift), _DOUBLE)
    rest = code.op("fsub", mantissa, 1)
    s = code.op("fdiv", rest, code.op("fadd", mantissa, 1))
    square = code.op("fmul", s, s)
    cube = code.op("fmul", square, s)
    found = code.fma(cube, code.polynomial(square, _LOG), code.op("fmul", s, 2))
    found = code.fma(exponent, _LN2, found)
    return code.select(code.test("fcmp oeq", x, 0), -INF, found)


def _turned(code: Code, x: V) -> tuple[V, V]:
    """What is left of angles after quarter turns, at most pi / 4, and how many these are, as integers."""
    shifted = code.op("fadd", code.op("fmul", x, _TWO_OVER_PI[0] + _TWO_OVER_PI[1]), _ROUND)
    turns = code.op("fsub", shifted, _ROUND)
    rest = code.fma(turns, -_HALF_PI_REST, code.fma(turns, -_HALF_PI, x))

    def far() -> list[V]:
        """Whole turns, four quarters, are left out of each product before they are added up."""
        total = lost = code.constant(0, _DOUBLE)
        for part in _TWO_OVER_PI:
            product = code.op("fmul", x, part)
            whole = code.call("llvm.rint", code.op("fmul", product, 0.25))
            product = code.fma(whole, -4, product)
            begun = total
            total = code.op("fadd", begun, product)
            moved = code.op("fsub", total, begun)
            error = code.op("fsub", begun, code.op("fsub", total, moved))
            lost = code.op("fadd", lost, code.op("fadd", error, code.op("fsub", product, moved)))
        whole = code.op("fadd", total, _ROUND)
        left = code.op("fsub", total, code.op("fsub", whole, _ROUND))
        left = code.op("fmul", code.op("fadd", left, lost), _HALF_PI)
        is_far = code.test("fcmp ogt", code.call("llvm.fabs", x), _FAR)
        return [code.select(is_far, left, rest), code.select(is_far, whole, shifted)]

    is_far = code.test("fcmp ogt", code.call("llvm.fabs", x), _FAR)
    rest, shifted = code.unless(is_far, [rest, shifted], far)
    return rest, code.convert("bitcast", shifted, "i64")


def _wave(code: Code, rest: V, quarter: V) -> V:
    """The sine of quarter turns and a rest."""
    odd = code.truth(code.op("and", quarter, 1))
    found = code.select(odd, cosine(code, rest), sine(code, rest))
    sign = code.op("shl", code.op("and", quarter, 2), 62)
    bits = code.op("xor", code.convert("bitcast", found, "i64"), sign)
    return code.convert("bitcast", bits, _DOUBLE)


def sine(code: Code, x: V) -> V:
    square = code.op("fmul", x, x)
    return code.fma(code.op("fmul", square, x), code.polynomial(square, _SIN), x)


def cosine(code: Code, x: V) -> V:
    square = code.op("fmul", x, x)
    high = code.fma(square, code.polynomial(square, _COS), -0.5)
    return code.fma(square, high, 1)
