"""What a tape holds: memories, the arrays seen in them, constants, and steps.

A Value is an array as it was seen: its memory, dtype, shape and strides. A memory is an input (a
tensor that the function was given or found), constant (made in the function of nothing but
numbers: then the work is not noted), or fresh (made by a step).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Op

INPUT, CONSTANT, FRESH = "input", "constant", "fresh"


class Memory:
    """A piece of memory: its kind, how often it was written to, and the value that spans it."""

    __slots__ = ("kind", "random", "version", "whole", "writes")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.version = 0
        self.writes = 0
        self.whole: Value | None = None


class Value:
    """An array on the tape. offset: bytes from the start of its memory."""

    __slots__ = ("dtype", "memory", "number", "offset", "placed", "shape", "strides")

    def __init__(self, number: int, memory: Memory, array: Any, offset: int) -> None:
        self.number = number
        self.memory = memory
        self.shape = array.shape
        self.dtype = array.dtype
        self.strides = array.strides
        self.offset = offset
        # Whether a step or an input gives it; a constant has to be put there before it is.
        self.placed = False

    def __repr__(self) -> str:
        return f"%{self.number}"

    @property
    def size(self) -> int:
        """The number of elements."""
        total = 1
        for n in self.shape:
            total *= n
        return total

    @property
    def nbytes(self) -> int:
        """Bytes in all elements."""
        return self.size * self.dtype.itemsize


class Constant:
    """An array that is the same at every replay."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


class Step:
    """One call. form: how it is called (see emit). target: the value that it writes into.

    args, kwargs: with Values and Constants in place of arrays. outs: the values it gives.
    op: the op that made the call, or None. place: the program's code and instruction.
    random: whether it gives something else every time. checked: whether the shapes of its outputs
    may depend on values. back: whether it is part of the pass back from the results.
    """

    __slots__ = ("args", "back", "checked", "form", "function", "kwargs", "op", "outs", "place", "random",
                 "target", "versions")  # fmt: skip

    def __init__(
        self, form: str, function: Any, args: Any, kwargs: Any, target: Value | None,
        op: Op | None, place: Any,
    ) -> None:  # fmt: skip
        self.form = form
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.target = target
        self.outs: tuple[Value, ...] = ()
        self.op = op
        self.place = place
        self.random = False
        self.checked = False
        self.back = False
        self.versions: tuple[int, ...] = ()

    def reads(self) -> list[Value]:
        """The values among its arguments."""
        found: list[Value] = []
        each((self.args, self.kwargs), lambda v: found.append(v) if type(v) is Value else None)
        return found


def each(value: Any, look: Callable[[Any], Any]) -> None:
    """Call `look` with every item of nested tuples, lists, dicts and slices."""
    if isinstance(value, (tuple, list)):
        for v in value:
            each(v, look)
    elif isinstance(value, dict):
        for v in value.values():
            each(v, look)
    elif type(value) is slice:
        each((value.start, value.stop, value.step), look)
    else:
        look(value)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nest with every item changed."""
    kind = type(value)
    if isinstance(value, (tuple, list)):
        items = [mapped(v, change) for v in value]
        if kind is tuple or kind is list:
            return kind(items)
        return kind._make(items) if hasattr(kind, "_make") else kind(items)
    if kind is dict:
        return {k: mapped(v, change) for k, v in value.items()}
    if kind is slice:
        return slice(*mapped((value.start, value.stop, value.step), change))
    return change(value)
