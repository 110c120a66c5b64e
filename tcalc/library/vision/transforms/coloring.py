"""Transforms of colours, and of single pixels."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import functional_colors as functional
from tcalc.library.vision.transforms.arguments import (
    dimensions,
    is_number,
    is_sequence,
    take,
    transform,
)
from tcalc.library.vision.transforms.drawing import drawn, shaped, uniform, whole
from tcalc.library.vision.transforms.geometry import ByChance, need_range
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.random.drawing import randperm
from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


@transform
class Grayscale(Module):
    """The image without its colours, in one channel or the same in three."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The image without its colours."""
        return functional.rgb_to_grayscale(img, num_output_channels=self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


@transform
class RandomGrayscale(ByChance):
    """The image, by the chance p without its colours."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def _done(self, img: Any) -> Any:
        return functional.rgb_to_grayscale(img, num_output_channels=dimensions(img)[0])


@transform
class ColorJitter(Module):
    """The image with brightness, contrast, saturation and hue changed, in an order that is drawn.

    Each is a number (how far from 1, of hue from 0) or a pair: what is drawn lies between.

    >>> from torchvision import transforms
    >>> transforms.ColorJitter(brightness=0.5, hue=(-0.1, 0.1))
    ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=(-0.1, 0.1))
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness = _range("brightness", brightness)
        self.contrast = _range("contrast", contrast)
        self.saturation = _range("saturation", saturation)
        self.hue = _range("hue", hue, 0.0, (-0.5, 0.5))

    @staticmethod
    def get_params(brightness: Any, contrast: Any, saturation: Any, hue: Any) -> tuple[Any, ...]:
        """The order of the four, and a factor of each or None."""
        order = randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return (order, *[None if r is None else uniform(r[0], r[1]) for r in ranges])

    def forward(self, img: Any) -> Any:
        """The image in other colours."""
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        for at in order.tolist():
            if factors[at] is not None:
                img = _ADJUST[at](img, factors[at])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


_ADJUST = (
    functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation,
    functional.adjust_hue,
)  # fmt: skip


def _range(
    name: str, value: Any, center: float = 1.0, bound: tuple[float, float] = (0, float("inf"))
) -> tuple[float, float] | None:
    """From where to where a factor is drawn; None where it changes nothing."""
    if is_number(value):
        if value < 0:
            raise ValueProblem(f"If {name} is a single number, it must be non negative.",
                               argument=name)  # fmt: skip
        low, high = center - float(value), center + float(value)
        low = max(low, 0.0) if center else low
    elif is_sequence(value) and len(value) == 2:
        low, high = take("ColorJitter", name, value, "Floats")
    else:
        raise ArgumentError(f"{name} should be a single number or a list/tuple with length 2.",
                            argument=name)  # fmt: skip
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueProblem(f"{name} values should be between {bound}, but got {[low, high]}.",
                           argument=name)  # fmt: skip
    return None if low == high == center else (low, high)


@transform
class RandomInvert(ByChance):
    """The image, by the chance p with light and dark exchanged."""

    def _done(self, img: Any) -> Any:
        return functional.invert(img)


@transform
class RandomPosterize(ByChance):
    """The image, by the chance p with the first `bits` of each byte alone."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def _done(self, img: Any) -> Any:
        return functional.posterize(img, self.bits)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bits={self.bits},p={self.p})"


@transform
class RandomSolarize(ByChance):
    """The image, by the chance p with values from the threshold on inverted."""

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def _done(self, img: Any) -> Any:
        return functional.solarize(img, self.threshold)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(threshold={self.threshold},p={self.p})"


@transform
class RandomAdjustSharpness(ByChance):
    """The image, by the chance p sharper or smoother."""

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def _done(self, img: Any) -> Any:
        return functional.adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sharpness_factor={self.sharpness_factor},p={self.p})"


@transform
class RandomAutocontrast(ByChance):
    """The image, by the chance p with as much contrast as there can be."""

    def _done(self, img: Any) -> Any:
        return functional.autocontrast(img)


@transform
class RandomEqualize(ByChance):
    """The image, by the chance p with as many pixels of each value as of any other."""

    def _done(self, img: Any) -> Any:
        return functional.equalize(img)


@transform
class RandomErasing(Module):
    """A tensor, by the chance p with a rectangle of other values.

    scale, ratio: of the rectangle's area to the image's, and of its height to its width, from where
    to where they are drawn. value: a number, one for each channel, or "random".
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, p: float = 0.5, scale: Any = (0.02, 0.33), ratio: Any = (0.3, 3.3), value: Any = 0,
        inplace: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if not (is_number(value) or is_sequence(value) or type(value) is str):
            raise ArgumentError("Argument value should be either a number or str or a sequence",
                                argument="value")  # fmt: skip
        if type(value) is str and value != "random":
            raise ValueProblem("If value is str, it should be 'random'", argument="value")
        need_range("scale", scale)
        need_range("ratio", ratio)
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warn("Scale and ratio should be of kind (min, max)")
        if scale[0] < 0 or scale[1] > 1:
            raise ValueProblem("Scale should be between 0 and 1", argument="scale")
        if p < 0 or p > 1:
            raise ValueProblem("Random erasing probability should be between 0 and 1",
                               argument="p")  # fmt: skip
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(img: Tensor, scale: Any, ratio: Any, value: Any = None) -> tuple[Any, ...]:
        """Top, left, height, width and the values of a rectangle; all of the image where ten that
        were drawn do not fit.
        """
        channels, height, width = img.shape[-3:]
        shares = take("get_params", "scale", scale, "Floats")
        ratios = take("get_params", "ratio", ratio, "Floats")
        # The ratio is of height to width here.
        turned = shaped(height * width, shares, ratios, lambda w, h: h < height and w < width)
        if turned is None:
            return 0, 0, height, width, img
        w, h = turned
        if value is None:
            values = empty((channels, h, w)).normal_()
        else:
            values = tensor(value)[:, None, None]
        top = whole(0, height - h + 1)
        return top, whole(0, width - w + 1), h, w, values

    def forward(self, img: Any) -> Any:
        """The image, with a rectangle erased or as it is."""
        if drawn() >= self.p:
            return img
        value = None
        if type(self.value) is not str:
            taken = take(self, "value", self.value, "Floats")
            value = list(taken) if type(taken) is tuple else [taken]
            if len(value) not in (1, img.shape[-3]):
                raise ValueProblem(
                    "If value is a sequence, it should have either a single value or "
                    f"{img.shape[-3]} (number of input channels)",
                    argument="value",
                )
        place = self.get_params(img, self.scale, self.ratio, value)
        return functional.erase(img, *place, self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )
