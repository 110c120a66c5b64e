"""The gate: every attribute that a program reads, writes or deletes is looked up here.

Deny by default. A name is looked up in the table of the value's type; a type without a table shows
nothing. Where Python's own look-up is known to be right, the type is put into a set kept for the
name, and compiled code reads natively: `x.name if type(x) in <set> else read(x, "name")`.

A class of the runtime says what it shows in its own names: `_public_` (read), `_writable_`
(assigned), `_open_` (users may derive from it), `_hidden_` (never, also in a user's subclass),
`_shows_own_` (`__dict__` shows an instance's attributes, as it does of a program's own classes),
`_constant_` (nothing that a program does changes its instances, so that nobody need look for it).
"""

from __future__ import annotations

from functools import partial, update_wrapper
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType

from tcalc.errors import AccessError, without_addresses
from tcalc.language.classes import (
    SPECIAL,
    UNCHECKED,
    Text,
    TypeView,
    is_open,
    is_special,
    is_users,
    program_type,
)
from tcalc.language.instances import Attributes
from tcalc.language.shown import EXCEPTIONS, FUNCTIONS, NATIVE, REPLACED
from tcalc.runtime.base import addresses
from tcalc.runtime.base.known import is_numpys
from tcalc.runtime.base.symbols import plain
from tcalc.runtime.objects import texts
from tcalc.runtime.objects.lists import settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Types, by attribute name, of whose instances Python's own look-up reads (writes) it rightly.
_readers: dict[str, set[type]] = {}
_writers: dict[str, set[type]] = {}
# Classes made in a loop must not pile up in these.
_MOST_TYPES = 1024

# Own ways to read from values of a type: reader(value, name). Modules and arrays put theirs here.
READERS: dict[type, Callable[[Any, str], Any]] = {}
# Own ways to assign to an attribute of theirs: writer(value, name, new).
WRITERS: dict[type, Callable[[Any, str, Any], None]] = {}
# What such types show, for completion and suggestions.
LISTERS: dict[type, Callable[[Any], Iterable[str]]] = {}

# Special methods that programs get with checks, or not at all, from a class that is not theirs.
_UNREACHABLE = frozenset({"__mul__", "__rmul__", "__imul__", "__pow__", "__rpow__", "__ipow__"}) | {
    "__mod__", "__rmod__", "__imod__", "__lshift__", "__rlshift__", "__ilshift__", "__format__",
    "__round__",
}  # fmt: skip
_NOTHING: frozenset[str] = frozenset()
_MISSING = object()


def native_readers(name: str) -> set[type]:
    """The set of types that compiled code checks before it reads `name` natively."""
    return _readers.setdefault(name, set())


def native_writers(name: str) -> set[type]:
    """The same for assigning and deleting; what is in it reads natively too."""
    return _writers.setdefault(name, set())


# -- reading ------------------------------------------------------------------------------------


def read(value: Any, name: Any) -> Any:
    """`value.name` for a program; AccessError if its type does not show that name."""
    value = plain(value)
    kind = type(value)
    if type(name) is not str:
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    kinds = _readers.get(name)
    if kinds is not None and kind in kinds:
        return getattr(value, name)
    reader = READERS.get(kind)
    if reader is not None:
        return reader(value, name)
    if is_special(name):
        return _read_special(value, kind, name)
    if issubclass(kind, type):
        return _read_from_class(value, name)
    if name == "args" and issubclass(kind, BaseException):
        return _arguments(value)
    if reads_natively(kind, name):
        found = getattr(value, name)
        _add(native_readers(name), kind)
        return found
    replaced = REPLACED.get(kind, {}).get(name)
    if replaced is not None:
        return replaced.__get__(value)
    raise no_attribute(value, name)


def _arguments(error: BaseException) -> tuple[Any, ...]:
    """What an error was made of; messages that Python wrote may quote objects."""
    return tuple([without_addresses(v) if type(v) is str else v for v in error.args])


def no_attribute(value: Any, name: str) -> AccessError:
    """The error for an attribute that is not there, or not shown, in Python's words."""
    kind = value if isinstance(value, type) else type(value)
    if "_exported_" in kind.__dict__:
        from tcalc.language import absent

        home = f"{kind.__module__}.{kind.__qualname__}"
        if absent.is_known(home, name):
            message, hint = absent.told(f"{home}.{name}")
            return AccessError(message, hint=hint)
    if isinstance(value, type):
        return AccessError(f"type object '{value.__name__}' has no attribute '{name}'")
    return AccessError(f"'{type(value).__name__}' object has no attribute '{name}'")


