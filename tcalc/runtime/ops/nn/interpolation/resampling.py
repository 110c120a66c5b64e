"""Another number of elements along an axis, each a sum of few of those there were.

All modes of `interpolate` are this one linear op, axis by axis: a mode says which elements take
part, and with which weights. Its transpose is the same op with the roles exchanged, so that there
are derivatives of every order.
"""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Scalar
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.nn.spatial import made_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    # The type of places and weights.
    Real = type[np.floating[Any]]
    # Which elements make each of the new ones, (t, new), and with which weights, or None for 1.
    Taps = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]

# From so many elements to a sum on, it is a product with a matrix.
_MANY = 32


class Axis(NamedTuple):
    """How an axis is resampled.

    old, new: numbers of elements. step: how far the new ones lie apart, counted in old ones, or
    None where that follows from the numbers. corners: whether the outermost lie on the outermost.
    """

    mode: str
    old: int
    new: int
    step: float | None = None
    corners: bool = False

    def distance(self, real: Real) -> Scalar:
        """How far the new ones lie apart, as a number of the type `real`."""
        if self.corners:
            return real(self.old - 1) / real(self.new - 1) if self.new > 1 else real(0)
        return real(self.old) / real(self.new) if self.step is None else real(self.step)

    def places(self, real: Real) -> Array:
        """Where the new ones lie among the old."""
        at = np.arange(self.new, dtype=real)
        if self.corners:
            return at * self.distance(real)
        return (at + real(0.5)) * self.distance(real) - real(0.5)


# -- which elements take part -----------------------------------------------------------------


def _nearest(axis: Axis, real: Real) -> Taps:
    at = np.floor(np.arange(axis.new, dtype=real) * axis.distance(real))
    return np.minimum(at.astype(np.int64), axis.old - 1)[None], None


def _nearest_exact(axis: Axis, real: Real) -> Taps:
    at = np.floor((np.arange(axis.new, dtype=real) + real(0.5)) * axis.distance(real))
    return np.minimum(at.astype(np.int64), axis.old - 1)[None], None


def _same(axis: Axis) -> Taps:
    return np.arange(axis.new)[None], None


def _linear(axis: Axis, real: Real) -> Taps:
    if axis.old == axis.new:
        return _same(axis)
    at = np.maximum(axis.places(real), real(0))
    first = np.minimum(at.astype(np.int64), axis.old - 1)
    rest = np.clip(at - first.astype(real), real(0), real(1))
    return np.stack((first, np.minimum(first + 1, axis.old - 1))), np.stack((1 - rest, rest))


def _cubic(axis: Axis, real: Real) -> Taps:
    at = axis.places(real)
    first = np.minimum(np.floor(at), axis.old - 1)
    rest = np.clip(at - first, real(0), real(1))
    around = first.astype(np.int64) + np.arange(-1, 3)[:, None]
    away = np.abs(rest - np.arange(-1, 3, dtype=real)[:, None])
    return np.clip(around, 0, axis.old - 1), cubic(away, real(-0.75))


def cubic(away: Array, a: Scalar) -> Array:
    """The weights of cubic convolution at distances up to 2 (Keys, 1981)."""
    near = ((a + 2) * away - (a + 3)) * away * away + 1
    far = ((a * away - 5 * a) * away + 8 * a) * away - 4 * a
    return np.where(away <= 1, near, far)


# -- the same, of all elements that a new one covers --------------------------------------------


def _triangle(away: Array) -> Array:
    return np.maximum(1 - away, 0)


def _smooth(away: Array) -> Array:
    return np.where(away < 2, cubic(away, away.dtype.type(-0.5)), 0)


def _lanczos(away: Array) -> Array:
    return np.where(away < 3, np.sinc(away) * np.sinc(away / 3), 0)


def _covering(weigh: Callable[[Array], Array], reach: int) -> Callable[[Axis, Real], Taps]:
    """The taps of a filter that is as wide as what is covered. reach: where it ends, unstretched."""

    def taps(axis: Axis, real: Real) -> Taps:
        if axis.old == axis.new:
            return _same(axis)
        distance = axis.distance(real)
        stretch = max(distance, real(1))
        support = stretch * reach
        center = (np.arange(axis.new, dtype=real) + real(0.5)) * distance
        start = np.maximum((center - support + real(0.5)).astype(np.int64), 0)
        end = np.minimum((center + support + real(0.5)).astype(np.int64), axis.old)
        count = np.clip(end - start, 0, ceil(support) * 2 + 1)
        memory.check(24 * axis.new * int(count.max()), "weights of an interpolation")
        tap = np.arange(count.max())[:, None]
        away = np.abs((tap + start).astype(real) - center + real(0.5)) / stretch
        weights = np.where(tap < count, weigh(away), real(0)).astype(real)
        total = weights.sum(0)
        return (
            np.minimum(start + tap, axis.old - 1),
            np.divide(weights, total, out=weights, where=total != 0),
        )

    return taps


