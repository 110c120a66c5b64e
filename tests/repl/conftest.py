"""A conversation without a terminal: real session, real output, streams in memory."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tcalc.command.output import Output
from tcalc.options import Options, parse
from tcalc.prompt.repl import Repl
from tcalc.session import Session


class Talk:
    """A REPL whose answers and messages can be read back."""

    def __init__(self, options: Options, clock: Callable[[], float] | None = None) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.output = Output(options, self.out, self.err, {"COLUMNS": "80"})
        self.session = Session(write=self.output.write)
        self.output.session = self.session
        if clock is None:
            self.repl = Repl(self.session, self.output, timeout=options.timeout)
        else:
            self.repl = Repl(self.session, self.output, timeout=options.timeout, clock=clock)

    def __call__(self, text: str, *, typed: bool = True) -> str:
        """Enter something; what was answered, then what was said of errors."""
        self.out.seek(0)
        self.out.truncate()
        self.err.seek(0)
        self.err.truncate()
        self.repl.enter(text, typed=typed)
        return self.out.getvalue() + self.err.getvalue()


@pytest.fixture
def talk() -> Talk:
    return Talk(parse(["repl", "--plain"]))
