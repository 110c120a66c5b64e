"""torchvision.utils: boxes and regions drawn on images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.colors import rgb
from tcalc.library.vision.transforms.arguments import is_sequence, kind_of, take
from tcalc.library.vision.transforms.tensors import convert_dtype
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pixels = np.ndarray[Any, Any]

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# How much of a colour shows of what fills a box, of 255.
_FILLED = 100
_MOST = 255
# The colours that things have by their number, if nobody says others.
_PALETTE = (2**25 - 1, 2**15 - 1, 2**21 - 1)


def draw_segmentation_masks(
    image: Any, masks: Any, alpha: float = 0.8, colors: Any = None
) -> Tensor:
    """An image (3, height, width) with regions coloured: where masks (n, height, width) are True.

    alpha: how much of the colour shows. colors: one, or one for each mask: names or three numbers.

    >>> from torchvision.utils import draw_segmentation_masks
    >>> mask = tensor([[True, False]])
    >>> draw_segmentation_masks(zeros(3, 1, 2, dtype=uint8), mask, 1.0, "red")[0]
    tensor([[255,   0]], dtype=torch.uint8)
    """
    _need_picture(image, "The image must be a tensor, got {}")
    if image.size(0) != 3:
        raise ValueProblem("Pass an RGB image. Other Image formats are not supported",
                           argument="image")  # fmt: skip
    if masks.ndim == 2:
        masks = masks[None]
    if masks.ndim != 3:
        raise ValueProblem("masks must be of shape (H, W) or (batch_size, H, W)", argument="masks")
    if masks.dtype is not dtypes.bool_:
        raise ValueProblem(f"The masks must be of dtype bool. Got {masks.dtype}", argument="masks")
    if masks.shape[-2:] != image.shape[-2:]:
        raise ValueProblem("The image and the masks must have the same height and width",
                           argument="masks")  # fmt: skip
    if not masks.size(0):
        warn("masks doesn't contain any mask. No mask was drawn")
        return image
    share: float = take("draw_segmentation_masks", "alpha", alpha, "float")
    scale = 1 / _MOST if image.dtype.is_floating_point else 1
    with no_grad():
        painted = image
        for mask, color in zip(masks, _colors(colors, masks.size(0))):
            tone = image.new_tensor([v * scale for v in color])[:, None, None]
            painted = where(mask, tone, painted)
        painted = where(masks.sum(0) > 1, image.new_tensor(0), painted)
        return (image * (1 - share) + painted * share).to(image.dtype)


def draw_bounding_boxes(
    image: Any, boxes: Any, labels: Any = None, colors: Any = None, fill: bool | None = False,
    width: int = 1,
) -> Tensor:  # fmt: skip
    """An image (1 or 3, height, width) with boxes (n, 4) drawn on it: left, top, right, bottom.

    colors: one, or one for each box: names or three numbers. width: of the lines. No text is
    written here: labels are refused.

    >>> from torchvision.utils import draw_bounding_boxes
    >>> draw_bounding_boxes(zeros(1, 3, 4, dtype=uint8), tensor([[0, 0, 2, 2]]), colors="blue")[2]
    tensor([[255, 255, 255,   0],
            [255,   0, 255,   0],
            [255, 255, 255,   0]], dtype=torch.uint8)
    """
    _need_picture(image, "Tensor expected, got {}")
    if image.size(0) not in (1, 3):
        raise ValueProblem("Only grayscale and RGB images are supported", argument="image")
    if labels is not None:
        raise ValueProblem("labels= is not taken: no text is written on images here",
                           argument="labels")  # fmt: skip
    if bool((boxes[:, 0] > boxes[:, 2]).any()) or bool((boxes[:, 1] > boxes[:, 3]).any()):
        raise ValueProblem(
            "Boxes need to be in (xmin, ymin, xmax, ymax) format. Use torchvision.ops.box_convert "
            "to convert them",
            argument="boxes",
        )
    if not boxes.size(0):
        warn("boxes doesn't contain any box. No box was drawn")
        return image
    line: int = take("draw_bounding_boxes", "width", width, "int")
    with no_grad():
        wide = image if image.size(0) == 3 else image.repeat(3, 1, 1)
        pixels = convert_dtype(wide, dtypes.uint8).cpu().array.copy()
        whole = boxes.to(dtypes.int64).tolist()
        for box, color in zip(whole, _colors(colors, boxes.size(0))):
            _box(pixels, box, np.array(color, np.uint8)[:, None, None], line, bool(fill))
        return convert_dtype(wrap(pixels), image.dtype)


def _box(pixels: Pixels, box: Sequence[int], tone: Pixels, line: int, fill: bool) -> None:
    """Draw a box in place, its lines within it; what lies beyond the image is left out."""
    left, top, right, bottom = box[0], box[1], box[2] + 1, box[3] + 1

    def part(x0: int, y0: int, x1: int, y1: int) -> Pixels:
        return pixels[:, max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]

    if fill:
        inner = part(left, top, right, bottom)
        total = inner.astype(np.int32) * (_MOST - _FILLED) + tone.astype(np.int32) * _FILLED + 128
        inner[...] = ((total >> 8) + total) >> 8
    for border in (
        part(left, top, right, min(top + line, bottom)),
        part(left, max(bottom - line, top), right, bottom),
        part(left, top, min(left + line, right), bottom),
        part(max(right - line, left), top, right, bottom),
    ):
        border[...] = tone


def _need_picture(image: Any, message: str) -> None:
    if not isinstance(image, Tensor):
        raise ArgumentError(message.format(kind_of(image)), argument="image")
    if image.dtype is not dtypes.uint8 and not image.dtype.is_floating_point:
        raise ValueProblem(f"The image dtype must be uint8 or float, got {image.dtype}",
                           argument="image")  # fmt: skip
    if image.ndim != 3:
        raise ValueProblem("Pass individual images, not batches", argument="image")


def _colors(colors: Any, count: int) -> list[tuple[int, ...]]:
    """Three bytes for each thing."""
    if colors is None:
        return [tuple([i * n % _MOST for n in _PALETTE]) for i in range(count)]
    if isinstance(colors, list):
        if len(colors) < count:
            raise ValueProblem(
                "Number of colors must be equal or larger than the number of objects, but got "
                f"{len(colors)} < {count}.",
                argument="colors",
            )
        listed = list(colors)
    elif type(colors) is str or (is_sequence(colors) and len(colors) == 3):
        listed = [colors] * count
    elif is_sequence(colors):
        raise ValueProblem(
            f"If passed as tuple, colors should be an RGB triplet, but got {colors}.",
            argument="colors",
        )
    else:
        raise ValueProblem(
            f"colors must be a tuple or a string, or a list thereof, but got {colors}.",
            argument="colors",
        )
    made = [rgb(c)[:3] if type(c) is str else take("draw", "colors", c, "Ints") for c in listed]
    if not all(type(c) is tuple and len(c) == 3 and 0 <= min(c) <= max(c) <= _MOST for c in made):
        raise ValueProblem("a color is a name or three numbers from 0 to 255", argument="colors")
    return made


for _function in (draw_bounding_boxes, draw_segmentation_masks):
    export(f"torchvision.utils.{_function.__name__}", value=_function)
