"""What the library needs of a session: files by the names that programs give, under the file rules.

A session puts its own ways here, as it does with its stopwatch.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO, NoReturn, Protocol

    class Appended(Protocol):
        """A file that is open, and grows by whole records."""

        def append(self, data: bytes) -> None:
            """Write bytes at its end, all or none."""

        def close(self) -> None:
            """Let go of it."""

    class Files(Protocol):
        """The files that the program which runs can reach; each raises FileProblem."""

        def reading(self, name: str) -> AbstractContextManager[tuple[BinaryIO, int]]:
            """A plain file open for reading, and its size."""

        def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
            """A file open for writing, which is there when all was written, or never."""

        def events(self, name: str) -> Appended:
            """A new file of events, which grows by whole records."""

        def seen(self, name: str) -> os.stat_result | None:
            """What the system knows of a file or folder; None where there is none to be seen."""

        def real(self, name: str) -> str | None:
            """The real path of a file or folder; None where there is none to be seen."""

        def listed(self, name: str) -> list[str]:
            """The names in a folder, sorted, of what can be seen there."""

        def make(self, name: str, *, parents: bool, exist_ok: bool) -> None:
            """Make a folder."""

        def unpickled(self, data: bytes, name: str) -> Any:
            """What the pickle of a data set says: containers, numbers, text and arrays; nothing is run."""


def _no_session(*_: object) -> NoReturn:
    raise RuntimeError("there is no session that could reach files")


class _Host:
    """What a session lends.

    files: gives those that the running program can reach. name_of: the text of a name, which may
    be a path of `pathlib`; TypeError for anything else.
    """

    __slots__ = ("files", "name_of")

    def __init__(self) -> None:
        self.files: Callable[[], Files] = _no_session
        self.name_of: Callable[[Any], str] = _no_session


host = _Host()
