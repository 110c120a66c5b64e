"""All ways of putting elements of several vectors, or of one, together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.ops.shape.reshaping import as_tensors, expand, view
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array


_VECTORS = ([1.0, 2.0], [3.0, 4.0, 5.0])


@composite(names=("torch.meshgrid",), samples=lambda: [(_VECTORS, {})])
def meshgrid(*tensors: Tree, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Views of vectors stretched to a grid: the i-th varies along dimension i.

    indexing: "ij", or "xy" for the first two dimensions swapped.

    >>> meshgrid(tensor([1, 2]), tensor([3, 4, 5]))
    (tensor([[1, 1, 1],
            [2, 2, 2]]), tensor([[3, 4, 5],
            [3, 4, 5]]))
    """
    if indexing not in (None, "ij", "xy"):
        raise ShapeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}',
            argument="indexing",
        )
    given = as_tensors("meshgrid", tensors)
    if not given:
        raise ShapeError("meshgrid expects a non-empty TensorList", argument="tensors")
    dtype = given[0]._d.dtype
    sizes = []
    for t in given:
        d = t._d
        if d.ndim > 1:
            raise ShapeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(d.shape)}",
                argument="tensors",
            )
        if d.dtype != dtype:
            raise ShapeError(
                "meshgrid expects all tensors to have the same dtype", argument="tensors"
            )
        sizes.append(d.size)
    order = [*range(len(given))]
    if indexing == "xy" and len(given) > 1:
        order[:2] = 1, 0
    shape = [sizes[i] for i in order]
    grids = []
    for t, at in zip(given, order):
        lone = [1] * len(given)
        lone[at] = t._d.size
        grids.append(expand(view(t, *lone), *shape))
    return tuple(grids)


@composite(names=("torch.cartesian_prod",), samples=lambda: [(_VECTORS, {})])
def cartesian_prod(*tensors: Tree) -> Tensor:
    """Every choice of one element from each vector, a row each.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    given = as_tensors("cartesian_prod", tensors)
    for t in given:
        if t._a.ndim != 1:
            raise ShapeError(
                f"Expect a 1D vector, but got shape {list(t._a.shape)}", argument="tensors"
            )
    if len(given) == 1:
        return given[0]
    count = math.prod(t._a.size for t in given)
    memory.check(count * len(given) * given[0].itemsize, "the product")
    return stack([g.reshape(-1) for g in meshgrid(*given)], 1)


@composite(samples=lambda: [(([1.0, 2.0, 3.0],), {})])
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of `r` elements of a vector in its order, a row each.

    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input._a.ndim != 1:
        raise ShapeError(
            f"Expect a 1D vector, but got shape {list(input._a.shape)}", argument="input"
        )
    if r < 0:
        raise ShapeError(f"Expect a non-negative number, but got {r}", argument="r")
    if not r:
        return input.new_empty(0)
    memory.check(r * 64, f"choices of {r} elements")
    n = input._a.size
    count = math.comb(n + r - 1 if with_replacement and n else n, r)
    memory.check(count * r * (input.itemsize + 8), "the combinations")
    return input[_choices(n, r, count, with_replacement)]


def _choices(n: int, r: int, count: int, repeats: bool) -> Array:
    """The indices of every choice of r of n in order, a row each, column by column."""
    rows: Any = np.arange(n)[:, None]
    for _ in range(r - 1):
        # Each row goes on with every index from its last one (or the next) up.
        first = rows[:, -1] + (0 if repeats else 1)
        left = n - first
        rows = np.repeat(rows, left, axis=0)
        starts = np.repeat(np.cumsum(left) - left, left)
        rows = np.column_stack([rows, np.arange(len(rows)) - starts + np.repeat(first, left)])
    return rows.reshape(count, r)
