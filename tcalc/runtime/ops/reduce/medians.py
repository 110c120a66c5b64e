"""Statistics of order: medians, modes and quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError, UnsupportedDtype
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, SOME, Array, Data, Scalar
from tcalc.runtime.base.targets import APART
from tcalc.runtime.call.batching import Batch, over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.index.picking import along, evenly, picker, take
from tcalc.runtime.ops.index.quickselect import SHORT, last_of
from tcalc.runtime.ops.index.sorting import is_ordered, order
from tcalc.runtime.ops.reduce.reduction import no_complex, nonempty
from tcalc.runtime.tensor.nested import array_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS, FLOATS
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp


# -- medians and modes -----------------------------------------------------------------------------

# What the sample calls work on.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


def _ordered_only(name: str, array: Array) -> None:
    no_complex(name, array)
    if array.dtype.char in BOOLS:
        raise UnsupportedDtype(f"\"{name}\" not implemented for 'Bool'")


def _middle(xp: ModuleType, a: Array, skip: bool) -> Array:
    """The lower median along the last axis; nan where there is one, unless they are skipped."""
    place = (a.shape[-1] - 1) // 2
    floating = a.dtype.char in FLOATS
    if skip and floating:
        ordered = xp.sort(a, axis=-1)
        places = (xp.count_nonzero(a == a, axis=-1) - 1) // 2
        return take(xp, ordered, xp.maximum(places, 0)[..., None], a.ndim - 1)[..., 0]
    if xp is np:
        parted = a.copy()
        parted.partition(place, axis=-1)
    else:
        parted = xp.partition(a, place, axis=-1)
    middle = parted.take(place, -1)
    if floating and not (xp is np and is_ordered(a)):
        return xp.where(xp.isnan(a).any(-1), a.dtype.type("nan"), middle)
    return middle


def _median_of_all(name: str, node_name: str) -> DefinedOp:
    @kernel(name=name, names=(), node_name=node_name, long=SOME)
    def median(xp: ModuleType, input: Array) -> Array:
        _ordered_only("median_cpu", input)
        if not input.size:
            if input.dtype.char not in FLOATS:
                raise StateError(f"{name}(): the input has no elements")
            return xp.full((), float("nan"), input.dtype)
        return _middle(xp, input.reshape(-1), name == "nanmedian")

    if name == "median":
        median.over_call = "median", ()
    median.vjp(input=lambda g, input, out: evenly(g, input, out))
    return median


def _median_of_dim(name: str) -> DefinedOp:
    @kernel(
        long=SOME,
        name=name, names=(), differentiable=False,
        returns=("values", "indices"),
    )  # fmt: skip
    def median(xp: ModuleType, input: Array, dim: int, keepdim: bool) -> Array:
        _ordered_only("median_out", input)
        nonempty(name, input, dim)
        if not input.ndim:
            return input.copy(), xp.zeros((), xp.int64)
        rows = input.swapaxes(dim, -1)
        values = _middle(xp, rows, name == "nanmedian")[..., None]
        return _along(values, _index_of(xp, rows, values), dim, keepdim)

    if name == "median":
        median.over_call = "median_at", ("dim", "keepdim")
    return median


def _along(values: Array, indices: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """What was found in the last axis, one each, where the dim was that it stood for."""
    if not keepdim and dim == values.ndim - 1:
        return values[..., 0], indices[..., 0]
    values, indices = [laid_in_order(a.swapaxes(dim, -1)) for a in (values, indices)]
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _index_of(xp: ModuleType, rows: Array, values: Array) -> Array:
    """Where a stable sort of the last axis would have the lower median: among equal elements."""
    n = rows.shape[-1]
    equal = rows == values
    known = rows.dtype.char not in FLOATS or (xp is np and is_ordered(values))
    if xp is np and known and np.count_nonzero(equal) == values.size:
        return equal.argmax(-1, keepdims=True)
    equal |= (values != values) & (rows != rows)
    if (xp.count_nonzero(equal, axis=-1) == 1).all():
        return equal.argmax(-1, keepdims=True)
    before = xp.count_nonzero(rows < values, axis=-1, keepdims=True)
    valid = xp.count_nonzero(rows == rows, axis=-1, keepdims=True)
    wanted = xp.where(values == values, (xp.where(valid > 0, valid, n) - 1) // 2 - before, 0)
    rank = xp.cumsum(equal, axis=-1) - 1
    return (equal & (rank == wanted)).argmax(-1, keepdims=True)


_median_all = _median_of_all("median", "MedianBackward0")
_nanmedian_all = _median_of_all("nanmedian", "NanmedianBackward0")
_median_dim = _median_of_dim("median")
_nanmedian_dim = _median_of_dim("nanmedian")
_median_picked = picker("median", "MedianBackward1")
_nanmedian_picked = picker("nanmedian", "NanmedianBackward1")


@composite(samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 1), {})])
def median(
    input: Tensor, dim: int | None = None, keepdim: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """The median of all elements, or the medians along a dimension with their indices.

    Of an even number of elements the lower of the two in the middle. nan wins.

    >>> median(tensor([4., 1., 3., 2.]))
    tensor(2.)
    >>> median(tensor([[3, 1, 2]]), 1).indices
    tensor([2])
    """
    if dim is None:
        return _median_all(input)
    return along(_median_dim, _median_picked, input, dim, keepdim)


@composite(samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 1), {})])
def nanmedian(
    input: Tensor, dim: int | None = None, keepdim: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """The median of what is not nan; nan where nothing is left.

    >>> nanmedian(tensor([4., nan, 3.]))
    tensor(3.)
    """
    if dim is None:
        return _nanmedian_all(input)
    return along(_nanmedian_dim, _nanmedian_picked, input, dim, keepdim)


@kernel(
    long=SOME,
    name="mode", names=(), differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _mode(xp: ModuleType, input: Array, dim: int, keepdim: bool) -> Array:
    no_complex("mode_cpu", input)
    nonempty("mode", input, dim)
    if not input.ndim:
        return input.copy(), xp.zeros((), xp.int64)
    rows = input.swapaxes(dim, -1)
    by = order(xp, rows, rows.ndim - 1)
    ordered = take(xp, rows, by, rows.ndim - 1)
    # The length so far of the run of equal elements that each place is in.
    places = xp.arange(rows.shape[-1])
    starts = ordered[..., 1:] != ordered[..., :-1]
    begun = xp.zeros(rows.shape, xp.int64)
    xp.multiply(starts, places[1:], out=begun[..., 1:])
    length = places - xp.maximum.accumulate(begun, axis=-1)
    best = length.argmax(-1, keepdims=True)
    values = take(xp, ordered, best, rows.ndim - 1)
    indices = take(xp, by, best, rows.ndim - 1)
    if xp is np and rows.shape[-1] > SHORT:
        tied = (take(xp, length, best, rows.ndim - 1) > 0)[..., 0]
        indices[tied, 0] = last_of(rows[tied], values[tied, 0])
    return _along(values, indices, dim, keepdim)


_mode_picked = picker("mode", "ModeBackward0")


@composite(apart=APART)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The most frequent value along a dimension (the least of several) and its last index; of more than
    16 elements that of the one that PyTorch's sort puts last.

    >>> mode(tensor([1, 2, 2, 1, 3])).values
    tensor(1)
    """
    return along(_mode, _mode_picked, input, dim, keepdim)


