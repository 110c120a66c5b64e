"""Places in memory order and their coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Ints
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.types.dtypes import bool_
from tcalc.runtime.types.shapes import as_size

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


@composite(
    names=("torch.unravel_index",), differentiable=False,
    samples=lambda: [(([4, 1], (2, 3)), {})],
)  # fmt: skip
def unravel_index(indices: Tensor, shape: Ints) -> tuple[Tensor, ...]:
    """The coordinates, a tensor for each dimension, of places in a tensor of a shape, in its order.

    >>> unravel_index(tensor([4, 1]), (2, 3))
    (tensor([1, 0]), tensor([1, 1]))
    """
    if indices.is_floating_point() or indices.is_complex() or indices.dtype is bool_:
        raise ValueProblem(f"expected 'indices' to be integer dtype, but got {indices.dtype}",
                           argument="indices")  # fmt: skip
    sizes = as_size((shape,), "shape")
    if any(n < 0 for n in sizes):
        raise ValueProblem("'shape' cannot have negative values", argument="shape")
    found = []
    left = indices.long()
    for n in reversed(sizes):
        found.append(left.remainder(n) if n else left)
        left = left.div(n, rounding_mode="floor") if n else left
    return stack(found[::-1], -1).unbind(-1) if found else ()


@kernel(
    names=("torch.nonzero_static", "Tensor.nonzero_static"), differentiable=False,
    samples=lambda: [(([1, 0, 2],), {"size": 3})],
)  # fmt: skip
def nonzero_static(xp: ModuleType, input: Array, *, size: int, fill_value: int = -1) -> Array:
    """The coordinates of the elements that are not 0, as many rows as `size` says.

    >>> nonzero_static(tensor([1, 0, 2]), size=3)
    tensor([[ 0],
            [ 2],
            [-1]])
    """
    if size < 0:
        raise StateError("nonzero_static: 'size' must be a non-negative integer", argument="size")
    memory.check(size * input.ndim * 8, f"{size} coordinates")
    rows = xp.full((size, input.ndim), fill_value, xp.int64)
    if has_contents(input) and input.ndim:
        found = xp.argwhere(input)[:size]
        rows[: len(found)] = found
    return rows
