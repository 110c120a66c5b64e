"""`json`: values as text, and back."""

from __future__ import annotations

import json

from tcalc.language import attributes
from tcalc.language.jsons import Writer, read
from tcalc.language.lent import need_text
from tcalc.language.modules import stands_in
from tcalc.language.shown import EXCEPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOOKS = ("object_hook", "object_pairs_hook", "parse_constant", "parse_float", "parse_int")


def dumps(obj: Any, **options: Any) -> str:
    """A value as JSON text

    indent: how far each level is set in. sort_keys: keys in order. default: gives for what JSON
    does not have a value that it has.

        json.dumps({"lr": 0.1, "sizes": [2, 3]}, indent=2)
    """
    return "".join(Writer(**options).pieces(obj))


def dump(obj: Any, fp: Any, **options: Any) -> None:
    """Write a value as JSON text into an open file"""
    write = attributes.read(fp, "write")
    write(dumps(obj, **options))


def loads(s: str, **options: Any) -> Any:
    """The value that JSON text says"""
    hooks = {name: value for name, value in options.items() if value is not None}
    for name in hooks:
        if name not in _HOOKS and name != "strict":
            raise TypeError(f"loads() got an unexpected keyword argument '{name}'")
        if name in _HOOKS and not callable(hooks[name]):
            raise TypeError(f"{name} must be a function")
    return read(need_text("JSON", s), hooks)


def load(fp: Any, **options: Any) -> Any:
    """The value that the JSON text in an open file says"""
    return loads(attributes.read(fp, "read")(), **options)


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(json)
    stands_in(json.decoder)
    error = json.JSONDecodeError
    EXCEPTIONS[error] = frozenset({"colno", "doc", "lineno", "msg", "pos"})
    return {"dump": dump, "dumps": dumps, "load": load, "loads": loads, "JSONDecodeError": error}
