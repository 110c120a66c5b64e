"""Where the parser is: the tokens, the place among them, and what surrounds it."""

from __future__ import annotations

from tcalc.errors import ParseError
from tcalc.parser.grammar import MAX_DEPTH, METADATA, METHODS, PICKLED
from tcalc.parser.tokens import DEDENT, END, ERROR, NAME, Tokens
from tcalc.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


# Names of the form `__x__` that may be bound, by scope.
_ALLOWED = {"class": METHODS | PICKLED, "module": METADATA}


class Context:
    """What is around a statement, as far as it decides which statements are allowed.

    scope: `module`, `function` or `class`. loop: `break` and `continue` have a loop.
    star: within an `except*`, with no function between. blocks: nested blocks in this scope.
    """

    __slots__ = ("blocks", "loop", "scope", "star")

    def __init__(
        self, scope: str = "module", loop: bool = False, star: bool = False, blocks: int = 0
    ) -> None:
        self.scope = scope
        self.loop = loop
        self.star = star
        self.blocks = blocks


class Cursor:
    """Reads tokens and raises errors; the base of the parser's classes."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        self.source = source
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.values = tokens.values
        self.numbers = tokens.numbers
        self.pos = 0
        self.depth = 0
        self.context = Context()
        self.last_yield = -1  # where the last yield of this scope began
        self.iterables = 0  # comprehensions whose iterable is being read
        self.scoped = False  # something was seen that needs the scopes to be checked

    def error(
        self,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        *,
        incomplete: bool = False,
    ) -> ParseError:
        span = Span(start, end)
        return ParseError(message, self.source, span, hint=hint, incomplete=incomplete)

    def fail(self, message: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        raise self.error(message, start, end, hint)

    def fail_here(self, message: str, hint: str | None = None) -> NoReturn:
        """An error about the current token, unless the lexer has one to tell there."""
        pos = self.pos
        self.check_readable()
        after = pos
        while self.kinds[after] == DEDENT:
            after += 1
        incomplete = self.kinds[after] == END
        raise self.error(message, self.starts[pos], self.ends[pos], hint, incomplete=incomplete)

    def check_readable(self) -> None:
        """Raise the lexer's error if the current token is one."""
        if self.kinds[self.pos] == ERROR:
            error = self.tokens.errors[self.pos]
            raise self.error(
                error.message, error.start, error.end, error.hint, incomplete=error.incomplete
            )

    def unexpected(self, expected: str) -> NoReturn:
        """The current token is not what can stand here."""
        self.check_readable()
        from tcalc.parser.mistakes import diagnose  # only errors pay for it

        message, hint, place = diagnose(self.source.text, self.tokens, self.pos, expected)
        if place is None:
            self.fail_here(message, hint)
        self.fail(message, *place, hint)

    def expect(self, kind: str, expected: str | None = None) -> None:
        if self.kinds[self.pos] != kind:
            self.unexpected(expected or f"`{kind}`")
        self.pos += 1

    def accept(self, kind: str) -> bool:
        if self.kinds[self.pos] == kind:
            self.pos += 1
            return True
        return False

    def deeper(self) -> None:
        """One level of nesting more; whoever calls this takes it back from `depth`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            pos = self.pos
            self.fail(f"more than {MAX_DEPTH} levels of nesting", self.starts[pos], self.ends[pos])

    def name(self, what: str) -> str:
        """A name, taken as it is."""
        pos = self.pos
        if self.kinds[pos] != NAME:
            self.unexpected(what)
        self.pos = pos + 1
        return self.values[pos]

    def bind(self, name: str, start: int, end: int, *, scope: str | None = None) -> None:
        """Refuse to bind a name of the form `__x__`, but a class's methods and a file's metadata."""
        if name[:2] != "__" or name[-2:] != "__" or len(name) < 5:
            return
        allowed = _ALLOWED.get(scope or self.context.scope, ())
        if name in allowed:
            return
        hint = "special methods can be defined in a class" if name in METHODS else None
        if name == "__slots__":
            hint = "instances keep any attribute; leave `__slots__` out"
        if (scope or self.context.scope) == "class":
            self.fail(f"a class cannot define `{name}`", start, end, hint)
        self.fail(
            f"`{name}` cannot be bound: names of the form `__x__` are reserved", start, end, hint
        )
