"""How pixels between others are found, and whether an argument says it."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, KeyProblem
from tcalc.library.vision.transforms.choices import Choice, define
from tcalc.runtime.base.registry import export

_VALUES = {
    "NEAREST": "nearest", "NEAREST_EXACT": "nearest-exact", "BILINEAR": "bilinear",
    "BICUBIC": "bicubic", "BOX": "box", "HAMMING": "hamming", "LANCZOS": "lanczos",
}  # fmt: skip


@export(
    "torchvision.transforms.InterpolationMode",
    "torchvision.transforms.functional.InterpolationMode",
    "torchvision.transforms.v2.InterpolationMode",
    home="torchvision.transforms.functional",
)
class InterpolationMode(Choice):
    """How pixels between others are found.

    >>> from torchvision.transforms import InterpolationMode
    >>> InterpolationMode.BILINEAR, InterpolationMode.BILINEAR.value
    (<InterpolationMode.BILINEAR: 'bilinear'>, 'bilinear')
    """

    _public_ = frozenset(_VALUES)

    NEAREST: InterpolationMode
    NEAREST_EXACT: InterpolationMode
    BILINEAR: InterpolationMode
    BICUBIC: InterpolationMode
    BOX: InterpolationMode
    HAMMING: InterpolationMode
    LANCZOS: InterpolationMode


for _name, _value in _VALUES.items():
    define(InterpolationMode, _name, _value)

# Pillow's numbers of them; the first of a number is what it stands for.
_NUMBERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5,
            "nearest-exact": 0}  # fmt: skip
_BY_NUMBER = {n: InterpolationMode(value) for value, n in reversed(_NUMBERS.items())}


def number_of(mode: InterpolationMode) -> int:
    """Pillow's number of a mode."""
    return _NUMBERS[mode.value]


def of_number(interpolation: Any) -> Any:
    """The mode that one of Pillow's numbers stands for; anything else as it is."""
    if type(interpolation) is not int:
        return interpolation
    if interpolation not in _BY_NUMBER:
        raise KeyProblem(str(interpolation), argument="interpolation")
    return _BY_NUMBER[interpolation]


def mode_of(interpolation: Any) -> InterpolationMode:
    """The mode, or what one of Pillow's numbers stands for; TypeError for anything else."""
    found = of_number(interpolation)
    if not isinstance(found, InterpolationMode):
        raise ArgumentError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow "
            "integer constant",
            argument="interpolation",
        )
    return found
