"""What changes the colours of whole images, to the numbers of Pillow's ImageOps and ImageEnhance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import FileProblem, ValueProblem
from tcalc.library.images.image import Image, new_pixels
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    Pixels = np.ndarray[Any, Any]

_TABLED = ("L", "RGB")
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]])


def blend(first: Image, second: Image, share: float) -> Image:
    """first + share·(second - first), cut off where a byte ends."""
    a, b = first.bands(), second.bands()
    factor = np.float32(share)
    total = a.astype(np.int32).astype(np.float32) + factor * (
        b.astype(np.int32) - a.astype(np.int32)
    ).astype(np.float32)
    return second.like(np.trunc(np.clip(total, 0, 255)).astype(np.uint8))


def _keep_alpha(made: Image, image: Image) -> Image:
    if "A" in image.getbands():
        made.putalpha(image.getchannel("A"))
    return made


def brightness(image: Image, factor: float) -> Image:
    """The image between black and itself, or beyond."""
    black = Image(new_pixels(image.mode, image.size), image.mode)
    return blend(_keep_alpha(black, image), image, factor)


def contrast(image: Image, factor: float) -> Image:
    """The image between its mean grey and itself, or beyond."""
    grey = image.convert("L").pixels()
    mean = int(grey.astype(np.int64).sum() / grey.size + 0.5) if grey.size else 0
    plain = Image(new_pixels("L", image.size, mean), "L").convert(image.mode)
    return blend(_keep_alpha(plain, image), image, factor)


def saturation(image: Image, factor: float) -> Image:
    """The image between its greys and itself, or beyond."""
    grey = image.convert("LA" if "A" in image.getbands() else "L").convert(image.mode)
    return blend(grey, image, factor)


def sharpness(image: Image, factor: float) -> Image:
    """The image between a smoother one and itself, or beyond."""
    return blend(_keep_alpha(_smoothed(image), image), image, factor)


def _smoothed(image: Image) -> Image:
    """Each pixel with its neighbours, but for those at the border."""
    bands = image.bands()
    made = bands.copy()
    rows, columns = bands.shape[:2]
    if rows > 2 and columns > 2:
        total = np.zeros((rows - 2, columns - 2, bands.shape[2]), np.float32)
        for y in range(3):
            for x in range(3):
                part = bands[y : y + rows - 2, x : x + columns - 2]
                total += part * np.float32(_SMOOTH[y, x] / _SMOOTH.sum())
        made[1:-1, 1:-1] = np.clip(np.floor(total + np.float32(0.5)), 0, 255).astype(np.uint8)
    return image.like(made)


def hue(image: Image, factor: float) -> Image:
    """The image with its hues moved by a share of the circle."""
    hsv = image.convert("HSV")
    moved = hsv.pixels().copy()
    moved[..., 0] += np.int32(factor * 255).astype(np.uint8)
    return Image(moved, "HSV").convert(image.mode)


def gamma(image: Image, power: float, gain: float) -> Image:
    """Each value x as gain·x**power, between 0 and 1."""
    table = [int((256 - 1e-3) * gain * pow(i / 255.0, power)) for i in range(256)] * 3
    return image.convert("RGB").point(table).convert(image.mode)


# -- by tables of 256 -------------------------------------------------------------------------


def _tabled(image: Image, table: list[int]) -> Image:
    if image.mode not in _TABLED:
        raise FileProblem(f"not supported for mode {image.mode}")
    return image.point(table)


def invert(image: Image) -> Image:
    """Light becomes dark."""
    if image.mode == "1":
        return Image(~image.pixels(), "1")
    return _tabled(image, list(range(255, -1, -1)))


def posterize(image: Image, bits: int) -> Image:
    """The first bits of each value alone."""
    if not 1 <= bits <= 8:
        raise ValueProblem("bits must be between or equal to 1 and 8", argument="bits")
    mask = ~(2 ** (8 - bits) - 1)
    return _tabled(image, [i & mask for i in range(256)])


def solarize(image: Image, threshold: float) -> Image:
    """Values from the threshold on inverted."""
    return _tabled(image, [i if i < threshold else 255 - i for i in range(256)])


def _by_bands(image: Image, table: Callable[[list[int]], list[int]]) -> Image:
    counts = image.histogram()
    return _tabled(
        image, [v for at in range(0, len(counts), 256) for v in table(counts[at : at + 256])]
    )


def _stretched(counts: list[int]) -> list[int]:
    there = [i for i, n in enumerate(counts) if n]
    least, most = (there[0], there[-1]) if there else (0, 0)
    if most <= least:
        return list(range(256))
    scale = 255.0 / (most - least)
    return [min(max(int(i * scale + -least * scale), 0), 255) for i in range(256)]


def autocontrast(image: Image) -> Image:
    """The least value of each band becomes 0, the greatest 255."""
    return _by_bands(image, _stretched)


def _evened(counts: list[int]) -> list[int]:
    there = [n for n in counts if n]
    step = (sum(there) - there[-1]) // 255 if len(there) > 1 else 0
    if not step:
        return list(range(256))
    made, total = [], step // 2
    for n in counts:
        made.append(total // step)
        total += n
    return made


def equalize(image: Image) -> Image:
    """As many pixels of each value as of any other."""
    return _by_bands(image, _evened)


# -- borders ----------------------------------------------------------------------------------


def expand(image: Image, left: int, top: int, right: int, bottom: int, fill: Any) -> Image:
    """The image with a border of a colour; what is below 0 is cut off."""
    made = Image(
        new_pixels(image.mode, (left + image.width + right, top + image.height + bottom), fill),
        image.mode,
    )
    made.paste(image, (left, top))
    return made


def bordered(image: Image, left: int, top: int, right: int, bottom: int, mode: str) -> Image:
    """The image with a border of its own pixels: `edge`, `reflect` or `symmetric`."""
    cut = [max(-n, 0) for n in (left, top, right, bottom)]
    part = image.crop((cut[0], cut[1], image.width - cut[2], image.height - cut[3]))
    wide, high = (
        part.width + max(left, 0) + max(right, 0),
        part.height + max(top, 0) + max(bottom, 0),
    )
    memory.check(part.bands().nbytes // max(part.width * part.height, 1) * wide * high,
                 f"an image of {wide}x{high}")  # fmt: skip
    widths = ((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0))
    return part.like(np.pad(part.bands(), widths, mode))  # type: ignore[call-overload]  # its modes
