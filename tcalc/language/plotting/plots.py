"""Plots for formulas: `plot(y)`, `plot(x, y)`, `hist`, `bar`, `heat`, `plot.scatter`, `plot.live`."""

from __future__ import annotations

from math import ceil, isfinite

import numpy as np

from tcalc.display.chart.figure import Axes, Figure, Picture, Scale, Series
from tcalc.errors import ArgumentError
from tcalc.language.lent import Lent
from tcalc.language.plotting.saving import save_figure
from tcalc.language.plotting.values import (
    are_texts,
    colour_of,
    line_of,
    map_of,
    number,
    numbers,
    pair,
    text_of,
)
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from tcalc.display.chart.figure import Numbers

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_POINTS = 400  # where a function is asked
_FACETS = 24  # pictures of a tensor of more dimensions that are shown
_BINS = 200


def _axes(title: Any, xlabel: Any, ylabel: Any, xlim: Any, ylim: Any, log: Any) -> Axes:
    """Empty axes with what stands around them. log: "x", "y" or "xy"."""
    log = "xy" if log is True else "" if log in (None, False) else log
    if type(log) is not str or not set(log) <= set("xy"):
        raise ArgumentError("log: 'x', 'y' or 'xy'", argument="log")
    axes = Axes(text_of(title))
    for scale, label, limits, name in ((axes.x, xlabel, xlim, "x"), (axes.y, ylabel, ylim, "y")):
        scale.label = text_of(label)
        scale.limits = None if limits is None else pair(limits, f"{name}lim")
        scale.logarithmic = name in log
    return axes


def _out(axes: Axes, save: Any) -> None:
    figure = Figure(axes=[((0, 0, 1, 1), axes)])
    if save is None:
        current().draw(figure)
    else:
        save_figure(figure, save)


def _labels(label: Any, count: int) -> list[str]:
    """The names of so many series: one text for one, a list for several."""
    if label is None:
        return [""] * count
    names = [text_of(v) for v in label] if isinstance(label, (list, tuple)) else [text_of(label)]
    if len(names) != count:
        raise ArgumentError(f"label: {len(names)} names for {count} series", argument="label")
    return names


