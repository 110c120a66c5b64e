"""What an object holds that may change: how it is read, and how it is put back.

A part is one way of holding: as a list, as a dict, in slots, in attributes, as the state of a
generator. An object has the parts that its class gives it, found once for each class. Nothing of
a program's runs while a part is read, compared or put back.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from operator import is_
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    GeneratorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple
from weakref import ref

from tcalc.runtime.base.programs import is_program, is_users

# What a slot or a cell holds that holds nothing.
EMPTY: Any = object()
_HEAP = 1 << 9  # of a class's flags: it was made by a `class` statement


class Part(NamedTuple):
    """read(v): what v holds, as something that stays as it is. write(v, held): v holds that again.
    same(held, other): whether what was read twice is the same. inside(held): what can be reached
    through it. ours: whether what lies inside is our own and out of a program's hands.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any, Any], object]
    same: Callable[[Any, Any], bool]
    inside: Callable[[Any], Iterable[Any]]
    ours: bool = False


def _all_same(held: Any, other: Any) -> bool:
    return len(held) == len(other) and all(map(is_, held, other))


def _same_dict(held: dict[Any, Any], other: dict[Any, Any]) -> bool:
    return _all_same(list(held), list(other)) and _all_same([*held.values()], [*other.values()])


def _same_set(held: set[Any], other: set[Any]) -> bool:
    return {*map(id, held)} == {*map(id, other)}  # and no comparison of a program's


def _both(held: dict[Any, Any]) -> Iterable[Any]:
    return chain(held.values(), held)


def _fill_dict(value: Any, held: dict[Any, Any]) -> None:
    dict.clear(value)
    dict.update(value, held)


def _fill_set(value: Any, held: set[Any]) -> None:
    set.clear(value)
    set.update(value, held)


def _fill_deque(value: Any, held: tuple[Any, ...]) -> None:
    deque.clear(value)
    deque.extend(value, held)


def _write_variables(value: dict[str, Any], held: dict[str, Any]) -> None:
    others = {k: v for k, v in value.items() if k not in VARIABLES.read(value)}
    _fill_dict(value, held)
    value.update(others)


