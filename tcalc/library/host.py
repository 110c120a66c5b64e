"""What the library needs of the language and of a session, which puts its own ways here.

It lies below both: it asks for what a program may reach, and for what runs and keeps programs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO, NoReturn, Protocol

    # Seconds that so many turns take, after the setup has run anew.
    Stopwatch = Callable[[int], float]

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

    class Network(Protocol):
        """What a session may fetch."""

        @property
        def is_allowed(self) -> bool:
            """Whether anything is fetched at all."""

        def fetch(
            self,
            url: str,
            name: str,
            *,
            begins: str = "",
            algorithm: str = "sha256",
            most: int | None = None,
            progress: bool = True,
        ) -> None:
            """Fetch a URL into a file that programs may write, whole or not at all.

            begins: what its hash begins with, in hexadecimal. algorithm: which hash, as hashlib calls
            it. most: the most bytes it may have. progress: whether a terminal shows how far it has come.
            Raises NetworkProblem where the network is not allowed or the file cannot be had,
            StateError where the hash is another.
            """

    class Hub(Protocol):
        """A session's hub.

        folder: where it keeps things, as torch.hub.set_dir sets it.
        """

        folder: str

        def name_of(self, value: object) -> str:
            """The text of a file's name; TypeError where it is none."""

        def is_there(self, path: str) -> bool:
            """Whether there is a file that the program may read, or published weights."""

        def load(self, path: str, map_location: object) -> Any:
            """What a file of weights holds."""

        def fetch(
            self, url: str, path: str, *, begins: str, most: int | None, progress: bool
        ) -> None:
            """Fetch a URL into a file, as `Network` does.

            Into the cache that PyTorch shares go published weights alone: from where they are
            published, under their own name, with the hash that this says.
            """

        def is_folder(self, name: str) -> bool:
            """Whether the program can see a folder of this name."""

        def entries(self, folder: str) -> dict[str, Any]:
            """What `hubconf` in a folder defines, by name; the first time its program is run."""

        def within(self, folder: str, call: Callable[[], Any]) -> Any:
            """What a call gives, in which imports look in this folder first."""

        def is_module(self, name: str) -> bool:
            """Whether programs can import something by this name."""


def _no_session(*_: object) -> NoReturn:
    raise RuntimeError("there is no session")


class Host:
    """What a session lends.

    stopwatch(stmt, setup, variables, clock): for the text of a program. write: where text goes.
    files, network, hub: those of the program that runs. name_of: the text of a file's name, which
    may be a path of `pathlib`; TypeError for anything else. source(value): the text that defined a
    function or a class, or None. save_script(value, f), load_script(f, map_location): a function
    or a module in a file.
    """

    __slots__ = (
        "files", "hub", "load_script", "name_of", "network", "save_script", "source", "stopwatch",
        "write",
    )  # fmt: skip

    def __init__(self) -> None:
        self.stopwatch: Callable[[str, str, dict[str, Any], Callable[[], float]], Stopwatch]
        self.stopwatch = _no_session
        self.write: Callable[[str], object] = _no_session
        self.files: Callable[[], Files] = _no_session
        self.network: Callable[[], Network] = _no_session
        self.hub: Callable[[], Hub] = _no_session
        self.name_of: Callable[[Any], str] = _no_session
        self.source: Callable[[object], str | None] = _no_session
        self.save_script: Callable[[object, object], None] = _no_session
        self.load_script: Callable[[object, object], Any] = _no_session


host = Host()
