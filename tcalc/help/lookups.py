"""Following dotted names to values without running anything.

Only dictionaries and tables are read: a session's variables, the dictionaries of instances and
classes, and the registry. No property, no `__getattr__` and no method runs, whatever a value is,
so that looking costs nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING

from tcalc.language.attributes import visible
from tcalc.language.namespace import Namespace

if TYPE_CHECKING:
    from tcalc.session import Session

_CONTAINERS = ("_parameters", "_buffers", "_modules")


class Unknown:
    """A value that only running something could tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def follow(path: Sequence[str], session: Session) -> object:
    """The value of a dotted name, UNKNOWN where it would have to be computed or is not there."""
    head, *rest = path
    value = session.variables.get(head, UNKNOWN)
    if value is UNKNOWN:
        value = session.namespace.visible(head)
        if value is None:
            return UNKNOWN
    for name in rest:
        value = step(value, name)
    return value


def step(value: object, name: str) -> object:
    """One attribute of a value, UNKNOWN unless it is found in a dictionary."""
    if module_name(value) is not None:
        return _member(value, name)
    own = instance_dict(value)
    if name in own:
        return own[name]
    for container in _CONTAINERS:
        held = own.get(container)
        if isinstance(held, dict) and name in held:
            return held[name]
    for base in _bases(value):
        if name in (table := type.__getattribute__(base, "__dict__")):
            found = table[name]
            # What is not a plain function or class could be a descriptor: a property, say.
            return found if isinstance(found, FunctionType | type) else UNKNOWN
    return UNKNOWN


def item(value: object, key: object) -> object:
    """What a subscript of a value finds in a dictionary, a list or a module, else UNKNOWN."""
    if isinstance(value, dict) and isinstance(key, str | int | float):
        return dict.get(value, key, UNKNOWN)
    if isinstance(value, list) and type(key) is int and -len(value) <= key < len(value):
        found: object = list.__getitem__(value, key)
        return found
    if isinstance(value, tuple) and type(key) is int and -len(value) <= key < len(value):
        found = tuple.__getitem__(value, key)
        return found
    held = instance_dict(value).get("_modules")
    if type(held) is dict and isinstance(key, str | int):
        if type(key) is int and key < 0:
            key += len(held)
        return held.get(str(key), UNKNOWN)
    return UNKNOWN


def keys(value: object) -> Iterable[str | int]:
    """The keys that a subscript of a dictionary or of a module with names may have."""
    held = value if isinstance(value, dict) else instance_dict(value).get("_modules", {})
    if not isinstance(held, dict):
        return []
    return [
        key for key in dict.keys(held)
        if type(key) is int or (isinstance(key, str) and not (held is not value and key.isdigit()))
    ]  # fmt: skip


def attributes(value: object) -> Iterable[str]:
    """The names that a program could read of a value (for UNKNOWN, a tensor's: the likeliest)."""
    if value is UNKNOWN:
        return tensor_names()
    return visible(value)


def tensor_names() -> Iterable[str]:
    """What every tensor has."""
    from tcalc.runtime.base import registry
    from tcalc.runtime.tensor.tensor import Tensor

    return sorted({*visible(Tensor), *registry.names("Tensor")})


def module_name(value: object) -> str | None:
    """`torch.nn` for that module as programs see it, None for anything else."""
    return value.qualified if type(value) is Namespace else None


def instance_dict(value: object) -> dict[str, object]:
    """An instance's own attributes, read past any `__getattribute__`."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _bases(value: object) -> Sequence[type]:
    cls = value if isinstance(value, type) else type(value)
    bases: Sequence[type] = type.__getattribute__(cls, "__mro__")
    return bases


def _member(module: object, name: str) -> object:
    try:
        # A module's members are found in the registry's tables or our own.
        found: object = UNKNOWN if name.startswith("__") else getattr(module, name)
    except AttributeError:
        return UNKNOWN
    return found
