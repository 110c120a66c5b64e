"""What `torch.jit` needs of the language: the text of functions, and files that hold programs.

A session puts its own ways here, as it does for timing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _no_language(*_: object) -> Any:
    raise RuntimeError("there is no session that has a program")


class _Host:
    """What a session lends.

    source(value): the text that defined a function or a class, or None. save(value, f) and
    load(f, map_location): a function or a module in a file.
    """

    __slots__ = ("load", "save", "source")

    def __init__(self) -> None:
        self.source: Callable[[object], str | None] = _no_language
        self.save: Callable[[object, object], None] = _no_language
        self.load: Callable[[object, object], Any] = _no_language


host = _Host()
