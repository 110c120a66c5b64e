"""torchvision.utils: images side by side, and written to files."""

from __future__ import annotations

import math
from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.image import Image
from tcalc.library.images.opening import save as save_file
from tcalc.library.vision.transforms.arguments import is_sequence, kind_of, take
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# What a range is divided by at least.
_LEAST = 1e-5


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: Any = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images side by side in one: a tensor (n, channels, height, width) or a list of images.

    nrow: how many stand in a row. padding: pixels between them, of pad_value. normalize: whether
    their values are stretched to 0 … 1, from value_range or the least and greatest; scale_each: for
    each image by itself. Images of one channel become ones of three.

    >>> from torchvision.utils import make_grid
    >>> make_grid(zeros(6, 1, 4, 4), nrow=3, padding=1).shape
    torch.Size([3, 11, 16])
    """
    if not isinstance(tensor, Tensor):
        if not is_sequence(tensor):
            raise ArgumentError(f"tensor or list of tensors expected, got {kind_of(tensor)}",
                                argument="tensor")  # fmt: skip
        for one in tensor:
            if not isinstance(one, Tensor):
                raise ArgumentError(
                    f"tensor or list of tensors expected, got a list containing {kind_of(one)}",
                    argument="tensor",
                )
        tensor = stack(list(tensor), 0)
    if normalize is True and value_range is not None and type(value_range) is not tuple:
        raise ArgumentError(
            "value_range has to be a tuple (min, max) if specified. min and max are numbers",
            argument="value_range",
        )
    across, border = (
        take("make_grid", name, n, "int") for name, n in (("nrow", nrow), ("padding", padding))
    )
    with no_grad():
        images = _in_colours(tensor)
        if normalize is True:
            images = _stretched(images, value_range, scale_each is True)
        return _side_by_side(
            images, across, border, take("make_grid", "pad_value", pad_value, "float")
        )


def _in_colours(images: Tensor) -> Tensor:
    """A batch of images with as many channels as they have, but three for one."""
    if images.ndim == 2:
        images = images.unsqueeze(0)
    if images.ndim == 3:
        images = images.unsqueeze(0)
    if images.ndim == 4 and images.size(1) == 1:
        images = cat((images, images, images), 1)
    return images


def _stretched(images: Tensor, value_range: Any, each: bool) -> Tensor:
    """The images with their values between 0 and 1."""

    def one(image: Tensor) -> Tensor:
        if value_range is None:
            low, high = float(image.min()), float(image.max())
        else:
            low, high = take("make_grid", "value_range", value_range, "Floats")
        return (image.clamp(low, high) - low) / max(high - low, _LEAST)

    return stack([one(image) for image in images]) if each else one(images)


def _side_by_side(images: Tensor, across: int, border: int, around: float) -> Tensor:
    count, channels, height, width = images.shape
    if count == 1:
        return images.squeeze(0)
    columns = min(across, count)
    if columns < 1:
        raise ValueProblem("nrow must be 1 or more", argument="nrow")
    rows = math.ceil(count / columns)
    high, wide = height + border, width + border
    grid = images.new_full((channels, high * rows + border, wide * columns + border), around)
    for at, image in enumerate(images):
        y, x = divmod(at, columns)
        top, left = y * high + border, x * wide + border
        grid[:, top : top + height, left : left + width] = image
    return grid


def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write images side by side to a file, as make_grid lays them out, values from 0 to 1.

    fp: a name that ends in .png (which needs nothing else), .jpg, .bmp or .gif (which need Pillow).
    Other arguments are make_grid's.
    """
    grid = make_grid(tensor, **kwargs)
    with no_grad():
        bytes_of = grid.mul(255).add(0.5).clamp(0, 255).permute(1, 2, 0).to("cpu", dtypes.uint8)
    save_file(Image(bytes_of.array.copy(), "RGB"), fp, format, {})


for _function in (make_grid, save_image):
    export(f"torchvision.utils.{_function.__name__}", value=_function)