# -- quantiles --------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    input: Tensor, q: Data | Scalar, dim: int | None, keepdim: bool, interpolation: str, skip: bool
) -> Tensor:
    name = "nanquantile" if skip else "quantile"
    if not input.dtype.is_floating_point:
        no_complex(name, input._a)
        input = input.to(dtypes.default.value)
    if input._a.size == 0:
        raise StateError(f"{name}() input tensor must be non-empty", argument="input")
    if interpolation not in _INTERPOLATIONS:
        raise StateError(
            f"{name}() interpolation must be one of {', '.join(_INTERPOLATIONS[:-1])} or "
            f"nearest, but got {interpolation}",
            argument="interpolation",
        )
    single = isinstance(q, (int, float))
    if single and not 0 <= q <= 1:
        raise StateError(f"{name}() q must be in the range [0, 1] but got {q:g}", argument="q")
    if isinstance(q, Tensor):
        line = q if q._d.ndim else q.reshape(1)
    else:
        array = array_of(q, input.dtype, copy=True)
        q, line = wrap(array), wrap(array.reshape(-1))
        if input.device != q.device:
            line = line.to(input.device)
    if q._a.ndim > 1:
        raise StateError(f"{name}() q must be a scalar or 1D tensor", argument="q")
    if q.dtype is not input.dtype:
        raise StateError(f"{name}() q tensor must be same dtype as the input tensor", argument="q")
    if not single and anywhere(~((q >= 0) & (q <= 1))):
        raise StateError(f"{name}() q values must be in the range [0, 1]", argument="q")
    ndim = input._a.ndim
    if dim is None:
        rows = input if ndim == 1 else input.reshape(-1)
    else:
        axis = wrap_dim(dim, ndim)
        rows = (
            input.reshape(1) if not ndim else input if axis == ndim - 1 else input.movedim(axis, -1)
        )
    ordered = rows.sort(-1)[0]
    below, above, weight = _between(ordered, line, interpolation, skip)
    result = ordered.gather(-1, below)
    if interpolation == "linear":
        result = result.lerp(ordered.gather(-1, above), weight)
    elif interpolation == "midpoint":
        result = result.lerp(ordered.gather(-1, above), 0.5)
    # The quantiles are along the last dim: they become the first, or nothing.
    result = result.movedim(-1, 0) if q._a.ndim else result.squeeze(-1)
    if keepdim:
        if dim is None:
            result = result.reshape(result._a.shape + (1,) * ndim)
        elif ndim:
            result = result.unsqueeze(wrap_dim(dim, ndim) + q._a.ndim)
    return result


