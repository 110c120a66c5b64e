"""torch.optim: what recorded answers do not show (tests/recorded/cases/optim_*.txt)."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

from tcalc.display import plain
from tcalc.errors import TcalcError
from tcalc.library.optim import passes
from tcalc.runtime.base import registry
from tcalc.session import Session
from tcalc.source import Source

NAMES = [
    f"{module}.{name}"
    for module in ("torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils")
    for name in registry.names(module)
]
PUBLIC = [
    name
    for name in NAMES
    if name in registry.NAMES and ">>>" in (registry.lookup(name).__doc__ or "")
]
OPTIMIZERS = [
    "SGD(p, lr=0.1)", "SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)",
    "Adam(p, lr=0.1, amsgrad=True, maximize=True)", "AdamW(p, lr=0.1)", "NAdam(p, lr=0.1)",
    "RAdam(p, lr=0.1)", "Adamax(p, lr=0.1)", "Adagrad(p, lr=0.1)", "Adadelta(p, lr=1.)",
    "RMSprop(p, lr=0.1, centered=True, momentum=0.9)", "Rprop(p, lr=0.1)", "ASGD(p, lr=0.1, t0=1)",
]  # fmt: skip


@pytest.fixture
def run() -> Any:
    return Session().evaluate


@pytest.mark.parametrize("name", PUBLIC)
def test_examples(name: str) -> None:
    shown: list[str] = []
    session = Session(write=shown.append)
    for example in doctest.DocTestParser().get_examples(registry.lookup(name).__doc__):
        shown.clear()
        session.run(Source(example.source), lambda value, _: shown.append(plain.text(value)))
        got = [line.strip() for line in "\n".join(shown).splitlines() if line.strip()]
        assert got == [line.strip() for line in example.want.splitlines()], example.source


# -- one pass, in pieces --------------------------------------------------------------------------

STEPS = """
manual_seed(0)
p = [{made}.requires_grad_()]
o = optim.{optimizer}
for i in range(3):
    p[0].grad = torch.sin(p[0].detach() * (i + 1)) + 0.1
    o.step()
[p[0].detach().flatten().tolist(), [t.flatten().tolist() for t in o.state[p[0]].values()]]
"""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_pieces_give_what_the_whole_gives(run: Any, optimizer: str, monkeypatch: Any) -> None:
    text = STEPS.format(made="randn(7, 11)", optimizer=optimizer)
    whole = run(text)
    # Each thread has scratch of its own: what is made for small pieces is not for others.
    monkeypatch.setattr(passes, "_scratch", passes._Scratch())
    monkeypatch.setattr(passes, "PIECE", 10)
    in_turn = run(text)
    monkeypatch.setattr(passes, "LARGE", 50)
    assert whole == in_turn == run(text)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "made", ["randn(5, 3).t()", "randn(4, 6)[:, ::2].detach()", "randn(2, 3, 4).permute(2, 0, 1)"]
)
def test_gaps_and_orders_of_memory_make_no_difference(run: Any, optimizer: str, made: str) -> None:
    text = STEPS.format(made=made, optimizer=optimizer)
    assert run(text) == run(text.replace(made, f"{made}.contiguous()"))


def test_a_large_parameter_is_updated_over_threads(run: Any) -> None:
    run("manual_seed(0)\nw = randn(600_000)\nu = w.clone().requires_grad_()\nw.requires_grad_()")
    run("o = optim.Adam([w], lr=0.1)\nw.grad = u.grad = torch.sin(w.detach())\no.step()")
    got = run("w").array[[0, 1, 300_000, 599_999]]
    small = (
        "v = u.detach()[[0, 1, 300_000, 599_999]].requires_grad_()\nv.grad = torch.sin(v.detach())"
    )
    want = run(f"{small}\no = optim.Adam([v], lr=0.1)\no.step()\nv").array
    assert np.array_equal(got, want)


def test_frozen_parameters_cost_nothing(run: Any) -> None:
    run("m = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))")
    run("for p in m[0].parameters(): p.requires_grad = False")
    run("o = optim.Adam(m.parameters(), lr=0.1)\nbefore = m[0].weight.clone()")
    run("m(ones(1, 3)).sum().backward()\no.step()")
    assert run("len(o.state)") == 2
    assert run("torch.equal(before, m[0].weight)") is True
    assert run("m[0].weight._version") == 1  # of its first filling


def test_a_step_counts_as_a_write(run: Any) -> None:
    run("w = ones(2, requires_grad=True)\no = optim.SGD([w], lr=0.1)\ny = (w * w).sum()")
    run("w.grad = ones(2)\no.step()")
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        run("y.backward()")


def test_what_waits_for_a_parameter_sees_it_as_it_was(run: Any) -> None:
    run("w = ones(400_000).requires_grad_()\no = optim.SGD([w], lr=0.5)\nw.grad = ones(400_000)")
    run("with no_grad():\n    y = w * 2 + 1\no.step()")
    assert run("y[0].item()") == 3.0
    assert run("w[0].item()") == 0.5


# -- what programs do to it -----------------------------------------------------------------------

MEDDLED = [
    "o.state[p]['exp_avg'] = 3", "o.state[p]['step'] = 'a'", "o.param_groups[0]['lr'] = 'a'",
    "o.param_groups[0]['betas'] = 3", "o.param_groups[0]['betas'] = (1, 'a')", "o.state[p] = 5",
    "o.state[p]['exp_avg'] = ones(3)", "o.param_groups[0]['eps'] = None", "o.state = 5",
    "o.param_groups = 5", "o.param_groups[0]['lr'] = ones(2)",
]  # fmt: skip


@pytest.mark.parametrize("text", MEDDLED)
def test_what_does_not_fit_is_refused_in_words(run: Any, text: str) -> None:
    run("p = ones(2, requires_grad=True)\no = optim.Adam([p])\np.grad = ones(2)\no.step()")
    run(text)
    try:
        run("o.step()")
    except TcalcError:
        pass
    except Exception as error:  # which the test is against
        pytest.fail(f"{type(error).__name__}: {error}")


def test_a_programs_names_are_its_own(run: Any) -> None:
    run("""
