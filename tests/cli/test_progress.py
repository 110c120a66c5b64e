"""The line that tells how far long work has come: on a terminal, after a while, and then gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tcalc.files import loading
from tcalc.runtime.base import progress
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.lazy.compiled import kernels
from tcalc.session import Session

ROOT = str(Path(__file__).parents[2])
# Long enough that the line is there, whatever the machine: it is shown from the first step on.
PROMPTLY = """
import sys
from tcalc.runtime.base import progress
progress.PATIENCE = progress.INTERVAL = 0
sys.argv[1:] = {argv!r}
from tcalc.__main__ import main
main()
"""


class Seen:
    """What was shown, in order; None is the end of it."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int, int | None] | None] = []

    def __call__(self, task: progress.Task | None) -> None:
        self.tasks.append(None if task is None else (task.what, task.done, task.total))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    made = Seen()
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(progress, "INTERVAL", 0)
    progress.show_by(made)
    yield made
    progress.drop()
    progress.settings.show = None


def test_nothing_is_shown_before_its_time() -> None:
    made = Seen()
    progress.show_by(made)
    try:
        with progress.begin("x", 3) as task:
            task.advance()
    finally:
        progress.settings.show = None
    assert made.tasks == []
    assert progress.begin("x") is progress.UNSHOWN


def test_a_task_is_shown_and_gone_and_a_part_stands_for_it(seen: Seen) -> None:
    with progress.begin("whole", 2) as whole:
        whole.advance()
        assert progress.begin("another") is progress.UNSHOWN
        with progress.begin("a part", part=True) as part:
            part.advance()
            whole.advance()  # which does not stand there now
        whole.reach(2)
    assert seen.tasks == [("whole", 1, 2), ("a part", 1, None), ("whole", 2, 2), None]
    assert progress.settings.current is None


def test_what_is_written_in_between_has_room(seen: Seen) -> None:
    with progress.begin("x", 2) as task:
        task.advance()
        progress.clear()
        progress.clear()
        task.advance()
    assert seen.tasks == [("x", 1, 2), None, ("x", 2, 2), None]


def names(seen: Seen) -> list[str]:
    return list(dict.fromkeys(task[0] for task in seen.tasks if task is not None))


def test_files_loaders_gradcheck_and_large_work_tell(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("1,2\n" * 5000)
    (tmp_path / "b.csv").write_text("name,x\n" + "k,2\n" * 5000)
    loading.load(str(tmp_path / "a.csv"), table=False)
    loading.load(str(tmp_path / "b.csv"), table=True)
    assert names(seen) == ["reading a.csv", "reading rows", "reading b.csv"]
    assert seen.tasks[-1] is None
    seen.tasks.clear()
    session = Session()
    session.evaluate("s = 0\nfor b in torch.utils.data.DataLoader(range(6), 2): s += b.sum()\n")
    assert seen.tasks == [("batches", 1, 3), ("batches", 2, 3), ("batches", 3, 3), None]
    seen.tasks.clear()
    session.evaluate("for b in torch.utils.data.DataLoader(range(6), 2): break\n")
    assert seen.tasks == [("batches", 1, 3), None]
    seen.tasks.clear()
    session.evaluate(
        "torch.autograd.gradcheck(lambda v: v * v, ones(2, dtype=float64, requires_grad=True))"
    )
    assert names(seen) == ["gradcheck"] and seen.tasks[-1] is None
    seen.tasks.clear()
    # What takes less than a tenth of a second is done without a word.
    monkeypatch.setattr(kernels, "_LONG_JOB", 1 << 20)
    value: Any = session.evaluate("(ones(1500, 1500) * 2 + 1).exp().sum()")
    assert float(value) > 0 and names(seen) == ["computing"] and seen.tasks[-1] is None
    assert lookup("torch.ones") is not None


def test_a_terminal_shows_it_and_is_clean_afterwards(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n" * 50_000)
    code = PROMPTLY.format(argv=["--plain", "load('a.csv').sum()"])
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": ROOT}
    child = pexpect.spawn(
        sys.executable, ["-c", code], cwd=str(tmp_path), env=environ, encoding="utf-8",
        timeout=30, dimensions=(24, 80),
    )  # fmt: skip
    child.expect(pexpect.EOF)
    shown = child.before or ""
    assert "reading a.csv:" in shown and "reading rows:" in shown and "%|" in shown
    # The last that stood on the line was wiped, and the value follows at its beginning.
    assert shown.replace("\r\n", "\n").endswith("\r\x1b[K\rtensor(150000)\n"), repr(shown[-80:])


def test_a_pipe_sees_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n" * 50_000)
    code = PROMPTLY.format(argv=["load('a.csv').sum()"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert (done.stdout, done.stderr) == ("150000\n", "")
