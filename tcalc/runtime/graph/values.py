"""What calls are made on: memories, the arrays seen in them, and constants.

A Value is an array as it was seen: its memory, dtype, shape and strides. A memory is an input (a
tensor that a function was given or found), constant (made of nothing but numbers), or fresh (made
by a call).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays.backend import device_of
from tcalc.runtime.base.symbols import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

INPUT, CONSTANT, FRESH = "input", "constant", "fresh"


class Memory:
    """A piece of memory: its kind, how often it was written to, and the value that spans it."""

    __slots__ = ("kind", "version", "whole", "writes")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.version = 0
        self.writes = 0
        self.whole: Value | None = None


class Value:
    """An array, numbered. offset: bytes from the start of its memory."""

    __slots__ = ("device", "dtype", "memory", "number", "offset", "placed", "shape", "strides")

    def __init__(self, number: int, memory: Memory, array: Array, offset: int) -> None:
        self.number = number
        self.memory = memory
        self.shape = array.shape
        self.dtype = array.dtype
        self.device = device_of(array)
        self.strides = array.strides
        self.offset = offset
        # Whether a call or an input gives it; a constant has to be put there before it is.
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
    """An array that is always the same."""

    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array


def each(value: object, look: Callable[..., object]) -> None:
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


def holds_symbol(value: object) -> bool:
    """Whether something in a value stands for a number that may be another at each call."""
    found: list[bool] = []
    each(value, lambda v: found.append(True) if isinstance(v, Symbol) else None)
    return bool(found)


def mapped(value: Any, change: Callable[..., object]) -> Any:
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
