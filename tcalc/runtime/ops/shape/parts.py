"""Views of parts of a tensor: slices, diagonals, windows, and any strides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DimError, ShapeError, StateError
from tcalc.runtime.arrays.mirror import memory_of
from tcalc.runtime.arrays.strides import strided, strides_of
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import matched
from tcalc.runtime.base.op import Array, Ints, on_a_copy
from tcalc.runtime.call.batching import Batch, over
from tcalc.runtime.call.define import composite, view_op
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.index.indexing import VIEWS, embedded, part_of
from tcalc.runtime.ops.shape.dimensions import reshown
from tcalc.runtime.tensor.resizing import offset_of
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import as_size, numel, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.ops.index.parsing import BasicIndex
    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [3.0, 4.0]]
_WHOLE = slice(None)


# -- slices -----------------------------------------------------------------------------------


@composite(samples=lambda: [((_SQUARE, 1, 0), {})])
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of one place along a dimension, which goes away.

    >>> select(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    shape = input._d.shape
    if not shape:
        raise DimError("select() cannot be applied to a 0-dim tensor.")
    at = wrap_dim(dim, len(shape))
    if not -shape[at] <= index < shape[at]:
        raise DimError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {at}",
            argument="index",
        )
    if is_sparse(input):
        return input[(_WHOLE,) * at + (index,)]
    where: BasicIndex = (_WHOLE,) * at + (index, ...)
    return part_of(input, VIEWS["select"], where)


@composite(samples=lambda: [((_SQUARE, 0, 1, 1), {})])
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A view of `length` places from `start` on along a dimension.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    shape = input._a.shape
    if not shape:
        raise ShapeError("narrow() cannot be applied to a 0-dim tensor.")
    at = wrap_dim(dim, len(shape))
    n = shape[at]
    if length < 0:
        raise ShapeError("narrow(): length must be non-negative.", argument="length")
    if not -n <= start <= n:
        raise DimError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})",
            argument="start",
        )
    start += n if start < 0 else 0
    if start + length > n:
        raise ShapeError(
            f"start ({start}) + length ({length}) exceeds dimension size ({n}).", argument="length"
        )
    where: BasicIndex = (_WHOLE,) * at + (slice(start, start + length), ...)
    return part_of(input, VIEWS["slice"], where)


# -- diagonals --------------------------------------------------------------------------------


@view_op(memory_call="diagonal", samples=lambda: [((_SQUARE,), {"offset": 1})])
def diagonal(xp: ModuleType, input: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """A view of a diagonal of two dimensions, as the last one; `offset` above the main one.

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    a, b = wrap_dim(dim1, input.ndim), wrap_dim(dim2, input.ndim)
    if a == b:
        raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}", argument="dim2")
    if type(input) is np.ndarray:
        if offset:  # beyond the sizes is nothing, whatever C's int holds
            most = max(input.shape[a], input.shape[b])
            offset = min(max(offset, -most), most)
        shown = input.diagonal(offset, a, b)
        shown.flags.writeable = input.flags.writeable
        return shown
    rows = xp.moveaxis(input, (a, b), (-2, -1))
    skipped = rows[..., max(offset, 0) :] if offset >= 0 else rows[..., -offset:, :]
    count = min(skipped.shape[-2:])
    steps = skipped.strides
    return strided(skipped, (*skipped.shape[:-2], count), (*steps[:-2], steps[-2] + steps[-1]))


diagonal.vjp(
    input=lambda g, input_shape, offset, dim1, dim2: embedded(
        g, input_shape, diagonal, (offset, dim1, dim2)
    )
)


