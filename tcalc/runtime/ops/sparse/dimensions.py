"""Sparse tensors with their dimensions in another order, or put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DimError, ShapeError, StateError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Ints, Object
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.ops.shape.dimensions import t as t_op
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.ops.shape.reshaping import permute, transpose, unsqueeze
from tcalc.runtime.ops.shape.splitting import unbind
from tcalc.runtime.ops.sparse.parts import placed, sparse_kernel, taken
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import as_size, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp


@sparse_kernel("PermuteBackward0", name="permute")
def _permuted(xp: ModuleType, input: Array, order: Object) -> Array:
    """The dims in another order; those without indices stay behind."""
    dims = input.sparse_dims
    rest = [d - dims + 1 for d in order[dims:]]
    values = input.values if rest == sorted(rest) else input.values.transpose(0, *rest)
    return Coo(
        np.ascontiguousarray(input.indices[list(order[:dims])]), values,
        tuple(input.shape[d] for d in order), False,
    )  # fmt: skip


@sparse_kernel("TransposeBackward0", name="transpose")
def _swapped(xp: ModuleType, input: Array, order: Object) -> Array:
    """Two dims swapped."""
    return _permuted.kernel(xp, input, order)


@sparse_kernel("TBackward0", name="t")
def transposed(xp: ModuleType, input: Array) -> Array:
    """The transpose of a matrix, by rows a matrix by its rows again."""
    if isinstance(input, Csr):
        return kernels.csr_of(_permuted.kernel(xp, kernels.coo_of(input), (1, 0)))
    return _permuted.kernel(xp, input, (1, 0))


_permuted.vjp(input=lambda g, order: g.permute(tuple(np.argsort(order).tolist())))
_swapped.vjp(input=lambda g, order: g.permute(tuple(np.argsort(order).tolist())))
transposed.vjp(input=lambda g: g.t())


def _permute(input: Tensor, dims: Ints, op: DefinedOp = _permuted) -> Any:
    a = input._d
    if not isinstance(a, Coo):
        return NotImplemented
    given = as_size(dims, "dims")
    if len(given) != a.ndim:
        raise ShapeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length "
            f"of the desired ordering of dimensions i.e. input.dim() = {a.ndim} is not equal to "
            f"len(dims) = {len(given)}"
        )
    order = tuple(wrap_dim(d, a.ndim) for d in given)
    if sorted(order) != list(range(a.ndim)):
        raise ShapeError("permute(): duplicate dims are not allowed.")
    if any(d >= a.sparse_dims for d in order[: a.sparse_dims]):
        raise StateError(
            "sparse transpose: transposed dimensions must be sparse Got sparse_dim: "
            f"{a.sparse_dims}, d0: {given[0]}, d1: {given[-1]}"
        )
    return op(input, order)


def _transpose(input: Tensor, dim0: int, dim1: int) -> Any:
    if not isinstance(input._d, Coo):
        return NotImplemented
    n = input._d.ndim
    a, b = wrap_dim(dim0, n), wrap_dim(dim1, n)
    order = list(range(n))
    order[a], order[b] = b, a
    return _permute(input, tuple(order), _swapped)


def _t(input: Tensor) -> Any:
    a = input._d
    if not isinstance(a, Coo) or a.ndim < 2:
        return input if isinstance(a, Coo) else NotImplemented
    if a.sparse_dims > 2 or a.values.ndim > 1:
        raise ShapeError(
            "t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got "
            f"{a.sparse_dims} sparse and {a.values.ndim - 1} dense dimensions"
        )
    return transposed(input)


@sparse_kernel("UnsqueezeBackward0", name="unsqueeze")
def _unsqueezed(xp: ModuleType, input: Array, at: Object) -> Array:
    """A dim of size 1 put in, with indices where it stands before the last that has them."""
    shape = (*input.shape[:at], 1, *input.shape[at:])
    if at > input.sparse_dims:
        return Coo(input.indices, np.expand_dims(input.values, at - input.sparse_dims + 1), shape,
                   input.coalesced)  # fmt: skip
    zeros = np.zeros((1, input.count), np.int64)
    indices = np.concatenate((input.indices[:at], zeros, input.indices[at:]))
    return Coo(indices, input.values, shape, input.coalesced)


@sparse_kernel("SqueezeBackward1", name="squeeze")
def _squeezed(xp: ModuleType, input: Array, at: Object) -> Array:
    """A dim of size 1 taken out."""
    if not isinstance(input, Coo):
        return input.squeeze(at)
    shape = (*input.shape[:at], *input.shape[at + 1 :])
    if at >= input.sparse_dims:
        return Coo(input.indices, input.values.squeeze(at - input.sparse_dims + 1), shape,
                   input.coalesced)  # fmt: skip
    return Coo(np.delete(input.indices, at, 0), input.values, shape, input.coalesced)


_squeezed.vjp(input=lambda g, at: g.unsqueeze(at))
_unsqueezed.vjp(input=lambda g, at: _squeezed(g, at))


def _unsqueeze(input: Tensor, dim: int) -> Any:
    if not isinstance(input._d, Coo):
        return NotImplemented
    return _unsqueezed(input, wrap_dim(dim, input._d.ndim + 1))


permute.sparse = _permute
transpose.sparse = _transpose
t_op.sparse = _t
unsqueeze.sparse = _unsqueeze


def _joined(tensors: Any, dim: int) -> Any:
    for i, one in enumerate(tensors):
        if not is_sparse(one):
            raise StateError(
                f"Concatenating sparse tensors, but a dense tensor was found at position {i}."
            )
        if not isinstance(one._d, Coo):
            return NotImplemented
    first = tensors[0]._d
    at = wrap_dim(dim, first.ndim)
    for one in tensors:
        a = one._d
        if a.sparse_dims != first.sparse_dims or a.ndim != first.ndim or at >= a.sparse_dims:
            return NotImplemented
        if (*a.shape[:at], *a.shape[at + 1 :]) != (*first.shape[:at], *first.shape[at + 1 :]):
            raise ShapeError(
                "All tensors must have the same shape: "
                f"{list(first.shape)} (except in the concatenating dimension), got {list(a.shape)}"
            )
        if one.requires_grad:
            return NotImplemented
    return _cat(tuple(tensors), at)


@sparse_kernel("CatBackward0", name="cat", differentiable=False)
def _cat(xp: ModuleType, tensors: Object, dim: Object) -> Array:
    """Tensors put one after the other along a dim that has indices."""
    parts, start = [], 0
    held = [one._d for one in tensors]
    for a in held:
        moved = a.indices.copy()
        moved[dim] += start
        start += a.shape[dim]
        parts.append(moved)
    shape = list(held[0].shape)
    shape[dim] = start
    kernels.check_shape(shape)
    return Coo(
        np.concatenate(parts, 1), np.concatenate([a.values for a in held]), tuple(shape), False
    )


def _stacked(tensors: Any, dim: int) -> Any:
    if any(not is_sparse(one) or one._d.shape != tensors[0]._d.shape for one in tensors):
        return NotImplemented
    at = wrap_dim(dim, tensors[0]._d.ndim + 1)
    return _joined([one.unsqueeze(at) for one in tensors], at)


cat.sparse = _joined
stack.sparse = _stacked


# -- parts --------------------------------------------------------------------------------------------


@sparse_kernel("SelectBackward0", name="select")
def _selected(xp: ModuleType, input: Array, dim: Object, at: Object) -> Array:
    """What stands at a place along a dim: sparse, or with all its elements where no dim has indices."""
    shape = (*input.shape[:dim], *input.shape[dim + 1 :])
    if dim >= input.sparse_dims:
        return Coo(input.indices, input.values.take(at, dim - input.sparse_dims + 1), shape,
                   input.coalesced)  # fmt: skip
    here = input.indices[dim] == at
    indices = np.delete(input.indices[:, here], dim, 0)
    found = Coo(indices, input.values[here], shape, input.coalesced)
    return found if len(indices) else kernels.dense(found)


def _selected_back(g: Tensor, input: Tensor, dim: int, at: int) -> Tensor:
    a = input._d
    if dim >= a.sparse_dims:
        raise refused("select_backward", (input,))
    here = a.indices[dim] == at
    indices = np.delete(a.indices[:, here], dim, 0)
    shape = (*a.shape[:dim], *a.shape[dim + 1 :])
    slopes = taken(g, Coo(indices, a.values[here], shape))
    found: Tensor = placed(slopes, Coo(a.indices[:, here], a.values[here], a.shape, a.coalesced))
    return found


_selected.vjp(input=_selected_back)


# Bytes that a sparse tensor takes at least, with its arrays.
_PART = 1000


def part(input: Tensor, index: object) -> Tensor:
    """`input[index]` for ints, and slices that take all of a dim."""
    items = index if isinstance(index, tuple) else (index,)
    if not isinstance(input._d, Coo) or len(items) > input._d.ndim:
        raise refused("index", (input,))
    found, dim = input, 0
    for item in items:
        if isinstance(item, slice) and item == slice(None):
            dim += 1
        elif type(item) is int and is_sparse(found):
            found = _selected(found, dim, _place(item, found._d.shape[dim], dim))
        elif type(item) is int:
            found = found.select(dim, item)
        else:
            raise refused("index", (input,))
    return found


def _place(index: int, size: int, dim: int) -> int:
    if not -size <= index < size:
        raise DimError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index % size


def _unbound(input: Tensor, dim: int) -> Any:
    if not isinstance(input._d, Coo):
        return NotImplemented
    at = wrap_dim(dim, input._d.ndim)
    memory.check(_PART * input._d.shape[at], "the parts of a sparse tensor")
    return tuple([_selected(input, at, i) for i in range(input._d.shape[at])])


unbind.sparse = _unbound
export("torch._sparse_part", value=part)
