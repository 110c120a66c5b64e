"""Running programs that ask why."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.session import Session
from tcalc.source import Source


class Asking:
    """A session whose printed text is kept."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.session = Session(write=self.printed.append)

    def __call__(self, text: str) -> str:
        """Run a program; what it printed."""
        self.printed.clear()
        self.session.run(Source(text, "test.tcalc"))
        return "".join(self.printed)

    def value(self, text: str) -> Any:
        """What an expression gives."""
        return self.session.evaluate(text)


@pytest.fixture
def run() -> Asking:
    return Asking()
