"""What the hub needs of a session: its files, the cache of weights, programs that lie in folders.

A session puts its own way here, as it does with its stopwatch.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

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
            """Fetch a URL into a file, as `tcalc.library.network.Network` does.

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


def _no_session() -> Hub:
    raise RuntimeError("there is no session that has a hub")


class _Host:
    """What a session lends: hub() gives that of the running program."""

    __slots__ = ("hub",)

    def __init__(self) -> None:
        self.hub: Callable[[], Hub] = _no_session


host = _Host()
