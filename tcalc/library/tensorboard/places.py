"""Where a writer's files are: what a session lends, since the library knows none itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Appended(Protocol):
        """A file that is open, and grows by whole records."""

        def append(self, data: bytes) -> None:
            """Write bytes at its end, all or none."""

        def close(self) -> None:
            """Let go of it."""

    class Folders(Protocol):
        """The files that the program which runs may make."""

        def make(self, name: str) -> bool:
            """Make a folder with those that it is in; whether it was not there before."""

        def create(self, name: str) -> Appended:
            """Open a new file of events."""

        def put(self, name: str, data: bytes) -> None:
            """Write a file that stands beside those of events, whole or not at all."""


def _no_session(*_: object) -> Any:
    raise RuntimeError("there is no session whose files these could be")


class _Host:
    """What a session lends: its folders, and the name that a program gives as a text or a path."""

    __slots__ = ("folders", "name_of")

    def __init__(self) -> None:
        self.folders: Callable[[], Folders] = _no_session
        self.name_of: Callable[[object], str] = _no_session


host = _Host()
