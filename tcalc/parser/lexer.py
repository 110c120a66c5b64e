"""From text to tokens.

One regular expression cuts the whole text into pieces in a single call; a piece is a token with
the blanks after it, or a line's end with all blank lines after it and the next line's indentation.
What a piece is depends on its text alone, so each distinct piece is classified once and the rest
is look-ups. Only pieces whose meaning depends on the place (line ends, brackets, f-strings,
errors) are then gone through one by one.

The lexer raises nothing: what is wrong becomes an ERROR token that the parser meets in its turn.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, compress, repeat
from operator import add

from tcalc.parser.literals import number
from tcalc.parser.patterns import BLANK_LINES, PIECE, WHOLE_NUMBER
from tcalc.parser.tokens import (
    AUGMENTED,
    CLOSERS,
    DEDENT,
    END,
    ERROR,
    INDENT,
    KEYWORDS,
    NAME,
    NEWLINE,
    NUMBER,
    OPERAND_ENDS,
    OPERATORS,
    STATEMENT_KEYWORDS,
    STRING,
    LexError,
    Tokens,
)

COMMENT = "COMMENT"
CONTINUATION = "CONTINUATION"
FSTRING = "FSTRING"
_SPECIAL = frozenset(["(", "[", "{", ")", "]", "}", NEWLINE, COMMENT, CONTINUATION, FSTRING, ERROR])
_BLANKS = " \t\f"
_FIXED = {sign: sign for sign in (*OPERATORS, *KEYWORDS, "...")} | {"\n": NEWLINE}

MAX_INT_DIGITS = 100_000
_MAX_INDENTS = 99
_MAX_REWINDS = 100  # each goes through the rest of the text again


class _Kinds(dict[str, str]):
    """The kind of each distinct piece without its blanks; asking for a new one classifies it."""

    __slots__ = ("normal", "numbers")

    def __init__(self) -> None:
        super().__init__(_FIXED)
        self.numbers: dict[str, int | float | complex] = {}
        self.normal: dict[str, str] = {}  # of the names that are written otherwise

    def __missing__(self, value: str) -> str:
        if value.isascii() and value.isidentifier():
            kind = NAME
        elif value.isascii() and value.isdigit() and value[0] != "0" and len(value) < 100:
            kind = NUMBER  # most are such, and many are distinct
            self.numbers[value] = int(value)
        else:
            kind = _classify(value)
            if kind == NAME:
                from unicodedata import normalize

                normal = normalize("NFKC", value)
                if not normal.isidentifier() or normal in KEYWORDS:
                    kind = ERROR
                elif normal != value:
                    self.normal[value] = normal
            elif kind == NUMBER:
                self.numbers[value] = number(value)
        self[value] = kind
        return kind


def _classify(value: str) -> str:
    """The kind of a piece that is none of the fixed ones; one that cannot be used is an ERROR."""
    first = value[:1]
    if first in ("'", '"') or value[1:2] in ("'", '"') or value[2:3] in ("'", '"'):
        prefix = value[: min(at for at in (value.find("'"), value.find('"')) if at >= 0)]
        if not prefix or prefix.isalpha():
            return _classify_string(prefix.lower(), value[len(prefix) :])
    if first.isascii() and (first.isdigit() or (first == "." and len(value) > 1)):
        return NUMBER if _is_number(value) else ERROR
    if first == "#":
        return NEWLINE if "\n" in value or "\r" in value else COMMENT
    if first in ("\n", "\r"):
        return NEWLINE
    if first == "\\" and len(value) > 1:
        return CONTINUATION
    return NAME if value.isidentifier() or not first.isascii() else ERROR


def _classify_string(prefix: str, body: str) -> str:
    quote = body[:3] if body[:3] in ('"""', "'''") else body[:1]
    inside = body[: -len(quote)]
    closed = body.endswith(quote) and len(inside) >= len(quote)
    if closed and (len(inside) - len(inside.rstrip("\\"))) % 2:
        closed = False  # the last quote is escaped
    if not closed or "b" in prefix:
        return ERROR
    return FSTRING if "f" in prefix else STRING


def _is_number(value: str) -> bool:
    if not value.isascii():
        return False
    if value.isdigit():
        return (value[0] != "0" or not value.strip("0")) and len(value) <= MAX_INT_DIGITS
    if value.replace(".", "", 1).isdigit():
        return True
    if WHOLE_NUMBER.match(value) is None:
        return False
    if value.replace("_", "").isdigit():
        return _is_number(value.replace("_", ""))
    return True


def tokenize(text: str, *, recover: bool = True, indented: bool = False) -> Tokens:
    """The tokens of a text, whatever it is.

    recover: where a bracket is never closed, go on with the next line that looks like the start of
    a statement. Without it all that follows is inside the bracket, as for someone still typing.
    indented: the first line's indentation is the margin of all, as of text cut out of a program.
    """
    if "\0" in text:
        at = text.index("\0")
        tokens = Tokens()
        tokens.fail(LexError("a program cannot contain null characters", at, at + 1), at, at + 1)
        tokens.append(NEWLINE, at + 1, at + 1, "")
        tokens.append(END, at + 1, at + 1, "")
        return tokens
    return _Lexer(text, recover, indented).run()


