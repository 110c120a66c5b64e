"""The programs in examples/ are PyTorch's as they stand: short runs print what PyTorch prints.

So do the snippets beside this file, which are of the kind that people paste.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tcalc.session import Session
from tcalc.source import Source

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from examples import EXAMPLES, PRINTED, RECORDED, SHORT, SNIPPETS, difference  # noqa: E402  # a script's, not a package

ANSWERS: dict[str, str] = json.loads(RECORDED.read_text(encoding="utf-8"))
SHOWN: dict[str, str] = json.loads(PRINTED.read_text(encoding="utf-8"))


def test_each_is_recorded() -> None:
    assert {path.stem for path in EXAMPLES} == set(ANSWERS) == set(SHORT)
    assert {path.stem for path in SNIPPETS} == set(SHOWN)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_prints_what_pytorch_prints(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests" / "data").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "data" / "digits.csv", tmp_path / "tests" / "data")
    monkeypatch.chdir(tmp_path)
    printed: list[str] = []
    session = Session(args=[str(SHORT[path.stem])], write=printed.append)
    session.run(Source(path.read_text(encoding="utf-8"), str(path)), lambda value, line: None)
    assert difference("".join(printed), ANSWERS[path.stem]) <= 1e-4


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_a_snippet_prints_what_it_prints_there(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed: list[str] = []
    session = Session(write=printed.append)
    session.run(Source(path.read_text(encoding="utf-8"), path.name), lambda value, line: None)
    assert difference("".join(printed), SHOWN[path.stem]) <= 1e-4
