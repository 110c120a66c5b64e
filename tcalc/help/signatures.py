"""The parameters of anything callable that a program sees, without calling or binding anything."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_VARARGS, _VARKEYWORDS = 0x04, 0x08
_PLAIN = (int, float, complex, bool, str, type(None), type(...))


class Parameter(NamedTuple):
    """One parameter: `default` is the text of its default, or None; star is '', '*' or '**'."""

    name: str
    default: str | None = None
    keyword_only: bool = False
    star: str = ""


def parameters(value: object) -> list[Parameter] | None:
    """The parameters a caller may give, in order, or None where they are not known.

    Ops tell theirs, functions have them in their code, classes take those of `__init__`.

    >>> def f(x, *rest, dim=None): ...
    >>> [p.name for p in parameters(f)]
    ['x', 'rest', 'dim']
    """
    op = getattr(value, "__op__", None) if type(value) is FunctionType else None
    if op is not None:
        return [
            Parameter(
                p.name,
                None if p.variadic or repr(p.default) == "<required>" else _text(p.default),
                p.keyword_only,
                "*" if p.variadic else "",
            )
            for p in getattr(value, "__params__", op.params)
        ]
    if isinstance(value, type):
        init = _found(value, "__init__")
        return _of_function(init, 1) if init is not None else None
    if type(value) is MethodType:
        return _of_function(value.__func__, 1)
    return _of_function(value, 0)


def signature(name: str, value: object) -> str | None:
    """How a call is written, such as `norm(input, p='fro', dim=None)`.

    >>> def f(x, /, *, dim=None): ...
    >>> signature("f", f)
    'f(x, *, dim=None)'
    """
    found = parameters(value)
    return None if found is None else f"{name}({written(found)})"


def written(params: Sequence[Parameter]) -> str:
    """Parameters as they are written between the parentheses."""
    parts: list[str] = []
    starred = False
    for parameter in params:
        if parameter.keyword_only and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.star == "*"
        tail = "" if parameter.default is None else f"={parameter.default}"
        parts.append(f"{parameter.star}{parameter.name}{tail}")
    return ", ".join(parts)


def _of_function(function: object, skip: int) -> list[Parameter] | None:
    if type(function) is not FunctionType:
        return None
    code = function.__code__
    names, count, keywords = code.co_varnames, code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    by_keyword = function.__kwdefaults__ or {}
    first = count - len(defaults)
    found = [
        Parameter(name, _text(defaults[at - first]) if at >= first else None)
        for at, name in enumerate(names[:count])
    ]
    at = count + keywords
    if code.co_flags & _VARARGS:
        found.append(Parameter(names[at], star="*"))
        at += 1
    found += [
        Parameter(name, _text(by_keyword[name]) if name in by_keyword else None, True)
        for name in names[count : count + keywords]
    ]
    if code.co_flags & _VARKEYWORDS:
        found.append(Parameter(names[at], star="**"))
    return found[skip:]


def _text(default: object) -> str:
    """A default's text; never the repr of a tensor, which could cost a computation."""
    if type(default) in _PLAIN:
        return repr(default)
    if type(default) is tuple and all(type(item) in _PLAIN for item in default):
        return repr(default)
    return "..."


def _found(cls: type, name: str) -> object:
    """An attribute of a class as it stands in the tables, unbound."""
    for base in type.__getattribute__(cls, "__mro__"):
        attributes = type.__getattribute__(base, "__dict__")
        if name in attributes:
            value: object = attributes[name]
            return value
    return None
