"""torchvision.transforms.functional: what changes the colours of tensors and images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images import operations
from tcalc.library.vision.transforms import colors
from tcalc.library.vision.transforms.arguments import function, kind_of, need_image, take
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.images.image import Image

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Modes of images that have no hues.
_PLAIN = ("L", "1", "I", "F")


def _by(
    img: Any, of_tensor: Callable[..., Tensor], of_image: Callable[..., Image], *given: Any
) -> Any:
    """What is done with a tensor, or with an image."""
    if isinstance(img, Tensor):
        return of_tensor(img, *given)
    return of_image(need_image(img), *given)


def _factor(name: str, value: Any) -> float:
    """How much of something: a number from 0 on."""
    factor: float = take(f"adjust_{name}", f"{name}_factor", value, "float")
    if factor < 0:
        raise ValueProblem(f"{name}_factor ({value}) is not non-negative.",
                           argument=f"{name}_factor")  # fmt: skip
    return factor


@function
def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The image between black (0) and itself (1), or brighter.

    >>> import torchvision.transforms.functional as TF
    >>> TF.adjust_brightness(tensor([[[0.2, 0.8]]]), 0.5)
    tensor([[[0.1000, 0.4000]]])
    """
    factor = _factor("brightness", brightness_factor)
    return _by(img, colors.brightness, operations.brightness, factor)


@function
def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The image between its mean grey (0) and itself (1), or of more contrast."""
    factor = _factor("contrast", contrast_factor)
    return _by(img, colors.contrast, operations.contrast, factor)


@function
def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The image between its greys (0) and itself (1), or of stronger colours."""
    factor = _factor("saturation", saturation_factor)
    return _by(img, colors.saturation, operations.saturation, factor)


@function
def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The image between a smooth one (0) and itself (1), or sharper."""
    factor = _factor("sharpness", sharpness_factor)
    return _by(img, colors.sharpness, operations.sharpness, factor)


@function
def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The image with its hues moved by a share of the circle, from -0.5 to 0.5."""
    factor: float = take("adjust_hue", "hue_factor", hue_factor, "float")
    if not -0.5 <= factor <= 0.5:
        raise ValueProblem(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].",
                           argument="hue_factor")  # fmt: skip
    if not isinstance(img, Tensor) and need_image(img).mode in _PLAIN:
        return img
    return _by(img, colors.hue, operations.hue, factor)


@function
def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """Each value x as gain·x**gamma, between 0 and 1."""
    power: float = take("adjust_gamma", "gamma", gamma, "float")
    times: float = take("adjust_gamma", "gain", gain, "float")
    if power < 0:
        raise ValueProblem("Gamma should be a non-negative real number", argument="gamma")
    return _by(img, colors.gamma, operations.gamma, power, times)


@function
def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The image without its colours, in one channel or the same in three.

    >>> import torchvision.transforms.functional as TF
    >>> TF.rgb_to_grayscale(tensor([1., 0., 0.]).reshape(3, 1, 1))
    tensor([[[0.2989]]])
    """
    if isinstance(img, Tensor):
        return colors.grey(img, num_output_channels)
    return to_grayscale(need_image(img), num_output_channels)


@function
def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image without its colours, in one channel or the same in three."""
    image = need_image(img, "Input should be PIL Image")
    if num_output_channels not in (1, 3):
        raise ValueProblem("num_output_channels should be either 1 or 3",
                           argument="num_output_channels")  # fmt: skip
    grey = image.convert("L")
    return grey if num_output_channels == 1 else grey.convert("RGB")


@function
def invert(img: Any) -> Any:
    """The image with light and dark exchanged."""
    return _by(img, colors.invert, operations.invert)


@function
def posterize(img: Any, bits: int) -> Any:
    """The first bits of each byte alone."""
    return _by(img, colors.posterize, operations.posterize, _bits(bits))


def _bits(bits: Any) -> int:
    count: int = take("posterize", "bits", bits, "int")
    if not 0 <= count <= 8:
        raise ValueProblem(f"The number if bits should be between 0 and 8. Got {bits}",
                           argument="bits")  # fmt: skip
    return count


@function
def solarize(img: Any, threshold: float) -> Any:
    """The image with values from the threshold on inverted."""
    least: float = take("solarize", "threshold", threshold, "float")
    return _by(img, colors.solarize, operations.solarize, least)


@function
def autocontrast(img: Any) -> Any:
    """The image with the least value of each channel at 0, and the greatest as great as can be."""
    return _by(img, colors.autocontrast, operations.autocontrast)


@function
def equalize(img: Any) -> Any:
    """The image with as many pixels of each value as of any other."""
    return _by(img, colors.equalize, operations.equalize)


@function
def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """Each channel of a tensor (…, channels, height, width) less its mean, over its deviation.

    >>> import torchvision.transforms.functional as TF
    >>> TF.normalize(ones(1, 1, 2), [0.5], [0.25])
    tensor([[[2., 2.]]])
    """
    if not isinstance(tensor, Tensor):
        raise ArgumentError(f"img should be Tensor Image. Got {kind_of(tensor)}", argument="tensor")
    return colors.normalize(tensor, mean, std, bool(inplace))


@function
def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """The tensor with a rectangle from row i and column j on of other values."""
    if not isinstance(img, Tensor):
        raise ArgumentError(f"img should be Tensor Image. Got {kind_of(img)}", argument="img")
    place = [take("erase", name, n, "int") for name, n in zip("ijhw", (i, j, h, w))]
    return colors.erase(img, place, v, bool(inplace))
