"""Counting what falls where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DtypeError, ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.op import MATRIX, Array, Arrays, Data, Floats, Ints, Object
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.index.picking import greatest
from tcalc.runtime.ops.reduce.reduction import floating, no_complex
from tcalc.runtime.ops.shape.reshaping import as_tensors
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import INTEGERS, PLAIN_FLOATS
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult


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


histc.over_call = "histc", ("None", "False", "bins")


def _equal_edges(
    xp: ModuleType, name: str, a: Array, bins: int, low: float, high: float, given: bool
) -> Array:
    """The edges of equal bins: of a given range, or of the data's."""
    if not given and not a.size:
        low, high = 0.0, 1.0
    else:
        low, high = _range(name, a[:0] if given else a, low, high, 0.5)
    return xp.linspace(low, high, bins + 1).astype(a.dtype)


def _counted(
    xp: ModuleType, points: Sequence[Array], edges: Sequence[Array], weights: Array | None,
    density: bool,
) -> Array:  # fmt: skip
    """How many points fall in each bin. points: their coordinates, dim by dim, with its edges."""
    shape = tuple([len(e) - 1 for e in edges])
    memory.check(numel(shape) * 8, f"{numel(shape)} bins")
    inside: Any = True
    for a, e in zip(points, edges):
        inside = inside & (a >= e[0]) & (a <= e[-1])
    places: Any = 0
    for a, e, count in zip(points, edges, shape):
        at = xp.minimum(xp.searchsorted(e, a[inside], side="right") - 1, count - 1)
        places = places * count + at
    part = None if weights is None else weights[inside]
    hist = xp.bincount(places, part, minlength=numel(shape)).astype(points[0].dtype).reshape(shape)
    if density:
        hist = hist / hist.sum()
        for axis, e in enumerate(edges):
            hist /= xp.diff(e).reshape(-1, *(1,) * (len(shape) - 1 - axis))
    return hist


def _only_floats(input: Array) -> None:
    if input.dtype.char not in PLAIN_FLOATS:
        raise UnsupportedDtype(
            f"\"histogramdd\" not implemented for '{dtypes.of(input.dtype).shorthand}'"
        )


@kernel(
    name="histogram", names=(), differentiable=False,
    returns=("hist", "bin_edges"), upcast_halves=False,
)  # fmt: skip
def _histogram(
    xp: ModuleType, input: Array, bins: Any, edges: Array = None, range: Floats | None = None,
    weight: Array = None, density: bool = False,
) -> Array:  # fmt: skip
    _only_floats(input)
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
        edges = _equal_edges(xp, "torch.histogram", a, bins, low, high, range is not None)
    return _counted(xp, [a], [edges], weights, density), edges


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


_HistogramDD = named_result("histogramdd", ("hist", "bin_edges"))
_MANY_DIMS = "torch.histogramdd"


@kernel(name="histogramdd_edges", names=(), differentiable=False, upcast_halves=False)
def _edges_of(
    xp: ModuleType, input: Array, bins: tuple[int, ...], range: tuple[float, ...] | None
) -> tuple[Array, ...]:
    """The edges of equal bins of every coordinate of points (n, dims)."""
    _only_floats(input)
    found = []
    for i, count in enumerate(bins):
        low, high = (0.0, 0.0) if range is None else range[2 * i : 2 * i + 2]
        if range is not None and low > high:
            raise StateError(
                f"{_MANY_DIMS}: min should not exceed max, but got min {low:g} max {high:g} for "
                f"dimension {i}",
                argument="range",
            )
        column = input[:, i]
        found.append(_equal_edges(xp, _MANY_DIMS, column, count, low, high, range is not None))
    return tuple(found)


@kernel(name="histogramdd", names=(), differentiable=False, upcast_halves=False)
def _histogram_of_points(
    xp: ModuleType, input: Array, edges: Arrays, weight: Array | None, density: bool
) -> Array:
    """How many points (n, dims) fall in each bin."""
    _only_floats(input)
    return _counted(xp, list(input.T), edges, weight, density)


