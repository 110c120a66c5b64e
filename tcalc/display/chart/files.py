"""A figure as a picture file, drawn by matplotlib: through its Figure, never through pyplot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.display.chart.colours import NAMES
from tcalc.display.chart.figure import DPI, SIZE
from tcalc.errors import ModuleError

if TYPE_CHECKING:
    from tcalc.display.chart.figure import Axes, Figure, Scale, Series


def written(figure: Figure, kind: str, dpi: float | None = None) -> bytes:
    """The bytes of a png, svg or pdf file. ModuleError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure as Drawn
    except ImportError:
        raise ModuleError(
            "picture files are drawn by matplotlib, which is not installed",
            hint="pip install 'tcalc[plot]', or save to a .txt file",
        ) from None
    rows, columns = figure.shape
    whole: Any = Drawn(figsize=figure.size or SIZE, layout="constrained")
    grid = whole.add_gridspec(rows, columns)
    for (top, left, high, wide), axes in figure.axes:
        _draw(whole, whole.add_subplot(grid[top : top + high, left : left + wide]), axes)
    if figure.title:
        whole.suptitle(figure.title)
    data = io.BytesIO()
    whole.savefig(data, format=kind, dpi=dpi or DPI, metadata=_METADATA.get(kind))
    return data.getvalue()


# Nothing of the day or the machine: the same figure is the same file.
_METADATA: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
_COLOURS = dict(zip(NAMES, ("C0", "C1", "C2", "C3", "C4", "C9", "C6", "C8", "C7")))


def _draw(whole: Any, on: Any, axes: Axes) -> None:
    for picture in axes.pictures:
        drawn = on.imshow(
            picture.values, cmap=picture.map, vmin=picture.low, vmax=picture.high,
            extent=picture.extent, aspect="auto" if picture.extent else None,
        )  # fmt: skip
        if axes.bar:
            whole.colorbar(drawn, ax=on)
    for series in axes.series:
        _draw_series(on, series)
    for note in axes.notes:
        on.text(note.x, note.y, note.text)
    on.set(title=axes.title, xlabel=axes.x.label, ylabel=axes.y.label)
    _scale(on.xaxis, axes.x, on.set_xscale, on.set_xlim)
    _scale(on.yaxis, axes.y, on.set_yscale, on.set_ylim)
    if not axes.framed:
        on.axis("off")
    labelled = [s for s in axes.series if s.label]
    if axes.legend or (axes.legend is None and len(labelled) > 1):
        on.legend()


def _scale(axis: Any, scale: Scale, kind: Any, limits: Any) -> None:
    if scale.logarithmic:
        kind("log")
    if scale.limits is not None:
        limits(*scale.limits)
    if scale.ticks is not None:
        axis.set_ticks(scale.ticks, scale.names)
    if scale.reversed:
        axis.set_inverted(True)


def _draw_series(on: Any, one: Series) -> None:
    look: dict[str, Any] = {"label": one.label or None}
    if one.colour is not None:
        look["color"] = _COLOURS[NAMES[one.colour % len(NAMES)]]
    if one.kind == "line":
        on.plot(
            one.x, one.y, "--" if one.dashed else "-", marker="o" if one.marked else None, **look
        )
    elif one.kind == "points":
        if one.shades is not None:
            on.scatter(one.x, one.y, c=one.shades, cmap=one.map, label=look["label"])
        else:
            on.scatter(one.x, one.y, **look)
    elif one.kind == "bars":
        width = 0.8 if one.widths is None else one.widths
        on.bar(one.x, one.y - one.base, width, bottom=one.base, **look)
    elif one.kind == "bars across":
        height = 0.8 if one.widths is None else one.widths
        on.barh(one.y, one.x - one.base, height, left=one.base, **look)
    elif one.kind == "area":
        on.fill_between(one.x, one.y, np.broadcast_to(one.base, one.y.shape), alpha=0.4, **look)
    else:
        rule = on.axhline if one.kind == "across" else on.axvline
        for at in one.y.tolist():
            rule(at, linestyle="--" if one.dashed else "-", **look)
