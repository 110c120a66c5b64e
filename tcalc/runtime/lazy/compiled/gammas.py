"""The logarithm of the gamma function and its slope, of float32 by way of double (see `precise`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.precise import by_double, cosine, logarithm, sine

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import Code, V

INF = float("inf")
NAN = float("nan")
# lgamma(x) / (x - 1) / (x - 2), 1 ≤ x ≤ 2.5; (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) x of
# 1 / x**2, 2.5 ≤ x.
_GAMMA = (
    1.4071546849910166, -2.680365050308867, 5.0236893869804415, -7.082522539181095, 7.403431706307804,
    -5.784958867808339, 3.394142521233681, -1.4897412943789201, 0.4821848084996327, -0.11174977215929259,
    0.017550517764490976, -0.001673611897106584, 7.317447525282773e-05,
)  # fmt: skip
_STIRLING = (
    0.08333333333333048, -0.0027777777741989328, 0.0007936500367919108, -0.0005951745800592454,
    0.0008389609847295079, -0.0018438712836504583, 0.005133349710996052, -0.013827331999409189,
    0.027046992381288684, -0.026127742372936302,
)  # fmt: skip
# Where lgamma is 0 first below 0, in two parts; lgamma(x) / (x - there) of what is between, up to 0.012.
_ROOT, _ROOT_REST, _AROUND = -2.4570247382208006, -3.7075610815513266e-17, 0.012
_GAMMA_ROOT = (
    1.5156034480239025, 4.858320951641675, 1.411290862444799, 8.721781623974834, 5.805610476443864,
    24.84271399847662,
)  # fmt: skip
_GAMMA_TO = 2.5
_LOG_ROOT_TWO_PI, _LOG_PI, _PI = 0.9189385332046728, 1.1447298858494002, 3.141592653589793
# digamma(x) / (x - its root there), 1 ≤ x ≤ 2; the root in two parts.
_ZERO, _ZERO_REST = 1.4616321449683622, 9.549995429965697e-17
_SLOPE = (
    6.667633005067174, -22.981243958594295, 52.767038480560984, -82.25051196703886, 90.89538801590967,
    -72.90349214168354, 42.74198268532036, -18.177436302491298, 5.4687618116374335, -1.1048537164866241,
    0.13459106751059655, -0.007476843099039942,
)  # fmt: skip
# (log(x) - 1 / 2 x - digamma(x)) x**2 of 1 / x**2, 2 ≤ x; the same from 8 on, by Bernoulli's numbers.
_FROM_TWO = (
    0.08333333330863316, -0.008333320573021137, 0.003967132746082138, -0.004127445229405145,
    0.006855100745001588, -0.012985680938363534, 0.019260725898925565, -0.01432830643043893,
)  # fmt: skip
_FAR = 8
_FROM_FAR = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def _lgamma(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    found = _lgamma_of_positive(code, size)

    def below() -> list[V]:
        """pi / |x sin(pi x)| is the product of both sides' gammas."""
        rest = code.op("fsub", size, code.call("llvm.rint", size))
        away = code.call("llvm.fabs", rest)
        near = code.test("fcmp ole", away, 0.25)
        angle = code.op("fmul", code.select(near, away, code.op("fsub", 0.5, away)), _PI)
        wave = code.select(near, sine(code, angle), cosine(code, angle))
        other = code.op("fsub", _LOG_PI, logarithm(code, code.op("fmul", size, wave)))
        other = code.op("fsub", other, found)
        around = code.op("fsub", code.op("fsub", x, _ROOT), _ROOT_REST)
        close = code.test("fcmp olt", code.call("llvm.fabs", around), _AROUND)
        root = code.op("fmul", around, code.polynomial(around, _GAMMA_ROOT))
        other = code.select(close, root, other)
        other = code.select(code.test("fcmp oeq", rest, 0), INF, other)
        other = code.select(code.test("fcmp oeq", x, -INF), x, other)
        return [code.select(code.test("fcmp olt", x, 0), other, found)]

    return code.unless(code.test("fcmp olt", x, 0), [found], below)[0]


def _digamma(code: Code, x: V) -> V:
    size = code.call("llvm.fabs", x)
    small = code.test("fcmp olt", size, 1)
    near = code.select(small, code.op("fadd", size, 1), size)
    found = code.op("fsub", code.op("fsub", near, _ZERO), _ZERO_REST)
    found = code.op("fmul", found, code.polynomial(near, _SLOPE))
    found = code.op("fsub", found, code.select(small, code.op("fdiv", 1, size), 0))
    found = code.select(code.test("fcmp ogt", size, 2), _slope(code, size, _FROM_TWO), found)
    found = code.select(code.test("fcmp ueq", size, INF), size, found)

    def below() -> list[V]:
        """digamma(-x) is digamma(x) + 1 / x + pi / tan(pi x): near its roots all digits count."""
        far, less = size, code.op("fdiv", 1, size)
        for _ in range(_FAR):
            less = code.op("fsub", less, code.op("fdiv", 1, far))
            far = code.op("fadd", far, 1)
        rest = code.op("fsub", size, code.call("llvm.rint", size))
        steep = code.test("fcmp ogt", code.call("llvm.fabs", rest), 0.25)
        turned = code.op(
            "fsub", code.call("llvm.copysign", code.constant(0.5, "double"), rest), rest
        )
        angle = code.op("fmul", code.select(steep, turned, rest), _PI)
        s, c = sine(code, angle), cosine(code, angle)
        ratio = code.op("fdiv", code.select(steep, s, c), code.select(steep, c, s))
        other = code.op("fadd", _slope(code, far, _FROM_FAR), less)
        other = code.fma(ratio, _PI, other)
        other = code.select(code.test("fcmp oeq", rest, 0), NAN, other)
        return [code.select(code.test("fcmp olt", x, 0), other, found)]

    (found,) = code.unless(code.test("fcmp olt", x, 0), [found], below)
    infinite = code.call("llvm.copysign", code.constant(INF, "double"), code.op("fneg", x))
    return code.select(code.test("fcmp oeq", x, 0), infinite, found)


lgamma, digamma = by_double("lgamma", _lgamma), by_double("digamma", _digamma)


def _lgamma_of_positive(code: Code, x: V) -> V:
    small = code.test("fcmp olt", x, 1)
    log = logarithm(code, x)
    near = code.select(small, code.op("fadd", x, 1), x)
    found = code.op("fmul", code.op("fsub", near, 1), code.op("fsub", near, 2))
    found = code.fma(found, code.polynomial(near, _GAMMA), 0)
    found = code.op("fsub", found, code.select(small, log, 0))
    inverse = code.op("fdiv", 1, x)
    rest = code.polynomial(code.op("fmul", inverse, inverse), _STIRLING)
    rest = code.fma(inverse, rest, _LOG_ROOT_TWO_PI)
    far = code.op("fsub", code.op("fmul", code.op("fsub", x, 0.5), log), x)
    found = code.select(code.test("fcmp ogt", x, _GAMMA_TO), code.op("fadd", far, rest), found)
    return code.select(code.test("fcmp ueq", x, INF), x, found)


def _slope(code: Code, x: V, coefficients: tuple[float, ...]) -> V:
    inverse = code.op("fdiv", 1, x)
    square = code.op("fmul", inverse, inverse)
    found = code.fma(inverse, -0.5, logarithm(code, x))
    return code.fma(code.op("fneg", square), code.polynomial(square, coefficients), found)