@kernel(
    name="quantile_places", names=(), returns=("below", "above", "weight"), upcast_halves=False,
    samples=list,
)  # fmt: skip
def _between(xp: ModuleType, ordered: Array, q: Array, interpolation: str, skip: bool) -> Array:
    """Between which two places of each ordered row its quantiles lie, and how far from the first."""
    last = ordered.shape[-1] - 1
    if skip:
        count = xp.count_nonzero(ordered == ordered, axis=-1, keepdims=True)
        ranks = q * xp.maximum(count - 1, 0).astype(q.dtype)
    else:
        ranks = xp.where(
            ordered[..., -1:] == ordered[..., -1:], q * q.dtype.type(last), q.dtype.type(last)
        )
    if interpolation == "lower":
        ranks = xp.floor(ranks)
    elif interpolation == "higher":
        ranks = xp.ceil(ranks)
    elif interpolation == "nearest":
        ranks = xp.rint(ranks)
    below = ranks.astype(xp.int64)
    return below, xp.ceil(ranks).astype(xp.int64), ranks - below.astype(q.dtype)


def _back_to_q(g: tuple[Tensor, ...], ordered: Any, skip: bool) -> Tensor:
    if skip:
        return g[2] * ((ordered == ordered).sum(-1, True) - 1).clamp(min=0)
    rising = g[2] * (ordered._d.shape[-1] - 1)
    return rising.masked_fill(ordered[..., -1:].isnan(), 0)


_between.vjp(q=_back_to_q)


@composite(
    samples=lambda: [
        ((_MATRIX, 0.3), {}),
        ((_MATRIX, [0.2, 0.7], 1, True), {}),
    ]
)
def quantile(
    input: Tensor, q: Data | Scalar, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The q-quantile of all elements, or along a dimension; nan where there is one.

    q: a number from 0 to 1, or a 1-dim tensor of them, which gives a first dimension to the
    result. interpolation, between two elements: linear, lower, higher, midpoint or nearest.

    >>> quantile(tensor([1., 2., 3., 4.]), 0.25)
    tensor(1.7500)
    """
    return _quantile(input, q, dim, keepdim, interpolation, False)


@composite(samples=lambda: [((_MATRIX, 0.3), {}), ((_MATRIX, [0.2, 0.7], 1), {})])
def nanquantile(
    input: Tensor, q: Data | Scalar, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The q-quantile of what is not nan; nan where nothing is left.

    >>> nanquantile(tensor([1., nan, 3.]), 0.5)
    tensor(2.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, True)


# -- batches ----------------------------------------------------------------------------------

_median_all.batch = lambda batch: batch.rows().median(1)[0]
_nanmedian_all.batch = lambda batch: batch.rows().nanmedian(1)[0]
_median_dim.batch = _nanmedian_dim.batch = _mode.batch = over("dim")


def _places_of_examples(batch: Batch) -> Tensor:
    return batch.call(ordered=batch.whole(0), q=batch.aligned(1, batch.rank(0)))


_between.batch = _places_of_examples

for _op in (quantile, nanquantile):
    _op.autocast = SINGLE
