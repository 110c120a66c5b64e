"""One pair of axes under matplotlib's names: what stands around what is drawn."""

from __future__ import annotations

from tcalc.display.chart.draw import limits_of
from tcalc.display.chart.figure import Axes as Model
from tcalc.language.plotting.drawing import DRAWING, Drawing
from tcalc.language.plotting.handles import Axis, Handle, set_names, set_ticks
from tcalc.language.plotting.values import are_texts, line_of, numbers, pair, text_of
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tcalc.language.plotting.figures import Figure

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_AROUND = """
    add_patch autoscale axis cla clear get_figure get_legend get_legend_handles_labels get_title
    get_xaxis get_xlabel get_xlim get_yaxis get_ylabel get_ylim grid invert_xaxis invert_yaxis
    label_outer legend margins relim autoscale_view set set_adjustable set_aspect set_axis_off
    set_axis_on set_facecolor set_title set_xlabel set_xlim set_xscale set_xticklabels set_xticks
    set_ylabel set_ylim set_yscale set_yticklabels set_yticks tick_params tick_top title xaxis yaxis
    figure spines patch
"""


class Axes(Drawing):
    """Axes of a figure: what is drawn in them, and what stands around"""

    __module__ = "matplotlib.axes"

    __slots__ = ("figure",)
    _public_ = frozenset(DRAWING) | frozenset(_AROUND.split())

    def __init__(self, figure: Figure, model: Model) -> None:
        self.figure, self.model = figure, model

    # -- what stands around ---------------------------------------------------------------------

    @silent
    def set_title(self, label: Any, *rest: Any, **looks: Any) -> Handle:
        """The text above"""
        self.model.title = text_of(label)
        return Handle()

    @silent
    def set_xlabel(self, xlabel: Any, *rest: Any, **looks: Any) -> Handle:
        """The name of x"""
        self.model.x.label = text_of(xlabel)
        return Handle()

    @silent
    def set_ylabel(self, ylabel: Any, *rest: Any, **looks: Any) -> Handle:
        """The name of y"""
        self.model.y.label = text_of(ylabel)
        return Handle()

    def get_title(self) -> str:
        """The text above"""
        return self.model.title

    def get_xlabel(self) -> str:
        """The name of x"""
        return self.model.x.label

    def get_ylabel(self) -> str:
        """The name of y"""
        return self.model.y.label

    @silent
    def set_xlim(self, left: Any = None, right: Any = None, **looks: Any) -> tuple[float, float]:
        """From where to where x goes"""
        return _set_limits(self, 0, left, right, looks.get("xmin"), looks.get("xmax"))

    @silent
    def set_ylim(self, bottom: Any = None, top: Any = None, **looks: Any) -> tuple[float, float]:
        """From where to where y goes"""
        return _set_limits(self, 1, bottom, top, looks.get("ymin"), looks.get("ymax"))

    def get_xlim(self) -> tuple[float, float]:
        """From where to where x goes"""
        return _limits(self, 0)

    def get_ylim(self) -> tuple[float, float]:
        """From where to where y goes"""
        return _limits(self, 1)

    @silent
    def set_xscale(self, value: Any, **looks: Any) -> None:
        """Linear or log"""
        self.model.x.logarithmic = _is_log(value)

    @silent
    def set_yscale(self, value: Any, **looks: Any) -> None:
        """Linear or log"""
        self.model.y.logarithmic = _is_log(value)

    @silent
    def set_xticks(self, ticks: Any, labels: Any = None, **looks: Any) -> List:
        """Where x has ticks"""
        set_ticks(self.model.x, ticks, labels)
        return List()

    @silent
    def set_yticks(self, ticks: Any, labels: Any = None, **looks: Any) -> List:
        """Where y has ticks"""
        set_ticks(self.model.y, ticks, labels)
        return List()

    @silent
    def set_xticklabels(self, labels: Any, **looks: Any) -> List:
        """What is written at the ticks of x"""
        set_names(self.model.x, labels)
        return List()

    @silent
    def set_yticklabels(self, labels: Any, **looks: Any) -> List:
        """What is written at the ticks of y"""
        set_names(self.model.y, labels)
        return List()

    def get_xaxis(self) -> Axis:
        """The direction x"""
        return Axis(self.model, self.model.x)

    def get_yaxis(self) -> Axis:
        """The direction y"""
        return Axis(self.model, self.model.y)

    xaxis = property(get_xaxis)
    yaxis = property(get_yaxis)

    @silent
    def invert_xaxis(self) -> None:
        """Let x go the other way"""
        self.model.x.reversed = not self.model.x.reversed

    @silent
    def invert_yaxis(self) -> None:
        """Let y go the other way"""
        self.model.y.reversed = not self.model.y.reversed

    @silent
    def legend(self, *values: Any, labels: Any = None, **looks: Any) -> Handle:
        """Show the names of what is drawn, or others in their order"""
        self.model.legend = True
        given = labels if labels is not None else values[-1] if values else None
        if given is not None and are_texts(given):
            named = [s for s in self.model.series if s.kind not in ("across", "upright")]
            for series, label in zip(named, given):
                series.label = text_of(label)
        return Handle()

    @silent
    def axis(self, arg: Any = None, **looks: Any) -> tuple[float, ...]:
        """Off, on, equal and so on, or four limits"""
        if type(arg) is str or type(arg) is bool:
            self.model.framed = arg not in ("off", False)
        elif arg is not None:
            limits = line_of(arg, "limits")
            if limits.size != 4:
                raise TypeError("the first argument to axis() must be an iterable of the form "
                                "[xmin, xmax, ymin, ymax]")  # fmt: skip
            low, high, below, above = limits.tolist()
            self.model.x.limits, self.model.y.limits = (low, high), (below, above)
        return (*self.get_xlim(), *self.get_ylim())

    @silent
    def set(self, **settings: Any) -> List:
        """Several at once: title=, xlabel=, xlim=, …"""
        for name, value in settings.items():
            setter = getattr(self, f"set_{name}", None) if f"set_{name}" in self._public_ else None
            if setter is None:
                raise AttributeError(f"Axes.set() got an unexpected keyword argument '{name}'")
            if name in ("xlim", "ylim"):
                setter(*value)
            else:
                setter(value)
        return List()

    @silent
    def cla(self) -> None:
        """Take away everything"""
        fresh = Model()
        for name in Model.__slots__:
            setattr(self.model, name, getattr(fresh, name))

    clear = cla

    @silent
    def _look(self, *values: Any, **looks: Any) -> None:
        """How it looks, which cells do not show"""

    grid = tick_params = set_aspect = set_adjustable = set_facecolor = autoscale = _look
    label_outer = margins = relim = autoscale_view = tick_top = _look

    @silent
    def set_axis_off(self) -> None:
        """No frame and no ticks"""
        self.model.framed = False

    @silent
    def set_axis_on(self) -> None:
        """A frame and ticks"""
        self.model.framed = True

    def get_figure(self) -> Figure:
        """The figure that these are in"""
        return self.figure

    def __repr__(self) -> str:
        return "<Axes: >" if not self.model.title else f"<Axes: title={self.model.title!r}>"


def _is_log(value: Any) -> bool:
    if type(value) is not str or value not in ("linear", "log", "symlog"):
        raise ValueError(f"{text_of(value)!r} is not a valid value for scale; supported values are "
                         "'linear', 'log', 'symlog'")  # fmt: skip
    return value == "log"


def _limits(axes: Axes, at: int) -> tuple[float, float]:
    low, high = limits_of(axes.model)[at]
    return low, high


def _set_limits(
    axes: Axes, at: int, low: Any, high: Any, least: Any, most: Any
) -> tuple[float, float]:
    if high is None and low is not None and not isinstance(low, (int, float)):
        low, high = pair(low, "limits")
    low, high = (least if low is None else low), (most if high is None else high)
    scale = axes.model.x if at == 0 else axes.model.y
    now = _limits(axes, at)
    ends = tuple(
        float(numbers(v, "limits")) if v is not None else n for v, n in zip((low, high), now)
    )
    scale.limits = ends[0], ends[1]
    return scale.limits
