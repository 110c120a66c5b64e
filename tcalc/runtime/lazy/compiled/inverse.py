"""More functions of float32 by way of double (see `precise`): arcs, and hyperbolic functions with theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.precise import by_double, logarithm

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")
_HALF_PI, _QUARTER_PI = 1.5707963267948966, 0.7853981633974483
_ROOT_TWO_LESS_ONE = 0.41421356237309503
# (atan(x) / x - 1) / x**2 of x**2, |x| ≤ √2 - 1; (asin(x) / x - 1) / x**2 of x**2, |x| ≤ 1/2.
_ATAN = (
    -0.33333333333265697, 0.1999999994953061, -0.14285708076608974, 0.11110818413358031, -0.09084078141663537,
    0.07604579486852303, -0.06026298394701879, 0.03293875797470985,
)  # fmt: skip
_ASIN = (
    0.1666666666666213, 0.07500000003621823, 0.044642852393802855, 0.03038218476902035, 0.022366021233428377,
    0.017442055165084132, 0.013183827397697983, 0.015692988902260212, -0.0029792106548662406,
    0.027944250415104916,
)  # fmt: skip
# (exp(x) - 1 - x) / x**2, |x| ≤ log(2) / 2.
_EXP = (
    0.5, 0.16666666666648156, 0.041666666666651246, 0.008333333353839834, 0.0013888888905973543,
    0.0001984120851210209, 2.480153620505534e-05, 2.7625237795740734e-06, 2.761390867578486e-07,
)  # fmt: skip
_LOG2E, _LN2, _LN2_REST = 1.4426950408889634, 0.6931471805599453, 2.3190468138462996e-17
_ROUND = 1.5 * 2.0**52
_BEYOND = 2.0**700
# Below this a function is the number and a share of its cube.
_SMALL = 2.0**-10


def _atan(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    large = code.test("fcmp ogt", size, 1)
    size = code.select(large, code.op("fdiv", 1, size), size)
    middle = code.test("fcmp ogt", size, _ROOT_TWO_LESS_ONE)
    turned = code.op("fdiv", code.op("fsub", size, 1), code.op("fadd", size, 1))
    found = _odd(code, code.select(middle, turned, size), _ATAN)
    found = code.select(middle, code.op("fadd", found, _QUARTER_PI), found)
    found = code.select(large, code.op("fsub", _HALF_PI, found), found)
    return code.call("llvm.copysign", found, x)


def _atan2(code: Code, y: V, x: V) -> V:
    high, low = (code.call("llvm.fabs", v) for v in (x, y))
    steep = code.test("fcmp ogt", low, high)
    high, low = code.select(steep, low, high), code.select(steep, high, low)
    # Beyond all single floats and their quotients: of two infinite ones the angle is half a right one.
    high, low = (code.select(code.test("fcmp ogt", v, _BEYOND), _BEYOND, v) for v in (high, low))
    middle = code.test("fcmp ogt", low, code.op("fmul", high, _ROOT_TWO_LESS_ONE))
    part = code.select(middle, code.op("fsub", low, high), low)
    whole = code.select(middle, code.op("fadd", low, high), high)
    whole = code.select(code.test("fcmp oeq", whole, 0), 1, whole)
    found = _odd(code, code.op("fdiv", part, whole), _ATAN)
    found = code.select(middle, code.op("fadd", found, _QUARTER_PI), found)
    found = code.select(steep, code.op("fsub", _HALF_PI, found), found)
    back = code.test("icmp slt", code.convert("bitcast", x, "i64"), 0)
    found = code.select(back, code.op("fsub", 2 * _HALF_PI, found), found)
    found = code.call("llvm.copysign", found, y)
    return code.select(code.test("fcmp uno", x, y), code.op("fadd", x, y), found)


def _asin(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    large, found = _arc(code, size)
    found = code.select(large, code.op("fsub", _HALF_PI, found), found)
    return code.call("llvm.copysign", found, x)


def _acos(code: Code, x: V) -> V:
    large, found = _arc(code, code.call("llvm.fabs", x))
    signed = code.call("llvm.copysign", found, x)
    below = code.test("fcmp olt", x, 0)
    far = code.select(below, code.op("fsub", 2 * _HALF_PI, found), found)
    return code.select(large, far, code.op("fsub", _HALF_PI, signed))


def _arc(code: Code, size: V) -> tuple[V, V]:
    """Where numbers from 0 to 1 are above 1/2, and their arc sines, or there their arc cosines."""
    large = code.test("fcmp ogt", size, 0.5)
    root = code.call("llvm.sqrt", code.op("fmul", code.op("fsub", 1, size), 0.5))
    found = _odd(code, code.select(large, root, size), _ASIN)
    return large, code.select(large, code.op("fmul", found, 2), found)


def _sinh(code: Code, x: V) -> V:
    power = exponential(code, x)
    found = code.op("fmul", code.op("fsub", power, code.op("fdiv", 1, power)), 0.5)
    return _but_small(code, x, found, 1 / 6)


def _cosh(code: Code, x: V) -> V:
    power = exponential(code, x)
    return code.op("fmul", code.op("fadd", power, code.op("fdiv", 1, power)), 0.5)


def _asinh(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    root = code.call("llvm.sqrt", code.fma(size, size, 1))
    found = _log(code, code.op("fadd", size, root))
    return _but_small(code, x, code.call("llvm.copysign", found, x), -1 / 6)


def _acosh(code: Code, x: V) -> V:
    root = code.call("llvm.sqrt", code.fma(x, x, -1))
    found = _log(code, code.op("fadd", x, root))
    return code.select(code.test("fcmp ult", x, 1), float("nan"), found)


def _atanh(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    ratio = code.op("fdiv", code.op("fadd", 1, size), code.op("fsub", 1, size))
    found = code.op("fmul", _log(code, ratio), 0.5)
    found = code.select(code.test("fcmp ugt", size, 1), float("nan"), found)
    return _but_small(code, x, code.call("llvm.copysign", found, x), 1 / 3)


arctan, arcsin, arccos = (
    by_double(*f) for f in (("atan", _atan), ("asin", _asin), ("acos", _acos))
)
sinh, cosh = by_double("sinh", _sinh), by_double("cosh", _cosh)
arcsinh, arccosh = by_double("asinh", _asinh), by_double("acosh", _acosh)
arctanh = by_double("atanh", _atanh)


arctan2 = by_double("atan2", _atan2)


def _odd(code: Code, x: V, coefficients: tuple[float, ...]) -> V:
    square = code.op("fmul", x, x)
    return code.fma(code.op("fmul", square, x), code.polynomial(square, coefficients), x)


def _but_small(code: Code, x: V, found: V, share: float) -> V:
    near = code.fma(code.op("fmul", code.op("fmul", x, x), x), share, x)
    near = code.select(code.test("fcmp oeq", x, 0), x, near)
    return code.select(code.test("fcmp olt", code.call("llvm.fabs", x), _SMALL), near, found)


def _log(code: Code, x: V) -> V:
    """The natural logarithm of numbers that are at least 1; inf and nan stay."""
    return code.select(code.test("fcmp ueq", x, INF), x, logarithm(code, x))


def exponential(code: Code, x: V) -> V:
    """e to the power of single floats: beyond 700 that is no single float."""
    x = code.select(code.test("fcmp ogt", x, 700), 700, x)
    x = code.select(code.test("fcmp olt", x, -700), -700, x)
    shifted = code.op("fadd", code.op("fmul", x, _LOG2E), _ROUND)
    whole = code.op("fsub", shifted, _ROUND)
    rest = code.fma(whole, -_LN2_REST, code.fma(whole, -_LN2, x))
    square = code.op("fmul", rest, rest)
    power = code.op("fadd", code.fma(square, code.polynomial(rest, _EXP), rest), 1)
    bits = code.op("shl", code.op("add", code.convert("bitcast", shifted, "i64"), 1023), 52)
    return code.op("fmul", power, code.convert("bitcast", bits, "double"))
