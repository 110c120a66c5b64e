"""Exact values of functions by mpmath, at numbers given in float64."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

mp.mp.prec = 160


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _gelu(x: Any) -> Any:
    return x * mp.erfc(-x / mp.sqrt(2)) / 2


def _gelu_tanh(x: Any) -> Any:
    return x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3)))


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 20 else x


def _entr(x: Any) -> Any:
    return -x * mp.log(x)


def _lgamma(x: Any) -> Any:
    with mp.extraprec(200):
        return mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x)))


def _digamma(x: Any) -> Any:
    with mp.extraprec(200):
        return mp.digamma(x)


def _log_ndtr(x: Any) -> Any:
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _logaddexp2(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.power(2, -abs(x - y))) / mp.log(2)


def _gammaincc(a: Any, x: Any) -> Any:
    # Of the least a the limit: mpmath takes a difference.
    return a * mp.e1(x) if 0 < a < 1e-25 else mp.gammainc(a, x, mp.inf, regularized=True)


def _zeta(s: Any, q: Any) -> Any:
    if q < 0 or s <= 1:
        return mp.nan
    return mp.zeta(s, q)


def _polygamma(n: int) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        with mp.extraprec(300):
            return mp.psi(n, x)

    return function


def _power(x: Any, y: Any) -> Any:
    if x < 0:
        return mp.power(-x, y) * (-1 if int(y) % 2 else 1) if y == int(y) else mp.nan
    return mp.power(x, y)


# By the name of the op, and not where an infinity, a NaN or a zero goes in: what comes out of those
# is a convention.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": mp.exp, "exp2": lambda x: mp.power(2, x), "expm1": mp.expm1,
    "log": mp.log, "log2": lambda x: mp.log(x) / mp.log(2), "log10": mp.log10, "log1p": mp.log1p,
    "sqrt": mp.sqrt, "rsqrt": lambda x: 1 / mp.sqrt(x), "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x, "logaddexp": _logaddexp, "logaddexp2": _logaddexp2,
    "xlogy": lambda x, y: x * mp.log(y), "xlog1py": lambda x, y: x * mp.log1p(y),
    "hypot": mp.hypot, "pow": _power, "float_power": _power,
    "erf": mp.erf, "erfc": mp.erfc,
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x) if x < 1e4 else 1 / (x * mp.sqrt(mp.pi)),
    "lgamma": _lgamma, "digamma": _digamma,
    "polygamma(1)": _polygamma(1), "polygamma(3)": _polygamma(3), "special.zeta": _zeta,
    "special.gammaincc": _gammaincc,
    "i0": lambda x: mp.besseli(0, x), "special.i1": lambda x: mp.besseli(1, x),
    "special.i0e": lambda x: mp.besseli(0, x) * mp.exp(-abs(x)),
    "special.i1e": lambda x: mp.besseli(1, x) * mp.exp(-abs(x)),
    "special.entr": _entr, "special.ndtr": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "special.log_ndtr": _log_ndtr,
    "logit": lambda x: mp.log(x) - mp.log1p(-x),
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh,
    "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh,
    "deg2rad": lambda x: x * mp.pi / 180, "rad2deg": lambda x: x * 180 / mp.pi,
    "sinc": lambda x: mp.sinpi(x) / (mp.pi * x), "atan2": mp.atan2,
    "sigmoid": _sigmoid, "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "silu": lambda x: x * _sigmoid(x), "gelu": _gelu, "gelu …": _gelu_tanh, "softplus": _softplus,
    "softsign": lambda x: x / (1 + abs(x)), "tanhshrink": lambda x: x - mp.tanh(x),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "special.bessel_j0": lambda x: mp.besselj(0, x), "special.bessel_j1": lambda x: mp.besselj(1, x),
    "special.bessel_y0": lambda x: mp.bessely(0, x), "special.bessel_y1": lambda x: mp.bessely(1, x),
    "special.modified_bessel_i0": lambda x: mp.besseli(0, x),
    "special.modified_bessel_i1": lambda x: mp.besseli(1, x),
    "special.modified_bessel_k0": lambda x: mp.besselk(0, x),
    "special.modified_bessel_k1": lambda x: mp.besselk(1, x),
    "special.scaled_modified_bessel_k0": lambda x: mp.besselk(0, x) * mp.exp(x),
    "special.scaled_modified_bessel_k1": lambda x: mp.besselk(1, x) * mp.exp(x),
    "special.spherical_bessel_j0": lambda x: mp.sin(x) / x, "special.airy_ai": mp.airyai,
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y, "addcmul": lambda x, y, z: x + y * z,
    "addcdiv": lambda x, y, z: x + y / z, "lerp": lambda x, y, w: x + w * (y - x),
}  # fmt: skip
# Beyond these sizes mpmath takes for ever, or its series fail: PyTorch's float64 holds.
_WITHIN = {
    name: 100.0
    for name in FUNCTIONS
    if any(part in name for part in ("bessel", "airy", "special.i", "erf", "ndtr", "gelu", "mish"))
} | {"i0": 100.0, "digamma": 1e5, "lgamma": 1e5, "polygamma(1)": 1e7, "polygamma(3)": 1e7,
     "special.zeta": 1e3, "special.gammaincc": 1e3}  # fmt: skip
# Those of which PyTorch's float64 is wrong in places: what mpmath does not tell nothing does.
DOUBTFUL = "special.ndtr special.log_ndtr polygamma(1) polygamma(3) special.zeta special.gammaincc digamma".split()
DOUBTFUL += [name for name in FUNCTIONS if "bessel" in name or "airy" in name]

# So long numbers of one kind may take, whichever come first.
_SECONDS = 6.0
# Those whose derivative PyTorch loses to cancellation in float64 too.
CANCELLING = (
    "tanhshrink softsign silu gelu mish softplus logsigmoid tanh sigmoid digamma polygamma(1) "
    "polygamma(3) special.i1 special.i1e special.log_ndtr"
).split()
CANCELLING.append("gelu …")


def evaluate(name: str, inputs: list[list[float]], gradient: bool) -> tuple[Array, Array]:
    """The values of a function rounded to float64, or its partial derivatives one after another,
    and what was lost by that; NaN where a value is a convention, mpmath has none, or time was up."""
    functions = [FUNCTIONS[name]]
    if gradient:
        functions = [_partial(FUNCTIONS[name], k, len(inputs)) for k in range(len(inputs))]
    within, count = _WITHIN.get(name, math.inf), len(inputs[0])
    whole, rest = np.full((2, len(functions) * count), math.nan)
    rows = list(zip(*inputs))
    end = time.process_time() + _SECONDS
    for i in np.random.default_rng(0).permutation(count):
        row = rows[i]
        if time.process_time() > end:
            break
        if not all(math.isfinite(v) and v and abs(v) <= within for v in row):
            continue
        for k, function in enumerate(functions):
            at = k * count + i
            try:
                value = function(*[mp.mpf(v) for v in row])
            except (ValueError, ArithmeticError, TypeError):  # a pole, or no convergence
                continue
            if isinstance(value, mp.mpf) and mp.isfinite(value) and value:
                whole[at] = float(value)
                rest[at] = 0.0 if math.isinf(whole[at]) else float(value - whole[at])
    return whole, np.nan_to_num(rest)


def _partial(function: Callable[..., Any], k: int, count: int) -> Callable[..., Any]:
    def at(*row: Any) -> Any:
        step = abs(row[k]) * mp.mpf(2) ** -100
        sides = []
        with mp.workprec(420):
            for moved in (row[k] + step, row[k] - step):
                sides.append(function(*row[:k], moved, *row[k + 1 :]))
            value = (sides[0] - sides[1]) / (2 * step)
        return mp.re(value) if not mp.im(value) else mp.nan

    return at
