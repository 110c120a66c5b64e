"""Dataclasses: methods for a program's class by the fields that it annotates.

No text is evaluated: annotations are kept as they are written, and the methods are ours, which go
by a list of fields that no program can change.
"""

from __future__ import annotations

from itertools import pairwise
from types import GetSetDescriptorType, MemberDescriptorType

from tcalc.language import attributes
from tcalc.language.classes import annotated, is_users
from tcalc.language.lent import Lent
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import repr_of, telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Missing(Lent):
    """Stands for what was not given"""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<dataclasses.MISSING>"


MISSING: Any = Missing()


class FrozenInstanceError(AttributeError):
    """An attribute of a frozen object is assigned to"""


class Field(Lent):
    """What is known of one field"""

    __slots__ = (
        "compare", "default", "default_factory", "hash", "init", "is_for_init", "kw_only",
        "metadata", "name", "repr", "type",
    )  # fmt: skip
    _public_ = frozenset(
        "compare default default_factory hash init kw_only metadata name repr type".split()
    )

    def __init__(
        self,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        init: bool = True,
        repr: bool = True,
        hash: bool | None = None,
        compare: bool = True,
        metadata: Any = None,
        kw_only: Any = MISSING,
    ) -> None:
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        self.name = self.type = ""
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = bool(init), bool(repr), bool(compare)
        self.hash, self.metadata, self.kw_only = hash, {} if metadata is None else metadata, kw_only
        self.is_for_init = False

    def has_default(self) -> bool:
        """Whether an object can do without a value for it."""
        return self.default is not MISSING or self.default_factory is not MISSING

    def __repr__(self) -> str:
        return f"Field(name={self.name!r},type={self.type!r},default={repr_of(self.default)})"


_known: Any = None


def _records() -> Any:
    """The fields of each dataclass, by class, as long as those live."""
    global _known
    if _known is None:
        from weakref import WeakKeyDictionary

        _known = WeakKeyDictionary()
    return _known


def fields_of(kind: type) -> list[Field] | None:
    """The fields of a dataclass, those for `__init__` alone too; None for any other class."""
    for base in kind.__mro__:
        found: list[Field] | None = _records().get(base)
        if found is not None:
            return found
    return None


def make(
    cls: Any, *, init: bool, repr: bool, eq: bool, order: bool, frozen: bool, kw_only: bool
) -> Any:
    """Give a program's class the methods of a dataclass."""
    if not (isinstance(cls, type) and is_users(cls)):
        raise TypeError("dataclass() takes a class of the program")
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    found: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        found.update({field.name: field for field in _records().get(base, ())})
    for field in _own_fields(cls, kw_only):
        found[field.name] = field
    fields = list(found.values())
    places = [field for field in fields if field.init and not field.kw_only]
    for before, after in pairwise(places):
        if before.has_default() and not after.has_default():
            raise TypeError(
                f"non-default argument {after.name!r} follows default argument {before.name!r}"
            )
    _records()[cls] = fields
    methods: dict[str, Callable[..., Any]] = {}
    if init:
        methods["__init__"] = _make_init(cls, fields, frozen)
    if repr:
        methods["__repr__"] = _make_repr(fields)
    if eq:
        methods["__eq__"] = _make_comparison(fields, "__eq__", True)
    for name in ("__lt__", "__le__", "__gt__", "__ge__") if order else ():
        methods[name] = _make_comparison(fields, name, False)
    if frozen:
        methods["__setattr__"] = _refuse
    for name, method in methods.items():
        if name not in cls.__dict__ or name == "__init__":
            method.__name__, method.__qualname__ = name, f"{cls.__name__}.{name}"
            setattr(cls, name, method)
    if eq and "__eq__" in methods:
        hashed = [f for f in fields if (f.compare if f.hash is None else f.hash)]
        setattr(cls, "__hash__", _make_hash(hashed) if frozen else None)  # noqa: B010 (a method)
    return cls


def _own_fields(cls: type, kw_only: bool) -> list[Field]:
    made = []
    for name, text in annotated(cls):
        kind = text.rpartition(".")[2] if "[" not in text else text.partition("[")[0]
        kind = kind.rpartition(".")[2]
        if kind == "ClassVar":
            continue
        if kind == "KW_ONLY":
            kw_only = True
            continue
        given = cls.__dict__.get(name, MISSING)
        if type(given) is Field:
            field = given
            if field.default is MISSING:
                type.__delattr__(cls, name)
            else:
                type.__setattr__(cls, name, field.default)
        elif type(given) in (MemberDescriptorType, GetSetDescriptorType):
            field = Field()
        else:
            if type(given).__hash__ is None:
                raise ValueError(
                    f"mutable default {type(given)} for field {name} is not allowed: "
                    "use default_factory"
                )
            field = Field(default=given)
        field.name, field.type = name, text
        field.kw_only = kw_only if field.kw_only is MISSING else bool(field.kw_only)
        field.is_for_init = kind == "InitVar"
        made.append(field)
    return made


