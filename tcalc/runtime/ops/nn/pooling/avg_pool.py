"""Means of the windows of an input."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base.op import SINGLE, Array, Ints, Scalar, on_arrays
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.ops.elementwise.arithmetic import div
from tcalc.runtime.ops.nn.pooling.max_pool import along_axes, by_planes, is_one_block
from tcalc.runtime.ops.nn.spatial import made_up, windows_of
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.ops.nn.windows import Frame, Sizes, padded
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.dtypes import FLOATING, int64

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp

# -- means of windows -------------------------------------------------------------------------


def _slices(k: int, step: int, length: int) -> slice:
    return slice(k, k + (length - 1) * step + 1, step)


def _sums(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, lengths: Sizes) -> Array:
    """The sum of each window: (1, planes, *sizes) → (1, planes, *lengths)."""
    sizes = input.shape[2:]
    reach = [(m - 1) * s + k for m, s, k in zip(lengths, frame.stride, kernel)]
    around = tuple([
        (low, max(0, r - n - low)) for n, r, (low, _) in zip(sizes, reach, frame.padding)
    ])  # fmt: skip

    def sums_of(planes: Array) -> Array:
        return along_axes(xp.add, padded(xp, planes, around), kernel, frame, lengths)

    if is_one_block(input):
        return sums_of(input)
    out = xp.empty((*input.shape[:2], *lengths), input.dtype)

    def work(part: slice) -> None:
        out[:, part] = sums_of(input[:, part])

    by_planes(xp, work, input.shape[1], prod(sizes))
    return out


def _spread_sums(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, sizes: Sizes) -> Array:
    """Each number added all over its window: (1, planes, *lengths) → (1, planes, *sizes)."""
    lengths = input.shape[2:]
    reach = [
        max(n + low, (m - 1) * s + k)
        for n, m, s, k, (low, _) in zip(sizes, lengths, frame.stride, kernel, frame.padding)
    ]
    inner = [slice(low, low + n) for n, (low, _) in zip(sizes, frame.padding)]

    def spread_of(planes: Array) -> Array:
        rest = planes
        for axis, (k, s, m) in enumerate(zip(kernel, frame.stride, lengths)):
            lead = (slice(None),) * (axis + 2)
            shape = list(rest.shape)
            shape[axis + 2] = reach[axis]
            total = xp.zeros(shape, rest.dtype)
            for i in range(k):
                target = total[(*lead, _slices(i, s, m))]
                if s >= k:
                    target[...] = rest
                else:
                    target += rest
            rest = total
        return rest[(..., *inner)]

    if is_one_block(input):
        return xp.ascontiguousarray(spread_of(input))
    out = xp.zeros((*input.shape[:2], *sizes), input.dtype)

    def work(part: slice) -> None:
        out[:, part] = spread_of(input[:, part])

    by_planes(xp, work, input.shape[1], prod(sizes))
    return out


def _counts(
    xp: ModuleType, sizes: Sizes, kernel: Sizes, frame: Frame, lengths: Sizes, with_padding: bool
) -> Any:
    """How many elements each window has, of the input or of the input with its padding."""
    axes = tuple(zip(sizes, kernel, frame.stride, lengths, frame.padding))
    whole = [(m - 1) * s + k <= n + low + high and (with_padding or low == high == 0)
             for n, k, s, m, (low, high) in axes]  # fmt: skip
    if all(whole):
        return prod(kernel)
    total: Any = 1
    for axis, (n, k, s, m, (low, high)) in enumerate(axes):
        start = xp.arange(m) * s - low
        end = xp.minimum(start + k, n + high)
        if not with_padding:
            start, end = xp.maximum(start, 0), xp.minimum(end, n)
        total = total * (end - start).reshape(-1, *(1,) * (len(sizes) - 1 - axis))
    return total


def _divided(xp: ModuleType, array: Array, divisor: Any) -> Array:
    if type(divisor) is int and divisor == 1:
        return array
    divisor = xp.asarray(divisor, array.dtype)
    if array.dtype.char in EXACT:
        return div.kernel(xp, array, divisor, rounding_mode="trunc")
    return array / divisor


def _means(
    xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, lengths: Sizes, with_padding: bool,
    divisor: int | None,
) -> Array:  # fmt: skip
    """The mean of each window, or its sum over a divisor: (*, *sizes) → (*, *lengths)."""
    n = len(kernel)
    lead, sizes = input.shape[:-n], input.shape[-n:]
    made = (*lead, *lengths)
    if not has_elements(input) or not prod(lengths):
        return xp.empty(made, input.dtype)
    sums = _sums(xp, input.reshape(1, prod(lead), *sizes), kernel, frame, lengths)
    if divisor is None:
        divisor = _counts(xp, sizes, kernel, frame, lengths, with_padding)
    found = _divided(xp, sums, divisor)
    return (found.copy() if found.base is not None else found).reshape(made)


@kernel(name="avg_pool_backward", names=())
def _spread_means(
    xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, sizes: Sizes, with_padding: bool,
    divisor: int | None,
) -> Array:  # fmt: skip
    """The transpose of `_means`: each number's share all over its window."""
    n = len(kernel)
    lead, lengths = input.shape[:-n], input.shape[-n:]
    made = (*lead, *sizes)
    if not has_elements(input):
        return xp.zeros(made, input.dtype)
    if divisor is None:
        divisor = _counts(xp, sizes, kernel, frame, lengths, with_padding)
    shares = _divided(xp, input.reshape(1, prod(lead), *lengths), divisor)
    return _spread_sums(xp, shares, kernel, frame, sizes).reshape(made)


