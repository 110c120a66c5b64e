"""What a `:` command is, and how one says that it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


class Command(NamedTuple):
    """A row of the table: what runs it is given the REPL and what follows the name.

    completes: what kind of word follows: a name, an expression, a file, or nothing.
    """

    usage: str
    summary: str
    run: Callable[[Repl, str], None]
    completes: str = ""


class CommandError(Exception):
    """A command that cannot be done as it was given; `hint` says what can."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def nothing_follows(command: str, rest: str) -> None:
    """Raises CommandError where something follows a command that takes nothing."""
    if rest:
        raise CommandError(f":{command} takes nothing more, not {rest!r}")
