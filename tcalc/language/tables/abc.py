"""`abc`: classes that leave methods to those derived from them."""

from __future__ import annotations

from types import FunctionType

from tcalc.language import classes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class ABC:
    """A class of which there are objects once nothing in it is abstract"""

    _open_ = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An object; TypeError where something is still abstract."""
        lacking = [name for name in _names(cls) if _is_abstract(cls, name)]
        if lacking:
            methods = "methods" if len(lacking) > 1 else "method"
            shown = ", ".join(f"'{name}'" for name in lacking)
            raise TypeError(
                f"Can't instantiate abstract class {cls.__name__} without an implementation for "
                f"abstract {methods} {shown}"
            )
        return super().__new__(cls)


ABC.__module__ = "abc"


def _names(cls: type) -> list[str]:
    """The names that a program's classes give a class, in order."""
    programs = [base for base in cls.__mro__ if classes.is_users(base)]
    return sorted({name for base in programs for name in base.__dict__})


def _is_abstract(cls: type, name: str) -> bool:
    owner = next(base for base in cls.__mro__ if name in base.__dict__)
    found = owner.__dict__[name]
    if type(found) in (property, classmethod, staticmethod, FunctionType):
        return getattr(found, "__isabstractmethod__", False) is True
    return False


def abstractmethod(funcobj: Any, /) -> Any:
    """Mark a method as one that a derived class has to define"""
    if type(funcobj) is FunctionType and classes.is_program(funcobj.__code__):
        funcobj.__isabstractmethod__ = True  # type: ignore[attr-defined]  # a function takes any
    elif type(funcobj) not in (property, classmethod, staticmethod):
        raise TypeError("abstractmethod() takes a function of the program")
    return funcobj


def members() -> dict[str, Any]:
    """What programs find in it."""
    classes.NAMED.add(ABC)
    return {"ABC": ABC, "abstractmethod": abstractmethod}
