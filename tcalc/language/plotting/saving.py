"""Figures into files, under the rules for files."""

from __future__ import annotations

import os

from tcalc.display.chart.figure import DPI, SIZE
from tcalc.errors import ArgumentError, FileProblem
from tcalc.files import access
from tcalc.language import places
from tcalc.language.places import name_of
from tcalc.runtime.base import memory
from tcalc.sandbox import wall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tcalc.display.chart.figure import Figure

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_KINDS = ("png", "svg", "pdf", "txt")
# Points along a side that matplotlib draws at most, and what one takes while it does.
_MOST = 1 << 16
_BYTES = 16


def save_figure(figure: Figure, file: Any, dpi: float | None = None) -> None:
    """Write a figure to a file, whole or not at all; its name's end says how.

    .png .svg .pdf: by matplotlib, which is a package of its own. .txt: as a terminal without
    colours shows it.
    """
    name = name_of(file)
    kind = name.rpartition(".")[2].lower()
    if "." not in name or kind not in _KINDS:
        raise ArgumentError(
            f"{name}: a picture's name ends in .png, .svg, .pdf or .txt", argument="save"
        )
    path = places.reach().writable(name)
    if kind == "txt":
        from tcalc.display.chart.render import render

        data = render(figure).encode()
    else:
        data = drawn(figure, kind, dpi, os.path.dirname(path))
    with access.writing(path, name) as out:
        out.write(data)


def _check_size(figure: Figure, dpi: float | None) -> None:
    """Refuse a picture of more points than it may have, before anything draws it."""
    wide, high = [side * (dpi or DPI) for side in figure.size or SIZE]
    if not (0 < wide < _MOST and 0 < high < _MOST):
        raise ArgumentError(
            f"a picture has from 1 to {_MOST} points a side, not {wide:g} by {high:g}",
            argument="figsize",
        )
    memory.check(_BYTES * int(wide) * int(high), f"a picture of {wide:.0f} by {high:.0f} points")


def drawn(figure: Figure, kind: str, dpi: float | None, folder: str) -> bytes:
    """The bytes of a picture file; folder: where it goes."""
    from tcalc.display.chart.files import written

    _check_size(figure, dpi)
    if wall.opens(os.path.expanduser("~")):
        return written(figure, kind, dpi)
    # matplotlib keeps a list of fonts, which behind the wall can only be where files go.
    os.environ["MPLCONFIGDIR"] = folder
    before = set(os.listdir(folder))
    if any(name.startswith("fontlist-") for name in before):
        raise FileProblem(
            f"{folder}: matplotlib would take a fontlist-*.json there for its own: remove it first"
        )
    try:
        return written(figure, kind, dpi)
    finally:
        for name in set(os.listdir(folder)) - before:
            if name.startswith("fontlist-"):
                os.unlink(os.path.join(folder, name))
