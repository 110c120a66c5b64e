"""`dir`, `vars`, `globals`, `locals`, `delattr` and `ascii`: what a program may see anyway."""

from __future__ import annotations

import sys

from tcalc.language import attributes
from tcalc.language.classes import is_open, is_special, is_users
from tcalc.parser.grammar import METADATA
from tcalc.runtime.base.programs import is_program
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MISSING: Any = object()


def _frame() -> FrameType:
    """The program's function that is asking."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not is_program(frame.f_code):
        frame = frame.f_back
    if frame is None:
        raise RuntimeError("no program is running")
    return frame


def _own(names: dict[str, Any]) -> dict[str, Any]:
    """Those of the names that programs spell."""
    return {
        name: value
        for name, value in names.items()
        if name.isidentifier() and (not is_special(name) or name in METADATA)
    }


def globals_() -> dict[str, Any]:
    """A copy of the variables of the program or module, by name"""
    return _own(_frame().f_globals)


def locals_() -> dict[str, Any]:
    """A copy of the variables of the function that calls it, by name"""
    return _own(_frame().f_locals)


def dir_(object: Any = _MISSING, /) -> List:
    """The names of an object's attributes; without one, of the variables"""
    if object is _MISSING:
        return List(sorted(_own(_frame().f_locals)))
    return List(attributes.visible(object))


def vars_(object: Any = _MISSING, /) -> dict[str, Any]:
    """A copy of an object's own attributes, by name; without one, of the variables"""
    if object is _MISSING:
        return _own(_frame().f_locals)
    kind = type(object)
    if issubclass(kind, type):
        names = [*type.__dict__["__dict__"].__get__(object)] if is_users(object) else None
    elif kind in attributes.LISTERS:
        names = attributes.visible(object)
    elif is_users(kind) or is_open(kind):
        return attributes.own_attributes(object)
    else:
        names = None
    if names is None:
        raise TypeError("vars() argument must have __dict__ attribute")
    made = {}
    for name in names:
        value = _MISSING
        if name.isidentifier() and not is_special(name):
            value = _read(object, name)
        if value is not _MISSING:
            made[name] = value
    return made


def _read(value: Any, name: str) -> Any:
    try:
        return attributes.read(value, name)
    except AttributeError:
        return _MISSING


def delattr_(object: Any, name: str, /) -> None:
    """delattr(object, name): the same as del object.name"""
    attributes.delete(object, name)


def ascii_(object: Any, /) -> str:
    """The text of an object as `repr` gives it, with escapes for what is not ASCII"""
    return repr_of(object).encode("ascii", "backslashreplace").decode("ascii")


for _function in (ascii_, delattr_, dir_, globals_, locals_, vars_):
    _function.__name__ = _function.__qualname__ = _function.__name__.rstrip("_")
    _function.__module__ = "builtins"
