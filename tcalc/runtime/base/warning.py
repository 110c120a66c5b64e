"""Warnings: what a program should know of a call beside its result."""

from __future__ import annotations

import sys

from tcalc.runtime.base.formatting import formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

# Texts that were shown are forgotten beyond so many: sizes in them may be any.
_MOST_SAID = 1000


class Warnings:
    """Whether warnings are shown, which of the runtime's own were, and whether each is each time."""

    __slots__ = ("always", "said", "shown")

    def __init__(self) -> None:
        self.shown = True
        self.always = False
        self.said: set[tuple[object, ...]] = set()

    def show(self, text: str, category: type[Warning]) -> None:
        """Write one to standard error, unless they are not to be seen."""
        if self.shown and sys.stderr is not None:
            sys.stderr.write(f"{category.__name__}: {text}\n")


warnings = Warnings()


def warn(
    text: str, category: type[Warning] = UserWarning, place: tuple[CodeType, int] | None = None
) -> None:
    """Warn of something in a call, once: a loop need not hear it at every turn.

    place: of the program; what is said of it is said once, and where it is.
    """
    key: tuple[object, ...] = (text if place is None else place, category)
    if key in warnings.said and not warnings.always:
        return
    if len(warnings.said) >= _MOST_SAID:
        warnings.said.clear()
    warnings.said.add(key)
    if place is not None:
        line, source = formatter.place(place[0], 0, place[1])
        text = f"{text} (at {place[0].co_filename}:{line}: {source})"
    warnings.show(text, category)
