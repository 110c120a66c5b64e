"""`bytes` and `bytearray` for programs: classes of our own, which look into no memory but their own.

Python's take the memory of whatever has some, be it an array of objects, which are addresses.
"""

from __future__ import annotations

from operator import index

from tcalc.language.lent import Lent, lend, need_text
from tcalc.runtime.objects.lists import List, check_repeat
from tcalc.runtime.objects.pieces import in_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Octets(Lent):
    """What both have in common: numbers from 0 to 255. What they give is of their own kind."""

    __slots__ = ("_bytes",)
    _public_ = frozenset("decode expandtabs fromhex hex join partition replace rpartition".split())
    _bytes: Any
    # What holds the numbers.
    _store: Callable[..., Any] = bytes

    def __init__(
        self, source: Any = b"", encoding: str | None = None, errors: str | None = None
    ) -> None:
        self._bytes = type(self)._store(_made(source, encoding, errors))

    @classmethod
    def of(cls, own: bytes | bytearray) -> Self:
        """Bytes of ours as a program gets them."""
        made: Self = object.__new__(cls)
        made._bytes = cls._store(own)
        return made

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The text that it is in an encoding"""
        from tcalc.files.texts import codec, errors_of

        try:
            text: str = self._bytes.decode(codec(encoding), errors_of(errors))
        except UnicodeDecodeError as error:
            raise UnicodeError(
                f"'{encoding}' codec can't decode byte 0x{self._bytes[error.start]:02x} in position "
                f"{error.start}: {error.reason}"
            ) from None
        return text

    def hex(self, sep: str = "") -> str:
        """Two digits for each byte"""
        found: str = self._bytes.hex(need_text("sep", sep)) if sep else self._bytes.hex()
        return found

    @classmethod
    def fromhex(cls, string: str, /) -> Self:
        """The bytes that digits spell"""
        return cls.of(bytes.fromhex(need_text("digits", string)))

    def join(self, parts: Any, /) -> Self:
        """Others with these between them"""
        return self.of(self._bytes.join([octets(part) for part in parts]))

    def replace(self, old: Any, new: Any, count: int = -1, /) -> Self:
        """The same with other bytes for some"""
        before, after = octets(old), octets(new)
        check_repeat(max(1, len(after)), self._bytes.count(before), "the bytes")
        return self.of(self._bytes.replace(before, after, index(count)))

    def partition(self, sep: Any, /) -> tuple[Self, ...]:
        """What stands before some bytes, those, and what stands behind"""
        return tuple([self.of(part) for part in self._bytes.partition(octets(sep))])

    def rpartition(self, sep: Any, /) -> tuple[Self, ...]:
        """The same for the last time that they are in it"""
        return tuple([self.of(part) for part in self._bytes.rpartition(octets(sep))])

    def expandtabs(self, tabsize: int = 8) -> Self:
        """Replace tabs by spaces up to the next multiple of tabsize"""
        tabsize = index(tabsize)
        check_repeat(max(1, self._bytes.count(b"\t")), tabsize, "the bytes")
        return self.of(self._bytes.expandtabs(tabsize))

    def __len__(self) -> int:
        return len(self._bytes)

    def __iter__(self) -> Iterator[int]:
        return iter(self._bytes)

    def __getitem__(self, item: Any) -> Any:
        found = self._bytes[item if type(item) is slice else index(item)]
        return found if isinstance(found, int) else self.of(found)

    def __contains__(self, item: Any) -> bool:
        return (item._bytes if isinstance(item, Octets) else index(item)) in self._bytes

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Octets):
            return NotImplemented
        return self.of(self._bytes + other._bytes)

    def __mul__(self, count: Any) -> Any:
        if type(count) is not int:
            return NotImplemented
        check_repeat(len(self._bytes), count, "the bytes")
        return self.of(self._bytes * count)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        return self._bytes == other._bytes if isinstance(other, Octets) else NotImplemented

    def __lt__(self, other: object) -> Any:
        return self._bytes < other._bytes if isinstance(other, Octets) else NotImplemented

    def __le__(self, other: object) -> Any:
        return self._bytes <= other._bytes if isinstance(other, Octets) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return repr(self._bytes)


def _asking(name: str) -> Callable[..., Any]:
    """A method that looks for bytes, between two places."""

    def ask(self: Octets, sub: Any, start: Any = None, end: Any = None, /) -> Any:
        places = [None if place is None else index(place) for place in (start, end)]
        several = isinstance(sub, tuple) and name.endswith("with")
        sought = tuple([octets(one) for one in sub]) if several else _sought(sub)
        return getattr(self._bytes, name)(sought, *places)

    return ask


def _sought(sub: Any) -> bytes | int:
    return index(sub) if type(sub) is int else octets(sub)


def _telling(name: str) -> Callable[..., Any]:
    """A method that tells something of all of them."""
    return lambda self: getattr(self._bytes, name)()


def _changing(name: str) -> Callable[..., Any]:
    """A method that gives them otherwise."""
    return lambda self: self.of(getattr(self._bytes, name)())


def _cutting(name: str) -> Callable[..., Any]:
    """A method that takes some away at an end."""

    def cut(self: Octets, part: Any = None, /) -> Octets:
        given = () if part is None else (octets(part),)
        return self.of(getattr(self._bytes, name)(*given))

    return cut


def _splitting(name: str) -> Callable[..., Any]:
    """A method that gives the parts between bytes, or between blanks."""

    def split(self: Octets, sep: Any = None, maxsplit: int = -1) -> List:
        parts = getattr(self._bytes, name)(None if sep is None else octets(sep), index(maxsplit))
        return List([self.of(part) for part in parts])

    return split


def _padding(name: str) -> Callable[..., Any]:
    """A method that fills up to a width."""

    def pad(self: Octets, width: Any, *fill: Any) -> Octets:
        width = index(width)
        check_repeat(1, width, "the bytes")
        return self.of(getattr(self._bytes, name)(width, *[octets(f) for f in fill]))

    return pad


def _splitlines(self: Octets, keepends: bool = False) -> List:
    return List([self.of(line) for line in self._bytes.splitlines(bool(keepends))])


_METHODS: dict[Callable[[str], Callable[..., Any]], str] = {
    _asking: "count endswith find index rfind rindex startswith",
    _telling: "isalnum isalpha isascii isdigit islower isspace istitle isupper",
    _changing: "capitalize lower swapcase title upper",
    _cutting: "lstrip removeprefix removesuffix rstrip strip",
    _splitting: "rsplit split",
    _padding: "center ljust rjust zfill",
    lambda _: _splitlines: "splitlines",
}
for _make, _names in _METHODS.items():
    for _name in _names.split():
        _method = _make(_name)
        _method.__name__ = _method.__qualname__ = _name
        _method.__doc__ = getattr(bytes, _name).__doc__
        setattr(Octets, _name, _method)
    Octets._public_ |= frozenset(_names.split())


class Bytes(Octets):
    """Numbers from 0 to 255, such as a text is in an encoding"""

    __slots__ = ()


class ByteArray(Octets):
    """Numbers from 0 to 255, of which each can be set"""

    __slots__ = ()
    _public_ = frozenset("append clear copy extend insert pop remove reverse".split())
    _store = bytearray

    def append(self, item: Any, /) -> None:
        """Put a number at the end"""
        self._bytes.append(index(item))

    def extend(self, items: Any, /) -> None:
        """Put several at the end"""
        self._bytes.extend(_made(items, None, None) if type(items) is not int else _refuse(items))

    def insert(self, at: Any, item: Any, /) -> None:
        """Put a number before another"""
        self._bytes.insert(index(at), index(item))

    def pop(self, at: Any = -1, /) -> int:
        """Take a number out, and give it"""
        found: int = self._bytes.pop(index(at))
        return found

    def remove(self, item: Any, /) -> None:
        """Take out a number where it is first"""
        self._bytes.remove(index(item))

    def reverse(self) -> None:
        """Turn their order around"""
        self._bytes.reverse()

    def clear(self) -> None:
        """Take all out"""
        self._bytes.clear()

    def copy(self) -> ByteArray:
        """The same numbers in another"""
        return self.of(self._bytes)

    def __setitem__(self, item: Any, value: Any) -> None:
        if type(item) is slice:
            self._bytes[item] = _made(value, None, None)
        else:
            self._bytes[index(item)] = index(value)

    def __delitem__(self, item: Any) -> None:
        del self._bytes[item if type(item) is slice else index(item)]

    def __iter__(self) -> Iterator[int]:
        at = 0
        while at < len(self._bytes):
            yield self._bytes[at]
            at += 1

    def __iadd__(self, other: Any) -> Any:
        self.extend(other)
        return self

    def __imul__(self, count: Any) -> Any:
        if type(count) is not int:
            return NotImplemented
        check_repeat(len(self._bytes), count, "the bytes")
        self._bytes *= count
        return self

    def __repr__(self) -> str:
        return f"bytearray({bytes(self._bytes)!r})"


Bytes.__name__ = Bytes.__qualname__ = "bytes"
ByteArray.__name__ = ByteArray.__qualname__ = "bytearray"
lend("builtins", Bytes, ByteArray)


def wrapped(own: bytes) -> Bytes:
    """Bytes of ours as a program gets them."""
    return Bytes.of(own)


def octets(value: Any) -> bytes:
    """The bytes of a program's `bytes` or `bytearray`; TypeError for anything else."""
    if not isinstance(value, Octets):
        raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")
    return bytes(value._bytes)


def _refuse(value: Any) -> bytes:
    raise TypeError(f"'{type(value).__name__}' object is not iterable")


def _made(source: Any, encoding: str | None, errors: str | None) -> bytes:
    if type(source) is str:
        if encoding is None:
            raise TypeError("string argument without an encoding")
        return encoded(source, encoding, errors or "strict")
    if encoding is not None or errors is not None:
        raise TypeError("encoding without a string argument")
    if isinstance(source, Octets):
        return bytes(source._bytes)
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
