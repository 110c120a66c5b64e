"""The plots of one session: figures that are open, and the one that is drawn while a program runs."""

from __future__ import annotations

import sys
from time import monotonic

import numpy as np

from tcalc.display.chart.figure import Axes, Figure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Seconds between two drawings of what changes.
_PAUSE = 0.15


class Plots:
    """What a session's programs are drawing.

    draw(figure, over, must): puts a figure out, as Surroundings say. live: axes that grow by each
    call, with the numbers of their series.
    """

    def __init__(self, draw: Callable[[Figure, bool, bool], object]) -> None:
        # Those of `pyplot` that are open, the current one last.
        self.figures: list[Any] = []
        self.live: Axes | None = None
        self.live_values: list[list[float]] = []
        self._draw = draw
        self._drawn: float | None = None
        self._waits: Figure | None = None

    def refresh(self) -> None:
        """The growing axes have grown."""
        if self.live is not None and sys.stdout.isatty():
            self.animate(Figure(axes=[((0, 0, 1, 1), self.live)]))

    def animate(self, figure: Figure) -> None:
        """Draw a figure over what it was before, if it is time; else when the program ends.

        Where a program prints between, only the first and the last are drawn.
        """
        now = monotonic()
        self._waits = figure
        if self._drawn is None or now - self._drawn >= _PAUSE:
            self._put(figure, self._drawn is None)
            self._drawn = now

    def _put(self, figure: Figure, must: bool) -> None:
        if self.live is not None:
            for series, values in zip(self.live.series, self.live_values):
                series.y = np.array(values)
                series.x = np.arange(1.0, len(values) + 1)
        self._draw(figure, True, must)

    def end(self) -> None:
        """The program has ended: draw what was put off, and begin anew."""
        if self._waits is not None:
            self._put(self._waits, True)
        self.live, self.live_values, self._drawn, self._waits = None, [], None, None
