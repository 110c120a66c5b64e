"""What programs that fail are told: the messages that were read, and hints that work.

The messages are written by scripts/make_errors.py. A hint's code stands between backticks, and each
is run where it was given: in the session of the program that failed, at the prompt or as a command
line. Where it is a part of something, the case has a program that follows it.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.diagnosis.columns import display_width
from tcalc.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import make_errors
from make_errors import Case

CASES = [
    pytest.param(case, id=f"{path.stem}: {case.name}")
    for path in sorted(make_errors.FOLDER.glob("*.txt"))
    for case in make_errors.cases(path.read_text(encoding="utf-8"))
]
_CODE = re.compile(r"`([^`]+)`")
_MEANT = re.compile(r"did you mean ([^`\s]+)\?")
_SHAPE = re.compile(r"`([^`]+)` gives (\[[\d, ]*\])")


@pytest.fixture(autouse=True)
def folder() -> Iterator[None]:
    """The folder that the programs are tried in."""
    with make_errors.folder():
        yield


def test_there_are_many() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names)) >= 290


@pytest.mark.parametrize("case", CASES)
def test_message(case: Case) -> None:
    assert make_errors.told(case) == case.told, "scripts/make_errors.py writes it anew: read it"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_window(case: Case, width: int) -> None:
    for line in make_errors.run(case, width).message.split("\n"):
        # What has no blanks is not broken: addresses, long file names.
        assert display_width(line) <= width or " " not in line.strip(), line


@pytest.mark.parametrize("case", CASES)
def test_hint_works(case: Case) -> None:
    outcome = make_errors.run(case)
    hint = outcome.hint or ""
    pieces = _CODE.findall(hint) or _MEANT.findall(hint)
    session = outcome.session
    if case.mended:
        for piece in pieces:
            for part in piece.split("…"):
                assert part in case.mended, f"the program that follows the hint is without {part!r}"
        follow(case.mended, Session(base_dir="."))
        return
    for text, shape in _SHAPE.findall(hint):
        session.run(make_errors.source(text))
        name = re.match(r"(\w+) = ", text)
        value = session.evaluate(name[1] if name else text)
        assert str(list(value.shape)) == shape, text
    for piece in pieces:
        follow(piece, session)


def follow(piece: str, session: Session) -> None:
    """Do what a hint says: it must not fail."""
    if piece.startswith("> "):
        piece = piece[2:]
    if piece.startswith("$ "):
        piece = piece[2:]
    if piece.startswith(("tcalc ", "-")):
        words = shlex.split(piece)
        status, said = make_errors.command(words[1:] if words[0] == "tcalc" else [*words, "1"])
        assert status == 0, said
    elif piece.startswith(":") or piece.endswith("?"):
        assert "hint" not in (said := make_errors.enter(piece, session)), said
    else:
        session.run(make_errors.source(piece))
