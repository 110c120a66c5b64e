"""Rows of a table looked up by number, and numbers written as rows with a single 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import AssertionProblem, DimError, DtypeError, ShapeError, StateError
from tcalc.runtime.arrays.backend import has_contents, has_elements, module_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import MATRIX, Array, on_a_copy, on_arrays
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call.batching import Batch, dynamic
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import computed
from tcalc.runtime.ops.index.gathering import INDICES
from tcalc.runtime.ops.index.picking import add_slices, greatest, is_within, slices
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.types.codes import PLAIN_FLOATS
from tcalc.runtime.types.dtypes import int64

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


@kernel(moves=True, 
    name="embedding", names=(), node_name="EmbeddingBackward0",
    upcast_halves=False,
    samples=lambda: [((made_up(3, 2), np.array([[0, 2], [2, 1]]), 1, False), {}),
                     ((made_up(3, 2), np.array([0, 2, 2]), -1, True), {})],
)  # fmt: skip
def _rows(xp: ModuleType, weight: Array, indices: Array, padding_idx: int, by_count: bool) -> Array:
    """The rows of a table that indices name: (*) → (*, columns)."""
    if not is_within(indices, weight.shape[0]) and has_elements(indices):
        low, high = int(indices.min()), int(indices.max())
        if low < 0 or high >= weight.shape[0]:
            raise DimError(
                "index out of range in self", argument="input",
                hint=f"{low if low < 0 else high} is not one of {weight.shape[0]} rows",
            )  # fmt: skip
    return slices(weight, 0, indices)


@on_arrays
def _rows_back(
    g: Tensor | Array, indices: Tensor | Array, padding_idx: int, by_count: bool,
    weight_shape: tuple[int, ...],
) -> Tensor | Array:  # fmt: skip
    settings: Any = (padding_idx, by_count, weight_shape)
    if not hasattr(g, "_d"):
        return _added.kernel(module_of(g), computed(g), computed(indices), *settings)
    if not mode.enabled and g._d.dtype.char in PLAIN_FLOATS:
        return _added(g, indices, *settings)
    at = indices.reshape(-1).long()
    rows = g.reshape(-1, weight_shape[1])
    if padding_idx >= 0:
        rows = rows.masked_fill((at == padding_idx).unsqueeze(1), 0)
    if by_count:
        ones = at._ones()
        counts = ones.new_zeros((weight_shape[0],)).index_add(0, at, ones)
        rows = rows / counts[at].unsqueeze(1).to(rows.dtype)
    return rows.new_zeros(weight_shape).index_put((at,), rows, accumulate=True)


@kernel(names=(), differentiable=False)
def _added(
    xp: ModuleType, g: Array, indices: Array, padding_idx: int, by_count: bool, shape: tuple[int, ...]
) -> Array:  # fmt: skip
    """The table to whose rows those of `g` are added that indices name."""
    at, rows = indices.reshape(-1), g.reshape(-1, shape[1])
    if padding_idx >= 0:
        rows = xp.where((at == padding_idx)[:, None], rows.dtype.type(0), rows)
    if by_count:
        counts = xp.bincount(at, minlength=shape[0])
        rows = rows / counts.take(at)[:, None].astype(rows.dtype)
    table = xp.zeros(shape, rows.dtype)
    add_slices(xp, table, 0, at, rows)
    return table


_rows.vjp(weight=_rows_back)
_rows.looked_up = ("weight",)


@kernel(moves=True,
    name="embedding", names=(), node_name="EmbeddingBackward0", upcast_halves=False,
    exempt={"samples": "the gradient is sparse"},
)  # fmt: skip
def _rows_of_some(
    xp: ModuleType, weight: Array, indices: Array, padding_idx: int, by_count: bool
) -> Array:
    """The same, with a sparse gradient."""
    return _rows.kernel(xp, weight, indices, padding_idx, by_count)


def _sparse_back(
    g: Tensor, indices: Tensor, padding_idx: int, by_count: bool, weight_shape: tuple[int, ...]
) -> Tensor:
    if by_count:
        raise StateError(
            "embedding_backward: scale_grad_by_freq not supported with sparse gradients"
        )
    at, rows = indices.reshape(-1), g.reshape(-1, weight_shape[1])
    if padding_idx >= 0:
        kept = at != padding_idx
        at, rows = at[kept], rows[kept]
    made: Tensor = lookup("torch.sparse_coo_tensor")(at.unsqueeze(0), rows, weight_shape)
    return made


_rows_of_some.vjp(weight=_sparse_back)
_rows_of_some.looked_up = ("weight",)


def _limit(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up down to a greatest norm, in place."""
    with no_grad():
        at = indices.reshape(-1).long().unique()
        rows = weight.index_select(0, at)
        norms = rows.norm(norm_type, 1, True)
        scale = (max_norm / (norms + 1e-7)).masked_fill(norms <= max_norm, 1)
        weight.index_copy_(0, at, rows * scale)


