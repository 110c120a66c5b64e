"""What the library fetches from the network: by the session that runs, where its user allowed it.

A session puts its own way here, as it does with its stopwatch.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

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


def _no_session() -> Network:
    raise RuntimeError("there is no session that could fetch")


class _Host:
    """What a session lends: network() gives what the program that runs may fetch."""

    __slots__ = ("network",)

    def __init__(self) -> None:
        self.network: Callable[[], Network] = _no_session


host = _Host()
