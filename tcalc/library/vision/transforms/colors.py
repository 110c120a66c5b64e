"""The colours of images that are tensors: (…, 1 or 3 channels, height, width)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.vision.transforms.tensors import (
    bound,
    convert_dtype,
    in_batch,
    need_channels,
    need_image,
)
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.create.creation import as_tensor, tensor
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.linalg.einsum import einsum
from tcalc.runtime.ops.nn.convolution.functions import conv2d
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.dtypes import dtype

# Parts of red, green and blue in a grey.
_GREY = (0.2989, 0.587, 0.114)
_SMOOTH = [[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]
_LEVELS = 256


def _real(img: Tensor) -> dtype:
    """The dtype to compute in."""
    return img.dtype if img.dtype.is_floating_point else dtypes.float32


def grey(img: Tensor, channels: int) -> Tensor:
    """The image without colours, in one channel or the same in three."""
    need_image(img, 3)
    need_channels(img)
    if channels not in (1, 3):
        raise ValueProblem("num_output_channels should be either 1 or 3",
                           argument="num_output_channels")  # fmt: skip
    if img.shape[-3] == 3:
        r, g, b = img.unbind(-3)
        made = (_GREY[0] * r + _GREY[1] * g + _GREY[2] * b).to(img.dtype).unsqueeze(-3)
    else:
        made = img.clone()
    return made.expand(img.shape) if channels == 3 else made


def blend(img: Tensor, other: Tensor, share: float) -> Tensor:
    """Between another image and this one, or beyond, within the values of pixels."""
    mixed = share * img + (1.0 - share) * other
    return mixed.clamp(0, bound(img.dtype)).to(img.dtype)


def brightness(img: Tensor, factor: float) -> Tensor:
    """The image between black and itself, or beyond."""
    need_channels(img)
    return blend(img, zeros_like(img), factor)


def contrast(img: Tensor, factor: float) -> Tensor:
    """The image between its mean grey and itself, or beyond."""
    plain = grey(img, 1) if need_channels(img) == 3 else img
    return blend(img, plain.to(_real(img)).mean((-3, -2, -1), keepdim=True), factor)


def saturation(img: Tensor, factor: float) -> Tensor:
    """The image between its greys and itself, or beyond."""
    return img if need_channels(img) == 1 else blend(img, grey(img, 1), factor)


def gamma(img: Tensor, power: float, gain: float) -> Tensor:
    """Each value x as gain·x**power, between 0 and 1."""
    need_channels(img)
    wide = img if img.dtype.is_floating_point else convert_dtype(img, dtypes.float32)
    return convert_dtype((gain * wide.pow(power)).clamp(0, 1), img.dtype)


def sharpness(img: Tensor, factor: float) -> Tensor:
    """The image between a smoother one and itself, or beyond."""
    need_channels(img)
    if img.size(-1) <= 2 or img.size(-2) <= 2:
        return img
    return blend(img, _smoothed(img), factor)


def _smoothed(img: Tensor) -> Tensor:
    """Each pixel with its neighbours, but for those at the border."""
    real = _real(img)
    weights = tensor(_SMOOTH, dtype=real, device=img.device)
    weights = (weights / weights.sum()).expand(img.shape[-3], 1, 3, 3)
    inner = in_batch(img, lambda batch: conv2d(batch, weights, groups=batch.shape[-3]), [real])
    made = img.clone()
    made[..., 1:-1, 1:-1] = inner
    return made


# -- hues -------------------------------------------------------------------------------------


def hue(img: Tensor, factor: float) -> Tensor:
    """The image with its hues moved by a share of the circle."""
    if need_channels(img) == 1:
        return img
    h, s, v = _to_hsv(convert_dtype(img, dtypes.float32)).unbind(-3)
    return convert_dtype(_from_hsv((h + factor) % 1.0, s, v), img.dtype)


def _to_hsv(img: Tensor) -> Tensor:
    r, g, b = img.unbind(-3)
    most, least = img.amax(-3), img.amin(-3)
    plain = most == least
    span = most - least
    # Of greys, neither hue nor saturation is asked: what they are divided by is 1.
    saturation = span / where(plain, 1.0, most)
    below = where(plain, 1.0, span)
    rc, gc, bc = ((most - band) / below for band in (r, g, b))
    red, green = most == r, most == g
    hues = red * (bc - gc) + (green & ~red) * (2.0 + rc - bc) + (~green & ~red) * (4.0 + gc - rc)
    return stack(((hues / 6.0 + 1.0).fmod(1.0), saturation, most), -3)


def _from_hsv(h: Tensor, s: Tensor, v: Tensor) -> Tensor:
    sector = (h * 6.0).floor()
    f = h * 6.0 - sector
    p = (v * (1.0 - s)).clamp(0.0, 1.0)
    q = (v * (1.0 - s * f)).clamp(0.0, 1.0)
    t = (v * (1.0 - s * (1.0 - f))).clamp(0.0, 1.0)
    at = sector.to(dtypes.int32) % 6
    chosen = at.unsqueeze(-3) == arange(6, device=h.device).view(-1, 1, 1)
    bands = [stack(c, -3) for c in ((v, q, p, p, t, v), (t, v, v, q, p, p), (p, p, t, v, v, q))]
    return einsum("...ijk,...xijk->...xjk", chosen.to(h.dtype), stack(bands, -4))


# -- levels -----------------------------------------------------------------------------------


def invert(img: Tensor) -> Tensor:
    """Light becomes dark."""
    need_image(img, 3)
    need_channels(img)
    return bound(img.dtype) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    """The first bits of each byte alone."""
    need_image(img, 3)
    _need_bytes(img)
    need_channels(img)
    mask: Tensor = img & (256 - int(2 ** (8 - bits)))
    return mask


def solarize(img: Tensor, threshold: float) -> Tensor:
    """Values from the threshold on inverted."""
    need_image(img, 3)
    need_channels(img)
    if threshold > bound(img.dtype):
        raise ArgumentError("Threshold should be less than bound of img.", argument="threshold")
    return where(img >= threshold, invert(img), img)


def autocontrast(img: Tensor) -> Tensor:
    """The least value of each channel becomes 0, the greatest the greatest there is."""
    need_image(img, 3)
    need_channels(img)
    most, real = bound(img.dtype), _real(img)
    low = img.amin((-2, -1), keepdim=True).to(real)
    scale = most / (img.amax((-2, -1), keepdim=True).to(real) - low)
    good = scale.isfinite()
    low, scale = where(good, low, 0.0), where(good, scale, 1.0)
    return ((img - low) * scale).clamp(0, most).to(img.dtype)


def equalize(img: Tensor) -> Tensor:
    """As many pixels of each value as of any other."""
    if not 3 <= img.ndim <= 4:
        need_image(img)
        raise ArgumentError(
            f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}",
            argument="img",
        )
    _need_bytes(img)
    need_channels(img)
    if img.ndim == 4:
        return stack([equalize(one) for one in img])
    return stack([_evened(channel) for channel in img])


def _evened(channel: Tensor) -> Tensor:
    counts = channel.reshape(-1).bincount(minlength=_LEVELS)
    there = counts[counts != 0]
    step = there[:-1].sum().div(_LEVELS - 1, rounding_mode="floor")
    if not anywhere(step != 0):
        return channel
    before = (counts.cumsum(0) + step.div(2, rounding_mode="floor")).div(
        step, rounding_mode="floor"
    )
    table = before.roll(1)
    table[0] = 0
    return table.clamp(0, _LEVELS - 1)[channel.to(dtypes.int64)].to(dtypes.uint8)


def _need_bytes(img: Tensor) -> None:
    if img.dtype is not dtypes.uint8:
        raise ArgumentError(
            f"Only torch.uint8 image tensors are supported, but found {img.dtype}", argument="img"
        )


# -- numbers ----------------------------------------------------------------------------------


def normalize(img: Tensor, mean: Any, std: Any, inplace: bool) -> Tensor:
    """Each channel less its mean, over its deviation."""
    if not img.dtype.is_floating_point:
        raise ArgumentError(f"Input tensor should be a float tensor. Got {img.dtype}.",
                            argument="tensor")  # fmt: skip
    if img.ndim < 3:
        need_image(img)
        raise ValueProblem(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
            f"{img.size()}",
            argument="tensor",
        )
    middle = as_tensor(mean, dtype=img.dtype, device=img.device)
    away = as_tensor(std, dtype=img.dtype, device=img.device)
    if anywhere((away == 0).any()):
        raise ValueProblem(
            f"std evaluated to zero after conversion to {img.dtype}, leading to division by zero.",
            argument="std",
        )
    middle = middle.view(-1, 1, 1) if middle.ndim == 1 else middle
    away = away.view(-1, 1, 1) if away.ndim == 1 else away
    if inplace:
        return img.sub_(middle).div_(away)
    return (img - middle) / away


def erase(img: Tensor, place: Sequence[int], v: Any, inplace: bool) -> Tensor:
    """The image with a rectangle (top, left, height, width) of other values."""
    i, j, h, w = place
    need_image(img)
    made = img if inplace else img.clone()
    made[..., i : i + h, j : j + w] = v
    return made
