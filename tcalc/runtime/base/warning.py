"""Warnings: what a program should know of a call beside its result."""

from __future__ import annotations

import sys

# Texts that were shown are forgotten beyond so many: sizes in them may be any.
_MOST_SAID = 1000


class Warnings:
    """Whether warnings are shown, which of the runtime's own were, and whether each is each time."""

    __slots__ = ("always", "said", "shown")

    def __init__(self) -> None:
        self.shown = True
        self.always = False
        self.said: set[tuple[str, type[Warning]]] = set()

    def show(self, text: str, category: type[Warning]) -> None:
        """Write one to standard error, unless they are not to be seen."""
        if self.shown and sys.stderr is not None:
            sys.stderr.write(f"{category.__name__}: {text}\n")


warnings = Warnings()


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something in a call, once: a loop need not hear it at every turn."""
    key = (text, category)
    if key in warnings.said and not warnings.always:
        return
    if len(warnings.said) >= _MOST_SAID:
        warnings.said.clear()
    warnings.said.add(key)
    warnings.show(text, category)
