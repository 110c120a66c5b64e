"""Layers that give images another size."""

from __future__ import annotations

from tcalc.library.nn.arguments import Sizes, layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn.interpolation.functions import interpolate
from tcalc.runtime.tensor.tensor import Tensor

Factors = float | tuple[float, ...]


@layer("upsampling")
class Upsample(Module):
    """The input at another size: (n, c, l), (n, c, h, w) or (n, c, d, h, w) → (n, c, *sizes).

    size: of the output; or scale_factor: how many times the input's. mode: "nearest", "linear",
    "bilinear", "bicubic" or "trilinear". Arguments as in nn.functional.interpolate.

    >>> nn.Upsample(scale_factor=2)(tensor([[[1., 2.]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self, size: int | Sizes | None = None, scale_factor: Factors | None = None,
        mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.name = type(self).__name__
        self.size = None if size is None else take(self, "size", size, "Ints")
        self.scale_factor = None
        if scale_factor:
            self.scale_factor = take(self, "scale_factor", scale_factor, "Floats")
        self.mode: str = take(self, "mode", mode, "str")
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input at the other size."""
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The size or factor, and the mode."""
        said = f"size={self.size!r}"
        if self.scale_factor is not None:
            said = f"scale_factor={self.scale_factor!r}"
        return f"{said}, mode={self.mode!r}"


@layer("upsampling")
class UpsamplingNearest2d(Upsample):
    """Images at another size, each pixel the nearest one: (n, c, h, w) → (n, c, h', w').

    >>> nn.UpsamplingNearest2d(scale_factor=2)(ones(1, 1, 1, 2)).shape
    torch.Size([1, 1, 2, 4])
    """

    def __init__(
        self, size: int | Sizes | None = None, scale_factor: Factors | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


@layer("upsampling")
class UpsamplingBilinear2d(Upsample):
    """Images at another size, between pixels, corners on corners: (n, c, h, w) → (n, c, h', w').

    >>> nn.UpsamplingBilinear2d(size=(1, 3))(tensor([[[[1., 2.]]]]))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(
        self, size: int | Sizes | None = None, scale_factor: Factors | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
