"""The files that TensorBoard reads, as programs may make them: of events, and beside those.

A file of events is new, and grows by whole records: what was written stays readable when the
process is killed. The names come of the library, the folders that they are in of the program.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tcalc.errors import ExistingFile, FileProblem
from tcalc.files import access

if TYPE_CHECKING:
    from tcalc.files.reach import Reach

_EVENTS = re.compile(r"events\.out\.tfevents\.[A-Za-z0-9._-]{1,200}")
_BESIDE = frozenset({"metadata.tsv", "projector_config.pbtxt", "sprite.png", "tensors.tsv"})
_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
    | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip


class EventFile:
    """A file of events that is open."""

    __slots__ = ("_name", "_number", "_size")

    def __init__(self, path: str, name: str) -> None:
        """path: where it is made; a file that is there already is nobody's to write to."""
        self._name = name
        self._size = 0
        self._number: int | None = None
        try:
            self._number = os.open(path, _FLAGS, 0o666)
        except FileExistsError:
            raise ExistingFile(f"{name} is there already") from None
        except OSError as error:
            raise access.told(error, name) from None

    def append(self, data: bytes) -> None:
        """Write bytes at its end, all or none."""
        if self._number is None:
            raise FileProblem(f"{self._name} is closed")
        try:
            written = 0
            while written < len(data):
                written += os.write(self._number, memoryview(data)[written:])
        except OSError as error:
            os.ftruncate(self._number, self._size)
            raise access.told(error, self._name) from None
        self._size += len(data)

    def close(self) -> None:
        """Let go of it."""
        number, self._number = self._number, None
        if number is not None:
            os.close(number)

    def __del__(self) -> None:
        self.close()


class RunFolders:
    """What one session's programs may make of folders of runs."""

    __slots__ = ("_reach",)

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def make(self, name: str) -> bool:
        """Make a folder with those that it is in; whether it was not there before."""
        there = self._reach.seen(name) is not None
        self._reach.make(name, parents=True, exist_ok=True)
        return not there

    def create(self, name: str) -> EventFile:
        """Open a new file of events."""
        if not _EVENTS.fullmatch(os.path.basename(name)):
            raise FileProblem(
                f"{name}: the name of a file of events holds letters, digits and . _ - alone",
                argument="filename_suffix",
            )
        return EventFile(self._reach.writable(name), name)

    def put(self, name: str, data: bytes) -> None:
        """Write a file that stands beside those of events, whole or not at all."""
        if os.path.basename(name) not in _BESIDE:
            raise FileProblem(f"{name} is no file of a run")
        with access.writing(self._reach.writable(name), name) as file:
            access.put(file, data)
