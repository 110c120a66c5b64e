"""Limits and ticks of scales."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tcalc.display.chart.figure import Numbers, Scale

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# Beyond, numbers are written with an exponent.
_LONG, _SHORT = 1e6, 1e-4
# No scale goes farther, so that the differences of its ends are finite.
_GREATEST = 1e307


def finite(values: Numbers) -> Numbers:
    """The numbers among values that are neither nan nor infinite."""
    return values[np.isfinite(values)]


def bounds(parts: Iterable[Numbers], scale: Scale, margin: float) -> tuple[float, float]:
    """From where to where a scale goes: its own limits, or what holds all finite numbers.

    margin: the part of it that is left free at each end. A logarithmic scale leaves out what is
    not above zero.
    """
    if scale.limits is not None:
        low, high = scale.limits
    else:
        low, high = math.inf, -math.inf
        for part in parts:
            shown = finite(part)
            if scale.logarithmic:
                shown = shown[shown > 0]
            if shown.size:
                low, high = min(low, float(shown.min())), max(high, float(shown.max()))
        if low > high:
            low, high = (1.0, 10.0) if scale.logarithmic else (0.0, 1.0)
        elif margin and scale.logarithmic:
            more = (high / low) ** margin if high > low else 2.0
            low, high = low / more, high * more
        elif margin:
            more = (high - low) * margin if math.isfinite(high - low) else 0.0
            low, high = low - more, high + more
    low, high = (min(max(v, -_GREATEST), _GREATEST) for v in (low, high))
    if low == high:
        more = abs(low) * 0.05 or 0.5
        low, high = low - more, high + more
    return (high, low) if scale.reversed else (low, high)


def placing(low: float, high: float, logarithmic: bool) -> Callable[[Numbers], Numbers]:
    """A function from numbers to their places between the ends, which are 0 and 1."""
    if logarithmic:
        start, end = math.log(max(low, 1e-300)), math.log(max(high, 1e-300))

        def place(values: Numbers) -> Numbers:
            with np.errstate(all="ignore"):
                return (np.log(np.where(values > 0, values, np.nan)) - start) / (end - start)
    else:
        # Halves, so that the width of the greatest numbers is none too large.
        width = high / 2 - low / 2

        def place(values: Numbers) -> Numbers:
            with np.errstate(all="ignore"):
                return (values / 2 - low / 2) / width

    return place


def ticks(low: float, high: float, most: int, logarithmic: bool = False) -> list[float]:
    """Round numbers between the ends, `most` at most: two at least where that is possible.

    >>> ticks(0.0, 1.0, 6)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if low > high:
        low, high = high, low
    most = max(2, most)
    if logarithmic and low > 0:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        if last > first:
            return [10.0**k for k in range(first, last + 1, -(-(last - first + 1) // most))]
    width = high / most - low / most
    if not math.isfinite(width) or width <= 0:
        return [low, high]
    exponent = math.floor(math.log10(width))
    power = 10.0**exponent
    for step in (*_STEPS, 20.0):
        step *= power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            # Twelve digits of a step: what a product has beyond is its rounding.
            return [round(k * step, 12 - exponent) for k in range(first, last + 1)]
    return [low, high]


def written(values: Sequence[float]) -> list[str]:
    """Ticks as text, all with the digits that tell them apart.

    >>> written([0.0, 0.5, 1.0])
    ['0.0', '0.5', '1.0']
    >>> written([1e6, 2e6])
    ['1e6', '2e6']
    """
    largest = max((abs(v) for v in values), default=0.0)
    if largest and (largest >= _LONG or largest < _SHORT):
        return [_with_exponent(v) for v in values]
    for digits in range(10):
        if all(abs(v - round(v, digits)) <= 1e-9 * max(largest, 1e-300) for v in values):
            break
    return [f"{v + 0.0:.{digits}f}" for v in values]


def _with_exponent(value: float) -> str:
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.6e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def short(value: float) -> str:
    """One number in few digits."""
    return f"{value:.4g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
