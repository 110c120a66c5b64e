"""What is a program's own: the code that was compiled from it, and the classes that it defined."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

# Marks a program's class, in its own names; no program can spell it.
MARK = "a program's class"


def is_program(code: CodeType) -> bool:
    """Whether code was compiled from a program: only then its file name is of a type of its own."""
    return type(code.co_filename) is not str


def is_users(kind: type) -> bool:
    """Whether a program defined this class."""
    return MARK in kind.__dict__


def is_open(kind: type) -> bool:
    """Whether it is, or derives from, a class of ours that users may derive from."""
    for base in kind.__mro__:
        if "_open_" in base.__dict__ and not is_users(base):
            return bool(base.__dict__["_open_"])
    return False


# Where NumPy asks any instance for its memory: what those of ours have there is not a program's.
MEMORY = ("__array__", "__array_interface__", "__array_struct__")


def _refuse(value: object) -> None:
    raise AttributeError(f"'{type(value).__name__}' object is no array")


no_memory = property(_refuse)
