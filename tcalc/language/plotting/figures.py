"""Figures under matplotlib's names, and the ones of a session that are open."""

from __future__ import annotations

import numpy as np

from tcalc.display.chart.figure import Axes as Model
from tcalc.display.chart.figure import Figure as Whole
from tcalc.errors import ArgumentError
from tcalc.language.lent import Lent
from tcalc.language.plotting.axes import Axes
from tcalc.language.plotting.handles import Handle
from tcalc.language.plotting.saving import save_figure
from tcalc.language.plotting.values import number, pair, text_of
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Rows and columns of axes that a figure may have.
_MOST = 100


class Grid(Lent):
    """The axes that `subplots` gives, in rows and columns"""

    __module__ = "matplotlib.figure"

    __slots__ = ("_axes",)
    _public_ = frozenset({"T", "flat", "flatten", "ndim", "ravel", "reshape", "shape", "size"})

    def __init__(self, axes: Any) -> None:
        self._axes = axes  # an array of objects, which no program sees

    shape = property(lambda self: self._axes.shape)
    ndim = property(lambda self: self._axes.ndim)
    size = property(lambda self: self._axes.size)
    flat = property(lambda self: iter(self._axes.reshape(-1).tolist()))
    T = property(lambda self: Grid(self._axes.T))

    def flatten(self, order: Any = "C") -> Grid:
        """All of them in a row"""
        return Grid(self._axes.reshape(-1))

    ravel = flatten

    def reshape(self, *shape: Any) -> Grid:
        """In other rows and columns"""
        sizes = shape[0] if len(shape) == 1 and type(shape[0]) is tuple else shape
        return Grid(self._axes.reshape([int(number(v, "shape")) for v in sizes]))

    def __getitem__(self, at: Any) -> Any:
        parts = at if type(at) is tuple else (at,)
        for part in parts:
            if type(part) is not int and type(part) is not slice:
                raise IndexError("axes are named by whole numbers and slices")
        found = self._axes[at]
        return Grid(found) if isinstance(found, np.ndarray) else found

    def __len__(self) -> int:
        return len(self._axes)

    def __iter__(self) -> Iterator[Any]:
        return iter([Grid(v) if isinstance(v, np.ndarray) else v for v in self._axes])

    def __repr__(self) -> str:
        return f"<axes {list(self.shape)}>"


