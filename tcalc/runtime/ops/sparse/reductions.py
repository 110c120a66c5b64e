"""Sums over sparse tensors, and softmax over the elements that they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo
from tcalc.runtime.base.op import Array, DType, Ints, Object
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.reduce.reduction import sum as sum_op
from tcalc.runtime.ops.sparse.parts import (
    coordinates,
    in_order,
    kept_values,
    placed,
    sparse_kernel,
    taken,
)
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import wrap_dim, wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

_EXEMPT = {"plans": "takes a sparse tensor", "devices": "takes a sparse tensor",
           "samples": "takes a sparse tensor"}  # fmt: skip


# -- sums ---------------------------------------------------------------------------------------------


@sparse_kernel("SumBackward0", name="sum")
def _total(xp: ModuleType, input: Array) -> Array:
    """The sum of all elements; the gradient is had at every place."""
    return np.asarray(add_up(np, input.values, None))


@sparse_kernel("SumBackward0", name="sum")
def _total_kept(xp: ModuleType, input: Array) -> Array:
    """The sum of all elements; the gradient has the places that the tensor keeps."""
    return np.asarray(add_up(np, input.values, None))


_total.vjp(input=lambda g, input_shape: g.expand(input_shape))
_total_kept.vjp(input=lambda g, input: _filled(g, input))


def _filled(g: Tensor, input: Tensor) -> Tensor:
    found: Tensor = placed(g.expand(input._d.values.shape), input._d)
    return found


@sparse_kernel("SparseSumBackward0", name="sum")
def _over(xp: ModuleType, input: Array, dims: Object) -> Array:
    """The sum over dims, at the places that are left; of the dense dims alone an array."""
    sparse = input.sparse_dims
    inner = tuple(d - sparse + 1 for d in dims if d >= sparse)
    values = input.values.sum(axis=inner, dtype=input.dtype) if inner else input.values
    left = [d for d in range(sparse) if d not in dims]
    if not left:
        return add_up(np, values, (0,))
    shape = tuple(n for d, n in enumerate(input.shape) if d not in dims)
    return kernels.coalesced(Coo(input.indices[left], values, shape))


def _over_back(g: Tensor, input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """To each value that the tensor keeps, the gradient of the sum that it went into."""
    a: Any = kernels.coalesced(input._d)
    sparse = a.sparse_dims
    left = [d for d in range(sparse) if d not in dims]
    shape = tuple(n for d, n in enumerate(a.shape) if d not in dims)
    if left:
        inner = tuple(n for d, n in enumerate(a.shape) if d >= sparse and d not in dims)
        blank = np.broadcast_to(np.zeros((), a.dtype), (a.count, *inner))
        slopes = taken(g, Coo(a.indices[left], blank, shape))
    else:
        slopes = g.unsqueeze(0).expand((a.count, *g._d.shape))
    for d in sorted(d for d in dims if d >= sparse):
        slopes = slopes.unsqueeze(d - sparse + 1)
    found: Tensor = placed(slopes.expand(a.values.shape), a)
    return found


_over.vjp(input=_over_back)


def _summed(input: Tensor, dim: Any, dtype: Any, total: DefinedOp, keepdim: bool = False) -> Any:
    if not isinstance(input._d, Coo):
        if dim is not None or not is_sparse(input):
            raise refused("sum", (input,))
        return total(input if dtype is None else input.to(dtype))
    input = _cast(input, dtype)
    n = input._d.ndim
    dims = tuple(range(n)) if dim is None else wrap_dims(dim, n)
    if dim is None:
        return total(input)
    if len(dims) == n:
        return total(input)
    found = _over(input, tuple(dims))
    if keepdim:
        for d in sorted(dims):
            found = found.unsqueeze(d)
    return found


def _cast(input: Tensor, dtype: Any) -> Tensor:
    if dtype is not None:
        return input.to(dtype)
    # Bools and integers give int64, as elsewhere.
    return input if input.is_floating_point() or input.is_complex() else input.long()


sum_op.sparse = lambda input, dim, keepdim, dtype: _summed(input, dim, dtype, _total, keepdim)


@composite(name="sum", names=("torch.sparse.sum",), exempt=_EXEMPT)
def sparse_sum(input: Tensor, dim: Ints | None = None, dtype: DType | None = None) -> Tensor:
    """The sum of a sparse tensor: of all elements a number, over some dims a sparse tensor.

    The gradient has the places that the tensor keeps.

    >>> a = sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))
    >>> torch.sparse.sum(a), torch.sparse.sum(a, 0).to_dense()
    (tensor(12.), tensor([4., 0., 8.]))
    """
    coordinates(input, "sum")
    found: Tensor = _summed(input, dim, dtype, _total_kept)
    return found


# -- softmax ------------------------------------------------------------------------------------------


class _Runs:
    """The values that lie along a dim with indices, as runs: those of one run differ there alone.

    order: of the values, run by run. starts: where each run begins. run: which each is in, in order.
    """

    __slots__ = ("order", "run", "starts")

    def __init__(self, a: Coo, dim: int) -> None:
        others = [d for d in range(a.sparse_dims) if d != dim]
        keys = kernels.places(a.indices[others], [a.shape[d] for d in others])
        self.order = np.argsort(keys, kind="stable")
        self.starts = kernels.starts_of(keys[self.order])
        self.run = np.repeat(
            np.arange(len(self.starts)), np.diff(np.append(self.starts, len(keys)))
        )

    def reduced(self, ufunc: np.ufunc, values: Array) -> Array:
        """For each value, in their own order, what a ufunc makes of its run."""
        if not len(values):
            return values
        ordered = ufunc.reduceat(values[self.order], self.starts, axis=0)[self.run]
        found = np.empty_like(values)
        found[self.order] = ordered
        return found


def _soft(input: Array, dim: int, log: bool) -> Array:
    a = kernels.coalesced(input)
    v = a.values
    if dim >= a.sparse_dims:
        axis = dim - a.sparse_dims + 1
        shifted = v - v.max(axis=axis, keepdims=True) if v.size else v
        powers = np.exp(shifted)
        sums = powers.sum(axis=axis, keepdims=True)
    else:
        runs = _Runs(a, dim)
        shifted = v - runs.reduced(np.maximum, v)
        powers = np.exp(shifted)
        sums = runs.reduced(np.add, powers)
    return a.like(shifted - np.log(sums) if log else powers / sums)


@sparse_kernel("SparseSoftmaxBackward0", name="softmax")
def _softmax(xp: ModuleType, input: Array, dim: Object) -> Array:
    """Softmax over the elements that are kept: the others count as -inf."""
    return _soft(input, dim, False)


@sparse_kernel("SparseLogSoftmaxBackward0", name="log_softmax")
def _log_softmax(xp: ModuleType, input: Array, dim: Object) -> Array:
    """The logarithm of softmax."""
    return _soft(input, dim, True)


@sparse_kernel("SumBackward0", name="sum")
def _along(xp: ModuleType, values: Array, at: Object, dim: Object) -> Array:
    """For each value the sum of those beside it along a dim."""
    if dim >= at.sparse_dims:
        axis = dim - at.sparse_dims + 1
        return np.broadcast_to(values.sum(axis=axis, keepdims=True), values.shape).copy()
    return _Runs(at, dim).reduced(np.add, values)


_along.vjp(values=lambda g, at, dim: _along(g, at, dim))


def _soft_back(g: Tensor, out: Tensor, dim: int, log: bool) -> Tensor:
    at, v = out._d, kept_values(out)
    slopes = taken(g, at)
    if log:
        found = slopes - v.exp() * _along(slopes, at, dim)
    else:
        found = v * (slopes - _along(slopes * v, at, dim))
    made: Tensor = placed(found, at)
    return made


_softmax.vjp(input=lambda g, out, dim: _soft_back(g, out, dim, False))
_log_softmax.vjp(input=lambda g, out, dim: _soft_back(g, out, dim, True))


def _softened(op: DefinedOp, input: Tensor, dim: int, dtype: Any) -> Tensor:
    a = coordinates(input, op.name)
    if not input.is_floating_point() and dtype is None:
        raise ShapeError(f"{op.name}: a sparse tensor of floats is taken, or dtype=")
    at = wrap_dim(dim, a.ndim)
    found: Tensor = op(in_order(input if dtype is None else input.to(dtype)), at)
    return found


@composite(name="softmax", names=("torch.sparse.softmax",), exempt=_EXEMPT)
def sparse_softmax(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Softmax along a dim over the elements that a sparse tensor keeps: the others count as -inf.

    >>> a = sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))
    >>> torch.sparse.softmax(a, 1).values()
    tensor([1.0000, 0.2689, 0.7311])
    """
    return _softened(_softmax, input, dim, dtype)


@composite(name="log_softmax", names=("torch.sparse.log_softmax",), exempt=_EXEMPT)
def sparse_log_softmax(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The logarithm of `torch.sparse.softmax`.

    >>> a = sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))
    >>> torch.sparse.log_softmax(a, 1).values()
    tensor([ 0.0000, -1.3133, -0.3133])
    """
    return _softened(_log_softmax, input, dim, dtype)
