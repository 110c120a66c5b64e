"""`PIL.ImageOps` and `PIL.ImageEnhance`: what changes the colours of an image, by their names."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError
from tcalc.library.images import operations
from tcalc.library.images.image import Image
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _need(image: Any) -> Image:
    if not isinstance(image, Image):
        raise ArgumentError(f"an image is needed, not {type(image).__name__}", argument="image")
    return image


def autocontrast(image: Image) -> Image:
    """The image with the least value of each band at 0 and the greatest at 255."""
    return operations.autocontrast(_need(image))


def equalize(image: Image) -> Image:
    """The image with as many pixels of each value as of any other."""
    return operations.equalize(_need(image))


def expand(image: Image, border: Any = 0, fill: Any = 0) -> Image:
    """The image with a border: one number, two (across, down) or left, top, right, bottom."""
    taken = kinds.take("expand", "border", ("Ints",), border)
    sides = (taken,) * 4 if type(taken) is int else taken * (4 // max(len(taken), 1))
    if len(sides) != 4:
        raise ArgumentError("border must be an integer, or a tuple of two or four elements",
                            argument="border")  # fmt: skip
    left, top, right, bottom = sides
    return operations.expand(_need(image), left, top, right, bottom, fill)


def flip(image: Image) -> Image:
    """The image with top and bottom exchanged."""
    return _need(image).transpose(1)


def grayscale(image: Image) -> Image:
    """The image without its colours."""
    return _need(image).convert("L")


def invert(image: Image) -> Image:
    """The image with light and dark exchanged."""
    return operations.invert(_need(image))


def mirror(image: Image) -> Image:
    """The image with left and right exchanged."""
    return _need(image).transpose(0)


def posterize(image: Image, bits: int) -> Image:
    """The image with the first bits of each value alone."""
    return operations.posterize(_need(image), kinds.take("posterize", "bits", ("int",), bits))


def solarize(image: Image, threshold: float = 128) -> Image:
    """The image with values from the threshold on inverted."""
    return operations.solarize(
        _need(image), kinds.take("solarize", "threshold", ("float",), threshold)
    )


for _function in (
    autocontrast, equalize, expand, flip, grayscale, invert, mirror, posterize, solarize,
):  # fmt: skip
    export(f"PIL.ImageOps.{_function.__name__}", value=_function)


class _Enhance:
    """The base: of an image, which `enhance` gives with more or less of something."""

    _public_ = frozenset({"enhance"})
    __slots__ = ("_image",)
    _how: Any

    def __init__(self, image: Any) -> None:
        self._image = _need(image)

    def enhance(self, factor: float) -> Image:
        """The image with as much of it: 0 none, 1 what there is, 2 twice as far from none."""
        made: Image = type(self)._how(
            self._image, kinds.take("enhance", "factor", ("float",), factor)
        )
        return made


def _named(name: str, how: Any, text: str) -> None:
    made = type(name, (_Enhance,), {"__slots__": (), "__doc__": text, "_how": staticmethod(how)})
    export(f"PIL.ImageEnhance.{name}", value=made)


_named("Brightness", operations.brightness, "The brightness of an image, from black on.")
_named("Contrast", operations.contrast, "The contrast of an image, from its mean grey on.")
_named("Color", operations.saturation, "The colours of an image, from its greys on.")
_named("Sharpness", operations.sharpness, "How sharp an image is, from a smooth one on.")
