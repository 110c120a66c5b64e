"""NumPy's .npz: a zip archive of .npy files, one an array.

Every size is known before anything is unpacked: an entry may hold what its own header says and no
more, and all entries together what memory allows.
"""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem
from tcalc.files import contents, npy
from tcalc.files.formats import Entry
from tcalc.files.held import Held, One, pieces
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tcalc.files.columns import Wanted

_MOST_ENTRIES = 100_000
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DATE = (1980, 1, 1, 0, 0, 0)


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> dict[str, Any]:
    """The arrays in an archive, by name."""
    with _archive(file, name) as archive:
        entries = list(_entries(archive, name))
        memory.check(sum(e.file_size for _, e in entries), name)
        return {
            key: npy.told(_unpack(archive, entry, f"{name}[{key!r}]")) for key, entry in entries
        }


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts a dict of tensors, or several in a list, into a file."""
    given = contents.plain(value)
    if not isinstance(given, dict):
        several = given if isinstance(given, list) and contents.holds_arrays(given) else [given]
        arrays = {f"arr_{i}": contents.one(v, name) for i, v in enumerate(several)}
    else:
        arrays = {key: contents.one(v, f"{name}[{key!r}]") for key, v in given.items()}
    return lambda file: write(file, arrays, name)


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """What the arrays are, from their headers alone."""
    found = []
    with _archive(file, name) as archive:
        for key, entry in _entries(archive, name):
            with _told(f"{name}[{key!r}]"), archive.open(entry) as stream:
                header = npy.read_header(stream, f"{name}[{key!r}]")[0]
                found.append(Entry(key, header.dtype, header.shape))
    return found


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The arrays with their elements, unpacked as they are asked for."""

    def one(key: str, entry: zipfile.ZipInfo) -> Held:
        called = f"{name}[{key!r}]"
        with _told(called), archive.open(entry) as stream:
            header = npy.read_header(stream, called)[0]

        def blocks() -> Iterator[Any]:
            if header.fortran:
                yield from map(npy.told, pieces(_unpack(archive, entry, called)))
                return
            with _told(called), archive.open(entry) as stream:
                _check(npy.read_header(stream, called), entry, called)
                yield from npy.streamed(header, stream.readinto, called)  # type: ignore[attr-defined]  # IO lacks it
                _check_end(stream, called)

        return One(Entry(key, header.dtype, header.shape), blocks)

    archive = _archive(file, name)
    return [one(key, entry) for key, entry in _entries(archive, name)]


def write(file: BinaryIO, arrays: Mapping[str, Any], name: str) -> None:
    """Write arrays by name, uncompressed."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for key, array in arrays.items():
            if type(key) is not str or _is_odd(key):
                raise FileProblem(f"{name}: {key!r} cannot be the name of an array")
            entry = zipfile.ZipInfo(key + ".npy", _DATE)
            with archive.open(entry, "w", force_zip64=True) as stream:
                npy.write(stream, array, f"{name}[{key!r}]")


def _archive(file: BinaryIO, name: str) -> zipfile.ZipFile:
    with _told(name):
        return zipfile.ZipFile(file)


def _entries(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise FileProblem(f"{name} holds {len(entries)} entries, more than {_MOST_ENTRIES}")
    seen = set()
    for entry in entries:
        # What the archive says, before the library cut it at a NUL or turned its slashes.
        full = entry.orig_filename
        if full.endswith(".pkl"):
            raise FileProblem(
                f"{name} was written by torch.save: it is no .npz file, whatever it is called",
                hint="with a name that ends in .pt its weights are read",
            )
        key = full.removesuffix(".npy")
        if key == full or _is_odd(key):
            raise FileProblem(f"{name}: entry {full!r} is no array of an .npz file")
        if key in seen:
            raise FileProblem(f"{name} holds two arrays with the name {key!r}")
        seen.add(key)
        if entry.flag_bits & _ENCRYPTED:
            raise FileProblem(f"{name}: entry {full!r} is encrypted")
        if entry.compress_type not in _METHODS:
            raise FileProblem(f"{name}: entry {full!r} is compressed by a method not known here")
        yield key, entry


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Any:
    with _told(name), archive.open(entry) as stream:
        header = _check(npy.read_header(stream, name), entry, name)
        memory.check(header.needs, name)
        array = npy.read_numbers(header, stream.readinto, name)  # type: ignore[attr-defined]  # IO lacks it
        _check_end(stream, name)
        return array


def _check(read: tuple[npy.Header, int], entry: zipfile.ZipInfo, name: str) -> npy.Header:
    """The header of an entry, held against what the archive says of it."""
    header, used = read
    if used + header.nbytes != entry.file_size:
        raise FileProblem(
            f"{name}: the header says shape {list(header.shape)} of {header.dtype}, which is "
            f"{header.nbytes} bytes, but the entry has {entry.file_size - used}"
        )
    return header


def _check_end(stream: IO[bytes], name: str) -> None:
    """At the end of an entry, where the library compares its checksum."""
    if stream.read(1):
        raise FileProblem(f"{name}: more follows the array")


def _is_odd(key: str) -> bool:
    return not key or "/" in key or "\\" in key or "\0" in key or key.startswith(".")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Says in our words what the zip library finds wrong."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise FileProblem(f"{name} is damaged: {error}") from None
