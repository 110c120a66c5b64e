"""Joining tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, ValueProblem
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import matched
from tcalc.runtime.base.op import Array, Arrays, Tree, on_arrays
from tcalc.runtime.base.targets import APART, CAST
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.filling import joined
from tcalc.runtime.ops.shape.dimensions import atleast_1d, atleast_2d, atleast_3d
from tcalc.runtime.ops.shape.reshaping import as_tensors
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_PAIR = [[1.0, 2.0], [3.0, 4.0]]


def _common(arrays: Sequence[Array]) -> np.dtype:
    """The NumPy dtype of arrays put together."""
    first = arrays[0].dtype
    if all(a.dtype == first for a in arrays):
        return first
    dimensioned = [dtypes.of(a.dtype) for a in arrays if a.ndim]
    zero_dim = [dtypes.of(a.dtype) for a in arrays if not a.ndim]
    return promotion.result_type(dimensioned, zero_dim, []).numpy


def _are_small(arrays: Sequence[Any]) -> bool:
    """Whether arrays are NumPy's, of one dtype and number of dimensions, and few elements."""
    first = arrays[0]
    if type(first) is not np.ndarray:
        return False
    dtype, ndim, size = first.dtype, first.ndim, 0
    for a in arrays:
        if type(a) is not np.ndarray or a.dtype is not dtype or a.ndim != ndim:
            return False
        size += a.size
    return size < LARGE


@kernel(moves=True, apart=APART, 
    names=("torch.cat", "torch.concat", "torch.concatenate"), upcast_halves=False,
    samples=lambda: [(([_PAIR, _PAIR],), {"dim": 1})],
)  # fmt: skip
def cat(xp: ModuleType, tensors: Arrays, dim: int = 0) -> Array:
    """Tensors put one after the other along a dimension; the others must be equal.

    Empty tensors of one dimension are left out. The dtype is the common one.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    if not tensors:
        raise ValueProblem("expected a non-empty list of Tensors", argument="tensors")
    if xp is np and _are_small(tensors):
        memory.check(sum(t.nbytes for t in tensors), "the joined tensor")
        try:
            found = xp.concatenate(tensors, dim)
            return found if found.flags.c_contiguous else found.copy()
        except (ValueError, IndexError):
            pass  # told below
    for i, t in enumerate(tensors):
        if not t.ndim:
            raise ShapeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated",
                hint="use stack",
                argument="tensors",
            )
    parts = [t for t in tensors if t.shape != (0,)]
    if not parts:
        wrap_dim(dim, 1)
        return xp.zeros(0, _common(tensors))
    at = wrap_dim(dim, parts[0].ndim)
    _check_parts(parts, at)
    wanted = _common(tensors)
    memory.check(sum(p.size for p in parts) * wanted.itemsize, "the joined tensor")
    return _joined(xp, [p if p.dtype == wanted else p.astype(wanted) for p in parts], at)


def _joined(xp: ModuleType, arrays: Sequence[Array], axis: int) -> Array:
    return joined(arrays, axis) if xp is np else xp.ascontiguousarray(xp.concatenate(arrays, axis))


def _check_parts(parts: Sequence[Array], at: int) -> None:
    first = parts[0].shape
    for i, p in enumerate(parts):
        if p.ndim != len(first):
            raise ShapeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {p.ndim}",
                argument="tensors",
            )
        for d, (n, m) in enumerate(zip(first, p.shape)):
            if d != at and n != m:
                raise ShapeError(
                    f"Sizes of tensors must match except in dimension {at}. Expected size {n} but "
                    f"got size {m} for tensor number {i} in the list.",
                    argument="tensors",
                    clash=((first, d), (p.shape, d)),
                )


@on_arrays
def _cat_back(g: Tensor, tensors_shape: Sequence[tuple[int, ...]], dim: int) -> list[Tensor]:
    ndim = g.ndim
    at = wrap_dim(dim, ndim)
    lead = (slice(None),) * at
    grads: list[Tensor] = []
    start = 0
    for shape in tensors_shape:
        if len(shape) != ndim:  # of no elements
            grads.append(g.reshape(-1)[:0])
            continue
        end = start + shape[at]
        grads.append(g[(*lead, slice(start, end))])
        start = end
    return grads


cat.vjp(tensors=_cat_back)


@kernel(
    apart=APART,
    names=("torch.stack",),
    upcast_halves=False,
    moves=True,
    samples=lambda: [(([_PAIR, _PAIR],), {"dim": 1})],
)
def stack(xp: ModuleType, tensors: Arrays, dim: int = 0) -> Array:
    """Tensors of one shape put side by side along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    if not tensors:
        raise ShapeError("stack expects a non-empty TensorList", argument="tensors")
    first = tensors[0].shape
    for i, t in enumerate(tensors):
        if t.shape != first:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 "
                f"and {list(t.shape)} at entry {i}",
                argument="tensors",
                instead="cat",
                clash=tuple(
                    [
                        (shape, d)
                        for d, (n, m) in enumerate(zip(first, t.shape))
                        if n != m
                        for shape in (first, t.shape)
                    ][:2]
                ),
            )
    at = wrap_dim(dim, len(first) + 1)
    if xp is np and _are_small(tensors):
        memory.check(tensors[0].nbytes * len(tensors), "the joined tensor")
        if not at:
            return xp.array(tensors)
        slot = (slice(None),) * at + (None, ...)
        return xp.ascontiguousarray(xp.concatenate([t[slot] for t in tensors], at))
    wanted = _common(tensors)
    memory.check(tensors[0].size * len(tensors) * wanted.itemsize, "the joined tensor")
    slot = (slice(None),) * at + (None, ...)
    return _joined(xp, [(t if t.dtype == wanted else t.astype(wanted))[slot] for t in tensors], at)


