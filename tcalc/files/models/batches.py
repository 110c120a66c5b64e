"""Pickles of data sets, as CIFAR has them: plain containers, numbers, text and NumPy's arrays.

Python 2 wrote them: text is bytes there, Latin-1 here, and so are the numbers of arrays.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem
from tcalc.files.models.described import NumberType, Raw
from tcalc.files.models.machine import Machine, sized
from tcalc.files.models.rebuilding import GLOBALS, Global, Unfit
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DIMS = 32
_LARGEST = 1 << 58
# NumPy's names of the types that arrays may be of.
_TYPES = frozenset("b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split())
_SHARED = ("numpy.dtype", "_codecs.encode", "collections.OrderedDict")


class _Array:
    """An array whose contents come later, in its state."""

    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array: Any = None

    def fill(self, state: Any) -> None:
        """Take the state: a version, the sizes, the type, the order and the bytes."""
        import numpy as np

        if type(state) is not tuple or len(state) != 5:
            raise Unfit("an array has another state than NumPy's")
        _, sizes, kind, by_columns, data = state
        if type(sizes) is not tuple or len(sizes) > _MOST_DIMS:
            raise Unfit("an array's sizes are no list of numbers")
        if not all(type(n) is int and n >= 0 for n in sizes):
            raise Unfit("an array's sizes are no numbers from 0 on")
        if prod([n or 1 for n in sizes]) > _LARGEST:  # also of an array without elements
            raise Unfit("an array's sizes are larger than any array's")
        if type(kind) is not NumberType or kind.code not in _TYPES or kind.order not in "<|":
            raise Unfit("an array is of a type that data sets do not need")
        held = _bytes(data)
        dtype = np.dtype("<" + kind.code)
        if prod(sizes) * dtype.itemsize != len(held):
            raise Unfit(f"an array of shape {list(sizes)} has {len(held)} bytes")
        flat = np.frombuffer(held, dtype).copy()
        self.array = flat.reshape(sizes[::-1]).T if by_columns else flat.reshape(sizes)


def _bytes(data: Any) -> bytes:
    if type(data) is Raw:
        return data.data
    if type(data) is not str:
        raise Unfit("an array's numbers are no bytes")
    try:
        return data.encode("latin-1")
    except UnicodeEncodeError:
        raise Unfit("an array's numbers are no bytes") from None


def _array(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _NDARRAY:
        raise Unfit("it makes an object that is no array")
    return _Array()


def _no_call(*_: Any) -> Any:
    raise Unfit("it calls NumPy's class of arrays")


_NDARRAY = Global("numpy.ndarray", _no_call)
_GLOBALS: dict[str, Any] = {
    **{name: GLOBALS[name] for name in _SHARED},
    "numpy.ndarray": _NDARRAY,
    "numpy.core.multiarray._reconstruct": Global("_reconstruct", _array),
    "numpy._core.multiarray._reconstruct": Global("_reconstruct", _array),
}


def _find(module: str, name: str) -> Any:
    full = f"{module}.{name}"
    found = _GLOBALS.get(full)
    if found is None:
        shown = full if full.isprintable() and len(full) <= 100 else repr(full[:100])
        raise Unfit(f"it needs {shown}; nothing is unpickled but arrays, numbers and text")
    return found


def _text(data: bytes) -> str:
    return data.decode("latin-1")


_STEPS: dict[int, Callable[[Machine], None]] = {
    ord("U"): sized(1, _text),
    ord("T"): sized(4, _text),
}


class _Machine(Machine):
    find = staticmethod(_find)

    def step(self, opcode: int) -> Callable[[Machine], None] | None:
        """The opcodes of Python 2's text, and all others."""
        return _STEPS.get(opcode) or super().step(opcode)

    def build(self) -> None:
        """An array's state, or what any other object has."""
        top = self.stack[-2] if len(self.stack) > 1 else None
        if type(top) is _Array:
            top.fill(self.stack.pop())
        else:
            super().build()


def unpickled(data: bytes, name: str) -> Any:
    """What a pickle of a data set says: arrays as NumPy's, bytes as Latin-1 text.

    FileProblem for anything else: no object of another class is ever made.
    """
    memory.check(4 * len(data), name)
    found = _Machine(data, 0, name).run()
    if type(found) is not dict:
        raise FileProblem(f"{name} holds no dict, as a data set's file does", argument="f")
    return {key: value.array if type(value) is _Array else value for key, value in found.items()}
