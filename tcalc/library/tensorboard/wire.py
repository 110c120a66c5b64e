"""Messages of protocol buffers, as bytes.

A kind of message is a table of its fields: `Message(step=(2, integer), tag=(1, filled(text)))`.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # Writes a value as the field of a number.
    Kind = Callable[[int, Any], bytes]

_DOUBLE = Struct("<d")
_ALL = (1 << 64) - 1


def varint(value: int) -> bytes:
    """An integer, seven bits a byte, the lowest first; a negative one as 64 bits hold it.

    >>> varint(300)
    b'\\xac\\x02'
    """
    value &= _ALL
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer, a bool or one of an enumeration."""
    return varint(number << 3) + varint(value)


def double(number: int, value: float) -> bytes:
    """A field that holds 64 bits of a number."""
    return varint(number << 3 | 1) + _DOUBLE.pack(value)


def single(number: int, value: float) -> bytes:
    """A field that holds 32 bits of a number."""
    return varint(number << 3 | 5) + np.asarray(value, "<f4").tobytes()


def nested(number: int, value: bytes) -> bytes:
    """A field that holds bytes, or another message."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def text(number: int, value: str) -> bytes:
    """A field that holds a text."""
    return nested(number, value.encode(errors="replace"))


def filled(kind: Kind) -> Kind:
    """A field that is left out where it holds nothing but zeros."""

    def write(number: int, value: Any) -> bytes:
        made = kind(number, value)
        begin = len(varint(number << 3))
        return made if any(made[begin:]) else b""

    return write


def each(kind: Kind) -> Kind:
    """A field that stands there for each of several values."""

    def write(number: int, values: Iterable[Any]) -> bytes:
        return b"".join([kind(number, value) for value in values])

    return write


def numbers(code: str) -> Kind:
    """A field that holds the bytes of many numbers; code: NumPy's for their type."""

    def write(number: int, values: Any) -> bytes:
        made = np.asarray(values, code).tobytes()
        return nested(number, made) if made else b""

    return write


def integers(number: int, values: Iterable[int]) -> bytes:
    """A field that holds many integers."""
    made = b"".join(map(varint, values))
    return nested(number, made) if made else b""


class Message:
    """A kind of message: its fields by name, each with its number and kind."""

    __slots__ = ("_fields",)

    def __init__(self, **fields: tuple[int, Kind]) -> None:
        self._fields = sorted((number, name, kind) for name, (number, kind) in fields.items())

    def __call__(self, **values: Any) -> bytes:
        """A message of the kind; what is None is left out."""
        made = [
            kind(number, values[name])
            for number, name, kind in self._fields
            if values.get(name) is not None
        ]
        return b"".join(made)
