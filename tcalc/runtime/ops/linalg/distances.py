"""Distances between tensors and between their rows, and rows held to a norm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.arrays.blas import spread_products
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base.op import SINGLE, Array
from tcalc.runtime.call.batching import Batch, shifted
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.reduce.norms import INF, magnitude, norm_slope, vector_norm
from tcalc.runtime.ops.reduce.reduction import floating
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.codes import COMPLEXES, PLAIN_INEXACT
from tcalc.runtime.types.shapes import broadcast, numel, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# The differences of pairs of rows are made in groups of about this many elements.
_GROUP = 1 << 20
# Those of Euclidean distances of about this many, over threads.
_BLOCK = 1 << 15
# From this many rows on, Euclidean distances come from a matrix product.
_MANY = 25
# Squared distances this small beside the squared norms have lost digits in it.
_CLOSE = 1e-7


def _slope(g: Tensor, rest: Tensor, out: Tensor, p: float) -> Tensor:
    """The gradient by the differences of a p-norm over the last dim; g and out keep that dim."""
    if p == 0:
        return rest._zeros()
    if p == INF:
        equal = rest.abs() == out
        return rest.sgn() * (g / equal.sum(-1, True) * equal)
    return norm_slope(g, rest, out, p)


def _common(*arrays: Array) -> list[Array]:
    """Arrays in the dtype that holds them all, integers in the default dtype."""
    t = arrays[0].dtype
    if t.char in PLAIN_INEXACT and all(a.dtype is t for a in arrays[1:]):
        return [*arrays]
    wide = dtypes.of(floating(arrays[0]).dtype)
    for a in arrays[1:]:
        wide = promotion.promote(wide, dtypes.of(floating(a).dtype))
    return [a.astype(wide.numpy, copy=False) for a in arrays]


_LEFT = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]
_RIGHT = [[1.3, 0.4, -0.2], [0.2, 0.6, 0.7]]


@kernel(samples=lambda: [((_LEFT, _RIGHT, p), {}) for p in (2, 1, 3, 1.5, INF)])
def dist(xp: ModuleType, input: Array, other: Array, p: float = 2) -> Array:
    """The p-norm of the difference of two tensors, which are broadcast.

    >>> dist(tensor([1., 2.]), tensor([4., 6.]))
    tensor(5.)
    """
    a, b = _common(input, other)
    rest = a - b
    if not rest.size:
        return xp.zeros((), rest.real.dtype)
    return magnitude(xp, rest, p, tuple(range(rest.ndim)), False)


@dist.vjps_of("input", "other")
def _dist_back(
    g: Tensor, needs: tuple[bool, ...], input: Tensor, other: object, out: Tensor, p: float
) -> tuple[Tensor, Tensor]:
    rest = input - other
    if p == -INF:
        equal = rest.abs() == out
        slope = rest.sgn() * (g / equal.sum() * equal)
    else:
        flat = rest.reshape(-1)
        slope = _slope(g, flat, out, p).reshape(rest._a.shape)
    return slope, -slope


# -- between all rows -------------------------------------------------------------------------


def _euclidean(xp: ModuleType, a: Array, b: Array, result: Array) -> bool:
    """Write distances of rows through |a|² + |b|² - 2ab in double, anew where that loses digits.

    Whether it did: rows of inf leave nan in the product, and what they are far from is infinitely far.
    """
    wide_a, wide_b = a.astype(xp.float64, copy=False), b.astype(xp.float64, copy=False)
    norms_a, norms_b = (np.vecdot(t, t) if xp is np else (t * t).sum(-1) for t in (wide_a, wide_b))
    if not xp.isfinite(norms_a).all() or not xp.isfinite(norms_b).all():
        return False
    turned = wide_b.swapaxes(-1, -2)
    limit = _CLOSE if a.dtype == xp.float64 else _CLOSE**1.5
    height = a.shape[-2]
    step = max(1, _BLOCK * height // result.size)

    def work(i: int) -> None:
        rows = slice(i * step, (i + 1) * step)
        part = wide_a[..., rows, :]
        norms = norms_a[..., rows, None] + norms_b[..., None, :]
        squares = xp.matmul(part, turned)
        squares *= -2
        squares += norms
        norms *= limit
        lost = squares < norms
        if lost.any():
            _measure(xp, squares, lost.nonzero(), part, wide_b)
        xp.sqrt(squares, out=squares)
        result[..., rows, :] = squares

    if xp is np:
        spread_products(work, -(-height // step))
    else:
        for i in range(-(-height // step)):
            work(i)
    return True


def _measure(xp: ModuleType, squares: Array, places: tuple[Array, ...], a: Array, b: Array) -> None:
    """Write the squared distances of some pairs of rows, through their differences."""
    *stack, row, column = places
    lead = squares.shape[:-2]
    rest = xp.broadcast_to(a, (*lead, *a.shape[-2:]))[(*stack, row)]
    rest = rest - xp.broadcast_to(b, (*lead, *b.shape[-2:]))[(*stack, column)]
    squares[places] = (rest * rest).sum(-1)


def _pairwise(xp: ModuleType, a: Array, b: Array, p: float) -> Array:
    """The p-distances of all rows of a (*, n, k) and b (*, m, k)."""
    n, m, k = a.shape[-2], b.shape[-2], a.shape[-1]
    batch = broadcast(a.shape[:-2], b.shape[:-2])
    size = numel(batch) * n * m
    if not size or not k:
        return xp.zeros((*batch, n, m), a.dtype)
    if p == 2 and (n > _MANY or m > _MANY):
        result = xp.empty((*batch, n, m), a.dtype)
        if _euclidean(xp, a, b, result):
            return result
    columns = b[..., None, :, :]
    if size * k <= _GROUP:
        return magnitude(xp, a[..., None, :] - columns, p, (len(batch) + 2,), False)
    step = max(1, _GROUP * n // (size * k))
    result = xp.empty((*batch, n, m), a.dtype)
    for start in range(0, n, step):
        rest = a[..., start : start + step, None, :] - columns
        result[..., start : start + step, :] = magnitude(xp, rest, p, (rest.ndim - 1,), False)
    return result


def _norm_order(name: str, p: float) -> None:
    if not p >= 0:
        raise StateError(f"{name} only supports non-negative p values", argument="p")


@kernel(
    names=("torch.cdist",), node_name="CdistBackward0",
    samples=lambda: [((_LEFT, _RIGHT, p), {}) for p in (2, 1, 3, 1.5, INF)],
)  # fmt: skip
def cdist(
    xp: ModuleType, x1: Array, x2: Array, p: float = 2.0, compute_mode: str | None = None
) -> Array:
    """The p-distances between all rows of two matrices, or of batches of them.

    x1: (*, n, k), x2: (*, m, k) → (*, n, m). Exact whatever `compute_mode`.

    >>> cdist(tensor([[0., 0.]]), tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    for name, array in (("X1", x1), ("X2", x2)):
        if array.dtype.char in COMPLEXES:
            raise DtypeError(
                f"cdist only supports floating-point dtypes, {name} got: "
                f"{dtypes.of(array.dtype).shorthand}"
            )
        if array.ndim < 2:
            raise StateError(f"cdist only supports at least 2D tensors, {name} got: {array.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise StateError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    _norm_order("cdist", p)
    a, b = _common(x1, x2)
    return laid_in_order(_pairwise(xp, a, b, p))


@cdist.vjps_of("x1", "x2")
def _cdist_back(
    g: Tensor, needs: tuple[bool, ...], x1: Tensor, x2: Tensor, out: Any, p: float
) -> tuple[Tensor, Tensor]:
    if p == 2:
        share = (g / out).masked_fill(out == 0, 0)
        turned = share.transpose(-1, -2)
        return (
            share.sum(-1, True) * x1 - share @ x2,
            turned.sum(-1, True) * x2 - turned @ x1,
        )
    rest = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    slope = _slope(g.unsqueeze(-1), rest, out.unsqueeze(-1), p)
    return slope.sum(-2), -slope.sum(-3)


@kernel(
    names=("torch.pdist", "torch.nn.functional.pdist"),
    samples=lambda: [((_LEFT, p), {}) for p in (2, 1, 3, 1.5, INF)],
)
def pdist(xp: ModuleType, input: Array, p: float = 2.0) -> Array:
    """The p-distances between all pairs of different rows of a matrix.

    input: (n, k) → (n * (n - 1) / 2): the part above the diagonal of `cdist`, row by row.

    >>> pdist(tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    if input.ndim != 2:
        raise StateError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    _norm_order("pdist", p)
    a = floating(input)
    return _pairwise(xp, a, a, p)[xp.triu_indices(len(a), 1)]


def _pdist_back(g: Tensor, input: Tensor, out: Tensor, p: float) -> Tensor:
    from tcalc.runtime.arrays.backend import module_of
    from tcalc.runtime.tensor.tensor import wrap

    xp = module_of(input._a)
    above, below = (wrap(i) for i in xp.triu_indices(input._a.shape[0], 1))
    rest = input.index_select(0, above) - input.index_select(0, below)
    slope = _slope(g.unsqueeze(-1), rest, out.unsqueeze(-1), p)
    zeros = input.detach()._zeros()
    return zeros.index_add(0, above, slope).index_add(0, below, -slope)


pdist.vjp(input=_pdist_back)


# -- rows held to a norm ----------------------------------------------------------------------

# Keeps the division from going over the limit, as in PyTorch.
_SLACK = 1e-7


@kernel(
    inplace=True,
    samples=lambda: [((_LEFT, p, dim, 1.1), {}) for p in (2, 1, 3, INF) for dim in (0, 1)],
)
def renorm(xp: ModuleType, input: Array, p: float, dim: int, maxnorm: float) -> Array:
    """The slices along a dimension, those of a p-norm above `maxnorm` scaled down to it.

    >>> renorm(tensor([[3., 4.], [0.3, 0.4]]), p=2, dim=0, maxnorm=1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if not p > 0:
        raise StateError("renorm: non-positive-norm not supported", argument="p")
    if not maxnorm >= 0:
        raise StateError(
            f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}", argument="maxnorm"
        )
    if input.ndim < 2:
        raise StateError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions",
            argument="input",
        )
    a = floating(input)
    norms = magnitude(xp, a, p, _others(dim, a.ndim), True)
    factor = xp.where(norms > maxnorm, maxnorm / (norms + _SLACK), 1).astype(norms.dtype)
    return laid_in_order(a * factor)


def _others(dim: int, ndim: int) -> tuple[int, ...]:
    axis = wrap_dim(dim, ndim)
    return tuple(i for i in range(ndim) if i != axis)


def _renorm_back(g: Tensor, input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    dims = _others(dim, input._a.ndim)
    norms = vector_norm(input, p, dims, True)
    inverse = 1 / (norms + _SLACK)
    product = g * (input.conj() if input.dtype.is_complex else input)
    along = product.sum(dims, True)
    along = along.real if input.dtype.is_complex else along
    through = _norm_slope_over(along, input, norms, p, dims)
    scaled = (g - inverse * through) * inverse * maxnorm
    over = norms > maxnorm
    return g.masked_fill(over, 0) + scaled.masked_fill(over.logical_not(), 0)


def _norm_slope_over(
    g: Tensor, input: Tensor, norms: Tensor, p: float, dims: tuple[int, ...]
) -> Tensor:
    if p == INF:
        equal = input.abs() == norms
        return input.sgn() * (g / equal.sum(dims, True) * equal)
    return norm_slope(g, input, norms, p)


renorm.vjp(input=_renorm_back)


# -- batches ----------------------------------------------------------------------------------


def _cdist_examples(batch: Batch) -> Tensor:
    rank = max(batch.rank(0), batch.rank(1))
    return batch.call(x1=batch.aligned(0, rank), x2=batch.aligned(1, rank))


def _dist_examples(batch: Batch) -> Tensor:
    rank = max(batch.rank(0), batch.rank(1))
    apart = batch.aligned(0, rank) - batch.aligned(1, rank)
    return apart.unsqueeze(-1).flatten(1).norm(batch.get("p"), 1)


def _pdist_examples(batch: Batch) -> Tensor:
    points = batch.whole(0)
    count = points._d.shape[1]
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    apart = points[:, [i for i, _ in pairs]] - points[:, [j for _, j in pairs]]
    return apart.norm(batch.get("p"), -1)


def _renorm_examples(batch: Batch) -> object:
    at = shifted(batch.get("dim"), batch.rank(0))
    if at is NotImplemented:
        return NotImplemented
    turned = batch.whole(0).movedim(at, 1)
    rows = turned.reshape(batch.size * turned._d.shape[1], *turned._d.shape[2:])
    return batch.call(input=rows, dim=0).reshape(turned._d.shape).movedim(1, at)


cdist.batch = _cdist_examples
dist.batch = _dist_examples
pdist.batch = _pdist_examples
renorm.batch = _renorm_examples

cdist.autocast = SINGLE
