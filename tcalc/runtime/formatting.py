"""How tensors are written as text: the display puts its own way here (the runtime has none)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Formatter:
    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text: Callable[[Any], str] = lambda t: f"<tensor {list(t.shape)} {t.dtype.name}>"


formatter = _Formatter()


def set_formatter(text: Callable[[Any], str]) -> None:
    """Let `text(tensor)` write tensors."""
    formatter.text = text
