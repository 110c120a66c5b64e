"""`:explain`, `:graph` and holes at the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Talk


def test_explain_leaves_the_session_alone(talk: Talk) -> None:
    talk("x = ones(3, 4)")
    said = talk(":explain y = x.add_(1) @ ones(4, 2)")
    assert said.startswith("x.add_(1) @ ones(4, 2)  float32 [3, 2]")
    assert talk("x.sum().item()") == "12.0\n"
    assert "NameError" in talk("y")


def test_explain_tells_errors_and_needs_an_expression(talk: Talk) -> None:
    said = talk(":explain ones(2, 3) @ ones(2, 3)")
    assert said.startswith("ones(2, 3) @ ones(2, 3)  fails")
    assert "ShapeError" in said
    assert talk.repl.failed == 1
    assert "needs an expression" in talk(":explain")
    assert "SyntaxError" in talk(":explain 1 +")


def test_holes(talk: Talk) -> None:
    talk("A = ones(3, 4)")
    assert talk("A @ ? -> (3, 5)") == "? = [4, 5]\n"
    assert talk(":explain A.view(?, 2)") == "? = 6\n"
    assert "float32" in talk("A?")
    assert "`?` is not part of the language" in talk("A ? 3")


def test_graph(talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    talk("x = ones(2, requires_grad=True); y = x * 2")
    assert talk(":graph y").startswith("● y = MulBackward0  float32 [2]")
    assert talk(":graph y out.svg") == "written to out.svg\n"
    assert talk(":graph y + 1 out.dot") == "written to out.dot\n"
    assert (tmp_path / "out.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (tmp_path / "out.dot").read_text(encoding="utf-8").startswith("digraph")
    assert "Linear" in talk(":graph nn.Linear(2, 3)")
    assert "takes a tensor" in talk(":graph 3")
    assert "takes an expression" in talk(":graph z = 3")
