"""torchvision.io: images in files as tensors (channels, height, width) of bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import StateError
from tcalc.library.host import host
from tcalc.library.images.image import Image
from tcalc.library.images.opening import read, save
from tcalc.library.vision.transforms.choices import Choice, define
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.io"
# By value, the mode that an image gets.
_READ = {"UNCHANGED": None, "GRAY": "L", "GRAY_ALPHA": "LA", "RGB": "RGB", "RGB_ALPHA": "RGBA"}


class ImageReadMode(Choice):
    """How the colours of a file are read."""

    _public_ = frozenset(_READ)

    UNCHANGED: ImageReadMode
    GRAY: ImageReadMode
    GRAY_ALPHA: ImageReadMode
    RGB: ImageReadMode
    RGB_ALPHA: ImageReadMode


for _name in _READ:
    define(ImageReadMode, _name, _name)


def read_image(path: Any, mode: Any = ImageReadMode.UNCHANGED, **kwargs: Any) -> Tensor:
    """The image in a file as a tensor of bytes; needs Pillow.

    mode: ImageReadMode.UNCHANGED, GRAY, GRAY_ALPHA, RGB or RGB_ALPHA, or its name.
    """
    chosen = mode if isinstance(mode, ImageReadMode) else ImageReadMode(mode)
    image = read(host.name_of(path))
    wanted = _READ[chosen.value]
    if wanted is not None:
        image = image.convert(wanted)
    return wrap(np.moveaxis(image.bands(), -1, 0).copy())


def _picture(input: Any) -> Image:
    """A tensor of bytes as an image."""
    if not isinstance(input, Tensor) or input.dtype is not dtypes.uint8:
        raise StateError("Input tensor dtype should be uint8", argument="input")
    if input.ndim != 3 or input.size(0) not in (1, 3):
        raise StateError("Input data should be a 3-dimensional tensor of 1 or 3 channels",
                         argument="input")  # fmt: skip
    pixels = np.moveaxis(input.cpu().array, 0, -1)
    return Image(np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]),
                 "RGB" if pixels.shape[2] == 3 else "L")  # fmt: skip


def write_png(input: Any, filename: Any, compression_level: int = 6) -> None:
    """Write a tensor (1 or 3, height, width) of bytes to a PNG file."""
    save(_picture(input), filename, "PNG", {"compress_level": compression_level})


def write_jpeg(input: Any, filename: Any, quality: int = 75) -> None:
    """Write a tensor (1 or 3, height, width) of bytes to a JPEG file; needs Pillow."""
    save(_picture(input), filename, "JPEG", {"quality": quality})


for _value in (ImageReadMode, read_image, write_jpeg, write_png):
    _name = _value.__name__
    export(f"{_HOME}.{_name}", f"{_HOME}.image.{_name}", value=_value, home=f"{_HOME}.image")
export(f"{_HOME}.decode_image", value=read_image)