# -- the methods ----------------------------------------------------------------------------------


def _make_init(cls: type, fields: list[Field], frozen: bool) -> Callable[..., None]:
    taken = [field for field in fields if field.init]
    places = [field.name for field in taken if not field.kw_only]
    known = {field.name for field in taken}
    needed = [field.name for field in taken if not field.has_default()]

    def init(self: Any, /, *args: Any, **kwargs: Any) -> None:
        called = f"{type(self).__name__}.__init__()"
        if len(args) > len(places):
            raise TypeError(
                f"{called} takes {len(places) + 1} positional arguments but {len(args) + 1} "
                "were given"
            )
        values = dict(zip(places, args))
        for name, value in kwargs.items():
            if name not in known:
                raise TypeError(f"{called} got an unexpected keyword argument '{name}'")
            if name in values:
                raise TypeError(f"{called} got multiple values for argument '{name}'")
            values[name] = value
        lacking = [name for name in needed if name not in values]
        if lacking:
            raise TypeError(
                f"{called} missing {len(lacking)} required positional argument"
                f"{'s' if len(lacking) > 1 else ''}: {_listed(lacking)}"
            )
        put = _put if frozen else attributes.write
        for_init = []
        for field in fields:
            if field.name in values:
                value = values[field.name]
            elif field.default_factory is not MISSING:
                value = field.default_factory()
            elif field.default is not MISSING:
                value = field.default
            else:
                continue
            if field.is_for_init:
                for_init.append(value)
            else:
                put(self, field.name, value)
        if hasattr(type(self), "__post_init__"):
            type(self).__post_init__(self, *for_init)

    return init


def _listed(names: list[str]) -> str:
    shown = [f"'{name}'" for name in names]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _put(self: Any, name: str, value: Any) -> None:
    """Assign past the `__setattr__` of a frozen class, by the same rules."""
    if not attributes.writes_natively(type(self), name):
        raise attributes.no_attribute(self, name)
    object.__setattr__(self, name, value)


def _refuse(self: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _values(self: Any, fields: list[Field]) -> tuple[Any, ...]:
    return tuple([attributes.read(self, field.name) for field in fields])


_writing: set[int] = set()


def _make_repr(fields: list[Field]) -> Callable[[Any], str]:
    shown = [field for field in fields if field.repr and not field.is_for_init]

    def pairs(self: Any) -> list[tuple[str, Any]]:
        return [(field.name, attributes.read(self, field.name)) for field in shown]

    @telling(pairs)
    def written(self: Any) -> str:
        if id(self) in _writing:
            return "..."
        _writing.add(id(self))
        try:
            parts = [f"{name}={repr_of(value)}" for name, value in pairs(self)]
        finally:
            _writing.discard(id(self))
        return f"{type(self).__qualname__}({', '.join(parts)})"

    return written


def _make_comparison(fields: list[Field], name: str, equal: bool) -> Callable[[Any, Any], Any]:
    compared = [field for field in fields if field.compare and not field.is_for_init]
    between = getattr(tuple, name)

    def compare(self: Any, other: Any) -> Any:
        if type(other) is not type(self):
            return NotImplemented
        if equal and other is self:
            return True
        return between(_values(self, compared), _values(other, compared))

    return compare


def _make_hash(fields: list[Field]) -> Callable[[Any], int]:
    return lambda self: hash(_values(self, fields))


# -- what is done with objects --------------------------------------------------------------------


def need_fields(value: Any, what: str) -> list[Field]:
    """The fields of an object that a dataclass made; TypeError for anything else."""
    found = None if isinstance(value, type) else fields_of(type(value))
    if found is None:
        raise TypeError(f"{what}() should be called on dataclass instances")
    return [field for field in found if not field.is_for_init]


def as_parts(value: Any, collect: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """A value with every object of a dataclass in it as what `collect` makes of its fields."""
    kind = type(value)
    if fields_of(kind) is not None:
        fields = need_fields(value, "asdict")
        values = _values(value, fields)
        return collect([(f.name, as_parts(v, collect)) for f, v in zip(fields, values)])
    if kind is List or kind is list:
        return List([as_parts(v, collect) for v in value])
    if kind is tuple:
        return tuple([as_parts(v, collect) for v in value])
    if kind is dict:
        items = list(value.items())
        return {as_parts(k, collect): as_parts(v, collect) for k, v in items}
    from tcalc.library.copying import deepcopy

    return deepcopy(value)


def replaced(value: Any, changes: dict[str, Any]) -> Any:
    """Another object with new values for some fields."""
    for field in need_fields(value, "replace"):
        if not field.init:
            if field.name in changes:
                raise ValueError(f"field {field.name} is declared with init=False")
        elif field.name not in changes:
            changes[field.name] = attributes.read(value, field.name)
    return type(value)(**changes)
