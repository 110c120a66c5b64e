"""Sessions as scripts for PyTorch: what they print is what the session showed.

`scripts/check_exports.py` runs the same scripts with PyTorch itself.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tcalc.__main__ import main
from tcalc.command.world import World
from tcalc.options import parse
from tcalc.prompt.repl import entries

from .conftest import Talk

SESSIONS = sorted((Path(__file__).parent / "exports").glob("*.tcalc"))


def exported(session: Path, script: Path) -> str:
    """What a session shows; its script is written to a file."""
    talk = Talk(parse(["repl", "--plain"]))
    shown = []
    for entry in entries(io.StringIO(session.read_text())):
        shown.append(talk(entry))
        assert not talk.err.getvalue(), talk.err.getvalue()
    said = talk(f":export torch {script}")
    assert said.startswith(f"{script}: "), said
    return "".join(shown)


@pytest.mark.parametrize("session", SESSIONS, ids=lambda path: path.stem)
def test_a_script_prints_what_the_session_showed(session: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    shown = exported(session, script)
    out, err = io.StringIO(), io.StringIO()
    assert main(["--plain", "-q", str(script)], World(io.StringIO(), out, err, {})) == 0, (
        err.getvalue()
    )
    assert out.getvalue() == shown


def line(text: str, *before: str) -> str:
    talk = Talk(parse(["repl", "--plain"]))
    for each in before:
        talk(each)
    return talk(f":export torch {text}").removeprefix("import torch\n")


def test_a_line_is_written_in_pytorchs_words() -> None:
    assert line("x = zeros(2, 3)") == "\nx = torch.zeros(2, 3)\n"
    assert (
        line("nn.init.ones_(w);", "w = zeros(2)") == "import torch.nn as nn\n\nnn.init.ones_(w)\n"
    )
    assert "show(torch.norm(torch.tensor([3, 4], dtype=torch.get_default_dtype())))" in line(
        "norm([3, 4])"
    )
    assert "show(math.sqrt(2))" in line("sqrt(2)")
    assert "show(torch.sqrt(x))" in line("sqrt(x)", "x = ones(2)")
    assert "gradient(lambda x: x * x, x)" in line("grad(x * x, x)", "x = ones(1)")
    assert "torch.autograd.grad(y, x)[0]" in line(
        "grad(y, x)", "x = ones(1, requires_grad=True); y = x * 2"
    )


def test_what_pytorch_has_nothing_for_is_a_remark() -> None:
    talk = Talk(parse(["repl", "--plain"]))
    talk("x = ones(3)")
    said = talk(":export torch plot(x)")
    assert "# only in tcalc: plot(x)" in said
    assert "PyTorch has nothing for plot" in said
    assert "makes scripts for torch" in talk(":export jax")
    assert "SyntaxError" in talk(":export torch 1 +")


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("precious")
    talk = Talk(parse(["repl", "--plain"]))
    assert "nothing has run" in talk(f":export torch {path}")
    talk("x = 1")
    assert "exists" in talk(f":export torch {path}")
    assert path.read_text() == "precious"
