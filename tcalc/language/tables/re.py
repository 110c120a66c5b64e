"""`re`: patterns in texts, and in nothing else that has bytes.

CPython's matcher hears of signals, so that a pattern that explodes ends with the program's limits.
"""

from __future__ import annotations

import re
from operator import index

from tcalc.language import attributes, classes
from tcalc.language.lent import need_text
from tcalc.language.modules import stands_in
from tcalc.language.shown import EXCEPTIONS, NATIVE, REPLACED
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_FLAGS = "A ASCII I IGNORECASE M MULTILINE S DOTALL U UNICODE X VERBOSE NOFLAG"
_KNOWN = int(re.A | re.I | re.M | re.S | re.U | re.X)
_MATCH = "end endpos group groupdict groups lastgroup lastindex pos re span start string"


def _compiled(pattern: Any, flags: Any = 0) -> re.Pattern[str]:
    """A pattern that texts are searched with"""
    if type(pattern) is re.Pattern:
        return pattern
    chosen = index(flags)
    if chosen & ~_KNOWN:
        raise ValueError(f"flags may be {_FLAGS.replace(' ', ', ')}")
    return re.compile(need_text("a pattern", pattern), chosen)


def _replacement(value: Any) -> Any:
    """What takes the place of a match: a text, or a function that is given the match."""
    if type(value) is str or callable(value):
        return value
    raise TypeError(f"a replacement must be a str or a function, not {type(value).__name__}")


# -- methods of patterns --------------------------------------------------------------------------


def _finding(name: str, text: str) -> Callable[..., Any]:
    method = getattr(re.Pattern, name)

    def find(self: Any, string: Any, pos: Any = 0, endpos: Any = None) -> Any:
        need_text("what is searched", string)
        end = len(string) if endpos is None else index(endpos)
        found = method(self, string, index(pos), end)
        return List(found) if type(found) is list else found

    find.__name__, find.__doc__ = name, text
    return find


def _sub(self: Any, repl: Any, string: Any, count: Any = 0) -> str:
    """The text with something else in place of each match"""
    need_text("what is searched", string)
    text: str = re.Pattern.sub(self, _replacement(repl), string, index(count))
    return text


def _subn(self: Any, repl: Any, string: Any, count: Any = 0) -> tuple[str, int]:
    """What sub gives, and how many matches there were"""
    need_text("what is searched", string)
    return re.Pattern.subn(self, _replacement(repl), string, index(count))


def _split(self: Any, string: Any, maxsplit: Any = 0) -> List:
    """The parts of a text between matches"""
    return List(re.Pattern.split(self, need_text("what is searched", string), index(maxsplit)))


def _expand(self: Any, template: Any) -> str:
    """A template with what the groups have matched"""
    text: str = re.Match.expand(self, need_text("a template", template))
    return text


_METHODS: dict[str, Callable[..., Any]] = {
    "search": _finding("search", "The first match in a text, or None"),
    "match": _finding("match", "The match at the beginning of a text, or None"),
    "fullmatch": _finding("fullmatch", "The match that is all of a text, or None"),
    "findall": _finding("findall", "All matches in a text, or their groups"),
    "finditer": _finding("finditer", "All matches in a text, one by one"),
    "sub": _sub,
    "subn": _subn,
    "split": _split,
}


def _read(value: Any, name: str) -> Any:
    method = _METHODS.get(name)
    if method is not None:
        return method.__get__(value)
    if name in ("flags", "groups", "pattern"):
        return getattr(value, name)
    if name == "groupindex":
        return dict(value.groupindex)
    if name == "__class__":
        return classes.program_type(value)
    raise attributes.no_attribute(value, name)


# -- the functions of the module ------------------------------------------------------------------


def search(pattern: Any, string: str, flags: Any = 0) -> re.Match[str] | None:
    """The first match in a text, or None"""
    return _compiled(pattern, flags).search(need_text("what is searched", string))


def match(pattern: Any, string: str, flags: Any = 0) -> re.Match[str] | None:
    """The match at the beginning of a text, or None"""
    return _compiled(pattern, flags).match(need_text("what is searched", string))


def fullmatch(pattern: Any, string: str, flags: Any = 0) -> re.Match[str] | None:
    """The match that is all of a text, or None"""
    return _compiled(pattern, flags).fullmatch(need_text("what is searched", string))


def findall(pattern: Any, string: str, flags: Any = 0) -> List:
    """All matches in a text, or their groups"""
    return List(_compiled(pattern, flags).findall(need_text("what is searched", string)))


def finditer(pattern: Any, string: str, flags: Any = 0) -> Iterator[re.Match[str]]:
    """All matches in a text, one by one"""
    return _compiled(pattern, flags).finditer(need_text("what is searched", string))


def sub(pattern: Any, repl: Any, string: str, count: Any = 0, flags: Any = 0) -> str:
    """The text with something else in place of each match"""
    return _sub(_compiled(pattern, flags), repl, string, count)


def subn(pattern: Any, repl: Any, string: str, count: Any = 0, flags: Any = 0) -> tuple[str, int]:
    """What sub gives, and how many matches there were"""
    return _subn(_compiled(pattern, flags), repl, string, count)


def split(pattern: Any, string: str, maxsplit: Any = 0, flags: Any = 0) -> List:
    """The parts of a text between matches"""
    return _split(_compiled(pattern, flags), string, maxsplit)


def escape(pattern: str) -> str:
    """A pattern that fits exactly a text"""
    return re.escape(need_text("a text", pattern))


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(re)
    NATIVE[re.Match] = frozenset(_MATCH.split())
    REPLACED[re.Match] = {"expand": _expand}
    NATIVE[re.Pattern] = frozenset({"flags", "groups", "pattern", "groupindex"})
    REPLACED[re.Pattern] = _METHODS
    attributes.READERS[re.Pattern] = _read
    EXCEPTIONS[re.error] = frozenset({"colno", "lineno", "msg", "pattern", "pos"})
    functions = (
        search, match, fullmatch, findall, finditer, sub, subn, split, escape,
    )  # fmt: skip
    made: dict[str, Any] = {function.__name__: function for function in functions}
    made.update({name: int(getattr(re, name)) for name in _FLAGS.split()})
    kinds = {"Pattern": re.Pattern, "Match": re.Match}
    made.update({name: classes.view_of(kind) for name, kind in kinds.items()})
    return {**made, "compile": _compiled, "error": re.error, "PatternError": re.error}
