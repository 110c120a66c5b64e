"""Classes: which a program can get hold of, derive from and define.

`type(x)` gives a class only if programs may call it: their own, the named ones of Python and the
exported ones of the runtime. Of anything else (functions, generators, frames, …) it gives a
`TypeView`, which compares, prints and works in isinstance, and can do nothing more.
"""

from __future__ import annotations

import builtins
from functools import partial
from types import FunctionType

from tcalc.errors import AccessError, TcalcError
from tcalc.parser.grammar import METHODS, PICKLED
from tcalc.runtime.base.addresses import hash_of_identity, hashes_by_address
from tcalc.runtime.base.programs import MARK, no_memory
from tcalc.runtime.base.programs import is_open as is_open
from tcalc.runtime.base.programs import is_program as is_program
from tcalc.runtime.base.programs import is_users as is_users
from tcalc.runtime.base.symbols import kind_of
from tcalc.runtime.objects.texts import repr_of, str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# The only special methods that a program's class may define, or reach on an instance or super().
SPECIAL = METHODS
# What Python itself puts into a class body's names.
_IMPLICIT = frozenset(
    """__module__ __qualname__ __doc__ __classcell__ __classdictcell__ __firstlineno__
    __static_attributes__""".split()
)

# What a program's class keeps its body by: special, so no program can read it.
_BODY = "__body__"
_build = builtins.__build_class__
# Those that show any byte of memory as the one that a codec met: CPython believes the place that
# they are made with. Programs have UnicodeError for them.
UNCHECKED = (
    builtins.UnicodeDecodeError, builtins.UnicodeEncodeError, builtins.UnicodeTranslateError,
)  # fmt: skip
# Exceptions that cannot be derived from: the interpreter trusts what a group's `split` returns,
# and diagnostics what our own errors carry.
_CLOSED = (builtins.BaseExceptionGroup, TcalcError, *UNCHECKED)
# Python's classes that programs know by name, so that type() may hand them out; builtins adds them.
NAMED: set[type] = {object}


def is_special(name: str) -> bool:
    """Whether a name is of the form `__x__`."""
    return name[:2] == "__" and name[-2:] == "__" and len(name) > 4


def may_derive(base: object) -> bool:
    """Whether a program's class may have this as a base."""
    return isinstance(base, type) and (
        base is object
        or base is dict
        or is_users(base)
        or (issubclass(base, Exception) and not issubclass(base, _CLOSED))
        or is_open(base)
    )


def build_class(body: Any, name: str, /, *bases: Any, **keywords: Any) -> Any:
    """What a `class` statement of a program runs instead of Python's own.

    Raises TypeError for bases that cannot be derived from and AccessError for special methods
    that a class may not define; both before the class exists.
    """
    if keywords:
        raise TypeError("a class takes bases only, no keywords and no metaclass")
    for base in bases:
        if isinstance(base, Maker):
            if len(bases) > 1:
                raise TypeError(f"a class of {base.name} has no other bases")
            return _build(body, name, metaclass=partial(_make_by, base.make))
    bases = tuple(base for base in bases if not isinstance(base, Hint))
    for base in bases:
        if not may_derive(base):
            shown = base.__name__ if isinstance(base, type) else repr_of(base)
            raise TypeError(f"a class cannot derive from '{shown}'")
    made = _build(body, name, *bases, metaclass=_make)
    setattr(made, _BODY, body)
    return made


def _make(name: str, bases: tuple[type, ...], names: dict[str, Any]) -> type:
    for key in PICKLED:
        names.pop(key, None)
    for key in names:
        if is_special(key) and key not in SPECIAL and key not in _IMPLICIT:
            raise AccessError(f"class '{name}' cannot define '{key}'")
    if "__getattr__" in names:
        names["__getattr__"] = _guarded(names["__getattr__"])
    names[MARK] = True
    # NumPy then refuses operands of this class rather than looking into them, and elements too.
    names["__array_ufunc__"] = None
    names["__array_interface__"] = names["__array_struct__"] = no_memory
    names["__array__"] = _no_element
    if "__getitem__" in names and not any(hasattr(base, "__iter__") for base in bases):
        # Python's own way through items counts wrongly when a method of the items steps on it.
        names.setdefault("__iter__", _items)
    annotated = names.pop("annotated ", None)
    made = type(name, bases, names)
    if annotated:
        _annotations().setdefault(made, annotated)
    if hashes_by_address(made):
        made.__hash__ = hash_of_identity  # type: ignore[assignment]  # object's, which it replaces
    return made


