"""Values drawn on a terminal with rich: the only module of the display that imports it.

A tensor is a dim line of what it is, then its numbers in columns, with notations as in PyTorch's
repr; a large one is summarised by its corners, range, mean and spread. Text is never markup.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tcalc.display import numbers, plain, sparse
from tcalc.display.escape import escape
from tcalc.display.options import OPTIONS, printoptions
from tcalc.display.statistics import Statistics, statistics
from tcalc.display.values import as_tensor, has_data, host, named_fields
from tcalc.runtime.objects.texts import str_of
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    import numpy as np

    from tcalc.runtime.tensor.tensor import Tensor

_NOT_FINITE = r"-?\b(nan|inf)\b"
_NAME, _ABOUT, _ALARM = "bold", "dim", "bold red"
_INDENT, _GAP = "  ", "  "
_MATRICES = 8  # in a summary, as far as fewer at the ends of the outer dimensions can make it so
_LABELLED_ITEMS = 50  # above, a container of tensors is written as Python does


def console(stream: TextIO, *, colour: bool, width: int) -> Console:
    """The rich console that values are drawn on; without colour it writes no escapes at all."""
    return Console(
        file=stream,
        width=width,
        height=25,  # of no account here; else the environment would be asked
        # Bold, dim and red are all that is used, so nothing is asked of the environment.
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
    )


def show(
    value: object, name: str | None, console: Console, *, precision: int | None = None
) -> None:
    """Draw a value, after its name where it has one; no wider than the console.

    precision: digits after the point instead of the print options' own.
    """
    if precision is not None:
        with printoptions(precision=precision, sci_mode=OPTIONS.sci_mode):
            lines = list(_lines(value, name, console.width, precision))
    else:
        lines = list(_lines(value, name, console.width, None))
    # Soft wrap: rich neither folds nor cuts a line that Python's own repr made long.
    console.print(Text("\n").join(lines), soft_wrap=True)


def _lines(value: object, name: str | None, width: int, precision: int | None) -> Iterator[Text]:
    tensor = as_tensor(value)
    if tensor is not None:
        yield from _tensor_lines(tensor, name, width, precision)
        return
    items = _labelled(value)
    if items is None:
        yield _named(name).append(escape(plain.text(value, precision)))
        return
    if name is not None:
        yield Text(escape(name), _NAME)
    for label, item in items:
        yield from _lines(item, label, width, precision)


def _labelled(value: object) -> list[tuple[str, object]] | None:
    """The items of a container that is best drawn one by one, because they are all tensors."""
    if isinstance(value, dict):
        items = [(str_of(key), item) for key, item in value.items()]
    elif isinstance(value, (tuple, list)):
        fields = named_fields(value) or tuple(f"[{at}]" for at in range(len(value)))
        items = list(zip(fields, value))
    else:
        return None
    if not 0 < len(items) <= _LABELLED_ITEMS:
        return None
    return items if all(as_tensor(item) is not None for _, item in items) else None


def _about(tensor: Tensor, name: str | None) -> Text:
    """The line that says what a tensor is."""
    from tcalc.runtime.tensor.tensor import Tensor

    words = [tensor.dtype.name, str(list(tensor.shape))]
    if str(tensor.device) != "cpu":
        words.append(str(tensor.device))
    if type(tensor) is not Tensor:
        words.insert(0, type(tensor).__name__)
    if tensor.grad_fn is not None:
        words.append(f"grad_fn={tensor.grad_fn.name()}")
    elif tensor.requires_grad:
        words.append("requires_grad")
    return _named(name).append(_GAP.join(words), _ABOUT)


def _named(name: str | None) -> Text:
    """The start of a value's line."""
    return Text() if name is None else Text().append(escape(name), _NAME).append(_GAP)


def _tensor_lines(
    tensor: Tensor, name: str | None, width: int, precision: int | None
) -> Iterator[Text]:
    about = _about(tensor, name)
    kept = sparse.parts(tensor)
    if kept:
        yield about.append(
            f"{_GAP}{sparse.layout_name(tensor)}{_GAP}nnz {len(kept['values']):,}", _ABOUT
        )
        for part, array in kept.items():
            yield from _tensor_lines(wrap(array), part, width, precision)
        return
    if not has_data(tensor):
        yield about.append(f"{_GAP}no data", _ABOUT)
        return
    array = host(tensor.array)
    if not array.ndim:
        # A single number is worth all its digits.
        number = Text(numbers.words(array, precision)[0])
        number.highlight_regex(_NOT_FINITE, _ALARM)
        yield _named(name).append_text(number).append(_GAP).append_text(_about(tensor, None))
        return
    if not array.size:
        yield about.append(f"{_GAP}no elements", _ABOUT)
        return
    yield about
    edges: Sequence[int] = array.shape
    if array.size > OPTIONS.threshold:
        yield _summary(statistics(array))
        edges = _edges(array.shape)
    cut = [size > 2 * edge for size, edge in zip(array.shape, edges)]
    shown = plain.corners(array, edges)
    if not shown.size:
        return
    words, columns = plain.cells(shown)
    block = _Block(words, columns, shown, array.shape, cut, width)
    yield from block.vector() if array.ndim == 1 else block.matrices()


