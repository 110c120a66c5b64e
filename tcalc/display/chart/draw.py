"""One pair of axes on a canvas: frame, ticks, series, pictures, legend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tcalc.display.cells import cells
from tcalc.display.chart import pictures, scales
from tcalc.display.chart.canvas import Canvas
from tcalc.display.chart.colours import NAMES, coloured
from tcalc.display.chart.figure import Picture
from tcalc.theme import Depth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.display.chart.figure import Axes, Numbers, Scale, Series
    from tcalc.display.chart.pixels import Screen

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_MARGIN = 0.04
# Fewer cells than these show nothing.
LEAST_WIDTH, LEAST_HEIGHT = 8, 4
# Dots on and off of lines in turn, where there are no colours to tell them apart.
_GAPS = (0, 4, 2, 8, 1, 12)
_TICKS_APART = 4  # rows


@dataclass(slots=True)
class _Place:
    """Where the inside of axes is on a canvas, and how numbers get there."""

    top: int
    left: int
    rows: int
    columns: int
    x: tuple[float, float]
    y: tuple[float, float]
    at_x: Callable[[Numbers], Numbers]
    at_y: Callable[[Numbers], Numbers]

    def column(self, x: float) -> int:
        """The column of a number, maybe outside."""
        return self.left + _cell(self.at_x(np.array([x]))[0], self.columns)

    def row(self, y: float) -> int:
        """The row of a number, maybe outside."""
        return self.top + self.rows - 1 - _cell(self.at_y(np.array([y]))[0], self.rows)


def _cell(part: float, count: int) -> int:
    if not np.isfinite(part) or abs(part) > 1e6:
        return -(1 << 30)
    return min(int(np.floor(part * count)), count - 1) if part <= 1 else int(part * count)


@np.errstate(all="ignore")
def draw(axes: Axes, width: int, height: int, depth: Depth, screen: Screen | None = None) -> Canvas:
    """Axes on a canvas of their own, so many cells wide and at most so high.

    screen: what takes pictures as pixels, where there is such. Over these nothing could be written.
    """
    if axes.series or axes.notes:
        screen = None
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    colours = list(_colours(axes.series))
    framed, explained = axes.framed, axes.bar and bool(axes.pictures)
    head = _head(axes, colours, width)
    foot = (1 + bool(axes.x.label)) * framed + explained
    rows = max(2, height - len(head) - foot - framed)
    x, y = limits_of(axes)
    names_y = _names(axes.y, y, max(2, rows // _TICKS_APART + 1), axes) if framed else []
    gutter = max((cells(name) for _, name in names_y), default=0) + 1 if framed else 0
    gutter = max(0, min(gutter, width - framed - 4))
    columns = max(4, width - gutter - framed)
    if axes.pictures and not axes.series:
        columns, rows = pictures.cells_of(axes.pictures[0], columns, rows, screen is None)
        width = max(gutter + framed + columns, LEAST_WIDTH)
        head = _head(axes, colours, width)
    canvas = Canvas(width, len(head) + rows + framed + foot)
    place = _Place(
        len(head), gutter + framed, rows, columns, x, y,
        scales.placing(*x, axes.x.logarithmic), scales.placing(*y, axes.y.logarithmic),
    )  # fmt: skip
    _write_head(canvas, head, place)
    inside = Canvas(columns, rows)
    for picture in axes.pictures:
        _paint_in(inside, picture, place, depth, screen)
    for series, (colour, order) in zip(axes.series, colours):
        _draw_series(
            inside, series, colour, 0 if depth else _GAPS[order % len(_GAPS)], place, depth
        )
    for note in axes.notes:
        column = place.column(note.x) - place.left
        inside.put(
            place.row(note.y) - place.top, min(column, columns - cells(note.text)), note.text
        )
    _lay(canvas, inside, place.top, place.left)
    if framed:
        _frame(canvas, axes, place, names_y)
    if explained:
        _explain(canvas, axes.pictures[0], depth, screen)
    return canvas


def _explain(canvas: Canvas, picture: Picture, depth: Depth, screen: Screen | None) -> None:
    """The last row: what the colours stand for."""
    low, high = (scales.short(v) for v in pictures.limits(picture))
    room = max(4, min(24, canvas.columns - len(low) - len(high) - 2))
    ramp = Picture(np.linspace(0.0, 1.0, room)[None].repeat(2, 0), picture.map)
    canvas.put(canvas.rows - 1, 0, low)
    pictures.paint(canvas, ramp, canvas.rows - 1, len(low) + 1, 1, room, depth, screen)
    canvas.put(canvas.rows - 1, len(low) + room + 2, high)


def limits_of(axes: Axes) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where the axes go, left to right and from below."""
    x = scales.bounds(_extents(axes, 0), axes.x, 0.0 if _fills(axes) else _MARGIN)
    y = scales.bounds(_extents(axes, 1), axes.y, 0.0 if axes.pictures else _MARGIN)
    if axes.y.limits is None and any(p.extent is None for p in axes.pictures):
        return x, (y[1], y[0])  # the first row is on top
    return _on_ground(axes, axes.x, "bars across", x), _on_ground(axes, axes.y, "bars", y)


