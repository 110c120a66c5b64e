"""Norms of each element by its neighbours in other channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.nn.pooling.avg_pool import window_means
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.nn.windows import Frame
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def _over_channels(input: Tensor, before: int, size: int) -> Tensor:
    """The sums over `size` channels each, from `before` the channel itself on."""
    n, channels, *rest = input.shape
    lengths = (channels, numel(tuple(rest)))
    frame = Frame((1, 1), ((before, size - 1 - before), (0, 0)), (1, 1), 1)
    sums = window_means(input.reshape(n, *lengths), (size, 1), frame, lengths, True, 1)
    return sums.reshape(input.shape)


def _check_size(size: int) -> None:
    if size <= 0:
        raise StateError(f"kernel size should be greater than zero, but got {size}",
                         argument="size")  # fmt: skip


@composite(
    names=("torch.nn.functional.local_response_norm",),
    samples=lambda: [((made_up(2, 5, 3), 3), {}), ((made_up(1, 4, 2, 2), 2, 0.1, 0.5, 2.0), {})],
)
def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """input / (k + alpha times the mean square over `size` neighbouring channels) ** beta.

    input: (n, c, *) → the same; channels that are not there count as 0.

    >>> nn.functional.local_response_norm(ones(1, 2, 1), 2, alpha=1., beta=1.).flatten()
    tensor([0.6667, 0.5000])
    """
    if input.ndim < 3:
        raise ValueProblem(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)",
            argument="input",
        )
    _check_size(size)
    total = _over_channels(input * input, size // 2, size)
    return input / (total * (alpha / size) + k) ** beta


def cross_map_norm(input: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """The same of images, as PyTorch has it from Torch 7.

    There the sum goes on from one channel to the next, and the first one is never taken away.
    """
    if input.ndim != 4:
        raise ValueProblem(
            f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead.",
            argument="input",
        )
    _check_size(size)
    squares = input * input
    half = (size - 1) // 2 + 1
    total = _over_channels(squares, half - 1, 2 * half - 1)
    later = input.new_zeros(input.shape[1])
    later[half:] = 1
    total = total + squares[:, :1] * later.reshape(-1, 1, 1)
    return input * (total * (alpha / size) + k) ** -beta
