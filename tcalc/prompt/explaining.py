"""`:explain`: what an expression would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.prompt.command import CommandError
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


def explain(repl: Repl, expression: str) -> None:
    """Show what an expression comes to, part by part, from a dry run."""
    if not expression:
        raise CommandError(
            ":explain needs an expression", "for instance :explain ones(1000, 1000) @ ones(1000, 1)"
        )
    from tcalc.explain.expression import explain
    from tcalc.explain.holes import asked, solved

    query = asked(expression, "<:explain>")
    if query is not None:
        repl.answer(solved(repl.session, query))
        return
    found = explain(repl.session, Source(expression, "<:explain>"), repl.width, repl.colour)
    repl.answer(found.text)
    if found.fails:
        repl.failed = repl.failed or 1
