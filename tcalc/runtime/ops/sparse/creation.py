"""Sparse tensors from indices and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DimError, StateError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr
from tcalc.runtime.base.op import Data, Device, DType, Ints, Object
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.tensor_types import tensortype
from tcalc.runtime.ops.sparse.parts import AnyLayout, placed
from tcalc.runtime.tensor.nested import array_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.devices import CPU, resolve
from tcalc.runtime.types.formats import layout, sparse_coo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

_EXAMPLES = {"plans": "makes a sparse tensor", "devices": "makes a sparse tensor"}


def _indices(data: object, name: str) -> Array:
    """Indices in memory of their own: nothing may write to them once they were looked at."""
    array = array_of(data, dtypes.int64, copy=True)
    if array.ndim == 1 and name == "indices":  # one dim, as PyTorch reads it
        array = array.reshape(-1, 1)
    return np.ascontiguousarray(array)


def _values(data: object, dtype: dtypes.dtype | None) -> Tensor:
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    made = wrap(array_of(data, dtype, copy=True))
    return made


def _finished(values: Tensor, at: Coo | Csr, device: object, requires_grad: bool) -> Tensor:
    where = resolve(device)
    if where != CPU:
        raise StateError(f"sparse tensors are on the CPU here, not on {where}", argument="device")
    if values._d.ndim == 0:
        values = values.reshape(1)
    if requires_grad and values._d.dtype.char in EXACT:
        raise StateError("Only Tensors of floating point and complex dtype can require gradients")
    made: Tensor = placed(values, at)
    if requires_grad and not made.requires_grad:
        made._require_grad(True)
    return made


def made(indices: Array, values: Array, shape: tuple[int, ...], coalesced: bool = False) -> Coo:
    """The array of indices and values, checked to fit each other and the size.

    indices: (sparse dims, n) of int64, values: (n, *dense dims)
    """
    dims, count = indices.shape
    if len(values) != count:
        raise StateError(
            f"indices and values must have same nnz, but got nnz from indices: {count}, nnz from "
            f"values: {len(values)}"
        )
    if len(shape) != dims + values.ndim - 1:
        raise StateError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(shape)}, "
            f"sparse_dim = {dims}, dense_dim = {values.ndim - 1}", argument="size",
        )  # fmt: skip
    if shape[dims:] != values.shape[1:]:
        raise StateError(
            f"values has incorrect size, expected {[count, *shape[dims:]]}, got {list(values.shape)}",
            argument="values",
        )
    kernels.check_shape(shape)
    if count:
        _check_within(indices, shape)
    at = Coo(indices, values, shape, coalesced)
    if coalesced and count > 1:
        flat = kernels.places(indices, shape[:dims])
        if not (flat[1:] > flat[:-1]).all():
            raise StateError(
                "cannot set is_coalesced to true if indices correspond to uncoalesced COO tensor",
                argument="is_coalesced",
            )
    return at


def _check_within(indices: Array, shape: Sequence[int]) -> None:
    for dim, (row, size) in enumerate(zip(indices, shape)):
        low, high = int(row.min()), int(row.max())
        if low < 0:
            raise StateError(f"found negative index {low} for dim {dim}", argument="indices")
        if high >= size:
            raise StateError(
                f"size is inconsistent with indices: for dim {dim}, size is {size} but found index "
                f"{high}", argument="indices",
            )  # fmt: skip


def _size_of(indices: Array, values: Array) -> tuple[int, ...]:
    """The smallest size that holds all indices."""
    if not indices.shape[1]:
        most = [0] * len(indices)
    else:
        if (indices < 0).any():
            _check_within(indices, [1 << 62] * len(indices))
        most = [int(n) + 1 for n in indices.max(axis=1)]
    return (*most, *values.shape[1:])


@composite(
    names=("torch.sparse_coo_tensor",), exempt={**_EXAMPLES, "samples": "makes a sparse tensor"}
)
def sparse_coo_tensor(
    indices: Object = None, values: Object = None, size: Object = None, *,
    dtype: DType | None = None, device: Device | None = None, pin_memory: bool = False,
    requires_grad: bool = False, check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> Tensor:  # fmt: skip
    """A tensor that keeps values for some indices; all its other elements are 0.

    indices: (sparse dims, n), values: (n, *dense dims) → (*sparse sizes, *dense sizes). size: by
    default the smallest that holds the indices; alone, that of zeros. Values of one place are added
    up. is_coalesced: says that the indices are in order and each there once. Indices are always
    checked, as with check_invariants=True.

    >>> sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3)).to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 5.]])
    """
    if values is None:
        return _of_zeros(indices if size is None else size, dtype, device, requires_grad)
    at, kept = _indices(indices, "indices"), _values(values, dtype)
    if at.ndim != 2:
        raise StateError(
            f"indices must be sparse_dim x nnz, but got: {list(at.shape)}", argument="indices"
        )
    array = kept._a.reshape(1) if kept._a.ndim == 0 else kept._a
    shape = _size_of(at, array) if size is None else tuple(shapes.as_size((size,)))
    spec = made(at, array, shape, bool(is_coalesced))
    return _finished(kept, spec, device, requires_grad)


def _of_zeros(
    size: object, dtype: dtypes.dtype | None, device: object, requires_grad: bool
) -> Tensor:
    if isinstance(size, Tensor) or size is None:
        raise ArgumentError(
            "sparse_coo_tensor(): argument 'size' (position 1) must be tuple of ints, not "
            f"{type(size).__name__}", argument="size",
        )  # fmt: skip
    shape = tuple(shapes.as_size((size,)))
    return _finished(
        wrap(np.zeros(0, (dtype or dtypes.default.value).numpy)),
        empty(shape),
        device,
        requires_grad,
    )


def empty(shape: tuple[int, ...]) -> Coo:
    """The places of nothing."""
    kernels.check_shape(shape)
    return Coo(np.zeros((len(shape), 0), np.int64), np.zeros(0, np.float32), shape, True)


# -- rows ---------------------------------------------------------------------------------------------


def _need(holds: bool, what: str, argument: str) -> None:
    if not holds:
        raise StateError(f"`{what}` is not satisfied.", argument=argument)


def made_rows(starts: Array, columns: Array, values: Array, shape: tuple[int, ...]) -> Csr:
    """A matrix by its rows, checked: columns in order in each row, each there once."""
    kernels.check_shape(shape)
    if len(shape) != 2 or starts.ndim != 1 or columns.ndim != 1 or values.ndim != 1:
        raise StateError("a tensor that is kept by its rows is a matrix here, no batch of them")
    if len(starts) != shape[0] + 1:
        raise StateError(
            f"crow_indices.shape[-1] must be equal to the number of rows + 1 (={shape[0] + 1}), but "
            f"got {len(starts)}", argument="crow_indices",
        )  # fmt: skip
    if len(columns) != len(values):
        raise StateError(
            f"col_indices.shape[-1] must be equal to nnz (={len(values)}) as defined by "
            f"values.shape[0], but got {len(columns)}", argument="col_indices",
        )  # fmt: skip
    lengths = np.diff(starts)
    _need(starts[0] == 0, "crow_indices[..., 0] == 0", "crow_indices")
    _need(starts[-1] == len(values), "crow_indices[..., -1] == nnz", "crow_indices")
    _need(
        bool((lengths >= 0).all() and (lengths <= shape[1]).all()),
        "0 <= crow_indices[..., 1:] - crow_indices[..., :-1] <= ncols", "crow_indices",
    )  # fmt: skip
    _need(
        not len(columns) or bool((columns >= 0).all() and (columns < shape[1]).all()),
        "0 <= col_indices < ncols", "col_indices",
    )  # fmt: skip
    follows = np.ones(len(columns), bool)
    follows[1:] = columns[1:] > columns[:-1]
    follows[starts[:-1][lengths > 0]] = True
    _need(
        bool(follows.all()),
        "col_indices[..., crow_indices[..., i - 1]:crow_indices[..., i]] for all i = 1, ..., nrows "
        "are sorted and distinct along the last dimension values", "col_indices",
    )  # fmt: skip
    return Csr(starts, columns, values, shape)


@composite(
    names=("torch.sparse_csr_tensor",), exempt={**_EXAMPLES, "samples": "makes a sparse tensor"}
)
def sparse_csr_tensor(
    crow_indices: Data, col_indices: Data, values: Data, size: Ints | None = None, *,
    dtype: DType | None = None, device: Device | None = None, pin_memory: bool = False,
    requires_grad: bool = False, check_invariants: bool | None = None,
) -> Tensor:  # fmt: skip
    """A matrix that keeps some elements by its rows; all others are 0.

    Row i has values[crow_indices[i]:crow_indices[i + 1]] in the columns that col_indices names there,
    in order. crow_indices: (rows + 1), col_indices and values: (n) → (rows, columns). size: by default
    the smallest. Indices are always checked, as with check_invariants=True.

    >>> sparse_csr_tensor([0, 1, 3], [1, 0, 2], [1., 2., 3.], (2, 3)).to_dense()
    tensor([[0., 1., 0.],
            [2., 0., 3.]])
    """
    starts, columns = _indices(crow_indices, "crow_indices"), _indices(col_indices, "col_indices")
    kept = _values(values, dtype)
    if size is None:
        shape: tuple[int, ...] = (len(starts) - 1, int(columns.max()) + 1 if len(columns) else 0)
    else:
        shape = tuple(shapes.as_size((size,)))
    if starts.ndim == 1 and not len(starts):
        raise DimError("crow_indices has at least one element", argument="crow_indices")
    return _finished(kept, made_rows(starts, columns, kept._a, shape), device, requires_grad)


# -- diagonals ----------------------------------------------------------------------------------------


@composite(names=("torch.sparse.spdiags",), exempt={**_EXAMPLES, "samples": "makes a sparse tensor"},
           differentiable=False)  # fmt: skip
def spdiags(
    diagonals: Tensor, offsets: Tensor, shape: Ints, layout: AnyLayout | None = None
) -> Tensor:
    """A matrix that keeps some diagonals: element j of row i of `diagonals` stands in column j of the
    diagonal that offsets[i] names, 0 for the main one, above 0 to its right.

    diagonals: (k, n), offsets: (k) of int64 → shape. layout: `torch.sparse_coo` or `torch.sparse_csr`.

    >>> torch.sparse.spdiags(ones(2, 3), tensor([0, 1]), (3, 3)).to_dense()
    tensor([[1., 1., 0.],
            [0., 1., 1.],
            [0., 0., 1.]])
    """
    lines, steps = np.atleast_2d(diagonals._a), np.atleast_1d(offsets._a)
    sizes = tuple(shapes.as_size((shape,)))
    if steps.dtype != np.int64:
        raise StateError("Offset Tensor must have dtype Long", argument="offsets")
    if len(sizes) != 2:
        raise StateError("Output shape must be 2d", argument="shape")
    if steps.ndim != 1 or lines.ndim != 2 or len(lines) != len(steps):
        raise StateError(
            "Number of diagonals does not match the number of offsets", argument="offsets"
        )
    if len(np.unique(steps)) != len(steps):
        raise StateError("Offset tensor contains duplicate values", argument="offsets")
    which, columns = np.indices(lines.shape).reshape(2, -1)
    rows = columns - steps[which]
    within = (rows >= 0) & (rows < sizes[0]) & (columns < sizes[1])
    indices = np.stack((rows[within], columns[within]))
    made_of: Tensor = placed(
        wrap(lines.reshape(-1)[within]), made(indices, lines.reshape(-1)[within], sizes)
    )
    found: Tensor = made_of if layout is None else made_of.to_sparse(layout=layout)
    return found


# -- PyTorch's first names ----------------------------------------------------------------------------


class sparsetype(tensortype):
    """The sparse tensors of one dtype: `torch.sparse.FloatTensor(indices, values, size)`."""

    __slots__ = ()

    @property
    def layout(self) -> layout:
        """How such tensors keep their elements."""
        return sparse_coo

    @property
    def is_sparse(self) -> bool:
        """Whether such tensors keep but some of their elements: yes."""
        return True

    def __repr__(self) -> str:
        return f"<class 'torch.sparse.{self.dtype.shorthand}Tensor'>"

    def __call__(self, *data: Any, device: object = None) -> Tensor:
        if data and isinstance(data[0], Tensor):
            indices, values, *size = data if len(data) > 1 else (*data, None)
            if values is None or len(size) > 1:
                raise ArgumentError(f"{self!r} takes indices, values and a size")
            if values.dtype is not self.dtype:
                raise ArgumentError(
                    f"expected a tensor of dtype {self.dtype.name} (got one of {values.dtype.name})"
                )
            return sparse_coo_tensor(indices, values, *size, device=device)
        return sparse_coo_tensor(tuple(data) or (0,), dtype=self.dtype, device=device)


for _type in (t for t in dtypes.ALL if not t.is_complex and not t.unpromoted):
    export(f"torch.sparse.{_type.shorthand}Tensor", value=sparsetype(_type, False))
