"""Means and p-norms of the windows of an input."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.backend import has_elements, module_of
from tcalc.runtime.base.op import SINGLE, Array, Ints, Scalar
from tcalc.runtime.call.batching import planes
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.nn.pooling.max_pool import by_planes
from tcalc.runtime.ops.nn.spatial import made_up, pooled_lengths, window_of
from tcalc.runtime.ops.nn.windows import Frame, Sizes, padded
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types.dtypes import FLOATING, int64

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# -- sums of windows --------------------------------------------------------------------------


def _slices(k: int, step: int, length: int) -> slice:
    return slice(k, k + (length - 1) * step + 1, step)


@kernel(name="avg_pool", names=(), node_name=lambda saved: (
    f"AvgPool{len(saved['kernel'])}DBackward0"
))  # fmt: skip
def window_sums(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, lengths: Sizes) -> Array:
    """The sum of each window: (1, planes, *sizes) → (1, planes, *lengths)."""
    sizes = input.shape[2:]
    out = xp.empty((*input.shape[:2], *lengths), input.dtype)
    if not has_elements(out):
        return out
    reach = [(m - 1) * s + k for m, s, k in zip(lengths, frame.stride, kernel)]
    around = tuple(
        (low, max(0, r - n - low)) for n, r, (low, _) in zip(sizes, reach, frame.padding)
    )

    def work(part: slice) -> None:
        rest = padded(xp, input[:, part], around)
        for axis, (k, s, m) in enumerate(zip(kernel, frame.stride, lengths)):
            lead = (slice(None),) * (axis + 2)
            total = rest[(*lead, _slices(0, s, m))]
            if k > 1:
                total = total + rest[(*lead, _slices(1, s, m))]
            for i in range(2, k):
                total += rest[(*lead, _slices(i, s, m))]
            rest = total
        out[:, part] = rest

    by_planes(xp, work, input.shape[1], prod(sizes))
    return out


window_sums.holds = ("input",)


@kernel(names=())
def _spread_sums(xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, sizes: Sizes) -> Array:
    """Each number added all over its window: (1, planes, *lengths) → (1, planes, *sizes)."""
    lengths = input.shape[2:]
    out = xp.zeros((*input.shape[:2], *sizes), input.dtype)
    if not has_elements(input):
        return out
    reach = [
        max(n + low, (m - 1) * s + k)
        for n, m, s, k, (low, _) in zip(sizes, lengths, frame.stride, kernel, frame.padding)
    ]
    inner = [slice(low, low + n) for n, (low, _) in zip(sizes, frame.padding)]

    def work(part: slice) -> None:
        rest = input[:, part]
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
        out[:, part] = rest[(..., *inner)]

    by_planes(xp, work, input.shape[1], prod(sizes))
    return out


window_sums.vjp(
    input=lambda g, kernel, frame, input_shape: _spread_sums(g, kernel, frame, input_shape[2:]),
)
_spread_sums.vjp(
    input=lambda g, kernel, frame, input_shape: window_sums(g, kernel, frame, input_shape[2:]),
)


def _counts(sizes: Sizes, kernel: Sizes, frame: Frame, lengths: Sizes, with_padding: bool) -> Array:
    """How many elements each window has, of the input or of the input with its padding."""
    total: Any = 1
    for axis, (n, k, s, m, (low, high)) in enumerate(
        zip(sizes, kernel, frame.stride, lengths, frame.padding)
    ):
        start = np.arange(m) * s - low
        end = np.minimum(start + k, n + high)
        if not with_padding:
            start, end = np.maximum(start, 0), np.minimum(end, n)
        total = total * (end - start).reshape(-1, *(1,) * (len(sizes) - 1 - axis))
    return total


def averaged(
    name: str, input: Tensor, kernel_size: Ints, stride: Ints | None, padding: Ints,
    ceil_mode: bool, count_include_pad: bool, divisor: Scalar | None,
) -> Tensor:  # fmt: skip
    n = int(name[8])
    shape = tuple(input.shape)
    if len(shape) not in (n + 1, n + 2) or 0 in shape[len(shape) - n - 1 :]:
        raise ShapeError(
            f"{name}: Expected {n + 1} to {n + 2} dimensions, but got {len(shape)}-dimensional "
            f"tensor of shape {list(shape)}",
            argument="input",
        )
    if input.dtype is not int64 and input.dtype.category < FLOATING:  # their sums would wrap
        raise UnsupportedDtype(f"\"{name}\" not implemented for '{input.dtype.shorthand}'",
                               hint="convert it with .float()")  # fmt: skip
    if divisor is not None and divisor == 0:
        raise StateError("divisor must be not zero", argument="divisor_override")
    kernel, frame = window_of(name, n, kernel_size, stride, padding, 1)
    sizes, lead = shape[-n:], shape[: len(shape) - n]
    lengths = pooled_lengths(shape, kernel, frame, ceil_mode)
    sums = window_sums(input.reshape(1, prod(lead), *sizes), kernel, frame, lengths)
    sums = sums.reshape(*lead, *lengths)
    if divisor is None:
        counts = _counts(sizes, kernel, frame, lengths, count_include_pad)
        first = int(counts.flat[0])
        even = bool((counts == first).all())
        divisor = first if even else beside(input, counts)
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        return sums.div(divisor, rounding_mode="trunc")
    return sums / divisor


def beside(input: Tensor, counts: Array) -> Tensor:
    """Counts as a tensor of the input's dtype, on its device."""
    return wrap(module_of(input._a).asarray(counts.astype(input._a.dtype)))


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

window_sums.batch = _spread_sums.batch = planes

avg_pool3d.autocast = SINGLE
