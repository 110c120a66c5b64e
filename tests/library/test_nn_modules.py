"""Modules beyond what recorded answers show (tests/recorded/cases/nn_*.txt)."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.session import Session
from tcalc.source import Source

SETUP = """
import copy
import torch.nn.utils.parametrize as P
from torch.nn.utils import prune
x = ones(4, 2)
net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
class Symmetric(nn.Module):
    def forward(self, X): return X.triu() + X.triu(1).T
"""


@pytest.fixture
def run() -> Any:
    session = Session()
    session.evaluate(SETUP)
    return session.evaluate


# -- what programs put into the tables ------------------------------------------------------------

MEDDLED = [
    "m = nn.Linear(2, 2); m._parameters['weight'] = 5; list(m.parameters())",
    "m = nn.Linear(2, 2); m._parameters['weight'] = 5; m.state_dict()",
    "m = nn.Linear(2, 2); m._buffers[7] = ones(1); m.double()",
    "m = nn.Sequential(nn.ReLU()); m._modules['0'] = 5; m.eval()",
    "m = nn.Sequential(nn.ReLU()); m._modules['0'] = 5; repr(m)",
    "m = nn.Sequential(nn.ReLU()); m._modules['0'] = 5; m(x)",
    "m = nn.utils.weight_norm(nn.Linear(2, 2)); m._parameters.pop('weight_g'); m(x)",
    "m = nn.utils.spectral_norm(nn.Linear(2, 2)); m._buffers['weight_u'] = None; m(x)",
    "m = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))\n"
    "m.parametrizations._modules['weight'] = nn.ReLU()\nm(x)",
    "m = nn.Linear(2, 2); m.register_forward_hook(lambda *a: None)\n"
    "m._forward_hooks['a'] = 5\nm(x)",
    "m = prune.l1_unstructured(nn.Linear(2, 2), 'weight', 1); h = m._forward_pre_hooks\n"
    "list(h.values())[0]._tensor_name = '__class__'\nm(x)",
    "nn.Linear(2, 2)._load_from_state_dict(1, 2, 3, 4, 5, 6, 7)",
    "list(net.named_modules(memo=[]))",
    "nn.LazyLinear(2)(5)",
    "nn.LazyLinear(2).weight.sum()",
    "nn.utils.parametrizations.weight_norm(net[0]).parametrizations.weight.right_inverse(5)",
    "nn.utils.skip_init(print)",
    "nn.utils.clip_grad_norm_([5], 1.)",
    "nn.Sequential(nn.ReLU()) * 10**12",
    "net.apply(5)",
    "net.register_forward_hook(5)",
]


@pytest.mark.parametrize("text", MEDDLED)
def test_what_was_meddled_with_is_refused_in_words(text: str) -> None:
    session = Session()
    session.evaluate(SETUP)
    with pytest.raises(Exception) as caught:
        session.run(Source(text), lambda value, _: None)
    assert diagnose(caught.value, session).kind != "InternalError"


def test_no_member_has_a_name_that_numpy_and_copy_ask_for(run: Any) -> None:
    run("m = nn.Linear(1, 1); m._modules['__array__'] = nn.ReLU()")
    assert run("hasattr(m, '__array__')") is False
    assert run("copy.deepcopy(m)._modules.keys() == m._modules.keys()") is True


def test_attributes_are_changed_through_what_checks_them(run: Any) -> None:
    run(
        "m = nn.Linear(1, 1); d = m.__dict__; d['in_features'] = 9; v = vars(m); v['in_features'] = 8"
    )
    assert run("m.in_features, '_hooked' in d") == (9, False)
    run("m.__dict__.update(scale=2.0)")
    assert run("m.scale") == 2.0


# -- hooks ----------------------------------------------------------------------------------------


def test_a_copy_has_hooks_of_its_own(run: Any) -> None:
    run(
        "seen = []; net[0].register_forward_hook(lambda *a: seen.append(1)); c = copy.deepcopy(net)"
    )
    run("c[0].register_forward_hook(lambda *a: seen.append(2)); net(x)")
    assert run("seen") == [1]
    run("seen.clear(); c(x)")
    assert run("seen") == [1, 2]


def test_a_hook_that_comes_later_is_called_by_a_plan(run: Any) -> None:
    run("seen = []; f = jit(net); f(x); f(x)")
    run("handle = net[1].register_forward_hook(lambda *a: seen.append(1)); f(x); f(x)")
    assert run("seen") == [1, 1]
    run("handle.remove(); f(x)")
    assert run("seen") == [1, 1]


def test_backward_hooks_run_each_time_inside_jit(run: Any) -> None:
    run("seen = []; net[0].register_full_backward_hook(lambda m, gi, go: seen.append(1))")
    run("f = jit(lambda x: net(x).sum())")
    for _ in range(3):
        run("f(x).backward()")
    assert run("seen") == [1, 1, 1]


def test_a_backward_hook_does_not_change_the_gradients(run: Any) -> None:
    run("net(x).pow(2).sum().backward(); want = [p.grad for p in net.parameters()]")
    run("net.zero_grad(); [m.register_full_backward_hook(lambda *a: None) for m in net.modules()]")
    run("net(x).pow(2).sum().backward()")
    assert run("all(p.grad.allclose(g) for p, g in zip(net.parameters(), want))")


def test_a_backward_hook_lets_second_derivatives_pass(run: Any) -> None:
    run("m = nn.Tanh(); m.register_full_backward_hook(lambda *a: None)")
    run("t = tensor(0.5, requires_grad=True)")
    run("g, = torch.autograd.grad(m(t), t, create_graph=True); h, = torch.autograd.grad(g, t)")
    assert run("h.item()") == pytest.approx(-2 * 0.46211716 * (1 - 0.46211716**2), rel=1e-5)


# -- plans ----------------------------------------------------------------------------------------


def test_a_compiled_module_and_its_copy_keep_their_own_parameters(run: Any) -> None:
    run("m = nn.Linear(2, 2); m.compile(); m(x); c = copy.deepcopy(m)")
    run("with no_grad(): c.weight.zero_(); c.bias.zero_()")
    assert run("bool((c(x) == 0).all()), bool((m(x) == 0).all())") == (True, False)


def test_clipping_stays_in_the_plan_of_a_step(run: Any) -> None:
    run("o = optim.SGD(net.parameters(), lr=0.1)")
    run(
        "def step(net, o):\n"
        "    o.zero_grad(); loss = net(x).pow(2).mean(); loss.backward()\n"
        "    nn.utils.clip_grad_norm_(net.parameters(), 0.1); o.step()\n"
        "    return loss"
    )
    run("other = copy.deepcopy(net); p = optim.SGD(other.parameters(), lr=0.1)")
    run("planned = jit(step)")
    for _ in range(4):
        assert run("planned(net, o).allclose(step(other, p))") is True
    assert "vector_norm" in str(run("planned.graph"))


@pytest.mark.parametrize(
    "change",
    [
        "P.register_parametrization(m, 'weight', Symmetric())",
        "nn.utils.parametrizations.weight_norm(m)",
        "nn.utils.weight_norm(m)",
        "prune.l1_unstructured(m, 'weight', 2)",
    ],
)
def test_a_plan_sees_what_a_weight_is_made_of(run: Any, change: str) -> None:
    run(f"m = nn.Linear(2, 2); f = jit(m); f(x); {change}")
    assert run("f(x).allclose(m(x))") is True
    run("with no_grad():\n    for p in m.parameters(): p.mul_(2)")
    assert run("f(x).allclose(m(x))") is True


# -- others ---------------------------------------------------------------------------------------


def test_frozen_layers_get_no_gradient(run: Any) -> None:
    run("net[0].requires_grad_(False); net(x).sum().backward()")
    assert run("[p.grad is None for p in net.parameters()]") == [True, True, False, False]


def test_a_loaded_state_shares_no_memory(run: Any) -> None:
    run("other = copy.deepcopy(net); s = net.state_dict(); other.load_state_dict(s)")
    run("s['0.weight'].fill_(7.)")
    assert run("bool((net[0].weight == 7).all()), bool((other[0].weight == 7).all())") == (
        True,
        False,
    )


def test_functional_call_leaves_the_module_as_it_was(run: Any) -> None:
    run("before = net[0].weight")
    with pytest.raises(RuntimeError):
        run("func.functional_call(net, {'0.weight': ones(5, 5)}, x)")
    assert run("net[0].weight is before") is True


def test_gradients_of_a_module_by_its_parameters_for_each_example(run: Any) -> None:
    run("p = dict(net.named_parameters())")
    run("loss = lambda p, row: func.functional_call(net, p, row.unsqueeze(0)).sum()")
    run("each = vmap(func.grad(loss), (None, 0))({k: v.detach() for k, v in p.items()}, x)")
    run("net(x).sum().backward()")
    assert run("all(each[k].sum(0).allclose(v.grad) for k, v in p.items())") is True


def test_lazy_layers_are_copied_and_trained(run: Any) -> None:
    run("m = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(1)); c = copy.deepcopy(m)")
    run("o = optim.SGD(m.parameters(), lr=0.1); m(x).sum().backward(); o.step(); c(ones(1, 7))")
    assert run("m[0].weight.shape, c[0].weight.shape") == ((3, 2), (3, 7))