def reads_natively(kind: type, name: str) -> bool:
    """Whether Python's look-up of a plain name on instances of the type is right as it is."""
    if kind.__flags__ & _HEAP and is_users(kind):
        return not any(_hides(base, name) for base in kind.__mro__)
    if name in shown_by(kind):
        return True
    return (
        is_open(kind)
        and not name.startswith("_")
        and not any(name in base.__dict__ for base in kind.__mro__)
    )


_HEAP = 1 << 9


def _hides(base: type, name: str) -> bool:
    """Whether a class that is not a program's has the name and does not show it."""
    if base is object or is_users(base):
        return False
    if name in base.__dict__.get("_hidden_", ()):
        return True
    return name in base.__dict__ and name not in shown_by(base)


def shown_by(kind: type) -> frozenset[str]:
    """The plain names that instances of a type that is not a program's show natively."""
    table = NATIVE.get(kind)
    if table is None and is_numpys(kind):
        # An array came from a tensor before the program mentioned NumPy.
        from tcalc.language import arrays  # noqa: F401 (it fills NATIVE)

        table = NATIVE.get(kind)
    if table is None:
        table = _NOTHING.union(
            *(_declared(b) for b in kind.__mro__ if not is_users(b)),
            *(EXCEPTIONS.get(b, ()) for b in kind.__mro__),
        )
        if not is_users(kind):
            NATIVE[kind] = table
    return table


def _declared(kind: type) -> Iterable[str]:
    """What a class of the runtime's says that it shows, and its ops."""
    public: Iterable[str] | None = kind.__dict__.get("_public_")
    if public is None:
        return ()
    if issubclass(kind, BaseException):
        return public
    from tcalc.runtime.base import registry

    return (*public, *registry.names(kind.__name__))


def _read_special(value: Any, kind: type, name: str) -> Any:
    if name == "__class__":
        return program_type(value)
    is_class = issubclass(kind, type)
    if name == "__name__" and (is_class or kind in FUNCTIONS):
        return str(value.__name__)
    if name == "__doc__":
        text = value.__doc__ if is_class or kind in FUNCTIONS else kind.__doc__
        return text if type(text) is str else None
    if name == "__dict__" and not is_class and _shows_own(kind):
        return Attributes(own_attributes(value), partial(store, value), partial(_discard, value))
    if name in SPECIAL:
        owner = _owner(value.__mro__ if is_class else kind.__mro__, name)
        if owner is not None and (is_users(owner) or _lends(kind if not is_class else value)):
            return _special_of(owner, value, name)
    raise no_attribute(value, name)


def _shows_own(kind: type) -> bool:
    """Whether programs may read `__dict__` of instances of the type."""
    if is_users(kind):
        return bool(kind.__dictoffset__)
    owner = _owner(kind.__mro__, "_shows_own_")
    return owner is not None and not is_users(owner)


def own_attributes(value: Any) -> dict[str, Any]:
    """A copy of the attributes of an instance's own that a program may read."""
    own, kind = object.__getattribute__(value, "__dict__"), type(value)
    return {
        name: own[name] for name in list(own) if not is_special(name) and reads_natively(kind, name)
    }


def _owner(classes: Iterable[type], name: str) -> type | None:
    """The first of the classes that has the name itself."""
    for base in classes:
        if name in base.__dict__:
            return base
    return None


def _lends(kind: type) -> bool:
    """Whether a type's special methods may be called by name."""
    return kind in _BUILT_IN or is_users(kind) or is_open(kind) or issubclass(kind, Exception)


_BUILT_IN = frozenset(k for k in NATIVE if k is not property)


def _special_of(owner: type, value: Any, name: str) -> Any:
    """A special method found in `owner`, as `value` (an instance, a class, super()) has it."""
    if not is_users(owner):
        if name in _UNREACHABLE or (owner in UNCHECKED and name == "__init__"):
            raise no_attribute(value, name)
        if name in ("__setattr__", "__getattr__"):
            return _checked(owner, value, name)
        make = _TOLD.get(name)
        if make is not None and owner.__dict__[name] is not None:
            return _bound(value, make(owner.__dict__[name]), name)
        if isinstance(value, type):
            return _of_class(owner, name, getattr(value, name))
    return getattr(value, name)


