"""Shapes that can be put into axes."""

from __future__ import annotations

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.language.lent import Lent
from tcalc.language.plotting.values import number, pair, style_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tcalc.display.chart.figure import Numbers

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Shape(Lent):
    """A shape: the line around it, its name and its colour"""

    __slots__ = ("colour", "label")
    colour: int | None
    label: str

    def outline(self) -> tuple[Numbers, Numbers]:
        """The line around it."""
        raise ArgumentError("this shape has no outline")

    def _look(self, options: dict[str, Any]) -> None:
        self.label = text_of(options.pop("label", ""))
        edge = options.pop("edgecolor", None) or options.pop("ec", None)
        if edge not in (None, "none"):
            options.setdefault("color", edge)
        self.colour = style_of(None, options, ("fill", "angle", "transform")).colour


class Rectangle(Shape):
    """A rectangle by its lower left corner, its width and its height"""

    __module__ = "matplotlib.patches"

    __slots__ = ("_corner", "_size")

    def __init__(self, xy: Any, width: Any, height: Any, **options: Any) -> None:
        self._corner = pair(xy, "xy")
        self._size = number(width, "width"), number(height, "height")
        self._look(options)

    def outline(self) -> tuple[Numbers, Numbers]:
        """The line around it."""
        (x, y), (w, h) = self._corner, self._size
        return np.array([x, x + w, x + w, x, x]), np.array([y, y, y + h, y + h, y])


class Circle(Shape):
    """A circle by its centre and radius"""

    __module__ = "matplotlib.patches"

    __slots__ = ("_centre", "_radius")

    def __init__(self, xy: Any, radius: Any = 5, **options: Any) -> None:
        self._centre, self._radius = pair(xy, "xy"), number(radius, "radius")
        self._look(options)

    def outline(self) -> tuple[Numbers, Numbers]:
        """The line around it."""
        turn = np.linspace(0, 2 * np.pi, 100)
        x, y = self._centre
        return x + self._radius * np.cos(turn), y + self._radius * np.sin(turn)