@on_arrays
def _stack_back(g: Any, dim: int) -> Sequence[Tensor]:
    if isinstance(g, Tensor):
        parts: Sequence[Tensor] = g.unbind(dim)
        return parts
    at = wrap_dim(dim, g.ndim)
    lead = (slice(None),) * at
    return [g[(*lead, i, ...)] for i in range(g.shape[at])]


stack.vjp(tensors=_stack_back)


def _check_chunked(tensors: Sequence[Tensor], dim: int, num_chunks: int) -> int:
    """The dim from the front that every tensor is cut along."""
    if not tensors:
        raise ShapeError("_chunk_cat expects a non-empty input tensor list", argument="tensors")
    if num_chunks < 1:
        raise ShapeError("_chunk_cat expects positive num_chunks", argument="num_chunks")
    first = tensors[0]
    if any(t.dtype is not first.dtype for t in tensors):
        raise DtypeError("_chunk_cat expects all input tensors with the same dtype",
                         argument="tensors")  # fmt: skip
    if not all(t._d.size for t in tensors):
        raise ShapeError("_chunk_cat expects non-empty tensor", argument="tensors")
    if any(t._d.ndim != first._d.ndim for t in tensors):
        if dim < 0:
            raise ShapeError(
                "_chunk_cat expects non-negative dim when input tensors have different ndims",
                argument="dim",
            )
        at = dim
    else:
        at = wrap_dim(dim, first._d.ndim)
    if any(at >= t._d.ndim for t in tensors):
        raise ShapeError("_chunk_cat expects dim < ndim for all input tensors", argument="dim")
    if any(t._d.shape[:at] != first._d.shape[:at] for t in tensors):
        raise ShapeError(
            "_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors",
            argument="tensors",
        )
    return at