def _make_by(make: Callable[..., Any], name: str, _: object, names: dict[str, Any]) -> Any:
    """What a class statement makes that has fields alone: names with annotations, and defaults."""
    fields = list(dict(names.pop("annotated ", ())))
    others = [key for key in names if key not in _IMPLICIT and key not in fields]
    if others:
        raise AccessError(
            f"class '{name}' cannot define '{others[0]}': it has fields alone",
            hint="@dataclass makes a class that has methods too",
        )
    defaults = [names[field] for field in fields if field in names]
    if any(field not in names for field in fields[len(fields) - len(defaults) :]):
        raise TypeError("a field without a default cannot follow one that has a default")
    return make(name, fields, defaults=defaults)


_noted: Any = None


def _annotations() -> Any:
    """What programs' classes annotate, by class, as long as those live."""
    global _noted
    if _noted is None:
        from weakref import WeakKeyDictionary

        _noted = WeakKeyDictionary()
    return _noted


def body_of(kind: type) -> FunctionType | None:
    """The body of a program's class, with the variables around it; None of what has none."""
    found: FunctionType | None = kind.__dict__.get(_BODY)
    return found


def annotated(kind: type) -> tuple[tuple[str, str], ...]:
    """The names that a program's class annotates in its body, each with its annotation's text."""
    found: tuple[tuple[str, str], ...] = _annotations().get(kind, ())
    return found


def _items(self: Any) -> Iterator[Any]:
    """The items of an object that has only `__getitem__`, as Python goes through them."""
    at = 0
    while True:
        try:
            item = self[at]
        except (IndexError, StopIteration):
            return
        yield item
        at += 1


def _no_element(self: object, *_: object, **__: object) -> None:
    """Arrays of a program's objects would run its methods amid NumPy's loops."""
    raise TypeError(f"NumPy does not take a '{type(self).__name__}'")


def _guarded(lookup: object) -> Any:
    """A program's `__getattr__`, kept from special names: NumPy and copy look those up on any
    instance and would take what they get (`__array_interface__` is a raw memory address).
    """
    if type(lookup) is not FunctionType:
        raise AccessError("'__getattr__' must be a function")

    def __getattr__(self: Any, name: str) -> Any:
        if type(name) is not str or is_special(name):
            raise AccessError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return lookup(self, name)

    return __getattr__


class TypeView:
    """The class of values whose class a program must not call.

    name: its own; or one that tells some of the values of a class from others, as the nodes of a
    graph have.
    """

    __slots__ = ("_some", "kind", "name")

    def __init__(self, kind: type, some: str | None = None) -> None:
        self.kind = kind
        self._some = some
        self.name = some or kind.__name__

    __hash__ = hash_of_identity

    def __repr__(self) -> str:
        known = self._some or getattr(self.kind, "_known_as_", None)
        if known is not None:
            return f"<class '{known}'>"
        # Where a class of ours stands is nobody's affair.
        text, ours, place = repr(self.kind).partition("'tcalc.")
        return f"<class '{place.rpartition('.')[2]}" if ours else text

    def __call__(self, *args: object, **kwargs: object) -> Any:
        raise TypeError(f"cannot create '{self.name}' instances")

    def __instancecheck__(self, value: object) -> bool:
        if self._some is not None:
            return program_type(value) is self
        return isinstance(value, self.kind)

    def __subclasscheck__(self, kind: type) -> bool:
        return self._some is None and issubclass(kind, self.kind)


