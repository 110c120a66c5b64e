"""What values look like as text, for programs and their users: Python's text without addresses.

Python writes objects that have no text of their own as `<function f at 0x7f…>`. What is left here
is `<function f>`, also within containers. Text that a program made itself is left as it is.
"""

from __future__ import annotations

from types import FunctionType

from tcalc.errors import without_addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    _F = TypeVar("_F", bound=Callable[..., str])

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# What addresses follow in the texts that Python makes.
MARK = " at 0x"


def repr_of(value: object, /) -> str:
    """repr(object) -> the object as text, as it would be written in a program

    >>> repr_of([len, "at 0x7f5ac31b04a0"]), repr_of([repr_of])
    ("[<built-in function len>, 'at 0x7f5ac31b04a0']", '[<function repr_of>]')
    """
    text = repr(value)
    return _cleaned(value, text) if MARK in text else text


def str_of(value: object, /) -> str:
    """The object as text, as it is printed."""
    if type(value) is str:
        return value
    text = str(value)
    return _cleaned(value, text, "__str__") if MARK in text else text


def telling(pairs: Callable[[Any], Iterable[tuple[str, Any]]]) -> Callable[[_F], _F]:
    """A `__repr__` of which it is known what it tells: the names and values that `pairs` gives."""

    def mark(method: _F) -> _F:
        method._pairs_ = pairs  # type: ignore[attr-defined]  # a function takes any
        return method

    return mark


def told(value: object) -> Iterable[tuple[str, object]] | None:
    """The names and values that an object's `__repr__` tells, None where that is not known."""
    method: Any = type(value).__repr__
    pairs = getattr(method, "_pairs_", None)
    return None if pairs is None or is_programs(method) else list(pairs(value))


def ascii_of(value: object, /) -> str:
    """The object as repr gives it, in ASCII."""
    return ascii(_Written(repr_of(value)))


def made_text(value: object, text: str) -> str:
    """The text that a method of a value made, which a program asked for by its name."""
    return without_addresses(text) if type(value) is not str else text


def formatted(value: object, spec: str) -> str:
    """The object by a format spec; without one, as it is printed."""
    text = format(value, spec)
    if MARK in text and not spec and type(value) is not str:
        return _cleaned(value, text, "__format__", "__str__")
    return text


class _Written:
    """Its repr is a text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _cleaned(value: Any, text: str, *methods: str) -> str:
    """Text of a value, which holds what may be addresses, without them.

    methods: those that made it where the type has them; `object` asks the next for it, and
    `__repr__` last.
    """
    kind = type(value)
    made = [getattr(kind, name) for name in methods if _has(kind, name)] or [kind.__repr__]
    if kind is str or is_programs(made[0]):
        return text
    if made[0] is not kind.__repr__:
        return without_addresses(text)
    if kind is FunctionType and not is_programs(value):
        # In which function of ours it was made says nothing to others.
        own = value.__qualname__
        return f"<function {value.__name__ if '<locals>' in own else own}>"
    write = _CONTAINERS.get(kind.__repr__)
    if write is not None:
        return write(value)
    return without_addresses(text)


def _has(kind: type, name: str) -> bool:
    """Whether a type has a method that is not object's."""
    return getattr(kind, name) is not getattr(object, name)


def is_programs(method: object) -> bool:
    """Whether a method is a program's: its code's file name is more than text."""
    return type(method) is FunctionType and type(method.__code__.co_filename) is not str


# -- containers, whose strings are nobody's addresses ---------------------------------------------

# The containers that are being written, by id.
_open: set[int] = set()


def _within(cut: str, write: Callable[[Any], str]) -> Callable[[object], str]:
    """The writer of a container, which writes `cut` for one that holds itself."""

    def written(value: object) -> str:
        if id(value) in _open:
            return cut
        _open.add(id(value))
        try:
            return write(value)
        finally:
            _open.discard(id(value))

    return written


def _parts(value: Iterable[object]) -> Iterator[str]:
    return (repr_of(part) for part in list(value))


def _tuple(value: tuple[object, ...]) -> str:
    return f"({', '.join(_parts(value))}{',' if len(value) == 1 else ''})"


def _dict(value: dict[object, object]) -> str:
    pairs = [f"{repr_of(key)}: {repr_of(item)}" for key, item in list(dict.items(value))]
    return f"{{{', '.join(pairs)}}}"


def _set(value: set[object] | frozenset[object]) -> str:
    parts = f"{{{', '.join(_parts(value))}}}"
    return parts if type(value) is set else f"{type(value).__name__}({parts})"


# By the method that writes them, which classes derived from them share.
_CONTAINERS: dict[Any, Callable[[Any], str]] = {
    list.__repr__: _within("[...]", lambda value: f"[{', '.join(_parts(value))}]"),
    tuple.__repr__: _within("(...)", _tuple),
    dict.__repr__: _within("{...}", _dict),
    set.__repr__: _within("set(...)", _set),
    frozenset.__repr__: _within("frozenset(...)", _set),
}
