"""What a container holds as a table: key, type, shape, and smallest, mean and largest or the value."""

from __future__ import annotations

from itertools import islice

from tcalc.display import numbers, plain
from tcalc.display.brief import brief
from tcalc.display.cells import cells, clipped, padded, squeezed
from tcalc.display.entries import ends, leaves
from tcalc.display.escape import escape
from tcalc.display.ink import ABOUT, ALARM, GAP, NAME, PLAIN, Line
from tcalc.display.values import as_tensor, has_data, host
from tcalc.display.window import Drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.display.window import Window
    from tcalc.runtime.tensor.tensor import Tensor

_KEY, _TYPE, _SHAPE, _MIN, _MEAN, _MAX, _ODD = range(7)
_TITLES = ("key", "type", "shape", "min", "mean", "max", "")
# What goes first where the window is narrow.
_FEWER = (
    (_KEY, _TYPE, _SHAPE, _MIN, _MEAN, _MAX, _ODD),
    (_KEY, _TYPE, _SHAPE, _MIN, _MAX, _ODD),
    (_KEY, _TYPE, _SHAPE, _ODD),
)
_LEAST_KEY = 12  # cells that are left of a key
_LEAST = ((_SHAPE, 8), (_ODD, 4), (_KEY, 6))  # of columns, where even that is not enough
_LEAST_VALUE = 24  # and of the value of what is no tensor
_WIDEST_TYPE = 16
_LOOKED_AT = 1 << 20
_BLOCK = 256


class Row:
    """The cells of an entry: a tensor's, or key and type of another value and the value itself."""

    __slots__ = ("cells", "value")

    def __init__(self, cells: Sequence[str], value: str | None = None) -> None:
        self.cells = (*cells, *[""] * (len(_TITLES) - len(cells)))
        self.value = value


def draw(value: object, window: Window, precision: int | None) -> Drawn:
    """The entries of a container that there is room for, those of both ends, under titles."""
    shown = max((window.height or 0) - 1, 2)  # beside the titles
    head, tail, missing = ends(value, shown - shown // 2, shown // 2)
    if not missing:
        return Drawn(_lines(head, window, precision), [])
    head.pop()  # for the mark
    lines = _lines([*head, *tail], window, precision)
    lines.insert(1 + len(head), Line(GAP).add(window.down, ABOUT))
    return Drawn(lines, [(missing + 1, "row")])


def every(value: object, window: Window, precision: int | None) -> Iterator[Line]:
    """All the entries of a container, so many at a time, each time under titles."""
    remaining = leaves(value)
    while some := list(islice(remaining, _BLOCK)):
        yield from _lines(some, window, precision)


def _lines(
    entries: Sequence[tuple[str, object]], window: Window, precision: int | None
) -> list[Line]:
    rows = [_row(key, value, window, precision) for key, value in entries]
    has_tensors = any(row.value is None for row in rows)
    titles = Row(_TITLES) if has_tensors else Row(_TITLES[:_SHAPE], "value")
    columns, widths = _fitted([titles, *rows], window)

    def line(row: Row, inks: Sequence[str]) -> Line:
        made = Line()
        for at in columns if row.value is None else (_KEY, _TYPE):
            width = widths[at]
            if width:
                text = squeezed(row.cells[at], width, window.across)
                made.add(GAP).add(_aligned(text, width, at), inks[at])
        if row.value is not None:
            text, room = row.value, window.width - made.cells - len(GAP)
            if window.height is not None:
                text = clipped(text, max(room, 1), window.across)
            made.add(GAP).add(text, inks[_MIN])
        return made

    inks = [NAME, ABOUT, PLAIN, PLAIN, PLAIN, PLAIN, ALARM]
    return [line(titles, [ABOUT] * len(inks)), *(line(row, inks) for row in rows)]


def _fitted(rows: Sequence[Row], window: Window) -> tuple[Sequence[int], Sequence[int]]:
    """Which columns fit a window, and the cells of each column that there is."""
    widths = [max(cells(row.cells[at]) for row in rows) for at in range(len(_TITLES))]
    longest, widths[_KEY] = widths[_KEY], min(widths[_KEY], _LEAST_KEY)
    columns = next((c for c in _FEWER if _width(widths, c) <= window.width), _FEWER[-1])
    for at, least in _LEAST:
        over = max(0, _width(widths, columns) - window.width)
        widths[at] = max(min(least, widths[at]), widths[at] - over)
    # A key takes what is left by the others, and by the values of what is no tensor.
    used = _width(widths, columns)
    values = [cells(row.value) for row in rows if row.value is not None]
    if values:
        shown = min(max(values), _LEAST_VALUE)
        used = max(used, _width(widths, (_KEY, _TYPE)) + len(GAP) + shown)
    if window.height is None:
        widths[_KEY] = longest
    else:
        widths[_KEY] += max(0, min(longest - widths[_KEY], window.width - used))
    return columns, widths


def _aligned(text: str, width: int, at: int) -> str:
    return text.rjust(width) if at in (_MIN, _MEAN, _MAX) else padded(text, width)


def _width(widths: Sequence[int], columns: Sequence[int]) -> int:
    """The cells that columns take; nothing stands for one without any cell."""
    return sum(widths[at] + len(GAP) for at in columns if widths[at])


def _row(key: str, value: object, window: Window, precision: int | None) -> Row:
    tensor = as_tensor(value)
    if tensor is None:
        kind = escape(str(type.__getattribute__(type(value), "__name__")))
        if window.height is None:
            text = " ".join(escape(plain.text(value, precision)).split("\n"))
        else:
            text = brief(value, window.width, window.across, precision)
        return Row((escape(key), clipped(kind, _WIDEST_TYPE, window.across)), text)
    return Row((escape(key), *_cells(tensor, precision)))


def _cells(tensor: Tensor, precision: int | None) -> tuple[str, ...]:
    from tcalc.display.spelling import MARK  # which tables of other values do without
    from tcalc.display.statistics import rounded, statistics

    about = (tensor.dtype.name, str(list(tensor.shape)))
    if not has_data(tensor) or not tensor.numel():
        return about
    found = statistics(tensor.array, _LOOKED_AT)
    sure = "" if found.every == 1 else "~"
    odd = " ".join(f"{MARK}{name} {sure}{count:,}" for name, count in found.alarms())
    if tensor.numel() == 1:
        word = "" if odd else numbers.words(host(tensor.array), precision)[0]
        return (*about, word, "", "", odd)
    if not found.count:
        return (*about, "", "", "", odd)
    ends = (found.smallest, found.mean, found.largest)
    return (*about, *(f"{sure}{rounded(number, 4)}" for number in ends), odd)
