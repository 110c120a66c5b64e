"""What `matplotlib.pyplot` does: the same names on the figure and the axes that are current."""

from __future__ import annotations

import sys

from tcalc.errors import ArgumentError
from tcalc.language import places
from tcalc.language.plotting.axes import Axes
from tcalc.language.plotting.colormaps import MAPS, Style, get_cmap, parameters
from tcalc.language.plotting.drawing import DRAWING
from tcalc.language.plotting.figures import Figure
from tcalc.language.plotting.handles import Handle, set_ticks
from tcalc.language.plotting.saving import drawn
from tcalc.language.plotting.shapes import Circle, Rectangle
from tcalc.language.surroundings import current
from tcalc.library.tensorboard.figures import host
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.language.plotting.state import Plots

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MOST_FIGURES = 200


def _plots() -> Plots:
    return current().plots


def gcf() -> Figure:
    """The figure that is current, made where there is none"""
    found = _plots().figures
    return found[-1] if found else figure()


def gca(**looks: Any) -> Axes:
    """The axes that are current, made where there are none"""
    return gcf().gca()


@silent
def figure(num: Any = None, figsize: Any = None, **looks: Any) -> Figure:
    """A new figure, or the one of a number, which is then current"""
    effect("figure")
    figures: list[Figure] = _plots().figures
    if isinstance(num, Figure):
        num = num.number
    for at, one in enumerate(figures):
        if type(num) is int and one.number == num:
            figures.append(figures.pop(at))
            return one
    if len(figures) >= _MOST_FIGURES:
        raise ArgumentError(
            "too many figures are open", hint="plt.close('all') or plt.show() ends them"
        )
    last = max((one.number for one in figures), default=0)
    made = Figure(num if type(num) is int else last + 1, figsize)
    figures.append(made)
    return made


@silent
def subplots(nrows: Any = 1, ncols: Any = 1, *, squeeze: Any = True, figsize: Any = None,
             num: Any = None, subplot_kw: Any = None, gridspec_kw: Any = None,
             **looks: Any) -> tuple[Figure, Any]:  # fmt: skip
    """A new figure and its axes: alone, or a grid of them"""
    made = figure(num, figsize)
    made.clf()
    kind = None if subplot_kw is None else subplot_kw.get("projection")
    if kind is not None:
        made.add_subplot(1, 1, 1, projection=kind)
    return made, made.subplots(nrows, ncols, squeeze=squeeze)


@silent
def subplot(*place: Any, **looks: Any) -> Axes:
    """Axes of the current figure by their place, which are then current"""
    return gcf().add_subplot(*place, **looks)


@silent
def axes(*place: Any, **looks: Any) -> Axes:
    """Axes over the whole figure, which are then current"""
    return gcf().add_subplot(1, 1, 1, projection=looks.get("projection"))


@silent
def sca(ax: Axes) -> None:
    """Make axes current"""
    ax.figure.current = ax


@silent
def show(*values: Any, **looks: Any) -> None:
    """Draw all open figures on the terminal, and close them; where there is none, close them"""
    effect("show")
    figures = _plots().figures
    if sys.stdout.isatty():
        for one in figures:
            one.show()
    figures.clear()


@silent
def pause(interval: Any = 0.0) -> None:
    """Draw the current figure over what it was before; it waits for nothing"""
    effect("pause")
    if sys.stdout.isatty() and _plots().figures:
        _plots().animate(gcf().whole)


draw = pause


@silent
def close(fig: Any = None) -> None:
    """Close a figure, or all"""
    effect("close")
    figures = _plots().figures
    if type(fig) is str and fig == "all":
        figures.clear()
    elif isinstance(fig, Figure) or type(fig) is int:
        wanted = fig.number if isinstance(fig, Figure) else fig
        figures[:] = [one for one in figures if one.number != wanted]
    elif figures:
        figures.pop()


@silent
def clf() -> None:
    """Take everything away from the current figure"""
    gcf().clf()


@silent
def savefig(fname: Any, **looks: Any) -> None:
    """Write the current figure to a file: .png .svg .pdf, or .txt"""
    gcf().savefig(fname, dpi=looks.get("dpi"))


@silent
def suptitle(t: Any, **looks: Any) -> Handle:
    """The text above all axes"""
    return gcf().suptitle(t)


