"""Joining tensors, and taking them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError, ValueProblem
from tcalc.runtime import dtypes, memory
from tcalc.runtime.op import Array, Arrays, kernel, view_op
from tcalc.runtime.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAIR = [[1.0, 2.0], [3.0, 4.0]]


def _common(arrays: Sequence[Any]) -> Any:
    """The NumPy dtype of arrays put together."""
    first = arrays[0].dtype
    if all(a.dtype == first for a in arrays):
        return first
    dimensioned = [dtypes.of(a.dtype) for a in arrays if a.ndim]
    zero_dim = [dtypes.of(a.dtype) for a in arrays if not a.ndim]
    return dtypes.result_type(dimensioned, zero_dim, []).numpy


@kernel(
    aliases=("concat", "concatenate"), method=False, upcast_halves=False,
    samples=lambda: [(([_PAIR, _PAIR],), {"dim": 1})],
)  # fmt: skip
def cat(xp: Any, tensors: Arrays, dim: int = 0) -> Array:
    """Tensors put one after the other along a dimension; the others must be equal.

    Empty tensors of one dimension are left out. The dtype is the common one.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    if not tensors:
        raise ValueProblem("expected a non-empty list of Tensors", argument="tensors")
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
    return xp.concatenate([p if p.dtype == wanted else p.astype(wanted) for p in parts], at)


def _check_parts(parts: Sequence[Any], at: int) -> None:
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
                )


def _cat_back(g: Any, tensors_shape: Any, dim: int) -> list[Any]:
    ndim = g._a.ndim
    at = wrap_dim(dim, ndim)
    grads = []
    start = 0
    for shape in tensors_shape:
        if len(shape) != ndim:
            grads.append(g.new_zeros(shape))
            continue
        grads.append(g.narrow(at, start, shape[at]))
        start += shape[at]
    return grads


cat.vjp(tensors=_cat_back)


@kernel(method=False, upcast_halves=False, samples=lambda: [(([_PAIR, _PAIR],), {"dim": 1})])
def stack(xp: Any, tensors: Arrays, dim: int = 0) -> Array:
    """Tensors of one shape put side by side along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    if not tensors:
        raise ValueProblem("stack expects a non-empty TensorList", argument="tensors")
    first = tensors[0].shape
    for i, t in enumerate(tensors):
        if t.shape != first:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 "
                f"and {list(t.shape)} at entry {i}",
                argument="tensors",
            )
    at = wrap_dim(dim, len(first) + 1)
    wanted = _common(tensors)
    memory.check(tensors[0].size * len(tensors) * wanted.itemsize, "the joined tensor")
    return xp.stack([t if t.dtype == wanted else t.astype(wanted) for t in tensors], at)


stack.vjp(tensors=lambda g, dim: g.unbind(dim))


@view_op()
def unbind(xp: Any, input: Array, dim: int = 0) -> Any:
    """Views of the parts along a dimension, which goes away.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if not input.ndim:
        raise ShapeError("Dimension specified as 0 but tensor has no dimensions")
    moved = xp.moveaxis(input, wrap_dim(dim, input.ndim), 0)
    return [moved[i, ...] for i in range(len(moved))]


unbind.vjp(input=lambda g, dim: stack(g, dim))
