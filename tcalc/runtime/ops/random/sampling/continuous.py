"""Uniform, exponential, Cauchy and log-normal numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.ops.random.sampling.normals import normals
from tcalc.runtime.ops.random.sampling.units import (
    SEVERAL,
    cast,
    fill,
    fill_in_turn,
    fused,
    largest,
    name_of,
    need_continuous,
    need_floating,
    parts,
    same,
    unit32,
    unit64,
    write_words,
)
from tcalc.runtime.types.codes import PLAIN_FLOATS

if TYPE_CHECKING:
    from tcalc.runtime.ops.random.generator import Generator

Array = Any


def uniform_(out: Array, low: float, high: float, g: Generator) -> Array:
    """Fill with numbers uniform in [low, high); of complex numbers, both parts."""
    if low == 0 and high == 1 and out.dtype.char in PLAIN_FLOATS:  # most of them
        double = out.itemsize == 8
        if out.size >= SEVERAL and not double:
            from tcalc.runtime.lazy.compiled.drawing import units  # after the quick tests

            write = units()
            if write is not None:
                return write_words(out, g, 1, write)
        return fill(out, g, 1 + double, same, of=unit64 if double else unit32)
    target = parts(out)
    need_floating(target, "check_uniform_bounds")
    double = target.itemsize == 8
    unit = unit64 if double else unit32
    if low == 0 and high == 1 and target.itemsize > 2:
        fill(target, g, 1 + double, same, of=unit)
        return out
    most = largest(target.dtype)
    for name, bound in (("from", low), ("to", high)):
        if not -most <= bound <= most:
            raise StateError(f"{name} is out of bounds for {name_of(target.dtype)}")
    if low > high:
        raise StateError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if high - low > most:
        raise StateError(
            f"uniform_ expects to-from <= std::numeric_limits<{name_of(target.dtype)}>::max(), "
            f"but found to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )
    t = np.float64 if double else np.float32
    start: Any = t(low)
    scale = t(high) - start
    first, last = (np.asarray(v, target.dtype) for v in (low, high))

    def make(values: Array) -> Array:
        if (start, scale) != (0, 1):
            values = fused(values, scale, start)
        # Rounding can reach the upper end, which does not belong to the range.
        values = cast(values, target.dtype)
        at_end = values == last
        if at_end.any():
            values[at_end] = first
        return values

    fill(target, g, 1 + double, make, of=unit)
    return out


def exponential_(out: Array, rate: float, g: Generator) -> Array:
    """Fill with exponentially distributed numbers of the rate lambda."""
    if not rate > 0:
        raise StateError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    need_continuous(out, "Exponential")
    return fill(out, g, 2, lambda units: -1.0 / rate * np.log1p(-units), of=unit64)


def cauchy_(out: Array, median: float, sigma: float, g: Generator) -> Array:
    """Fill with Cauchy distributed numbers."""
    if not sigma > 0:
        raise StateError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    need_continuous(out, "Cauchy")
    return fill(out, g, 2, lambda units: median + sigma * np.tan(np.pi * (units - 0.5)), of=unit64)


def log_normal_(out: Array, mean: float, std: float, g: Generator) -> Array:
    """Fill with exponentials of normals of the mean and standard deviation."""
    if not std > 0:
        raise StateError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    need_floating(out, "log_normal_cpu")
    return fill_in_turn(out, lambda n: np.exp(normals(g, n) * std + mean))
