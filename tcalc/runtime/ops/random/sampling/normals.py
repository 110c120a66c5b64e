"""Normals by Box–Muller: on float64 units one by one, or on rows of 16 units at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.ops.random.sampling.units import (
    fill,
    fill_in_turn,
    fused,
    need_floating,
    parts,
    unit32,
    unit64,
    write_words,
)
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.ops.random.generator import Generator

Array = Any

_ROW = 16  # normals that share a row: eight cosines, then eight sines
_TWO_PI = 2 * math.pi


def normal_(out: Array, mean: float, std: float, g: Generator) -> Array:
    """Fill with normals of the mean and deviation (complex: over both parts together)."""
    if not std >= 0:
        raise StateError(f"normal expects std >= 0.0, but found std {std:g}")
    target = parts(out)
    if target is not out:
        std /= math.sqrt(2)
    need_floating(target, "normal_kernel_cpu")
    if target.size >= _ROW and target.flags.c_contiguous:
        _fill_rows(target.reshape(-1), mean, std, g)
    else:
        fill_in_turn(target, lambda n: normals(g, n) * std + mean)
    return out


def normal(mean: Array | float, std: Array | float, g: Generator) -> Array:
    """Normals of means and deviations given as arrays (one of the two may be a number)."""
    spread = std if isinstance(std, np.ndarray) else None
    if spread is not None and spread.dtype.char in COMPLEXES:
        raise StateError("normal expects standard deviation to be non-complex")
    if spread is not None and spread.size and not (spread >= 0).all():
        raise StateError("normal expects all elements of std >= 0.0")
    centre = mean if isinstance(mean, np.ndarray) else None
    given = [a for a in (centre, spread) if a is not None]
    out = np.empty(np.broadcast_shapes(*(a.shape for a in given)), given[0].dtype)
    normal_(out, 0.0, 1.0 if spread is not None else std, g)
    if spread is not None:
        np.multiply(out, spread, out=out, casting="same_kind")
    return np.add(out, mean, out=out, casting="same_kind")


def normals(g: Generator, n: int) -> Array:
    """`n` float64 normals drawn one by one; a second of a pair is kept for the next call."""
    kept = [] if g.spare is None or not n else [g.spare]
    wanted = n - len(kept)
    pairs = (wanted + 1) // 2
    values = np.empty(len(kept) + 2 * pairs)
    values[: len(kept)] = kept
    if pairs:
        units = unit64(g.words(4 * pairs))
        rest = values[len(kept) :]
        if pairs <= 16:
            # The C library's functions, as in PyTorch; faster on few numbers too.
            for i in range(0, 2 * pairs, 2):
                rest[i], rest[i + 1] = _pair(*units[i : i + 2].tolist())
        else:
            radius = np.sqrt(-2.0 * np.log1p(-units[1::2]))
            angle = _TWO_PI * units[::2]
            np.multiply(radius, np.cos(angle), out=rest[::2])
            np.multiply(radius, np.sin(angle), out=rest[1::2])
    if n:
        g.spare = float(values[n]) if len(values) > n else None
    return values[:n]


def _pair(u: float, v: float) -> tuple[float, float]:
    radius, angle = math.sqrt(-2.0 * math.log1p(-v)), _TWO_PI * u
    return radius * math.cos(angle), radius * math.sin(angle)


def next_normal(g: Generator, next_unit: Callable[[], float]) -> float:
    """One float64 normal, where the units come one by one."""
    kept = g.spare
    if kept is not None:
        g.spare = None
        return kept
    value, g.spare = _pair(next_unit(), next_unit())
    return value


def _fill_rows(flat: Array, mean: float, std: float, g: Generator) -> None:
    """Normals in rows of 16: eight radii and eight angles give eight cosines and eight sines."""
    from tcalc.runtime.lazy.compiled import drawing  # after the quick tests

    write = drawing.normals(mean, std) if flat.dtype == np.float32 else None
    if write is not None:
        whole = len(flat) // _ROW * _ROW
        write_words(flat[:whole], g, 1, write)
        if whole < len(flat):
            g.words(len(flat) - whole)
            write_words(flat[-_ROW:], g, 1, write)
        return
    unit, each = (unit64, 2) if flat.dtype == np.float64 else (unit32, 1)

    def make(words: Array) -> Array:
        return _box_muller(unit(words), mean, std)

    if len(flat) == _ROW and flat.itemsize > 2:
        _fill_row(flat, mean, std, g.made(_polar64 if each == 2 else _polar32, _ROW, each))
        return
    whole = len(flat) // _ROW * _ROW
    fill(flat[:whole], g, each, make)
    if whole < len(flat):
        # PyTorch draws the rest too (not for halves), then draws the last 16 numbers anew.
        if flat.itemsize > 2:
            g.words((len(flat) - whole) * each)
        fill(flat[-_ROW:], g, each, make)


_MINUS_TWO = {t: np.array(-2, t) for t in (np.dtype(np.float32), np.dtype(np.float64))}
_ONE = {t: np.array(1, t) for t in _MINUS_TWO}
_TURN = {t: np.array(_TWO_PI, t) for t in _MINUS_TWO}


def _fill_row(flat: Array, mean: float, std: float, polar: Array) -> None:
    """One row of what all words of a state give each: a radius, a cosine and a sine."""
    half, t = _ROW // 2, flat.dtype.type
    made = np.multiply(polar[1:, half:], polar[0, :half], flat.reshape(2, half))
    if mean != 0 or std != 1:
        made[...] = fused(made, t(std), t(mean))


def _polar32(words: Array) -> Array:
    return _polar(unit32(words))


def _polar64(words: Array) -> Array:
    return _polar(unit64(words))


def _polar(units: Array) -> Array:
    angle = units * _TURN[units.dtype]
    return np.array([_radii(units), np.cos(angle), np.sin(angle)])


def _radii(units: Array) -> Array:
    t = units.dtype
    radius = _ONE[t] - units
    np.log(radius, radius)
    np.multiply(radius, _MINUS_TWO[t], radius)
    return np.sqrt(radius, radius)


def _box_muller(units: Array, mean: float, std: float) -> Array:
    t = units.dtype
    # All radii together, then all angles: on rows of eight the loops would cost more than the work.
    both = (
        units.reshape(-1, 2, _ROW // 2).transpose(1, 0, 2)
        if len(units) > _ROW
        else units.reshape(2, -1)
    )
    radius = _radii(both[0])
    angle = both[1] * _TURN[t]
    made = np.empty((2, *angle.shape), t)
    np.cos(angle, made[0])
    np.sin(angle, made[1])
    np.multiply(made, radius, made)
    if mean != 0 or std != 1:
        made = fused(made, t.type(std), t.type(mean))
    return made.swapaxes(0, 1).reshape(-1) if made.ndim > 2 else made.reshape(-1)