def _checked(owner: type, value: Any, name: str) -> Any:
    """`__setattr__` or `__getattr__` of a class that is not a program's, with names checked."""
    function = owner.__dict__[name]

    def call(self: Any, attribute: Any, *new: Any) -> Any:
        kind = type(self)
        if name == "__setattr__":
            _check_writable(self, attribute)
        elif type(attribute) is not str or is_special(attribute):
            raise AccessError(f"'{kind.__name__}' object has no attribute '{attribute!s}'")
        return function(self, attribute, *new)

    return _bound(value, call, name)


def _bound(value: Any, function: Any, name: str) -> Any:
    """A function as the method of an instance, or of what `super()` is of; of a class, as it is."""
    function.__name__ = function.__qualname__ = name
    if type(value) is super:
        return function.__get__(_super_self(value))
    return function if isinstance(value, type) else function.__get__(value)


# Special methods of classes that are not a program's, in the form that a program gets.
_TOLD: dict[str, Callable[[Any], Any]] = {
    "__repr__": lambda method: lambda self: texts.made_text(self, method(self)),
    "__str__": lambda method: lambda self: texts.made_text(self, method(self)),
    "__hash__": lambda method: lambda self: addresses.hash_by(method, self),
    "__setitem__": lambda method: lambda self, key, item: method(self, key, settled(key, item)),
}


def _read_from_class(cls: type, name: str) -> Any:
    """A plain name read from a class itself."""
    owner = _owner(cls.__mro__, name)
    if owner is not None:
        if is_users(owner):
            return getattr(cls, name)
        if name in shown_by(owner) and type(owner.__dict__[name]) not in _DESCRIPTORS:
            return _of_class(owner, name, getattr(cls, name))
        replaced = REPLACED.get(owner, {}).get(name)
        if replaced is not None:
            return replaced
    elif name in shown_by(cls):
        # An op that no instance has called yet.
        from tcalc.runtime.base import registry

        return registry.lookup(f"{cls.__name__}.{name}")
    raise no_attribute(cls, name)


def _of_class(owner: type, name: str, found: Any) -> Any:
    """What a class of ours has: a method of it takes only instances, as methods in C do."""
    function = owner.__dict__[name]
    if type(function) is not FunctionType or found is not function or name in _FIRST_IS_CLASS:
        return found
    made = _methods.get(function)
    if made is None:
        made = _methods[function] = _checking(owner, function)
    return made


# Static methods without saying so.
_FIRST_IS_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_methods: dict[FunctionType, FunctionType] = {}


def _checking(owner: type, function: FunctionType) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], owner):
            raise TypeError(
                f"'{function.__name__}' of '{owner.__name__}' objects doesn't apply to a "
                f"'{type(args[0]).__name__}' object"
            )
        return function(*args, **kwargs)

    return update_wrapper(call, function)


# What stands in a class for an instance's attribute; a class of ours does not show it itself.
_DESCRIPTORS = frozenset({property, GetSetDescriptorType, MemberDescriptorType})
_super_class = super.__dict__["__self_class__"].__get__
_super_start = super.__dict__["__thisclass__"].__get__
_super_self = super.__dict__["__self__"].__get__


def _begin_again() -> None:
    """What `super(C).__init__()` comes to, as scripts have it: nothing that anyone could see."""


def _read_super(value: Any, name: str) -> Any:
    start, kind = _super_start(value), _super_class(value)
    if kind is None and name == "__init__":
        return _begin_again
    if kind is not None:
        order = kind.__mro__
        owner = _owner(order[order.index(start) + 1 :], name)
        if owner is not None:
            if is_special(name):
                # Even a program's class has some that are Python's, such as `__dict__`.
                if name in SPECIAL and (is_users(owner) or _lends(kind)):
                    return _special_of(owner, value, name)
            elif name == "args" and owner is BaseException:
                return _arguments(_super_self(value))
            elif is_users(owner) or name in shown_by(owner):
                return getattr(value, name)
    raise AccessError(f"'super' object has no attribute '{name}'")


def _read_view(value: TypeView, name: str) -> Any:
    if name == "__name__":
        return value.name
    if name == "__class__":
        return program_type(value)
    raise AccessError(f"type object '{value.name}' has no attribute '{name}'")