class Plot(Lent):
    """Draw numbers as lines, in the terminal or into a picture file

    plot(y): against their place; a matrix has a line a column, a dict a line a name. plot(x, y, …):
    against x. plot(f, a, b): a function from a to b.

    label: a name, or a list of names, for the legend. title, xlabel, ylabel: texts. xlim, ylim:
    (from, to). log: "x", "y" or "xy". points: whether the points are marked. save: a file to
    write instead: .png .svg .pdf (needs matplotlib), or .txt.

    plot.scatter, plot.hist, plot.bar, plot.heat draw likewise, plot.live(loss) while a program runs.

        plot(sin, 0, 2*pi)
        plot(losses, title="loss", log="y")
        plot(x, x**2, x**3, label=["square", "cube"], save="powers.svg")
    """

    __slots__ = ()
    _public_ = frozenset({"bar", "heat", "hist", "imshow", "live", "scatter"})

    def __call__(
        self,
        *values: Any,
        label: Any = None,
        title: Any = "",
        xlabel: Any = "",
        ylabel: Any = "",
        xlim: Any = None,
        ylim: Any = None,
        log: Any = None,
        points: bool = False,
        save: Any = None,
    ) -> None:
        effect("plot")
        if not values:
            raise ArgumentError(
                "plot() takes what is to be drawn: plot(y), plot(x, y) or plot(f, a, b)"
            )
        axes = _axes(title, xlabel, ylabel, xlim, ylim, log)
        if isinstance(values[0], dict):
            label = list(values[0]) if label is None else label
            lines = [_line(None, y) for y in values[0].values()]
        elif callable(values[0]) and not hasattr(values[0], "shape"):
            lines = [_of_function(values, axes)]
        else:
            lines = _lines(values)
        for (x, y), name in zip(lines, _labels(label, len(lines))):
            axes.series.append(Series("line", x, y, name, marked=bool(points)))
        _out(axes, save)

    def __repr__(self) -> str:
        return "<function plot>"

    @staticmethod
    @silent
    def scatter(
        x: Any, y: Any, c: Any = None, *, label: Any = None, title: Any = "", xlabel: Any = "",
        ylabel: Any = "", xlim: Any = None, ylim: Any = None, log: Any = None, save: Any = None,
    ) -> None:  # fmt: skip
        """Draw points at x and y

        c: a colour, a name or number for each point; where these are few whole numbers or names
        they get a colour and a name in the legend each.

            plot.scatter(x, y, c=labels)
        """
        effect("scatter")
        axes = _axes(title, xlabel, ylabel, xlim, ylim, log)
        axes.series += scattered(line_of(x, "x"), line_of(y, "y"), c, label)
        _out(axes, save)

    @staticmethod
    @silent
    def hist(
        x: Any, bins: Any = None, *, range: Any = None, density: bool = False, label: Any = None,
        title: Any = "", xlabel: Any = "", ylabel: Any = "", xlim: Any = None, ylim: Any = None,
        log: Any = None, save: Any = None,
    ) -> None:  # fmt: skip
        """Draw how often numbers fall into each of some bins

        bins: how many, or their edges; by default as many as suit. range: from where to where.
        density: whether the area is 1.

            hist(randn(10_000), bins=40)
        """
        effect("hist")
        axes = _axes(title, xlabel, ylabel, xlim, ylim, log)
        counts, edges = histogram(numbers(x, "x").reshape(-1), bins, range, density)
        (name,) = _labels(label, 1)
        axes.series.append(_steps(counts, edges, name))
        _out(axes, save)

    @staticmethod
    @silent
    def bar(
        *values: Any, label: Any = None, title: Any = "", xlabel: Any = "", ylabel: Any = "",
        ylim: Any = None, across: bool = False, save: Any = None,
    ) -> None:  # fmt: skip
        """Draw a bar for each number: bar(heights), bar(names, heights) or a dict of them

        across: whether the bars lie.

            bar({"ann": 3, "bob": 5})
        """
        effect("bar")
        axes = _axes(title, xlabel, ylabel, None, ylim, None)
        if len(values) == 1 and isinstance(values[0], dict):
            values = (list(values[0]), list(values[0].values()))
        if len(values) not in (1, 2):
            raise ArgumentError("bar() takes heights, names and heights, or a dict of them")
        heights = line_of(values[-1], "heights")
        axes.series.append(bars(axes, values[0] if len(values) == 2 else None, heights, across))
        axes.series[0].label = _labels(label, 1)[0]
        _out(axes, save)

    @staticmethod
    @silent
    def heat(
        x: Any, *, map: Any = None, vmin: Any = None, vmax: Any = None, title: Any = "",
        xlabel: Any = "", ylabel: Any = "", save: Any = None,
    ) -> None:  # fmt: skip
        """Draw a matrix as a picture, the first row on top; of more dimensions a picture each

        A tensor of [3, h, w], or [h, w, 3], with numbers from 0 to 1, or bytes, is a picture in
        colours. map: viridis, plasma, gray, coolwarm, …; vmin, vmax: what its ends stand for.

            heat(A @ A.T, map="coolwarm")
            imshow(image)
        """
        effect("heat")
        shown = numbers(x, "x")
        low, high = (None if v is None else number(v, "vmin, vmax") for v in (vmin, vmax))
        parts = [Picture(v, map_of(map), low, high) for v in _pictures(shown)]
        columns = min(len(parts), 6) if len(parts) > 3 else len(parts)
        figure = Figure((ceil(len(parts) / columns), columns))
        for at, part in enumerate(parts):
            scale = Scale(text_of(xlabel)), Scale(text_of(ylabel))
            alone = len(parts) == 1
            axes = Axes("" if not alone else text_of(title), *scale, pictures=[part],
                        framed=alone, bar=alone and part.values.ndim == 2)  # fmt: skip
            figure.axes.append(((at // columns, at % columns, 1, 1), axes))
        if len(parts) > 1:
            figure.title = text_of(title)
        if save is None:
            current().draw(figure)
        else:
            save_figure(figure, save)

    imshow = heat

    @staticmethod
    @silent
    def live(*values: Any, label: Any = None, title: Any = "", log: Any = None) -> None:
        """Add a number, or several, to a plot that stands on the terminal while a program runs

        Each call adds a step. Drawn a few times a second, and whole when the program ends; nothing
        is drawn where there is no terminal.

            for epoch in range(100):
                loss = step()
                plot.live(loss, label="loss")
        """
        effect("live")
        plots = current().plots
        steps = [number(v, "value") for v in values]
        if plots.live is None or len(plots.live.series) != len(steps):
            plots.live = _axes(title, "", "", None, None, log)
            plots.live_values = [[] for _ in steps]
            plots.live.series += [
                Series("line", np.zeros(0), np.zeros(0), name)
                for name in _labels(label, len(steps))
            ]
        for kept, step in zip(plots.live_values, steps):
            kept.append(step)
        plots.refresh()


plot = Plot()
hist, bar, heat, imshow = plot.hist, plot.bar, plot.heat, plot.imshow


def _line(x: Any, y: Any) -> tuple[Numbers, Numbers]:
    ys = line_of(y, "y")
    return (np.arange(ys.size, dtype=np.float64) if x is None else x), ys


def _lines(values: tuple[Any, ...]) -> list[tuple[Numbers, Numbers]]:
    """The lines of plot(y) and plot(x, y, …); a matrix has one a column."""
    if len(values) == 1:
        found = numbers(values[0], "y")
        if found.ndim == 2 and max(found.shape) != found.size:
            if found.shape[1] > 9:
                raise ArgumentError(
                    f"a line a column would be {found.shape[1]} lines", argument="y",
                    hint="heat(y) draws a matrix, plot(y.T) a line a row, plot(y[:, :9]) some columns",
                )  # fmt: skip
            return [_line(None, found[:, k]) for k in range(found.shape[1])]
        return [_line(None, values[0])]
    x = line_of(values[0], "x")
    lines = []
    for y in values[1:]:
        found = numbers(y, "y")
        columns = [found[:, k] for k in range(found.shape[1])] if found.ndim == 2 and min(
            found.shape) > 1 else [line_of(y, "y")]  # fmt: skip
        for ys in columns:
            if len(ys) != len(x):
                raise ArgumentError(f"x has {len(x)} numbers, y {len(ys)}", argument="y")
            lines.append((x, ys))
    return lines


def _of_function(values: tuple[Any, ...], axes: Axes) -> tuple[Numbers, Numbers]:
    """The line of a function: it gets a tensor of places, else one number after the other."""
    from tcalc.runtime.base.registry import lookup

    if len(values) == 1:
        ends = axes.x.limits or (-5.0, 5.0)
    elif len(values) == 3:
        ends = number(values[1], "a"), number(values[2], "b")
    else:
        raise ArgumentError("plot(f, a, b) draws a function from a to b")
    if not all(isfinite(v) for v in ends) or ends[0] == ends[1]:
        raise ArgumentError("plot(f, a, b): two different numbers", argument="a")
    x = lookup("torch.linspace")(*ends, _POINTS, dtype=lookup("torch.float64"))
    places = numbers(x, "x")
    try:
        y = numbers(values[0](x), "f").reshape(-1)
    except (TypeError, ValueError, RuntimeError):  # it is a function of numbers alone
        y = np.zeros(0)
    if y.size != _POINTS:
        y = np.array([number(values[0](v), "f") for v in places.tolist()])
    return places, y


def scattered(x: Numbers, y: Numbers, c: Any, label: Any) -> list[Series]:
    """Points as series: one, or one for each of a few classes, or one in shades of a map."""
    if len(x) != len(y):
        raise ArgumentError(f"x has {len(x)} numbers, y {len(y)}", argument="y")
    name = "" if label is None else text_of(label)
    if c is None or type(c) is str:
        return [Series("points", x, y, name, colour_of(c))]
    if are_texts(c):
        classes, names = np.array([str_of(v) for v in c]), list(dict.fromkeys(c))
    else:
        shades = numbers(c, "c")
        if shades.size != len(x):
            return [Series("points", x, y, name, colour_of(c))]
        shades = shades.reshape(-1)
        values = np.unique(shades)
        if len(values) > 9 or not np.array_equal(values, np.rint(values)):
            return [Series("points", x, y, name, shades=shades)]
        classes, names = shades, values.tolist()
    if len(classes) != len(x):
        raise ArgumentError(f"c has {len(classes)} colours, x {len(x)} points", argument="c")
    return [
        Series("points", x[classes == k], y[classes == k], f"{k:g}" if type(k) is float else text_of(k))
        for k in names
    ]  # fmt: skip


def histogram(values: Numbers, bins: Any, range: Any, density: Any) -> tuple[Numbers, Numbers]:
    """Counts and edges; by default as many bins as Freedman and Diaconis, or Sturges, say."""
    shown = values[np.isfinite(values)]
    ends = None if range is None else pair(range, "range")
    if bins is None:
        bins = (
            max(1, min(_BINS, len(np.histogram_bin_edges(shown, "auto")) - 1)) if shown.size else 10
        )
    elif type(bins) is not int:
        bins = line_of(bins, "bins")
        if bins.size < 2 or (np.diff(bins) < 0).any():
            raise ArgumentError("bins: how many, or edges that increase", argument="bins")
    if type(bins) is int and not 0 < bins <= 10_000:
        raise ArgumentError("bins: from 1 to 10000", argument="bins")
    counts, edges = np.histogram(shown, bins, ends, density=bool(density))
    return counts.astype(np.float64), edges.astype(np.float64)


def _steps(counts: Numbers, edges: Numbers, label: str) -> Series:
    return Series("bars", (edges[1:] + edges[:-1]) / 2, counts, label, widths=np.diff(edges))


def bars(axes: Axes, names: Any, lengths: Numbers, across: Any) -> Series:
    """Bars at places, or under names, which the axes then show."""
    if names is None or are_texts(names) or (isinstance(names, (list, tuple)) and not names):
        at = np.arange(len(lengths), dtype=np.float64)
    elif isinstance(names, (list, tuple)) and any(type(v) is str for v in names):
        names, at = [str_of(v) for v in names], np.arange(len(lengths), dtype=np.float64)
    else:
        names, at = None, line_of(names, "x")
    if len(at) != len(lengths) or (names is not None and len(names) != len(lengths)):
        raise ArgumentError("as many names as heights", argument="heights")
    scale = axes.y if across else axes.x
    if names is not None:
        scale.ticks, scale.names = at.tolist(), [text_of(v) for v in names]
    widths = np.full(len(at), 0.8)
    return Series("bars across", lengths, at, widths=widths) if across else Series(
        "bars", at, lengths, widths=widths)  # fmt: skip


def _pictures(shown: Numbers) -> Iterable[Numbers]:
    """The matrices, or pictures in colours, of a tensor of any number of dimensions."""
    if shown.size == 0:
        raise ArgumentError("there is nothing in it to be drawn", argument="x")
    if shown.ndim < 2:
        return [shown.reshape(1, -1)]
    if shown.ndim == 2:
        return [shown]
    if shown.shape[-1] not in (3, 4) and shown.shape[-3] in (3, 4):
        shown = np.moveaxis(shown, -3, -1)
    if shown.shape[-1] in (3, 4) and shown.ndim >= 3:
        flat = shown.reshape(-1, *shown.shape[-3:])[..., :3]
        flat = flat / 255 if np.nanmax(flat) > 1 else flat
    else:
        flat = shown.reshape(-1, *shown.shape[-2:])
    return list(flat[:_FACETS])
