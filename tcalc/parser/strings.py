"""Strings and f-strings, joined with their neighbours."""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.calls import Calls
from tcalc.parser.literals import BadEscape, unescape
from tcalc.parser.nodes import ExprNode
from tcalc.parser.tokens import (
    FSTRING_END,
    FSTRING_SPEC,
    FSTRING_START,
    FSTRING_TEXT,
    NAME,
    STRING,
)

_CONVERSIONS = {"s": ord("s"), "r": ord("r"), "a": ord("a")}


class Strings(Calls):
    """The rules `strings`, `fstring` and `replacement`."""

    def strings(self) -> ExprNode:
        """One or more string literals beside each other."""
        kinds, starts = self.kinds, self.starts
        begin = self.pos
        parts: list[ExprNode] = []
        joined = False
        while True:
            pos = self.pos
            if kinds[pos] == STRING:
                self.pos = pos + 1
                parts.append(self.plain(pos))
            elif kinds[pos] == FSTRING_START:
                joined = True
                self.pos = pos + 1
                self.fields(parts, FSTRING_TEXT, FSTRING_END, "r" in self.values[pos].lower())
                self.pos += 1
            else:
                break
        start, end = starts[begin], self.ends[self.pos - 1]
        merged = _merge(parts)
        if joined:
            return nodes.JoinedStr(start, end, merged)
        only = merged[0] if merged else parts[0]
        assert isinstance(only, nodes.Constant)
        return nodes.Constant(start, end, only.value)

    def plain(self, pos: int) -> nodes.Constant:
        """The string literal at a token."""
        literal, start = self.values[pos], self.starts[pos]
        at = 0 if literal[0] in "'\"" else 1
        size = 3 if len(literal) >= at + 6 and literal[at] * 3 == literal[at : at + 3] else 1
        text = literal[at + size : -size]
        if "\\" in text or "\r" in text:
            text = self.decoded(text, start + at + size, "r" in literal[:at].lower())
        return nodes.Constant(start, self.ends[pos], text)

    def decoded(self, text: str, start: int, raw: bool) -> str:
        if raw:
            return text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            return unescape(text, start)
        except BadEscape as bad:
            error = bad.error
            self.fail(error.message, error.start, error.end, error.hint)

    def fields(self, parts: list[ExprNode], text: str, stop: str, raw: bool) -> None:
        """Text and replacement fields up to a token, which is left for the caller."""
        kinds = self.kinds
        while (kind := kinds[self.pos]) != stop:
            pos = self.pos
            if kind == text:
                self.pos = pos + 1
                value = self.values[pos]
                if text == FSTRING_TEXT:
                    value = _single_braces(value, raw)
                value = self.decoded(value, self.starts[pos], raw)
                parts.append(nodes.Constant(self.starts[pos], self.ends[pos], value))
            elif kind == "{":
                self.deeper()
                self.replacement(parts, raw)
                self.depth -= 1
            else:
                self.unexpected("the end of the f-string")

    def replacement(self, parts: list[ExprNode], raw: bool) -> None:
        """`{expression=!conversion:spec}`."""
        kinds, starts, ends = self.kinds, self.starts, self.ends
        opener = self.pos
        self.pos = opener + 1
        if kinds[self.pos] in ("}", "!", ":", "="):
            self.unexpected("an expression in the braces")
        begin = self.pos
        if kinds[begin] == "yield":
            value = self.yielded()
        else:
            value = self.expressions()
            if kinds[self.pos] == "for":
                generators = self.comprehension(value, "a generator expression")
                value = nodes.GeneratorExp(value.start, ends[self.pos - 1], value, generators)
        shown = self.accept("=")
        if shown:
            text = self.source.text[ends[opener] : starts[self.pos]]
            parts.append(nodes.Constant(ends[opener], starts[self.pos], text))
        conversion = -1
        if self.accept("!"):
            at = self.pos
            letter = self.values[at] if kinds[at] == NAME else ""
            if letter not in _CONVERSIONS or starts[at] != ends[at - 1]:
                self.check_readable()
                self.fail("only `!r`, `!s` or `!a` can follow", starts[at - 1], ends[at])
            conversion = _CONVERSIONS[letter]
            self.pos = at + 1
            if kinds[self.pos] not in ("}", ":") or starts[self.pos] != ends[at]:
                self.unexpected("`:` or `}` right after the conversion")
        spec: nodes.JoinedStr | None = None
        if self.accept(":"):
            at = self.pos
            inner: list[ExprNode] = []
            self.fields(inner, FSTRING_SPEC, "}", raw)
            spec = nodes.JoinedStr(starts[at], starts[self.pos], _merge(inner))
        elif shown and conversion < 0:
            conversion = _CONVERSIONS["r"]
        if kinds[self.pos] != "}":
            self.unexpected("`}`, `:`, `!r` or an operator")
        self.pos += 1
        parts.append(
            nodes.FormattedValue(starts[opener], ends[self.pos - 1], value, conversion, spec)
        )


def _single_braces(text: str, raw: bool) -> str:
    """Doubled braces as single ones, except around the name in a `\\N{...}`."""
    if raw or "\\N{" not in text:
        return text.replace("{{", "{").replace("}}", "}")
    head, _, rest = text.partition("\\N{")
    name, close, rest = rest.partition("}")
    return _single_braces(head, raw) + "\\N{" + name + close + _single_braces(rest, raw)


def _merge(parts: list[ExprNode]) -> list[ExprNode]:
    """Neighbouring texts as one, empty ones left out."""
    merged: list[ExprNode] = []
    texts: list[nodes.Constant] = []

    def flush() -> None:
        text = "".join([str(part.value) for part in texts])
        if text:
            merged.append(nodes.Constant(texts[0].start, texts[-1].end, text))
        texts.clear()

    for part in parts:
        if isinstance(part, nodes.Constant):
            texts.append(part)
        else:
            flush()
            merged.append(part)
    flush()
    return merged
