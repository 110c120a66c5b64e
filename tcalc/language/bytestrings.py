"""`bytes` for programs: a class of our own, which looks into no memory but its own.

Python's takes the memory of whatever has some, be it an array of objects, which are addresses.
"""

from __future__ import annotations

from operator import index

from tcalc.language.lent import Lent, lend, need_text
from tcalc.runtime.objects.lists import List, check_repeat
from tcalc.runtime.objects.pieces import in_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Bytes(Lent):
    """Numbers from 0 to 255, such as a text is in an encoding"""

    __slots__ = ("_bytes",)
    _public_ = frozenset(
        "count decode endswith find fromhex hex join lower replace split startswith strip "
        "upper".split()
    )

    def __init__(
        self, source: Any = b"", encoding: str | None = None, errors: str | None = None
    ) -> None:
        self._bytes = _made(source, encoding, errors)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The text that it is in an encoding"""
        from tcalc.files.texts import codec, errors_of

        try:
            return self._bytes.decode(codec(encoding), errors_of(errors))
        except UnicodeDecodeError as error:
            raise UnicodeError(
                f"'{encoding}' codec can't decode byte 0x{self._bytes[error.start]:02x} in position "
                f"{error.start}: {error.reason}"
            ) from None

    def hex(self, sep: str = "") -> str:
        """Two digits for each byte"""
        return self._bytes.hex(need_text("sep", sep)) if sep else self._bytes.hex()

    @staticmethod
    def fromhex(string: str, /) -> Bytes:
        """The bytes that digits spell"""
        return wrapped(bytes.fromhex(need_text("digits", string)))

    def count(self, sub: Any, /) -> int:
        """How often bytes are in it"""
        return self._bytes.count(_part(sub))

    def find(self, sub: Any, /) -> int:
        """Where bytes are in it first, or -1"""
        return self._bytes.find(_part(sub))

    def startswith(self, prefix: Any, /) -> bool:
        """Whether it begins with bytes"""
        return self._bytes.startswith(_part(prefix))

    def endswith(self, suffix: Any, /) -> bool:
        """Whether it ends with bytes"""
        return self._bytes.endswith(_part(suffix))

    def split(self, sep: Any = None, maxsplit: int = -1) -> List:
        """The parts between bytes, or between blanks"""
        parts = self._bytes.split(None if sep is None else _part(sep), index(maxsplit))
        return List([wrapped(part) for part in parts])

    def strip(self, chars: Any = None, /) -> Bytes:
        """Without blanks, or others, at both ends"""
        return wrapped(self._bytes.strip(None if chars is None else _part(chars)))

    def join(self, parts: Any, /) -> Bytes:
        """Others with these between them"""
        return wrapped(self._bytes.join([_part(part) for part in parts]))

    def replace(self, old: Any, new: Any, count: int = -1, /) -> Bytes:
        """The same with other bytes for some"""
        return wrapped(self._bytes.replace(_part(old), _part(new), index(count)))

    def lower(self) -> Bytes:
        """ASCII's letters as small ones"""
        return wrapped(self._bytes.lower())

    def upper(self) -> Bytes:
        """ASCII's letters as capitals"""
        return wrapped(self._bytes.upper())

    def __len__(self) -> int:
        return len(self._bytes)

    def __iter__(self) -> Iterator[int]:
        return iter(self._bytes)

    def __getitem__(self, item: Any) -> Any:
        found = self._bytes[item if type(item) is slice else index(item)]
        return found if isinstance(found, int) else wrapped(found)

    def __contains__(self, item: Any) -> bool:
        return (item._bytes if type(item) is Bytes else index(item)) in self._bytes

    def __add__(self, other: Any) -> Any:
        return wrapped(self._bytes + other._bytes) if type(other) is Bytes else NotImplemented

    def __mul__(self, count: Any) -> Any:
        if type(count) is not int:
            return NotImplemented
        check_repeat(len(self._bytes), count, "the bytes")
        return wrapped(self._bytes * count)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        return self._bytes == other._bytes if type(other) is Bytes else NotImplemented

    def __lt__(self, other: object) -> Any:
        return self._bytes < other._bytes if type(other) is Bytes else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return repr(self._bytes)


Bytes.__name__ = Bytes.__qualname__ = "bytes"
lend("builtins", Bytes)


def wrapped(own: bytes) -> Bytes:
    """Bytes of ours as a program gets them."""
    made: Bytes = object.__new__(Bytes)
    made._bytes = own
    return made


def _part(value: Any) -> bytes:
    if type(value) is not Bytes:
        raise TypeError(f"bytes are required, not {type(value).__name__}")
    return value._bytes


def _made(source: Any, encoding: str | None, errors: str | None) -> bytes:
    if type(source) is str:
        if encoding is None:
            raise TypeError("string argument without an encoding")
        return encoded(source, encoding, errors or "strict")
    if encoding is not None or errors is not None:
        raise TypeError("encoding without a string argument")
    if type(source) is Bytes:
        return source._bytes
    if type(source) is bytes:  # what it is by default
        return source
    if type(source) is int:
        check_repeat(1, source, "the bytes")
        return bytes(source)
    return bytes([index(number) for number in in_pieces(source)])


def encoded(text: str, encoding: Any, errors: Any) -> bytes:
    """A text in an encoding; UnicodeError where that does not have all of it."""
    from tcalc.files.texts import codec, errors_of

    try:
        return text.encode(codec(encoding), errors_of(errors))
    except UnicodeEncodeError as error:
        raise UnicodeError(
            f"'{encoding}' codec can't encode character {text[error.start]!a} in position "
            f"{error.start}: {error.reason}"
        ) from None
