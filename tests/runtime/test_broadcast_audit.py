"""The audit of broadcasting: what a program's own calls stretch is told once, or refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tcalc.errors import ShapeError
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.call.audit import set_level
from tcalc.session import Session
from tcalc.source import Source

GIVEN = "a = ones(3, 1)\nb = arange(3.)\n"


@pytest.fixture(autouse=True)
def _allowed() -> Iterator[None]:
    auditing.told.clear()
    yield
    set_level(None)


def told(text: str, capsys: pytest.CaptureFixture[str], level: str = "warn") -> list[str]:
    Session(broadcast=level).run(Source(GIVEN + text, "t.tcalc"))
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a - b", "a - b: sub stretches a [3, 1] and b [3] to [3, 3]; b.unsqueeze(1) has the shape of a"),
        ("torch.maximum(a, b)", "torch.maximum(a, b): maximum stretches a [3, 1] and b [3] to [3, 3]; b.unsqueeze(1) has the shape of a"),
        ("a.lerp(b, 0.5)", "a.lerp(b, 0.5): lerp stretches a [3, 1] and b [3] to [3, 3]; b.unsqueeze(1) has the shape of a"),
        ("b += ones(1)", "b += ones(1): add stretches b [3] and ones(1) [1] to [3]; ones(1).expand_as(b) says that it is meant"),
        ("(a * 2) == b", "(a * 2) == b: eq stretches (a * 2) [3, 1] and b [3] to [3, 3]; b.unsqueeze(1) has the shape of (a * 2)"),
        ("where(a > 0, a, b)", "where(a > 0, a, b): where stretches (a > 0) [3, 1] and a [3, 1] and b [3] to [3, 3]"),
        ("jit(lambda t, u: t * u)(a, b)", "t * u: mul stretches t [3, 1] and u [3] to [3, 3]; u.unsqueeze(1) has the shape of t"),
        ("x = ones(300000, 1) * ones(300000)[:2]", "ones(300000, 1) * ones(300000)[:2]: mul stretches ones(300000, 1) [300000, 1] and ones(300000)[:2] [2] to [300000, 2]"),
    ],
)  # fmt: skip
def test_what_is_told(text: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(text, capsys) == [f"UserWarning: t.tcalc:3: {line}"]


@pytest.mark.parametrize(
    "text",
    [
        "a * 2 + tensor(1.)", "a + a", "nn.Linear(3, 2)(ones(4, 3))", "softmax(a - a, 0)",
        "nn.functional.layer_norm(ones(2, 3), (3,), ones(3), ones(3))",
        "x = ones(3, 1, requires_grad=True)\n(x * 2).sum().backward()", "ones(2, 3) @ ones(3)",
        "ones(3, 2).std(0)", "vmap(lambda t: t * 2)(ones(3, 2))",
    ],
)  # fmt: skip
def test_what_is_not(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(text, capsys) == []
    assert told(text, capsys, "error") == []


def test_each_place_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(told("for _ in range(3):\n    a - b\na - b", capsys)) == 2


def test_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        Session(broadcast="error").run(Source(GIVEN + "a - b"))
    assert caught.value.message == "sub stretches a [3, 1] and b [3] to [3, 3], which is refused"
    assert caught.value.hint == "b.unsqueeze(1) has the shape of a"
    with pytest.raises(ShapeError, match="Using a target size"):
        Session(broadcast="error").run(Source(GIVEN + "nn.functional.mse_loss(a, b)"))


def test_a_program_sets_it(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    assert session.evaluate("set_broadcast('warn'); get_broadcast()") == "warn"
    session.run(Source(GIVEN + "set_broadcast('allow')\na - b"))
    assert capsys.readouterr().err == ""
    assert not auditing.closed
    with pytest.raises(RuntimeError, match="set_broadcast expects allow, warn, error, not 'no'"):
        session.evaluate("set_broadcast('no')")


def test_plans_from_before_are_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    text = "f = jit(lambda t, u: t * u)\nf(a, b); f(a, b)\nset_broadcast('warn')\nf(a, b)"
    Session().run(Source(GIVEN + text, "t.tcalc"))
    assert len(capsys.readouterr().err.splitlines()) == 1
