"""Modes of images: what a pixel is, and how one becomes another, to Pillow's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.errors import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    Pixels = np.ndarray[Any, Any]

# Parts of red, green and blue in a grey, of 1 << 16.
_GREY = (19595, 38470, 7471)
# The rows of YCbCr by red, green and blue, and where the last two begin.
_LUMA = (
    (0.29900, 0.58700, 0.11400), (-0.16874, -0.33126, 0.50000), (0.50000, -0.41869, -0.08131),
)  # fmt: skip
_MIDDLE = 128
# Bits behind the point in Pillow's tables of YCbCr.
_BITS = 6


class Mode(NamedTuple):
    """bands: the letters of what a pixel has. dtype: NumPy's name of each."""

    bands: tuple[str, ...]
    dtype: str = "uint8"


MODES = {
    "1": Mode(("1",), "bool"),
    "L": Mode(("L",)),
    "LA": Mode(("L", "A")),
    "RGB": Mode(("R", "G", "B")),
    "RGBA": Mode(("R", "G", "B", "A")),
    "CMYK": Mode(("C", "M", "Y", "K")),
    "YCbCr": Mode(("Y", "Cb", "Cr")),
    "HSV": Mode(("H", "S", "V")),
    "I": Mode(("I",), "int32"),
    "I;16": Mode(("I",), "uint16"),
    "F": Mode(("F",), "float32"),
    # Colours times how opaque they are, for sums of pixels.
    "La": Mode(("L", "a")),
    "RGBa": Mode(("R", "G", "B", "a")),
}


def need_mode(mode: object) -> str:
    """The mode, one of those that there are."""
    if type(mode) is not str or mode not in MODES:
        raise ValueProblem(
            f"unrecognized image mode (there are {', '.join(MODES)})", argument="mode"
        )
    return mode


# -- from one to another ----------------------------------------------------------------------


def _clipped(pixels: Pixels) -> Pixels:
    return np.clip(np.nan_to_num(pixels), 0, 255).astype(np.uint8)


def _grey(rgb: Pixels) -> Pixels:
    r, g, b = (rgb[..., i].astype(np.int32) for i in range(3))
    total = r * _GREY[0] + g * _GREY[1] + b * _GREY[2]
    return ((total + (1 << 15)) >> 16).astype(np.uint8)


def _thousands(rgb: Pixels) -> Pixels:
    """Greys in thousandths."""
    r, g, b = (rgb[..., i].astype(np.int32) for i in range(3))
    return r * 299 + g * 587 + b * 114


def _with(pixels: Pixels, last: int) -> Pixels:
    """Another band, the same everywhere."""
    made = np.full((*pixels.shape[:2], pixels.shape[2] + 1), last, np.uint8)
    made[..., :-1] = pixels
    return made


def _to_hsv(rgb: Pixels) -> Pixels:
    # Pillow's order of floats and doubles.
    r, g, b = (rgb[..., i].astype(np.float32) for i in range(3))
    most, least = rgb.max(-1), rgb.min(-1)
    span = np.maximum(most.astype(np.int32) - least, 1).astype(np.float32)
    top = np.maximum(most, 1).astype(np.float32)
    rc, gc, bc = ((most.astype(np.float32) - band) / span for band in (r, g, b))
    hue = np.where(
        rgb[..., 0] == most,
        (bc - gc).astype(np.float64),
        np.where(
            rgb[..., 1] == most, 2.0 + rc.astype(np.float64) - bc, 4.0 + gc.astype(np.float64) - rc
        ),
    ).astype(np.float32)
    hue = np.fmod(hue.astype(np.float64) / 6.0 + 1.0, 1.0).astype(np.float32)
    plain = most == least
    h = np.where(plain, 0, _clipped((hue.astype(np.float64) * 255.0).astype(np.int32)))
    s = np.where(plain, 0, _clipped((span / top * 255.0).astype(np.int32)))
    return np.stack((h, s, most), -1).astype(np.uint8)


