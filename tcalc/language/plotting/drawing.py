"""What axes draw, under matplotlib's names: lines, points, bars, pictures, texts."""

from __future__ import annotations

import numpy as np

from tcalc.display.chart.figure import Note, Picture, Series
from tcalc.errors import ArgumentError
from tcalc.language.lent import Lent
from tcalc.language.plotting.handles import Handle, set_names
from tcalc.language.plotting.plots import bars, histogram, scattered
from tcalc.language.plotting.shapes import Shape
from tcalc.language.plotting.values import (
    are_texts,
    colour_of,
    image_of,
    line_of,
    map_of,
    number,
    numbers,
    pair,
    style_of,
    text_of,
)
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tcalc.display.chart.figure import Axes as Model
    from tcalc.display.chart.figure import Numbers

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NAMES = """
    annotate axhline axvline bar barh contour contourf errorbar fill_between hist hlines imshow
    loglog matshow pcolormesh plot scatter semilogx semilogy stairs step text vlines
"""
DRAWING = tuple(_NAMES.split())


class Drawing(Lent):
    """Axes as far as they draw; `model` is what they hold."""

    __slots__ = ("model",)
    model: Model

    # -- lines and points -----------------------------------------------------------------------

    @silent
    def plot(self, *values: Any, scalex: Any = True, scaley: Any = True, data: Any = None,
             **options: Any) -> List:  # fmt: skip
        """Lines: y, x and y, or x, y and a format such as `r--`, several times over"""
        effect("plot")
        made = List()
        label = options.pop("label", None)
        rest = list(values)
        while rest:
            x, y, form = _next_line(rest)
            style = style_of(form, dict(options))
            for k, (xs, ys) in enumerate(_columns(x, y)):
                name = label[k] if isinstance(label, (list, tuple)) and k < len(label) else label
                series = Series(
                    "line" if style.joined else "points", xs, ys,
                    "" if name is None else text_of(name), style.colour, dashed=style.dashed,
                    marked=style.marked and style.joined,
                )  # fmt: skip
                made.append(self._add(series))
        return made

    def _add(self, series: Series) -> Handle:
        self.model.series.append(series)
        return Handle(series)

    @silent
    def scatter(self, x: Any, y: Any, s: Any = None, c: Any = None, marker: Any = None,
                cmap: Any = None, label: Any = None, **options: Any) -> Handle:  # fmt: skip
        """Points at x and y; c: a colour, or a number for each"""
        effect("scatter")
        style = style_of(None, options, ("vmin", "vmax", "norm"))
        made = scattered(numbers(x, "x").reshape(-1), numbers(y, "y").reshape(-1),
                         c if _is_many(c) else None, label)  # fmt: skip
        for series in made:
            if len(made) > 1:
                series.label = ""  # matplotlib names no classes by itself
            if not _is_many(c):
                series.colour = style.colour if c is None else colour_of(c)
            series.map = "viridis" if cmap is None else map_of(cmap)
        self.model.series += made
        return Handle(made[0])

    @silent
    def semilogy(self, *values: Any, **options: Any) -> List:
        """Lines over a logarithmic y"""
        self.model.y.logarithmic = True
        return self.plot(*values, **options)

    @silent
    def semilogx(self, *values: Any, **options: Any) -> List:
        """Lines over a logarithmic x"""
        self.model.x.logarithmic = True
        return self.plot(*values, **options)

    @silent
    def loglog(self, *values: Any, **options: Any) -> List:
        """Lines over a logarithmic x and y"""
        self.model.x.logarithmic = self.model.y.logarithmic = True
        return self.plot(*values, **options)

    @silent
    def step(self, x: Any, y: Any, *form: Any, where: str = "pre", **options: Any) -> List:
        """A line of steps"""
        xs, ys = line_of(x, "x"), line_of(y, "y")
        if where == "post":
            xs, ys = np.repeat(xs, 2)[1:], np.repeat(ys, 2)[:-1]
        else:
            xs, ys = np.repeat(xs, 2)[:-1], np.repeat(ys, 2)[1:]
        return self.plot(xs, ys, *form, **options)

    @silent
    def errorbar(self, x: Any, y: Any, yerr: Any = None, xerr: Any = None, fmt: str = "",
                 capsize: Any = None, ecolor: Any = None, elinewidth: Any = None,
                 **options: Any) -> List:  # fmt: skip
        """A line with what each point may be off by"""
        made = self.plot(x, y, *([fmt] if fmt else []), **options)
        xs, ys = line_of(x, "x"), line_of(y, "y")
        colour = made[0].series.colour
        for error, upright in ((yerr, True), (xerr, False)):
            if error is None:
                continue
            off = np.broadcast_to(numbers(error, "error"), (2, len(xs)) if numbers(
                error, "error").ndim == 2 else xs.shape)  # fmt: skip
            low, high = off if off.ndim == 2 else (off, off)
            gap = np.full(len(xs), np.nan)
            ends = (
                [(xs, ys - low), (xs, ys + high)] if upright else [(xs - low, ys), (xs + high, ys)]
            )
            (x0, y0), (x1, y1) = ends
            self._add(Series("line", np.stack([x0, x1, gap], 1).reshape(-1),
                             np.stack([y0, y1, gap], 1).reshape(-1), colour=colour))  # fmt: skip
        return made

    @silent
    def fill_between(self, x: Any, y1: Any, y2: Any = 0, where: Any = None, label: Any = None,
                     **options: Any) -> Handle:  # fmt: skip
        """The area between two lines"""
        style = style_of(None, options, ("step", "interpolate"))
        xs, ys = line_of(x, "x"), numbers(y1, "y1")
        top = np.broadcast_to(ys, xs.shape).copy()
        base = np.broadcast_to(numbers(y2, "y2"), xs.shape).copy()
        if where is not None:
            top[numbers(where, "where").reshape(-1) == 0] = np.nan
        name = "" if label is None else text_of(label)
        return self._add(Series("area", xs, top, name, style.colour, base=base))

    def _rule(self, kind: Any, places: Any, options: dict[str, Any], label: Any) -> Handle:
        style = style_of(None, options, ("xmin", "xmax", "ymin", "ymax"))
        at = numbers(places, "at").reshape(-1)
        name = "" if label is None else text_of(label)
        return self._add(Series(kind, at, at, name, style.colour, dashed=style.dashed))

    @silent
    def axhline(self, y: Any = 0, xmin: Any = 0, xmax: Any = 1, label: Any = None,
                **options: Any) -> Handle:  # fmt: skip
        """A line from side to side"""
        return self._rule("across", y, options, label)

    @silent
    def axvline(self, x: Any = 0, ymin: Any = 0, ymax: Any = 1, label: Any = None,
                **options: Any) -> Handle:  # fmt: skip
        """A line from top to bottom"""
        return self._rule("upright", x, options, label)

    @silent
    def hlines(self, y: Any, xmin: Any, xmax: Any, colors: Any = None, linestyles: Any = "solid",
               label: Any = None, **options: Any) -> Handle:  # fmt: skip
        """Lines from left to right, from xmin to xmax"""
        at = numbers(y, "y").reshape(-1)
        low, high = (np.broadcast_to(numbers(v, "x"), at.shape) for v in (xmin, xmax))
        return self._segments(np.stack([low, high], 1), np.stack([at, at], 1), colors, linestyles,
                              label, options)  # fmt: skip

    @silent
    def vlines(self, x: Any, ymin: Any, ymax: Any, colors: Any = None, linestyles: Any = "solid",
               label: Any = None, **options: Any) -> Handle:  # fmt: skip
        """Lines from below upwards, from ymin to ymax"""
        at = numbers(x, "x").reshape(-1)
        low, high = (np.broadcast_to(numbers(v, "y"), at.shape) for v in (ymin, ymax))
        return self._segments(np.stack([at, at], 1), np.stack([low, high], 1), colors, linestyles,
                              label, options)  # fmt: skip

    def _segments(self, x: Numbers, y: Numbers, colors: Any, linestyles: Any, label: Any,
                  options: dict[str, Any]) -> Handle:  # fmt: skip
        style = style_of(None, {**options, "linestyle": linestyles})
        gap = np.full((len(x), 1), np.nan)
        colour = colour_of(colors) if not _is_many(colors) else style.colour
        name = "" if label is None else text_of(label)
        return self._add(Series("line", np.concatenate([x, gap], 1).reshape(-1),
                                np.concatenate([y, gap], 1).reshape(-1), name, colour,
                                dashed=style.dashed))  # fmt: skip

    # -- bars -----------------------------------------------------------------------------------

    def _bars(self, names: Any, lengths: Any, width: Any, base: Any, across: bool,
              options: dict[str, Any]) -> List:  # fmt: skip
        label, tick_label = options.pop("label", None), options.pop("tick_label", None)
        style = style_of(None, options, ("align", "yerr", "xerr", "capsize", "ecolor", "log"))
        series = bars(self.model, names, line_of(lengths, "height"), across)
        series.colour = style.colour
        series.widths = np.broadcast_to(numbers(width, "width"), series.x.shape).copy()
        series.base = (
            0.0 if base is None else np.broadcast_to(numbers(base, "bottom"), series.x.shape)
        )
        if across:
            series.x = series.x + series.base
        else:
            series.y = series.y + series.base
        series.label = "" if label is None or isinstance(label, (list, tuple)) else text_of(label)
        if tick_label is not None:
            set_names(self.model.y if across else self.model.x, tick_label)
        return List([self._add(series)])

    @silent
    def bar(
        self, x: Any, height: Any, width: Any = 0.8, bottom: Any = None, **options: Any
    ) -> List:
        """Bars that stand at x, or under names"""
        effect("bar")
        return self._bars(x, height, width, bottom, False, options)

    @silent
    def barh(self, y: Any, width: Any, height: Any = 0.8, left: Any = None, **options: Any) -> List:
        """Bars that lie at y, or beside names"""
        effect("barh")
        return self._bars(y, width, height, left, True, options)

    @silent
    def hist(self, x: Any, bins: Any = None, range: Any = None, density: Any = False, label: Any = None,
             **options: Any) -> tuple[Any, ...]:  # fmt: skip
        """How often numbers fall into bins: the counts, the edges, and what was drawn"""
        effect("hist")
        style = style_of(None, options, ("histtype", "align", "rwidth", "weights", "cumulative",
                                         "stacked", "log", "orientation"))  # fmt: skip
        for name in ("weights", "cumulative", "stacked"):
            if options.get(name):
                raise ArgumentError(f"hist() has no {name} here", argument=name)
        shown = numbers(x, "x").reshape(-1)
        counts, edges = histogram(shown, 10 if bins is None else bins, range, density)
        name = "" if label is None else text_of(label)
        series = Series("bars", (edges[1:] + edges[:-1]) / 2, counts, name, style.colour,
                        widths=np.diff(edges))  # fmt: skip
        return counts, edges, List([self._add(series)])

    @silent
    def stairs(self, values: Any, edges: Any = None, label: Any = None, **options: Any) -> Handle:
        """Bars between edges, without gaps"""
        style = style_of(None, options, ("fill", "baseline"))
        ys = line_of(values, "values")
        ends = np.arange(len(ys) + 1.0) if edges is None else line_of(edges, "edges")
        name = "" if label is None else text_of(label)
        return self._add(Series("bars", (ends[1:] + ends[:-1]) / 2, ys, name, style.colour,
                                widths=np.diff(ends)))  # fmt: skip

    # -- pictures -------------------------------------------------------------------------------

    @silent
    def imshow(self, X: Any, cmap: Any = None, vmin: Any = None, vmax: Any = None,
               origin: Any = None, extent: Any = None, **options: Any) -> Handle:  # fmt: skip
        """A matrix as a picture, the first row on top; [h, w, 3] in its own colours"""
        effect("imshow")
        style_of(None, options, ("interpolation", "aspect", "norm", "filternorm", "resample"))
        values = image_of(X)
        low, high = (None if v is None else number(v, "vmin, vmax") for v in (vmin, vmax))
        if origin == "lower":
            values = values[::-1]
        covers: Any = None
        if extent is not None:
            covers = tuple(line_of(extent, "extent").tolist())
            if len(covers) != 4:
                raise ArgumentError("extent: left, right, bottom, top", argument="extent")
        picture = Picture(values, map_of(cmap), low, high, covers)
        self.model.pictures.append(picture)
        return Handle(picture)

    @silent
    def matshow(self, Z: Any, **options: Any) -> Handle:
        """A matrix as a picture"""
        return self.imshow(Z, **options)

    @silent
    def pcolormesh(self, *values: Any, cmap: Any = None, vmin: Any = None, vmax: Any = None,
                   **options: Any) -> Handle:  # fmt: skip
        """A matrix over the places of its columns and rows"""
        style_of(None, options, ("shading", "norm"))
        return self._grid(values, cmap, vmin, vmax)

    @silent
    def contourf(self, *values: Any, levels: Any = None, cmap: Any = None, vmin: Any = None,
                 vmax: Any = None, colors: Any = None, **options: Any) -> Handle:  # fmt: skip
        """Heights over places, as a picture in steps"""
        style_of(None, options, ("extend", "norm", "origin", "extent"))
        if len(values) in (2, 4):
            *values, levels = values  # type: ignore[assignment]  # the last is how many
        handle = self._grid(tuple(values), cmap, vmin, vmax)
        shown = handle.series.values
        if type(levels) is int and levels > 0 and np.isfinite(shown).any():
            edges = np.linspace(np.nanmin(shown), np.nanmax(shown), levels + 1)[1:-1]
            handle.series.values = np.digitize(shown, edges).astype(np.float64)
        return handle

    contour = contourf

    def _grid(self, values: tuple[Any, ...], cmap: Any, vmin: Any, vmax: Any) -> Handle:
        shown = numbers(values[-1], "Z")
        covers = None
        if len(values) == 3:
            x, y = numbers(values[0], "X"), numbers(values[1], "Y")
            covers = float(x.min()), float(x.max()), float(y.min()), float(y.max())
        elif len(values) != 1:
            raise ArgumentError("Z, or X, Y and Z", argument="Z")
        if shown.ndim != 2:
            raise TypeError(f"Input z must be 2D, not {shown.ndim}D")
        low, high = (None if v is None else number(v, "vmin, vmax") for v in (vmin, vmax))
        if covers is None:
            covers = 0.0, shown.shape[1] - 1.0, 0.0, shown.shape[0] - 1.0
        picture = Picture(shown[::-1], map_of(cmap), low, high, covers)
        self.model.pictures.append(picture)
        return Handle(picture)

    # -- texts ----------------------------------------------------------------------------------

    @silent
    def text(self, x: Any, y: Any, s: Any, *rest: Any, **looks: Any) -> Handle:
        """A text at a place"""
        note = Note(number(x, "x"), number(y, "y"), text_of(s))
        self.model.notes.append(note)
        return Handle(note)

    @silent
    def annotate(self, text: Any, xy: Any, xytext: Any = None, **looks: Any) -> Handle:
        """A text at a place, or beside one"""
        where = pair(xy if xytext is None or "textcoords" in looks else xytext, "xy")
        return self.text(*where, text)

    @silent
    def add_patch(self, patch: Any) -> Any:
        """A shape: the outline of a Rectangle"""
        if not isinstance(patch, Shape):
            raise ArgumentError("add_patch() takes a Rectangle or a Circle here", argument="patch")
        x, y = patch.outline()
        self._add(Series("line", x, y, patch.label, patch.colour))
        return patch


