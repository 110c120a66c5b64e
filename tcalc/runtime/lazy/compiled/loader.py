"""An object file as memory that can be called, without LLVM.

Of ELF's relocatable files for x86-64 it takes what code that touches nothing outside has: sections of
code and of constants, and distances between them. Anything else is refused, and all of it is checked
before a page is mapped. Pages are written first and made executable then, never both.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Larger files, or with more parts, are none of ours.
LARGEST = 1 << 22
_MOST_SECTIONS = 64
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_IDENTITY = b"\x7fELF\x02\x01\x01" + bytes(9)
_RELOCATABLE, _X86_64 = 1, 62
_BYTES, _SYMBOLS, _NAMES, _RELOCATIONS, _EMPTY = 1, 2, 3, 4, 8
_WRITE, _ALLOCATE, _EXECUTE = 1, 2, 4
_FUNCTION = 2
# Distances of 32 bits from the place where they stand: to a symbol, and to a function.
_DISTANCES = (2, 4)


class Refused(Exception):
    """An object file that is not what this loader knows."""


class Section(NamedTuple):
    """A section's header."""

    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry: int


def image(data: bytes, name: str) -> tuple[bytes, int]:
    """What is to lie in memory, wherever that is, and where in it the function `name` begins.

    data: an object file. Raises Refused.
    """
    memory, (entry,) = images(data, [name])
    return memory, entry


def images(data: bytes, names: Sequence[str]) -> tuple[bytes, list[int]]:
    """The same of several functions."""
    try:
        return _images(data, [name.encode() for name in names])
    except (struct.error, IndexError, ValueError) as error:
        raise Refused(f"cut short: {error}") from None


def _images(data: bytes, wanted: Sequence[bytes]) -> tuple[bytes, list[int]]:
    sections = _sections(data)
    places: dict[int, int] = {}
    memory = bytearray()
    for i, s in enumerate(sections):
        if s.flags & _ALLOCATE:
            _need(s.type == _BYTES and not s.flags & _WRITE, "a section of another kind")
            memory += bytes(-len(memory) % s.alignment)
            places[i] = len(memory)
            memory += data[s.offset : s.offset + s.size]
    table, names = _symbols(data, sections)
    entries: dict[bytes, int] = {}
    for symbol, info, _, section, value, _ in table:
        name = _text(names, symbol)
        if name in wanted:
            _need(info & 15 == _FUNCTION and section in places, "no such function")
            home = sections[section]
            _need(home.flags & _EXECUTE > 0 and value < home.size, "a function outside the code")
            entries[name] = places[section] + value
    _need(entries.keys() >= set(wanted), "no such function")
    for s in sections:
        if s.type == _RELOCATIONS and s.info in places:
            for offset, kind, addend in _RELOCATION.iter_unpack(_bytes(data, s)):
                _need(kind & 0xFFFFFFFF in _DISTANCES, "an unknown relocation")
                _need(offset + 4 <= sections[s.info].size, "a relocation outside its section")
                _, _, _, section, value, _ = table[kind >> 32]
                _need(section in places, "something outside the file")
                _need(value <= sections[section].size, "a symbol outside its section")
                place = places[s.info] + offset
                target = places[section] + value + addend
                _need(-4 <= target < len(memory), "a distance out of the code")
                struct.pack_into("<i", memory, place, target - place)
    return bytes(memory), [entries[name] for name in wanted]


def _sections(data: bytes) -> list[Section]:
    _need(len(data) <= LARGEST, "too large")
    head = _HEADER.unpack_from(data)
    identity, kind, machine, start, size, count = head[0], head[1], head[2], head[6], *head[11:13]
    _need(identity == _IDENTITY and kind == _RELOCATABLE and machine == _X86_64, "another kind")
    _need(size == _SECTION.size and 0 < count <= _MOST_SECTIONS, "a strange table of sections")
    _need(start + count * size <= len(data), "a table of sections outside the file")
    sections = [Section(*_SECTION.unpack_from(data, start + i * size)) for i in range(count)]
    for s in sections:
        if s.type not in (0, _EMPTY):
            _need(s.offset + s.size <= len(data), "a section outside the file")
        _need(s.alignment in (0, 1, 2, 4, 8, 16, 32, 64), "a strange alignment")
        _need(s.type != _EMPTY or not s.flags & _ALLOCATE, "memory without contents")
    return [s._replace(alignment=max(1, s.alignment)) for s in sections]


def _symbols(data: bytes, sections: Sequence[Section]) -> tuple[list[tuple[int, ...]], bytes]:
    tables = [s for s in sections if s.type == _SYMBOLS]
    _need(len(tables) == 1, "no table of symbols")
    names = sections[tables[0].link]
    _need(names.type == _NAMES, "symbols without names")
    return list(_SYMBOL.iter_unpack(_bytes(data, tables[0]))), _bytes(data, names)


def _text(names: bytes, start: int) -> bytes:
    end = names.index(b"\0", start)
    return names[start:end]


def _bytes(data: bytes, section: Section) -> bytes:
    return data[section.offset : section.offset + section.size]


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise Refused(what)


# -- memory ---------------------------------------------------------------------------------------

# What is mapped stays: a function may be under way in any thread.
_mapped: list[object] = []


def mapped(memory: bytes, entry: int) -> Callable[[object], None]:
    """A function, of one address, of code that lies in memory from `entry` on.

    It runs without the interpreter's lock. Raises OSError where memory may not become executable.
    """
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(placed(memory) + entry)


def placed(memory: bytes) -> int:
    """The address of code that has been put where it can run. Raises OSError as `mapped` does."""
    if not sys.platform.startswith("linux"):
        raise OSError("no memory of this system's is known")
    size = -(-len(memory) // mmap.PAGESIZE) * mmap.PAGESIZE
    pages = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.write(memory)
    view = (ctypes.c_char * size).from_buffer(pages)
    address = ctypes.addressof(view)
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if protect(address, size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _mapped.append(view)
    return address