def _from_hsv(hsv: Pixels) -> Pixels:
    h, s, v = (hsv[..., i] for i in range(3))
    at = h.astype(np.float64) * 6.0 / 255.0
    sector = np.floor(at).astype(np.int32)
    f = (at - sector).astype(np.float32).astype(np.float64)
    share = (s.astype(np.float64) / 255.0).astype(np.float32).astype(np.float64)
    value = v.astype(np.float64)

    def rounded(x: Pixels) -> Pixels:
        return _clipped(np.floor(x.astype(np.float32).astype(np.float64) + 0.5))

    p, q = rounded(value * (1.0 - share)), rounded(value * (1.0 - share * f))
    t = rounded(value * (1.0 - share * (1.0 - f)))
    choices = [(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]
    made = np.stack(
        [np.choose(sector % 6, [choice[i] for choice in choices]) for i in range(3)], -1
    )
    return np.where((s == 0)[..., None], v[..., None], made).astype(np.uint8)


def _to_ycc(rgb: Pixels) -> Pixels:
    made = []
    for row, middle in zip(_LUMA, (0, _MIDDLE, _MIDDLE)):
        tables = [
            np.floor(np.arange(256) * share * (1 << _BITS) + 0.5).astype(np.int32) for share in row
        ]
        total = sum(table[rgb[..., i]] for i, table in enumerate(tables))
        made.append(np.clip((total >> _BITS) + middle, 0, 255))
    return np.stack(made, -1).astype(np.uint8)


def _from_ycc(ycc: Pixels) -> Pixels:
    y = ycc[..., 0].astype(np.int32)
    away = np.arange(256) - _MIDDLE

    def part(share: float, band: int) -> Pixels:
        table = np.floor(away * share * (1 << _BITS) + 0.5).astype(np.int32)
        return table[ycc[..., band]]

    r = y + (part(1.40200, 2) >> _BITS)
    g = y + ((part(-0.34414, 1) + part(-0.71414, 2)) >> _BITS)
    b = y + (part(1.77200, 1) >> _BITS)
    return np.clip(np.stack((r, g, b), -1), 0, 255).astype(np.uint8)


def _from_cmyk(cmyk: Pixels) -> Pixels:
    rest = 255 - cmyk[..., 3:].astype(np.int32)
    return np.clip(rest - _times(cmyk[..., :3], rest), 0, 255).astype(np.uint8)


def _times(a: Pixels, b: Pixels) -> Pixels:
    """a·b/255, rounded as Pillow rounds it."""
    product = a.astype(np.int32) * b + 128
    return ((product >> 8) + product) >> 8


def _weighted(pixels: Pixels) -> Pixels:
    made = pixels.copy()
    made[..., :-1] = _times(pixels[..., :-1], pixels[..., -1:].astype(np.int32))
    return made


def _unweighted(pixels: Pixels) -> Pixels:
    alpha = pixels[..., -1:].astype(np.int32)
    made = pixels.copy()
    whole = np.clip(255 * pixels[..., :-1].astype(np.int32) // np.maximum(alpha, 1), 0, 255)
    made[..., :-1] = np.where((alpha == 0) | (alpha == 255), pixels[..., :-1], whole)
    return made


_DIRECT: dict[tuple[str, str], Callable[[Pixels], Pixels]] = {
    ("1", "L"): lambda p: p.astype(np.uint8) * 255,
    ("L", "1"): lambda p: p >= 128,
    ("L", "LA"): lambda p: _with(p[..., None], 255),
    ("L", "CMYK"): lambda p: np.stack((*[np.zeros_like(p)] * 3, 255 - p), -1),
    ("L", "RGB"): lambda p: np.repeat(p[..., None], 3, -1),
    ("L", "I"): lambda p: p.astype(np.int32),
    ("L", "F"): lambda p: p.astype(np.float32),
    ("L", "I;16"): lambda p: p.astype(np.uint16),
    ("I", "L"): _clipped,
    ("F", "L"): _clipped,
    ("I", "F"): lambda p: p.astype(np.float32),
    ("F", "I"): lambda p: np.clip(np.nan_to_num(p.astype(np.float64)), -(2.0**31), 2.0**31 - 1).astype(np.int32),
    ("I;16", "I"): lambda p: p.astype(np.int32),
    ("I;16", "L"): lambda p: (p >> 8).astype(np.uint8),
    ("I", "I;16"): lambda p: np.clip(p, 0, 65535).astype(np.uint16),
    ("I;16", "F"): lambda p: p.astype(np.float32),
    ("LA", "L"): lambda p: p[..., 0],
    ("LA", "RGBA"): lambda p: p[..., [0, 0, 0, 1]],
    ("LA", "La"): _weighted,
    ("La", "LA"): _unweighted,
    ("RGB", "L"): _grey,
    ("RGB", "1"): lambda p: _thousands(p) >= 128_000,
    ("RGB", "F"): lambda p: _thousands(p).astype(np.float32) / np.float32(1000),
    ("RGB", "I"): lambda p: _grey(p).astype(np.int32),
    ("RGB", "RGBA"): lambda p: _with(p, 255),
    ("RGB", "HSV"): _to_hsv,
    ("HSV", "RGB"): _from_hsv,
    ("RGB", "YCbCr"): _to_ycc,
    ("YCbCr", "RGB"): _from_ycc,
    ("YCbCr", "L"): lambda p: p[..., 0],
    ("RGB", "CMYK"): lambda p: _with(255 - p, 0),
    ("CMYK", "RGB"): _from_cmyk,
    ("RGBA", "RGB"): lambda p: p[..., :3],
    ("RGBA", "L"): lambda p: _grey(p[..., :3]),
    ("RGBA", "LA"): lambda p: np.stack((_grey(p[..., :3]), p[..., 3]), -1),
    ("RGBA", "RGBa"): _weighted,
    ("RGBa", "RGBA"): _unweighted,
}  # fmt: skip
# What lies between two modes that have no direct way; and by mode, what else it goes by.
_MIDDLES = ("RGB", "L", "RGBA")
_BY = {"1": "L", "I": "L", "F": "L", "I;16": "I", "LA": "RGBA", "RGBa": "RGBA", "La": "LA",
       "RGBA": "RGB", "HSV": "RGB", "YCbCr": "RGB", "CMYK": "RGB"}  # fmt: skip


def converted(pixels: Pixels, old: str, new: str) -> Pixels:
    """Pixels of one mode as those of another; ValueProblem where there is no way."""
    begun = old
    while old != new:
        step = new if (old, new) in _DIRECT else _on_the_way(old, new)
        if step is None:
            raise ValueProblem(f"conversion from {begun} to {new} not supported", argument="mode")
        pixels, old = _DIRECT[old, step](pixels), step
    return np.ascontiguousarray(pixels)


def _on_the_way(old: str, new: str) -> str | None:
    """The mode to go by: one that leads there, else one of more colours."""
    for middle in _MIDDLES:
        if (old, middle) in _DIRECT and (middle, new) in _DIRECT:
            return middle
    return _BY.get(old)