@composite(names=("torch._chunk_cat",), samples=lambda: [(([_PAIR, [_PAIR[0]]], 0, 2), {})])
def _chunk_cat(tensors: Arrays, dim: int, num_chunks: int) -> Tensor:
    """Each tensor cut into chunks along a dimension, and the first chunks put together, the second, …

    A size that is no multiple of num_chunks is filled up with zeros. (*, n, …) → (*, num_chunks, m),
    with what follows the dimension in one row.

    >>> torch._chunk_cat([tensor([1, 2, 3]), tensor([4, 5])], 0, 2)
    tensor([[1, 2, 4],
            [3, 0, 5]])
    """
    at = _check_chunked(tensors, dim, num_chunks)
    parts = []
    for t in tensors:
        shape = t._d.shape
        missing = -shape[at] % num_chunks
        if missing:
            t = cat([t, t.new_zeros(*shape[:at], missing, *shape[at + 1 :])], at)
        parts.append(t.reshape(*shape[:at], num_chunks, -1))
    return cat(parts, at + 1)


# -- in the directions of rows, columns and depth ---------------------------------------------


def _given(name: str, tensors: Tree) -> tuple[Tensor, ...]:
    if not tensors:
        raise ShapeError(f"{name} expects a non-empty TensorList", argument="tensors")
    return as_tensors(name, (tensors,))


@composite(apart=APART, names=("torch.hstack",), samples=lambda: [(([_PAIR, _PAIR],), {})])
def hstack(tensors: Arrays) -> Tensor:
    """Tensors put side by side: along the second dimension, vectors along their only one.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = [atleast_1d(t) for t in _given("hstack", tensors)]
    return cat(parts, 0 if parts[0]._d.ndim == 1 else 1)


@composite(
    apart=APART,
    names=("torch.vstack", "torch.row_stack"),
    samples=lambda: [(([_PAIR, _PAIR],), {})],
)
def vstack(tensors: Arrays) -> Tensor:
    """Tensors put one below the other; vectors are rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(t) for t in _given("vstack", tensors)], 0)


@composite(apart=APART, names=("torch.dstack",), samples=lambda: [(([_PAIR, _PAIR],), {})])
def dstack(tensors: Arrays) -> Tensor:
    """Tensors put one behind the other, along the third dimension.

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(t) for t in _given("dstack", tensors)], 2)


@composite(apart=APART, names=("torch.column_stack",), samples=lambda: [(([_PAIR, _PAIR],), {})])
def column_stack(tensors: Arrays) -> Tensor:
    """Tensors put side by side; vectors are columns.

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    parts = [t if t._a.ndim > 1 else t.reshape(-1, 1) for t in _given("column_stack", tensors)]
    return cat(parts, 1)


for _op in (cat, stack, hstack, vstack, dstack, column_stack, _chunk_cat):
    _op.outs = CAST
for _op in (cat, stack, hstack, vstack, column_stack):
    _op.move_call = _op.name


@composite(names=("torch.block_diag",), samples=lambda: [((_PAIR, [[5.0]]), {})])
def block_diag(*tensors: Tree) -> Tensor:
    """Matrices along the diagonal of one, zeros elsewhere; vectors are rows.

    >>> block_diag(tensor([[1, 2]]), tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    given = as_tensors("block_diag", tensors)
    for i, t in enumerate(given):
        if t._a.ndim > 2:
            raise ShapeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{i} has {t._a.ndim} dimensions"
            )
    if not given:
        from tcalc.runtime.ops.create.constant import empty

        return empty(1, 0)
    parts = [atleast_2d(t) for t in given]
    height = sum(p._a.shape[0] for p in parts)
    width = sum(p._a.shape[1] for p in parts)
    common = dtypes.of(_common([g._a for g in given]))
    made: Any = matched(parts[0].new_zeros(height, width, dtype=common), *parts)
    row = column = 0
    for p in parts:
        rows, columns = p._a.shape
        made[row : row + rows, column : column + columns] = p
        row, column = row + rows, column + columns
    return made


# -- batches ----------------------------------------------------------------------------------

cat.batch = over("dim")
stack.batch = over("dim", room=1)
