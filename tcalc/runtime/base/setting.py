"""Members of modules that may change while a program runs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Setting:
    """A member of a module that may change, as `torch.backends.cudnn.benchmark`, or is None.

    read: its value now. write: takes what a program assigns, checked; None where it may not.
    """

    __slots__ = ("read", "write")

    def __init__(
        self, read: Callable[[], object], write: Callable[[Any], None] | None = None
    ) -> None:
        self.read = read
        self.write = write