class Hint:
    """A name of `typing`: annotations are never evaluated, but aliases of types are."""

    __slots__ = ("name",)
    _known_as_ = "type"

    def __init__(self, name: str) -> None:
        self.name = name

    __hash__ = hash_of_identity

    def __repr__(self) -> str:
        return f"typing.{self.name}"

    def __getitem__(self, item: object) -> Hint:
        return self

    def __or__(self, other: object) -> Hint:
        return self

    __ror__ = __or__


class Maker(Hint):
    """A name of `typing` that, as the base of a class, makes one of its fields.

    make: from a class's name, the names of its fields and `defaults` of the last of them.
    """

    __slots__ = ("make",)

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        super().__init__(name)
        self.make = make

    def __call__(self, typename: str, fields: Any = (), /) -> Any:
        """A class of tuples by pairs of a field's name and its type"""
        return self.make(typename, [name for name, _ in fields])


class Ability(Hint):
    """A class of `collections.abc`: it tells what can do something, and has no objects."""

    __slots__ = ("kind",)

    def __init__(self, name: str, kind: type) -> None:
        super().__init__(name)
        self.kind = kind

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self.kind)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.kind)

    def __repr__(self) -> str:
        return f"<class 'collections.abc.{self.name}'>"


def call_members(module: str, members: dict[str, Any]) -> dict[str, Any]:
    """Give what we made for a module's table the names that programs know it by."""
    for name, value in members.items():
        made: Any = getattr(value, "__func__", value)
        # What is Python's says so already, and what has a name of PyTorch's.
        ours = isinstance(made, (FunctionType, type)) and "_exported_" not in made.__dict__
        if ours and made.__module__ != module:
            if "<locals>" in made.__qualname__ or made.__qualname__.startswith("_"):
                made.__name__ = made.__qualname__ = name
            made.__module__ = module
    return members


_views: dict[type | tuple[type, str], TypeView] = {}


class _TypeOfTypes(type):
    def __call__(cls, *args: Any) -> Any:
        if len(args) != 1:
            raise TypeError("type() takes 1 argument")
        return program_type(args[0])

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, (type, TypeView))

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, (type, Type))

    def __repr__(cls) -> str:
        return "<class 'type'>"


class Type(metaclass=_TypeOfTypes):
    """type(object) -> the object's type"""


Type.__name__ = Type.__qualname__ = "type"


class _TypeOfText(type):
    """Lends `str` as it is, but for what it makes of other values: that holds no addresses."""

    def __call__(cls, object: Any = "", *decoding: Any, **more: Any) -> str:
        if decoding or more:  # which reads the memory of an array, be it one of objects
            raise TypeError("decoding is not supported: there are no bytes")
        return str_of(object)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, str)

    def __subclasscheck__(cls, kind: type) -> bool:
        return kind is Text or issubclass(kind, str)

    def __repr__(cls) -> str:
        return "<class 'str'>"


class Text(metaclass=_TypeOfText):
    """The class of text as programs know it"""


Text.__name__ = Text.__qualname__ = "str"
Text.__doc__ = str.__doc__


def show_as(kind: type, view: TypeView) -> TypeView:
    """Let `type(value)` give a view that programs may call, for values of a class of Python's."""
    return _views.setdefault(kind, view)


def program_type(value: object) -> Any:
    """What `type(value)` is for a program."""
    kind = kind_of(value)
    if kind in NAMED or is_users(kind) or is_open(kind):
        return kind
    if issubclass(kind, Exception):
        return UnicodeError if issubclass(kind, UNCHECKED) else kind
    if kind is str:
        return Text
    if kind is type or kind is TypeView or kind is _TypeOfTypes or kind is _TypeOfText:
        return Type
    if "_exported_" in kind.__dict__:
        NAMED.add(kind)
        return kind
    return view_of(kind, value.name() if getattr(kind, "_names_itself_", False) else None)  # type: ignore[attr-defined]  # then it has one


def view_of(kind: type, some: str | None = None) -> TypeView:
    """What stands for a class that programs must not call, or for some of its values."""
    key = kind if some is None else (kind, some)
    view = _views.get(key)
    if view is None:
        view = _views[key] = TypeView(kind, some)
    return view
