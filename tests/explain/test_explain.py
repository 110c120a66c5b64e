"""What dry runs of expressions tell, and that they leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.explain.expression import explain
from tcalc.session import Session
from tcalc.source import Source

sys.path.insert(0, str(Path(__file__).parent))
from record import read, session, told  # beside this, and no package

SETUP, CASES = read()


@pytest.fixture(scope="module")
def made() -> Session:
    return session(SETUP)


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_is_told(made: Session, expression: str, expected: str) -> None:
    assert told(made, expression) == expected


STATE = """
generator = torch.get_rng_state().sum().item()
[x.grad, x._version, len(kept), net.training, float(x.sum()), generator, torch.is_grad_enabled()]
"""


@pytest.mark.parametrize(
    "text",
    [
        "x.add_(1)", "kept.append(1)", "net.eval()", "(x * 2).sum().backward()", "randn(3)",
        "manual_seed(3)", "print(1)", "y = x", "step(net)", "torch.save({'x': x}, 'kept_by_explain.pt')",
        "torch.set_grad_enabled(False)",
    ],
)  # fmt: skip
def test_it_leaves_no_trace(
    text: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Session()
    made.evaluate(
        "x = ones(3, requires_grad=True).clone().detach().requires_grad_(); kept = []\n"
        "net = nn.BatchNorm1d(2)\n"
        "def step(net):\n    kept.append(net(randn(4, 2)))\n    net.extra = 1\n    return kept[-1]"
    )
    before = str(made.evaluate(STATE))
    names = set(made.variables)
    explain(made, Source(text, "<:explain>"))
    assert set(made.variables) == names
    assert str(made.evaluate(STATE)) == before
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_nothing_is_allocated() -> None:
    found = explain(Session(), Source("ones(10**6, 10**6) @ ones(10**6, 1)", "<:explain>"))
    assert "float32 [1000000, 1]" in found.text
    assert not found.fails


def test_a_run_without_end_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.explain.expression.LIMIT", 0.2)
    made = Session()
    made.evaluate("def f():\n    while True: pass\n    return 1")
    assert explain(made, Source("f()", "<:explain>")).text.startswith(
        "not known: a dry run of this"
    )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tcalc", *arguments], capture_output=True, text=True, check=False
    )


def test_programs_have_it() -> None:
    done = run("x = ones(2, 3)", "explain(x @ x.T)", "explain(x)", "x.shape")
    assert done.stderr == ""
    assert done.stdout.startswith("x @ x.T  float32 [2, 2]")
    assert done.stdout.endswith("x  float32 [2, 3]\ntorch.Size([2, 3])\n")


def test_behind_the_wall_it_says_what_to_do(tmp_path: Path) -> None:
    program = tmp_path / "a.tcalc"
    program.write_text("explain(ones(2) + 1)\n")
    done = run(str(program))
    assert done.returncode == 0 or "--sandbox off" in done.stderr


@pytest.mark.parametrize("text", ["explain()", "explain(1, 2)", "f = explain; f(ones(2))"])
def test_it_takes_the_expression_itself(text: str) -> None:
    done = run(text)
    assert done.returncode == (0 if text.startswith("f") else 1)
    assert "Traceback" not in done.stderr
