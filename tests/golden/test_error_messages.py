"""What programs that fail are told: the messages that were read (scripts/make_errors.py writes them)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.diagnosis.columns import display_width

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import make_errors
from make_errors import Case

CASES = [
    pytest.param(case, id=f"{path.stem}: {case.name}")
    for path in sorted(make_errors.FOLDER.glob("*.txt"))
    for case in make_errors.cases(path.read_text(encoding="utf-8"))
]


@pytest.fixture(autouse=True)
def folder() -> Iterator[None]:
    """The folder that the programs are tried in."""
    with make_errors.folder():
        yield


def test_there_are_many() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names)) >= 300


@pytest.mark.parametrize("case", CASES)
def test_message(case: Case) -> None:
    assert make_errors.told(case) == case.told, "scripts/make_errors.py writes it anew: read it"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_window(case: Case, width: int) -> None:
    for line in make_errors.run(case, width).message.split("\n"):
        # What has no blanks is not broken: addresses, long file names.
        assert display_width(line) <= width or " " not in line.strip(), line
