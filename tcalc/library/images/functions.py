"""`PIL.Image`: what makes images, and the numbers that say how they are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.host import host
from tcalc.library.images import image as images
from tcalc.library.images import opening, operations, resampling
from tcalc.library.images.image import Image
from tcalc.library.images.modes import MODES, need_mode
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Sequence

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# By number of bands and NumPy's type, the mode of an array, and the type that its pixels get.
_OF_ARRAYS = {
    (1, "|b1"): ("1", "bool"), (1, "|u1"): ("L", "uint8"), (1, "|i1"): ("I", "int32"),
    (1, "<u2"): ("I;16", "uint16"), (1, "<i2"): ("I", "int32"), (1, "<u4"): ("I", "int32"),
    (1, "<i4"): ("I", "int32"), (1, "<f4"): ("F", "float32"), (1, "<f8"): ("F", "float32"),
    (2, "|u1"): ("LA", "uint8"), (3, "|u1"): ("RGB", "uint8"), (4, "|u1"): ("RGBA", "uint8"),
}  # fmt: skip
# Other modes that the same bytes may be of.
_OTHERS = {"RGB": ("YCbCr", "HSV"), "RGBA": ("CMYK", "RGBa"), "LA": ("La",), "I": ("I;16",)}


def _exported(function: Any) -> Any:
    """Makes a function known as one of PIL.Image."""
    return export(f"PIL.Image.{function.__name__.removesuffix('_')}", value=function)


def open_(fp: Any, mode: str = "r", formats: Any = None) -> Image:
    """The image in a file: PNG, JPEG, BMP, GIF, PPM or WEBP. Needs Pillow.

    One with a palette is given in its colours. FileProblem (OSError) where the file is none, and
    LimitError where its pixels do not fit in memory.
    """
    if mode != "r":
        raise ValueProblem(f"bad mode {mode!r}", argument="mode")
    return opening.read(host.name_of(fp))


def new(mode: str, size: Any, color: Any = 0) -> Image:
    """An image of one colour: numbers for its bands, or a name.

    >>> from PIL import Image
    >>> Image.new("L", (2, 1), 7).getextrema()
    (7, 7)
    """
    mode = need_mode(mode)
    taken = kinds.take("new", "size", ("Ints",), size)
    if type(taken) is not tuple or len(taken) != 2:
        raise ValueProblem("Size must be a sequence of length 2", argument="size")
    return Image(images.new_pixels(mode, taken, color), mode)


def fromarray(obj: Any, mode: str | None = None) -> Image:
    """An image of an array's numbers: (height, width) or (height, width, bands) of bytes.

    >>> from PIL import Image
    >>> Image.fromarray(np.zeros((2, 3, 3), dtype=np.uint8))
    <PIL.Image.Image image mode=RGB size=3x2>
    """
    if type(obj) is not np.ndarray:
        raise ArgumentError(
            f"fromarray() takes an array, not {type(obj).__name__}", argument="obj",
            hint="x.numpy() makes one of a tensor",
        )  # fmt: skip
    bands = obj.shape[2] if obj.ndim == 3 else 1
    key = (bands, obj.dtype.str)
    found = (
        _OF_ARRAYS.get(key) if obj.ndim in (2, 3) and not (obj.ndim == 3 and bands == 1) else None
    )
    if found is None:
        told = (1, 1, *obj.shape[2:])
        raise ArgumentError(
            f"Cannot handle this data type: {told}, {obj.dtype.str}", argument="obj"
        )
    kept, dtype = found
    if mode is not None and need_mode(mode) != kept:
        if mode not in _OTHERS.get(kept, ()):
            raise ValueProblem("Invalid mode for data type", argument="mode")
        kept, dtype = mode, MODES[mode].dtype
    return Image(np.array(obj, dtype, order="C"), kept)


def merge(mode: str, bands: Sequence[Image]) -> Image:
    """An image of one image for each band, as `split` gives them."""
    mode = need_mode(mode)
    parts = list(bands)
    if len(parts) != len(MODES[mode].bands) or not parts:
        raise ValueProblem("wrong number of bands", argument="bands")
    if not all(isinstance(part, Image) for part in parts):
        raise ArgumentError("bands are images", argument="bands")
    if any(part.mode != "L" for part in parts) and len(parts) > 1:
        raise ValueProblem("mode mismatch", argument="bands")
    if any(part.size != parts[0].size for part in parts):
        raise ValueProblem("size mismatch", argument="bands")
    if len(parts) == 1:
        return parts[0].convert(mode)
    return Image(np.stack([part.pixels() for part in parts], -1), mode)


def blend(im1: Image, im2: Image, alpha: float) -> Image:
    """im1·(1 - alpha) + im2·alpha, of two images of one size and mode."""
    share: float = kinds.take("blend", "alpha", ("float",), alpha)
    if not (isinstance(im1, Image) and isinstance(im2, Image)):
        raise ArgumentError("blend() takes two images")
    if im1.size != im2.size or im1.mode != im2.mode or MODES[im1.mode].dtype != "uint8":
        raise ValueProblem("images do not match")
    return operations.blend(im1, im2, share)


for _function in (open_, new, fromarray, merge, blend):
    _exported(_function)
open_.__name__ = open_.__qualname__ = "open"

# What is known by a group's name as well as by its own.
for _group, _names in {
    "Resampling": {
        "NEAREST": resampling.NEAREST, "LANCZOS": resampling.LANCZOS,
        "BILINEAR": resampling.BILINEAR, "BICUBIC": resampling.BICUBIC, "BOX": resampling.BOX,
        "HAMMING": resampling.HAMMING,
    },
    "Transpose": {
        "FLIP_LEFT_RIGHT": images.FLIP_LEFT_RIGHT, "FLIP_TOP_BOTTOM": images.FLIP_TOP_BOTTOM,
        "ROTATE_90": images.ROTATE_90, "ROTATE_180": images.ROTATE_180,
        "ROTATE_270": images.ROTATE_270, "TRANSPOSE": images.TRANSPOSE,
        "TRANSVERSE": images.TRANSVERSE,
    },
    "Transform": {
        "AFFINE": images.AFFINE, "EXTENT": images.EXTENT, "PERSPECTIVE": images.PERSPECTIVE,
    },
    "Dither": {"NONE": 0, "FLOYDSTEINBERG": 3},
}.items():  # fmt: skip
    for _name, _value in _names.items():
        export(f"PIL.Image.{_name}", f"PIL.Image.{_group}.{_name}", value=_value)
# Pillow 10 let it go; programs from before have it.
export("PIL.Image.ANTIALIAS", value=resampling.LANCZOS)
