"""Values drawn for a terminal, folded to its window.

A tensor is a dim line of what it is, then its numbers in columns, with notations as in PyTorch's
repr: as many rows and columns as there is room for. One of which something is left out has a line of
its range, mean and spread, and one that says what. Containers are tables, where a line is not enough.
"""

from __future__ import annotations

from math import isinf

from tcalc.display import entries, folded, plain, records, table
from tcalc.display.brief import in_brackets, length
from tcalc.display.cells import cells
from tcalc.display.escape import escape
from tcalc.display.ink import ABOUT, GAP, NAME, Line, flow
from tcalc.display.options import OPTIONS, printoptions
from tcalc.display.values import as_ndarray, as_tensor
from tcalc.display.window import Drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np

    from tcalc.display.window import Window
    from tcalc.runtime.tensor.tensor import Tensor

# A container of tensors alone is drawn one by one where it holds no more, and of a tuple that is
# too long for the window each has so many lines.
_ONE_BY_ONE, _LEAST_SHARE = 50, 6
_SHORT = 8  # elements of a tensor that may stand in a line with others


def show(
    value: object, name: str | None, window: Window, *, precision: int | None = None
) -> Iterable[Line]:
    """A value in a window, after its name where it has one.

    precision: digits after the point instead of the print options' own. With a threshold of
    infinity nothing is left out.
    """
    if isinf(OPTIONS.threshold):
        return every(value, name, window, precision=precision)
    with printoptions(precision=precision, sci_mode=OPTIONS.sci_mode):
        return _draw(value, name, _bounded(window), precision).lines


def every(
    value: object, name: str | None, window: Window, *, precision: int | None = None
) -> Iterator[Line]:
    """All of a value, made as it is read: no line of it is wider than the window."""
    with printoptions(precision=precision, sci_mode=OPTIONS.sci_mode):
        yield from _every(value, name, _bounded(window).of(None), precision)


def _bounded(window: Window) -> Window:
    """The window, no wider than lines may be."""
    if OPTIONS.chosen("linewidth"):
        return window.across_to(int(min(max(OPTIONS.linewidth, 1), window.width)))
    return window


def _draw(value: object, name: str | None, window: Window, precision: int | None) -> Drawn:
    grid = _as_grid(value)
    if grid is not None:
        from tcalc.display import tensors

        return tensors.draw(grid, name, window, precision)
    line = _on_a_line(value, name, window, precision)
    if _is_container(value):
        held = _all_tensors(value)
        drawn = _one_by_one(value, held, name, window, precision) if held else None
        if drawn is not None:
            return drawn
        if line is None:
            head = flow(_about(value, name), window.width)
            return _under(head, window, lambda room: _table(value, room, precision))
    if line is not None:
        return Drawn([line], [])
    if in_brackets(value):
        head = flow(_about(value, name), window.width)
        return _under(head, window, lambda room: folded.items(value, room, precision))
    start = _named(name)
    drawn = _under([], window, lambda room: folded.text(value, room, precision, start.cells))
    drawn.lines[0] = start.join(drawn.lines[0])
    return drawn


def _every(
    value: object, name: str | None, window: Window, precision: int | None
) -> Iterator[Line]:
    grid = _as_grid(value)
    if grid is not None:
        from tcalc.display import tensors

        yield from tensors.every(grid, name, window, precision)
    elif _is_container(value):
        held = _all_tensors(value)
        if held and name is not None:
            yield _named(name)
        for key, item in held:
            yield from _every(item, key, window, precision)
        line = None if held else _on_a_line(value, name, window, precision)
        if line is not None:
            yield line
        elif not held:
            every = records.every if entries.are_records(value) else table.every
            yield from flow(_about(value, name), window.width)
            yield from every(value, window, precision)
    else:
        yield from _draw(value, name, window, precision).lines


def _table(value: object, window: Window, precision: int | None) -> Drawn:
    draw = records.draw if entries.are_records(value) else table.draw
    return draw(value, window, precision)


def _under(head: list[Line], window: Window, draw: Callable[[Window], Drawn]) -> Drawn:
    """What is drawn under some lines, and what is said of that for which there is no room."""
    drawn = draw(window.less(len(head)))
    used = 0
    while len(rest := window.left_out(drawn.left_out)) > used:
        used = len(rest)
        drawn = draw(window.less(len(head) + used))
    return Drawn([*head, *drawn.lines, *rest], drawn.left_out)