def _given_edges(input: Tensor, bins: Sequence[Tensor], dims: int) -> list[Tensor]:
    if len(bins) != dims:
        raise StateError(
            f"{_MANY_DIMS}: expected {dims} sequences of bin edges for a {dims}-dimensional "
            f"histogram but got {len(bins)}",
            argument="bins",
        )
    for i, edges in enumerate(bins):
        if edges.dtype is not input.dtype:
            raise DtypeError(
                f"{_MANY_DIMS}: input tensor and bins tensors should have the same dtype, but got "
                f"input with dtype {input.dtype.name} and bins for dimension {i} with dtype "
                f"{edges.dtype.name}",
                argument="bins",
            )
        if edges._d.ndim != 1:
            raise ShapeError(
                f"{_MANY_DIMS}: bins tensor should have one dimension, but got {edges._d.ndim} "
                f"dimensions in the bins tensor for dimension {i}",
                argument="bins",
            )
        if edges._d.size < 2:
            raise StateError(
                f"{_MANY_DIMS}: bins tensor should have at least 1 element, but got "
                f"{max(edges._d.size - 1, 0)} elements in the bins tensor for dimension {i}",
                argument="bins",
            )
    return list(bins)


def _numbers_of_bins(bins: object, dims: int) -> tuple[int, ...]:
    counts = kinds.take("histogramdd", "bins", ("Ints",), bins)
    counts = (counts,) * dims if isinstance(counts, int) else tuple(counts)
    if len(counts) != dims:
        raise StateError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input.",
            argument="bins",
        )
    for i, count in enumerate(counts):
        if count <= 0:
            raise StateError(
                f"torch.histogram(): bins must be > 0, but got {count} for dimension {i}",
                argument="bins",
            )
        memory.check(count * 16, f"{count} bins")
    return counts


@composite(
    names=("torch.histogramdd",), differentiable=False, exempt={"out": "PyTorch's has none"},
    samples=lambda: [
        ((MATRIX, 2), {}),
        ((MATRIX, [1, 2, 3]), {"range": (-1.0, 2.0, -1.0, 1.0, 0.0, 3.0), "weight": [0.5, 2.0]}),
    ],
)  # fmt: skip
def histogramdd(
    input: Array, bins: Object, range: Floats | None = None, weight: Array = None,
    density: bool = False,
) -> NamedResult:  # fmt: skip
    """How many points of several coordinates fall in each bin, and the edges of each coordinate's.

    input: (*, dims), points. bins: a number of equal bins, one for each coordinate, or a sequence
    of tensors with their increasing edges. range: of each coordinate's equal bins the lowest and the
    highest edge, one pair after the other; by default that of the data. weight: (*), what each
    point counts. density: the counts as a density whose integral is 1. The last bins include their
    upper edges; points beyond do not count.

    >>> histogramdd(tensor([[0., 1.], [1., 0.], [2., 2.]]), bins=[2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    shape = input._d.shape
    if len(shape) < 2:
        raise ShapeError(f"{_MANY_DIMS}: input tensor should have at least 2 dimensions",
                         argument="input")  # fmt: skip
    dims = shape[-1]
    if weight is not None:
        if weight._d.shape != shape[:-1]:
            raise ShapeError(
                f"{_MANY_DIMS}: if weight tensor is provided it should have the same shape as the "
                f"input tensor excluding its innermost dimension, but got input with shape "
                f"{list(shape)} and weight with shape {list(weight.shape)}",
                argument="weight",
            )
        if weight.dtype is not input.dtype:
            raise DtypeError(
                f"{_MANY_DIMS}: if weight tensor is provided, input tensor and weight tensor should "
                f"have the same dtype, but got input({input.dtype.name}), and "
                f"weight({weight.dtype.name})",
                argument="weight",
            )
        weight = weight.reshape(-1)
    points = input.reshape(-1, dims)
    if isinstance(bins, (tuple, list)) and any(isinstance(b, Tensor) for b in bins):
        edges = _given_edges(input, as_tensors("histogramdd", (tuple(bins),)), dims)
    else:
        counts = _numbers_of_bins(bins, dims)
        if range is not None and len(range) != 2 * dims:
            raise StateError(
                f"{_MANY_DIMS}: for a {dims}-dimensional histogram range should have {2 * dims} "
                f"elements, but got {len(range)}",
                argument="range",
            )
        edges = list(_edges_of(points, counts, range))
    return _HistogramDD((_histogram_of_points(points, edges, weight, density), tuple(edges)))


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


bincount.over_call = "bincount", ()
