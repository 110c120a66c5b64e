"""Which files a program may touch, and how they are opened: plain files only, written whole.

A program reaches what lies under its base directories (where it was started and where it lies),
and files that the user named. Links are followed first, so that they lead nowhere else.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from io import BufferedReader, BytesIO, FileIO
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import ClosedFile, FileProblem, MissingFile, TcalcError
from tcalc.runtime.base import progress
from tcalc.sandbox import wall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_PIECE = 1 << 20


class Settings:
    """dry: whether what is written goes nowhere, while a program is only run again."""

    __slots__ = ("dry",)

    def __init__(self) -> None:
        self.dry = False


settings = Settings()
# Folders whose files Python runs.
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a link"),
)


def find_readable(
    name: str, bases: Sequence[str | os.PathLike[str]], allowed: Collection[str | os.PathLike[str]]
) -> str:
    """The real path of an existing file that a program may read.

    A relative name is looked for in each base directory in turn.
    Raises FileProblem where there is none, or none that it may read.
    """
    candidates = _candidates(name, bases)
    found = next((c for c in candidates if os.path.lexists(c)), candidates[0])
    real = os.path.realpath(found)
    _check(name, found, real, bases, allowed)
    if not os.path.exists(real):
        raise MissingFile(f"no such file: {name}", argument="f")
    return real


def find_writable(
    name: str, bases: Sequence[str | os.PathLike[str]], allowed: Collection[str | os.PathLike[str]]
) -> str:
    """The real path of a file that a program may write; relative to the first base directory."""
    path = _candidates(name, bases)[0]
    real = os.path.realpath(path)
    _check(name, path, real, bases, allowed)
    if not _INSTALLED.isdisjoint(real.split(os.sep)):
        raise ClosedFile(f"{name}: nothing is written where packages are installed", argument="f")
    return real


def _candidates(name: str, bases: Sequence[str | os.PathLike[str]]) -> list[str]:
    if type(name) is not str:
        raise FileProblem(f"a file's name must be a str, not {type(name).__name__}", argument="f")
    if not name or "\0" in name or not _is_spelled(name):
        raise FileProblem(f"{name!r} is no file's name", argument="f")
    return [os.path.join(os.path.abspath(base), name) for base in bases]


def _is_spelled(name: str) -> bool:
    """Whether the system can be told a name: half of a surrogate pair has no bytes."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def _check(
    name: str,
    path: str,
    real: str,
    bases: Sequence[str | os.PathLike[str]],
    allowed: Collection[str | os.PathLike[str]],
) -> None:
    if any(os.path.realpath(one) == real for one in allowed):
        return
    for base in bases:
        inside = _below(real, os.path.realpath(base))
        if inside is None:
            continue
        # The name as given counts too: a link may have an innocent name on either side.
        given = _below(os.path.normpath(path), os.path.abspath(base)) or ""
        if any(part.startswith(".") for part in [*inside.split(os.sep), *given.split(os.sep)]):
            raise ClosedFile(f"{name}: programs cannot touch hidden files", argument="f")
        if _suffix(real) != _suffix(name) and not os.path.isdir(real):
            raise ClosedFile(f"{name} is a link to a file of another kind", argument="f")
        return
    where = " or ".join(dict.fromkeys(str(os.path.abspath(base)) for base in bases))
    raise ClosedFile(
        f"{name}: programs can only touch files under {where}",
        hint=_opening(name, real),
        argument="f",
    )


def _opening(name: str, real: str) -> str | None:
    """How the user lets programs touch a file: by its name where it is there, or by its folder."""
    from shlex import quote

    folder = os.path.dirname(real)
    ways = []
    if os.path.isfile(real):
        given = quote(f"NAME={name}")
        ways.append(
            f"name the file on the command line (-v {given}) or at the prompt (:load {name})"
        )
    if os.path.isdir(folder):
        ways.append(f"open its folder: --allow {quote(folder)}")
    return ", or ".join(ways) or None


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _below(path: str, base: str) -> str | None:
    """The path relative to a directory that it lies in, or None."""
    if path == base:
        return ""
    if base == os.sep:
        return path[1:]
    return path[len(base) + 1 :] if path.startswith(base + os.sep) else None