class _Lexer:
    """One text on its way to tokens."""

    def __init__(self, text: str, recover: bool, indented: bool) -> None:
        self.text = text
        self.recover = recover
        self.tokens = tokens = Tokens()
        self.indents = [(0, 0)]  # columns with tabs as eight blanks and as one
        self.brackets: list[tuple[str, int]] = []  # the open ones: raw kind and index of the piece
        self.line = 0  # the piece that the logical line begins with
        self.rewinds = 0
        self.kind_of = kind_of = _Kinds()
        tokens.numbers = kind_of.numbers
        # The text as pieces; the lists run parallel.
        begin = BLANK_LINES.match(text)
        self.begin = begin.end() if begin else 0
        pieces = self.pieces = PIECE.findall(text, self.begin)
        self.starts = list(accumulate(map(len, pieces), initial=self.begin))
        self.values = list(map(str.rstrip, pieces, repeat(_BLANKS)))
        self.ends = list(map(add, self.starts, map(len, self.values)))
        self.kinds = list(map(kind_of.__getitem__, self.values))
        if kind_of.normal:
            self.values = [kind_of.normal.get(value, value) for value in self.values]
        if indented:
            self.indents = [self.indentation(text[: self.begin], 0)]

    def run(self) -> Tokens:
        kinds = self.kinds
        specials = list(compress(range(len(kinds)), map(_SPECIAL.__contains__, kinds)))
        if kinds:
            self.indent(self.begin, self.indentation(self.text[: self.begin], 0))
        done = 0  # pieces before this one are tokens already
        at = 0
        while True:
            for special in specials[at:] if at else specials:
                kind = kinds[special]
                if kind == NEWLINE:
                    if not self.brackets:
                        self.line = special + 1
                        if self.pieces[special] != "\n" or self.indents[-1][0]:
                            done = self.newline(done, special)
                        continue
                    if self.recover and self.kind(special + 1) in STATEMENT_KEYWORDS:
                        self.copy(done, special)
                        done = self.never_closed(special)
                        continue
                elif kind in CLOSERS:
                    self.brackets.append((kind, special))
                    continue
                elif self.brackets and CLOSERS[self.brackets[-1][0]] == kind:
                    self.brackets.pop()
                    continue
                self.copy(done, special)
                done = special + 1
                self.replace(special, kind)
            self.copy(done, len(kinds))
            resume = self.resume_at() if self.brackets and self.recover else None
            if resume is None:
                break
            self.tokens.truncate(bisect_left(self.tokens.starts, self.starts[resume]))
            del self.brackets[bisect_left([piece for _, piece in self.brackets], resume) :]
            done = self.never_closed(resume - 1)
            at = bisect_left(specials, resume)
        self.finish()
        return self.tokens

    def replace(self, special: int, kind: str) -> None:
        """Add what comes in place of a piece: tokens, an error or nothing."""
        text, start, end = self.text, self.starts[special], self.ends[special]
        if kind == FSTRING:
            from tcalc.parser.fstrings import split_fstring

            split_fstring(text, start, end, self.tokens, PIECE, self.kind_of)
        elif kind in _OPENERS:
            self.tokens.fail(self.wrong_closer(kind, special), start, end)
        elif kind == ERROR:
            from tcalc.parser.unreadable import explain

            self.tokens.fail(explain(text, start, end), start, max(end, start + 1))
        elif kind == CONTINUATION and text[start + 1 :] in _LINE_ENDS:
            error = LexError("the text ends after a `\\`", start, start + 1, None, True)
            self.tokens.fail(error, start, start + 1)

    def kind(self, piece: int) -> str:
        """The kind of a piece, END beyond the last."""
        return self.kinds[piece] if piece < len(self.kinds) else END

    def copy(self, first: int, last: int) -> None:
        """Make tokens of the pieces first to last - 1 as they are."""
        tokens = self.tokens
        if last == len(self.kinds) and not first and not tokens.kinds:
            # Nothing is left out or put in: the lists are the tokens, but for a last start.
            tokens.kinds, tokens.values = self.kinds, self.values
            tokens.starts, tokens.ends = self.starts[:last], self.ends
        elif first < last:
            tokens.kinds += self.kinds[first:last]
            tokens.starts += self.starts[first:last]
            tokens.ends += self.ends[first:last]
            tokens.values += self.values[first:last]

    def newline(self, done: int, special: int) -> int:
        """A line's end outside brackets: the next line may be indented otherwise."""
        end = self.starts[special + 1]
        following = self.kind(special + 1)
        if following == END or (following == COMMENT and self.kind(special + 2) == END):
            return done
        column = self.indentation(self.pieces[special], special + 1)
        if column == self.indents[-1]:
            return done
        self.copy(done, special + 1)
        self.indent(end, column)
        return special + 1

    def indentation(self, blanks: str, piece: int) -> tuple[int, int]:
        """The column of a line's first piece; a `\\` at the margin passes it to the next line."""
        column = _columns(blanks)
        while column == (0, 0) and self.kind(piece) == CONTINUATION:
            column = _columns(self.pieces[piece])
            piece += 1
        return column

    def indent(self, at: int, column: tuple[int, int]) -> None:
        """Add what a change of the indentation calls for."""
        width, narrow = column
        indents, tokens = self.indents, self.tokens
        if width > indents[-1][0]:
            if len(indents) > _MAX_INDENTS:
                tokens.fail(LexError("too many levels of indentation", at - narrow, at), at, at)
                return
            consistent = narrow > indents[-1][1]
            indents.append((width, narrow))
            tokens.append(INDENT, at, at, "")
        else:
            while len(indents) > 1 and width <= indents[-2][0]:
                indents.pop()
                tokens.append(DEDENT, at, at, "")
            consistent = narrow == indents[-1][1]
            if width != indents[-1][0]:
                indents[-1] = (width, narrow)
                line = max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1
                tokens.fail(
                    LexError("this indentation does not match any outer level", line, at), at, at
                )
                return
        if not consistent:
            line = max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1
            tokens.fail(LexError("tabs and blanks are mixed in indentation", line, at), at, at)

    def never_closed(self, newline: int) -> int:
        """Report the innermost open bracket at a line's end beyond which it cannot be closed."""
        kind, piece = self.brackets[-1]
        start, at = self.starts[piece], self.starts[newline]
        self.tokens.fail(LexError(f"`{kind}` was never closed", start, start + 1), at, at)
        self.brackets.clear()
        self.line = newline + 1
        return self.newline(newline, newline)

    def wrong_closer(self, kind: str, special: int) -> LexError:
        """A closing bracket that is not the one expected; closes as much as it can."""
        start = self.starts[special]
        if not self.brackets:
            return LexError(f"`{kind}` closes nothing: no bracket is open", start, start + 1)
        opener, piece = self.brackets[-1]
        for depth in range(len(self.brackets) - 1, -1, -1):
            if CLOSERS[self.brackets[depth][0]] == kind:
                del self.brackets[depth:]
                break
        else:
            self.brackets.pop()
        line = 1 + self.text.count("\n", 0, self.starts[piece])
        where = "" if "\n" not in self.text[self.starts[piece] : start] else f" of line {line}"
        return LexError(
            f"`{kind}` does not match `{opener}`{where}: expected `{CLOSERS[opener]}`",
            start,
            start + 1,
        )

    def resume_at(self) -> int | None:
        """The piece at which a statement seems to begin after a bracket that is never closed."""
        self.rewinds += 1
        if self.rewinds > _MAX_REWINDS:
            return None
        kinds = self.kinds
        base = _columns(self.pieces[self.line - 1] if self.line else self.text[: self.begin])
        for index in range(self.brackets[0][1] + 1, len(kinds)):
            if kinds[index - 1] != NEWLINE or _columns(self.pieces[index - 1]) > base:
                continue
            kind = kinds[index]
            before = kinds[index - 2] if index >= 2 else NEWLINE
            if kind in STATEMENT_KEYWORDS or kind == "@":
                return index
            if (kind == NAME or kind in _SOFT_STARTS) and (
                before in OPERAND_ENDS or before == FSTRING or self.kind(index + 1) in _ASSIGNING
            ):
                return index
        return None

    def finish(self) -> None:
        """The end of the text: what is open stays open, then the closing tokens."""
        tokens, end = self.tokens, len(self.text)
        if self.brackets:
            kind, piece = self.brackets[-1]
            start = self.starts[piece]
            tokens.fail(
                LexError(f"`{kind}` was never closed", start, start + 1, None, True), end, end
            )
        if tokens.kinds and tokens.kinds[-1] != NEWLINE:
            tokens.append(NEWLINE, tokens.ends[-1], tokens.ends[-1], "")
        for _ in self.indents[1:]:
            tokens.append(DEDENT, end, end, "")
        tokens.append(END, end, end, "")


_OPENERS = {closer: opener for opener, closer in CLOSERS.items()}
_SOFT_STARTS = frozenset(["if", "for", "from", "yield"])
_LINE_ENDS = ("\n", "\r\n", "\r")
_ASSIGNING = AUGMENTED | {"="}


def _columns(piece: str) -> tuple[int, int]:
    """The indentation at the end of a piece, with tabs as eight blanks and as one."""
    blanks = piece[max(piece.rfind("\n"), piece.rfind("\r")) + 1 :].lstrip("\ufeff")
    if not blanks.strip(" "):
        return len(blanks), len(blanks)
    wide = narrow = 0
    for char in blanks:
        if char == "\f":
            wide = narrow = 0
        else:
            wide = (wide // 8 + 1) * 8 if char == "\t" else wide + 1
            narrow += 1
    return wide, narrow
