"""What one session's programs can reach among files and folders: to see, to read, to write.

What a program may not touch is not there for it, where it only asks; where it would open or make
something, it is told.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from tcalc.errors import ExistingFile, FileProblem, MissingFile
from tcalc.files import access

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO

    from tcalc.files.runs import EventFile


class Reach:
    """The folders and files that one session's programs can reach."""

    def __init__(
        self,
        bases: Callable[[], Sequence[str | os.PathLike[str]]],
        allowed: Collection[str | os.PathLike[str]],
    ) -> None:
        """bases: gives the folders whose files may be touched, the one that relative names are
        written to first. allowed: further files, looked at anew in each call.
        """
        self._bases = bases
        self._allowed = allowed

    def readable(self, name: str) -> str:
        """The real path of an existing file; FileProblem where there is none to be read."""
        return access.find_readable(name, self._bases(), self._allowed)

    def writable(self, name: str) -> str:
        """The real path of a file to write, in a folder that is there."""
        path = access.find_writable(name, self._bases(), self._allowed)
        if not os.path.isdir(os.path.dirname(path)):
            raise MissingFile(f"{name}: there is no such folder", argument="f")
        return path

    def reading(self, name: str) -> AbstractContextManager[tuple[BinaryIO, int]]:
        """A plain file open for reading, and its size in bytes."""
        return access.reading(self.readable(name), name)

    def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file open for writing, which is there when all was written, or never."""
        return access.writing(self.writable(name), name)

    def events(self, name: str) -> EventFile:
        """A new file of events, which grows by whole records."""
        from tcalc.files.runs import created

        return created(self.writable(name), name)

    def unpickled(self, data: bytes, name: str) -> Any:
        """What the pickle of a data set says: containers, numbers, text and arrays; nothing is run."""
        from tcalc.files.models.batches import unpickled

        return unpickled(data, name)

    def seen(self, name: str) -> os.stat_result | None:
        """What the system knows of a plain file or folder; None where there is none to be seen."""
        found = self._look(name)
        return None if found is None else found[1]

    def real(self, name: str) -> str | None:
        """The real path of a plain file or folder; None where there is none to be seen."""
        found = self._look(name)
        return None if found is None else found[0]

    def _look(self, name: str) -> tuple[str, os.stat_result] | None:
        try:
            path = self.readable(name)
            status = os.stat(path)
        except OSError:
            return None
        is_plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        return (path, status) if is_plain else None

    def listed(self, name: str) -> list[str]:
        """The names in a folder, sorted, of what can be seen there."""
        path = self.readable(name)
        if not os.path.isdir(path):
            raise FileProblem(f"{name} is not a folder", argument="path")
        try:
            found = sorted(os.listdir(path))
        except OSError as error:
            raise FileProblem(f"{name}: {(error.strerror or '').lower()}") from None
        return [entry for entry in found if self.seen(os.path.join(path, entry)) is not None]

    def make(self, name: str, *, parents: bool, exist_ok: bool) -> None:
        """Make a folder, and with `parents` those that it is in."""
        path = access.find_writable(name, self._bases(), self._allowed)
        if (os.path.isdir(path) and exist_ok) or access.settings.dry:
            return
        try:
            if parents:
                os.makedirs(path)
            else:
                os.mkdir(path)
        except FileExistsError:
            raise ExistingFile(f"{name} is there already", argument="path") from None
        except FileNotFoundError:
            raise MissingFile(f"{name}: there is no such folder to make it in") from None
        except OSError as error:
            raise FileProblem(f"{name}: {(error.strerror or '').lower()}") from None
