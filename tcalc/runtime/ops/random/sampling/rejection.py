"""Random numbers that take as many draws as it takes: Poisson, binomial, gamma and Dirichlet.

Each function follows PyTorch's CPU kernel, which decides what is drawn next from what was drawn, so
numbers are made one by one; constants are computed in the precision in which it has them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.ops.random.sampling.normals import next_normal
from tcalc.runtime.ops.random.sampling.units import not_implemented, unit64
from tcalc.runtime.types.codes import FLOATS, PLAIN_FLOATS

if TYPE_CHECKING:
    from tcalc.runtime.ops.random.generator import Generator

Array = Any

_THIRD = float(np.float32(1) / np.float32(3))
_SQUEEZE = float(np.float32(0.0331))
# log(k!) less Stirling's main terms, for k below ten.
_STIRLING = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
    0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
    0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


class _Units:
    """float64 units one by one, drawn together but never more than will surely be used.

    owed: how many numbers are still to be made, each of which takes one unit at the least.
    """

    __slots__ = ("_g", "_ready", "owed")

    def __init__(self, g: Generator, owed: int) -> None:
        self._g = g
        self._ready: list[float] = []
        self.owed = owed

    def next(self) -> float:
        if not self._ready:
            self._ready = unit64(self._g.words(2 * max(1, self.owed)))[::-1].tolist()
        return self._ready.pop()


def poisson(rate: Array, g: Generator) -> Array:
    """Counts with the given rates, as floats of their dtype."""
    _need(rate, "poisson_cpu", FLOATS)
    rates = rate.reshape(-1).astype(np.float64).tolist()
    units = _Units(g, sum(r > 0 for r in rates))
    counts = []
    for r in rates:
        if not r >= 0:
            raise StateError("invalid Poisson rate, expected rate to be non-negative")
        counts.append(_poisson_far(r, units) if r >= 10 else _poisson_near(r, units) if r else 0)
        units.owed -= r > 0
    return np.array(counts, np.float64).astype(rate.dtype).reshape(rate.shape)


def _poisson_near(rate: float, units: _Units) -> int:
    """By multiplying units until they fall below exp(-rate)."""
    least, product, count = math.exp(-rate), units.next(), 0
    while product > least:
        count += 1
        product *= units.next()
    return count


def _poisson_far(rate: float, units: _Units) -> int:
    """Hörmann's transformed rejection (PTRS, 1993)."""
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    log_inverse = math.log(1.1239 + 1.1328 / (b - 3.4))
    accepted = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = units.next() - 0.5, units.next()
        us = 0.5 - abs(u)
        k = _whole((2 * a / us + b) * u + rate + 0.43) if us else -1
        if us >= 0.07 and v <= accepted:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        drawn = _log(v) + log_inverse - math.log(a / (us * us) + b)
        if drawn <= -rate + k * log_rate - math.lgamma(k + 1):
            return k


def binomial(count: Array, p: Array, g: Generator) -> Array:
    """Successes in `count` trials of probability p each; p broadcasts to count."""
    _need(count, "binomial_cpu", PLAIN_FLOATS)
    n = count.reshape(-1)
    p = np.broadcast_to(p, count.shape).reshape(-1)
    one = n.dtype.type(1)
    few = p <= 0.5
    with np.errstate(all="ignore"):
        q = np.where(few, p, one - p)
        deviation = np.sqrt(n * q * (one - q))
        columns = (n, q, few, n * q, deviation, q / (one - q), np.floor((n + one) * q),
                   np.log1p(-q))  # fmt: skip
    drawn = (n > 0) & (p > 0) & (p < 1)
    units = _Units(g, int(drawn.sum()))
    successes = []
    for i, row in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        trials, chance, is_few, mean, spread, odds, mode, log_miss = row
        if not drawn[i]:
            found = 0.0 if trials <= 0 or p[i] <= 0 else trials if p[i] >= 1 else math.nan
        else:
            if mean >= 10:
                found = _binomial_far(trials, chance, mean, spread, odds, mode, units)
            else:
                found = _binomial_near(trials, log_miss, units)
            found = found if is_few else trials - found
            units.owed -= 1
        successes.append(found)
    return np.array(successes, count.dtype).reshape(count.shape)


