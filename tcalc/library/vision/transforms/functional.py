"""torchvision.transforms.functional: each takes a tensor or an image, and gives the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.image import Image
from tcalc.library.images.operations import bordered, expand
from tcalc.library.vision.transforms import tensors
from tcalc.library.vision.transforms.arguments import (
    dimensions,
    function,
    is_number,
    is_sequence,
    kind_of,
    need_image,
    pair,
    take,
)
from tcalc.library.vision.transforms.interpolation import InterpolationMode, mode_of, number_of
from tcalc.runtime.base.warning import warn
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.settings import get_default_dtype
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import FLOATS, KNOWN

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_BILINEAR = InterpolationMode.BILINEAR
_TWO = "Please provide only two dimensions (h, w) for size."


@function
def get_dimensions(img: Any) -> Any:
    """Channels, height and width of an image.

    >>> import torchvision.transforms.functional as TF
    >>> TF.get_dimensions(zeros(3, 4, 5))
    [3, 4, 5]
    """
    return List(dimensions(img))


@function
def get_image_size(img: Any) -> Any:
    """Width and height of an image."""
    _, height, width = dimensions(img)
    return List([width, height])


@function
def get_image_num_channels(img: Any) -> int:
    """The number of channels of an image."""
    return dimensions(img)[0]


# -- sizes ------------------------------------------------------------------------------------


def _output_size(height: int, width: int, size: tuple[int, ...], most: int | None) -> list[int]:
    """Height and width where one number is asked of the shorter side."""
    if len(size) == 2:
        return list(size)
    short, long = sorted((width, height))
    new_short = size[0]
    new_long = int(new_short * long / short)
    if most is not None:
        if most <= new_short:
            raise ValueProblem(
                f"max_size = {most} must be strictly greater than the requested size for the "
                f"smaller edge size = {list(size)}",
                argument="max_size",
            )
        if new_long > most:
            new_short, new_long = int(most * new_short / new_long), most
    return [new_long, new_short] if width <= height else [new_short, new_long]


@function
def resize(
    img: Any, size: Any, interpolation: Any = _BILINEAR, max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:  # fmt: skip
    """The image at another size: (height, width), or of one number its shorter side.

    max_size: that the longer side gets at most. antialias: whether each pixel is of all that it
    covers (bilinear and bicubic; images always are).

    >>> import torchvision.transforms.functional as TF
    >>> TF.resize(arange(8.).reshape(1, 2, 4), [1, 2])
    tensor([[[2.7143, 4.2857]]])
    """
    mode = mode_of(interpolation)
    taken = take("resize", "size", size, "Ints")
    sizes = (taken,) if type(taken) is int else taken
    if len(sizes) not in (1, 2):
        raise ValueProblem(
            f"Size must be an int or a 1 or 2 element tuple/list, not a {len(sizes)} element "
            "tuple/list",
            argument="size",
        )
    most = None if max_size is None else take("resize", "max_size", max_size, "int")
    if most is not None and len(sizes) != 1:
        raise ValueProblem(
            "max_size should only be passed if size specifies the length of the smaller edge, i.e. "
            "size should be an int or a sequence of length 1 in torchscript mode.",
            argument="max_size",
        )
    _, height, width = dimensions(img)
    new = _output_size(height, width, sizes, most)
    if [height, width] == new:
        return img
    if isinstance(img, Tensor):
        return tensors.resize(img, new, mode.value, bool(antialias))
    if antialias is False:
        warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored."
        )
    return img.resize((new[1], new[0]), number_of(mode))


# -- parts ------------------------------------------------------------------------------------


@function
def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The image with a border.

    padding: one number, two (left and right, top and bottom) or four (left, top, right, bottom).
    padding_mode: `constant` (of `fill`), `edge`, `reflect` or `symmetric`.

    >>> import torchvision.transforms.functional as TF
    >>> TF.pad(ones(1, 1, 2), 1)
    tensor([[[0., 0., 0., 0.],
             [0., 1., 1., 0.],
             [0., 0., 0., 0.]]])
    """
    if not (is_number(padding) or is_sequence(padding)):
        raise ArgumentError("Got inappropriate padding arg", argument="padding")
    if fill is not None and not (is_number(fill) or is_sequence(fill)):
        raise ArgumentError("Got inappropriate fill arg", argument="fill")
    if type(padding_mode) is not str:
        raise ArgumentError("Got inappropriate padding_mode arg", argument="padding_mode")
    borders = tensors.sides(take("pad", "padding", padding, "Ints"))
    if padding_mode not in tensors.PAD_MODES:
        raise ValueProblem(
            "Padding mode should be either constant, edge, reflect or symmetric",
            argument="padding_mode",
        )
    if isinstance(img, Tensor):
        return tensors.pad(img, borders, fill, padding_mode)
    image = need_image(img)
    if padding_mode == "constant":
        return expand(image, *borders, fill_of(fill, image))
    return bordered(image, *borders, padding_mode)


