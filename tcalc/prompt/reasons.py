"""`:why`: which call first made an element nan or infinite, or how a number came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.prompt.command import CommandError, value_of

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


def show(repl: Repl, rest: str) -> None:
    """`:why x[3, 7]`: run what was entered again, watched, and follow the element back."""
    if not rest:
        raise CommandError(":why needs a tensor or an element", "for instance :why x[3, 7]")
    value = value_of(repl.session, rest)
    from tcalc.errors import ArgumentError
    from tcalc.why.ask import answer

    try:
        repl.answer(
            answer(repl.session, value, rest, lambda twin: value_of(twin, rest), repl.width)
        )
    except ArgumentError as error:
        raise CommandError(error.message, error.hint) from None
