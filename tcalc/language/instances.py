"""Attributes of objects' own: `x.__dict__`, and objects that are nothing but attributes."""

from __future__ import annotations

from tcalc.language.classes import is_special
from tcalc.runtime.objects.texts import repr_of, telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Dict = dict[str, Any]
else:
    _Dict = dict

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Attributes(_Dict):
    """An object's own attributes, by name, as they are when this is read.

    What is put in here, or taken out, is so of the object too: `put` and `drop` check the name.
    """

    __slots__ = ("_drop", "_put")
    _public_ = frozenset("clear copy get items keys pop popitem setdefault update values".split())

    def __init__(
        self, own: dict[str, Any], put: Callable[[str, Any], None], drop: Callable[[str], None]
    ) -> None:
        super().__init__(own)
        self._put, self._drop = put, drop

    def __setitem__(self, name: str, new: Any) -> None:
        self._put(name, new)
        super().__setitem__(name, new)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._drop(name)
        super().pop(name, None)

    def update(self, *others: Any, **named: Any) -> None:
        """Set attributes from a dictionary or pairs, and from keywords"""
        for name, new in dict(*others, **named).items():
            self[name] = new

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # `|` makes a plain dictionary
        self.update(other)
        return self

    def setdefault(self, name: str, default: Any = None) -> Any:
        """An attribute, which is set where it is missing"""
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        """Remove an attribute and return its value"""
        found = super().__getitem__(name) if name in self or not default else default[0]
        if name in self:
            del self[name]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Remove the last attribute and return its name and value"""
        name = next(reversed(self), None)
        if name is None:
            raise KeyError("popitem(): dictionary is empty")
        return name, self.pop(name)

    def clear(self) -> None:
        """Remove all attributes"""
        for name in list(self):
            del self[name]

    def copy(self) -> dict[str, Any]:
        """A dictionary of them that the object knows nothing of"""
        return dict(self)


def held(values: Values) -> list[tuple[str, Any]]:
    """What such an object keeps, by name."""
    return list(values.__dict__.items())


class Values:
    """An object that keeps values by names, as attributes; programs may derive from its classes."""

    _open_ = True
    _shows_own_ = True
    __array_ufunc__ = None

    def __init__(self, **kwargs: Any) -> None:
        for name, value in kwargs.items():
            self.__dict__[field(name)] = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Values):
            return NotImplemented
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # it can change

    @telling(held)
    def __repr__(self) -> str:
        pairs = [f"{name}={repr_of(value)}" for name, value in held(self)]
        return f"{type(self).__name__}({', '.join(pairs)})"


def field(name: str) -> str:
    """A name that such an object may keep a value by; ValueError for those that are nobody's."""
    if is_special(name) or name.startswith("_") or hasattr(Values, name):
        raise ValueError(f"an argument cannot be named {name!r}")
    return name
