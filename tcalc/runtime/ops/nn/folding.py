"""Windows of images laid out as columns, and columns added up into images."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DimError, ShapeError, StateError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Ints
from tcalc.runtime.call.batching import folded
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.nn.spatial import each, made_up
from tcalc.runtime.ops.nn.windows import Frame, Sizes, padded, windows

if TYPE_CHECKING:
    from types import ModuleType


@kernel(name="im2col", names=(), node_name="Im2ColBackward0",
        upcast_halves=False)  # fmt: skip
def _columns(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame) -> Array:
    """(n, c, *sizes) → (n, c * places of the kernel, windows)."""
    n, c = input.shape[:2]
    lengths = frame.lengths(input.shape[2:], kernel)
    shape = (n, c * prod(kernel), prod(lengths))
    memory.check(prod(shape) * input.itemsize, f"columns of shape {list(shape)}")
    if not has_contents(input):
        return xp.empty(shape, input.dtype)
    found = windows(padded(xp, input, frame.padding), kernel, frame, lengths)
    return xp.ascontiguousarray(found).reshape(shape)


@kernel(name="col2im", names=(), node_name="Col2ImBackward0")
def _image(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, sizes: Sizes) -> Array:
    """(n, c * places of the kernel, windows) → (n, c, *sizes)."""
    n, rows, _ = input.shape
    lengths = frame.lengths(sizes, kernel)
    grown = [m + low + high for m, (low, high) in zip(sizes, frame.padding)]
    columns = input.reshape(n, rows // prod(kernel), *kernel, *lengths)
    sums = xp.zeros((n, rows // prod(kernel), *grown), input.dtype)
    found = windows(sums, kernel, frame, lengths)
    for place in np.ndindex(*kernel):
        at = (slice(None), slice(None), *place)
        target = found[at]
        target += columns[at]
    inner = (slice(low, low + m) for m, (low, _) in zip(sizes, frame.padding))
    return xp.ascontiguousarray(sums[(..., *inner)])


_columns.vjp(
    input=lambda g, kernel, frame, input_shape: _image(g, kernel, frame, input_shape[2:]),
)
_image.vjp(input=lambda g, kernel, frame: _columns(g, kernel, frame))


def _frame(
    name: str, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints | None
) -> tuple[Sizes, Frame]:
    sizes = each(name, "kernel_size", kernel, 2)
    steps, both = each(name, "stride", stride, 2), each(name, "padding", padding, 2)
    gaps = each(name, "dilation", dilation, 2)
    for what, values in (("kernel size", sizes), ("stride", steps), ("dilation", gaps)):
        if min(values) <= 0:
            raise StateError(f"{what} should be greater than zero, but got {list(values)}")
    if min(both) < 0:
        raise StateError(f"padding should be non-negative, but got {list(both)}",
                         argument="padding")  # fmt: skip
    return sizes, Frame(steps, tuple((p, p) for p in both), gaps, 1)


def _shown(kernel: Sizes, frame: Frame) -> str:
    return (
        f"kernel_size={kernel}, dilation={frame.dilation}, "
        f"padding={tuple(p for p, _ in frame.padding)}"
    )


@composite(names=("torch.nn.functional.unfold",), samples=lambda: [
    ((made_up(1, 2, 3, 4), 2), {}), ((made_up(2, 4, 5), (2, 3), (2, 1), 1, (1, 2)), {}),
])  # fmt: skip
def unfold(
    input: Array, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints | None = 1
) -> Array:
    """The windows of images as columns: (n, c, h, w) or (c, h, w) → (n, c kh kw, windows).

    >>> nn.functional.unfold(arange(4.).reshape(1, 2, 2), (1, 2))
    tensor([[0., 2.],
            [1., 3.]])
    """
    kernel, frame = _frame("unfold", kernel_size, dilation, padding, stride)
    shape = tuple(input.shape)
    if len(shape) < 3:
        raise DimError(
            f"Dimension out of range (expected to be in range of [-{len(shape)}, "
            f"{len(shape) - 1}], but got 2)",
            argument="input", hint="unfold takes (n, c, h, w) or (c, h, w)",
        )  # fmt: skip
    if len(shape) > 4 or 0 in shape[-3:]:
        raise ShapeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}",
            argument="input",
        )
    lengths = frame.lengths(shape[-2:], kernel)
    if min(lengths) < 1:
        raise ShapeError(
            f"Given input with spatial size {shape[-2:]}, {_shown(kernel, frame)}, calculated "
            f"shape of the array of sliding blocks as {lengths}, but its components must be at "
            "least one.",
            argument="input",
        )
    if len(shape) == 4:
        return _columns(input, kernel, frame)
    return _columns(input.unsqueeze(0), kernel, frame).squeeze(0)


@composite(names=("torch.nn.functional.fold",), samples=lambda: [
    ((made_up(1, 8, 6), (3, 4), 2), {}), ((made_up(6, 12), (4, 5), (2, 3), (2, 1), 1, (1, 2)), {}),
])  # fmt: skip
def fold(
    input: Array, output_size: Ints, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0,
    stride: Ints = 1,
) -> Array:  # fmt: skip
    """Columns added up as windows of images: (n, c kh kw, windows) → (n, c, *output_size).

    >>> nn.functional.fold(ones(2, 2), (1, 3), (1, 2))
    tensor([[[1., 2., 1.]]])
    """
    kernel, frame = _frame("fold", kernel_size, dilation, padding, stride)
    sizes = each("fold", "output_size", output_size, 2)
    shape = tuple(input.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise ShapeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(shape)}",
            argument="input",
        )
    rows, count = shape[-2:]
    if rows % prod(kernel):
        raise ShapeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={rows} and kernel_size={kernel}.",
            argument="input",
        )
    lengths = frame.lengths(sizes, kernel)
    if min(lengths) < 1 or prod(lengths) != count:
        raise ShapeError(
            f"Given output_size={sizes}, {_shown(kernel, frame)}, stride={frame.stride}, expected "
            "size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{lengths[0]} * {lengths[1]} = {prod(lengths)}, but got input.size(2)={count}.",
            argument="input",
        )
    if len(shape) == 3:
        return _image(input, kernel, frame, sizes)
    return _image(input.unsqueeze(0), kernel, frame, sizes).squeeze(0)


# -- batches ----------------------------------------------------------------------------------

_columns.batch = _image.batch = folded()
