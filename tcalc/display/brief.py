"""Values of any size in one short line, and lists on lines that fit: no more is spelled than shown."""

from __future__ import annotations

from itertools import islice

from tcalc.display import plain
from tcalc.display.cells import cells, clipped
from tcalc.display.escape import escape
from tcalc.display.values import as_tensor
from tcalc.runtime.objects.texts import is_programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_LARGEST = 10**40
_DEEPEST = 5
# The shortest item of a list takes so many cells.
_LEAST = len("0, ")
_BRACKETS: dict[object, tuple[Any, str, str]] = {
    list.__repr__: (list, "[", "]"),
    tuple.__repr__: (tuple, "(", ")"),
    set.__repr__: (set, "{", "}"),
    frozenset.__repr__: (frozenset, "frozenset({", "})"),
}  # by what writes them


def brief(value: object, room: int, mark: str, precision: int | None = None) -> str:
    """The value as Python writes it, in so many cells at most.

    >>> brief([1, 2, 3], 20, "…"), brief(list(range(10**6)), 12, "…"), brief("a" * 99, 6, "…")
    ('[1, 2, 3]', '[0, 1, 2, 3…', "'aaaa…")
    """
    return clipped(escape(" ".join(_text(value, room, precision).split("\n"))), room, mark)


def _text(value: object, room: int, precision: int | None, depth: int = 0) -> str:
    tensor = as_tensor(value)
    if tensor is not None and tensor.numel() != 1:
        return f"{tensor.dtype.name} {list(tensor.shape)}"
    kind = type(value)
    if isinstance(value, str | bytes) and kind in (str, bytes):
        return repr(value[: room + 1])
    if kind is int and isinstance(value, int) and abs(value) >= _LARGEST:
        return f"an int of {value.bit_length():,} bits"

    def inner(item: object) -> str:
        return _text(item, room, precision, depth + 1)

    if isinstance(value, dict) and not is_programs(kind.__repr__):
        pairs = list(islice(dict.items(value), room // _LEAST + 1))
        return "{" + _some((f"{inner(k)}: {inner(v)}" for k, v in pairs), room, depth) + "}"
    if in_brackets(value):
        base, start, end = brackets(value)
        items = list(islice(base.__iter__(value), room // _LEAST + 1))
        text = _some(map(inner, items), room, depth)
        return start + text + ("," if base is tuple and len(items) == 1 else "") + end
    return plain.text(value, precision)


def in_brackets(value: object) -> bool:
    """Whether a value is a list, tuple or set that Python writes, with something in it."""
    return type(value).__repr__ in _BRACKETS and length(value) > 0


def length(value: object) -> int:
    """How many items such a value has."""
    count: int = brackets(value)[0].__len__(value)
    return count


def brackets(value: object) -> tuple[Any, str, str]:
    """The base of such a value, and what it stands in."""
    return _BRACKETS[type(value).__repr__]


def _some(words: Iterable[str], room: int, depth: int) -> str:
    """The words with commas, until they take more room than there is; "..." too deep inside."""
    if depth > _DEEPEST:
        return "..."
    made: list[str] = []
    used = 0
    for word in words:
        made.append(word)
        used += len(word) + 2
        if used > room:
            break
    return ", ".join(made)


def flowing(words: Iterable[str], width: int) -> Iterator[list[str]]:
    """The words as many to a line as fit, each with ", " behind it.

    >>> list(flowing(["1", "2", "345"], 6))
    [['1', '2'], ['345']]
    """
    line: list[str] = []
    used = 0
    for word in words:
        taken = cells(word) + 2
        if line and used + taken > width:
            yield line
            line, used = [], 0
        line.append(word)
        used += taken
    if line:
        yield line
