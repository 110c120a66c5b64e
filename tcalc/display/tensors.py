"""Tensors for a terminal: a line of what they are, their numbers, and what is left out of them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from tcalc.display import grid, numbers, sparse, whole
from tcalc.display.escape import escape
from tcalc.display.ink import ABOUT, ALARM, GAP, NAME, PLAIN, Line, flow
from tcalc.display.options import OPTIONS
from tcalc.display.statistics import statistics
from tcalc.display.values import has_data, host, node_name
from tcalc.display.window import Drawn
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from tcalc.display.statistics import Statistics
    from tcalc.display.window import Window

# Of more elements than that some are looked at, so that a large tensor is there at once.
_LOOKED_AT = 1 << 22
# Where there are fewer, numbers have them all.
_LEAST_ROWS = 8


def draw(
    value: Tensor | np.ndarray, name: str | None, window: Window, precision: int | None
) -> Drawn:
    """A tensor or an array in a window: as many of its numbers as there is room for."""
    kept = sparse.parts(value)
    if kept:
        return _sparse(value, kept, name, window, precision)
    array = _array(value)
    if array is None or not array.ndim or not array.size:
        return Drawn(_single(value, array, name, window, precision), [])
    large = array.size > OPTIONS.threshold
    # The ends that PyTorch would show are those that a window stands in for, until others are set.
    chosen = OPTIONS.chosen("threshold") or OPTIONS.chosen("edgeitems")
    most = 2 * OPTIONS.edgeitems if large and chosen else inf
    found = _statistics(array)
    head = flow([*_about(value, name), *_alarms(found)], window.width)
    room = window.less(len(head))
    if not large:
        drawn = grid.draw(array, room, most)
        if drawn.is_whole:
            return Drawn([*head, *drawn.lines], [])
    if room.height is None or room.height >= _LEAST_ROWS:
        head += _summary(found or statistics(array, _LOOKED_AT), window)
    if not most:
        return Drawn(head, [(array.size, "element")])
    used = 1
    while True:
        drawn = grid.draw(array, window.less(len(head) + used), most)
        rest = window.left_out(drawn.left_out)
        if len(rest) <= used:
            return Drawn([*head, *drawn.lines, *rest], drawn.left_out)
        used = len(rest)


def every(
    value: Tensor | np.ndarray, name: str | None, window: Window, precision: int | None
) -> Iterator[Line]:
    """All of a tensor or an array, made as it is read."""
    kept = sparse.parts(value)
    if kept:
        yield from flow(_about(value, name), window.width)
        for part, held in kept.items():
            yield from every(wrap(held), part, window, precision)
        return
    array = _array(value)
    if array is None or not array.ndim or not array.size:
        yield from _single(value, array, name, window, precision)
        return
    yield from flow([*_about(value, name), *_alarms(_statistics(array))], window.width)
    yield from whole.lines(array, window.width)


def _array(value: Tensor | np.ndarray) -> np.ndarray | None:
    if not isinstance(value, Tensor):
        return value
    return value.array if has_data(value) else None


def _statistics(array: np.ndarray) -> Statistics | None:
    """What is worth knowing of numbers of which some can be not finite, or that are many."""
    if array.dtype.char in EXACT and array.size <= OPTIONS.threshold:
        return None
    return statistics(array, _LOOKED_AT)


def _single(
    value: Tensor | np.ndarray,
    array: np.ndarray | None,
    name: str | None,
    window: Window,
    precision: int | None,
) -> list[Line]:
    """What takes no more than a line of what it is: one number, or none."""
    if array is None:
        return flow([*_about(value, name), Line("no data", ABOUT)], window.width)
    if array.ndim:
        return flow([*_about(value, name), Line("no elements", ABOUT)], window.width)
    # A single number is worth all its digits.
    array = host(array)
    word = numbers.words(array, precision)[0]
    words = [] if name is None else [_named(name)]
    words.append(Line(word, ALARM if "n" in word and array.dtype.char not in EXACT else PLAIN))
    return flow([*words, *_about(value, None)], window.width)


def _sparse(
    value: Tensor | np.ndarray,
    kept: dict[str, np.ndarray],
    name: str | None,
    window: Window,
    precision: int | None,
) -> Drawn:
    lines = flow(_about(value, name), window.width)
    room = window.less(len(lines))
    share = None if room.height is None else room.height // len(kept)
    drawn = [draw(wrap(part), label, room.of(share), precision) for label, part in kept.items()]
    left = [left for part in drawn for left in part.left_out]
    return Drawn([*lines, *(line for part in drawn for line in part.lines)], left)


def _about(value: Tensor | np.ndarray, name: str | None) -> list[Line]:
    """The words of the line that says what a tensor is."""
    words = [] if name is None else [_named(name)]
    shape = str(list(value.shape))
    if not isinstance(value, Tensor):
        return [*words, Line(f"ndarray{GAP}{value.dtype} {shape}", ABOUT)]
    said = [f"{value.dtype.name} {shape}"]
    if type(value) is not Tensor:
        said.insert(0, escape(type(value).__name__))
    if str(value.device) != "cpu":
        said.append(str(value.device))
    kept = sparse.parts(value)
    if kept:
        said += [sparse.layout_name(value), f"nnz {len(kept['values']):,}"]
    made_by = node_name(value)
    if made_by is not None:
        said.append(f"grad_fn={made_by}")
    elif value.requires_grad:
        said.append("requires_grad")
    return [*words, *(Line(word, ABOUT) for word in said)]


def _named(name: str) -> Line:
    return Line(escape(name), NAME)


def _alarms(found: Statistics | None) -> list[Line]:
    """How many elements are not finite."""
    if found is None:
        return []
    more = "+" if found.every > 1 else ""
    return [Line(f"{name} {count:,}{more}", ALARM) for name, count in found.alarms()]


def _summary(found: Statistics, window: Window) -> list[Line]:
    """Range, mean and spread."""
    words = [f"{name} {number}" for name, number in found.numbers()]
    if window.ascii and found.sketch:
        words = [word.removesuffix(f" {found.sketch}") for word in words]
    if found.every > 1:
        words.append(f"from 1 element in {found.every:,}")
    lines = flow((Line(word, ABOUT) for word in words), window.width - len(GAP))
    return [Line(GAP).join(line) for line in lines]