@composite(name="linalg_diagonal", names=("torch.linalg.diagonal",))
def matrix_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """A view of a diagonal of each matrix.

    >>> linalg.diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return diagonal(A, offset, dim1, dim2)


# -- any strides ------------------------------------------------------------------------------


@composite(samples=lambda: [((_SQUARE, (2,), (3,)), {})])
def as_strided(
    input: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """A view of the tensor's memory with any size and strides, counted in elements.

    storage_offset: where it starts in the memory; by default where the tensor does.

    >>> as_strided(arange(6), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    shape, steps = as_size((size,)), as_size((stride,), "stride")
    if len(shape) != len(steps):
        raise ShapeError("mismatch in length of strides and shape", argument="stride")
    if any(s < 0 for s in steps):
        raise ShapeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(steps)}",
            argument="stride",
        )
    if any(n < 0 for n in shape):
        raise ShapeError(f"negative sizes are not allowed: {list(shape)}", argument="size")
    own = offset_of(input)
    start = own if storage_offset is None else storage_offset
    last = start + sum((n - 1) * s for n, s in zip(shape, steps)) + 1 if 0 not in shape else 0
    held = input.shared().array
    width = input._d.itemsize
    available = _extent(held) * held.itemsize // width
    if start < 0 or last > available:
        raise ShapeError(
            f"setStorage: sizes {list(shape)}, strides {list(steps)}, storage offset {start}, and "
            f"itemsize {width} requiring a storage size of {last * width} are out of bounds for "
            f"storage of size {available * width}",
            argument="size",
        )
    layout = (tuple(input._a.shape), strides_of(memory_of(input._shown)))
    return _strided(input, shape, steps, start - own, layout)


