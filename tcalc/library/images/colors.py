"""Colours as programs write them: numbers for each band, or a name."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.modes import MODES, converted
from tcalc.runtime.base import kinds

_NAMES = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "lime": "#00ff00", "blue": "#0000ff",
    "green": "#008000", "yellow": "#ffff00", "cyan": "#00ffff", "aqua": "#00ffff",
    "magenta": "#ff00ff", "fuchsia": "#ff00ff", "gray": "#808080", "grey": "#808080",
    "silver": "#c0c0c0", "maroon": "#800000", "olive": "#808000", "purple": "#800080",
    "teal": "#008080", "navy": "#000080", "orange": "#ffa500", "pink": "#ffc0cb",
    "brown": "#a52a2a", "gold": "#ffd700", "violet": "#ee82ee", "indigo": "#4b0082",
    "lightblue": "#add8e6", "lightgray": "#d3d3d3", "darkgray": "#a9a9a9", "darkgreen": "#006400",
    "darkblue": "#00008b", "darkred": "#8b0000", "coral": "#ff7f50", "salmon": "#fa8072",
    "turquoise": "#40e0d0", "skyblue": "#87ceeb", "tomato": "#ff6347", "crimson": "#dc143c",
}  # fmt: skip
_DIGITS = frozenset("0123456789abcdefABCDEF")


def rgb(text: str) -> tuple[int, ...]:
    """The red, green, blue and, where it is said, alpha of a name or of `#rrggbb`.

    >>> rgb("red"), rgb("#0f0")
    ((255, 0, 0), (0, 255, 0))
    """
    spelled = _NAMES.get(text.lower(), text)
    digits = spelled[1:]
    if spelled.startswith("#") and digits and set(digits) <= _DIGITS:
        if len(digits) in (3, 4):
            digits = "".join(2 * d for d in digits)
        if len(digits) in (6, 8):
            return tuple(int(digits[i : i + 2], 16) for i in range(0, len(digits), 2))
    raise ValueProblem(f"unknown color specifier: {text!r}", hint="'#rrggbb' spells any colour")


def color_of(color: Any, mode: str) -> Any:
    """A colour as a pixel of a mode: a number, or an array of one for each band."""
    bands, dtype = MODES[mode]
    if type(color) is str:
        named = np.array([[rgb(color)]], np.uint8)
        return converted(named, "RGBA" if named.shape[2] == 4 else "RGB", mode)[0, 0]
    taken = kinds.take("Image", "color", ("Floats",), color)
    numbers = taken if type(taken) is tuple else (taken,)
    if len(numbers) == 1 and len(bands) > 1 and type(taken) is not tuple:
        # One number is the lowest byte of a pixel, with no light in the others, and opaque.
        numbers = (*numbers, *[0.0] * (len(bands) - 1))
        if bands[-1] == "A":
            numbers = (*numbers[:-1], 255.0 if len(bands) == 2 else 0.0)
    if len(numbers) == 3 and len(bands) == 4:
        numbers = (*numbers, 255.0)
    if len(numbers) != len(bands):
        raise ArgumentError(f"color must be int or tuple of {len(bands)} numbers", argument="color")
    made = np.array(numbers)
    if dtype == "uint8":
        made = np.clip(np.trunc(np.nan_to_num(made)), 0, 255)
    elif dtype in ("int32", "uint16"):
        limits = np.iinfo(dtype)
        made = np.clip(np.trunc(np.nan_to_num(made)), limits.min, limits.max)
    cast = made.astype(dtype)
    return cast if len(bands) > 1 else cast[0]