def _lay(canvas: Canvas, inside: Canvas, top: int, left: int) -> None:
    where = slice(top, top + inside.rows), slice(left, left + inside.columns)
    canvas.dots[where], canvas.chars[where] = inside.dots, inside.chars
    canvas.colours[where] = inside.colours
    canvas.fore[where], canvas.back[where] = inside.fore, inside.back
    canvas.patches += [
        replace(patch, top=patch.top + top, left=patch.left + left) for patch in inside.patches
    ]


# -- what stands around -----------------------------------------------------------------------


def _colours(series: list[Series]) -> Iterator[tuple[int, int]]:
    """Of each series its colour, and which it is among those that look alike without colours."""
    given = 0
    for order, one in enumerate(series):
        if one.colour is None:
            yield given % len(NAMES), order
            given += 1
        else:
            yield one.colour, order


def _head(axes: Axes, colours: list[tuple[int, int]], width: int) -> list[list[tuple[str, int]]]:
    """The rows above the frame: title, legend and the name of y, as texts with colours."""
    rows: list[list[tuple[str, int]]] = []
    for part in axes.title.split("\n") if axes.title else ():
        rows.append([(" " * max(0, (width - cells(part)) // 2), -1), (part, -1)])
    labelled = [(one, c) for one, c in zip(axes.series, colours) if one.label]
    if axes.legend or (axes.legend is None and len(labelled) > 1):
        row: list[tuple[str, int]] = []
        used = 0
        for one, (colour, order) in labelled:
            text = f"{_sample(one, order)} {one.label}"
            if row and used + cells(text) + 3 > width:
                rows.append(row)
                row, used = [], 0
            if row:
                row.append(("   ", -1))
            row.append((text, colour))
            used += cells(text) + 3
        rows.append([(" " * max(0, (width - used + 3) // 2), -1), *row])
    if axes.y.label and axes.framed:
        rows.append([(axes.y.label, -1)])
    return rows


def _sample(series: Series, order: int) -> str:
    if series.kind == "points":
        return "•"
    if series.kind in ("bars", "bars across", "area"):
        return "█"
    return "──" if not order and not series.dashed else "╴╴" if order % 2 else "┄┄"


def _write_head(canvas: Canvas, head: list[list[tuple[str, int]]], place: _Place) -> None:
    for row, parts in enumerate(head):
        column = 0
        for text, colour in parts:
            canvas.put(row, column, text, colour)
            column += cells(text)


def _names(
    scale: Scale, ends: tuple[float, float], most: int, axes: Axes
) -> list[tuple[float, str]]:
    """The ticks of a scale, each with what is written at it."""
    values = scale.ticks
    if values is None:
        values = scales.ticks(*ends, most, scale.logarithmic)
        if any(p.extent is None for p in axes.pictures):  # rows and columns have whole numbers
            values = [v for v in values if v == int(v)]
    if scale.names is not None:
        return list(zip(values, scale.names))
    if scale.logarithmic:
        return [(v, scales.short(v)) for v in values]
    return list(zip(values, scales.written(values)))


def _frame(canvas: Canvas, axes: Axes, place: _Place, names_y: list[tuple[float, str]]) -> None:
    left, bottom = place.left - 1, place.top + place.rows
    for row in range(place.top, bottom):
        canvas.put(row, left, "│")
    canvas.put(bottom, left, "└" + "─" * place.columns)
    taken = -1
    for value, name in sorted(names_y, key=lambda pair: place.row(pair[0])):
        row = place.row(value)
        if place.top <= row < bottom and row > taken:
            canvas.put(row, max(0, left - 1 - cells(name)), name[: max(0, left - 1)])
            canvas.put(row, left, "┤")
            taken = row
    ends, most = place.x, max(2, place.columns // 10 + 1)
    names = _names(axes.x, ends, most, axes)
    while axes.x.names is None and axes.x.ticks is None and most > 2:
        if sum(cells(name) + 2 for _, name in names) <= place.columns:
            break
        most -= 1
        names = _names(axes.x, ends, most, axes)
    taken = -1
    for value, name in sorted(names, key=lambda pair: place.column(pair[0])):
        column = place.column(value)
        if not place.left <= column < place.left + place.columns:
            continue
        start = max(0, min(column - cells(name) // 2, canvas.columns - cells(name)))
        if start <= taken:
            continue
        canvas.put(bottom, column, "┬")
        canvas.put(bottom + 1, start, name)
        taken = start + cells(name)
    if axes.x.label:
        start = place.left + (place.columns - cells(axes.x.label)) // 2
        canvas.put(bottom + 2, max(0, start), axes.x.label)


# -- what stands inside -----------------------------------------------------------------------


def _extents(axes: Axes, at: int) -> Iterator[Numbers]:
    """The numbers that a scale has to hold: 0 for x, 1 for y."""
    for one in axes.series:
        values = one.x if at == 0 else one.y
        if (one.kind, at) in (("across", 0), ("upright", 1)):
            continue
        if (one.kind, at) in (("bars", 0), ("bars across", 1)) and one.widths is not None:
            places = one.x if at == 0 else one.y
            yield from (places - one.widths / 2, places + one.widths / 2)
            continue
        yield values
        if (one.kind, at) in (("bars", 1), ("bars across", 0), ("area", 1)):
            yield np.broadcast_to(np.asarray(one.base, np.float64), values.shape)
    for picture in axes.pictures:
        left, right, bottom, top = _covered(picture.extent, picture.values)
        yield np.array([left, right] if at == 0 else [bottom, top])
    for note in axes.notes:
        yield np.array([note.x if at == 0 else note.y])


def _fills(axes: Axes) -> bool:
    """Whether what is shown goes from side to side."""
    return bool(axes.pictures) or all(one.kind in ("line", "across") for one in axes.series)


def _on_ground(
    axes: Axes, scale: Scale, kind: str, ends: tuple[float, float]
) -> tuple[float, float]:
    """Limits that bars of a kind stand on, with nothing below, where there are only such."""
    if scale.limits is not None or scale.logarithmic or not axes.series:
        return ends
    low, high = ends
    for one in axes.series:
        up = one.y if kind == "bars" else one.x
        if one.kind != kind or float(np.min(up - one.base, initial=0.0)) < 0:
            return ends
        low = max(low, float(np.min(one.base)))
    return low, high


def _covered(
    extent: tuple[float, float, float, float] | None, values: Numbers
) -> tuple[float, float, float, float]:
    if extent is not None:
        return extent
    high, wide = values.shape[:2]
    return -0.5, wide - 0.5, high - 0.5, -0.5


def _draw_series(
    inside: Canvas, one: Series, colour: int, gap: int, place: _Place, depth: Depth
) -> None:
    gap = gap or (3 if one.dashed else 0)
    if one.kind == "across":
        for y in place.at_y(one.y):
            inside.line(np.array([0.0, 1.0]), np.array([y, y]), colour, gap)
        return
    if one.kind == "upright":
        for x in place.at_x(one.x):
            inside.line(np.array([x, x]), np.array([0.0, 1.0]), colour, gap)
        return
    if one.kind in ("bars", "bars across"):
        _draw_bars(inside, one, colour, place)
        return
    x, y = place.at_x(one.x), place.at_y(one.y)
    if one.kind == "line":
        inside.line(*_thinned(x, y, inside.columns), colour, gap)
    elif one.kind == "area":
        base = place.at_y(np.broadcast_to(np.asarray(one.base, np.float64), one.y.shape))
        _fill(inside, x, y, base, colour)
    if one.kind == "points" or one.marked:
        _mark(inside, one, x, y, colour, depth)


def _thinned(x: Numbers, y: Numbers, columns: int) -> tuple[Numbers, Numbers]:
    """A line of many points by the first, least, greatest and last of each part of a column."""
    n, most = len(x), 8 * columns
    if n <= 4 * most or not np.all(np.diff(x) >= 0):
        return x, y
    edges = np.unique(np.arange(most) * n // most)
    low = np.minimum.reduceat(y, edges)
    high = np.maximum.reduceat(y, edges)
    last = np.append(edges[1:], n) - 1
    ys = np.stack([y[edges], low, high, y[last]], 1).reshape(-1)
    xs = np.stack([x[edges]] * 3 + [x[last]], 1).reshape(-1)
    return xs, ys


def _mark(inside: Canvas, one: Series, x: Numbers, y: Numbers, colour: int, depth: Depth) -> None:
    """Points: dots where there are many, marks where there are few."""
    if one.shades is not None:
        share = pictures.parts(one.shades, *_ends(one.shades))
        if depth > Depth.SIXTEEN:
            _shaded(inside, one, x, y, share)
            return
        each = np.nan_to_num(np.rint(share * (len(NAMES) - 2))).astype(np.intp)
        inside.points(x, y, each)
        return
    if len(x) > inside.columns * inside.rows // 8:
        inside.points(x, y, colour)
        return
    for across, up in zip(x.tolist(), y.tolist()):
        if 0 <= across <= 1 and 0 <= up <= 1:
            inside.put(inside.rows - 1 - _cell(up, inside.rows), _cell(across, inside.columns),
                       "•", colour)  # fmt: skip


def _ends(values: Numbers) -> tuple[float, float]:
    shown = scales.finite(values)
    return (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)


def _shaded(inside: Canvas, one: Series, x: Numbers, y: Numbers, share: Numbers) -> None:
    colours = coloured(share, one.map)
    for across, up, colour in zip(x.tolist(), y.tolist(), colours):
        if 0 <= across <= 1 and 0 <= up <= 1:
            row, column = inside.rows - 1 - _cell(up, inside.rows), _cell(across, inside.columns)
            inside.chars[row, column] = "•"
            inside.fore[row, column] = colour


def _fill(inside: Canvas, x: Numbers, y: Numbers, base: Numbers, colour: int) -> None:
    """Every column of dots between two lines."""
    wide, high = 2 * inside.columns, 4 * inside.rows
    good = np.isfinite(x) & np.isfinite(y) & np.isfinite(base)
    if not good.any():
        return
    order = np.argsort(x[good], kind="stable")
    across = (np.arange(wide) + 0.5) / wide
    xs = x[good][order]
    across = across[(across >= xs[0]) & (across <= xs[-1])]
    ends = [np.interp(across, xs, v[good][order]) for v in (y, base)]
    low, up = np.clip(np.minimum(*ends), 0, 1), np.clip(np.maximum(*ends), 0, 1)
    # Every second dot of every second row: what lies behind it is seen.
    for step in range(0, high, 2):
        at = (step + 0.5) / high
        shown = (low <= at) & (at <= up)
        shown &= (np.arange(len(across)) + step // 2) % 2 == 0
        inside.points(across[shown], np.full(int(shown.sum()), at), colour)


def _draw_bars(inside: Canvas, one: Series, colour: int, place: _Place) -> None:
    across = one.kind == "bars across"
    along, up = (one.y, one.x) if across else (one.x, one.y)
    at_along, at_up = (place.at_y, place.at_x) if across else (place.at_x, place.at_y)
    widths = one.widths if one.widths is not None else np.full(len(along), 0.8)
    bases = np.broadcast_to(np.asarray(one.base, np.float64), up.shape)
    starts, stops = at_along(along - widths / 2), at_along(along + widths / 2)
    room = inside.rows if across else inside.columns
    thick = abs(stops - starts) * room
    touching = len(widths) > 0 and widths[0] >= 0.999 * _apart(along)
    gap = 1 if touching and np.min(thick) >= 4 else 0
    for start, stop, low, high in zip(starts, stops, at_up(bases), at_up(up)):
        if not np.isfinite([start, stop, high]).all():
            continue
        low = 0.0 if not np.isfinite(low) else low  # of a logarithmic scale the ground is none
        first = round(min(start, stop) * room)
        # Where they touch the next begins at the end of this; else all are equally thick.
        end = round(max(start, stop) * room) if touching else first + int(abs(stop - start) * room)
        taken = range(max(0, first), min(room, max(end - gap, first + 1)))
        low, high = (min(1.0, max(0.0, float(v))) for v in (low, high))
        if across:
            _bar_across(inside, taken, low, high, colour)
        else:
            _bar_up(inside, taken, low, high, colour)


def _apart(along: Numbers) -> float:
    return float(np.min(np.diff(np.sort(along)), initial=np.inf)) if len(along) > 1 else np.inf


def _bar_up(inside: Canvas, columns: range, low: float, high: float, colour: int) -> None:
    """Cells from one height to another; the end in eighths where it goes up, in halves else."""
    rows = inside.rows
    if high >= low:
        first, eighths = round(low * rows), round(high * rows * 8)
        if eighths <= first * 8 and high > low:
            eighths = first * 8 + 1  # what is there is seen
        for row in range(first, -(-eighths // 8)):
            char = _EIGHTHS[min(8, eighths - 8 * row)]
            for column in columns:
                inside.put(rows - 1 - row, column, char, colour)
        return
    top, halves = round(low * rows), round(high * rows * 2)
    for row in range(halves // 2, top):
        char = "▀" if 2 * row < halves else "█"
        for column in columns:
            inside.put(rows - 1 - row, column, char, colour)


def _bar_across(inside: Canvas, rows: range, low: float, high: float, colour: int) -> None:
    first, halves = (
        round(min(low, high) * inside.columns),
        round(max(low, high) * inside.columns * 2),
    )
    for row in rows:
        inside.put(inside.rows - 1 - row, first, "█" * (halves // 2 - first), colour)
        if halves % 2 and halves // 2 >= first:
            inside.put(inside.rows - 1 - row, halves // 2, "▌", colour)


# -- pictures ---------------------------------------------------------------------------------


def _paint_in(inside: Canvas, picture: Picture, place: _Place, depth: Depth,
              screen: Screen | None) -> None:  # fmt: skip
    """A picture under series: over what it covers of the axes."""
    left, right, bottom, top = _covered(picture.extent, picture.values)
    columns = [round(float(v) * inside.columns) for v in place.at_x(np.array([left, right]))]
    rows = [round((1 - float(v)) * inside.rows) for v in place.at_y(np.array([top, bottom]))]
    first, last = max(0, min(columns)), min(inside.columns, max(columns))
    above, below = max(0, min(rows)), min(inside.rows, max(rows))
    if first < last and above < below:
        shown = picture if rows[0] <= rows[1] else _upside_down(picture)
        pictures.paint(inside, shown, above, first, below - above, last - first, depth, screen)


def _upside_down(picture: Picture) -> Picture:
    return replace(picture, values=picture.values[::-1])
