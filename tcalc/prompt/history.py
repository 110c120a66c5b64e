"""What was typed at the prompt in earlier sessions, in one file that every session adds to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress

from prompt_toolkit.history import FileHistory

# Where reading starts when the file has grown beyond it: a start must not become slow with use.
_READ_BYTES = 2 << 20


def history_path(environ: Mapping[str, str]) -> str:
    """Where the history belongs by the XDG rules (a relative XDG_STATE_HOME counts as unset).

    >>> history_path({"XDG_STATE_HOME": "/s"})
    '/s/tcalc/history'
    """
    state = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        home = environ.get("HOME") or os.path.expanduser("~")
        state = os.path.join(home, ".local", "state")
    return os.path.join(state, "tcalc", "history")


class PrivateHistory(FileHistory):
    """prompt_toolkit's history file, readable by its owner alone.

    Entries may span lines. Every entry is appended in one write, so that sessions side by side
    do not mix theirs. A file that cannot be written, or is none (a pipe, a device), costs the
    memory, never the session: `failed` then holds the reason.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path
        self.failed: str | None = None
        descriptor = self._open(os.O_WRONLY)
        if descriptor is not None:
            with suppress(OSError):  # not ours to change; it is still usable
                # A file that an older umask or another tool left open to others.
                os.fchmod(descriptor, 0o600)
            os.close(descriptor)

    def load_history_strings(self) -> Iterable[str]:
        """The entries, newest first."""
        descriptor = self._open(os.O_RDONLY)
        if descriptor is None:
            return []
        try:
            with os.fdopen(descriptor, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _READ_BYTES))
                data = file.read()
        except OSError:
            return []
        if size > _READ_BYTES:  # begin at the first whole entry
            data = data[data.find(b"\n\n") + 1 :]
        entries: list[str] = []
        lines: list[str] = []
        # Not splitlines(): that would also split at a form feed inside an entry.
        for line in [*data.decode("utf-8", "replace").split("\n"), ""]:
            if line.startswith("+"):
                lines.append(line[1:])
            elif lines:
                entries.append("\n".join(lines))
                lines = []
        return reversed(entries)

    def store_string(self, string: str) -> None:
        """Append one entry."""
        descriptor = self._open(os.O_WRONLY | os.O_APPEND)
        if descriptor is None:
            return
        body = "".join(f"+{line}\n" for line in string.split("\n"))
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            try:
                file.write(f"\n# entry\n{body}".encode("utf-8", "replace"))
            except OSError as error:  # a full disk
                self.failed = error.strerror

    def _open(self, flags: int) -> int | None:
        """The opened file, made first where it is missing; None if it cannot be used."""
        # A pipe with nobody at its other end must not keep anyone waiting.
        flags |= os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, flags, 0o600)
        except (OSError, ValueError) as error:  # a ValueError for a path that holds a null
            self.failed = getattr(error, "strerror", None) or str(error)
            return None
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        self.failed = "not a regular file"
        return None
