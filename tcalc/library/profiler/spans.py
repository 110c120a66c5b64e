"""Stretches of work as a profiler records them: what was done, when, inside what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.formatting import formatter

if TYPE_CHECKING:
    from types import CodeType

# RecordScope of PyTorch: a call of an op, a node of a pass back, a stretch that a program names.
FUNCTION, BACKWARD, USER = 0, 1, 7
_MOST_FRAMES = 64

Place = tuple["CodeType", int, int]


class Span:
    """One stretch of work.

    start, end: nanoseconds of the profiler's clock. parent: what it is inside of. shapes: of its
    operands, [] for what is no tensor; inputs: these as text. bytes: of new memory that its own
    results took. sequence: the number of the node that it made or is, -1 for none. stack: the
    places of the program, innermost first. device: marks of a GPU before and after it.
    """

    __slots__ = ("bytes", "device", "end", "flops", "inputs", "name", "parent", "scope", "sequence", "shapes",
                 "stack", "start")  # fmt: skip

    def __init__(self, name: str, scope: int, parent: Span | None) -> None:
        self.name = name
        self.scope = scope
        self.parent = parent
        self.start = self.end = 0
        self.shapes: list[list[Any]] | None = None
        self.inputs: list[Any] = []
        self.bytes = 0
        self.flops = 0
        self.sequence = -1
        self.stack: list[Place] = []
        self.device: tuple[Any, Any] | None = None


def program_places() -> list[Place]:
    """Where the program is: the code, line and instruction of each of its frames, innermost first.

    Only code compiled from a program has a file name of a type of its own.
    """
    frame: Any = sys._getframe(1)
    found: list[Place] = []
    while frame is not None and len(found) < _MOST_FRAMES:
        code = frame.f_code
        if type(code.co_filename) is not str:
            found.append((code, frame.f_lineno, frame.f_lasti))
        frame = frame.f_back
    return found


def shown_place(place: Place) -> str:
    """`train.tcalc(12): step`, as PyTorch writes a frame."""
    code, line, instruction = place
    line, _ = formatter.place(code, line, instruction)
    return f"{str(code.co_filename) or '<input>'}({line}): {code.co_name}"
