"""PyTorch's files from before 1.6: a few pickles one after the other, then the storages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem
from tcalc.files.models.archive import Member
from tcalc.files.models.machine import Machine
from tcalc.files.models.marks import LEGACY
from tcalc.files.models.storages import Source, itemsize
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from tcalc.files.models.described import Stored

_PROTOCOL = 1001
# The pickles are looked for in so many bytes; where they break off, in so many.
_FIRST, _MOST = 1 << 20, 1 << 26
_BYTES = 100
_COUNT = 8


def described(file: BinaryIO, size: int, name: str) -> tuple[Any, Source]:
    """What a file describes, and where its storages are."""
    try:
        return _read(file, size, name, _FIRST)
    except FileProblem:
        if size <= _FIRST:
            raise
    return _read(file, size, name, _MOST)


def _read(file: BinaryIO, size: int, name: str, most: int) -> tuple[Any, Source]:
    memory.check(min(size, most) * _BYTES, f"the pickle of {name}")
    file.seek(0)
    data = file.read(min(size, most))
    machine = Machine(data, len(LEGACY), name)
    if machine.run() != _PROTOCOL:
        raise FileProblem(
            f"{name}: this version of PyTorch's old format is not known", argument="f"
        )
    machine = Machine(data, machine.at, name)
    system = machine.run()
    if type(system) is not dict or system.get("little_endian") is not True:
        raise FileProblem(f"{name} was written on a machine of another byte order", argument="f")
    machine = Machine(data, machine.at, name)
    found, storages = machine.run(), machine.storages
    machine = Machine(data, machine.at, name)
    keys = machine.run()
    return found, Source(file, _parts(file, size, name, keys, storages, machine.at), name)


def _parts(
    file: BinaryIO, size: int, name: str, keys: Any, storages: dict[str, Stored], at: int
) -> dict[str, Member]:
    """Where the storages are: one after the other, each behind the number of its elements."""
    known = type(keys) is list and all(type(key) is str for key in keys)
    if not known or sorted(keys) != sorted(storages):
        raise FileProblem(f"{name} is damaged: it lists other storages than it uses", argument="f")
    parts: dict[str, Member] = {}
    for key in keys:
        stored = storages[key]
        file.seek(at)
        if int.from_bytes(file.read(_COUNT), "little") != stored.length:
            raise FileProblem(
                f"{name} is damaged: storage {key!r} is not in its place", argument="f"
            )
        part = parts[key] = Member(at + _COUNT, stored.length * itemsize(stored.dtype))
        at = part.start + part.size
        if at > size:
            raise FileProblem(f"{name} ends within storage {key!r}", argument="f")
    return parts
