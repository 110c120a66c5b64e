"""Formats of times, checked: C's `strftime` takes far more than programs have use for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_DIRECTIVES = frozenset("aAbBcdDeFfGgHIjklmMnpPrRsSTtuUVwWxXyYzZ%")
_LONGEST = 1000


def check_format(text: Any) -> str:
    """A format of times, with nothing but single letters after its `%`; ValueError otherwise."""
    if type(text) is not str:
        raise TypeError(f"a format must be a str, not {type(text).__name__}")
    if len(text) > _LONGEST or "\0" in text:
        raise ValueError("this is no format of a time")
    at = text.find("%")
    while at >= 0:
        letter = text[at + 1 : at + 2]
        if letter == "-":  # without a zero in front
            at += 1
            letter = text[at + 1 : at + 2]
        if not letter or letter not in _DIRECTIVES:
            raise ValueError(f"'%{letter}' is no part of a time")
        at = text.find("%", at + 2)
    return text
