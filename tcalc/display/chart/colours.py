"""Colours: those of series, and maps from numbers to colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.theme import Depth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcalc.display.chart.figure import Numbers


# Of series, in turn: of middle brightness, so that each stands out from light and from dark.
NAMES = ("blue", "orange", "green", "red", "purple", "cyan", "pink", "olive", "gray")
_MANY = (33, 166, 28, 167, 134, 30, 169, 100, 245)
_SIXTEEN = (34, 33, 32, 31, 35, 36, 95, 93, 90)
# What people call colours elsewhere.
_ALSO = {
    "b": 0, "c0": 0, "tab:blue": 0, "steelblue": 0, "navy": 0, "royalblue": 0, "skyblue": 0,
    "c1": 1, "tab:orange": 1, "darkorange": 1, "coral": 1, "brown": 1, "gold": 1, "tan": 1,
    "g": 2, "c2": 2, "tab:green": 2, "lime": 2, "darkgreen": 2, "lightgreen": 2, "limegreen": 2,
    "r": 3, "c3": 3, "tab:red": 3, "crimson": 3, "darkred": 3, "tomato": 3, "salmon": 3,
    "m": 4, "c4": 4, "tab:purple": 4, "magenta": 4, "violet": 4, "indigo": 4,
    "c": 5, "c9": 5, "tab:cyan": 5, "teal": 5, "turquoise": 5, "aqua": 5,
    "c6": 6, "tab:pink": 6, "c5": 1, "tab:brown": 1,
    "y": 7, "c8": 7, "tab:olive": 7, "yellow": 7,
    "k": 8, "c7": 8, "tab:gray": 8, "black": 8, "grey": 8, "w": 8, "white": 8, "silver": 8,
    "lightgray": 8, "lightgrey": 8, "dimgray": 8, "darkgray": 8,
}  # fmt: skip


def by_name(name: str) -> int | None:
    """Which colour of the palette a name means, or None.

    >>> by_name("r") == by_name("red")
    True
    """
    name = name.lower()
    if name in NAMES:
        return NAMES.index(name)
    if name.startswith("#") and len(name) in (4, 7):
        return _nearest(name)
    return _ALSO.get(name)


# What the palette's colours are, to find the one that is most like another.
_SEEN = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (23, 190, 207),
         (227, 119, 194), (188, 189, 34), (127, 127, 127))  # fmt: skip


def _nearest(text: str) -> int | None:
    digits = text[1:] if len(text) == 7 else "".join(d * 2 for d in text[1:])
    try:
        given = [int(digits[i : i + 2], 16) for i in (0, 2, 4)]
    except ValueError:
        return None
    far = [sum((a - b) ** 2 for a, b in zip(given, seen)) for seen in _SEEN]
    return far.index(min(far))


def begin(colour: int, depth: Depth) -> str:
    """What turns a colour of the palette on."""
    if depth is Depth.NONE:
        return ""
    colour %= len(NAMES)
    return f"\x1b[{_SIXTEEN[colour]}m" if depth is Depth.SIXTEEN else f"\x1b[38;5;{_MANY[colour]}m"


# Maps by some of their colours, evenly apart.
_MAPS = {
    "viridis": "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725",
    "plasma": "0d0887 4c02a1 7e03a8 aa2395 cc4778 e66c5c f89540 fdc527 f0f921",
    "magma": "000004 1c1044 4f127b 812581 b5367a e55964 fb8761 fec287 fcfdbf",
    "inferno": "000004 1f0c48 550f6d 88226a ba3655 e35933 f98e09 f9c932 fcffa4",
    "gray": "000000 ffffff",
    "binary": "ffffff 000000",
    "blues": "f7fbff c6dbef 6baed6 2171b5 08306b",
    "greens": "f7fcf5 c7e9c0 74c476 238b45 00441b",
    "reds": "fff5f0 fcbba1 fb6a4a cb181d 67000d",
    "hot": "0a0000 ff0000 ffff00 ffffff",
    "oranges": "fff5eb fdd0a2 fd8d3c d94801 7f2704",
    "purples": "fcfbfd dadaeb 9e9ac8 6a51a3 3f007d",
    "coolwarm": "3b4cc0 8db0fe dddddd f49a7b b40426",
    "bwr": "0000ff ffffff ff0000",
    "seismic": "00004c 0000ff ffffff ff0000 7f0000",
    "rdbu": "67001f d6604d f7f7f7 4393c3 053061",
    "rdgy": "67001f d6604d ffffff 999999 1a1a1a",
    "rdylbu": "a50026 f46d43 ffffbf 74add1 313695",
    "rdylgn": "a50026 f46d43 ffffbf 66bd63 006837",
    "piyg": "8e0152 de77ae f7f7f7 7fbc41 276419",
    "prgn": "40004b 9970ab f7f7f7 5aae61 00441b",
    "brbg": "543005 bf812d f5f5f5 35978f 003c30",
    "puor": "7f3b08 e08214 f7f7f7 8073ac 2d004b",
    "spectral": "9e0142 f46d43 ffffbf 66c2a5 5e4fa2",
    "cividis": "00224e 35456c 666970 948e77 c8b866 fee838",
    "turbo": "30123b 4777ef 1bd0d5 62fc6b d2e935 fe9b2d db3a07 7a0403",
    "ylorrd": "ffffcc fed976 fd8d3c e31a1c 800026",
    "ylgnbu": "ffffd9 c7e9b4 41b6c4 225ea8 081d58",
    "gnbu": "f7fcf0 ccebc5 7bccc4 2b8cbe 084081",
    "ylgn": "ffffe5 d9f0a3 78c679 238443 004529",
    "pubu": "fff7fb d0d1e6 74a9cf 0570b0 023858",
    "jet": "00007f 0000ff 00ffff ffff00 ff0000 7f0000",
    "rainbow": "8000ff 00b5eb 80ffb4 ffb360 ff0000",
    "hsv": "ff0000 ffff00 00ff00 00ffff 0000ff ff00ff ff0000",
    "cool": "00ffff ff00ff",
    "spring": "ff00ff ffff00",
    "summer": "008066 ffff66",
    "autumn": "ff0000 ffff00",
    "winter": "0000ff 00ff80",
    "copper": "000000 633e28 c67d50 ffc77f",
    "pink": "1e0000 c08181 e8e8b4 ffffff",
    "twilight": "e2d9e2 6276ba 2f1436 a44e50 e2d9e2",
    "tab10": "1f77b4 ff7f0e 2ca02c d62728 9467bd 8c564b e377c2 7f7f7f bcbd22 17becf",
    "set1": "e41a1c 377eb8 4daf4a 984ea3 ff7f00 ffff33 a65628 f781bf 999999",
    "set2": "66c2a5 fc8d62 8da0cb e78ac3 a6d854 ffd92f e5c494 b3b3b3",
    "paired": "a6cee3 1f78b4 b2df8a 33a02c fb9a99 e31a1c fdbf6f ff7f00 cab2d6 6a3d9a",
    "accent": "7fc97f beaed4 fdc086 ffff99 386cb0 f0027f bf5b17 666666",
}  # fmt: skip
_OTHER = {"grey": "gray", "greys": "binary", "gray_r": "binary", "bone": "gray", "greys_r": "gray"}


def has_map(name: str) -> bool:
    """Whether there is a map of the name, as `viridis` or `viridis_r`."""
    name = name.lower()
    return name in _OTHER or name.removesuffix("_r") in _MAPS


def coloured(values: Numbers, name: str) -> NDArray[np.uint8]:
    """The colours of numbers from 0 to 1 by a map: [..., 3], from 0 to 255."""
    name = name.lower()
    name = _OTHER.get(name, name)
    anchors = _MAPS.get(name.removesuffix("_r"), _MAPS["viridis"]).split()
    if name.endswith("_r"):
        anchors.reverse()
    table = np.array([[int(a[i : i + 2], 16) for i in (0, 2, 4)] for a in anchors], np.float64)
    at = np.nan_to_num(np.clip(values, 0, 1)) * (len(table) - 1)
    low = np.minimum(at.astype(np.intp), len(table) - 2)
    part = (at - low)[..., None]
    made: NDArray[np.uint8] = np.rint(table[low] * (1 - part) + table[low + 1] * part).astype(
        np.uint8
    )
    return made


def code(colour: tuple[int, int, int], depth: Depth) -> str:
    """A colour as what follows `38;` or `48;` in an escape, exact or the nearest of 256."""
    if depth is Depth.ALL:
        return "2;{};{};{}".format(*colour)
    r, g, b = colour
    if max(colour) - min(colour) < 8:
        grey = round((r - 8) / 247 * 24)
        return f"5;{231 if grey > 23 else 16 if grey < 0 else 232 + grey}"
    return f"5;{16 + 36 * _step(r) + 6 * _step(g) + _step(b)}"


def _step(part: int) -> int:
    """Which of the six steps of the 256 colours is nearest: 0, 95, 135, …, 255."""
    return 0 if part < 48 else 1 if part < 115 else min(5, (part - 35) // 40)
