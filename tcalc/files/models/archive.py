"""Zip archives as PyTorch writes them: entries that are stored as they are, one after the other.

What an archive says of its entries is held against the file before any of it is used: each lies in
the file, is not encrypted, and shares no byte with another.
"""

from __future__ import annotations

import os
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from zlib import crc32

from tcalc.errors import FileProblem
from tcalc.files import access
from tcalc.files.models.marks import ZIPPED
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

# Signature and fields of the parts of an archive, as its specification (APPNOTE.TXT) has them.
_LOCAL = Struct("<4s5H3L2H")
_CENTRAL = Struct("<4s6H3L5H2L")
_END = Struct("<4s4H2LH")
_END64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_CENTRAL_MARK, _END_MARK = b"PK\1\2", b"PK\5\6"
_END64_MARK, _LOCATOR_MARK = b"PK\6\6", b"PK\6\7"
_ELSEWHERE16, _ELSEWHERE = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _UTF8 = 0x1, 0x800
_LONGEST_COMMENT = 0xFFFF
_MOST_ENTRIES = 1_000_000
# The extra field with the numbers that 32 bits do not hold, and that which PyTorch pads with.
_WIDE, _PADDING = 1, 0x4246
# Where the contents of entries begin: at multiples of this, so that they can be mapped.
ALIGNED = 64
# 1 January 1980, midnight: the least that the format can say.
_DATE = 0x21


class Member(NamedTuple):
    """One entry: where its bytes begin in the file, and how many they are; packed or not."""

    start: int
    size: int
    is_packed: bool = False


def members(file: BinaryIO, size: int, name: str) -> dict[str, Member]:
    """The entries of an archive of `size` bytes, by their full names."""
    return _Directory(file, size, name).members()


