"""What axes give to programs of what they drew, and of their two directions."""

from __future__ import annotations

import numpy as np

from tcalc.display.chart.figure import Note, Picture, Series
from tcalc.language.lent import Lent
from tcalc.language.plotting.values import image_of, line_of, text_of
from tcalc.runtime.base.registry import silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tcalc.display.chart.figure import Axes as Model
    from tcalc.display.chart.figure import Scale

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Handle(Lent):
    """Something that was drawn: its looks can be set, which cells do not show"""

    __module__ = "matplotlib.artist"

    __slots__ = ("series",)
    _public_ = frozenset(
        "get_label set_label set_data set_xdata set_ydata set_color set_visible set_linewidth "
        "set_alpha set_array set_title remove set_text get_text set_facecolor set_clim cmap".split()
    )

    def __init__(self, series: Any = None) -> None:
        self.series = series

    cmap = property(lambda self: getattr(self.series, "map", None))

    @silent
    def set_data(self, *values: Any) -> None:
        """Other numbers in the place of those that were drawn"""
        if isinstance(self.series, Picture):
            self.series.values = image_of(values[0])
        elif isinstance(self.series, Series):
            x, y = values if len(values) == 2 else values[0]
            self.series.x, self.series.y = line_of(x, "x"), line_of(y, "y")

    set_array = set_data

    @silent
    def set_ydata(self, y: Any) -> None:
        """Other heights"""
        self.series.y = line_of(y, "y")

    @silent
    def set_xdata(self, x: Any) -> None:
        """Other places"""
        self.series.x = line_of(x, "x")

    def get_label(self) -> str:
        """The name in the legend"""
        return getattr(self.series, "label", "")

    @silent
    def set_label(self, label: Any) -> None:
        """The name in the legend"""
        self.series.label = text_of(label)

    @silent
    def set_text(self, text: Any) -> None:
        """What a note says"""
        if isinstance(self.series, Note):
            self.series.text = text_of(text)

    set_title = set_text

    def get_text(self) -> str:
        """What a note says"""
        return getattr(self.series, "text", "")

    @silent
    def _look(self, *values: Any, **more: Any) -> None:
        """How it looks, which cells do not show"""

    set_color = set_visible = set_linewidth = set_alpha = set_facecolor = set_clim = _look

    @silent
    def remove(self) -> None:
        """Take it away"""
        series = self.series
        if isinstance(series, Series):
            series.x = series.y = np.zeros(0)
        elif isinstance(series, Note):
            series.text = ""


class Axis(Lent):
    """One direction of axes"""

    __module__ = "matplotlib.artist"

    __slots__ = ("_axes", "_scale")
    _public_ = frozenset(
        "set_visible set_ticks set_ticklabels set_major_locator set_major_formatter set_tick_params "
        "set_label_text set_label_position tick_top tick_bottom set_ticks_position grid".split()
    )

    def __init__(self, axes: Model, scale: Scale) -> None:
        self._axes, self._scale = axes, scale

    @silent
    def set_visible(self, visible: Any) -> None:
        """Whether its ticks are seen"""
        if not visible:
            self._scale.ticks, self._scale.names = [], []

    @silent
    def set_ticks(self, ticks: Any, labels: Any = None, **looks: Any) -> None:
        """Where ticks are"""
        set_ticks(self._scale, ticks, labels)

    @silent
    def set_ticklabels(self, labels: Any, **looks: Any) -> None:
        """What is written at the ticks"""
        set_names(self._scale, labels)

    @silent
    def set_label_text(self, label: Any, **looks: Any) -> None:
        """The name of the direction"""
        self._scale.label = text_of(label)

    @silent
    def _look(self, *values: Any, **looks: Any) -> None:
        """How it looks, which cells do not show"""

    set_major_locator = set_major_formatter = set_tick_params = set_label_position = _look
    tick_top = tick_bottom = set_ticks_position = grid = _look


def set_ticks(scale: Scale, ticks: Any, labels: Any) -> None:
    """Where the ticks of a scale are, and what is written at them."""
    scale.ticks = line_of(ticks, "ticks").tolist()
    scale.names = None
    if labels is not None:
        set_names(scale, labels)


def set_names(scale: Scale, labels: Any) -> None:
    """What is written at the ticks of a scale; where none were set, at 0, 1, 2 and so on."""
    names = [text_of(v) for v in labels]
    if scale.ticks is None or len(scale.ticks) != len(names):
        scale.ticks = [float(k) for k in range(len(names))]
    scale.names = names
