"""How tensors and places are written as text: a session puts its ways here."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

    from tcalc.runtime.tensor.tensor import Tensor


class _Formatter:
    __slots__ = ("operands", "place", "standing", "text")

    def __init__(self) -> None:
        # Of tensors that stand for others, by the type of what they hold.
        self.standing: dict[type, Callable[[Any], str]] = {}
        self.text: Callable[[Any], str] = lambda t: f"<tensor {list(t.shape)} {t.dtype.name}>"
        self.place: Callable[[Any, int, int], tuple[int, str]] = lambda _, line, __: (line, "")
        self.operands: Callable[[Any, int], Sequence[str]] = lambda _, __: ()


formatter = _Formatter()


def set_formatter(text: Callable[[Tensor], str]) -> None:
    """Let `text(tensor)` write tensors."""
    formatter.text = text


def set_places(
    place: Callable[[CodeType, int, int], tuple[int, str]],
    operands: Callable[[CodeType, int], Sequence[str]],
) -> None:
    """Let `place(code, line, instruction)` tell the line of a program and what stands there, and
    `operands(code, instruction)` what is written there for operands."""
    formatter.place, formatter.operands = place, operands


def remark(text: str) -> None:
    """Say something once, on standard error."""
    sys.stderr.write(f"{text}\n")