class _Directory:
    """The list of entries at the end of an archive."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self.file = file
        self.size = size
        self.name = name

    def wrong(self, what: str) -> FileProblem:
        return FileProblem(f"{self.name} is damaged: {what}", argument="f")

    def read(self, start: int, count: int, what: str) -> bytes:
        if start < 0 or start + count > self.size:
            raise self.wrong(f"{what} lies outside the file")
        self.file.seek(start)
        data = self.file.read(count)
        if len(data) < count:
            raise self.wrong(f"{what} is cut off")
        return data

    def members(self) -> dict[str, Member]:
        count, length, start = self.end()
        if count > _MOST_ENTRIES:
            raise self.wrong(f"it says that it holds {count} entries")
        memory.check(length, self.name)
        data = self.read(start, length, "the list of its entries")
        found: dict[str, Member] = {}
        taken: list[tuple[int, int]] = []
        for entry, size, is_packed, offset in self.entries(data, count):
            begin = self.begin_of(entry, offset)
            if entry in found:
                raise self.wrong(f"two entries are called {entry!r}")
            if begin + size > start:
                raise self.wrong(f"entry {entry!r} lies outside the file")
            found[entry] = Member(begin, size, is_packed)
            taken.append((offset, begin + size))
        taken.sort()
        if any(end > offset for (_, end), (offset, _) in pairwise(taken)):
            raise self.wrong("its entries overlap")
        return found

    def end(self) -> tuple[int, int, int]:
        """How many entries there are; the length of their list, and where it begins."""
        tail = self.read(
            max(0, self.size - _END.size - _LONGEST_COMMENT),
            min(self.size, _END.size + _LONGEST_COMMENT),
            "its end",
        )
        at = tail.rfind(_END_MARK)
        while at >= 0:  # a comment may hold the mark
            if at + _END.size <= len(tail):
                fields = _END.unpack_from(tail, at)
                if at + _END.size + fields[7] == len(tail):
                    break
            at = tail.rfind(_END_MARK, 0, at)
        else:
            raise self.wrong("the list of entries at its end is missing, as where a copy broke off")
        place = self.size - len(tail) + at
        _, disk, first, here, count, length, start, _ = fields
        if _ELSEWHERE in (length, start) or _ELSEWHERE16 in (here, count):
            disk, first, here, count, length, start, place = self.end64(place)
        if disk or first or here != count:
            raise self.wrong("it is one of several parts")
        if start + length > place:
            raise self.wrong("the list of its entries lies outside the file")
        return count, length, start

    def end64(self, place: int) -> tuple[int, int, int, int, int, int, int]:
        """What the end says in 64 bits, and where it says so."""
        locator = self.read(place - _LOCATOR.size, _LOCATOR.size, "its end")
        mark, _, at, _ = _LOCATOR.unpack(locator)
        if mark != _LOCATOR_MARK:
            raise self.wrong("its end is not that of an archive")
        mark, _, _, _, disk, first, here, count, length, start = _END64.unpack(
            self.read(at, _END64.size, "its end")
        )
        if mark != _END64_MARK:
            raise self.wrong("its end is not that of an archive")
        return disk, first, here, count, length, start, at

    def entries(self, data: bytes, count: int) -> Iterator[tuple[str, int, bool, int]]:
        """Name, bytes in the file, whether they are packed, and the place of the header, of each
        entry in the list."""
        at = 0
        for _ in range(count):
            if at + _CENTRAL.size > len(data):
                raise self.wrong("the list of its entries is cut off")
            fields = _CENTRAL.unpack_from(data, at)
            mark, flags, method = fields[0], fields[3], fields[4]
            packed, size, length, extra, comment = fields[8:13]
            offset = fields[16]
            at += _CENTRAL.size
            entry = data[at : at + length].decode("utf-8", "replace")
            if mark != _CENTRAL_MARK or at + length + extra + comment > len(data):
                raise self.wrong("the list of its entries is cut off")
            if flags & _ENCRYPTED:
                raise self.wrong(f"entry {entry!r} is encrypted")
            fields = (size, packed, offset)
            if _ELSEWHERE in fields:
                fields = self.wide(data[at + length : at + length + extra], fields, entry)
            size, packed, offset = fields
            if packed != size and not method:
                raise self.wrong(f"entry {entry!r} has two sizes")
            at += length + extra + comment
            yield entry, packed, bool(method), offset

    def wide(self, extra: bytes, fields: tuple[int, ...], entry: str) -> tuple[int, ...]:
        """The fields, with those that 32 bits do not hold from the extra field that has them."""
        at = 0
        while at + 4 <= len(extra):
            kind = int.from_bytes(extra[at : at + 2], "little")
            length = int.from_bytes(extra[at + 2 : at + 4], "little")
            at += 4
            if kind == _WIDE and length >= 8 * fields.count(_ELSEWHERE):
                numbers = iter(range(at, at + length, 8))
                return tuple(
                    [
                        int.from_bytes(extra[n : n + 8], "little")
                        if field == _ELSEWHERE and (n := next(numbers)) is not None
                        else field
                        for field in fields
                    ]
                )
            at += length
        raise self.wrong(f"the size of entry {entry!r} is missing")

    def begin_of(self, entry: str, offset: int) -> int:
        """Where the contents of an entry begin, by its own header."""
        fields = _LOCAL.unpack(self.read(offset, _LOCAL.size, f"entry {entry!r}"))
        length, extra = fields[9], fields[10]
        own = self.read(offset + _LOCAL.size, length, f"entry {entry!r}")
        if fields[0] != ZIPPED or own.decode("utf-8", "replace") != entry:
            raise self.wrong(f"entry {entry!r} is not where the list says")
        begin: int = offset + _LOCAL.size + length + extra
        return begin


class Writer:
    """Writes an archive of entries that are stored as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._list: list[bytes] = []

    def add(self, entry: str, data: bytes | memoryview) -> None:
        """Write one entry. data: bytes, or a view of them."""
        name, size, offset = entry.encode(), len(data), self._at
        sizes = size.to_bytes(8, "little") * 2 if size >= _ELSEWHERE else b""
        extra = _extra(_WIDE, sizes) if sizes else b""
        short = _ELSEWHERE if sizes else size
        used = offset + _LOCAL.size + len(name) + len(extra) + 4
        extra += _extra(_PADDING, b"Z" * (-used % ALIGNED))
        common = (_UTF8, 0, 0, _DATE, crc32(data), short, short, len(name))
        self._put(_LOCAL.pack(ZIPPED, 45, *common, len(extra)) + name + extra)
        access.put(self._file, data)
        self._at += size
        place = offset
        if offset >= _ELSEWHERE:
            sizes += offset.to_bytes(8, "little")
            place = _ELSEWHERE
        extra = _extra(_WIDE, sizes) if sizes else b""
        self._list.append(
            _CENTRAL.pack(_CENTRAL_MARK, 45, 45, *common, len(extra), 0, 0, 0, 0, place)
            + name
            + extra
        )

    def close(self) -> None:
        """Write the list of entries."""
        start, count = self._at, len(self._list)
        listed = b"".join(self._list)
        self._put(listed)
        length, end = len(listed), self._at
        if start >= _ELSEWHERE or count >= _ELSEWHERE16:
            self._put(
                _END64.pack(
                    _END64_MARK, _END64.size - 12, 45, 45, 0, 0, count, count, length, start
                )
                + _LOCATOR.pack(_LOCATOR_MARK, 0, end, 1)
            )
            count, start = min(count, _ELSEWHERE16), min(start, _ELSEWHERE)
        self._put(_END.pack(_END_MARK, 0, 0, count, count, length, start, 0))

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def _extra(kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data


def stem(name: str) -> str:
    """What the folder in an archive is called that a file of this name holds."""
    return os.path.splitext(os.path.basename(name))[0] or "archive"
