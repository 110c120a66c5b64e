"""What was probably meant where a token cannot stand. Loaded only when there is an error."""

from __future__ import annotations

from tcalc.parser import foreign, habits
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
_FOREIGN: dict[tuple[str, ...], tuple[str, str]] = {
    ("&", "&"): ("&&", "write `and`"),
    ("|", "|"): ("||", "write `or`"),
    ("<", ">"): ("<>", "write `!=`"),
    ("==", "="): ("===", "write `==`"),
    ("!=", "="): ("!==", "write `!=`"),
    ("=", ">"): ("=>", "write `>=`, or `lambda x: …` for a function"),
    ("=", "<"): ("=<", "write `<=`"),
    ("+", "+"): ("++", "write `x += 1`"),
    ("-", "-"): ("--", "write `x -= 1`"),
}
_DOUBLED = frozenset([("+", "+"), ("-", "-")])
_SHOWN = {
    NEWLINE: "the end of the line",
    END: "the end of the input",
    INDENT: "an indented line",
    DEDENT: "the end of the block",
    STRING: "a string",
    FSTRING_START: "an f-string",
    FSTRING_END: "the end of the f-string",
}
# Words that begin statements in other languages, and what to write.
_OTHER_WORDS = {
    **dict.fromkeys(["elseif", "elsif"], "write `elif`"),
    **dict.fromkeys(["function", "func", "fn", "fun"], "write `def name(…):`, or `lambda x: …`"),
    **dict.fromkeys(["let", "var", "const", "local"], "an assignment needs no word: `x = …`"),
    "foreach": "write `for x in …:`",
    "unless": "write `if not …:`",
    "until": "write `while not …:`",
    "switch": "write `if … elif …`",
}
_CLAUSES = frozenset(["elif", "else", "except", "finally"])
_CONDITIONS = frozenset(["if", "elif", "while", "assert"])
_NAMES = ("the name", "a name", "a parameter")
_SHORT = 40

# What to say, a hint, and where if it is not about the token itself.
Mistake = tuple[str, str | None, tuple[int, int] | None]


def diagnose(text: str, tokens: Tokens, pos: int, expected: str) -> Mistake:
    """The error for the token at `pos`, where `expected` should be."""
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    kind = kinds[pos]
    before = kinds[pos - 1] if pos else NEWLINE
    message = f"expected {expected}, found {_SHOWN.get(kind) or f'`{tokens.values[pos]}`'}"
    if kind in ("async", "await"):
        return f"`{kind}` is not part of the language", None, None
    for at in (pos, pos - 1):  # the second half is here, or both halves were taken already
        pair = tuple(kinds[at - 1 : at + 1]) if at else ()
        if pair in _FOREIGN and ends[at - 1] == starts[at] and (at == pos or pair in _DOUBLED):
            sign, hint = _FOREIGN[pair]
            return f"`{sign}` is not an operator", hint, (starts[at - 1], ends[at])
    first = _statement_start(tokens, pos)
    elsewhere = foreign.hint(text, tokens, pos, first, expected)
    if elsewhere is not None:
        return message, elsewhere, None
    if kinds[first] == NAME and first == pos - 1:
        mistake = _first_word(text, tokens, first)
        if mistake is not None:
            return mistake
    if kind in _CLAUSES and first == pos:
        elif_hint = "write `elif` after an `if`" if kinds[pos + 1] == "if" else None
        return f"`{kind}` belongs to no statement before it", elif_hint, None
    if kind == "=" and before in KEYWORDS and before not in OPERAND_ENDS:
        where = (starts[pos - 1], ends[pos - 1])
        return f"`{before}` is a keyword and cannot be a name", f"write `{before}_`", where
    if kind == "=":
        if kinds[first] in _CONDITIONS and "`:`" in expected:
            message = f"`=` cannot stand in the condition of `{kinds[first]}`"
        return message, "to compare, write `==`", None
    if kind == ":=":
        return message, "write `=`, or put parentheses around it", None
    if kind == "if" and before == "else":
        return message, "write `elif`", None
    if kind in KEYWORDS and (
        expected.startswith(_NAMES) or (kinds[pos + 1] == "=" and before in ("(", ","))
    ):
        return f"`{kind}` is a keyword and cannot be a name", f"write `{kind}_`", None
    if "`:`" in expected:
        head = text[tokens.starts[first] : tokens.ends[pos - 1]]
        if kind == NEWLINE and len(head) <= _SHORT and "\n" not in head:
            return message, f"write `{head}:`", None
        if kind == "{":
            return message, "a block is written with `:` and indentation", None
        if tokens.values[pos] in ("then", "do"):
            return message, f"write `:` for `{tokens.values[pos]}`", None
    elif before in OPERAND_ENDS and kind in OPERAND_STARTS:
        return message, _juxtaposed(tokens, pos), None
    if kind in ("lambda", "not"):
        return message, f"put parentheses around `{kind} …`", None
    return message, None, None


def _first_word(text: str, tokens: Tokens, first: int) -> Mistake | None:
    """A statement that begins with a name and goes on as if that were a keyword."""
    word, kind = tokens.values[first], tokens.kinds[first + 1]
    place = (tokens.starts[first], tokens.ends[first])
    if kind not in OPERAND_STARTS and kind not in KEYWORDS:
        return None
    if word in ("print", "exec"):
        rest = text[tokens.starts[first + 1] : _statement_end(tokens, first)]
        if len(rest) > _SHORT or "\n" in rest:
            rest = "…"
        return f"`{word}` is a function", f"write `{word}({rest})`", place
    if word in ("match", "type"):
        return f"there is no `{word}` statement", None, place
    if word in _OTHER_WORDS:
        return f"`{word}` is not a keyword", _OTHER_WORDS[word], place
    rest = text[tokens.starts[first + 1] : _statement_end(tokens, first)]
    told = habits.of_words(word, rest if len(rest) <= _SHORT else "")
    if told is not None:
        return f"`{word}` is no command here", told, place
    near = closest(word, sorted(KEYWORDS))
    if near is not None:
        return f"`{word}` is not a keyword", f"did you mean `{near}`?", place
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
    first = pos - 1
    if (
        before == NAME
        and first == _statement_start(tokens, pos)
        and tokens.ends[first] < tokens.starts[pos]
    ):
        argument = tokens.values[pos]
        alone = kind in (NAME, NUMBER) and tokens.ends[pos] == _statement_end(tokens, first)
        return f"a call is written `{tokens.values[first]}({argument})`" if alone else None
    return None


def _statement_start(tokens: Tokens, pos: int) -> int:
    """The first token of the statement that a token is in."""
    kinds = tokens.kinds
    while pos and kinds[pos - 1] not in (NEWLINE, INDENT, DEDENT, ";"):
        pos -= 1
    return pos


def _statement_end(tokens: Tokens, pos: int) -> int:
    """Where a statement's text ends."""
    while tokens.kinds[pos + 1] not in (NEWLINE, END, ";"):
        pos += 1
    return tokens.ends[pos]
