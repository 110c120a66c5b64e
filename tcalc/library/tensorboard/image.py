"""Images: arrays of any layout as rows of red, green and blue, written as PNG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AssertionProblem
from tcalc.library.tensorboard.messages import IMAGE
from tcalc.runtime.base.png import HEADER, KINDS, SIGNATURE, png

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHANNELS = (1, 3, 4)
_RED = (255, 0, 0)
# How many images a grid of several has in a row.
_COLUMNS = 8


def grid(images: NDArray[Any], columns: int = _COLUMNS) -> NDArray[Any]:
    """Images (N, channels, H, W) side by side: (3, rows * H, columns * W)."""
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise AssertionProblem(
            "Input should be a 4D numpy array with 3 channels, or with 1", argument="img_tensor"
        )
    count, _, height, width = images.shape
    columns = min(count, columns)
    rows = math.ceil(count / columns) if columns else 0
    canvas = np.zeros((3, height * rows, width * columns), images.dtype)
    for at in range(count):
        y, x = divmod(at, columns)
        canvas[:, y * height : (y + 1) * height, x * width : (x + 1) * width] = images[at]
    return canvas


def rows_of(array: NDArray[Any], layout: str) -> NDArray[Any]:
    """An array of a layout such as NCHW, CHW, HWC or HW as (H, W, channels)."""
    if len(set(layout)) != len(layout):
        raise AssertionProblem(
            f"You can not use the same dimension shorthand twice. input_format: {layout}",
            argument="dataformats",
        )
    if array.ndim != len(layout):
        raise AssertionProblem(
            "size of input tensor and input format are different. tensor shape: "
            f"{array.shape}, input_format: {layout}",
            argument="dataformats",
        )
    dims = {4: "NCHW", 3: "HWC", 2: "HW"}.get(len(layout), "")
    if not dims or set(layout.upper()) != set(dims):
        raise ArgumentError(
            f"an image has a layout such as NCHW, CHW, HWC or HW, not {layout!r}",
            argument="dataformats",
        )
    array = array.transpose([layout.upper().index(dim) for dim in dims])
    if len(dims) == 4:
        return grid(array).transpose(1, 2, 0)
    if len(dims) == 2:
        return np.stack([array] * 3, 2)
    return np.concatenate([array] * 3, 2) if array.shape[2] == 1 else array


def bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Colours as bytes: those of uint8 as they are, others from 0 to 1."""
    if array.dtype == np.uint8:
        return array
    scaled: NDArray[np.uint8] = (array.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)
    return scaled


def image(points: NDArray[np.uint8]) -> bytes:
    """The message of an image (H, W, channels)."""
    height, width, channels = points.shape
    if channels not in _CHANNELS or not (height and width):
        raise ArgumentError(
            f"an image has height, width and 1, 3 or 4 channels, not {list(points.shape)}",
            argument="img_tensor",
        )
    return IMAGE(height=height, width=width, colorspace=channels, encoded_image_string=png(points))


def image_of(picture: bytes) -> bytes:
    """The message of an image that is a PNG file already."""
    width, height, _, colours, *_ = HEADER.unpack_from(picture, len(SIGNATURE) + 8)
    channels = {number: count for count, number in KINDS.items()}[colours]
    return IMAGE(height=height, width=width, colorspace=channels, encoded_image_string=picture)


def with_boxes(points: NDArray[np.uint8], boxes: NDArray[Any]) -> NDArray[np.uint8]:
    """The image with red frames of two points' width around boxes, each (left, top, right, bottom)."""
    if boxes.ndim != 2 or boxes.shape[1] != 4 or points.shape[2] != 3:
        raise ArgumentError(
            f"boxes are [N, 4] on an image of 3 channels, not {list(boxes.shape)} on {list(points.shape)}",
            argument="box_tensor",
        )
    drawn = points.copy()
    for left, top, right, bottom in np.clip(boxes, -1e6, 1e6).astype(int).tolist():
        # On which side of a line its second row of points lies goes by where the pen comes from.
        _fill(drawn, top - 1, top + 1, left, right + 1)
        _fill(drawn, bottom, bottom + 2, left, right + 1)
        _fill(drawn, top, bottom + 1, left, left + 2)
        _fill(drawn, top, bottom + 1, right - 1, right + 1)
    return drawn


def _fill(drawn: NDArray[np.uint8], top: int, bottom: int, left: int, right: int) -> None:
    """Paint what lies inside the image of some rows and columns, from the first to before the last."""
    drawn[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = _RED