class _Counted(FileIO):
    """A file that tells how much of it was read, some of it at a time."""

    def __init__(self, number: int, task: progress.Task) -> None:
        super().__init__(number, "rb")
        self._task = task

    def readinto(self, buffer: Any) -> int:
        """Read into memory, as much as fits or less."""
        count = super().readinto(memoryview(buffer)[:_PIECE])
        self._task.advance(count)
        return count


@contextmanager
def reading(path: str, name: str | None = None) -> Iterator[tuple[BinaryIO, int]]:
    """A plain file open for reading, and its size in bytes."""
    name = name or path
    try:
        # Opening a pipe would wait for its other end.
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise told(error, name) from None
    status = os.fstat(number)
    try:
        _need_plain(status.st_mode, name)
    except FileProblem:
        os.close(number)
        raise
    task = progress.begin(f"reading {os.path.basename(name)}", status.st_size, "B")
    plain = task is progress.UNSHOWN
    with (
        task,
        os.fdopen(number, "rb") if plain else BufferedReader(_Counted(number, task)) as file,
    ):
        try:
            yield file, status.st_size
        except OSError as error:
            raise (error if isinstance(error, FileProblem) else told(error, name)) from None


@contextmanager
def writing(path: str, name: str | None = None) -> Iterator[BinaryIO]:
    """A file open for writing that takes the place of `path` when all was written, or never."""
    from tcalc.files import parts

    if settings.dry:
        yield BytesIO()
        return
    name = name or path
    old = None
    with suppress(OSError):
        old = os.lstat(path)
    if old is not None:
        _need_plain(old.st_mode, name)
        if not os.access(path, os.W_OK):
            raise FileProblem(f"{name}: permission denied", argument="f")
    try:
        with parts.part(path, old) as file:
            yield file
    except FileNotFoundError:
        raise MissingFile(f"{name}: there is no such folder", argument="f") from None
    except PermissionError as error:
        folder = os.path.dirname(path)
        closed = f"the system's wall closes this folder to programs; --allow {folder} opens it"
        raise told(error, name, None if wall.opens(folder) else closed) from None
    except (OSError, ValueError) as error:
        raise (error if isinstance(error, TcalcError) else told(error, name)) from None


def read_whole(file: BinaryIO, name: str) -> bytes:
    """Everything that a stream of unknown length has to give, as far as memory allows."""
    from tcalc.runtime.base import memory

    whole = BytesIO()
    while piece := file.read(_PIECE):
        memory.check(whole.tell(), name)
        whole.write(piece)
    return whole.getvalue()


def checked(file: BinaryIO, size: int, name: str) -> bytes:
    """The bytes of a file, where memory has room; of one that grows meanwhile the first `size`."""
    from tcalc.runtime.base import memory

    memory.check(size, name)
    return file.read(size)


def put(file: IO[bytes], data: bytes | memoryview) -> None:
    """Write in pieces, between which signals are heeded."""
    view = memoryview(data)
    for start in range(0, len(view), _PIECE):
        file.write(view[start : start + _PIECE])


def _need_plain(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        kind = next((text for test, text in _KINDS if test(mode)), "something else")
        raise FileProblem(f"{name} is {kind}, not a plain file", argument="f")


def told(error: OSError | ValueError, name: str, hint: str | None = None) -> FileProblem:
    """What the system said, in a sentence that begins with the file's name."""
    if isinstance(error, FileNotFoundError):
        return MissingFile(f"no such file: {name}", argument="f")
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return FileProblem(f"{name}: {reason}", hint=hint, argument="f")
