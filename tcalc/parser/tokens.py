"""The kinds of tokens, the words and signs of the language, and the lists tokens are kept in."""

from __future__ import annotations

# A keyword's or an operator's kind is its own text; the others have these.
NAME = "NAME"
NUMBER = "NUMBER"
STRING = "STRING"
FSTRING_START = "FSTRING_START"
FSTRING_TEXT = "FSTRING_TEXT"
FSTRING_SPEC = "FSTRING_SPEC"  # text of a format spec, where braces are not doubled
FSTRING_END = "FSTRING_END"
NEWLINE = "NEWLINE"
INDENT = "INDENT"
DEDENT = "DEDENT"
END = "END"
ERROR = "ERROR"

CONSTANTS = {"None": None, "True": True, "False": False, "...": ...}

KEYWORDS = frozenset([
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
    "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if",
    "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield",
])  # fmt: skip

# Keywords no expression can hold: inside a bracket they show that it was never closed.
STATEMENT_KEYWORDS = frozenset([
    "assert", "break", "class", "continue", "def", "del", "except", "finally", "global", "import",
    "nonlocal", "pass", "raise", "return", "try", "while", "with",
])  # fmt: skip

AUGMENTED = frozenset([
    "+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "<<=", ">>=", "&=", "|=", "^=",
])  # fmt: skip

OPERATORS = AUGMENTED | frozenset([
    "+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^", "~", "<", ">", "<=", ">=",
    "==", "!=", "=", ":=", "->", ".", ",", ":", ";", "(", ")", "[", "]", "{", "}",
])  # fmt: skip

# Kinds a token can have that ends an operand, and so cannot have another operand after it.
OPERAND_ENDS = frozenset(
    [NAME, NUMBER, STRING, FSTRING_END, ")", "]", "}", "None", "True", "False", "..."]
)
OPERAND_STARTS = frozenset(
    [NAME, NUMBER, STRING, FSTRING_START, "(", "[", "{", "-", "+", "~", "not", "lambda"]
) | frozenset(CONSTANTS)

CLOSERS = {"(": ")", "[": "]", "{": "}"}


class LexError:
    """What is wrong with the text at an ERROR token; raised only when the parser comes to it."""

    __slots__ = ("end", "hint", "incomplete", "message", "start")

    def __init__(
        self, message: str, start: int, end: int, hint: str | None = None, incomplete: bool = False
    ) -> None:
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint
        self.incomplete = incomplete


class Tokens:
    """The tokens of a text as parallel lists: lists of plain values are read at least cost.

    kinds, starts, ends: what a token is and where. values: its text (a name is normalised).
    errors: by index, what an ERROR token stands for. numbers: by text, what a NUMBER is worth.
    """

    __slots__ = ("ends", "errors", "kinds", "numbers", "starts", "values")

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.values: list[str] = []
        self.errors: dict[int, LexError] = {}
        self.numbers: dict[str, int | float | complex] = {}

    def append(self, kind: str, start: int, end: int, value: str) -> None:
        """Add a token (the lexer's inner loop writes to the lists itself)."""
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)
        self.values.append(value)

    def fail(self, error: LexError, start: int, end: int) -> None:
        """Add an ERROR token at a place; the error itself may point elsewhere."""
        self.errors[len(self.kinds)] = error
        self.append(ERROR, start, end, "")

    def truncate(self, size: int) -> None:
        """Drop every token from an index on."""
        del self.kinds[size:], self.starts[size:], self.ends[size:], self.values[size:]
        self.errors = {at: error for at, error in self.errors.items() if at < size}