class Figure(Lent):
    """A figure: axes in rows and columns"""

    __module__ = "matplotlib.figure"

    __slots__ = ("_made", "current", "whole")
    _public_ = frozenset(
        "add_subplot axes canvas clear clf colorbar gca get_axes legend number savefig set_figheight "
        "set_figwidth set_size_inches set_tight_layout show subplots subplots_adjust suptitle supxlabel supylabel text "
        "tight_layout autofmt_xdate set_dpi set_facecolor get_size_inches dpi patch".split()
    )

    def __init__(self, number: int, figsize: Any = None) -> None:
        self.whole = Whole(number=number)
        self.current: Axes | None = None
        self._made: dict[int, Axes] = {}
        if figsize is not None:
            self.whole.size = pair(figsize, "figsize")

    number = property(lambda self: self.whole.number)
    dpi = property(lambda self: 100)

    @property
    def axes(self) -> List:
        """All axes of the figure"""
        return List(self._made[id(model)] for _, model in self.whole.axes)

    def get_axes(self) -> List:
        """All axes of the figure"""
        return self.axes

    @property
    def canvas(self) -> Figure:
        """What it is drawn on"""
        return self

    def at(self, place: tuple[int, int, int, int]) -> Axes:
        """The axes at a place of the grid, made where there are none."""
        for where, model in self.whole.axes:
            if where == place:
                self.current = self._made[id(model)]
                return self.current
        model = Model()
        self.whole.axes.append((place, model))
        self.current = self._made[id(model)] = Axes(self, model)
        return self.current

    def gca(self) -> Axes:
        """The axes that are current"""
        return self.current or self.at((0, 0, *self.whole.shape))

    @silent
    def add_subplot(self, *place: Any, projection: Any = None, **looks: Any) -> Axes:
        """Axes at a place: rows, columns and number, or their digits as 212"""
        if projection not in (None, "rectilinear"):
            raise ArgumentError(f"there are no axes in the projection {text_of(projection)}",
                                argument="projection", hint="heat(z) draws heights over places")  # fmt: skip
        if len(place) == 1 and type(place[0]) is int and 100 <= place[0] <= 999:
            place = tuple(int(d) for d in str(place[0]))
        if not place:
            place = (1, 1, 1)
        if len(place) != 3:
            raise TypeError("add_subplot() takes rows, columns and a number, or their three digits")
        last = place[2]
        rows, columns = int(number(place[0], "rows")), int(number(place[1], "columns"))
        first, end = pair(last, "number") if type(last) is tuple else (number(last, "number"),) * 2
        if (
            not 0 < rows <= _MOST
            or not 0 < columns <= _MOST
            or not 1 <= first <= end <= rows * columns
        ):
            raise ValueError(f"num must be an integer with 1 <= num <= {rows * columns}, "
                             f"not {text_of(last)}")  # fmt: skip
        self._use_grid(rows, columns)
        (top, left), (bottom, right) = (divmod(int(v) - 1, columns) for v in (first, end))
        return self.at((top, left, bottom - top + 1, right - left + 1))

    def _use_grid(self, rows: int, columns: int) -> None:
        """A grid of so many rows and columns; axes of another keep their order as far as it holds."""
        if self.whole.shape == (rows, columns):
            return
        old_rows, old_columns = self.whole.shape
        if self.whole.axes and (rows % old_rows or columns % old_columns):
            rows, columns = max(rows, old_rows), max(columns, old_columns)
        down, across = max(1, rows // old_rows), max(1, columns // old_columns)
        self.whole.axes = [
            ((top * down, left * across, high * down, wide * across), model)
            for (top, left, high, wide), model in self.whole.axes
        ]
        self.whole.shape = rows, columns

    @silent
    def subplots(self, nrows: Any = 1, ncols: Any = 1, squeeze: Any = True, **looks: Any) -> Any:
        """Axes in rows and columns: alone, or a grid of them"""
        rows, columns = int(number(nrows, "nrows")), int(number(ncols, "ncols"))
        if not 0 < rows <= _MOST or not 0 < columns <= _MOST:
            raise ValueError(f"Number of rows must be a positive integer, not {rows}" if rows < 1 else
                             f"Number of columns must be a positive integer, not {columns}")  # fmt: skip
        self._use_grid(rows, columns)
        made = np.empty((rows, columns), object)
        for row in range(rows):
            for column in range(columns):
                made[row, column] = self.at((row, column, 1, 1))
        self.current = made[0, 0] if rows * columns == 1 else made[-1, -1]
        if not squeeze:
            return Grid(made)
        made = made.squeeze()
        return Grid(made) if made.ndim else made[()]

    @silent
    def suptitle(self, t: Any, **looks: Any) -> Handle:
        """The text above all axes"""
        self.whole.title = text_of(t)
        return Handle()

    @silent
    def colorbar(self, *values: Any, **looks: Any) -> Handle:
        """Explain the colours of the current picture"""
        self.gca().model.bar = True
        return Handle()

    @silent
    def savefig(self, fname: Any, dpi: Any = None, **looks: Any) -> None:
        """Write the figure to a file: .png .svg .pdf, or .txt"""
        effect("savefig")
        save_figure(
            self.whole, fname, None if dpi is None or type(dpi) is str else number(dpi, "dpi")
        )

    @silent
    def show(self, *values: Any, **looks: Any) -> None:
        """Draw the figure on the terminal"""
        effect("show")
        if any(not model.is_empty for _, model in self.whole.axes):
            current().draw(self.whole)

    @silent
    def clf(self) -> None:
        """Take away everything"""
        self.whole.axes, self.whole.title, self.whole.shape = [], "", (1, 1)
        self.current, self._made = None, {}

    clear = clf

    @silent
    def set_size_inches(self, w: Any, h: Any = None, **looks: Any) -> None:
        """Its width and height, which say how tall it is"""
        self.whole.size = pair(w if h is None else (w, h), "size")

    def get_size_inches(self) -> tuple[float, float]:
        """Its width and height"""
        return self.whole.size or (6.4, 4.8)

    @silent
    def _look(self, *values: Any, **looks: Any) -> None:
        """How it looks, which cells do not show"""

    tight_layout = subplots_adjust = set_tight_layout = autofmt_xdate = set_dpi = _look
    set_facecolor = set_figheight = set_figwidth = legend = text = supxlabel = supylabel = _look

    def __repr__(self) -> str:
        return f"<Figure with {len(self.whole.axes)} Axes>"
