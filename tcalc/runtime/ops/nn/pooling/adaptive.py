"""Pools that make a given number of windows, as even as they can be."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_contents, module_of
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import SINGLE, Array, IntsOrNone
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.nn.pooling import chosen
from tcalc.runtime.ops.nn.pooling.avg_pool import adaptive_means
from tcalc.runtime.ops.nn.spatial import each, made_up
from tcalc.runtime.ops.nn.windows import Frame, Sizes
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# Where the windows of a dimension begin and end.
Ranges = tuple[tuple[int, int], ...]
_PAIR = 120


# -- means ------------------------------------------------------------------------------------


def _ranges(size: int, count: int) -> Ranges:
    # A pair of Python's ints for each place, and a row of the table that is made of them.
    memory.check(count * (_PAIR + 8 * size), f"{count} ranges")
    return tuple((i * size // count, -(-(i + 1) * size // count)) for i in range(count))


@kernel(names=(), node_name=lambda saved: (
    f"AdaptiveAvgPool{len(saved['ranges'])}DBackward0"
))  # fmt: skip
def _range_sums(xp: ModuleType, input: Array, ranges: tuple[Ranges, ...]) -> Array:
    """The sum over every combination of ranges of the last dimensions."""
    rest = input
    for axis, parts in enumerate(ranges, input.ndim - len(ranges)):
        rest = _combined(xp, rest, axis, _table(xp, parts, rest.shape[axis], rest.dtype).T)
    if not has_contents(rest) or bool(xp.isfinite(rest).all()):
        return rest
    # 0 times infinity is no number: then every range is added up by itself.
    rest = input
    for axis, parts in enumerate(ranges, input.ndim - len(ranges)):
        lead = (slice(None),) * axis
        sums = [xp.add.reduce(rest[(*lead, slice(*p))], axis=axis) for p in parts]
        rest = xp.stack(sums, axis=axis)
    return rest


_range_sums.holds = _range_sums.ties = ("input",)


def _table(xp: ModuleType, parts: Ranges, size: int, dtype: np.dtype[np.generic]) -> Array:
    """1 where an element (a column) lies in a range (a row), else 0."""
    table = np.zeros((len(parts), size), dtype)
    for row, (start, end) in zip(table, parts):
        row[start:end] = 1
    return xp.asarray(table)


def _combined(xp: ModuleType, array: Array, axis: int, matrix: Array) -> Array:
    """The products of an array's vectors along an axis with a matrix."""
    if axis == array.ndim - 1:
        return (array.reshape(-1, array.shape[-1]) @ matrix).reshape(
            *array.shape[:-1], matrix.shape[1]
        )
    return xp.moveaxis(xp.matmul(xp.moveaxis(array, axis, -1), matrix), -1, axis)


@kernel(names=())
def _over_ranges(xp: ModuleType, input: Array, ranges: tuple[Ranges, ...], sizes: Sizes) -> Array:
    """Each number added all over its ranges."""
    rest = input
    for axis, (parts, n) in enumerate(zip(ranges, sizes), input.ndim - len(ranges)):
        rest = _combined(xp, rest, axis, _table(xp, parts, n, rest.dtype))
    return rest


_range_sums.vjp(
    input=lambda g, ranges, input_shape: _over_ranges(g, ranges, input_shape[-len(ranges) :]),
)
_over_ranges.vjp(input=lambda g, ranges: _range_sums(g, ranges))


def _wanted(name: str, output_size: IntsOrNone, input: Tensor, n: int) -> Sizes:
    """The output's sizes: None stands for the input's."""
    shape = tuple(input.shape)
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(
            f"{name}: Expected {n + 1} to {n + 2} dimensions, but got {len(shape)}-dimensional "
            f"tensor of shape {list(shape)}",
            argument="input",
        )
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * n
    if n > 1 and len(shape) <= len(given):
        raise ValueProblem(f"Input dimension should be at least {len(given) + 1}",
                           argument="output_size")  # fmt: skip
    if len(given) != n:
        raise StateError(f"{name}: output_size must be {n}", argument="output_size")
    sizes = each(name, "output_size", [m if w is None else w for w, m in zip(given, shape[-n:])], n)
    if min(sizes) < 0:
        raise StateError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, sizes))}}}",
            argument="output_size",
        )
    if 0 in shape[-n:]:
        raise ShapeError(
            f"{name}: Expected input to have non-zero size for non-batch dimensions, but input has "
            f"sizes {list(shape)}",
            argument="input",
        )
    return sizes


