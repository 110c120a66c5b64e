"""Transforms of where pixels are: sizes, parts, borders, mirror images."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, NotDefined, ValueProblem
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import functional
from tcalc.library.vision.transforms.arguments import (
    dimensions,
    is_number,
    is_sequence,
    kind_of,
    pair,
    take,
    transform,
)
from tcalc.library.vision.transforms.drawing import drawn, shaped, whole
from tcalc.library.vision.transforms.interpolation import InterpolationMode, of_number
from tcalc.library.vision.transforms.tensors import PAD_MODES
from tcalc.runtime.base.warning import warn

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_BILINEAR = InterpolationMode.BILINEAR
_TWO = "Please provide only two dimensions (h, w) for size."


@transform
class Resize(Module):
    """The image at another size: (height, width), or of one number its shorter side.

    interpolation: InterpolationMode.NEAREST, BILINEAR, BICUBIC, … max_size: that the longer side
    gets at most. antialias: whether each pixel is of all that it covers.

    >>> from torchvision import transforms
    >>> transforms.Resize(2)(zeros(3, 4, 6)).shape
    torch.Size([3, 2, 3])
    """

    def __init__(
        self, size: Any, interpolation: Any = _BILINEAR, max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if not (type(size) is int or is_sequence(size)):
            raise ArgumentError(f"Size should be int or sequence. Got {kind_of(size)}",
                                argument="size")  # fmt: skip
        if is_sequence(size) and len(size) not in (1, 2):
            raise ValueProblem("If size is a sequence, it should have 1 or 2 values",
                               argument="size")  # fmt: skip
        self.size = size
        self.max_size = max_size
        self.interpolation = of_number(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """The image at that size."""
        return functional.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class _Sized(Module):
    """One with a height and a width."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size: Any = _kept_pair(self, size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


def _kept_pair(what: object, size: Any) -> Any:
    """A pair as the program gave it, where it gave two numbers."""
    made = pair(what, "size", size, _TWO)
    return size if is_sequence(size) and len(size) == 2 else made


@transform
class CenterCrop(_Sized):
    """The middle of the image; where it is too small it gets a border of 0.

    >>> from torchvision import transforms
    >>> transforms.CenterCrop(1)(arange(9.).reshape(1, 3, 3))
    tensor([[[4.]]])
    """

    def forward(self, img: Any) -> Any:
        """The middle of the image."""
        return functional.center_crop(img, self.size)


@transform
class FiveCrop(_Sized):
    """The four corners of the image and its middle, as a tuple."""

    def forward(self, img: Any) -> Any:
        """The five parts."""
        return functional.five_crop(img, self.size)


@transform
class TenCrop(_Sized):
    """The five crops of the image, and of its mirror image, as a tuple."""

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        """The ten parts."""
        return functional.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


@transform
class Pad(Module):
    """The image with a border: one number, two (across, down) or left, top, right, bottom.

    >>> from torchvision import transforms
    >>> transforms.Pad(1)(zeros(3, 4, 4)).shape
    torch.Size([3, 6, 6])
    """

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        if not (is_number(padding) or is_sequence(padding)):
            raise ArgumentError("Got inappropriate padding arg", argument="padding")
        if not (is_number(fill) or is_sequence(fill)):
            raise ArgumentError("Got inappropriate fill arg", argument="fill")
        if padding_mode not in PAD_MODES:
            raise ValueProblem(
                "Padding mode should be either constant, edge, reflect or symmetric",
                argument="padding_mode",
            )
        if is_sequence(padding) and len(padding) not in (1, 2, 4):
            raise ValueProblem(
                "Padding must be an int or a 1, 2, or 4 element tuple, not a "
                f"{len(padding)} element tuple",
                argument="padding",
            )
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        """The image with its border."""
        return functional.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, "
            f"padding_mode={self.padding_mode})"
        )


# -- drawn ------------------------------------------------------------------------------------


