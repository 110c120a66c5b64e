"""Tokens for colouring text as it is typed."""

from __future__ import annotations

from tcalc.parser.lexer import tokenize
from tcalc.parser.tokens import (
    DEDENT,
    ERROR,
    FSTRING_END,
    FSTRING_SPEC,
    FSTRING_START,
    FSTRING_TEXT,
    INDENT,
    KEYWORDS,
    NAME,
    NEWLINE,
    NUMBER,
    STRING,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = {
    NAME: "name",
    NUMBER: "number",
    **dict.fromkeys([STRING, FSTRING_START, FSTRING_TEXT, FSTRING_SPEC, FSTRING_END], "string"),
    **dict.fromkeys(KEYWORDS, "keyword"),
}


def highlight_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of everything but blanks, in order, whatever the text is.

    The kinds are `name`, `keyword`, `number`, `string` (one that is not closed, too), `operator`,
    `comment` and `error`. An f-string comes in parts, its expressions as what they are.

    >>> list(highlight_tokens("x # y"))
    [(0, 1, 'name'), (2, 5, 'comment')]
    """
    tokens = tokenize(text, recover=False)
    at = 0
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends):
        if kind in (NEWLINE, INDENT, DEDENT):
            continue  # comments lie in what the next token leaves out
        yield from _comments(text, at, start)
        if kind == ERROR:
            word = text[start:end].lstrip("rRbBfFuU")
            kind = "string" if word[:1] in ("'", '"') else "error"
        else:
            kind = _KINDS.get(kind, "operator")
        if start < end:
            yield start, end, kind
        at = max(at, end)
    yield from _comments(text, at, len(text))


def _comments(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The comments in a stretch of text that holds no tokens."""
    while (start := text.find("#", start, end)) >= 0:
        stop = start
        while stop < end and text[stop] not in "\r\n":
            stop += 1
        yield start, stop, "comment"
        start = stop