@silent
def colorbar(*values: Any, **looks: Any) -> Handle:
    """Explain the colours of the current picture"""
    return gcf().colorbar()


@silent
def title(label: Any, *rest: Any, **looks: Any) -> Handle:
    """The text above the axes"""
    return gca().set_title(label)


@silent
def xlim(*values: Any, **ends: Any) -> tuple[float, float]:
    """From where to where x goes; sets it where it is given"""
    return gca().set_xlim(*values, **_ends(ends, "x")) if values or ends else gca().get_xlim()


@silent
def ylim(*values: Any, **ends: Any) -> tuple[float, float]:
    """From where to where y goes; sets it where it is given"""
    return gca().set_ylim(*values, **_ends(ends, "y")) if values or ends else gca().get_ylim()


def _ends(ends: dict[str, Any], axis: str) -> dict[str, Any]:
    names = {
        "left": f"{axis}min",
        "right": f"{axis}max",
        "bottom": f"{axis}min",
        "top": f"{axis}max",
    }
    return {names.get(name, name): value for name, value in ends.items()}


@silent
def xticks(ticks: Any = None, labels: Any = None, **looks: Any) -> tuple[Any, Any]:
    """Where x has ticks, and what is written at them"""
    return _ticks(gca().model.x, ticks, labels)


@silent
def yticks(ticks: Any = None, labels: Any = None, **looks: Any) -> tuple[Any, Any]:
    """Where y has ticks, and what is written at them"""
    return _ticks(gca().model.y, ticks, labels)


def _ticks(scale: Any, ticks: Any, labels: Any) -> tuple[Any, Any]:
    if ticks is not None and not isinstance(ticks, Handle):
        set_ticks(scale, ticks, labels)
    return List(scale.ticks or []), List(scale.names or [])


@silent
def imsave(fname: Any, arr: Any, cmap: Any = None, **looks: Any) -> None:
    """Write a picture to a file"""
    whole = Figure(0)
    drawn = whole.gca()
    drawn.imshow(arr, cmap=cmap)
    drawn.axis("off")
    whole.savefig(fname)


def looks(name: str) -> Callable[..., None]:
    """A function of that name that says how things look, which cells do not show."""

    def look(*values: Any, **looks: Any) -> None:
        """How it looks, which cells do not show"""

    look.__name__ = look.__qualname__ = name
    return silent(look)


def _on_axes(name: str, method: str) -> Callable[..., Any]:
    """A method of axes as a function on those that are current."""

    def call(*values: Any, **options: Any) -> Any:
        return getattr(gca(), method)(*values, **options)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = getattr(Axes, method).__doc__
    return silent(call)


_ONES = """
    close clf colorbar draw figure gca gcf imsave pause savefig sca show subplot subplots suptitle
    title xlim xticks ylim yticks axes
"""
_ON_AXES = {
    "axis": "axis", "cla": "cla", "legend": "legend", "margins": "margins", "grid": "grid",
    "xlabel": "set_xlabel", "ylabel": "set_ylabel", "xscale": "set_xscale", "yscale": "set_yscale",
    "tick_params": "tick_params",
}  # fmt: skip
_LOOKS = """
    box ioff ion minorticks_on minorticks_off rc rcdefaults set_cmap setp style subplots_adjust
    switch_backend tight_layout connect waitforbuttonpress get_current_fig_manager
"""


def _picture(figure: object, folder: str, close_it: bool) -> bytes:
    """A figure as a PNG file, which goes to a folder."""
    if not isinstance(figure, Figure):
        raise TypeError(f"a figure is one of matplotlib.pyplot, not {type(figure).__name__}")
    made = drawn(figure.whole, "png", None, places.reach().real(folder) or folder)
    if close_it:
        close(figure)
    return made


def members() -> dict[str, Any]:
    """What programs find in `matplotlib.pyplot`."""
    host.picture = _picture
    return {
        **{name: _on_axes(name, name) for name in DRAWING},
        **{name: _on_axes(name, method) for name, method in _ON_AXES.items()},
        **{name: looks(name) for name in _LOOKS.split()},
        **{name: globals()[name] for name in _ONES.split()},
        "Axes": Axes, "Circle": Circle, "Figure": Figure, "Rectangle": Rectangle,
        "cm": MAPS, "get_cmap": get_cmap, "rcParams": parameters(), "style": Style(),
    }  # fmt: skip
