"""Functions of float32 that no instruction computes, right to 1 ulp: `scripts/check_compiled.py` tries
every float32.

A number is brought to a short interval, where a polynomial does, fitted at the nodes of Chebyshev's.
What is added last is the larger part, so that its rounding is nearly all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")
NAN = float("nan")
# Constants in two parts: of the first of ln 2 and log10 2 a product with an exponent is exact.
_LN2, _LN2_REST = 0.693115234375, 3.194618329871446e-05
_LOG10_2, _LOG10_2_REST = 0.301025390625, 4.605039066518657e-06
_LOG2E, _LOG2E_REST = 1.4426950216293335, 1.925963033500011e-08
_LOG10E, _LOG10E_REST = 0.4342944920063019, -1.0103049952192578e-08
# Added to a number below 2**22 it rounds that to a whole one, which its low bits then hold.
_ROUND = 1.5 * 2.0**23
_ROUND_BITS = 0x4B400000
_ROOT_HALF_BITS = 0x3F3504F3
_LEAST_NORMAL = 2.0**-126
# (exp(x) - 1 - x) / x**2, |x| ≤ ln(2) / 2.
_EXP = (
    0.5, 0.1666666716337204, 0.041666463017463684, 0.00833331048488617, 0.0013933731243014336,
    0.000198910798644647,
)  # fmt: skip
# (2**x - 1) / x, |x| ≤ 1/2.
_EXP2 = (
    0.6931471824645996, 0.24022650718688965, 0.05550410971045494, 0.009618056938052177,
    0.0013333501992747188, 0.00015461444854736328, 1.529732435301412e-05,
)  # fmt: skip
# (log(1 + x) - x + x**2 / 2) / x**3, √½ - 1 ≤ x ≤ √2 - 1.
_LOG = (
    0.3333333134651184, -0.2499999701976776, 0.20000715553760529, -0.1666780263185501,
    0.14249058067798615, -0.12425687164068222, 0.11685419827699661, -0.11479733884334564,
    0.06971611827611923,
)  # fmt: skip
_LOG_FROM, _LOG_TO = -0.2928932, 0.41421354
# (tanh(x) / x - 1) / x**2 of x**2, |x| ≤ 0.9.
_TANH = (
    -0.33333322405815125, 0.13332977890968323, -0.05392911657691002, 0.021662522107362747,
    -0.00826223287731409, 0.002580289961770177, -0.00045454048085957766,
)  # fmt: skip
_TANH_TO = 0.9
# erf(x) / x - 1 of x**2, |x| ≤ 1; -log(1 - erf(x)), 0.9 ≤ x ≤ 4.
_ERF = (
    0.12837916612625122, -0.37612634897232056, 0.11283739656209946, -0.026863235980272293,
    0.005215456243604422, -0.0008410142618231475, 0.00010775406553875655, -8.3807199189323e-06,
)  # fmt: skip
_ERFC_LOG = (
    -0.00019147849525325, 1.1295939683914185, 0.6331903338432312, 0.10844920575618744,
    -0.02522692084312439, 0.0042112465016543865, -0.0004426384693942964, 2.179319017159287e-05,
)  # fmt: skip
_ERF_TO = 0.95


def exp(code: Code, x: V) -> V:
    """e to the power of each element."""
    exponent, power = _halved(code, _within(code, x, -104, 89))
    return _scaled(code, code.op("fadd", power, 1), exponent)


def exp2(code: Code, x: V) -> V:
    """2 to the power of each element."""
    x = _within(code, x, -151, 129)
    whole, exponent = _nearest(code, x)
    rest = code.op("fsub", x, whole)
    return _scaled(code, code.fma(rest, code.polynomial(rest, _EXP2), 1), exponent)


def expm1(code: Code, x: V) -> V:
    """e to the power of each element, less 1."""
    return code.apart("expm1", _expm1, x)


def _expm1(code: Code, x: V) -> V:
    # So is nan. Where all are tiny, as what is cut off above 0 mostly is, they are the result.
    large = code.test("fcmp uge", code.call("llvm.fabs", x), 2.0**-60)
    return code.unless(large, [x], lambda: [code.select(large, _less_one(code, x), x)])[0]


def _less_one(code: Code, x: V) -> V:
    """The same of numbers that are not tiny."""
    bounded = _within(code, x, -20, 89)
    whole, exponent = _nearest(code, code.op("fmul", bounded, _LOG2E))
    most = code.fma(whole, -_LN2, bounded)
    rest = code.fma(whole, -_LN2_REST, most)
    square = code.op("fmul", rest, rest)
    small = code.fma(whole, -_LN2_REST, code.op("fmul", square, code.polynomial(rest, _EXP)))
    # 2**128 is none: half of all, doubled at the end.
    power = _power(code, code.op("sub", exponent, 1))
    first = code.op("fsub", power, 0.5)
    begun = code.fma(power, most, first)
    lost = code.fma(power, most, code.op("fsub", first, begun))
    lost = code.op("fadd", lost, code.op("fsub", code.op("fsub", power, first), 0.5))
    return code.op("fmul", code.op("fadd", begun, code.fma(power, small, lost)), 2)


def log(code: Code, x: V) -> V:
    """The natural logarithm."""
    exponent, rest = _parts(code, x)
    return _of_positive(code, x, _log(code, exponent, rest, _below_rest(code, rest)))


def log2(code: Code, x: V) -> V:
    """The logarithm to base 2."""
    exponent, rest = _parts(code, x)
    return _of_positive(code, x, _to_base(code, exponent, rest, (1, 0), (_LOG2E, _LOG2E_REST)))


def log10(code: Code, x: V) -> V:
    """The logarithm to base 10."""
    exponent, rest = _parts(code, x)
    two, base = (_LOG10_2, _LOG10_2_REST), (_LOG10E, _LOG10E_REST)
    return _of_positive(code, x, _to_base(code, exponent, rest, two, base))


def log1p(code: Code, x: V) -> V:
    """The natural logarithm of 1 and each element."""
    bits = code.convert("bitcast", code.op("fadd", x, 1), "i32")
    shift = code.op("and", code.op("sub", bits, _ROOT_HALF_BITS), -1 << 23)
    near = code.op("and", code.test("fcmp oge", x, _LOG_FROM), code.test("fcmp ole", x, _LOG_TO))
    shift = code.select(near, 0, shift)
    exponent = code.convert("sitofp", code.op("ashr", shift, 23), "float")
    scale = code.convert("bitcast", code.op("sub", 0x3F800000, shift), "float")
    first = code.op("fsub", scale, 1)
    rest = code.fma(x, scale, first)
    lost = code.fma(x, scale, code.op("fsub", first, rest))
    # A large number is the sum, and its scale may be none.
    large = code.test("fcmp ogt", x, 2.0**60)
    mantissa = code.convert("bitcast", code.op("sub", bits, shift), "float")
    rest = code.select(large, code.op("fsub", mantissa, 1), rest)
    small = code.op("fadd", _below_rest(code, rest), code.select(large, 0, lost))
    found = _of_positive(code, x, _log(code, exponent, rest, small), least=-1.0)
    return code.select(code.test("fcmp oeq", x, 0), x, found)


def tanh(code: Code, x: V) -> V:
    """The hyperbolic tangent."""
    size = code.call("llvm.fabs", x)
    # 1 - 2 / (exp(2 * size) + 1), which is 1 long before 10.
    exponent, power = _halved(code, _within(code, code.op("fmul", size, 2), 0, 20))
    scale = _power(code, exponent)
    sum = code.fma(scale, power, code.op("fadd", scale, 1))
    far = code.op("fsub", 1, code.op("fdiv", 2, sum))
    square = code.op("fmul", size, size)
    cube = code.op("fmul", square, size)
    near = code.fma(cube, code.polynomial(square, _TANH), size)
    found = code.select(code.test("fcmp olt", size, _TANH_TO), near, far)
    return code.call("llvm.copysign", found, x)


def erf(code: Code, x: V) -> V:
    """The error function."""
    size = code.call("llvm.fabs", x)
    bounded = _within(code, size, 0, 4)
    logarithm = code.op("fneg", code.polynomial(bounded, _ERFC_LOG))
    exponent, power = _halved(code, logarithm)
    scale = _power(code, exponent)
    far = code.fma(code.op("fneg", scale), power, code.op("fsub", 1, scale))
    near = code.fma(size, code.polynomial(code.op("fmul", size, size), _ERF), size)
    found = code.select(code.test("fcmp olt", size, _ERF_TO), near, far)
    return code.call("llvm.copysign", found, x)


# -- parts ----------------------------------------------------------------------------------------


def _within(code: Code, x: V, least: float, most: float) -> V:
    """Each element between two numbers; nan stays."""
    x = code.select(code.test("fcmp olt", x, least), least, x)
    return code.select(code.test("fcmp ogt", x, most), most, x)


def _halved(code: Code, x: V) -> tuple[V, V]:
    """Integers n and what is left, such that exp(x) = 2**n * (1 + left)."""
    whole, exponent = _nearest(code, code.op("fmul", x, _LOG2E))
    rest = code.fma(whole, -_LN2_REST, code.fma(whole, -_LN2, x))
    square = code.op("fmul", rest, rest)
    return exponent, code.fma(square, code.polynomial(rest, _EXP), rest)


def _nearest(code: Code, x: V) -> tuple[V, V]:
    """The nearest whole numbers, as floats and as integers."""
    shifted = code.op("fadd", x, _ROUND)
    bits = code.convert("bitcast", shifted, "i32")
    return code.op("fsub", shifted, _ROUND), code.op("sub", bits, _ROUND_BITS)


def _power(code: Code, exponent: V) -> V:
    """2 to the power of integers from -126 to 127."""
    bits = code.op("shl", code.op("add", exponent, 127), 23)
    return code.convert("bitcast", bits, "float")


def _scaled(code: Code, x: V, exponent: V) -> V:
    """x times 2 to the power of integers, in two steps: a power may be none, where the product is."""
    half = code.op("ashr", exponent, 1)
    begun = code.op("fmul", x, _power(code, half))
    return code.op("fmul", begun, _power(code, code.op("sub", exponent, half)))


def _parts(code: Code, x: V) -> tuple[V, V]:
    """Of positive numbers the exponents e and the rests r, such that x = 2**e * (1 + r)."""
    tiny = code.test("fcmp olt", x, _LEAST_NORMAL)
    bits = code.convert("bitcast", code.select(tiny, code.op("fmul", x, 2.0**23), x), "i32")
    shift = code.op("and", code.op("sub", bits, _ROOT_HALF_BITS), -1 << 23)
    exponent = code.convert("sitofp", code.op("ashr", shift, 23), "float")
    exponent = code.op("fadd", exponent, code.select(tiny, code.constant(-23, "float"), 0))
    mantissa = code.convert("bitcast", code.op("sub", bits, shift), "float")
    return exponent, code.op("fsub", mantissa, 1)


def _below_rest(code: Code, rest: V) -> V:
    """log(1 + rest) - rest."""
    square = code.op("fmul", rest, rest)
    cube = code.op("fmul", square, rest)
    return code.fma(square, -0.5, code.op("fmul", cube, code.polynomial(rest, _LOG)))


def _log(code: Code, exponent: V, rest: V, small: V) -> V:
    """The logarithm of 2**exponent * (1 + rest); small: log(1 + rest) - rest."""
    small = code.fma(exponent, _LN2_REST, small)
    return code.fma(exponent, _LN2, code.op("fadd", rest, small))


def _to_base(
    code: Code, exponent: V, rest: V, two: tuple[float, float], base: tuple[float, float]
) -> V:
    """A logarithm to another base: those of 2 and of e to that base are given in two parts."""
    small = _below_rest(code, rest)
    natural = code.op("fadd", rest, small)
    lost = code.op("fadd", code.op("fsub", rest, natural), small)
    found = code.fma(lost, base[0], code.op("fmul", natural, base[1]))
    if two[1]:
        found = code.fma(exponent, two[1], found)
    found = code.fma(natural, base[0], found)
    return code.fma(exponent, two[0], found)


def _of_positive(code: Code, x: V, found: V, least: float = 0.0) -> V:
    """A logarithm with its values at the ends: -inf at `least`, nan below, inf and nan of such."""
    found = code.select(code.test("fcmp oeq", x, least), -INF, found)
    found = code.select(code.test("fcmp olt", x, least), NAN, found)
    return code.select(code.test("fcmp ueq", x, INF), x, found)