def fill_of(fill: Any, image: Image) -> Any:
    """What an image is filled up with: a number, or one for each band."""
    count = len(image.getbands())
    numbers = take("transform", "fill", 0 if fill is None else fill, "Floats")
    if type(numbers) is not tuple or len(numbers) == 1:
        numbers = (numbers if type(numbers) is not tuple else numbers[0],) * count
    if len(numbers) != count:
        raise ValueProblem(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(numbers)} != {count})",
            argument="fill",
        )
    return numbers if count > 1 else numbers[0]


@function
def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part of the image; beyond the image it is 0."""
    place = {"top": top, "left": left, "height": height, "width": width}
    taken: list[int] = [take("crop", name, value, "int") for name, value in place.items()]
    if isinstance(img, Tensor):
        return tensors.crop(img, *taken)
    y, x, h, w = taken
    return need_image(img).crop((x, y, x + w, y + h))


@function
def center_crop(img: Any, output_size: Any) -> Any:
    """The middle of the image; where it is too small it gets a border of 0.

    >>> import torchvision.transforms.functional as TF
    >>> TF.center_crop(arange(9.).reshape(1, 3, 3), 1)
    tensor([[[4.]]])
    """
    high, wide = pair("center_crop", "output_size", output_size, _TWO)
    _, height, width = dimensions(img)
    if wide > width or high > height:
        lack = [max(wide - width, 0), max(high - height, 0)]
        img = pad(img, [lack[0] // 2, lack[1] // 2, (lack[0] + 1) // 2, (lack[1] + 1) // 2], fill=0)
        _, height, width = dimensions(img)
        if (wide, high) == (width, height):
            return img
    return crop(img, round((height - high) / 2.0), round((width - wide) / 2.0), high, wide)


@function
def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = _BILINEAR, antialias: bool | None = True,
) -> Any:  # fmt: skip
    """A part of the image at another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


@function
def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    """The four corners of the image and its middle."""
    high, wide = pair("five_crop", "size", size, _TWO)
    _, height, width = dimensions(img)
    if wide > width or high > height:
        raise ValueProblem(
            f"Requested crop size {(high, wide)} is bigger than input size {(height, width)}",
            argument="size",
        )
    down, across = height - high, width - wide
    corners = ((0, 0), (0, across), (down, 0), (down, across))
    return (*[crop(img, y, x, high, wide) for y, x in corners], center_crop(img, [high, wide]))


@function
def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """The five crops of the image, and of its mirror image."""
    first = five_crop(img, size)
    return first + five_crop(vflip(img) if vertical_flip else hflip(img), size)


