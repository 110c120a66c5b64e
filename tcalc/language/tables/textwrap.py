"""`textwrap`: lines of a width."""

from __future__ import annotations

import textwrap

from tcalc.language.lent import need_text
from tcalc.language.modules import stands_in
from tcalc.runtime.objects.lists import List, check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_OPTIONS = ("initial_indent", "subsequent_indent", "break_long_words", "drop_whitespace")


def _checked(width: Any, options: dict[str, Any]) -> dict[str, Any]:
    for name, value in options.items():
        if name not in _OPTIONS:
            raise TypeError(f"unexpected keyword argument '{name}'")
        if name.endswith("indent"):
            need_text(name, value)
    check_repeat(1, int(width), "a line")
    return options


def wrap(text: str, width: int = 70, **options: Any) -> List:
    """A text as lines of a width"""
    ready = _checked(width, options)
    return List(textwrap.wrap(need_text("a text", text), int(width), **ready))


def fill(text: str, width: int = 70, **options: Any) -> str:
    """A text in lines of a width"""
    return "\n".join(wrap(text, width, **options))


def dedent(text: str) -> str:
    """A text without the blanks that all of its lines begin with"""
    return textwrap.dedent(need_text("a text", text))


def indent(text: str, prefix: str) -> str:
    """A text with a prefix in front of each line"""
    return textwrap.indent(need_text("a text", text), need_text("a prefix", prefix))


def shorten(text: str, width: int, placeholder: str = " [...]") -> str:
    """A text cut to a width"""
    need_text("a placeholder", placeholder)
    return textwrap.shorten(need_text("a text", text), int(width), placeholder=placeholder)


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(textwrap)
    return {f.__name__: f for f in (wrap, fill, dedent, indent, shorten)}
