"""What programs ask of sparse tensors, and how they become others: `x.indices()`, `x.to_dense()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DimError, LayoutError, StateError
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr
from tcalc.runtime.base.op import Array, DType, Ints
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.sparse import parts
from tcalc.runtime.ops.sparse.creation import empty, made
from tcalc.runtime.ops.sparse.parts import AnyLayout, coordinates, layout_name
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.formats import layout, sparse_csr, strided

if TYPE_CHECKING:
    from collections.abc import Callable

_TAKES = {"samples": "takes or makes a sparse tensor", "plans": "takes a sparse tensor",
          "devices": "takes a sparse tensor"}  # fmt: skip


def _method(*names: str) -> Callable[[Callable[..., Any]], Any]:
    return composite(names=tuple(f"Tensor.{name}" for name in names), exempt=_TAKES)


# -- what a tensor is ---------------------------------------------------------------------------------


def _layout_of(tensor: Tensor) -> layout:
    """How it keeps its elements."""
    return tensor._d.layout if is_sparse(tensor) else strided


export("Tensor.layout", value=property(_layout_of))
export("Tensor.is_sparse", value=property(lambda tensor: isinstance(tensor._d, Coo)))
export("Tensor.is_sparse_csr", value=property(lambda tensor: isinstance(tensor._d, Csr)))


@composite(names=("Tensor.sparse_dim",), differentiable=False)
def sparse_dim(input: Tensor) -> int:
    """How many dimensions have indices: none where all elements are kept.

    >>> sparse_coo_tensor([[0, 1]], [1., 2.], (3,)).sparse_dim()
    1
    """
    if not is_sparse(input):
        return 0
    return input._d.sparse_dims if isinstance(input._d, Coo) else 2


@composite(names=("Tensor.dense_dim",), differentiable=False)
def dense_dim(input: Tensor) -> int:
    """How many dimensions the values have.

    >>> sparse_coo_tensor([[0, 1]], [[1.], [2.]], (3, 1)).dense_dim()
    1
    """
    return input._d.ndim - sparse_dim(input)


@_method("_nnz")
def _nnz(input: Tensor) -> int:
    """How many values it keeps.

    >>> sparse_coo_tensor([[0, 1]], [1., 2.], (3,))._nnz()
    2
    """
    if not is_sparse(input):
        raise LayoutError.of("_nnz", "CPU")
    count: int = input._d.count
    return count


@_method("is_coalesced")
def is_coalesced(input: Tensor) -> bool:
    """Whether its indices are in order and each there once, as `coalesce()` makes them.

    >>> sparse_coo_tensor([[1, 0]], [1., 2.], (3,)).is_coalesced()
    False
    """
    return coordinates(input, "is_coalesced").coalesced


# -- what it keeps ------------------------------------------------------------------------------------


@_method("coalesce")
def coalesce(input: Tensor) -> Tensor:
    """The same with its indices in order; values of one place are added up.

    >>> sparse_coo_tensor([[1, 0, 1]], [1., 2., 3.], (2,)).coalesce().values()
    tensor([2., 4.])
    """
    if coordinates(input, "coalesce").coalesced:
        return input
    found: Tensor = parts.in_order(input)
    return found


def _ordered(input: Tensor, what: str) -> Coo:
    a = coordinates(input, what)
    if not a.coalesced:
        raise StateError(
            f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first",
            hint="x.coalesce() puts them in order and adds up values of one place",
        )
    return a


def _copied(indices: Array) -> Tensor:
    """Indices that programs may write to: those that the tensor keeps were checked."""
    return wrap(indices.copy())


@_method("indices")
def indices(input: Tensor) -> Tensor:
    """The indices of the elements that it keeps: (sparse dims, n), a copy.

    >>> tensor([[0., 2.], [3., 0.]]).to_sparse().indices()
    tensor([[0, 1],
            [1, 0]])
    """
    return _copied(_ordered(input, "indices").indices)


@_method("_indices")
def _indices(input: Tensor) -> Tensor:
    """The indices as they are, in no order: (sparse dims, n), a copy.

    >>> sparse_coo_tensor([[1, 0]], [1., 2.], (3,))._indices()
    tensor([[1, 0]])
    """
    if not isinstance(input._d, Coo):
        raise LayoutError.of("_indices", input._d.kind if is_sparse(input) else "CPU")
    return _copied(input._d.indices)


@_method("values")
def values(input: Tensor) -> Tensor:
    """The values that it keeps: (n, *dense dims).

    >>> tensor([[0., 2.], [3., 0.]]).to_sparse().values()
    tensor([2., 3.])
    """
    if isinstance(input._d, Coo):
        _ordered(input, "values")
    elif not is_sparse(input):
        raise StateError("values expected sparse tensor layout but got Strided")
    found: Tensor = parts.kept_values(input)
    return found


@_method("_values")
def _values(input: Tensor) -> Tensor:
    """The values as they are, outside the graph: (n, *dense dims).

    >>> sparse_coo_tensor([[1, 0]], [1., 2.], (3,))._values()
    tensor([1., 2.])
    """
    if not isinstance(input._d, Coo):
        raise LayoutError.of("_values", input._d.kind if is_sparse(input) else "CPU")
    return wrap(input._d.values)


def _rows(input: Tensor, name: str) -> Csr:
    if isinstance(input._d, Csr):
        return input._d
    raise StateError(
        f"{name} expected sparse row compressed tensor layout but got {layout_name(input)}",
        hint="x.to_sparse_csr() keeps a matrix by its rows",
    )


@_method("crow_indices")
def crow_indices(input: Tensor) -> Tensor:
    """Where each row begins among the values: (rows + 1), a copy.

    >>> tensor([[0., 2.], [3., 4.]]).to_sparse_csr().crow_indices()
    tensor([0, 1, 3])
    """
    return _copied(_rows(input, "crow_indices").starts)


@_method("col_indices")
def col_indices(input: Tensor) -> Tensor:
    """The columns of the values, row by row: (n), a copy.

    >>> tensor([[0., 2.], [3., 4.]]).to_sparse_csr().col_indices()
    tensor([1, 0, 1])
    """
    return _copied(_rows(input, "col_indices").columns)


# -- to other layouts ---------------------------------------------------------------------------------


@composite(names=("Tensor.to_dense",), samples=lambda: [(([1.0, 2.0],), {})])
def to_dense(
    input: Tensor, dtype: DType | None = None, *, masked_grad: bool | None = None
) -> Tensor:
    """The tensor with all its elements; itself where it has them already.

    The gradient of a sparse tensor is had for the elements that it keeps.

    >>> sparse_coo_tensor([[0, 1]], [1., 2.], (3,)).to_dense()
    tensor([1., 2., 0.])
    """
    if not is_sparse(input):
        return input if dtype is None else input.to(dtype)
    if dtype is not None:
        raise StateError("dtype argument is not supported by sparse_to_dense", argument="dtype")
    if masked_grad is False:
        raise StateError(
            "masked_grad=False is not in tcalc: the gradient has the places of the tensor",
            argument="masked_grad",
        )
    found: Tensor = parts.to_dense(input)
    return found


@composite(names=("Tensor.to_sparse",), exempt=_TAKES)
def to_sparse(
    input: Tensor, sparse_dim: int | None = None, *, layout: AnyLayout | None = None,
    blocksize: Ints | None = None, dense_dim: int | None = None,
) -> Tensor:  # fmt: skip
    """The tensor with only those elements kept that are not 0, by their indices.

    sparse_dim: how many dimensions have indices, by default all: slices that hold some element that
    is not 0 are kept whole. layout: `torch.sparse_coo` or `torch.sparse_csr`.

    >>> tensor([[0., 2.], [3., 0.]]).to_sparse()
    tensor(indices=tensor([[0, 1],
                           [1, 0]]),
           values=tensor([2., 3.]),
           size=(2, 2), nnz=2, layout=torch.sparse_coo)
    """
    if blocksize is not None or dense_dim:
        raise StateError("to_sparse: blocks, and rows of dense dims, are not in tcalc")
    if layout is strided:
        return to_dense(input)
    if layout is sparse_csr:
        return to_sparse_csr(input)
    if isinstance(input._d, Csr):
        return _from_rows(input)
    n = input._d.ndim
    if isinstance(input._d, Coo):
        if sparse_dim is not None and sparse_dim != input._d.sparse_dims:
            raise StateError(
                "to_sparse: conversion from Sparse to Sparse with sparse_dim argument "
                "!=self.sparse_dim() is not supported", argument="sparse_dim",
            )  # fmt: skip
        return input
    found: Tensor
    if sparse_dim is None:
        found = parts.from_dense(input, n)
        return found
    if not 0 <= sparse_dim <= n:
        raise StateError(
            f"dense_to_sparse: sparse_dim argument must be in [0,{n}] range, but {sparse_dim} is given",
            argument="sparse_dim",
        )
    if not sparse_dim and n:
        raise StateError(
            "dense_to_sparse: sparse_dim argument must be in >0 when self.dim()>0",
            argument="sparse_dim",
        )
    found = parts.from_dense_dims(input, sparse_dim)
    return found


def _from_rows(input: Tensor) -> Tensor:
    found: Tensor = parts.to_coo(input)
    return found


@composite(names=("Tensor.to_sparse_coo",), exempt=_TAKES)
def to_sparse_coo(input: Tensor) -> Tensor:
    """The same as `to_sparse()`.

    >>> tensor([0., 2.]).to_sparse_coo()
    tensor(indices=tensor([[1]]),
           values=tensor([2.]),
           size=(2,), nnz=1, layout=torch.sparse_coo)
    """
    return to_sparse(input)


@composite(names=("Tensor.to_sparse_csr",), exempt=_TAKES)
def to_sparse_csr(input: Tensor, dense_dim: int | None = None) -> Tensor:
    """A matrix with only those elements kept that are not 0, by its rows.

    >>> tensor([[0., 2.], [3., 0.]]).to_sparse_csr()
    tensor(crow_indices=tensor([0, 1, 2]),
           col_indices=tensor([1, 0]),
           values=tensor([2., 3.]), size=(2, 2), nnz=2, layout=torch.sparse_csr)
    """
    if dense_dim or input._d.ndim != 2 or (isinstance(input._d, Coo) and input._d.sparse_dims != 2):
        raise DimError(
            f"to_sparse_csr: only matrices are kept by their rows here, not {input._d.ndim} dimensions"
        )
    if isinstance(input._d, Csr):
        return input
    found: Tensor = parts.to_csr(input)
    return found


@composite(names=("Tensor.sparse_mask",), exempt=_TAKES)
def sparse_mask(input: Tensor, mask: Tensor) -> Tensor:
    """The elements at the places that a sparse tensor of the same size keeps.

    >>> ones(2, 2).sparse_mask(tensor([[0., 5.], [0., 0.]]).to_sparse())
    tensor(indices=tensor([[0],
                           [1]]),
           values=tensor([1.]),
           size=(2, 2), nnz=1, layout=torch.sparse_coo)
    """
    if not is_sparse(mask):
        raise StateError("sparse_mask: mask is a sparse tensor", argument="mask")
    if input._d.shape != mask._d.shape:
        raise StateError(
            "sparse_mask(): operands have incompatible sizes; self has size "
            f"{list(input._d.shape)} but mask has size {list(mask._d.shape)}"
        )
    found: Tensor = parts.masked(input, mask)
    return found


# -- in place -----------------------------------------------------------------------------------------


def _resized(input: Tensor, size: tuple[int, ...], dims: int, dense: int, clear: bool) -> Tensor:
    a = coordinates(input, "sparse_resize_")
    if len(size) != dims + dense:
        raise StateError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(size)}, "
            f"sparse_dim = {dims}, dense_dim = {dense}", argument="size",
        )  # fmt: skip
    if clear or not a.count:
        blank = empty(size)
        held = Coo(blank.indices[:dims], np.zeros((0, *size[dims:]), a.dtype), size, True)
    else:
        if dims != a.sparse_dims or dense != a.values.ndim - 1:
            raise StateError(
                "changing the number of dimensions of a non-empty tensor is not supported"
            )
        if any(n < m for n, m in zip(size, a.shape)):
            raise StateError(
                "shrinking the size of dimensions of a non-empty tensor is not supported"
            )
        if size[dims:] != a.shape[dims:]:
            raise StateError("resizing the dense dimensions of a non-empty tensor is not in tcalc")
        held = made(a.indices, a.values, size, a.coalesced)
    if input._g is not None and input.requires_grad:
        raise StateError("sparse_resize_: a tensor that requires grad cannot be resized")
    input._d = held
    input.shared().version += 1
    return input


@composite(names=("Tensor.sparse_resize_",), exempt=_TAKES, differentiable=False)
def sparse_resize_(input: Tensor, size: Ints, sparse_dim: int, dense_dim: int) -> Tensor:
    """Give a sparse tensor a larger size in place.

    >>> sparse_coo_tensor([[0, 1]], [1., 2.], (3,)).sparse_resize_((5,), 1, 0).shape
    torch.Size([5])
    """
    sizes = size if isinstance(size, tuple) else (size,)
    return _resized(input, sizes, sparse_dim, dense_dim, False)


@composite(names=("Tensor.sparse_resize_and_clear_",), exempt=_TAKES, differentiable=False)
def sparse_resize_and_clear_(input: Tensor, size: Ints, sparse_dim: int, dense_dim: int) -> Tensor:
    """Give a sparse tensor another size in place, and let go of all its values.

    >>> sparse_coo_tensor([[0, 1]], [1., 2.], (3,)).sparse_resize_and_clear_((5,), 1, 0)._nnz()
    0
    """
    sizes = size if isinstance(size, tuple) else (size,)
    return _resized(input, sizes, sparse_dim, dense_dim, True)