@composite(
    names=("Tensor.as_strided_", "torch.as_strided_"), differentiable=False,
    samples=lambda: [((_SQUARE, (2,), (3,)), {}, on_a_copy)],
)  # fmt: skip
def as_strided_(
    input: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """as_strided of the tensor itself, which is returned.

    >>> arange(6).as_strided_((2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    return reshown(input, "as_strided_", lambda x: as_strided(x, size, stride, storage_offset))


def _extent(array: Array) -> int:
    """How many elements lie between an array's first and its last."""
    return 1 + sum((n - 1) * s for n, s in zip(array.shape, strides_of(array))) if array.size else 0


@view_op(names=(), node_name="AsStridedBackward0", samples=list)
def _strided(
    xp: ModuleType,
    input: Array,
    size: tuple[int, ...],
    steps: tuple[int, ...],
    start: int,
    layout: tuple[tuple[int, ...], ...],
) -> Array:
    """A view with any strides, which starts `start` elements after the input does."""
    width = input.itemsize
    return strided(input, size, [s * width for s in steps], start * width)


def _strided_back(
    g: Tensor,
    size: tuple[int, ...],
    steps: tuple[int, ...],
    start: int,
    layout: tuple[tuple[int, ...], ...],
) -> Tensor:
    """Each element's gradient goes to its memory; elements on one memory share what is there."""
    shape, own = layout
    low = min(start, 0)
    read = _places(size, steps) + (start - low)
    held = _places(shape, own) - low
    count = 1 + max(int(read.max(initial=-1)), int(held.max(initial=-1)))
    flat = g.new_zeros(count).index_add(0, g.new_tensor(read, dtype=dtypes.int64), g.reshape(-1))
    if any(s == 0 and n > 1 for s, n in zip(own, shape)):
        shares = np.maximum(np.bincount(held, minlength=count), 1)
        flat = flat / g.new_tensor(shares)
    return flat.index_select(0, g.new_tensor(held, dtype=dtypes.int64)).reshape(shape)


def _places(shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
    """The offsets of the elements of a layout, in order."""
    memory.check(numel(shape) * 8)
    at = np.zeros(shape, np.int64)
    for d, (n, s) in enumerate(zip(shape, steps)):
        at += (np.arange(n) * s).reshape((n,) + (1,) * (len(shape) - d - 1))
    return at.reshape(-1)


_strided.vjp(input=_strided_back)


# -- windows ----------------------------------------------------------------------------------


@view_op(names=("Tensor.unfold",), samples=lambda: [(([1.0, 2.0, 3.0], 0, 2, 1), {})])
def unfold(xp: ModuleType, input: Array, dimension: int, size: int, step: int) -> Array:
    """A view of all windows of `size` places along a dimension, `step` apart, as a last dimension.

    >>> arange(5).unfold(0, 2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    at = wrap_dim(dimension, input.ndim)
    n = input.shape[at] if input.ndim else 1
    if size > n:
        raise ShapeError(
            f"maximum size for tensor at dimension {at} is {n} but size is {size}",
            argument="size",
        )
    if size < 0:
        raise ShapeError(f"size is {size} but must be >= 0", argument="size")
    if step <= 0:
        raise ShapeError(f"step is {step} but must be > 0", argument="step")
    if not input.ndim:
        return input.reshape(1)[:size]
    shape, strides = list(input.shape), list(input.strides)
    shape[at] = (n - size) // step + 1
    width = strides[at]
    strides[at] = width * step
    return strided(input, (*shape, size), (*strides, width))


def _unfold_back(
    g: Tensor, input_shape: tuple[int, ...], dimension: int, size: int, step: int
) -> Tensor:
    if not input_shape:
        return g.sum()
    at = wrap_dim(dimension, len(input_shape))
    count = g._a.shape[at]
    places = np.add.outer(np.arange(count) * step, np.arange(size)).reshape(-1)
    windows = g.movedim(-1, at + 1).flatten(at, at + 1)
    zeros = g.new_zeros(input_shape)
    return zeros.index_add(at, g.new_tensor(places, dtype=dtypes.int64), windows)


unfold.vjp(input=_unfold_back)


# -- copies with a part replaced --------------------------------------------------------------


@composite(samples=lambda: [((_SQUARE, [5.0, 6.0], 0, 1), {})])
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy with one place along a dimension replaced by `src`.

    >>> select_scatter(zeros(2, 2), tensor([1., 2.]), 0, 1)
    tensor([[0., 0.],
            [1., 2.]])
    """
    made: Any = matched(input.clone(), src)
    _replace(select(made, dim, index), src)
    return made


@composite(samples=lambda: [((_SQUARE, [[5.0, 6.0]]), {"start": 1})])
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """A copy with a slice along a dimension replaced by `src`.

    >>> slice_scatter(zeros(3), tensor([1., 2.]), start=1)
    tensor([0., 1., 2.])
    """
    made: Any = matched(input.clone(), src)
    at = wrap_dim(dim, input._a.ndim)
    _replace(made[(_WHOLE,) * at + (slice(start, end, step),)], src)
    return made


@composite(samples=lambda: [((_SQUARE, [5.0, 6.0]), {})])
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy with a diagonal replaced by `src`.

    >>> diagonal_scatter(zeros(2, 2), tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    made: Any = matched(input.clone(), src)
    _replace(diagonal(made, offset, dim1, dim2), src)
    return made


@composite(samples=lambda: [((_SQUARE, [5.0, 6.0], (2,), (1,)), {})])
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """A copy with the elements that a strided view shows replaced by `src`.

    >>> as_strided_scatter(zeros(4), tensor([1., 2.]), (2,), (2,))
    tensor([1., 0., 2., 0.])
    """
    made: Any = matched(input.clone(), src)
    _replace(as_strided(made, size, stride, storage_offset), src)
    return made


def _replace(part: Tensor, src: Tensor) -> None:
    if part._a.shape != src._a.shape:
        raise ShapeError(
            f"expected src to have a size equal to the slice of self. src size = "
            f"{list(src._a.shape)}, slice size = {list(part._a.shape)}",
            argument="src",
        )
    part.copy_(src)


# -- batches ----------------------------------------------------------------------------------

diagonal.batch = over("dim1", "dim2")
unfold.batch = over("dimension")


def _stride_examples(batch: Batch) -> Tensor:
    input, (shape, own) = batch.values[0], batch.get("layout")
    held = memory_of(input._shown)
    first = strides_of(held)[0]
    if any(s > first for s in own):
        raise StateError(
            "vmap: Calling Tensor.as_strided is not supported unless the batch dims being vmapped "
            "over are at the front of the tensor (in memory layout). When they are not at the front "
            "of the tensor this operation can be error prone so we actively discourage it"
        )
    return batch.call(
        size=(batch.size, *batch.get("size")), steps=(first, *batch.get("steps")),
        layout=((batch.size, *shape), (first, *own)),
    )  # fmt: skip


_strided.batch = _stride_examples
