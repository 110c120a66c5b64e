"""`format` and `%` for programs: widths are checked, and no address is written."""

from __future__ import annotations

from tcalc.runtime.objects.lists import check_repeat
from tcalc.runtime.objects.texts import MARK, ascii_of, formatted, repr_of, str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Dict = dict[Any, Any]
else:
    _Dict = dict

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# By letter, and by the number that Python's nodes have for it.
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr_of, "s": str_of, "a": ascii_of}


def check_spec(spec: str) -> str:
    """The format spec, if no width or precision in it is beyond the memory limit."""
    digits = ""
    for character in spec + " ":
        if character.isdecimal():
            digits += character
        elif digits:
            if len(digits) > 7:
                check_repeat(1, int(digits[:20]), "the string")
            digits = ""
    return spec


def format_value(value: Any, spec: Any = "", /) -> str:
    """format(value, format_spec='') -> the value as text"""
    if type(spec) is str and len(spec) > 7:
        check_spec(spec)
    return formatted(value, spec)


# What is certainly written without an address.
_PLAIN = frozenset({str, int, float, bool})


def field(value: Any) -> Any:
    """The value of a field of an f-string, or its text where that could hold an address."""
    return value if type(value) in _PLAIN else formatted(value, "")


def check_percent(template: str, values: Any) -> None:
    """Raise LimitError if a width or precision of `template % values` is beyond the limit."""
    check_spec(template)
    if "*" in template:
        for value in values if type(values) is tuple else (values,):
            if type(value) is int:
                check_repeat(1, abs(value), "the string")


def percent(template: Any, values: Any) -> Any:
    """`template % values` where the left side may be text."""
    if type(template) is not str:
        return template % values
    check_percent(template, values)
    text = template % values
    if MARK in text and type(values) is not str:
        return template % _told(values)
    return text


def _told(values: Any) -> Any:
    """What fills a template, with a stand-in for each value that Python writes with an address."""
    if type(values) is tuple:
        return tuple([_told_one(value) for value in values])
    if isinstance(values, dict):
        made = _ToldItems({key: _told_one(value) for key, value in dict.items(values)})
        made.text = str_of(values)
        return made
    return _told_one(values)


def _told_one(value: Any) -> Any:
    short, full = str_of(value), repr_of(value)
    return value if (short, full) == (str(value), repr(value)) else _Told(short, full)


class _Told:
    """Stands for a value with its texts."""

    __slots__ = ("full", "short")

    def __init__(self, short: str, full: str) -> None:
        self.short, self.full = short, full

    def __str__(self) -> str:
        return self.short

    def __repr__(self) -> str:
        return self.full


class _ToldItems(_Dict):
    """Stands for a dict of values, of which a template may take some or all."""

    __slots__ = ("text",)
    text: str

    def __repr__(self) -> str:
        return self.text


class Template(str):
    """Text on the left of a `%`."""

    __slots__ = ()

    def __mod__(self, values: Any) -> Any:
        return percent(str.__str__(self), values)
