"""Channels laid out as pixels and back, and channels of several groups in turn."""

from __future__ import annotations

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.conversion import contiguous_copy
from tcalc.runtime.ops.nn.spatial import made_up


def _sizes(name: str, input: Array, factor: int, what: str) -> tuple[int, ...]:
    """The input's sizes, of which there are enough."""
    input.dtype.need("bifc", name)
    shape = tuple(input.shape)
    if len(shape) < 3:
        raise ShapeError(
            f"{name} expects input to have at least 3 dimensions, but got input with "
            f"{len(shape)} dimension(s)",
            argument="input",
        )
    if factor <= 0:
        raise StateError(f"{name} expects a positive {what}, but got {factor}", argument=what)
    return shape


@composite(
    names=("torch.nn.functional.pixel_shuffle", "torch.pixel_shuffle"),
    samples=lambda: [((made_up(2, 8, 2, 3), 2), {}), ((made_up(9, 1, 2), 3), {})],
)
def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """Groups of r² channels as squares of pixels: (*, c r², h, w) → (*, c, h r, w r).

    >>> nn.functional.pixel_shuffle(arange(4.).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    r = upscale_factor
    *lead, channels, height, width = _sizes("pixel_shuffle", input, r, "upscale_factor")
    if channels % (r * r):
        raise ShapeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}",
            argument="input",
        )
    if r == 1:
        return contiguous_copy(input)
    made = channels // (r * r)
    parts = input.reshape(*lead, made, r, r, height, width)
    return (
        parts.movedim(-4, -2)  # (*, c, r, h, r, w)
        .movedim(-4, -1)  # (*, c, h, r, w, r)
        .reshape(*lead, made, height * r, width * r)
    )


@composite(
    names=("torch.nn.functional.pixel_unshuffle", "torch.pixel_unshuffle"),
    samples=lambda: [((made_up(2, 1, 4, 6), 2), {}), ((made_up(1, 3, 3), 3), {})],
)
def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    """Squares of pixels as r² channels, the way back of pixel_shuffle: (*, c, h r, w r) → (*, c r², h, w).

    >>> nn.functional.pixel_unshuffle(arange(4.).reshape(1, 2, 2), 2).flatten()
    tensor([0., 1., 2., 3.])
    """
    r = downscale_factor
    *lead, channels, height, width = _sizes("pixel_unshuffle", input, r, "downscale_factor")
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise ShapeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({dim})={size} is not divisible by {r}",
                argument="input",
            )
    if r == 1:
        return contiguous_copy(input)
    parts = input.reshape(*lead, channels, height // r, r, width // r, r)
    return (
        parts.movedim(-3, -4)  # (*, c, r, h, w, r)
        .movedim(-1, -3)  # (*, c, r, r, h, w)
        .reshape(*lead, channels * r * r, height // r, width // r)
    )


@composite(
    names=(
        "torch.nn.functional.channel_shuffle", "torch.channel_shuffle",
        "torch.nn.functional.native_channel_shuffle", "torch.native_channel_shuffle",
    ),
    samples=lambda: [((made_up(2, 6, 2, 1), 3), {}), ((made_up(1, 4, 3), 2), {})],
)  # fmt: skip
def channel_shuffle(input: Array, groups: int) -> Array:
    """The channels of `groups` groups in turn: (n, c, *) → the same, c a multiple of groups.

    >>> nn.functional.channel_shuffle(arange(4.).reshape(1, 4, 1, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    input.dtype.need("bifc", "channel_shuffle")
    shape = tuple(input.shape)
    if len(shape) < 3:
        raise ShapeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}",
            argument="input",
        )
    n, channels, *rest = shape
    if groups <= 0:
        raise StateError(
            "Number of groups to divide channels in must be positive. "
            f"Value of groups:{groups}",
            argument="groups",
        )  # fmt: skip
    if channels % groups:
        raise ShapeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and "
            f"{groups} groups.",
            argument="groups",
        )
    return input.reshape(n, groups, channels // groups, *rest).transpose(1, 2).reshape(shape)
