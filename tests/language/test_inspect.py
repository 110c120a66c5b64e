"""`inspect(x)`: one line on standard error, and the value goes on."""

from __future__ import annotations

import pytest

from tests.language.conftest import Runner


def told(run: Runner, capsys: pytest.CaptureFixture[str], text: str) -> str:
    run(text)
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("inspect(3)", "[test.tcalc:1] 3 = 3\n"),
        ("inspect(1 +\n  2)", "[test.tcalc:1] 1 + 2 = 3\n"),
        ("inspect(tensor(2.5))", "[test.tcalc:1] tensor(2.5) = float32 []  2.5\n"),
        ("x = arange(12.).reshape(3, 4)\ny = inspect(x @ x.T) + 1",
         "[test.tcalc:2] x @ x.T = float32 [3, 3]  min 14  max 366  mean 126  std 116.9\n"),
        ("inspect(tensor([1., nan, -inf]))",
         "[test.tcalc:1] tensor([1., nan, -inf]) = float32 [3]  [1., nan, -inf]  min 1  max 1  "
         "mean 1  std nan  nan 1  -inf 1\n"),
        ("inspect(zeros(0, 3))", "[test.tcalc:1] zeros(0, 3) = float32 [0, 3]  no elements\n"),
        ("inspect(zeros(3, device='meta'))",
         "[test.tcalc:1] zeros(3, device='meta') = float32 [3] meta  no data\n"),
        ("w = ones(2, requires_grad=True)\ninspect(w, v=(w * 2).sum())",
         "[test.tcalc:2] w = float32 [2]  [1., 1.]  min 1  max 1  mean 1  std 0  leaf, requires grad\n"
         "[test.tcalc:2] v = float32 []  4.0  grad SumBackward0\n"),
        ("def f(a):\n    return inspect(a * 2) + 1\nf(1)", "[test.tcalc:2] a * 2 = 2\n"),
        ("list(map(inspect, [1, 2]))",
         "value = 1\nvalue = 2\n"),
        ("f = inspect\nf(1 + 1)", "[test.tcalc:2] 1 + 1 = 2\n"),
        ("inspect(*[1, 2])", "[test.tcalc:1] value = 1\n[test.tcalc:1] value = 2\n"),
        ("vmap(lambda t: inspect(t) * 2)(ones(2, 3))",
         "[test.tcalc:1] t = float32 [3]  one of a batch\n"),
    ],
)  # fmt: skip
def test_what_is_told(
    run: Runner, capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    assert told(run, capsys, text) == line


def test_values_pass_on_unchanged(run: Runner) -> None:
    assert run.value("x = rand(3)\ny = inspect(x)\ny is x") is True
    assert run.value("inspect(1, b=2) + (3,)") == (1, 2, 3)
    assert run("inspect(3)") == []  # at the top nothing is shown a second time
    run.fails("inspect()", TypeError)


def test_large_results_show_how_they_lie(run: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    line = told(run, capsys, "inspect(linspace(0, 1, 1000))")
    assert "min 0 ██████████  max 1  mean 0.5  std 0.289" in line


def test_what_replaces_standard_error_gets_it(run: Runner) -> None:
    text = "import io, sys\nsys.stderr = io.StringIO()\ninspect(1)\nsys.stderr.getvalue()"
    assert run.value(text) == "[test.tcalc:3] 1 = 1\n"


def test_controls_of_a_program_are_escaped(run: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in told(run, capsys, "inspect(chr(27) + '[31m')")
