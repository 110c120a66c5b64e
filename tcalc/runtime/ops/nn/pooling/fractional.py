"""The greatest of windows of one size whose distances are drawn at random (Graham, 2014)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base.op import DRAWS, SINGLE, Array, Floats, Ints
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.nn.pooling import chosen
from tcalc.runtime.ops.nn.spatial import each, made_up
from tcalc.runtime.ops.nn.windows import Sizes
from tcalc.runtime.ops.random.drawing import rand

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_AXES = ("time", "height", "width")


def _starts(xp: ModuleType, chance: Array, size: int, window: int, count: int) -> Array:
    """Where the windows of an axis begin: (*chance's shape, count)."""
    at = xp.full((*chance.shape, count), size - window, xp.int64)
    if count > 1:
        step = chance.dtype.type((size - window) / (count - 1))
        numbers = xp.arange(count - 1, dtype=chance.dtype)
        moved = (numbers + chance[..., None]) * step
        at[..., :-1] = moved.astype(xp.int64) - (chance * step).astype(xp.int64)[..., None]
    return at


@kernel(names=(), differentiable=False)
def _places(xp: ModuleType, input: Array, chances: Array, window: Sizes, lengths: Sizes) -> Array:
    """The number of the greatest element of each window in its flat plane.

    input: (*, c, *sizes), chances: (*, c, axes) → (*, c, *lengths).
    """
    n = len(window)
    lead, sizes = input.shape[: input.ndim - n], input.shape[input.ndim - n :]
    out = xp.zeros((*lead, *lengths), xp.int64)
    if not has_elements(out):
        return out
    flat = input.reshape(*lead, prod(sizes))
    starts = [
        _starts(xp, chances[..., axis], *sizes_of).reshape(
            *lead, *(-1 if a == axis else 1 for a in range(n))
        )
        for axis, sizes_of in enumerate(zip(sizes, window, lengths))
    ]
    best = None
    for place in np.ndindex(*window):
        at: Any = 0
        for start, offset, size in zip(starts, place, sizes):
            at = at * size + (start + offset)
        found = xp.take_along_axis(flat, at.reshape(*lead, -1), -1).reshape(at.shape)
        if best is None:
            best, out = found, at
            continue
        # As PyTorch compares, nan is greater than all.
        better = (found > best) | (found != found)
        best, out = xp.where(better, found, best), xp.where(better, at, out)
    return out


_places.batch = leading


def _sizes(
    name: str, input: Tensor, n: int, output_size: Ints | None, output_ratio: Floats | None
) -> Sizes:
    """How many windows there are, from one of the two ways to say it."""
    if output_size is None and output_ratio is None:
        raise ValueProblem(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is not None:
        return each(name, "output_size", output_size, n)
    ratios = output_ratio if isinstance(output_ratio, tuple) else (output_ratio,) * n
    if len(ratios) != n:
        raise ValueProblem(
            f"{name} requires output_ratio to either be a single Int or tuple of Ints.",
            argument="output_ratio",
        )
    return tuple(int(size * ratio) for size, ratio in zip(input.shape[-n:], ratios))


def _fractional(
    name: str, input: Tensor, kernel_size: Ints, output_size: Ints | None,
    output_ratio: Floats | None, indices: bool, chances: Tensor | None,
) -> Any:  # fmt: skip
    n = int(name[19])
    shape = tuple(input.shape)
    if len(shape) not in (n + 1, n + 2) or 0 in shape[len(shape) - n - 1 :]:
        raise ShapeError(
            f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch "
            f"size for input, but got: {list(shape)}",
            argument="input",
        )
    window = each(name, "kernel_size", kernel_size, n)
    lengths = _sizes(name, input, n, output_size, output_ratio)
    for axis, size, k, count in zip(_AXES[-n:], shape[-n:], window, lengths):
        if k <= 0 or count < 0:
            raise StateError(
                f"{name}: kernel_size must be greater than zero and output_size no less, but got "
                f"{k} and {count}"
            )
        # Of volumes PyTorch wants one more element than the windows need.
        if count + k - 1 > size - (n == 3):
            raise ShapeError(
                f"{name}{'_out' * (n == 3)}(): pool {axis} {k} too large relative to input {axis} "
                f"{size}",
                argument="kernel_size",
            )
    lead = shape[: len(shape) - n]
    batch = lead[0] if len(lead) == 2 else 1
    if chances is None:
        chances = rand(batch, lead[-1], n, dtype=input.dtype, device=input.device)
    elif tuple(chances.shape) != (batch, lead[-1], n):
        raise ShapeError(
            f"Expect _random_samples to have shape {[batch, lead[-1], n]}, but got "
            f"{list(chances.shape)}",
            argument="_random_samples",
        )
    # Of images the first number is for the width.
    by_axis = chances.flip(-1) if n == 2 else chances
    at = _places(input, by_axis.reshape(*lead, n), window, lengths)
    values = chosen.fractional(input, at, n)
    return (values, at) if indices else values


@composite(names=("torch.nn.functional.fractional_max_pool2d",), exempt=DRAWS,
           samples=lambda: [((made_up(2, 5, 6), 2, (3, 2)), {})])  # fmt: skip
def fractional_max_pool2d(
    input: Array, kernel_size: Ints, output_size: Ints | None = None,
    output_ratio: Floats | None = None, return_indices: bool = False,
    _random_samples: Array | None = None,
) -> Tensor:  # fmt: skip
    """The greatest of windows at random distances: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    kernel_size: of each window. output_size: one number, or (h', w'); or output_ratio: the part of
    h and w that they are. return_indices: with the index of each in its flattened image.

    >>> nn.functional.fractional_max_pool2d(ones(1, 5, 6), 2, output_ratio=0.5).shape
    torch.Size([1, 2, 3])
    """
    return _fractional("fractional_max_pool2d", input, kernel_size, output_size, output_ratio,
                       return_indices, _random_samples)  # fmt: skip


@composite(names=("torch.nn.functional.fractional_max_pool3d",), exempt=DRAWS,
           samples=lambda: [((made_up(2, 4, 3, 5), (2, 1, 2), (2, 2, 3)), {})])  # fmt: skip
def fractional_max_pool3d(
    input: Array, kernel_size: Ints, output_size: Ints | None = None,
    output_ratio: Floats | None = None, return_indices: bool = False,
    _random_samples: Array | None = None,
) -> Tensor:  # fmt: skip
    """The greatest of windows at random distances, over three dimensions.

    Arguments as in fractional_max_pool2d.

    >>> nn.functional.fractional_max_pool3d(ones(1, 4, 5, 6), 2, output_size=2).shape
    torch.Size([1, 2, 2, 2])
    """
    return _fractional("fractional_max_pool3d", input, kernel_size, output_size, output_ratio,
                       return_indices, _random_samples)  # fmt: skip


for _op in (fractional_max_pool2d, fractional_max_pool3d):
    _op.autocast = SINGLE
