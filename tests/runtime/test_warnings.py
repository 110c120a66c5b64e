"""What the runtime warns of: said once, to standard error, unless a program hides it."""

from __future__ import annotations

import pytest

from tcalc.runtime.base.warning import warnings
from tcalc.session import Session

BROADCAST = "mse_loss = torch.nn.functional.mse_loss(torch.ones(2), torch.ones({n}, 1))"
SAID = "UserWarning: Using a target size (torch.Size([{n}, 1])) that is different to the input size"


@pytest.fixture(autouse=True)
def _as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "shown", True)
    warnings.said.clear()


def said(program: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    Session().evaluate(program)
    return capsys.readouterr().err.splitlines()


def test_each_place_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = BROADCAST.format(n=2), BROADCAST.format(n=3)
    lines = said(f"for _ in range(3):\n    {one}\n{two}", capsys)
    assert [line.startswith(SAID.format(n=n)) for line, n in zip(lines, (2, 3))] == [True, True]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        ("F.mse_loss(p, y)", "target.unsqueeze(1) has the shape of input."),
        ("nn.L1Loss()(p, y)", "target.unsqueeze(1) has the shape of input."),
        ("F.huber_loss(y, p)", "input.unsqueeze(1) has the shape of target."),
        ("F.smooth_l1_loss(torch.ones(2, 3), y)", "target.expand_as(input) says that it is meant."),
    ],
)
def test_what_gives_both_one_size_is_told(
    call: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = said(f"p = torch.ones(3, 1)\ny = torch.ones(3)\na = {call}", capsys)
    end = line.partition("Please ensure they have the same size. ")[2]
    assert end == f"{advice} (at <input>:3: {call})"


@pytest.mark.parametrize(
    "hide",
    [
        "warnings.simplefilter('ignore')",
        "warnings.filterwarnings('ignore', category=UserWarning)",
    ],
)
def test_a_program_hides_them(hide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(f"import warnings\n{hide}\n{BROADCAST.format(n=2)}", capsys) == []


def test_hidden_for_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        f"    {BROADCAST.format(n=3)}\n{BROADCAST.format(n=2)}",
        capsys,
    )
    assert [line.startswith(SAID.format(n=2)) for line in lines] == [True]


OWN = "p = torch.ones(3, 1, requires_grad=True)\ny = torch.ones(3)\n"
STRETCHED = (
    "UserWarning: In a loss of differences p [3, 1] is stretched to [3, 3]: each element is compared "
    "with 3. p.squeeze(1) is of shape [3]. (at <input>:3: {0})"
)


@pytest.mark.parametrize(
    ("loss", "difference"),
    [
        ("((p - y) ** 2).mean()", "p - y"),
        ("torch.sum((y - p).abs())", "y - p"),
        ("torch.square(p - y).mean()", "p - y"),
        ("(p - y).pow(2).sum()", "p - y"),
    ],
)
def test_losses_of_the_programs_own(
    loss: str, difference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(f"{OWN}{loss}.backward()", capsys) == [STRETCHED.format(difference)]


@pytest.mark.parametrize(
    "loss",
    [
        "((p - y[:, None]) ** 2).mean()",  # of one shape
        "((p.squeeze(1) - y) ** 2).mean()",
        "((p[:, 0][:, None] - p[:, 0]) ** 2).mean()",  # pairs, which are wanted
        "(p - y).mean()",  # no loss
        "((p - 1) ** 2).mean()",
    ],
)
def test_what_is_no_such_loss(loss: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(f"{OWN}{loss}.backward()", capsys) == []
