"""Timing side by side, saving what replays, listing variables, piping values."""

from __future__ import annotations

import subprocess
import sys
from array import array
from pathlib import Path

import pexpect
import pytest

from tcalc.options import parse

from .conftest import Talk
from .test_terminal import COMMAND, CTRL_D, PROMPT, environment


def fresh(*lines: str) -> Talk:
    talk = Talk(parse(["repl", "--plain"]))
    for line in lines:
        talk(line)
    return talk


def clocked() -> Talk:
    now = array("d", [0.0])
    talk = Talk(parse(["repl", "--plain"]), lambda: now[0])

    def spend(seconds: float) -> None:
        now[0] += seconds

    talk.session.variables["spend"] = spend
    return talk


def test_bench_compares_side_by_side() -> None:
    talk = clocked()
    assert talk(":bench spend(0.25) | spend( 0.125 ) | (spend(0.5))") == (
        "spend(0.25)    250 ms  ± 0 %\n"
        "spend( 0.125 )  125 ms  ± 0 %  0.50 × ± 0 %\n"
        "(spend(0.5))   500 ms  ± 0 %  2.00 × ± 0 %\n"
        "(4 turns of each, one after the other)\n"
    ).replace("spend( 0.125 )  ", "spend( 0.125 )  ").replace(
        "spend(0.25)    ", "spend(0.25)     "
    ).replace("(spend(0.5))   ", "(spend(0.5))    ")
    assert "needs two or more" in talk(":bench spend(1)")
    assert "needs two or more" in talk(":bench (1 | 2)")
    assert "ZeroDivisionError" in talk(":bench 1 | 1 / 0")


def test_measuring_changes_nothing() -> None:
    talk = fresh("x = zeros(3); n = [1]; manual_seed(0)", "a = get_rng_state()")
    for command in (":time", ":bench x |", ":profile"):
        talk(f"{command} x.add_(1); n.append(2); rand(3)")
        assert talk("x, n, equal(a, get_rng_state())") == "(tensor([0., 0., 0.]), [1], True)\n"


def test_ipythons_words_work_where_they_are_typed() -> None:
    talk = clocked()
    assert talk("%timeit spend(0.5)") == talk(":time spend(0.5)")
    assert talk("%timeit -n 2 -r 3 spend(0.5)") == (
        "500 ms ± 0 %, best 500 ms (median of 3 × 2 loops)\n"
    )
    assert "SyntaxError" in talk("%timeit spend(0.5)", typed=False)
    assert "SyntaxError" in talk("%matplotlib inline")
    talk("k = 1")
    assert "k" in talk("%whos")


def test_vars_are_filtered_and_sorted() -> None:
    talk = fresh("a = zeros(3); big = zeros(1000, 1000); b = 1; view = big[0]")
    shown = talk(":vars").splitlines()
    assert [line.split()[0] for line in shown] == ["name", "a", "b", "big", "view", "4"]
    assert "3.81 MiB" in shown[3] and shown[-1] == "4 variables, 3.81 MiB in tensors"
    assert [line.split()[0] for line in talk(":vars -s").splitlines()[1:3]] == ["big", "view"]
    assert [line.split()[0] for line in talk(":vars b").splitlines()[1:-1]] == ["b", "big"]
    assert [line.split()[0] for line in talk(":vars *w").splitlines()[1:]] == ["view"]
    assert talk(":vars zz") == "no variable matches 'zz'\n"


@pytest.mark.parametrize(
    "argv", [[], ["--seed", "4", "--dtype", "float64"], ["-v", "k=3 + 4", "-v", "d=d.csv"]]
)
def test_a_saved_session_gives_the_same_values(argv: list[str], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("1,2\n3,4\n")
    lines = (
        "import random, numpy as np\nx = randn(3)\nx\nx.add_(1); 1 / 0\n"
        "y = rand(2) + random.random()\nnp.random.rand(2)\n:undo\n_1 * 2\ny\n"
        "torch.randn(2, generator=torch.Generator())\nx.mean()\nmanual_seed(1)\nrand(2)\n"
        f"{'k, d' if argv[:1] == ['-v'] else 'ones(1) / 3'}\n:save s.tcalc\n"
    )

    def run(*words: str, given: str = "") -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tcalc", "--plain", *words], input=given, text=True,
            capture_output=True, cwd=tmp_path, env=environment(tmp_path), timeout=60, check=False,
        )  # fmt: skip
        return done.stdout.splitlines()

    shown = [
        line for line in run(*argv, "repl", given=lines) if line[:6] not in ("undone", "s.tcal")
    ]
    assert len(shown) > 6
    del shown[1]  # the value of the line that was undone
    assert run("s.tcalc") == shown


def test_pipe_is_for_people(tmp_path: Path) -> None:
    talk = fresh("3 + 4")
    assert "for a person at a terminal" in talk(":pipe cat")
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "--color", "never"], env=environment(tmp_path),
        cwd=str(tmp_path), encoding="utf-8", timeout=20, dimensions=(24, 80),
    )  # fmt: skip
    child.delaybeforesend = 0.02
    child.expect_exact(PROMPT)
    for line, shown in (
        (":pipe cat", "there is no value yet"),
        ("tensor([[3., 1.], [2., 5.]])", "_1"),
        (":pipe sort -n | tr '\\t' '/'", "2.0/5.0"),
        (":pipe exit 7", "ended with status 7"),
        (":pipe", "needs a command"),
    ):
        child.send(line + "\r")
        child.expect_exact(shown)
    child.send(CTRL_D)
    child.expect(pexpect.EOF)
