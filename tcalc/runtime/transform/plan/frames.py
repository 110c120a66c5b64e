"""Where in a program something happens, and who asks."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.programs import is_program

if TYPE_CHECKING:
    from types import CodeType

    # A place in a program: its code, line, and instruction.
    Place = tuple[CodeType, int, int]


def user_frame() -> Place | None:
    """The innermost frame of the program: its code, line, and instruction."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if is_program(code):
            return code, frame.f_lineno, frame.f_lasti
        frame = frame.f_back
    return None


def asks_itself(passed: frozenset[CodeType]) -> bool:
    """Whether a program asks for a value, and not an op that it called; passed: the code that such a
    question goes through."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code in passed:
        frame = frame.f_back
    return frame is None or is_program(frame.f_code)


def code_of(*kinds: type) -> frozenset[CodeType]:
    """The code of the methods of classes."""
    functions = [f for kind in kinds for f in vars(kind).values() if isinstance(f, FunctionType)]
    return frozenset([f.__code__ for f in functions])
