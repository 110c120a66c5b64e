"""`tcalc check FILE`: what must fail is told, what may not fail is not, and nothing is done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.explain.check import Findings, check
from tcalc.session import Session
from tcalc.source import Source

NET = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 64)
        self.out = nn.Linear({hidden}, 3)
    def forward(self, x):
        return self.out(F.relu(self.fc(x)))
X, y = torch.randn(100, 20), torch.randint(0, 3, (100,))
model = Net()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, yb in DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True):
    opt.zero_grad()
    loss = F.cross_entropy(model(xb), yb)
    loss.backward()
    opt.step()
print(f"loss {{loss.item():.3f}}")
"""
# Programs, and the error that each must come to with its line.
FAILS = {
    "matmul": ("a = ones(2, 3)\nb = a @ a", "ShapeError", 2),
    "view": ("x = randn(4, 5)\nx.view(3, 7)", "ShapeError", 2),
    "broadcast": ("randn(3) + randn(4)", "ShapeError", 1),
    "dtype": ("x = arange(3)\nx.add_(0.5)", "DtypeError", 2),
    "name": ("x = ones(2)\nif True:\n    x + yy", "NameError", 3),
    "attribute": ("x = ones(2)\nx.meen()", "AccessError", 2),
    "dim": ("ones(2, 3).sum(2)", "DimError", 1),
    "cat": ("cat([ones(2, 3), ones(2, 4)])", "ShapeError", 1),
    "backward": ("x = ones(2, requires_grad=True)\n(x * 2).backward()", "AutogradError", 2),
    "assert": ("x = ones(2, 3)\nassert x.T.shape == (2, 3)", "AssertionError", 2),
    "argument": ("ones(2).sum(dimm=0)", "ArgumentError", 1),
    "in a function": ("def f(x):\n    return x @ x\nf(ones(3, 3))\nf(ones(2, 3))", "ShapeError", 2),
    "net": (NET.format(hidden=65), "ShapeError", 10),
    "either way": (
        "x = randn(3)\nif x.sum() > 0:\n    y = x\nelse:\n    y = -x\ny @ ones(4)", "ShapeError", 6,
    ),
}  # fmt: skip
# Programs of which nothing may be said: they run, or nobody can tell.
FINE = {
    "net": NET.format(hidden=64),
    "branch on values": "x = randn(3)\nif x.sum() > 100:\n    x @ ones(4)",
    "error that is caught": "try:\n    ones(2) @ ones(3)\nexcept RuntimeError:\n    pass",
    "mask": "x = randn(9)\nx[x > 0].view(4)",
    "nonzero": "randn(9).nonzero().view(3, 1)",
    "after a loop on values": "x = randn(3)\nwhile x.sum() > 9:\n    x = x / 2\nx.view(7)",
    "clock": "import time\nif time.time() < 0:\n    ones(2) @ ones(3)",
    "random": "import random\nif random.random() < 0.5:\n    ones(2) @ ones(3)",
    "input": "n = int(input())\nones(n) @ ones(3)",
    "exit": "import sys\nsys.exit(0)\nones(2) @ ones(3)",
    "values": "x = tensor([1, 2])\nassert x.sum() == 3\nones(x[1], 3) @ ones(3, x[0])",
    "floats": "x = randn(3)\nassert x.sum() == 3",
    "singular": "zeros(3, 3).inverse()",
    "index of values": "x = randn(3)\nx[int(x[0])]",
    "sorted by values": "x = sorted(randn(2).tolist())\ntensor(x).view(2, 1)",
    "file that is not there": "load('no_such_file.npy')",
    "main": "if __name__ == '__main__':\n    ones(2) + 1",
}


def checked(text: str) -> Findings:
    return check(Session(), Source(text, "a.tcalc"))