# By mode. Those that cover are against aliasing.
TAPS: dict[str, Callable[[Axis, Real], Taps]] = {
    "nearest": _nearest,
    "nearest-exact": _nearest_exact,
    "linear": _linear,
    "cubic": _cubic,
    "linear-covering": _covering(_triangle, 1),
    "cubic-covering": _covering(_smooth, 2),
    "lanczos-covering": _covering(_lanczos, 3),
}


def _transposed(taps: Taps, size: int) -> Taps:
    """The taps of the way back, to an axis of that size."""
    indices, weights = taps
    count, new = indices.shape
    to = np.tile(np.arange(new), count)
    given = np.ones(count * new) if weights is None else weights.reshape(-1)
    order = np.argsort(indices, axis=None, kind="stable")
    at = indices.reshape(-1)[order]
    many = np.bincount(at, minlength=size)
    most = max(1, int(many.max()))
    memory.check(16 * most * size, "weights of an interpolation")
    row = np.arange(at.size) - (np.cumsum(many) - many)[at]
    found, shares = np.zeros((most, size), np.int64), np.zeros((most, size), given.dtype)
    found[row, at], shares[row, at] = to[order], given[order]
    return found, shares


def _along(xp: ModuleType, array: Array, dim: int, taps: Taps, size: int) -> Array:
    """An array resampled along one dimension, which has so many elements."""
    indices, weights = taps
    if weights is None:
        return xp.take(array, xp.asarray(indices[0]), dim)
    count, new = indices.shape
    real = array.real.dtype
    if count > _MANY:
        memory.check(size * new * real.itemsize, "weights of an interpolation")
        matrix = np.zeros((new, size), real)
        np.add.at(
            matrix, (np.tile(np.arange(new), count), indices.reshape(-1)), weights.reshape(-1)
        )
        array = xp.ascontiguousarray(array)  # else it would be no product of BLAS
        lead, rest = array.shape[:dim], array.shape[dim + 1 :]
        if not rest:
            return (array.reshape(-1, size) @ xp.asarray(matrix.T)).reshape(*lead, new)
        found = xp.asarray(matrix) @ array.reshape(-1, size, prod(rest))
        return found.reshape(*lead, new, *rest)
    beside = (-1, *(1,) * (array.ndim - 1 - dim))
    total = None
    for at, share in zip(indices, weights.astype(real, copy=False)):
        part = xp.take(array, xp.asarray(at), dim)
        part *= xp.asarray(share).reshape(beside)
        if total is None:
            total = part
        else:
            total += part
    return total


@kernel(
    name="upsample", names=(),
    node_name=lambda saved: _node_name(saved["axes"]),
    samples=lambda: [
        ((made_up(2, 3, 4), (Axis("linear", 3, 5), Axis("cubic", 4, 3)), False), {}),
        ((made_up(2, 5), (Axis("nearest", 3, 5),), True), {}),
        ((made_up(2, 7), (Axis("cubic-covering", 7, 3),), False), {}),
    ],
)  # fmt: skip
def resampled(xp: ModuleType, input: Array, axes: tuple[Axis, ...], back: bool) -> Array:
    """The last dimensions resampled, or the transpose of that."""
    lead = input.shape[: input.ndim - len(axes)]
    made = (*lead, *(axis.old if back else axis.new for axis in axes))
    memory.check(prod(made) * input.itemsize, f"a tensor of shape {list(made)}")
    if not has_elements(input) or not prod(made):
        return xp.zeros(made, input.dtype)
    real: Real = np.float64 if input.real.dtype == np.float64 else np.float32
    rest = input
    dims = list(enumerate(axes, len(lead)))
    # While there are few elements, those that lie beside each other in memory.
    for dim, axis in reversed(dims) if prod(made) > input.size else dims:
        taps = TAPS[axis.mode](axis, real)
        if back:
            taps = _transposed(taps, axis.old)
        rest = _along(xp, rest, dim, taps, rest.shape[dim])
    return xp.ascontiguousarray(rest)


def _node_name(axes: tuple[Axis, ...]) -> str:
    kind = axes[0].mode.removesuffix("-covering")
    covers = "Aa" if kind != axes[0].mode else ""
    times = ("", "bi", "tri")[len(axes) - 1] if kind in ("linear", "cubic") else ""
    said = f"{times}{kind}".title().replace("-", "")
    return f"Upsample{said}{len(axes)}D{covers}Backward0"


resampled.vjp(input=lambda g, axes, back: resampled(g, axes, not back))
resampled.batch = leading
