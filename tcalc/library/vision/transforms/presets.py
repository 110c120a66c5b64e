"""How images are prepared for networks with published weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms.functional import (
    center_crop,
    convert_image_dtype,
    pil_to_tensor,
    resize,
)
from tcalc.library.vision.transforms.functional_colors import normalize
from tcalc.library.vision.transforms.interpolation import InterpolationMode
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import float32

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOME = "torchvision.transforms._presets"


@export(f"{_HOME}.ImageClassification", home=_HOME)
class ImageClassification(Module):
    """Resize, crop the middle, make floats from 0 to 1 and normalize by ImageNet's means.

    img: an image, or a tensor (…, channels, height, width).

    >>> prepare = torchvision.models.ResNet18_Weights.DEFAULT.transforms()
    >>> prepare(zeros(3, 300, 400, dtype=uint8)).shape
    torch.Size([3, 224, 224])
    """

    def __init__(
        self, *, crop_size: int, resize_size: int = 256,
        mean: Sequence[float] = (0.485, 0.456, 0.406), std: Sequence[float] = (0.229, 0.224, 0.225),
        interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.crop_size = List([crop_size])
        self.resize_size = List([resize_size])
        self.mean = List(mean)
        self.std = List(std)
        self.interpolation = interpolation
        self.antialias = antialias

    def forward(self, img: Any) -> Tensor:
        """The image as the network takes it."""
        img = resize(
            img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias
        )
        img = center_crop(img, self.crop_size)
        if not isinstance(img, Tensor):
            img = pil_to_tensor(img)
        img = convert_image_dtype(img, float32)
        return normalize(img, mean=self.mean, std=self.std)

    def __repr__(self) -> str:
        shown = ("crop_size", "resize_size", "mean", "std", "interpolation")
        lines = "".join(f"\n    {name}={getattr(self, name)}" for name in shown)
        return f"{self._get_name()}({lines}\n)"
