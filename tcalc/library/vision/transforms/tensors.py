"""Images that are tensors (…, channels, height, width): cut, padded, turned over and resized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.ops.nn.interpolation.functions import interpolate
from tcalc.runtime.ops.shape.padding import pad as pad_tensor
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.dtypes import dtype

PAD_MODES = ("constant", "edge", "reflect", "symmetric")
_FLOATS = (dtypes.float32, dtypes.float64)


def need_image(img: Tensor, least: int = 2) -> None:
    """TypeError for a tensor of too few dimensions."""
    if img.ndim < 2:
        raise ArgumentError("Tensor is not a torch image.", argument="img")
    if img.ndim < least:
        raise ArgumentError(
            f"Input image tensor should have at least {least} dimensions, but found {img.ndim}",
            argument="img",
        )


def dimensions(img: Tensor) -> list[int]:
    """Channels, height and width."""
    need_image(img)
    return [1 if img.ndim == 2 else img.shape[-3], *img.shape[-2:]]


def need_channels(img: Tensor, permitted: Sequence[int] = (1, 3)) -> int:
    """The number of channels, one of those that are taken."""
    count = dimensions(img)[0]
    if count not in permitted:
        raise ArgumentError(
            f"Input image tensor permitted channel values are {list(permitted)}, but found {count}",
            argument="img",
        )
    return count


def bound(kind: dtype) -> int:
    """The greatest value of a pixel: 1 for floats."""
    if kind.is_floating_point or kind.is_complex or kind is dtypes.bool_:
        return 1
    return int(np.iinfo(kind.numpy).max)


def convert_dtype(image: Tensor, kind: dtype) -> Tensor:
    """The image in another dtype, scaled to what that spans."""
    if image.dtype is kind:
        return image
    if image.dtype.is_floating_point:
        if kind.is_floating_point:
            return image.to(kind)
        wide = (dtypes.int32, dtypes.int64) if image.dtype is dtypes.float32 else ()
        if kind in wide or (image.dtype is dtypes.float64 and kind is dtypes.int64):
            raise StateError(f"The cast from {image.dtype} to {kind} cannot be performed safely.")
        # A little less than one more than the greatest, so that each value has as much room.
        return image.mul(float(bound(kind)) + 1.0 - 1e-3).to(kind)
    most, new = bound(image.dtype), bound(kind)
    if kind.is_floating_point:
        return image.to(kind) / float(most)
    if float(most) > float(new):
        factor = int((float(most) + 1) // (float(new) + 1))
        return image.div(factor, rounding_mode="floor").to(kind)
    return image.to(kind) * int((float(new) + 1) // (float(most) + 1))


def in_batch(img: Tensor, work: Callable[[Tensor], Tensor], accepted: Sequence[dtype]) -> Tensor:
    """Do work on a batch of images of an accepted dtype, and give what comes out as `img` was."""
    alone, kind = img.ndim < 4, img.dtype
    if alone:
        img = img.unsqueeze(0)
    if kind not in accepted:
        img = img.to(accepted[0])
    made = work(img)
    if alone:
        made = made.squeeze(0)
    if kind not in accepted:
        if not kind.is_floating_point:
            made = made.round()
        made = made.to(kind)
    return made


# -- cutting and padding ----------------------------------------------------------------------


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """A part of the image, with zeros where it goes beyond."""
    _, h, w = dimensions(img)
    right, bottom = left + width, top + height
    part = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return part
    return pad(
        part,
        [
            max(-left + min(0, right), 0),
            max(-top + min(0, bottom), 0),
            max(right - max(w, left), 0),
            max(bottom - max(h, top), 0),
        ],
        0,
        "constant",
    )


def pad(img: Tensor, padding: Any, fill: Any, mode: str) -> Tensor:
    """The image with a border. padding: one number, two (across, down) or left, top, right, bottom."""
    need_image(img)
    if fill is not None and not isinstance(fill, (int, float)):
        raise ArgumentError("Got inappropriate fill arg", argument="fill")
    left, top, right, bottom = sides(padding)
    if mode == "symmetric":
        return _mirrored(img, left, right, top, bottom)
    if mode == "edge":
        mode = "replicate"
    alone, kind = img.ndim < 4, img.dtype
    wide = img.unsqueeze(0) if alone else img
    if mode != "constant":
        if kind not in _FLOATS:
            wide = wide.to(dtypes.float32)
        made = pad_tensor(wide, [left, right, top, bottom], mode)
    else:
        made = pad_tensor(wide, [left, right, top, bottom], mode, float(fill or 0))
    made = made.squeeze(0) if alone else made
    return made if made.dtype is kind else made.to(kind)


def sides(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a padding; ValueError where it says another number of them."""
    given: tuple[int, ...] = padding if type(padding) is tuple else (
        tuple(padding) if isinstance(padding, list) else (padding,)
    )  # fmt: skip
    if len(given) not in (1, 2, 4):
        raise ValueProblem(
            "Padding must be an int or a 1, 2, or 4 element tuple, not a "
            f"{len(given)} element tuple",
            argument="padding",
        )
    across, down = given[0], given[1 % len(given)]
    return (across, down, given[2 % len(given)], given[3 % len(given)])


def _mirrored(img: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    """The image and its mirror images, the pixel at the border twice."""
    h, w = img.shape[-2:]
    img = img[..., max(-top, 0) : h - max(-bottom, 0), max(-left, 0) : w - max(-right, 0)]
    if img.ndim not in (3, 4):
        raise StateError("Symmetric padding of N-D tensors are not supported yet")
    for dim, before, after in ((-1, left, right), (-2, top, bottom)):
        size = img.shape[dim]
        places = [
            *range(max(before, 0) - 1, -1, -1),
            *range(size),
            *range(size - 1, size - 1 - max(after, 0), -1),
        ]
        img = img.index_select(dim, img.new_tensor(places, dtype=dtypes.int64))
    return img


# -- sizes ------------------------------------------------------------------------------------


def resize(img: Tensor, size: list[int], mode: str, antialias: bool) -> Tensor:
    """The image at another size, (height, width)."""
    need_image(img)
    between = mode in ("bilinear", "bicubic")
    corners = False if between else None

    def work(batch: Tensor) -> Tensor:
        made = interpolate(batch, size, None, mode, corners, None, antialias and between)
        return made.clamp(0, 255) if mode == "bicubic" and img.dtype is dtypes.uint8 else made

    return in_batch(img, work, _FLOATS)
