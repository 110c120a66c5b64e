"""What programs put in place of members, groups and gradients is refused in words, as PyTorch does."""

from __future__ import annotations

import pytest

from tcalc.errors import TcalcError

SETUP = """
class Bare(nn.Module):
    def __init__(self): pass
class BareOptimizer(optim.SGD):
    def __init__(self): pass
m = nn.Linear(2, 2)
m.register_buffer('seen', zeros(1))
p = nn.Parameter(ones(2))
o = optim.SGD([p], lr=0.1, momentum=0.9)
p.sum().backward()
"""
REFUSED = [
    "m.register_parameter('a', 5)",
    "m.register_parameter('a', ones(1))",
    "m.register_buffer('a', 5)",
    "m.add_module('a', 5)",
    "m.seen = [1]",
    "nn.ReLU()(5)",
    "nn.Sequential(nn.Tanh())('a')",
    "o.state[p] = 5; o.step()",
    "del o.param_groups[0]['lr']; o.step()",
    "del o.param_groups[0]['params']; o.zero_grad()",
    "o.param_groups[0]['params'] = [1]; o.step()",
    "o.param_groups[0]['params'] = [1]; o.zero_grad()",
    "o.param_groups.append(3); o.step()",
    "o.param_groups.append(3); repr(o)",
    "optim.SGD([{}], lr=0.1)",
    "optim.SGD([{'params': [p]}, 5], lr=0.1)",
    "BareOptimizer().step()",
    "BareOptimizer().zero_grad()",
    "repr(BareOptimizer())",
    "(p * 2).backward((p, p))",
    "(p * 2).backward(np.ones(2))",
]


@pytest.mark.parametrize("text", REFUSED)
def test_is_refused(text: str, run) -> None:
    run(SETUP)
    with pytest.raises(TcalcError):
        run(text)


def test_a_module_named_like_ours_is_a_programs(run, tmp_path, monkeypatch) -> None:
    (tmp_path / "torchlike.py").write_text("class A:\n    @property\n    def _d(self): return 1/0")
    monkeypatch.chdir(tmp_path)
    assert len(run("import torchlike\ntorchlike.A()")) == 1


def test_a_plan_follows_the_classes_of_a_module_named_like_ours(run, tmp_path, monkeypatch) -> None:
    text = "class A:\n    by = 2\n    def __call__(self, x): return x * self.by"
    (tmp_path / "torchlike.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    run("import torchlike\na = torchlike.A()\nf = jit(lambda x: a(x))\nf(ones(1))")
    run("torchlike.A.by = 3")
    assert run.value("f(ones(1)).item()") == 3.0


def test_warnings_show_no_address(run, capsys) -> None:
    run("import warnings\nwarnings.warn(lambda: 0)")
    assert capsys.readouterr().err == "UserWarning: <function <lambda>>\n"