class ByChance(Module):
    """The base of transforms that are done by a chance p, which is drawn before anything else."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def _done(self, img: Any) -> Any:
        raise NotDefined(f"{type(self).__name__} does not say what it does")

    def forward(self, img: Any) -> Any:
        """The image, transformed or as it is."""
        return self._done(img) if drawn() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


@transform
class RandomHorizontalFlip(ByChance):
    """The image, by the chance p with left and right exchanged.

    >>> from torchvision import transforms
    >>> transforms.RandomHorizontalFlip(p=1.0)(tensor([[1, 2]]))
    tensor([[2, 1]])
    """

    def _done(self, img: Any) -> Any:
        return functional.hflip(img)


@transform
class RandomVerticalFlip(ByChance):
    """The image, by the chance p with top and bottom exchanged."""

    def _done(self, img: Any) -> Any:
        return functional.vflip(img)


@transform
class RandomCrop(Module):
    """A part of the image at a place that is drawn.

    size: height and width, or one number. padding: a border that the image gets before;
    pad_if_needed: one that makes it large enough.

    >>> from torchvision import transforms
    >>> manual_seed(0)
    >>> transforms.RandomCrop(2)(arange(16).reshape(1, 4, 4))
    tensor([[[ 8,  9],
             [12, 13]]])
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:  # fmt: skip
        super().__init__()
        self.size = pair(self, "size", size, _TWO)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Any) -> tuple[int, int, int, int]:
        """Top, left, height and width of a part, drawn."""
        _, height, width = dimensions(img)
        h, w = pair("get_params", "output_size", output_size, _TWO)
        if height < h or width < w:
            raise ValueProblem(
                f"Required crop size {(h, w)} is larger than input image size {(height, width)}",
                hint="padding= or pad_if_needed=True makes the image larger",
            )
        if (height, width) == (h, w):
            return 0, 0, h, w
        top = whole(0, height - h + 1)
        return top, whole(0, width - w + 1), h, w

    def forward(self, img: Any) -> Any:
        """A part of the image."""
        if self.padding is not None:
            img = functional.pad(img, self.padding, self.fill, self.padding_mode)
        _, height, width = dimensions(img)
        for lack, across in ((self.size[1] - width, True), (self.size[0] - height, False)):
            if self.pad_if_needed and lack > 0:
                padding = [lack, 0] if across else [0, lack]
                img = functional.pad(img, padding, self.fill, self.padding_mode)
        return functional.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


def need_range(name: str, value: Any) -> None:
    """Refuse what is no list of a least and a greatest number."""
    if not is_sequence(value):
        raise ArgumentError(f"{name.capitalize()} should be a sequence", argument=name)


@transform
class RandomResizedCrop(Module):
    """A part of the image, whose place, area and shape are drawn, at another size.

    scale: the least and greatest share of the image's area. ratio: of width to height.

    >>> from torchvision import transforms
    >>> transforms.RandomResizedCrop(2)(zeros(3, 8, 8)).shape
    torch.Size([3, 2, 2])
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, size: Any, scale: Any = (0.08, 1.0), ratio: Any = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = _BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size = _kept_pair(self, size)
        need_range("scale", scale)
        need_range("ratio", ratio)
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warn("Scale and ratio should be of kind (min, max)")
        self.interpolation = of_number(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
        """Top, left, height and width of a part, drawn; the middle where ten do not fit."""
        _, height, width = dimensions(img)
        shares = take("get_params", "scale", scale, "Floats")
        ratios = take("get_params", "ratio", ratio, "Floats")
        found = shaped(
            height * width, shares, ratios, lambda h, w: 0 < w <= width and 0 < h <= height
        )
        if found is not None:
            h, w = found
            top = whole(0, height - h + 1)
            return top, whole(0, width - w + 1), h, w
        own = width / height
        h, w = height, width
        if own < min(ratios):
            h = round(w / min(ratios))
        elif own > max(ratios):
            w = round(h * max(ratios))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        """A part of the image at that size."""
        place = self.get_params(img, self.scale, self.ratio)
        return functional.resized_crop(
            img, *place, self.size, self.interpolation, antialias=self.antialias
        )

    def __repr__(self) -> str:
        scale, ratio = (tuple([round(v, 4) for v in pair]) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )
