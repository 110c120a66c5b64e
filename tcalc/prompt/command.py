"""What a `:` command is, and how one says that it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.prompt.repl import Repl
    from tcalc.session import Session


# A name that no program can spell.
_FOUND = "found "


class Command(NamedTuple):
    """A row of the table: what runs it is given the REPL and what follows the name.

    completes: what kind of word follows: a name, an expression, a file, or nothing. waits: whether
    it is a person that it takes its time for, so that no limit of time is for it.
    """

    usage: str
    summary: str
    run: Callable[[Repl, str], None]
    completes: str = ""
    waits: bool = False


class CommandError(Exception):
    """A command that cannot be done as it was given; `hint` says what can."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def value_of(session: Session, text: str) -> Any:
    """What an expression gives, not shown and not kept. Raises CommandError for anything else."""
    from tcalc.parser import nodes

    def assigned(body: Sequence[nodes.StmtNode]) -> Sequence[nodes.StmtNode]:
        if len(body) != 1 or not isinstance(body[0], nodes.Expr):
            raise CommandError(f"{text!r} is not an expression")
        start, end = body[0].start, body[0].end
        return [nodes.Assign(start, end, [nodes.Name(start, end, _FOUND)], body[0].value)]

    own = dict(session.variables)
    session.compiled(Source(text, "<expression>"), own, assigned)()
    return own[_FOUND]


def nothing_follows(command: str, rest: str) -> None:
    """Raises CommandError where something follows a command that takes nothing."""
    if rest:
        raise CommandError(f":{command} takes nothing more, not {rest!r}")