@on_arrays
def _means_back(
    g: Tensor | Array, kernel: Sizes, frame: Frame, input_shape: Sizes, with_padding: bool,
    divisor: int | None,
) -> Tensor | Array:  # fmt: skip
    settings = (kernel, frame, input_shape[-len(kernel) :], with_padding, divisor)
    if isinstance(g, Tensor):
        return _spread_means(g, *settings)
    return _spread_means.kernel(np, at_hand(g), *settings)


def _op(node_name: str) -> DefinedOp:
    """The op of means, under PyTorch's name for its node, which leaves one dimension to two."""
    op: DefinedOp = kernel(name="avg_pool", names=(), node_name=lambda saved: (
        "SqueezeBackward1" if len(saved["kernel"]) == 1 else node_name.format(len(saved["kernel"]))
    ))(_means)  # fmt: skip
    op.holds = op.ties = ("input",)
    op.vjp(input=_means_back)
    op.batch = leading
    return op


window_means = _op("AvgPool{}DBackward0")
adaptive_means = _op("AdaptiveAvgPool{}DBackward0")
_spread_means.vjp(
    input=lambda g, kernel, frame, input_shape, with_padding, divisor: window_means(
        g, kernel, frame, input_shape[-len(kernel) :], with_padding, divisor
    ),
)


def averaged(
    name: str, input: Tensor, kernel_size: Ints, stride: Ints | None, padding: Ints,
    ceil_mode: bool, count_include_pad: bool, divisor: Scalar | None,
) -> Tensor:  # fmt: skip
    n = int(name[8])
    shape = input._d.shape
    if len(shape) not in (n + 1, n + 2) or 0 in shape[len(shape) - n - 1 :]:
        raise ShapeError(
            f"{name}: Expected {n + 1} to {n + 2} dimensions, but got {len(shape)}-dimensional "
            f"tensor of shape {list(shape)}",
            argument="input",
        )
    dtype = input.dtype
    if dtype is not int64 and dtype.category < FLOATING:  # their sums would wrap
        raise UnsupportedDtype(f"\"{name}\" not implemented for '{dtype.shorthand}'",
                               hint="convert it with .float()")  # fmt: skip
    if divisor is not None and divisor == 0:
        raise StateError("divisor must be not zero", argument="divisor_override")
    kernel, frame, lengths = windows_of(name, n, shape, kernel_size, stride, padding, 1, ceil_mode)
    return window_means(input, kernel, frame, lengths, count_include_pad, divisor)


_NAMES = "torch.nn.functional.avg_pool{}d"


@composite(names=(_NAMES.format(1), "torch.avg_pool1d"), samples=lambda: [
    ((made_up(2, 3, 7), 2), {}), ((made_up(3, 7), 3, 2, 1, True, False), {}),
])  # fmt: skip
def avg_pool1d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """The mean of each window: (n, c, l) or (c, l) → (n, c, m).

    m = (l + 2 padding - kernel_size) // stride + 1, rounded up with ceil_mode. stride: by default
    the kernel's size. count_include_pad: whether padding counts, as zeros.

    >>> nn.functional.avg_pool1d(tensor([[1., 3., 2., 5.]]), 2)
    tensor([[2.0000, 3.5000]])
    """
    return averaged("avg_pool1d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, None)  # fmt: skip


@composite(names=(_NAMES.format(2),), samples=lambda: [
    ((made_up(2, 2, 4, 5), 2), {}), ((made_up(2, 5, 5), 3, 2, 1), {"ceil_mode": True}),
    ((made_up(2, 5, 4), (2, 3), 1, (1, 0)), {"count_include_pad": False}),
    ((made_up(2, 3, 3), 2), {"divisor_override": 3}),
])  # fmt: skip
def avg_pool2d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Array:  # fmt: skip
    """The mean of each window: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    h' = (h + 2 padding - kernel_size) // stride + 1, rounded up with ceil_mode, and w' likewise;
    each argument is a number or (for h, for w). stride: by default the kernel's size.
    count_include_pad: whether padding counts, as zeros. divisor_override: what all sums are
    divided by instead.

    >>> nn.functional.avg_pool2d(arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return averaged("avg_pool2d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, divisor_override)  # fmt: skip


@composite(names=(_NAMES.format(3),), samples=lambda: [
    ((made_up(1, 2, 3, 4, 4), 2), {}), ((made_up(2, 3, 3, 4), 2, 1, 1, False, False), {}),
])  # fmt: skip
def avg_pool3d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Array:  # fmt: skip
    """The mean of each window: (n, c, d, h, w) or (c, d, h, w) → (n, c, d', h', w').

    Sizes and arguments as in avg_pool2d.

    >>> nn.functional.avg_pool3d(arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return averaged("avg_pool3d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, divisor_override)  # fmt: skip


# -- batches ----------------------------------------------------------------------------------

_spread_means.batch = leading

avg_pool3d.autocast = SINGLE
whole(avg_pool1d, avg_pool2d)
