"""The programs in examples/ are PyTorch's as they stand: short runs print what PyTorch prints."""

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
from examples import EXAMPLES, RECORDED, SHORT, difference  # noqa: E402  # a script's, not a package

ANSWERS: dict[str, str] = json.loads(RECORDED.read_text(encoding="utf-8"))


def test_each_is_recorded() -> None:
    assert {path.stem for path in EXAMPLES} == set(ANSWERS) == set(SHORT)


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
