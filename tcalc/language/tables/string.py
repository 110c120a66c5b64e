"""`string`: sets of letters, and templates that look up no attributes."""

from __future__ import annotations

import re
import string

from tcalc.language.lent import Lent, lend, need_text
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_FIELD = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\}|)")
_LETTERS = (
    "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits",
    "printable", "punctuation", "whitespace",
)  # fmt: skip


def capwords(s: str, sep: str | None = None) -> str:
    """Each word with a capital letter in front"""
    return string.capwords(need_text("a text", s), sep)


class Template(Lent):
    """A text with $names, which values take the place of"""

    __slots__ = ("template",)
    _public_ = frozenset({"safe_substitute", "substitute", "template"})

    def __init__(self, template: str) -> None:
        self.template = need_text("a template", template)

    def substitute(self, mapping: Any = None, /, **kws: Any) -> str:
        """The text with a value for each name"""
        return self._filled(mapping, kws, False)

    def safe_substitute(self, mapping: Any = None, /, **kws: Any) -> str:
        """The same; names that have no value stay as they are"""
        return self._filled(mapping, kws, True)

    def _filled(self, mapping: Any, kws: dict[str, Any], safe: bool) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match[2] or match[3]
            if match[1] or (safe and name is None):
                return "$"
            if name is None:
                raise ValueError(f"Invalid placeholder in string: character {match.start()}")
            try:
                return str_of((kws if name in kws or mapping is None else mapping)[name])
            except KeyError:
                if safe:
                    return match[0]
                raise

        return _FIELD.sub(fill, self.template)


def members() -> dict[str, Any]:
    """What programs find in it."""
    letters = {name: getattr(string, name) for name in _LETTERS}
    return {**letters, **lend("string", Template), "capwords": capwords}
