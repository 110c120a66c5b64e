"""`unicodedata`: what Unicode says of a character, and forms of texts."""

from __future__ import annotations

import unicodedata

from tcalc.language.lent import need_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NO_DEFAULT: Any = object()


def _letter(chr: Any) -> str:
    if len(need_text("a character", chr)) != 1:
        raise TypeError("need a single Unicode character as parameter")
    text: str = chr
    return text


def normalize(form: str, unistr: str, /) -> str:
    """A text in the form NFC, NFKC, NFD or NFKD"""
    ready: Any = need_text("a form", form)
    return unicodedata.normalize(ready, need_text("a text", unistr))


def is_normalized(form: str, unistr: str, /) -> bool:
    """Whether a text is in the form NFC, NFKC, NFD or NFKD"""
    ready: Any = need_text("a form", form)
    return unicodedata.is_normalized(ready, need_text("a text", unistr))


def category(chr: str, /) -> str:
    """The general category of a character: 'Lu', 'Mn', ..."""
    return unicodedata.category(_letter(chr))


def combining(chr: str, /) -> int:
    """The combining class of a character, 0 where it has none"""
    return unicodedata.combining(_letter(chr))


def decomposition(chr: str, /) -> str:
    """What a character is made of, as codes"""
    return unicodedata.decomposition(_letter(chr))


def east_asian_width(chr: str, /) -> str:
    """How wide a character is: 'W', 'Na', ..."""
    return unicodedata.east_asian_width(_letter(chr))


def name(chr: str, default: Any = _NO_DEFAULT, /) -> Any:
    """The name of a character"""
    found = unicodedata.name(_letter(chr), None)
    if found is None and default is _NO_DEFAULT:
        raise ValueError("no such name")
    return default if found is None else found


def lookup(name: str, /) -> str:
    """The character of a name"""
    return unicodedata.lookup(need_text("a name", name))


def numeric(chr: str, default: Any = _NO_DEFAULT, /) -> Any:
    """The number that a character stands for"""
    found = unicodedata.numeric(_letter(chr), None)
    if found is None and default is _NO_DEFAULT:
        raise ValueError("not a numeric character")
    return default if found is None else found


def members() -> dict[str, Any]:
    """What programs find in it."""
    functions = (
        normalize, is_normalized, category, combining, decomposition, east_asian_width, name,
        lookup, numeric,
    )  # fmt: skip
    return {f.__name__: f for f in functions}
