"""Channels laid out as pixels, and pixels as channels."""

from __future__ import annotations

from tcalc.library.nn.arguments import layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn import shuffling
from tcalc.runtime.tensor.tensor import Tensor


@layer("pixelshuffle")
class PixelShuffle(Module):
    """Groups of r² channels as squares of pixels: (*, c r², h, w) → (*, c, h r, w r).

    >>> nn.PixelShuffle(2)(arange(4.).reshape(4, 1, 1))
    tensor([[[0., 1.],
             [2., 3.]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor: int = take(self, "upscale_factor", upscale_factor, "int")

    def forward(self, input: Tensor) -> Tensor:
        """The larger images."""
        return shuffling.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


@layer("pixelshuffle")
class PixelUnshuffle(Module):
    """Squares of pixels as r² channels: (*, c, h r, w r) → (*, c r², h, w).

    >>> nn.PixelUnshuffle(2)(arange(4.).reshape(1, 2, 2)).flatten()
    tensor([0., 1., 2., 3.])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor: int = take(self, "downscale_factor", downscale_factor, "int")

    def forward(self, input: Tensor) -> Tensor:
        """The smaller images."""
        return shuffling.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"