class Mine(optim.Adam):
    _kept = _numbers = _update = 5
    def __init__(self, params, **options):
        super().__init__(params, **options)
        self.counts = {'a': 1}
    def update(self, *args):
        raise ValueError
p = ones(2, requires_grad=True)
o = Mine([p], lr=0.1)
p.grad = ones(2)
o.step()
""")
    assert run("[o.counts, round(p[0].item(), 4)]") == [{"a": 1}, 0.9]


def test_a_state_may_be_emptied(run: Any) -> None:
    run("p = ones(2, requires_grad=True)\no = optim.Adam([p], lr=0.1)\np.grad = ones(2)\no.step()")
    run("from collections import defaultdict\no.state = defaultdict(dict)\no.step()")
    assert run("o.state[p]['step'].item()") == 1.0


def test_hooks_of_all_optimizers(run: Any) -> None:
    run("from torch.optim.optimizer import register_optimizer_step_post_hook as register")
    run("seen = []\nh = register(lambda o, args, kwargs: seen.append(type(o).__name__))")
    run("p = ones(2, requires_grad=True)\noptim.SGD([p], lr=0.1).step()\noptim.Adam([p]).step()")
    run("h.remove()\noptim.SGD([p], lr=0.1).step()")
    assert run("seen") == ["SGD", "Adam"]


OWN = """
class Own(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {'lr': lr})
    def step(self, closure=None):
        with torch.no_grad():
            for group in self.param_groups:
                for p in group['params']:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if 'mean' not in state:
                        state['mean'] = torch.zeros_like(p)
                    state['mean'].mul_(0.9).add_(p.grad, alpha=0.1)
                    p.add_(state['mean'], alpha=-group['lr'])
manual_seed(0)
m = nn.Linear(3, 1)
o = Own(m.parameters())
def f(x):
    o.zero_grad()
    loss = (m(x) ** 2).mean()
    loss.backward()
    o.step()
    return loss.detach()
"""


def test_a_programs_own_optimizer_stays_in_a_plan() -> None:
    found = []
    for wrapped in ("f", "jit(f)"):
        session = Session()
        session.evaluate(OWN + f"f = {wrapped}")
        found.append([session.evaluate("f(ones(2, 3))").item() for _ in range(6)])
    assert found[0] == found[1]
    assert session.variables["f"].reason is None


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, "Adafactor(p, lr=0.1)", "Muon(p, lr=0.1)"])
def test_every_step_stays_in_a_plan(optimizer: str) -> None:
    found = []
    for wrapped in ("f", "jit(f)"):
        session = Session()
        session.evaluate(
            f"manual_seed(0)\nw = randn(3, 4).requires_grad_()\np = [w]\no = optim.{optimizer}\n"
            "def f(x):\n    o.zero_grad()\n    loss = ((w * x) ** 2).mean()\n    loss.backward()\n"
            f"    o.step()\n    return loss.detach()\nf = {wrapped}"
        )
        found.append([session.evaluate("f(ones(4))").item() for _ in range(6)])
    assert found[0] == found[1]
    assert session.variables["f"].reason is None


def test_a_schedule_warns_where_it_comes_before_the_step(run: Any, capsys: Any) -> None:
    run("import warnings\nwarnings.simplefilter('default')")
    run("o = optim.SGD([ones(1, requires_grad=True)], lr=1.)\ns = optim.lr_scheduler.StepLR(o, 1)")
    run("o.step(); s.step()")
    assert capsys.readouterr().err == ""
    run("o = optim.SGD([ones(1, requires_grad=True)], lr=1.)\ns = optim.lr_scheduler.StepLR(o, 1)")
    run("s.step()")
    assert "lr_scheduler.step()` before `optimizer.step()" in capsys.readouterr().err


def test_settings_are_followed_from_step_to_step(run: Any) -> None:
    """An update is kept from step to step: by what it does it is one that was made for each."""
    run("""
def trained(keeps):
    p = [tensor([1., 2.], requires_grad=True), ones(3, requires_grad=True)]
    o = optim.Adam(p, lr=0.1)
    group = o.param_groups[0]
    betas = [0.9, 0.99]
    for step in range(8):
        o.zero_grad()
        chosen = p if step % 3 else p[1:]
        sum([(t ** 2).sum() for t in chosen]).backward()
        if step == 2: group['lr'] = 0.2
        if step == 3: group['betas'] = betas
        if step == 5: betas[0] = 0.5
        if step == 6: group['weight_decay'] = 0.1
        if not keeps:
            group['lr'] = group['lr'] * 1.0 + 0.0
            group['eps'] = group['eps'] * 1.0
        o.step()
    return [t.tolist() for t in p]
""")
    assert run("trained(True) == trained(False)")
    assert run("trained(True)") != run("[[1., 2.], [1., 1., 1.]]")


def test_an_optimizer_that_cannot_be_hashed(run: Any) -> None:
    run("class Own(optim.SGD):\n    def __eq__(self, other): return True")
    run(
        "p = ones(2, requires_grad=True)\no = Own([p], lr=0.5)\np.sum().backward()\no.step()\no.step()"
    )
    assert run("p.tolist()") == [0.0, 0.0]