def _edges(shape: Sequence[int]) -> list[int]:
    """How many items at each end of each dimension a summary shows."""
    edge = outer = OPTIONS.edgeitems
    while outer > 1 and prod(min(size, 2 * outer) for size in shape[:-2]) > _MATRICES:
        outer -= 1
    return [outer if axis < len(shape) - 2 else edge for axis in range(len(shape))]


def _summary(found: Statistics) -> Text:
    """Range, mean, spread and what is not finite, in one line."""
    line = Text(_INDENT)
    line.append(_GAP.join(f"{name} {value}" for name, value in found.numbers()), _ABOUT)
    for name, count in found.alarms():
        line.append(_GAP).append(f"{name} {count:,}", _ALARM)
    return line


class _Block:
    """The numbers of one tensor as lines; the middle is missing along dimensions that are `cut`."""

    def __init__(
        self,
        words: list[str],
        columns: int,
        shown: np.ndarray,
        shape: Sequence[int],
        cut: Sequence[bool],
        width: int,
    ) -> None:
        # A word can be wider than its column (zeros and what is not finite do not count in it).
        self.columns = max(columns, max(map(len, words)))
        self.words = [word.rjust(self.columns) for word in words]
        self.shape = shape
        self.size = shown.shape
        self.cut = cut
        self.room = width - len(_INDENT)
        self.alarming = shown.dtype.char not in EXACT and any("n" in word for word in words)

    def line(self, text: str, label: str = "") -> Text:
        made = Text(_INDENT).append(label, _ABOUT).append(text)
        if self.alarming:
            made.highlight_regex(_NOT_FINITE, _ALARM)
        return made

    def fit(self, room: int) -> int:
        """How many words a line holds."""
        return max(1, (room + len(_GAP)) // (self.columns + len(_GAP)))

    def vector(self) -> Iterator[Text]:
        """A vector over as many lines as it takes, each with the index of its first number."""
        size = self.size[0]
        if self.cut[0]:
            yield self.line(_GAP.join(self._ends(self.words)))
            return
        if size <= self.fit(self.room):
            yield self.line(_GAP.join(self.words))
            return
        digits = len(str(size - 1))
        per_line = self.fit(self.room - digits - 3)
        for at in range(0, size, per_line):
            row = _GAP.join(self.words[at : at + per_line])
            yield self.line(row, f"[{at:>{digits}}] ")

    def matrices(self) -> Iterator[Text]:
        """The matrices in the last two dimensions, each under its place where there are several."""
        *outer, height, width = self.size
        step = height * width
        for at in range(0, len(self.words), step):
            if outer:
                place = ", ".join(map(str, self._place(at // step)))
                yield Text(_INDENT).append(f"[{place}]", _ABOUT)
            yield from self._rows(self.words[at : at + step], height, width)

    def _place(self, number: int) -> list[int]:
        """The index in the whole tensor of the matrix drawn as number so-and-so."""
        place: list[int] = []
        for axis in range(len(self.size) - 3, -1, -1):
            number, index = divmod(number, self.size[axis])
            if self.cut[axis] and index >= self.size[axis] // 2:
                index += self.shape[axis] - self.size[axis]
            place.append(index)
        return place[::-1]

    def _rows(self, words: list[str], height: int, width: int) -> Iterator[Text]:
        # Columns in the middle make way where the terminal is too narrow.
        whole = not self.cut[-1] and width <= self.fit(self.room)
        for row in range(height):
            if self.cut[-2] and row == height // 2:
                yield self.line("⋮".rjust(self.columns))
            cells = words[row * width : (row + 1) * width]
            yield self.line(_GAP.join(cells if whole else self._ends(cells)))

    def _ends(self, words: list[str]) -> list[str]:
        """As many words of both ends as a line holds, with a mark for those between."""
        count = min(len(words), self.fit(self.room - len(_GAP) - 1))
        last = count // 2
        return [*words[: count - last], "…", *words[len(words) - last :]]