@pytest.mark.parametrize(("text", "kind", "line"), FAILS.values(), ids=FAILS)
def test_what_must_fail_is_told(text: str, kind: str, line: int) -> None:
    found = checked(text)
    (error,) = found.errors
    assert error.kind == kind
    assert error.source is not None and error.span is not None
    assert error.source.line_of(error.span.start) == line


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_may_not_fail_is_not_told(text: str) -> None:
    assert checked(text).errors == []


@pytest.mark.parametrize(
    "text",
    [
        "full((2,), u)", "x.clamp(min=u)", "dropout(x, u, True)", "round(u, 3)", "max(u, 3)",
        "sum([u, u]) / 2", "'%.3f' % u", "f'{u:>8.3f}'", "np.mean([u, u])", "us = [u]\nplot(us)",
        "import math\nmath.sqrt(u)", "import json\njson.dumps({'l': u})", "u.is_integer()",
        "[1, 2, 3][int(u)]", "divmod(u, 2)", "2 ** u", "x.add_(x, alpha=u)", "tensor([u, 1])",
        "torch.linspace(0, u, 5)", "x[0] = u", "torch.optim.SGD([x], lr=u)", "-u < 3 < u",
        "[0, 1, 2][x.argmax()]", "assert not torch.isnan(x).any()", "x.unique().view(9)",
        "import statistics\nstatistics.mean([u, u])", "x.repeat_interleave(tensor([1, 2, 3]))",
        "nn.functional.one_hot(x.argmax(), 3)", "torch.linalg.cholesky(x.outer(x))",
    ],
)  # fmt: skip
def test_what_meets_a_number_that_is_not_known(text: str) -> None:
    assert checked(f"x = randn(3)\nu = x.sum().item()\n{text}").errors == []


@pytest.mark.parametrize(
    "text", [text for text, *_ in FAILS.values() if "randn" not in text], ids=str
)
def test_what_is_told_is_what_comes(text: str) -> None:
    (error,) = checked(text).errors
    with pytest.raises(Exception) as raised:  # which one is what is asked
        Session(write=lambda _: None).run(Source(text, "a.tcalc"))
    assert error.message == str(raised.value) or isinstance(raised.value, AssertionError)


def test_it_says_where_it_stops() -> None:
    found = checked("x = randn(3)\ny = zeros(int(x.sum()))\ny @ ones(3)")
    assert found.unchecked is not None
    assert found.unchecked.why == "a number here depends on values (a float)"
    assert found.unchecked.span is not None and found.unchecked.span.start == 23


def test_after_an_error_it_goes_on_where_the_program_would() -> None:
    text = "a = ones(2) @ ones(3)\nones(2) + 1\nb = undefined"
    found = check(Session(), Source(text, "a.tcalc"), keep_going=True)
    assert [error.kind for error in found.errors] == ["ShapeError", "NameError"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tcalc", "check", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_exit_statuses(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("print(1)\nsave(ones(2), 'x.npy')\n")
    (tmp_path / "fails.py").write_text("import fine\nones(2) @ ones(3)\n")
    (tmp_path / "syntax.py").write_text("x = = 2\n")
    assert (done := run(tmp_path, "fine.py")).returncode == 0
    assert (done.stdout, done.stderr) == ("", "")
    assert not (tmp_path / "x.npy").exists()
    done = run(tmp_path, "fine.py", "fails.py")
    assert done.returncode == 1
    assert "--> fails.py:2:9" in done.stderr
    assert run(tmp_path, "fails.py", "syntax.py").returncode == 3
    assert run(tmp_path, "none.py").returncode == 2


def test_sizes_of_files_come_from_their_headers(tmp_path: Path) -> None:
    Session(base_dir=str(tmp_path), folders=[str(tmp_path)]).run(
        Source(f"save(ones(2, 3), {str(tmp_path / 'x.npy')!r})")
    )
    (tmp_path / "a.py").write_text("x = load('x.npy')\nx @ x\n")
    done = run(tmp_path, "--json", "a.py")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["error"], told["line"], told["span"]) == ("ShapeError", 2, [20, 21])
