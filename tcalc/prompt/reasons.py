"""`:why`: which call first made an element nan or infinite, or how a number came about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tcalc import theme
from tcalc.prompt.command import CommandError, value_of

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


# What is not finite, and the branches of the tree.
_ALARM = re.compile(r"\b(?:nan|inf) first\b|\bfirst (?:nan|inf)\b|(?<== )(?:nan|-?inf)\b")
_BRANCHES = re.compile(r"^[│├╰─ ]+", re.MULTILINE)


def show(repl: Repl, rest: str) -> None:
    """`:why x[3, 7]`: run what was entered again, watched, and follow the element back."""
    if not rest:
        raise CommandError(":why needs a tensor or an element", "for instance :why x[3, 7]")
    value = value_of(repl.session, rest)
    from tcalc.errors import ArgumentError
    from tcalc.why.ask import answer

    try:
        text = answer(repl.session, value, rest, lambda twin: value_of(twin, rest), repl.width)
    except ArgumentError as error:
        raise CommandError(error.message, error.hint) from None
    if repl.colour:
        text = _BRANCHES.sub(lambda found: theme.paint(found[0], "faint"), text)
        text = _ALARM.sub(lambda found: theme.paint(found[0], "alarm"), text)
    repl.answer(text)
