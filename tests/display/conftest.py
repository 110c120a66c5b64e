"""Golden files of this folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(__file__).with_name("data")


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a file; with TCALC_RECORD=1 it writes the file, which is then looked at."""

    def compare(name: str, text: str) -> None:
        file = DATA / name
        if os.environ.get("TCALC_RECORD") == "1":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
