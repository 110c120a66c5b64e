"""JSON text: written and read for programs, as Python's `json` does.

It is written by code of our own: CPython's in C goes on with lists that a program's `default`
has changed meanwhile.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring, encode_basestring_ascii

from tcalc.language.lent import need_text
from tcalc.runtime.objects.lists import List, check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SPECIAL = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


class Writer:
    """Writes values as JSON, in pieces."""

    def __init__(
        self,
        skipkeys: bool = False,
        ensure_ascii: bool = True,
        check_circular: bool = True,
        allow_nan: bool = True,
        cls: None = None,
        indent: int | str | None = None,
        separators: tuple[str, str] | None = None,
        default: Callable[[Any], Any] | None = None,
        sort_keys: bool = False,
    ) -> None:
        """As `json.dumps` takes them; cls: nothing, `default` says how others are written."""
        if cls is not None:
            raise TypeError("json writes with no class of the program's: give default=")
        if indent is not None and type(indent) is not str:
            check_repeat(1, int(indent), "the indent")
            indent = " " * int(indent)
        between = "," if indent is not None else ", "
        item, key = (between, ": ") if separators is None else separators
        self.between, self.after_key = need_text("a separator", item), need_text("a separator", key)
        self.indent: str | None = indent
        self.skips, self.sorts = bool(skipkeys), bool(sort_keys)
        self.allows_nan, self.default = bool(allow_nan), default
        self.text: Callable[[str], str] = (
            encode_basestring_ascii if ensure_ascii else encode_basestring
        )
        # The containers that are being written.
        self.open: set[int] = set()

    def pieces(self, value: Any, level: int = 0) -> Iterator[str]:
        """The text of a value, in pieces."""
        plain = self.plain(value)
        if plain is not None:
            yield plain
            return
        if id(value) in self.open:
            raise ValueError("Circular reference detected")
        self.open.add(id(value))
        try:
            if isinstance(value, (list, tuple)):
                yield from self.items("[]", [("", v) for v in list(value)], level)
            elif isinstance(value, dict):
                yield from self.items("{}", self.pairs(value), level)
            elif self.default is not None:
                yield from self.pieces(self.default(value), level)
            else:
                raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        finally:
            self.open.discard(id(value))

    def items(self, brackets: str, items: list[tuple[str, Any]], level: int) -> Iterator[str]:
        """The text of a container, whose items have texts in front."""
        if not items:
            yield brackets
            return
        start = end = ""
        between = self.between
        if self.indent is not None:
            start = "\n" + self.indent * (level + 1)
            between, end = between + start, "\n" + self.indent * level
        yield brackets[0] + start
        for number, (front, item) in enumerate(items):
            yield (between if number else "") + front
            yield from self.pieces(item, level + 1)
        yield end + brackets[1]

    def pairs(self, value: dict[Any, Any]) -> list[tuple[str, Any]]:
        """The items of a dict, each with its key as text."""
        items = list(dict.items(value))
        if self.sorts:
            items.sort(key=lambda item: item[0])
        made = []
        for key, item in items:
            plain = key if isinstance(key, str) else self.plain(key)
            if plain is not None:
                made.append((self.text(str.__str__(plain)) + self.after_key, item))
            elif not self.skips:
                raise TypeError(
                    f"keys must be str, int, float, bool or None, not {type(key).__name__}"
                )
        return made

    def plain(self, value: Any) -> str | None:
        """The text of what holds nothing else; None of what may."""
        if isinstance(value, str):
            return self.text(value)
        if value is None:
            return "null"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            text = float.__repr__(value)
            if text in _SPECIAL and not self.allows_nan:
                raise ValueError(f"Out of range float values are not JSON compliant: {text}")
            return _SPECIAL.get(text, text)
        return None


def read(text: str, hooks: dict[str, Any]) -> Any:
    """The value that JSON text says. hooks: as `json.loads` takes them, those that are given."""
    ready = dict(hooks)
    pairs, made = ready.pop("object_pairs_hook", None), ready.pop("object_hook", None)
    if pairs is not None:
        ready["object_pairs_hook"] = lambda found: pairs(
            List([(key, _listed(value, False)) for key, value in found])
        )
    elif made is not None:
        ready["object_hook"] = lambda found: made(
            {key: _listed(value, False) for key, value in dict.items(found)}
        )
    found = json.JSONDecoder(**ready).decode(text) if ready else json.loads(text)
    return _listed(found, not (pairs or made))


def _listed(value: Any, into_dicts: bool) -> Any:
    """The same with lists that are a program's."""
    if type(value) is list:
        return List([_listed(v, into_dicts) for v in value])
    if into_dicts and type(value) is dict:
        for key, item in value.items():
            if type(item) is list or type(item) is dict:
                value[key] = _listed(item, True)
    return value
