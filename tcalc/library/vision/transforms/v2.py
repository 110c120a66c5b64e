"""What torchvision.transforms.v2 has beside the transforms that it shares: images become tensors of
bytes first, and floats later.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import ValueProblem
from tcalc.library.images.image import Image
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import tensors
from tcalc.library.vision.transforms.arguments import take
from tcalc.library.vision.transforms.functional import need_numbers, pil_to_tensor
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor, wrap

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.transforms.v2"


@export(f"{_HOME}.ToImage", home=f"{_HOME}._type_conversion")
class ToImage(Module):
    """An image, or an array (height, width[, channels]), as a tensor of its own numbers.

    >>> from torchvision.transforms import v2
    >>> v2.ToImage()(np.array([[0, 255]], dtype=np.uint8))
    tensor([[[  0, 255]]], dtype=torch.uint8)
    """

    def forward(self, inpt: Any) -> Any:
        """The image as a tensor (channels, height, width); what is none as it is."""
        if isinstance(inpt, Image):
            return pil_to_tensor(inpt)
        if type(inpt) is not np.ndarray:
            return inpt
        if inpt.ndim not in (2, 3):
            raise ValueProblem(f"an image has 2 or 3 dimensions, not {inpt.ndim}", argument="inpt")
        pixels = need_numbers(inpt)
        bands = pixels[..., None] if pixels.ndim == 2 else pixels
        return wrap(np.moveaxis(bands, -1, 0).copy())


@export(f"{_HOME}.ToDtype", home=f"{_HOME}._misc")
class ToDtype(Module):
    """A tensor in another dtype. scale: whether its values are scaled to what that spans.

    >>> from torchvision.transforms import v2
    >>> v2.ToDtype(float32, scale=True)(tensor([0, 255], dtype=uint8))
    tensor([0., 1.])
    """

    _on_batches_ = True

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        self.dtype = dtype
        self.scale = scale

    def forward(self, inpt: Any) -> Any:
        """The tensor in the dtype; anything else as it is."""
        if not isinstance(inpt, Tensor):
            return inpt
        kind = take(self, "dtype", self.dtype, "DType")
        return tensors.convert_dtype(inpt, kind) if self.scale else inpt.to(kind)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(scale={self.scale})"