@composite(
    names=("torch.embedding_renorm_",), differentiable=False,
    samples=lambda: [((MATRIX, [1, 0, 1], 1.5, 2.0), {}, on_a_copy)],
)  # fmt: skip
def embedding_renorm_(input: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    """Rows that are looked up, scaled down to a greatest norm, of the tensor itself.

    >>> embedding_renorm_(tensor([[3., 4.], [6., 8.]]), tensor([1]), 5., 2.)
    tensor([[3., 4.],
            [3., 4.]])
    """
    _limit(input, indices, max_norm, norm_type)
    return input


@composite(
    names=("torch.nn.functional.embedding",),
    samples=lambda: [((np.array([[0, 2], [2, 1]]), made_up(3, 2)), {})],
)
def embedding(
    input: Array, weight: Array, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Array:  # fmt: skip
    """The rows of a table that indices name.

    input: (*) of int64 or int32, weight: (rows, columns) → (*, columns). padding_idx: a row that
    gets no gradient. max_norm: rows whose `norm_type`-norm is greater are scaled down to it first,
    in place. scale_grad_by_freq: a row's gradient is divided by how often it is looked up. sparse:
    the gradient is a sparse tensor, of the rows that were looked up alone.

    >>> nn.functional.embedding(tensor([1, 1, 0]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])
    """
    if input._d.dtype.char not in INDICES:
        raise DtypeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {input.type()} instead (while checking arguments for embedding)",
            argument="input", hint="convert it with .long()",
        )  # fmt: skip
    if weight._d.ndim != 2:
        raise ShapeError("'weight' must be 2-D", argument="weight")
    padding = -1
    if padding_idx is not None:
        rows = int(weight.shape[0])
        if not -rows <= padding_idx < rows:
            raise AssertionProblem("Padding_idx must be within num_embeddings",
                                   argument="padding_idx")  # fmt: skip
        padding = padding_idx % rows
    if max_norm is not None:
        _limit(weight, input, max_norm, norm_type)
    if sparse:
        return _rows_of_some(weight, input, padding, scale_grad_by_freq)
    return _rows(weight, input, padding, scale_grad_by_freq)


@composite(
    name="embedding",
    names=("torch.embedding",),
    samples=lambda: [
        ((MATRIX, [0, 1, 1]), {}),
        ((MATRIX, [0, 1, 1], -1), {}),
    ],
)
def _torch_embedding(
    weight: Array, indices: Array, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Array:  # fmt: skip
    """The rows of a table that indices name: the same as nn.functional.embedding.

    >>> embedding(tensor([[1., 2.], [3., 4.]]), tensor([1]))
    tensor([[3., 4.]])
    """
    return embedding(indices, weight, None if padding_idx < 0 else padding_idx, None, 2.0,
                     scale_grad_by_freq, sparse)  # fmt: skip


@kernel(names=("torch.nn.functional.one_hot",), differentiable=False,
        samples=lambda: [((np.array([0, 2]), 3), {})])  # fmt: skip
def one_hot(xp: ModuleType, tensor: Array, num_classes: int = -1) -> Array:
    """For each number a row of zeros with a 1 at its place: (*) → (*, num_classes), int64.

    num_classes: by default one more than the greatest number.

    >>> nn.functional.one_hot(tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if tensor.dtype.char not in int64.codes:
        raise StateError("one_hot is only applicable to index tensor of type LongTensor.",
                         argument="tensor", hint="convert it with .long()")  # fmt: skip
    if not tensor.size and num_classes <= 0:
        raise StateError("Can not infer total number of classes from empty tensor.",
                         argument="tensor")  # fmt: skip
    if not has_contents(tensor):
        if num_classes < 0:
            raise StateError("Can not infer total number of classes from a meta tensor.",
                             argument="tensor")  # fmt: skip
    elif tensor.size:
        num_classes = _classes(tensor, num_classes)
    memory.check(tensor.nbytes * num_classes, "the rows")
    rows = xp.zeros((*tensor.shape, num_classes), xp.int64)
    starts = xp.arange(0, rows.size, max(num_classes, 1))
    rows.reshape(-1)[starts + tensor.reshape(-1)] = 1
    return rows


one_hot.index_call = ("one_hot",)


def _classes(numbers: Array, wanted: int) -> int:
    """How many classes there are, refused where numbers are none of them; wanted: below 0 unknown."""
    host = type(numbers) is np.ndarray
    most = greatest(numbers) if host else int(numbers.max())
    if most < 0 or not (host or numbers.min() >= 0):
        raise StateError("Class values must be non-negative.", argument="tensor")
    most += 1
    if 0 <= wanted < most:
        raise StateError(
            "Class values must be smaller than num_classes.",
            hint=f"the greatest is {most - 1}, so there are {most} at least",
            argument="tensor",
        )
    return most if wanted < 0 else wanted


# -- batches ----------------------------------------------------------------------------------


def _rows_of_examples(batch: Batch) -> Tensor:
    weight, indices = batch.get("weight"), batch.whole(1)
    if batch.get("by_count"):
        return NotImplemented  # counts are of one call
    if not batch.has("weight"):
        return batch.call()
    if batch.get("padding_idx") >= 0:
        return NotImplemented
    flat = batch.rows(1).unsqueeze(-1).long()
    width = weight._d.shape[2]
    found = weight.gather(1, flat.expand(*flat._d.shape[:2], width))
    return found.reshape(*indices._d.shape, width)


def _classes_of_examples(batch: Batch) -> Tensor:
    return dynamic(batch) if batch.get("num_classes") < 0 else batch.call(tensor=batch.whole(0))


_rows.batch = _rows_of_some.batch = _rows_of_examples
one_hot.batch = _classes_of_examples
