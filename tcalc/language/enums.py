"""Enumerations: classes as programs write them, whose names stand for one object each.

Their class is ours, and no program gets hold of it: it makes members of what a class body assigns,
and finds them again.
"""

from __future__ import annotations

from types import FunctionType

from tcalc.errors import AccessError
from tcalc.language.classes import SPECIAL, is_special, is_users
from tcalc.language.lent import Lent
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.programs import MARK
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_KEPT = (FunctionType, property, classmethod, staticmethod, type)
# By class, its members by name; aliases are further names.
_MEMBERS = "members of an enumeration"


class auto(Lent):
    """A value that an enumeration finds itself: one more than the last"""

    __slots__ = ()

    def __init__(self) -> None:
        """Nothing is known yet."""


class EnumType(type):
    """The class of enumerations."""

    def __new__(meta, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> EnumType:
        """An enumeration with its members."""
        if MARK not in names:
            return super().__new__(meta, name, bases, names)
        for base in bases:
            if isinstance(base, EnumType) and _members(base):
                raise TypeError(f"<enum '{name}'> cannot extend {base!r}")
        values = {
            key: value
            for key, value in names.items()
            if key.isidentifier()
            and key[0] != "_"
            and not is_special(key)
            and not isinstance(value, _KEPT)
        }
        kept = {key: value for key, value in names.items() if key not in values}
        if any(issubclass(base, int) for base in bases):
            for given in (names, *[base.__dict__ for base in _programs(bases)]):
                _need_plain(name, given)
            kept["__hash__"] = int.__hash__
        made = super().__new__(meta, name, bases, kept)
        type.__setattr__(made, _MEMBERS, {})
        last: Any = None
        for key, value in values.items():
            if type(value) is auto:
                value = _own(made)._next_.__func__(made, key, last)
            last = value
            made._add(key, value)
        return made

    def _add(cls, name: str, value: Any) -> None:
        members = _members(cls)
        found = next((m for m in members.values() if m.__dict__["_value_"] == value), None)
        if found is None:
            found = _own(cls)._make_.__func__(cls, value)
            found.__dict__.update(_name_=name, _value_=value)
            if "__init__" in cls.__dict__:
                found.__init__(*(value if type(value) is tuple else (value,)))
        members[name] = found
        type.__setattr__(cls, name, found)

    def __call__(cls, *args: Any) -> Any:
        if len(args) != 1 or not _members(cls):
            raise TypeError(f"{cls.__name__} takes one value; enumerations are made by `class`")
        return cls._find(args[0])

    def _find(cls, value: Any) -> Any:
        if type(value) is cls:
            return value
        for member in _members(cls).values():
            if member.__dict__["_value_"] == value:
                return member
        return cls._missing(value)

    def _missing(cls, value: Any) -> Any:
        made = _own(cls)._combined_.__func__(cls, value)
        if made is None:
            raise ValueError(f"{repr_of(value)} is not a valid {cls.__name__}")
        return made

    def need_no_aliases(cls) -> EnumType:
        """The class; ValueError where two names have one value."""
        twice = [
            (name, m.__dict__["_name_"])
            for name, m in _members(cls).items()
            if m.__dict__["_name_"] != name
        ]
        if twice:
            shown = ", ".join(f"{alias} -> {name}" for alias, name in twice)
            raise ValueError(f"duplicate values found in {cls!r}: {shown}")
        return cls

    def __getitem__(cls, name: Any) -> Any:
        return _members(cls)[name]

    def __iter__(cls) -> Iterator[Any]:
        return iter(dict.fromkeys(_members(cls).values()))

    def __len__(cls) -> int:
        return len({id(member) for member in _members(cls).values()})

    def __contains__(cls, value: object) -> bool:
        if type(value) is cls:
            return True
        return any(member.__dict__["_value_"] == value for member in _members(cls).values())

    def __bool__(cls) -> bool:
        return True

    def __repr__(cls) -> str:
        return f"<enum '{cls.__name__}'>"


EnumType.__module__ = "enum"
# What a class may define whose objects are integers: nothing that says which.
_OF_INTEGERS = frozenset({"__init__", "__repr__", "__str__", "__format__", "__call__"})


def _programs(bases: tuple[type, ...]) -> list[type]:
    """A program's own classes among the bases of a class, and theirs."""
    return [kind for base in bases for kind in base.__mro__ if is_users(kind)]


def _need_plain(name: str, names: Mapping[str, Any]) -> None:
    for key, value in names.items():
        if key in SPECIAL and key not in _OF_INTEGERS and value is not hash_of_identity:
            raise AccessError(f"class '{name}', of integers, cannot define '{key}'")


def _members(cls: Any) -> dict[str, Any]:
    found: dict[str, Any] = type.__dict__["__dict__"].__get__(cls).get(_MEMBERS, {})
    return found


def _own(cls: Any) -> Any:
    """The class of ours that an enumeration is derived from: what it says, no program changes."""
    return next(base for base in cls.__mro__ if isinstance(base, EnumType) and not is_users(base))


class Enum(metaclass=EnumType):
    """A class whose names stand for one object each

    class Color(Enum):
        RED = 1
        GREEN = auto()
    """

    _open_ = True
    _single_ = True
    _public_ = frozenset({"name", "value"})
    _hidden_ = frozenset({"_next_", "_make_", "_combined_"})
    __module__ = "enum"
    if TYPE_CHECKING:
        _name_: str
        _value_: Any

    name = property(lambda self: self.__dict__["_name_"])
    value = property(lambda self: self.__dict__["_value_"])

    @classmethod
    def _next_(cls, name: str, last: Any) -> Any:
        """The value of an `auto()`. last: the value before it, None at first."""
        return 1 if last is None else last + 1

    @classmethod
    def _make_(cls, value: Any) -> Any:
        """An object for a member."""
        return object.__new__(cls)

    @classmethod
    def _combined_(cls, value: Any) -> Any:
        """What stands for a value that no member has; None where nothing does."""
        return None

    def __repr__(self) -> str:
        own = self.__dict__
        return f"<{type(self).__name__}.{own['_name_']}: {repr_of(own['_value_'])}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.__dict__['_name_']}"

    def __hash__(self) -> int:
        return hash(self.__dict__["_name_"])

    def __eq__(self, other: object) -> Any:
        return True if self is other else NotImplemented


class IntEnum(int, Enum):
    """An enumeration whose members are integers"""

    _open_ = True
    __module__ = "enum"

    @classmethod
    def _make_(cls, value: Any) -> Any:
        if type(value) is not int:
            raise TypeError(f"a member of {cls.__name__} must be an int, not {repr_of(value)}")
        return int.__new__(cls, value)

    __repr__ = Enum.__repr__
    __str__ = int.__repr__
    __hash__ = int.__hash__
    __eq__ = int.__eq__


class Flag(Enum):
    """An enumeration whose members can be put together with `|`"""

    _open_ = True
    __module__ = "enum"

    @classmethod
    def _next_(cls, name: str, last: Any) -> Any:
        return 1 if last is None else 1 << last.bit_length()

    @classmethod
    def _make_(cls, value: Any) -> Any:
        if type(value) is not int:
            raise TypeError(f"a member of {cls.__name__} must be an int, not {repr_of(value)}")
        return object.__new__(cls)

    @classmethod
    def _combined_(cls, value: Any) -> Any:
        parts = [m for m in cls if type(value) is int and m.__dict__["_value_"] & value]
        held = 0
        for part in parts:
            held |= part.__dict__["_value_"]
        if type(value) is not int or held & value != value:
            return None
        made = object.__new__(cls)
        name = "|".join([m.__dict__["_name_"] for m in parts]) or "0"
        made.__dict__.update(_name_=name, _value_=value)
        return made

    def __or__(self, other: Any) -> Any:
        same = type(other) is type(self)
        return type(self)._find(self.value | other.value) if same else NotImplemented

    def __and__(self, other: Any) -> Any:
        same = type(other) is type(self)
        return type(self)._find(self.value & other.value) if same else NotImplemented

    def __contains__(self, other: Any) -> bool:
        return type(other) is type(self) and other.value & self.value == other.value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> Any:
        same = type(other) is type(self)
        return self.value == other.value if same else NotImplemented  # type: ignore[attr-defined]  # an own class's