@function
def hflip(img: Any) -> Any:
    """The image with left and right exchanged.

    >>> import torchvision.transforms.functional as TF
    >>> TF.hflip(tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    if isinstance(img, Tensor):
        tensors.need_image(img)
        return img.flip(-1)
    return need_image(img).transpose(0)


@function
def vflip(img: Any) -> Any:
    """The image with top and bottom exchanged."""
    if isinstance(img, Tensor):
        tensors.need_image(img)
        return img.flip(-2)
    return need_image(img).transpose(1)


# -- tensors and images -----------------------------------------------------------------------


@function
def to_tensor(pic: Any) -> Tensor:
    """An image, or an array (height, width[, channels]), as a tensor (channels, height, width).

    Bytes become floats between 0 and 1.

    >>> import torchvision.transforms.functional as TF
    >>> TF.to_tensor(np.array([[0, 255]], dtype=np.uint8))
    tensor([[[0., 1.]]])
    """
    return to_tensors(pic, batched=False)


def to_tensors(pic: Any, batched: bool) -> Tensor:
    """The same; batched: whether an array has a dimension for several images in front."""
    is_array = type(pic) is np.ndarray
    if not is_array and not isinstance(pic, Image):
        raise ArgumentError(f"pic should be PIL Image or ndarray. Got {kind_of(pic)}",
                            argument="pic")  # fmt: skip
    lead = int(batched)
    if is_array and pic.ndim - lead not in (2, 3):
        raise ValueProblem(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.",
                           argument="pic")  # fmt: skip
    pixels = need_numbers(pic) if is_array else pic.pixels()
    if not is_array and pic.mode == "1":
        pixels = pixels.astype(np.uint8) * 255
    if not is_array and pic.mode == "I;16":
        pixels = pixels.astype(np.int16)
    if pixels.ndim - lead == 2:
        pixels = pixels[..., None]
    img = wrap(np.moveaxis(pixels, -1, lead).copy())
    if pixels.dtype == np.uint8:
        return img.to(get_default_dtype()).div(255)
    return img


def need_numbers(array: Any) -> Any:
    """An array, unless it holds what no tensor does."""
    if array.dtype.char not in KNOWN:
        raise ArgumentError(f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}.",
                            argument="pic")  # fmt: skip
    return array


@function
def pil_to_tensor(pic: Any) -> Tensor:
    """An image as a tensor of its own numbers: (channels, height, width)."""
    image = need_image(pic, "pic should be PIL Image. Got {}")
    return wrap(np.moveaxis(image.bands(), -1, 0).copy())


@function
def convert_image_dtype(image: Any, dtype: Any = None) -> Tensor:
    """A tensor in another dtype (by default float32), scaled to what that spans.

    >>> import torchvision.transforms.functional as TF
    >>> TF.convert_image_dtype(tensor([[0, 255]], dtype=uint8))
    tensor([[0., 1.]])
    """
    if not isinstance(image, Tensor):
        raise ArgumentError("Input img should be Tensor Image", argument="image")
    kind = dtypes.float32 if dtype is None else take("convert_image_dtype", "dtype", dtype, "DType")
    return tensors.convert_dtype(image, kind)


# By channels, NumPy's type and the mode that images get; and the other modes of so many channels.
_MODES = {(1, "uint8"): "L", (1, "int16"): "I;16", (1, "int32"): "I", (1, "float32"): "F",
          (2, "uint8"): "LA", (3, "uint8"): "RGB", (4, "uint8"): "RGBA"}  # fmt: skip
_OTHERS = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}


@function
def to_pil_image(pic: Any, mode: str | None = None) -> Image:
    """A tensor (channels, height, width) or an array (height, width, channels) as an image.

    Floats are those between 0 and 1. mode: by default "L", "LA", "RGB" or "RGBA" by the channels.

    >>> import torchvision.transforms.functional as TF
    >>> TF.to_pil_image(zeros(3, 2, 4))
    <PIL.Image.Image image mode=RGB size=4x2>
    """
    if isinstance(pic, Tensor):
        pixels = (pic.permute(1, 2, 0) if pic.ndim == 3 else pic).detach().cpu().array
    elif type(pic) is np.ndarray:
        pixels = pic
    else:
        raise ArgumentError(f"pic should be Tensor or ndarray. Got {kind_of(pic)}.", argument="pic")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3:
        raise ValueProblem(f"pic should be 2/3 dimensional. Got {pixels.ndim} dimensions.",
                           argument="pic")  # fmt: skip
    count = pixels.shape[-1]
    if count > 4:
        raise ValueProblem(f"pic should not have > 4 channels. Got {count} channels.",
                           argument="pic")  # fmt: skip
    if pixels.dtype.char in FLOATS and mode != "F":
        with np.errstate(invalid="ignore"):
            pixels = (pixels * 255).astype(np.int64).astype(np.uint8)
    return _image(pixels, count, mode)


def _image(pixels: Any, count: int, mode: str | None) -> Image:
    expected = _MODES.get((count, str(pixels.dtype)))
    if count == 1:
        if mode is not None and mode != expected:
            raise ValueProblem(
                f"Incorrect mode ({mode}) supplied for input type {pixels.dtype}. Should be "
                f"{expected}",
                argument="mode",
            )
    elif mode is not None and mode not in _OTHERS.get(count, ()):
        raise ValueProblem(
            f"Only modes {list(_OTHERS.get(count, ()))} are supported for {count}D inputs",
            argument="mode",
        )
    if expected is None:
        raise ArgumentError(f"Input type {pixels.dtype} is not supported", argument="pic")
    flat = pixels[..., 0] if count == 1 else pixels
    if expected == "I;16":
        flat = flat.astype(np.uint16)
    return Image(np.array(flat, order="C"), mode or expected)
