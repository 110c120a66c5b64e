"""Counting what falls where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, StateError, UnsupportedDtype
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import MATRIX, Array, Data, Floats, Ints
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.index.picking import greatest
from tcalc.runtime.ops.reduce.reduction import floating, no_complex
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import INTEGERS, PLAIN_FLOATS

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


def _range(name: str, a: Array, low: float, high: float, room: float) -> tuple[float, float]:
    """The range of a histogram: of the data where none is given; with room around one value."""
    if low == high and a.size:
        low, high = float(a.min()), float(a.max())
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        raise StateError(f"{name}: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise StateError(f"{name}: max must be larger than min", argument="max")
    return (low - room, high + room) if low == high else (low, high)


def _no_bins(bins: object) -> None:
    if isinstance(bins, bool) or not isinstance(bins, int):
        raise ArgumentError(
            f"argument 'bins' must be int, not {type(bins).__name__}", argument="bins"
        )
    if bins <= 0:
        raise StateError(
            f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0",
            argument="bins",
        )


def _places(xp: ModuleType, a: Array, low: float, high: float, bins: int) -> Array:
    """The bins that elements within the range fall in, by their distance from its beginning."""
    kind = a.dtype.type
    share = a - kind(low)
    share /= kind(high) - kind(low)
    share *= kind(bins)
    return xp.minimum(share.astype(xp.int64), bins - 1)


@kernel(differentiable=False)
def histc(xp: ModuleType, input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """How many elements fall in each of `bins` equal parts of the range from min to max.

    With min == max the range is that of the data. Elements outside it, and nan, do not count.
    The dtype is that of the input (integers: the default dtype).

    >>> histc(tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    no_complex("histogram_cpu", input)
    _no_bins(bins)
    memory.check(bins * 16, f"{bins} bins")
    a = floating(input).reshape(-1)
    low, high = _range("torch.histc", a, float(min), float(max), 1)
    if min != max:  # else it is the range of the data
        a = a[(a >= a.dtype.type(low)) & (a <= a.dtype.type(high))]
    return xp.bincount(_places(xp, a, low, high, bins), minlength=bins).astype(a.dtype)


@kernel(
    name="histogram", names=(), differentiable=False,
    returns=("hist", "bin_edges"), upcast_halves=False,
)  # fmt: skip
def _histogram(
    xp: ModuleType, input: Array, bins: Any, edges: Array = None, range: Floats | None = None,
    weight: Array = None, density: bool = False,
) -> Array:  # fmt: skip
    if input.dtype.char not in PLAIN_FLOATS:
        raise UnsupportedDtype(
            f"\"histogramdd\" not implemented for '{dtypes.of(input.dtype).shorthand}'"
        )
    a = input.reshape(-1)
    weights = None if weight is None else weight.reshape(-1)
    if weights is not None and weights.shape != a.shape:
        raise StateError(
            "torch.histogram(): if weight tensor is provided, it should have the same shape as "
            "the input tensor excluding its innermost dimension",
            argument="weight",
        )
    if edges is None:
        low, high = (0.0, 0.0) if range is None else (float(r) for r in range)
        if range is None and not a.size:
            low, high = 0.0, 1.0
        else:
            low, high = _range("torch.histogram", a, low, high, 0.5)
        edges = xp.linspace(low, high, bins + 1).astype(a.dtype)
    count = edges.size - 1
    inside = (a >= edges[0]) & (a <= edges[-1])
    places = xp.minimum(xp.searchsorted(edges, a[inside], side="right") - 1, count - 1)
    part = None if weights is None else weights[inside]
    hist = xp.bincount(places, part, minlength=count).astype(a.dtype)
    if density:
        hist = hist / (hist.sum() * xp.diff(edges))
    return hist, edges


@composite(
    differentiable=False,
    samples=lambda: [
        ((MATRIX, 4), {}),
        ((MATRIX, 3), {"range": (-1.0, 1.0), "density": True}),
    ],
)
def histogram(
    input: Array,
    bins: Ints | Data = 100,
    *,
    range: Floats | None = None,
    weight: Data | None = None,
    density: bool = False,
) -> tuple[Tensor, Tensor]:
    """How many elements fall in each bin, and the edges of the bins.

    bins: their number (equal parts of `range`, or of the data's range), or a 1-dim tensor of
    increasing edges. The last bin includes its upper edge. weight: what each element counts.
    density: the counts as a density whose integral is 1.

    >>> histogram(tensor([1., 2., 1.]), bins=2).hist
    tensor([2., 1.])
    """
    if hasattr(bins, "_a") or isinstance(bins, (list, tuple)):
        if range is not None:
            raise ArgumentError("histogram() takes either 'bins' as edges or 'range'")
        return _histogram(input, None, bins, None, weight, density)
    _no_bins(bins)
    memory.check(bins * 16, f"{bins} bins")
    return _histogram(input, bins, None, range, weight, density)


@kernel(differentiable=False, samples=lambda: [(([1, 3, 1, 0],), {}), (([2, 0, 2], [0.5, 1.0, 0.25], 5), {})])  # fmt: skip
def bincount(xp: ModuleType, input: Array, weights: Array = None, minlength: int = 0) -> Array:
    """How often each non-negative integer occurs, from 0 up; or the sums of their weights.

    The dtype is int64; with weights theirs if it is float32, else float64.

    >>> bincount(tensor([1, 1, 3]))
    tensor([0, 2, 0, 1])
    """
    if input.dtype.char not in INTEGERS:
        raise UnsupportedDtype(
            f"\"bincount_cpu\" not implemented for '{dtypes.of(input.dtype).shorthand}'"
        )
    if not input.size:
        most = -1
    elif xp is np:
        most = greatest(input)
    else:
        most = int(input.max() if input.min() >= 0 else input.min())
    if input.ndim != 1 or (input.size and most < 0):
        raise StateError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise StateError("minlength should be >= 0", argument="minlength")
    count = max(most + 1, minlength)
    memory.check(count * 8, f"{count} bins")
    if weights is None:
        return xp.bincount(input, minlength=minlength).astype(xp.int64, copy=False)
    if weights.shape != input.shape:
        raise StateError(
            "weights should be 1-d and have the same length as input", argument="weights"
        )
    sums = xp.bincount(input, weights, minlength)
    return sums.astype(xp.float32) if weights.dtype == xp.float32 else sums.astype(xp.float64)
