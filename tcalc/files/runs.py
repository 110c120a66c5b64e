"""Files of events, which TensorBoard reads: new ones, that grow by whole records.

What was written stays readable when the process is killed.
"""

from __future__ import annotations

import os
import re

from tcalc.errors import ExistingFile, FileProblem
from tcalc.files import access

_EVENTS = re.compile(r"events\.out\.tfevents\.[A-Za-z0-9._-]{1,200}")
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
        if access.settings.dry:
            path, flags = os.devnull, os.O_WRONLY
        else:
            flags = _FLAGS
        try:
            self._number = os.open(path, flags, 0o666)
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


def created(path: str, name: str) -> EventFile:
    """A new file of events. name: what it was called; its end says that it is one."""
    if not _EVENTS.fullmatch(os.path.basename(name)):
        raise FileProblem(
            f"{name}: the name of a file of events holds letters, digits and . _ - alone",
            argument="filename_suffix",
        )
    return EventFile(path, name)