def _beside(input: Tensor, counts: Array) -> Tensor:
    """Counts as a tensor of the input's dtype, on its device."""
    return wrap(module_of(input._a).asarray(counts.astype(input._a.dtype)))


def _adaptive(name: str, input: Tensor, output_size: IntsOrNone) -> Tensor:
    n = int(name[17])
    sizes = _wanted(name, output_size, input, n)
    shape = tuple(input.shape)
    if sizes == (1,) * n:
        return input.mean(tuple(range(-n, 0)), True)
    if 0 not in sizes and all(m % k == 0 for m, k in zip(shape[-n:], sizes)):
        kernel = tuple(m // k for m, k in zip(shape[-n:], sizes))
        frame = Frame(kernel, ((0, 0),) * n, (1,) * n, 1)
        return adaptive_means(input, kernel, frame, sizes, True, None)
    ranges = tuple(_ranges(m, k) for m, k in zip(shape[-n:], sizes))
    counts: Any = np.ones(())
    for axis, parts in enumerate(ranges):
        widths = np.array([end - start for start, end in parts])
        counts = counts * widths.reshape(-1, *(1,) * (n - 1 - axis))
    # The sums of halves are beyond their range before the means are.
    wide = input.float() if input.dtype.is_half else input
    return (_range_sums(wide, ranges) / _beside(wide, counts)).to(input.dtype)


_ADAPTIVE = "torch.nn.functional.adaptive_avg_pool{}d"


@composite(names=(_ADAPTIVE.format(1), "torch.adaptive_avg_pool1d"),
           samples=lambda: [((made_up(2, 3, 7), 3), {}), ((made_up(2, 6), 3), {})])  # fmt: skip
def adaptive_avg_pool1d(input: Array, output_size: IntsOrNone) -> Array:
    """Means of as many windows as asked for, as even as they can be: (*, c, l) → (*, c, m).

    >>> nn.functional.adaptive_avg_pool1d(tensor([[1., 2., 3.]]), 2)
    tensor([[1.5000, 2.5000]])
    """
    return _adaptive("adaptive_avg_pool1d", input, output_size)


@composite(names=(_ADAPTIVE.format(2),), samples=lambda: [
    ((made_up(2, 2, 5, 4), (3, 2)), {}), ((made_up(2, 4, 4), (None, 2)), {}),
    ((made_up(2, 3, 4), 1), {}), ((made_up(1, 2, 3), (5, 4)), {}),
])  # fmt: skip
def adaptive_avg_pool2d(input: Array, output_size: IntsOrNone) -> Array:
    """Means of as many windows as asked for, as even as they can be: (*, c, h, w) → (*, c, h', w').

    output_size: one number, or (h', w'); None stands for the input's size.

    >>> nn.functional.adaptive_avg_pool2d(arange(9.).reshape(1, 3, 3), (1, 2))
    tensor([[[3.5000, 4.5000]]])
    """
    return _adaptive("adaptive_avg_pool2d", input, output_size)


@composite(names=(_ADAPTIVE.format(3),),
           samples=lambda: [((made_up(1, 2, 3, 4, 3), (2, 2, 3)), {})])  # fmt: skip
def adaptive_avg_pool3d(input: Array, output_size: IntsOrNone) -> Array:
    """Means of as many windows as asked for, as even as they can be, over three dimensions.

    output_size: one number, or one for each; None stands for the input's size.

    >>> nn.functional.adaptive_avg_pool3d(ones(1, 2, 3, 4), (None, 1, 1)).shape
    torch.Size([1, 2, 1, 1])
    """
    return _adaptive("adaptive_avg_pool3d", input, output_size)


# -- the greatest -----------------------------------------------------------------------------


@kernel(names=(), differentiable=False)
def _greatest_places(xp: ModuleType, input: Array, ranges: tuple[Ranges, ...]) -> Array:
    """The number of the greatest element in each combination of ranges, in its flat plane."""
    n = len(ranges)
    lead, sizes = input.shape[: input.ndim - n], input.shape[input.ndim - n :]
    out = xp.zeros((*lead, *map(len, ranges)), xp.int64)
    for at in np.ndindex(*map(len, ranges)):
        parts = [r[i] for r, i in zip(ranges, at)]
        window = input[(..., *(slice(*p) for p in parts))]
        place = xp.argmax(window.reshape(*lead, prod(window.shape[input.ndim - n :])), axis=-1)
        total, scale = xp.zeros(lead, xp.int64), 1
        for (start, end), size in zip(reversed(parts), reversed(sizes)):
            total = total + (place % (end - start) + start) * scale
            place, scale = place // (end - start), scale * size
        out[(..., *at)] = total
    return out


def _adaptive_max(name: str, input: Tensor, output_size: IntsOrNone, indices: bool) -> Any:
    n = int(name[17])
    sizes = _wanted(name, output_size, input, n)
    shape = tuple(input.shape)
    at = _greatest_places(input, tuple(_ranges(m, k) for m, k in zip(shape[-n:], sizes)))
    values = chosen.adaptive(input, at, n)
    return (values, at) if indices else values


_GREATEST = "torch.nn.functional.adaptive_max_pool{}d"


@composite(names=(_GREATEST.format(1),), samples=lambda: [((made_up(2, 3, 7), 3), {})])
def adaptive_max_pool1d(
    input: Array, output_size: IntsOrNone, return_indices: bool = False
) -> Tensor:
    """The greatest of as many windows as asked for, as even as they can be: (*, c, l) → (*, c, m).

    return_indices: with the index of each in its row.

    >>> nn.functional.adaptive_max_pool1d(tensor([[1., 4., 3.]]), 2)
    tensor([[4., 4.]])
    """
    return _adaptive_max("adaptive_max_pool1d", input, output_size, return_indices)


@composite(names=(_GREATEST.format(2),), samples=lambda: [
    ((made_up(2, 2, 5, 4), (3, 2)), {}), ((made_up(2, 4, 4), (None, 2)), {}),
])  # fmt: skip
def adaptive_max_pool2d(
    input: Array, output_size: IntsOrNone, return_indices: bool = False
) -> Tensor:
    """The greatest of as many windows as asked for, as even as they can be.

    input: (*, c, h, w). output_size: one number, or (h', w'); None stands for the input's size.
    return_indices: with the index of each in its flattened image.

    >>> nn.functional.adaptive_max_pool2d(arange(9.).reshape(1, 3, 3), (1, 2))
    tensor([[[7., 8.]]])
    """
    return _adaptive_max("adaptive_max_pool2d", input, output_size, return_indices)


@composite(
    names=(_GREATEST.format(3),), samples=lambda: [((made_up(1, 2, 3, 4, 3), (2, 2, 3)), {})]
)
def adaptive_max_pool3d(
    input: Array, output_size: IntsOrNone, return_indices: bool = False
) -> Tensor:
    """The greatest of as many windows as asked for, over three dimensions.

    return_indices: with the index of each in its flattened volume.

    >>> nn.functional.adaptive_max_pool3d(arange(8.).reshape(1, 2, 2, 2), (2, 1, 1)).flatten()
    tensor([3., 7.])
    """
    return _adaptive_max("adaptive_max_pool3d", input, output_size, return_indices)


# -- batches ----------------------------------------------------------------------------------

_range_sums.batch = _over_ranges.batch = _greatest_places.batch = leading

for _op in (adaptive_avg_pool3d, adaptive_max_pool3d):
    _op.autocast = SINGLE