def _as_grid(value: object) -> Tensor | np.ndarray | None:
    """A value that is drawn as numbers in columns."""
    tensor = as_tensor(value)
    if tensor is not None:
        return tensor
    array = as_ndarray(value)
    if array is None or not array.ndim:
        return None
    from tcalc.runtime.types.codes import KNOWN  # which plain numbers do without

    return array if array.dtype.char in KNOWN else None


def _is_container(value: object) -> bool:
    """Whether a value is drawn by what it holds, where a line is not enough."""
    return (
        entries.pairs(value) is not None and entries.size(value) > 0 and not entries.is_flat(value)
    )


def _all_tensors(value: object) -> list[entries.Entry]:
    """The entries of a container that is best drawn one by one, because they are all tensors."""
    if entries.size(value) > _ONE_BY_ONE:
        return []
    held = list(entries.pairs(value) or ())
    return held if all(as_tensor(item) is not None for _, item in held) else []


def _one_by_one(
    value: object,
    held: list[entries.Entry],
    name: str | None,
    window: Window,
    precision: int | None,
) -> Drawn | None:
    """Tensors one after the other, where the window has room for all or for enough of each."""
    head = [] if name is None else [_named(name)]
    room = window.less(len(head))
    assert room.height is not None
    share = room.height // len(held)
    # Those of a dict have a table to be in.
    enough = share >= _LEAST_SHARE and not isinstance(value, dict)
    drawn = []
    left = room.height
    for at, (key, item) in enumerate(held):
        others = len(held) - at - 1
        # What one leaves of its lines is the next one's; none is drawn that leaves none for others.
        most = left - others * (_LEAST_SHARE if enough else 2)
        drawn.append(_draw(item, key, room.of(max(most // (others + 1), share)), precision))
        left -= len(drawn[-1].lines)
        if not (enough or drawn[-1].is_whole) or left < 0:
            return None
    return Drawn(
        [*head, *(line for one in drawn for line in one.lines)],
        [left for one in drawn for left in one.left_out],
    )


def _on_a_line(
    value: object, name: str | None, window: Window, precision: int | None
) -> Line | None:
    """What Python writes, where it is short enough for a line."""
    start = _named(name)
    room = window.width - start.cells
    if entries.pairs(value) is not None:
        head, _, missing = entries.ends(value, max(room // 3, 1), 0)
        if missing or not all(_is_short(item, room) for _, item in head):
            return None
    elif not _is_short(value, room):
        return None
    text = escape(plain.text(value, precision))
    return start.add(text) if "\n" not in text and cells(text.expandtabs(8)) <= room else None


def _is_short(value: object, room: int) -> bool:
    tensor = as_tensor(value)
    if tensor is not None:
        return bool(tensor.numel() <= _SHORT)
    if type(value) in (str, bytes):
        return len(value) <= room  # type: ignore[arg-type]  # as it is one of these
    if in_brackets(value):
        return length(value) <= room
    return entries.size(value) <= room


def _about(value: object, name: str | None) -> list[Line]:
    """The words of the line that says what a container is."""
    words = [] if name is None else [Line(escape(name), NAME)]
    words.append(Line(escape(str(type.__getattribute__(type(value), "__name__"))), ABOUT))
    count = length(value) if in_brackets(value) else entries.size(value)
    words.append(Line(f"{count:,} {'item' if count == 1 else 'items'}", ABOUT))
    if not _is_container(value):
        return words
    head, _, missing = entries.ends(value, entries.MANY, 0)
    found = [tensor for _, item in head if (tensor := as_tensor(item)) is not None]
    if found and not missing:
        from tcalc.runtime.base.memory import human

        words.append(Line(f"{sum(tensor.numel() for tensor in found):,} elements", ABOUT))
        words.append(Line(human(sum(tensor.nbytes for tensor in found)), ABOUT))
    return words


def _named(name: str | None) -> Line:
    """The start of a value's line."""
    return Line() if name is None else Line(escape(name), NAME).add(GAP)
