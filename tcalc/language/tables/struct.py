"""`struct`: numbers as the bytes that files and other programs hold them in."""

from __future__ import annotations

import struct
from operator import index

from tcalc.language.bytestrings import Bytes, Octets, octets, wrapped
from tcalc.language.classes import NAMED
from tcalc.language.lent import need_text
from tcalc.language.modules import stands_in
from tcalc.runtime.objects.lists import check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def calcsize(format: str, /) -> int:
    """How many bytes a format has"""
    return struct.calcsize(need_text("format", format))


def pack(format: str, /, *values: Any) -> Bytes:
    """Numbers as bytes, by a format such as "<if": an int and a float, lowest bytes first"""
    check_repeat(1, calcsize(format), "the bytes")
    return wrapped(struct.pack(format, *map(_plain, values)))


def unpack(format: str, buffer: Any, /) -> tuple[Any, ...]:
    """The numbers that bytes hold by a format"""
    _check(format)
    return _shown(struct.unpack(format, octets(buffer)))


def unpack_from(format: str, /, buffer: Any, offset: int = 0) -> tuple[Any, ...]:
    """The same from a place on"""
    _check(format)
    return _shown(struct.unpack_from(format, octets(buffer), index(offset)))


def iter_unpack(format: str, buffer: Any, /) -> Iterator[tuple[Any, ...]]:
    """The same again and again, to the end of the bytes"""
    _check(format)
    return map(_shown, struct.iter_unpack(format, octets(buffer)))


def _check(format: str) -> None:
    # A format may say many values of no size: "1000000000000x" or "99999999999c" without bytes.
    check_repeat(8, calcsize(format), "the values")


def _plain(value: Any) -> Any:
    if isinstance(value, Octets):
        return octets(value)
    if type(value) in (int, float, bool):
        return value
    if hasattr(type(value), "__index__"):
        return index(value)
    if hasattr(type(value), "__float__"):
        return float(value)
    raise TypeError(f"pack() takes numbers and bytes, not {type(value).__name__}")


def _shown(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([wrapped(v) if type(v) is bytes else v for v in values])


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(struct)
    NAMED.add(struct.error)
    functions = (calcsize, pack, unpack, unpack_from, iter_unpack)
    return {**{f.__name__: f for f in functions}, "error": struct.error}
