"""What Python's own types show a program: a row a type, everything else is hidden.

`NATIVE` holds names for which Python's own look-up is right. `REPLACED` holds methods that a
program gets in another form: because they would give plain lists, format through attributes, or
make more than fits in memory.
"""

from __future__ import annotations

from collections import defaultdict
from types import (
    BuiltinFunctionType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodType,
    WrapperDescriptorType,
)

from tcalc.runtime.objects.lists import List, check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LIST = "append clear copy count extend index insert pop remove reverse sort"
_DICT = "clear copy fromkeys get items keys pop popitem setdefault update values"
_SET = "copy difference intersection isdisjoint issubset issuperset symmetric_difference union"
_INT = "real imag numerator denominator conjugate bit_length bit_count as_integer_ratio is_integer"

NATIVE: dict[type, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        int: _INT,
        bool: _INT,
        float: "real imag conjugate is_integer as_integer_ratio hex fromhex",
        complex: "real imag conjugate",
        str: "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal "
        "isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join lower "
        "lstrip maketrans partition removeprefix removesuffix replace rfind rindex rpartition "
        "rstrip startswith strip swapcase title translate upper",
        List: _LIST,
        list: _LIST,
        tuple: "count index",
        dict: _DICT,
        defaultdict: _DICT + " default_factory",
        set: _SET + " add clear difference_update discard intersection_update pop remove "
        "symmetric_difference_update update",
        frozenset: _SET,
        range: "count index start stop step",
        slice: "start stop step indices",
        type({}.keys()): "isdisjoint",
        type({}.items()): "isdisjoint",
        type({}.values()): "",
        GeneratorType: "send throw close",
        property: "getter setter deleter",
        object: "",
    }.items()
}

# Attributes of exceptions, each of the class that has them and those derived from it.
EXCEPTIONS: dict[type, frozenset[str]] = {
    BaseException: frozenset({"args"}),
    StopIteration: frozenset({"value"}),
    OSError: frozenset({"errno", "strerror"}),
}

# Types whose values have a `__name__`.
FUNCTIONS = {
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    MethodDescriptorType,
    WrapperDescriptorType,
    type(dict.__dict__["fromkeys"]),
    type([].__add__),
}


def _listed(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method with a List for its list."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return List(method(*args, **kwargs))

    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


def _padded(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method with its width checked against the memory limit."""

    def call(self: str, width: Any, *fill: str) -> Any:
        if type(width) is int:
            check_repeat(4, width, "the string")
        return method(self, width, *fill)

    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


def _expandtabs(self: str, tabsize: int = 8) -> str:
    """Replace tabs by spaces up to the next multiple of tabsize."""
    if type(tabsize) is int:
        check_repeat(4 * max(1, self.count("\t")), tabsize, "the string")
    return self.expandtabs(tabsize)


def _encode(self: str, encoding: str = "utf-8", errors: str = "strict") -> Any:
    """The text as bytes, in an encoding"""
    from tcalc.language.bytestrings import encoded, wrapped

    return wrapped(encoded(self, encoding, errors))


_encode.__name__, _expandtabs.__name__ = "encode", "expandtabs"

REPLACED: dict[type, dict[str, Callable[..., Any]]] = {
    str: {
        "split": _listed(str.split),
        "rsplit": _listed(str.rsplit),
        "splitlines": _listed(str.splitlines),
        "center": _padded(str.center),
        "ljust": _padded(str.ljust),
        "rjust": _padded(str.rjust),
        "zfill": _padded(str.zfill),
        "expandtabs": _expandtabs,
        "encode": _encode,
    },
    list: {"copy": _listed(list.copy)},
}
