"""What max pools took, put back where it was."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, Array, Ints
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.nn.spatial import by, each, made_up, window_of
from tcalc.runtime.types.dtypes import int64
from tcalc.runtime.types.shapes import as_size

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def _unpool(
    name: str, input: Tensor, indices: Tensor, kernel_size: Ints, stride: Ints | None,
    padding: Ints, output_size: Ints | None,
) -> Tensor:  # fmt: skip
    n = int(name[10])
    shape = tuple(input.shape)
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(
            f"Input to {name} should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with "
            f"{len(shape)} dimensions",
            argument="input",
        )
    if tuple(indices.shape) != shape:
        raise ShapeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({list(shape)}) but got indices tensor with shape: {list(indices.shape)}",
            argument="indices",
        )
    if indices.dtype is not int64:
        raise StateError(
            f"elements in indices should be type int64 but got: {indices.dtype.shorthand}",
            argument="indices",
        )
    kernel, frame = window_of(name, n, kernel_size, stride, padding, 1, limited=False)
    usual = tuple(
        (m - 1) * s - 2 * low + k
        for m, s, (low, _), k in zip(shape[-n:], frame.stride, frame.padding, kernel)
    )
    sizes = (
        usual
        if output_size is None
        else each(name, "output_size", as_size((output_size,), "output_size")[-n:], n)
    )
    for found, size, s in zip(usual, sizes, frame.stride):
        if not found - s < size < found + s:
            raise ValueProblem(
                f"invalid output_size {list(sizes)} (dim must be between "
                f"{[u - s for u, s in zip(usual, frame.stride)]} and "
                f"{[u + s for u, s in zip(usual, frame.stride)]})",
                argument="output_size",
            )
    lead = shape[: len(shape) - n]
    rows = prod(lead)
    at = indices.reshape(rows, prod(shape[-n:]))
    if has_contents(input._d) and anywhere((at < 0) | (at >= prod(sizes))):
        raise StateError(
            f"Found an invalid max index (output volumes are of size {by(sizes)})",
            argument="indices",
        )
    empty = input.new_zeros((rows, prod(sizes)))
    return empty.scatter(1, at, input.reshape(rows, -1)).reshape(*lead, *sizes)


@composite(names=("torch.nn.functional.max_unpool1d",),
           samples=lambda: [((made_up(1, 1, 3), np.array([[[0, 3, 4]]]), 2), {})])  # fmt: skip
def max_unpool1d(
    input: Array, indices: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0,
    output_size: Ints | None = None,
) -> Array:  # fmt: skip
    """What max_pool1d took, at the places it took it from, and 0 elsewhere.

    >>> x, at = nn.functional.max_pool1d(tensor([[1., 3., 5., 2.]]), 2, return_indices=True)
    >>> nn.functional.max_unpool1d(x, at, 2)
    tensor([[0., 3., 5., 0.]])
    """
    return _unpool("max_unpool1d", input, indices, kernel_size, stride, padding, output_size)


@composite(names=("torch.nn.functional.max_unpool2d",), samples=lambda: [
    ((made_up(1, 1, 1, 2), np.array([[[[1, 6]]]]), 2), {})
])  # fmt: skip
def max_unpool2d(
    input: Array, indices: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0,
    output_size: Ints | None = None,
) -> Array:  # fmt: skip
    """What max_pool2d took, at the places it took it from, and 0 elsewhere.

    >>> x, at = nn.functional.max_pool2d(arange(4.).reshape(1, 2, 2), 2, return_indices=True)
    >>> nn.functional.max_unpool2d(x, at, 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _unpool("max_unpool2d", input, indices, kernel_size, stride, padding, output_size)


@composite(names=("torch.nn.functional.max_unpool3d",), samples=lambda: [
    ((made_up(1, 1, 1, 1, 2), np.array([[[[[3, 12]]]]]), 2), {})
])  # fmt: skip
def max_unpool3d(
    input: Array, indices: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0,
    output_size: Ints | None = None,
) -> Array:  # fmt: skip
    """What max_pool3d took, at the places it took it from, and 0 elsewhere.

    >>> x, at = nn.functional.max_pool3d(arange(8.).reshape(1, 2, 2, 2), 2, return_indices=True)
    >>> nn.functional.max_unpool3d(x, at, 2).sum()
    tensor(7.)
    """
    return _unpool("max_unpool3d", input, indices, kernel_size, stride, padding, output_size)


for _op in (max_unpool1d, max_unpool2d, max_unpool3d):
    _op.autocast = SINGLE