def _attributes(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = object.__getattribute__(value, "__dict__")
    return found


_LIST = Part(
    lambda v: list.__getitem__(v, slice(None)),
    lambda v, held: list.__setitem__(v, slice(None), held),
    _all_same,
    iter,
)
_DICT = Part(lambda v: dict(dict.items(v)), _fill_dict, _same_dict, _both)
# Of a session's variables those that programs can name; the rest is there while one runs.
VARIABLES = Part(
    lambda v: {k: held for k, held in dict.items(v) if k.isidentifier() and k != "__builtins__"},
    lambda v, held: _write_variables(v, held),
    _same_dict,
    dict.values,
)
_SET = Part(lambda v: set(set.__iter__(v)), _fill_set, _same_set, iter)
_DEQUE = Part(lambda v: tuple(deque.__iter__(v)), _fill_deque, _all_same, iter)
_BYTES = Part(
    bytes, lambda v, held: bytearray.__setitem__(v, slice(None), held), bytes.__eq__, lambda _: ()
)
_ATTRIBUTES = Part(
    lambda v: dict(_attributes(v)),
    lambda v, held: _fill_dict(_attributes(v), held),
    _same_dict,
    dict.values,
)
# The containers that classes derive from, and what they hold as such.
_CONTAINERS: tuple[tuple[type, Part], ...] = (
    (list, _LIST), (dict, _DICT), (set, _SET), (deque, _DEQUE), (bytearray, _BYTES),
)  # fmt: skip


def _read_cell(cell: CellType) -> tuple[Any]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # it holds nothing yet
        return (EMPTY,)


def _write_cell(cell: CellType, held: tuple[Any]) -> None:
    if held[0] is EMPTY:
        del cell.cell_contents
    else:
        cell.cell_contents = held[0]


_CELL = Part(_read_cell, _write_cell, _all_same, iter)
# Of a program's class only what it was given; that Python made what it needs stays.
_CLASS = Part(
    lambda v: {k: held for k, held in vars(v).items() if k not in ("__dict__", "__weakref__")},
    lambda v, held: _write_class(v, held),
    _same_dict,
    dict.values,
)


def _write_class(kind: type, held: dict[str, Any]) -> None:
    for name in [n for n in _CLASS.read(kind) if n not in held]:
        type.__delattr__(kind, name)
    for name, value in held.items():
        if vars(kind).get(name, EMPTY) is not value:
            type.__setattr__(kind, name, value)


def _slots(members: list[Any]) -> Part:
    readers = [member.__get__ for member in members]

    def read(value: Any) -> tuple[Any, ...]:
        try:
            return tuple([reader(value) for reader in readers])
        except AttributeError:  # some hold nothing
            return tuple([_read_slot(reader, value) for reader in readers])

    def write(value: Any, held: tuple[Any, ...]) -> None:
        for member, each, now in zip(members, held, read(value)):
            if each is now:
                continue
            if each is EMPTY:
                member.__delete__(value)
            else:
                member.__set__(value, each)

    return Part(read, write, _all_same, iter, ours=True)


def _read_slot(reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except AttributeError:
        return EMPTY


def _state_of(kind: type) -> Part | None:
    """The part of a generator of random numbers, whose state is C's."""
    random = sys.modules.get("random")
    if random is not None and issubclass(kind, random.Random):
        same = tuple.__eq__
        return Part(random.Random.getstate, random.Random.setstate, same, lambda _: ())
    numpys = sys.modules.get("numpy.random")
    if numpys is not None:
        if issubclass(kind, numpys.BitGenerator):
            return Part(lambda v: v.state, _set_state, alike, lambda _: ())
        if issubclass(kind, numpys.RandomState):
            return Part(lambda v: v.get_state(False), _restate, alike, lambda _: ())
    return None


def _set_state(value: Any, held: Any) -> None:
    value.state = held


def _restate(value: Any, held: Any) -> None:
    value.set_state(held)


def alike(held: Any, other: Any) -> bool:
    """Whether two states of a generator are the same: numbers and arrays of them, in containers."""
    if isinstance(held, dict):
        return all(map(alike, held.values(), other.values()))
    if isinstance(held, tuple | list):
        return len(held) == len(other) and all(map(alike, held, other))
    if hasattr(held, "tobytes"):
        return bool(held.tobytes() == other.tobytes())
    return bool(held == other)


# -- classes --------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """What the instances of a class have. beyond: gives what they hold for good, None for nothing."""

    parts: tuple[Part, ...]
    beyond: Callable[[Any], Iterable[Any]] | None


_NOTHING = Kind((), None)
_known: dict[type, Kind] = {CellType: Kind((_CELL,), None)}


def kind_of(value: Any) -> Kind:
    """What there is to look at in a value."""
    kind = type(value)
    found = _known.get(kind)
    if found is not None:
        return found
    if issubclass(kind, type):
        return Kind((_CLASS,), None) if is_users(value) else _NOTHING
    found = Kind(_parts(kind), _beyond(kind))
    if not is_users(kind):  # those go when the program has let go of them
        _known[kind] = found
    return found


def _parts(kind: type) -> tuple[Part, ...]:
    if issubclass(kind, (ModuleType, ref)) or _is_constant(kind):
        return ()
    state = _state_of(kind)
    if state is not None:
        return (state,)
    found = [part for base, part in _CONTAINERS if issubclass(kind, base)]
    if kind.__flags__ & _HEAP:
        members = [
            member
            for base in kind.__mro__
            if "__slots__" in vars(base)  # as those of C have none
            for name, member in vars(base).items()
            if type(member) is MemberDescriptorType and name != "__weakref__"
        ]
        if members:
            found.append(_slots(members))
        if "__dict__" in dir(kind) and any("__dict__" in vars(base) for base in kind.__mro__):
            found.append(_ATTRIBUTES)
    return tuple(found)


def _is_constant(kind: type) -> bool:
    """Whether a class of ours says that nothing a program does changes its instances."""
    return any("_constant_" in vars(base) and not is_users(base) for base in kind.__mro__)


def has_come(held: Any, now: Any) -> bool:
    """Whether what our own object holds is only what it held, come about: a value that waited to be
    computed, a storage that nobody had asked for."""
    if held is None:
        return getattr(now, "version", None) == 0
    return hasattr(held, "node") and getattr(held, "array", None) is now


def _beyond(kind: type) -> Callable[[Any], Iterable[Any]] | None:
    if issubclass(kind, tuple):
        return tuple.__iter__
    if issubclass(kind, frozenset):
        return frozenset.__iter__
    if kind is GeneratorType:
        import gc

        return lambda v: gc.get_referents(v)
    numpys = sys.modules.get("numpy.random")
    if numpys is not None and issubclass(kind, numpys.Generator):
        return lambda v: (v.bit_generator,)
    return _LEADS.get(kind)


def _of_function(function: FunctionType) -> Iterable[Any]:
    found: list[Any] = list(function.__closure__ or ())
    if is_program(function.__code__):
        found += [function.__defaults__, function.__kwdefaults__, function.__dict__]
        found.append(function.__globals__)
    else:  # what it holds itself is ours, what it was given may be a program's
        found = [held for cell in found if (held := _read_cell(cell)[0]) is not EMPTY]
    return found


_LEADS: dict[type, Callable[[Any], Iterable[Any]]] = {
    FunctionType: _of_function,
    MethodType: lambda v: (v.__self__, v.__func__),
    BuiltinFunctionType: lambda v: (v.__self__,),
    staticmethod: lambda v: (v.__func__,),
    classmethod: lambda v: (v.__func__,),
    property: lambda v: (v.fget, v.fset, v.fdel),
}
