"""Gradients of gradients, through plans and inside them: what eager work gives, and no eager work."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.session import Session

FUNCTIONS = (
    "def f(x): return (x ** 3).sum()",
    "def f(x): return (x * w).sin().sum() + (x @ m @ x)",
    "def f(x): return tanh(x * w).prod(), x.exp()",
    "def f(x, k=2.0): return (softmax(x * k, 0) * w).sum()",
)
PENALTY = """
x = tensor([0.3, 0.7, 1.1], requires_grad=True)
out = f(x)
out = out[0] if isinstance(out, tuple) else out
(g,) = grad(out, [x], create_graph=True)
(h,) = grad((g * g).sum(), [{of}], create_graph={further})
g.tolist(), h.tolist(){third}
"""
SETUP = """
manual_seed(0)
w = tensor([1., -2., 0.5], requires_grad=True)
m = randn(3, 3)
"""


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The remarks, instead of on standard error."""
    found: list[str] = []
    monkeypatch.setattr("tcalc.library.jit.planned.remark", found.append)
    return found


def close(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    return abs(a - b) <= 1e-5 * (1 + abs(a))


@pytest.mark.parametrize("definition", FUNCTIONS)
@pytest.mark.parametrize("third", [False, True], ids=["second", "third"])
def test_outside(definition: str, third: bool, said: list[str]) -> None:
    of = "w" if "w" in definition and not third else "x"
    more = ", grad(h.sum(), [x])[0].tolist()" if third else ""
    calls = PENALTY.format(of=of, further=third, third=more)
    eager, planned = Session(), Session()
    eager.evaluate(SETUP + definition)
    planned.evaluate(SETUP + definition + "\nf = jit(f)")
    for _ in range(4):
        assert close(planned.evaluate(calls), eager.evaluate(calls))
    plan = planned.variables["f"].plans[0]
    assert said == []
    assert len(plan.again.plans) == 1
    assert not third or len(plan.again.plans[0].again.plans) == 1


def test_a_penalty_of_gradients_is_trained() -> None:
    program = """
manual_seed(1)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
opt = optim.SGD(net.parameters(), lr=0.05)
critic = {wrap}(net)
x = randn(5, 3)
def step():
    seen = x.clone().requires_grad_()
    opt.zero_grad()
    (g,) = grad(critic(seen).sum(), [seen], create_graph=True)
    loss = (g.norm(dim=1) - 1).square().mean()
    loss.backward()
    opt.step()
    return loss.item()
[step() for _ in range(6)]
"""
    want = Session().evaluate(program.format(wrap=""))
    assert close(Session().evaluate(program.format(wrap="jit")), want)


def test_inside_one_plan(said: list[str]) -> None:
    program = """
manual_seed(1)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
opt = optim.Adam(net.parameters(), lr=0.05)
def step(x):
    seen = x.clone().requires_grad_()
    opt.zero_grad()
    (g,) = grad(net(seen).sum(), [seen], create_graph=True)
    loss = (g.norm(dim=1) - 1).square().mean()
    loss.backward()
    opt.step()
    return loss.detach()
step = {wrap}(step)
[step(ones(5, 3) * k).item() for k in range(1, 7)]
"""
    session = Session()
    assert close(
        session.evaluate(program.format(wrap="jit")), Session().evaluate(program.format(wrap=""))
    )
    assert said == []
    assert session.variables["step"].reason is None


def test_what_draws_has_first_order_only() -> None:
    session = Session()
    session.evaluate(
        "f = jit(lambda x: (x * x * rand(2)).sum())\nx = ones(2, requires_grad=True)\nf(x)"
    )
    with pytest.raises(Exception, match="first order"):
        session.evaluate("grad(f(x), x, create_graph=True)")
