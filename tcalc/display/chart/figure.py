"""What a figure shows, as data: axes in rows and columns, each with curves, bars and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# Width and height where none are given, in inches, and points an inch.
SIZE, DPI = (6.4, 4.8), 100
Kind = Literal["line", "points", "bars", "bars across", "area", "across", "upright"]


@dataclass(slots=True)
class Series:
    """Numbers that are drawn alike.

    kind: a line through points; points; bars that stand on `base`, upright or across; an area
    between `base` and y; a line over the whole width at y, or height at x. x, y: [n]. label: its
    name in the legend. colour: which of the palette; None for the next. shades: [n], numbers that
    colour the points by a colour map. widths: [n], of bars. dashed: whether a line has gaps.
    marked: whether a line's points are marked.
    """

    kind: Kind
    x: Numbers
    y: Numbers
    label: str = ""
    colour: int | None = None
    shades: Numbers | None = None
    widths: Numbers | None = None
    base: Numbers | float = 0.0
    dashed: bool = False
    marked: bool = False
    map: str = "viridis"


@dataclass(slots=True)
class Picture:
    """A matrix, a cell a colour: values [h, w], or colours [h, w, 3] from 0 to 1.

    low, high: what the ends of the colour map stand for; None for the least and the greatest.
    extent: left, right, bottom and top of the axes that it covers; None for its own rows and
    columns, the first row on top.
    """

    values: Numbers
    map: str = "viridis"
    low: float | None = None
    high: float | None = None
    extent: tuple[float, float, float, float] | None = None


@dataclass(slots=True)
class Note:
    """A text at a place of the axes."""

    x: float
    y: float
    text: str


@dataclass(slots=True)
class Scale:
    """One direction of axes: its limits, None for those of what is shown; logarithmic or not;
    its ticks and what is written at them, None for those that suit."""

    label: str = ""
    limits: tuple[float, float] | None = None
    logarithmic: bool = False
    ticks: list[float] | None = None
    names: list[str] | None = None
    reversed: bool = False


@dataclass(slots=True)
class Axes:
    """What is drawn over one pair of scales."""

    title: str = ""
    x: Scale = field(default_factory=Scale)
    y: Scale = field(default_factory=Scale)
    series: list[Series] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    legend: bool | None = None  # None: where a series has a label and there are several
    framed: bool = True
    bar: bool = False  # whether a picture's colours are explained

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.series or self.pictures or self.notes)


@dataclass(slots=True)
class Figure:
    """Axes by their place: (first row, first column, rows, columns) of a grid of the shape."""

    shape: tuple[int, int] = (1, 1)
    axes: list[tuple[tuple[int, int, int, int], Axes]] = field(default_factory=list)
    title: str = ""
    number: int = 1
    # Width and height in inches, as matplotlib has them; they say how tall it is for its width.
    size: tuple[float, float] | None = None