READERS[super] = _read_super
READERS[TypeView] = _read_view
READERS[type(Text)] = lambda _, name: read(str, name)
LISTERS[type(Text)] = lambda _: visible(str)


# -- writing ------------------------------------------------------------------------------------


def write(value: Any, name: Any, new: Any) -> None:
    """`value.name = new` for a program; AccessError if the type does not let it."""
    writer = WRITERS.get(type(value))
    if writer is not None and type(name) is str:
        writer(value, name, new)
        return
    _check_writable(value, name)
    setattr(value, name, new)


def delete(value: Any, name: Any) -> None:
    """`del value.name` for a program; AccessError if the type does not let it."""
    _check_writable(value, name)
    delattr(value, name)


def store(value: Any, name: str, new: Any) -> None:
    """`value.__dict__[name] = new`: it passes by a program's own `__setattr__`."""
    _check_writable(value, name)
    ours = [base for base in type(value).__mro__ if not is_users(base)]
    if any(name in shown_by(base) for base in ours):
        # What a class of ours keeps there it checks, as when it is assigned.
        assign: Any = ours[0].__setattr__
        assign(value, name, new)
    else:
        object.__getattribute__(value, "__dict__")[name] = new


def _discard(value: Any, name: str) -> None:
    """`del value.__dict__[name]`, in the same way."""
    _check_writable(value, name)
    del object.__getattribute__(value, "__dict__")[name]


def _check_writable(value: Any, name: Any) -> None:
    if type(name) is not str:
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    kind = type(value)
    if is_special(name):
        raise AccessError(f"'{name}' of '{kind.__name__}' object cannot be assigned to")
    if kind is type:
        if not is_users(value):
            raise AccessError(f"cannot set '{name}' attribute of immutable type '{value.__name__}'")
        if any(_hides(base, name) for base in value.__mro__):
            raise no_attribute(value, name)
    elif writes_natively(kind, name):
        _add(native_writers(name), kind)
    elif name in shown_by(kind) or name in REPLACED.get(kind, ()):
        raise AccessError(f"'{kind.__name__}' object attribute '{name}' is read-only")
    else:
        raise no_attribute(value, name)


def writes_natively(kind: type, name: str) -> bool:
    """Whether Python's own assignment to a plain name of instances of the type is right."""
    if is_users(kind):
        return reads_natively(kind, name)
    if any(name in b.__dict__.get("_writable_", ()) for b in kind.__mro__):
        return reads_natively(kind, name)
    return (
        is_open(kind)
        and not name.startswith("_")
        and not any(name in base.__dict__ for base in kind.__mro__)
    )


class Target:
    """Stands for a value whose attribute is a target: a program's `x.name` assigned or deleted."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        _put(self, value)

    def __getattribute__(self, name: str) -> Any:
        return read(_take(self), name)

    def __setattr__(self, name: str, new: Any) -> None:
        write(_take(self), name, new)

    def __delattr__(self, name: str) -> None:
        delete(_take(self), name)


_take = Target.__dict__["value"].__get__
_put = Target.__dict__["value"].__set__


# -- for others ---------------------------------------------------------------------------------


def visible(value: Any) -> list[str]:
    """The plain names that a value shows, sorted; nothing of the program runs."""
    kind = type(value)
    lister = LISTERS.get(kind)
    if lister is not None:
        return sorted(lister(value))
    names: set[str] = set()
    classes = value.__mro__ if issubclass(kind, type) else kind.__mro__
    for base in classes:
        if is_users(base):
            names.update(n for n in base.__dict__ if n.isidentifier() and not is_special(n))
        else:
            names |= shown_by(base)
            names.update(REPLACED.get(base, ()))
    if is_users(kind) or is_open(kind):
        own = object.__getattribute__(value, "__dict__")
        hidden = {h for b in classes for h in b.__dict__.get("_hidden_", ()) if not is_users(b)}
        names.update(n for n in own if n not in hidden and not n.startswith("_"))
        lister = _owner(classes, "_listed_")
        if lister is not None and not is_users(lister):
            names.update(lister.__dict__["_listed_"](value))
    return sorted(names)


def _add(kinds: set[type], kind: type) -> None:
    if len(kinds) >= _MOST_TYPES:
        kinds.clear()
    kinds.add(kind)
