"""MATLAB's .mat files of version 5 (`save`, and `-v7`): variables by name.

Numbers are tensors as MATLAB has them, two dims at least; text is str, structures are dicts and cells
lists. Elements say their own sizes, which are held against the file, and against memory before
anything is unpacked.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import access, contents
from tcalc.files.formats import Entry
from tcalc.files.held import Held, One, of_value, pieces
from tcalc.files.matvalues import STRUCTURED, TEXT, Reader, element, packed
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.files.columns import Wanted

_HEADER, _COMPRESSED, _MATRIX = 128, 15, 14
# What tells a variable's name, class and shape stands in so many bytes.
_START = 4096
_MOST = 100_000
_TITLE = b"MATLAB 5.0 MAT-file, written by tcalc"
# What a tensor that has no name is called.
_ALONE = "data"


class _Variable(NamedTuple):
    """One variable: where its element begins in the file, and how many bytes it takes there."""

    start: int
    size: int
    is_packed: bool


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> dict[str, Any]:
    """The variables of a file, by name."""
    found: dict[str, Any] = {}
    little, variables = _variables(file, size, name)
    for variable in variables:
        matrix = Reader(_whole(file, variable, little, name), little, name).matrix()
        if matrix.name in found:
            raise FileProblem(f"{name} holds two variables called {matrix.name!r}")
        found[matrix.name] = matrix.value()
    return found


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts tensors, texts, dicts and lists by name into a file."""
    given = contents.plain(value)
    made = [packed(key, v, name) for key, v in _named(given, name).items()]
    header = _TITLE.ljust(124, b" ") + b"\x00\x01IM"
    return lambda file: access.put(file, header + b"".join(made))


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The variables, from the beginning of each."""
    return [one.entries[0] for one in _heads(file, size, name)]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The variables with their elements; what is in structures by the names that lead to it."""
    found: list[Held] = []
    for one in _heads(file, size, name):
        entry = one.entries[0]
        if entry.dtype in STRUCTURED:
            found += of_value(next(iter(one.blocks([0])))[0], entry.name)
        else:
            found.append(one)
    return found


def _heads(file: BinaryIO, size: int, name: str) -> list[Held]:
    """Each variable as its beginning tells it, to be read as a whole."""
    little, variables = _variables(file, size, name)

    def one(variable: _Variable) -> Held:
        matrix = Reader(_beginning(file, variable, little, name), little, name).head()

        def blocks() -> Iterator[Any]:
            value = Reader(_whole(file, variable, little, name), little, name).matrix().value()
            if matrix.kind == TEXT:
                yield value if isinstance(value, list) else [value]
            elif matrix.kind in STRUCTURED:
                yield value
            else:
                yield from pieces(value)

        shape = matrix.shape[:1] if matrix.kind == TEXT else matrix.shape
        return One(Entry(matrix.name, matrix.kind, shape), blocks)

    return [one(variable) for variable in variables]


def _variables(file: BinaryIO, size: int, name: str) -> tuple[bool, list[_Variable]]:
    """Whether numbers begin with their low bytes, and where the variables are."""
    header = file.read(_HEADER)
    order, version = header[126:128], header[124:126]
    if header.startswith(b"MATLAB 7.3"):
        raise FileProblem(
            f"{name} is of MATLAB's version 7.3, which is HDF5",
            hint="under a name that ends in .h5 it is read, its dims the other way round",
        )
    if len(header) < _HEADER or order not in (b"IM", b"MI"):
        raise FileProblem(f"{name} is no .mat file of MATLAB's version 5: it does not begin as one")
    little = order == b"IM"
    if version != (b"\x00\x01" if little else b"\x01\x00"):
        raise FileProblem(f"{name}: a version of the format that is not known")
    found: list[_Variable] = []
    at = _HEADER
    while at < size:
        file.seek(at)
        kind, count, used = element(file.read(8), little, name)
        if kind not in (_MATRIX, _COMPRESSED) or at + used + count > size or used != 8:
            raise FileProblem(f"{name} is damaged: no variable begins at byte {at}")
        found.append(_Variable(at + used, count, kind == _COMPRESSED))
        at += used + count
        if len(found) > _MOST:
            raise FileProblem(f"{name} holds more than {_MOST} variables")
    return little, found


def _beginning(file: BinaryIO, variable: _Variable, little: bool, name: str) -> bytes:
    file.seek(variable.start)
    data = file.read(min(variable.size, _START))
    if not variable.is_packed:
        return data
    return _unpacked(data, _START, name)[8:]


def _whole(file: BinaryIO, variable: _Variable, little: bool, name: str) -> bytes:
    """The bytes of a variable behind its own tag."""
    file.seek(variable.start)
    if not variable.is_packed:
        memory.check(2 * variable.size, name)
        return file.read(variable.size)
    memory.check(variable.size, name)
    data = file.read(variable.size)
    kind, count, used = element(_unpacked(data[:_START], 8, name), little, name)
    if kind != _MATRIX or used != 8:
        raise FileProblem(f"{name} is damaged: what is packed is no variable")
    memory.check(2 * count, name)
    whole = _unpacked(data, 8 + count + 1, name)
    if len(whole) != 8 + count:
        raise FileProblem(f"{name} is damaged: a variable of {count} bytes has {len(whole) - 8}")
    return whole[8:]


def _unpacked(data: bytes, most: int, name: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error as error:
        raise FileProblem(f"{name} is damaged: {error}") from None


def _named(given: Any, name: str) -> dict[str, Any]:
    tree = given if isinstance(given, dict) else {_ALONE: given}
    for key in tree:
        if type(key) is not str or not key.isidentifier() or not key.isascii() or len(key) > 63:
            raise ValueProblem(f"{name}: {key!r} cannot be the name of a variable")
    return tree
