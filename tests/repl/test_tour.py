"""The tour: every step does what it says, whoever takes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tcalc.options import parse
from tcalc.prompt.tour import STEPS, tour

from .conftest import Talk
from .test_terminal import environment


class Entered(NamedTuple):
    text: str
    typed: bool = True


def take(*lines: str) -> tuple[Talk, int]:
    """Take the tour by entering lines; after them the user leaves."""
    talk = Talk(parse(["repl", "--plain"]))
    given: Iterator[str] = iter(lines)

    def read() -> Entered:
        try:
            return Entered(next(given))
        except StopIteration:
            raise EOFError from None

    return talk, tour(talk.repl, read)


def test_it_can_be_read_from_end_to_end(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "--tour"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, env=environment(tmp_path), timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("✓") == len(STEPS) and "not quite" not in done.stderr
    assert done.stderr.count("Error: ") == 1  # the one that is shown on purpose
    assert max(map(len, done.stderr.splitlines())) <= 110


def test_enter_alone_types_each_line() -> None:
    talk, status = take(*[""] * len(STEPS))
    assert status == 0
    assert talk.err.getvalue().count("✓") == len(STEPS)
    assert "That was the tour" in talk.err.getvalue()


def test_other_lines_that_do_the_same_are_taken() -> None:
    talk, _ = take("1.5", "B = tensor([[1, 0], [0, 1]])", "B / 1", "x = ones(3, 4)", "x @ x", "x.mm(x.T)",
                   "norm??", "2 * x")  # fmt: skip
    said = talk.err.getvalue()
    assert said.count("✓") == 8 and "not quite" not in said


def test_what_does_something_else_is_run_and_the_step_stays() -> None:
    talk, _ = take("k = 3", "1 +", ":vars", "", "k")
    said = talk.err.getvalue()
    assert said.count("not quite; try: 2**10 / 3") == 3
    assert "341.33" in talk.out.getvalue() and "SyntaxError" in said
    assert said.count("✓") == 1 and " 2/" in said


@pytest.mark.parametrize("way", ["exit", ":quit"])
def test_one_can_leave(way: str) -> None:
    talk, status = take("", way, "")
    assert status == 0 and talk.err.getvalue().count("✓") == 1