def _is_many(value: Any) -> bool:
    return value is not None and type(value) is not str and not _is_colour(value)


def _is_colour(value: Any) -> bool:
    """Whether a tuple of three or four numbers from 0 to 1 is one colour."""
    return type(value) is tuple and len(value) in (3, 4) and all(type(v) is float for v in value)


def _next_line(rest: list[Any]) -> tuple[Any, Any, str | None]:
    """The next x, y and format of plot's arguments, which are taken off them."""
    x = rest.pop(0)
    y, form = None, None
    if rest and type(rest[0]) is not str:
        y = rest.pop(0)
    if rest and type(rest[0]) is str:
        form = rest.pop(0)
    return (None, x, form) if y is None else (x, y, form)


def _columns(x: Any, y: Any) -> list[tuple[Numbers, Numbers]]:
    """The lines of an x and a y: a matrix has one a column."""
    ys = numbers(y, "y")
    ys = ys.reshape(-1, 1) if ys.ndim < 2 else ys
    if ys.ndim > 2:
        raise ValueError(f"x and y can be no greater than 2D, but have shapes {ys.shape}")
    if x is None:
        xs = np.arange(len(ys), dtype=np.float64)[:, None]
    elif are_texts(x):
        xs = np.arange(len(x), dtype=np.float64)[:, None]
    else:
        xs = numbers(x, "x")
        xs = xs.reshape(-1, 1) if xs.ndim < 2 else xs
    if len(xs) != len(ys):
        raise ValueError("x and y must have same first dimension, but have shapes "
                         f"({len(xs)},) and ({len(ys)},)")  # fmt: skip
    count = max(xs.shape[1], ys.shape[1])
    return [(xs[:, k % xs.shape[1]], ys[:, k % ys.shape[1]]) for k in range(count)]
