"""Running programs in tests."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.session import Session
from tcalc.source import Source


class Runner:
    """A session whose echoed values and printed text are kept."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.session = Session(write=self.printed.append)

    def __call__(self, text: str, **options: Any) -> list[Any]:
        """Run a program; the values that it shows."""
        shown: list[Any] = []
        source = Source(text, "test.tcalc")
        self.session.run(source, lambda value, line: shown.append(value), **options)
        return shown

    def value(self, text: str) -> Any:
        """The last value that a program shows."""
        return self(text)[-1]

    def output(self, text: str) -> str:
        """What a program prints."""
        self.printed.clear()
        self(text)
        return "".join(self.printed)

    def fails(self, text: str, kind: type[BaseException] = Exception) -> BaseException:
        """The error that a program ends with."""
        with pytest.raises(kind) as caught:
            self(text)
        return caught.value


@pytest.fixture
def run() -> Runner:
    """A fresh session that runs programs."""
    return Runner()
