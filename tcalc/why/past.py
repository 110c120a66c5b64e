"""What a session has run, so that it can be run again: its texts, and the generator before each."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tcalc.errors import ParseError
    from tcalc.parser.nodes import Module
    from tcalc.source import Source


class Ran:
    """One text that was run: what parsed of it, and what did not. state: of the CPU's generator
    before it, None where there was none. goes_on: whether after an error the next statement followed.
    stop: where in the text that begins what was taken back; None where nothing was.
    """

    __slots__ = ("errors", "goes_on", "source", "state", "stop", "tree")

    def __init__(
        self, tree: Module, source: Source, errors: Sequence[ParseError], goes_on: bool
    ) -> None:
        self.tree = tree
        self.source = source
        self.errors = errors
        self.goes_on = goes_on
        self.stop: int | None = None
        self.state = _state()


class Past:
    """The texts in order; None where all variables were forgotten.

    begun: the defaults that the session began with. given: the variables that it had before the
    first. asked: how often the text that runs has asked why. again: of a session that runs another's
    past again, at which text and at which of its questions to stop.
    """

    __slots__ = ("again", "asked", "begun", "given", "ran")

    def __init__(self, **begun: Any) -> None:
        self.begun = begun
        self.given: dict[str, Any] = {}
        self.ran: tuple[Ran | None, ...] = ()
        self.asked = 0
        self.again: tuple[int, int] | None = None

    def add(self, ran: Ran, variables: dict[str, Any]) -> None:
        """A text is about to be run."""
        last = self.ran[-1] if self.ran else None
        if not self.ran:
            self.given = dict(variables)
        elif last is not None and ran.state == last.state:
            ran.state = last.state  # most texts draw nothing: one copy will do
        self.ran += (ran,)
        self.asked = 0

    def forget(self) -> None:
        """All variables are forgotten."""
        self.ran += (None,)

    def take_back(self, source: Source, stop: int) -> None:
        """What a text did from a place on is taken back."""
        last = self.ran[-1] if self.ran else None
        if last is not None and last.source is source:
            last.stop = stop


def _state() -> bytes | None:
    """The state of the CPU's generator, None before anything can have drawn."""
    module = sys.modules.get("tcalc.runtime.ops.random.generator")
    if module is None or "cpu" not in module._defaults:
        return None
    state: bytes = module.default_generator().state_bytes()
    return state
