"""What was probably meant where a token cannot stand. Loaded only when there is an error."""

from __future__ import annotations

from tcalc.parser.tokens import (
    DEDENT,
    END,
    FSTRING_END,
    FSTRING_START,
    INDENT,
    KEYWORDS,
    NAME,
    NEWLINE,
    NUMBER,
    OPERAND_ENDS,
    OPERAND_STARTS,
    STRING,
    Tokens,
)
from tcalc.suggest import closest

# Operators of other languages, as our tokens: what they are there and what to write here.
_FOREIGN = {
    ("&", "&"): ("&&", "write `and`"),
    ("|", "|"): ("||", "write `or`"),
    ("<", ">"): ("<>", "write `!=`"),
    ("==", "="): ("===", "write `==`"),
    ("!=", "="): ("!==", "write `!=`"),
    ("=", ">"): ("=>", "write `>=`, or `lambda x: …` for a function"),
    ("=", "<"): ("=<", "write `<=`"),
    ("+", "+"): ("++", "write `x += 1`"),
    ("-", "-"): ("--", "write `x -= 1`"),
    ("/", "/="): ("//=", None),
    (":", "="): (":=", None),
}
_SHOWN = {
    NEWLINE: "the end of the line",
    END: "the end of the input",
    INDENT: "an indented line",
    DEDENT: "the end of the block",
    STRING: "a string",
    FSTRING_START: "an f-string",
    FSTRING_END: "the end of the f-string",
}
_ELSE_IF = frozenset(["elseif", "elsif", "elif"])
_WORDS = frozenset(["print", "exec"])

# What to say, a hint, and where if it is not about the token itself.
Mistake = tuple[str, str | None, tuple[int, int] | None]


def diagnose(text: str, tokens: Tokens, pos: int, expected: str) -> Mistake:
    """The error for the token at `pos`, where `expected` should be."""
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    kind = kinds[pos]
    before = kinds[pos - 1] if pos else NEWLINE
    value = tokens.values[pos]
    close = pos > 0 and ends[pos - 1] == starts[pos]
    if kind in ("^", "^="):
        return Mistake(
            f"`{kind}` is not part of the language: it could mean a power or exclusive or",
            "write `**` for a power, `bitwise_xor(a, b)` for exclusive or",
        )
    if kind in ("async", "await"):
        return Mistake(f"`{kind}` is not part of the language")
    if close and (before, kind) in _FOREIGN:
        sign, hint = _FOREIGN[before, kind]
        return Mistake(f"`{sign}` is not an operator here", hint, starts[pos - 1], ends[pos])
    if (
        pos > 1
        and before in ("+", "-")
        and kinds[pos - 2] == before
        and ends[pos - 2] == starts[pos - 1]
    ):
        sign, hint = _FOREIGN[before, before]
        return Mistake(f"`{sign}` is not an operator", hint, starts[pos - 2], ends[pos - 1])
    first = _line_start(tokens, pos)
    if kind == "=" and expected.startswith("`:`"):
        return Mistake("`=` cannot stand in a condition", "to compare, write `==`")
    if kind == "=":
        return Mistake(f"expected {expected}, found `=`", "to compare, write `==`")
    if kind == ":=":
        return Mistake(
            f"expected {expected}, found `:=`", "put parentheses around it, or write `=`"
        )
    if kind == "if" and before == "else":
        return Mistake("expected `:` after `else`, found `if`", "write `elif`")
    word = tokens.values[first] if kinds[first] == NAME else ""
    if first == pos - 1 and word:
        mistake = _first_word(word, kind, value, text, tokens, first)
        if mistake is not None:
            return mistake
    found = _SHOWN.get(kind) or f"`{value}`"
    if kind == NAME and expected.startswith("a"):
        found = f"`{value}`"
    if kind in KEYWORDS and (expected.startswith(("the name", "a name", "a parameter"))):
        return Mistake(f"`{kind}` is a keyword and cannot be a name", f"write `{kind}_`")
    if kind in KEYWORDS and kinds[pos + 1] == "=" and expected == "an expression":
        return Mistake(f"`{kind}` is a keyword and cannot be a name", f"write `{kind}_`")
    if before in KEYWORDS and kind == "=" and first == pos - 1:
        return Mistake(f"`{before}` is a keyword and cannot be a name", f"write `{before}_`")
    if before in OPERAND_ENDS and kind in OPERAND_STARTS:
        return Mistake(f"expected {expected}, found {found}", _juxtaposed(tokens, pos))
    if kind in (":", "lambda") and expected == "an expression" and before == "lambda":
        return Mistake(f"expected {expected}, found {found}")
    if kind == "print" and before == NAME:
        return Mistake(f"expected {expected}, found {found}")
    hint = None
    if kind == "*" and before == "*" and expected == "an expression":
        hint = "write `**` for a power"
    if kind == "lambda" or kind == "not":
        hint = f"put parentheses around `{kind} …`"
    return Mistake(f"expected {expected}, found {found}", hint)


def _first_word(
    word: str, kind: str, value: str, text: str, tokens: Tokens, first: int
) -> Mistake | None:
    """A statement that begins with a name and goes on as if that were a keyword."""
    start, end = tokens.starts[first], tokens.ends[first]
    if kind not in OPERAND_STARTS and kind not in KEYWORDS:
        return None
    if word in _WORDS:
        line_end = _line_end(tokens, first)
        rest = text[tokens.starts[first + 1] : line_end]
        if len(rest) <= 40 and "\n" not in rest:
            return Mistake(f"`{word}` is a function", f"write `{word}({rest})`", start, end)
        return Mistake(f"`{word}` is a function", f"write `{word}(…)`", start, end)
    if word in ("match", "type"):
        return Mistake(f"there is no `{word}` statement", None, start, end)
    if word in _ELSE_IF:
        return Mistake(f"`{word}` is not a keyword", "write `elif`", start, end)
    near = closest(word, sorted(KEYWORDS))
    if near is not None:
        return Mistake(f"`{word}` is not a keyword", f"did you mean `{near}`?", start, end)
    return None


def _juxtaposed(tokens: Tokens, pos: int) -> str | None:
    """Two operands with nothing between them: what is missing."""
    kinds = tokens.kinds
    kind, before = kinds[pos], kinds[pos - 1]
    if before == NUMBER and kind in (NAME, "("):
        return f"write `{tokens.values[pos - 1]} * {tokens.values[pos]}`" if kind == NAME else None
    if before == ")" and kind in (NAME, NUMBER):
        return "to multiply, write `*`"
    depth = 0
    for at in range(pos - 1, -1, -1):
        if kinds[at] in (")", "]", "}"):
            depth += 1
        elif kinds[at] in ("(", "[", "{"):
            depth -= 1
            if depth < 0:
                return "is a comma missing?"
        elif kinds[at] == NEWLINE:
            break
    return None


def _line_start(tokens: Tokens, pos: int) -> int:
    """The first token of the statement that a token is in."""
    kinds = tokens.kinds
    while pos and kinds[pos - 1] not in (NEWLINE, INDENT, DEDENT, ";"):
        pos -= 1
    return pos


def _line_end(tokens: Tokens, pos: int) -> int:
    """Where the text of a statement's line ends."""
    while tokens.kinds[pos + 1] not in (NEWLINE, END, ";"):
        pos += 1
    return tokens.ends[pos]