def _binomial_near(trials: float, log_miss: float, units: _Units) -> float:
    """By adding up the waits between successes."""
    waited, found = 0.0, 0
    while True:
        waited += _ceil(_log(units.next()) / log_miss)
        if waited > trials:
            return found
        found += 1


def _binomial_far(
    trials: float, p: float, mean: float, spread: float, odds: float, mode: float, units: _Units
) -> float:
    """Hörmann's transformed rejection (BTRS, 1993), as PyTorch has it."""
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = mean + 0.5
    accepted = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spread
    while True:
        u, v = units.next() - 0.5, units.next()
        us = 0.5 - abs(u)
        k = _whole((2 * a / us + b) * u + centre) if us else -1
        if k < 0 or k > trials:
            continue
        if us >= 0.07 and v <= accepted:
            return k
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (trials - mode + 1)))
            + (trials + 1) * math.log((trials - mode + 1) / (trials - k + 1))
            + (k + 0.5) * math.log(odds * (trials - k + 1) / (k + 1))
            + _stirling(mode)
            + _stirling(trials - mode)
            - _stirling(k)
            - _stirling(trials - k)
        )
        if _log(v * alpha / (a / (us * us) + b)) <= bound:
            return k


def _stirling(k: float) -> float:
    if k < len(_STIRLING):
        return _STIRLING[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def standard_gamma(shape: Array, g: Generator) -> Array:
    """Gamma distributed numbers of the given shape parameters and rate 1."""
    _need(shape, "gamma_cpu", PLAIN_FLOATS)
    drawn = _gammas(shape.reshape(-1), g)
    least = np.finfo(shape.dtype).tiny
    return np.maximum(drawn.astype(shape.dtype), least).reshape(shape.shape)


def dirichlet(concentration: Array, g: Generator) -> Array:
    """Points of a simplex: (*, n) → (*, n), rows adding up to one."""
    _need(concentration, "dirichlet", PLAIN_FLOATS)
    t = concentration.dtype
    gammas = _gammas(concentration.reshape(-1).astype(np.float64), g)
    gammas = np.maximum(gammas, np.finfo(np.float64).tiny).reshape(concentration.shape)
    shares = (gammas / gammas.sum(-1, keepdims=True)).astype(t)
    return np.clip(shares, np.finfo(t).tiny, np.nextafter(t.type(1), t.type(0)))


def _gammas(shapes: Array, g: Generator) -> Array:
    """Marsaglia and Tsang's method (2000), with the constants in the precision of `shapes`."""
    if not (np.isfinite(shapes) & (shapes >= 0)).all():
        raise StateError("gamma expects all shape parameters to be finite and >= 0")
    one = shapes.dtype.type(1)
    small = shapes < one
    with np.errstate(all="ignore"):
        power = one / shapes
    depth = (np.where(small, shapes + one, shapes) - shapes.dtype.type(_THIRD)).tolist()
    units = _Units(g, int((shapes > 0).sum()))
    values = []
    for a, is_small, exponent, d in zip(shapes.tolist(), small.tolist(), power.tolist(), depth):
        if a == 0:
            values.append(0.0)
            continue
        scale = (1 - units.next()) ** exponent if is_small else 1.0
        values.append(scale * _gamma(d, g, units))
        units.owed -= 1
    return np.array(values, np.float64)


def _gamma(d: float, g: Generator, units: _Units) -> float:
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = next_normal(g, units.next)
        y = 1.0 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - units.next()
        square = x * x
        if u < 1.0 - _SQUEEZE * square * square:
            return d * v
        if math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return d * v


def _need(array: Array, kernel: str, codes: str) -> None:
    if array.dtype.char not in codes:
        raise not_implemented(kernel, array.dtype)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _ceil(x: float) -> float:
    return math.ceil(x) if math.isfinite(x) else x


def _whole(x: float) -> int:
    """A float as a C cast to int64 has it, rounded down."""
    return math.floor(x) if abs(x) < 1 << 63 else -(1 << 63)
