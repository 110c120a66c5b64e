"""The man page is made from the tables, and is one that formatters read without a word."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from tcalc.files import FORMATS
from tcalc.options import COMMANDS, OPTIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tcalc.1"


def test_it_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """scripts/make_index.py writes it."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    assert PAGE.read_text(encoding="utf-8") == import_module("man_page").page()


def test_it_is_read_without_a_warning() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-ww", "-rLL=200n", str(PAGE)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    plain = done.stdout
    assert all(option.flag in plain for option in OPTIONS)
    assert all(f"tcalc {command}" in plain for command in COMMANDS)
    assert all(suffix in plain for suffix in FORMATS)
