"""The inside of an f-string as tokens.

An f-string is cut out of the text like any other string, as in Python 3.11, so the quotes around it
cannot be used within it. Its expressions are then cut with the same regular expression as the rest.
"""

from __future__ import annotations

import re

from tcalc.parser.tokens import (
    CLOSERS,
    ERROR,
    FSTRING_END,
    FSTRING_SPEC,
    FSTRING_START,
    FSTRING_TEXT,
    NEWLINE,
    LexError,
    Tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_SPECS = 2  # Python allows an expression within a format spec, and nothing within that


class _Broken(Exception):
    """The f-string cannot be read on; the error is among the tokens."""


def split_fstring(
    text: str,
    start: int,
    end: int,
    tokens: Tokens,
    piece: re.Pattern[str],
    kinds: Mapping[str, str],
) -> None:
    """Add the tokens of the closed f-string at text[start:end]."""
    quote = min(at for at in (text.find("'", start), text.find('"', start)) if at >= 0)
    size = 3 if text.startswith(text[quote] * 3, quote) and end - quote >= 6 else 1
    raw = "r" in text[start:quote].lower()
    tokens.append(FSTRING_START, start, quote + size, text[start : quote + size])
    splitter = _Splitter(text, end - size, raw, tokens, piece, kinds)
    splitter.run(quote + size)
    tokens.append(FSTRING_END, end - size, end, text[end - size : end])


class _Splitter:
    def __init__(
        self,
        text: str,
        stop: int,
        raw: bool,
        tokens: Tokens,
        piece: re.Pattern[str],
        kinds: Mapping[str, str],
    ) -> None:
        self.text = text
        self.stop = stop
        self.raw = raw
        self.tokens = tokens
        self.piece = piece
        self.kinds = kinds

    def run(self, at: int) -> None:
        """All of it, or as far as it can be read."""
        try:
            self.literal(at, 0)
        except _Broken:
            return

    def fail(self, message: str, start: int, end: int, hint: str | None = None) -> _Broken:
        at = max(start, self.tokens.ends[-1])  # tokens stay in order whatever the error points to
        self.tokens.fail(LexError(message, start, end, hint), at, max(at, end))
        return _Broken()

    def literal(self, at: int, level: int) -> int:
        """Text and replacement fields up to the end, or to the `}` that ends a format spec."""
        text, stop = self.text, self.stop
        kind = FSTRING_SPEC if level else FSTRING_TEXT
        begin = at
        while True:
            while at < stop and (char := text[at]) not in "{}":
                if char == "\\" and not self.raw:
                    if text.startswith("\\N{", at):
                        at = text.find("}", at, stop)
                        at = stop if at < 0 else at + 1
                        continue
                    if text[at + 1] not in "{}":
                        at += 1
                at += 1
            at = min(at, stop)
            if at < stop and not level and text.startswith(text[at] * 2, at) and at + 1 < stop:
                at += 2
                continue
            if begin < at:
                self.tokens.append(kind, begin, at, text[begin:at])
            if at == stop or (level and text[at] == "}"):
                return at
            if text[at] == "}":
                raise self.fail(
                    "a single `}` in an f-string", at, at + 1, "write `}}` for a `}` in the text"
                )
            begin = at = self.replacement(at, level)

    def replacement(self, at: int, level: int) -> int:
        """`{` expression, `=`, `!r`, `:` format spec, `}`; returns where the text goes on."""
        text, stop, tokens = self.text, self.stop, self.tokens
        opener = at
        if level >= _MAX_SPECS:
            raise self.fail("replacement fields are nested too deeply", at, at + 1)
        tokens.append("{", at, at + 1, "{")
        brackets: list[str] = []
        at += 1
        while True:
            while at < stop and text[at] in " \t\f\r\n":
                at += 1
            found = self.piece.match(text, at, stop)
            if found is None:
                raise self.fail(
                    "`{` in an f-string was never closed",
                    opener,
                    opener + 1,
                    "write `{{` for a `{` in the text; inside the braces use the other quotes",
                )
            value = found[0].rstrip(" \t\f")
            kind = self.kinds[value]
            end = at + len(value)
            if not brackets:
                if kind == "}":
                    tokens.append(kind, at, at + 1, kind)
                    return at + 1
                if kind in (":", ":="):
                    tokens.append(":", at, at + 1, ":")
                    at = self.literal(at + 1, level + 1)
                    if at == stop:
                        raise self.fail("`{` in an f-string was never closed", opener, opener + 1)
                    tokens.append("}", at, at + 1, "}")
                    return at + 1
                if text[at] == "!" and kind == ERROR:
                    tokens.append("!", at, at + 1, "!")
                    at += 1
                    continue
            if text[at] == "\\":
                raise self.fail("an expression in an f-string cannot contain a `\\`", at, at + 1)
            if text[at] == "#":
                raise self.fail("an expression in an f-string cannot contain a `#`", at, at + 1)
            if kind == "FSTRING":
                split_fstring(text, at, end, tokens, self.piece, self.kinds)
            elif kind == ERROR:
                from tcalc.parser.unreadable import explain

                tokens.fail(explain(text, at, end), at, max(end, at + 1))
                raise _Broken
            elif kind != NEWLINE:
                if kind in CLOSERS:
                    brackets.append(CLOSERS[kind])
                elif kind in (")", "]", "}") and (not brackets or brackets.pop() != kind):
                    raise self.fail(f"`{kind}` closes nothing: no bracket is open", at, end)
                tokens.append(kind, at, end, value)
            at = end
