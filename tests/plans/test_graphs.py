"""Graphs of op calls: what is recorded, its shapes without computing, and passes that keep meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_plan_parity import CALLED, Uncounted, leaves
from test_plan_parity import Call as Sampled

from tcalc.library.jit.planned import Planned
from tcalc.runtime.base.op import Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import samples_of
from tcalc.runtime.graph.call import Call, Graph
from tcalc.runtime.graph.evaluate import evaluated, inferred
from tcalc.runtime.graph.passes import common, folded, unused
from tcalc.runtime.graph.values import FRESH, INPUT, Constant, Memory, Value
from tcalc.runtime.transform.plan import passes
from tcalc.session import Session

# How long what they give is, values say; or it takes values to run them.
BY_VALUE = {
    "_from_masked", "_spread", "bincount", "cummax", "cummin", "histc", "histogram", "histogramdd", "histogramdd_edges",
    "linalg_lu_factor", "masked_select", "pick", "placed", "put_along", "put_zeros",
}  # fmt: skip
# On made-up values these give other shapes: such steps are checked at each replay.
CHECKED = {"unique"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)


def graph_of(session: Session, name: str = "f") -> Graph:
    planned: Any = session.variables[name]
    assert planned.reason is None, planned.explanation()
    return planned.plans[0].graph


def op(name: str) -> Op:
    return lookup(name).__op__


# -- what is recorded ---------------------------------------------------------------------------


def test_calls_are_recorded_with_operands_and_attributes() -> None:
    session = Session()
    session.evaluate("f = jit(lambda x, y: x.add(y, alpha=2).sum(0, keepdim=True))")
    session.evaluate("f(ones(2, 3), zeros(3))")
    add, total = graph_of(session).calls
    assert (add.op, total.op) == (op("torch.add"), op("torch.sum"))
    x, y = add.operands
    assert (x.shape, y.shape, str(x.dtype), str(x.device)) == ((2, 3), (3,), "float32", "cpu")
    assert add.attributes == {"alpha": 2}
    assert total.operands == add.outs
    assert total.outs[0].shape == (1, 3)
    line, *_ = str(graph_of(session)).splitlines()
    assert line == f"{add.outs[0]} = add({x}, {y}, alpha=2)"


def test_the_way_back_and_updates_are_calls_too() -> None:
    session = Session()
    session.evaluate("""
w = ones(3, requires_grad=True)
def f(x):
    loss = (w * x).sum()
    g = grad(loss, w)
    with no_grad():
        w.sub_(g, alpha=0.5)
    return exp(x) * 2
f = jit(f)
x = ones(3, requires_grad=True)
f(x)
""")
    calls = graph_of(session).calls
    names = [c.name for c in calls]
    assert "sub_" in names and names.index("mul") < names.index("sub_") < names.index("exp")
    update = calls[names.index("sub_")]
    assert update.target is update.operands[0] and update.target.memory.kind == INPUT
    assert [c.name for c in calls if c.back] and not update.back


def test_picked_places_are_values_of_the_graph() -> None:
    session = Session()
    session.evaluate("f = jit(lambda x, i: exp(x[:, i]))\nf(ones(2, 3), tensor([0, 2]))")
    call = next(c for c in graph_of(session).calls if c.name == "pick")
    assert type(call.attributes["picks"][1]) is Value


# -- shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("called", CALLED, ids=lambda op: op.qualified[0])
def test_shapes_are_inferred(called: Op) -> None:
    for sample in samples_of(called):
        for tracked in (False, True):
            planned = Planned(Uncounted(Sampled(sample)))
            try:
                planned(*leaves(sample, tracked))
            except Exception:  # values or dtypes that are refused
                continue
            for call in planned.plans[0].graph.calls if planned.plans else ():
                if call.op is None or call.target is not None or call.shown:
                    continue
                if call.op.name in CHECKED:
                    continue
                found = inferred(call)
                if found is None:
                    assert call.op.name in BY_VALUE, call
                elif call.attributes.get("keep") is not False:  # which lets go of a part of it
                    assert found == [(v.shape, v.dtype) for v in call.outs], call


# -- passes -------------------------------------------------------------------------------------


def value(number: int, *shape: int, kind: str = FRESH) -> Value:
    return Value(number, Memory(kind), np.zeros(shape, np.float32), 0)


def test_what_is_done_twice_is_done_once() -> None:
    x, a, b, c = value(0, 3, kind=INPUT), value(1, 3), value(2, 3), value(3, 3)
    exp, add = op("torch.exp"), op("torch.add")
    graph = Graph(
        [Call(exp, [x], {}, [a]), Call(exp, [x], {}, [b]), Call(add, [a, b], {"alpha": 1}, [c])],
        [c],
    )
    common(graph)
    assert str(graph) == "%1 = exp(%0)\n%3 = add(%1, %1)"


def test_calls_that_differ_stay_two() -> None:
    x, a, b, c = value(0, 3, kind=INPUT), value(1, 3), value(2, 3), value(3, 3)
    add = op("torch.add")
    calls = [Call(add, [x, x], {"alpha": 1}, [a]), Call(add, [x, x], {"alpha": 2}, [b])]
    again = Call(add, [x, x], {"alpha": 1}, [c])
    again.versions = (1, 1)  # x was written to in between
    graph = Graph([*calls, again], [a, b, c])
    common(graph)
    assert len(graph.calls) == 3


def test_what_nobody_needs_is_left_out() -> None:
    x, a, b = value(0, 3, kind=INPUT), value(1, 3), value(2, 3)
    exp = op("torch.exp")
    update = Call(exp, [x], {}, target=x)
    graph = Graph([Call(exp, [x], {}, [a]), update, Call(exp, [x], {}, [b])], [b])
    unused(graph)
    assert str(graph) == "%0 = exp_(%0)\n%2 = exp(%0)"


def test_constants_are_folded() -> None:
    x, a, b = value(0, 2, kind=INPUT), value(1, 2), value(2, 2)
    two = Constant(np.array([2.0, 3.0], np.float32))
    mul = op("torch.mul")
    square = Call(mul, [two, two], {}, [a])
    assert evaluated(square)[0].array.tolist() == [4.0, 9.0]
    graph = Graph([square, Call(mul, [x, a], {}, [b])], [b])
    folded(graph)
    (left,) = graph.calls
    assert left.operands[0] is x and left.operands[1].array.tolist() == [4.0, 9.0]


def test_a_pass_is_a_function_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negating twice is nothing."""

    def twice(graph: Graph) -> None:
        made = {v.number: c for c in graph.calls for v in c.outs}
        for call in graph.calls:
            graph.rename(call)
            inner = made.get(call.operands[0].number) if call.name == "neg" else None
            if inner is not None and inner.name == "neg":
                graph.same[call.outs[0].number] = inner.operands[0]

    monkeypatch.setattr(passes, "ON_CALLS", [("negated twice", twice), *passes.ON_CALLS])
    session = Session()
    found = session.evaluate("f = jit(lambda x: exp(-(-x)))\nx = tensor([1., 2.])\n[f(x), f(x)]")
    wanted = session.evaluate("exp(x)").array
    assert all(np.array_equal(t.array, wanted) for t in found)
    assert [o.name for o in session.evaluate("f.graph.after")] == ["exp"]


# -- optimizers whose step stays in the plan ------------------------------------------------------


TRAINING = """
manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
opt = optim.{optimizer}
def f(x, y):
    loss = ((model(x) - y) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.detach()
"""


def trained(optimizer: str, wrapped: str, steps: int) -> tuple[Session, list[float]]:
    session = Session()
    session.evaluate(TRAINING.format(optimizer=optimizer) + f"f = {wrapped}\n")
    return session, [session.evaluate("f(ones(2, 3), zeros(2, 1))").item() for _ in range(steps)]


@pytest.mark.parametrize(
    "optimizer",
    [
        "Adam(model.parameters(), lr=0.1)",
        "Adam(model.parameters(), lr=tensor(0.1), amsgrad=True)",
        "AdamW(model.parameters(), lr=0.1)",
        "SGD(model.parameters(), lr=0.1)",
        "SGD(model.parameters(), lr=0.1, momentum=0.9, dampening=0.1)",
        "SGD([{'params': model[0].parameters(), 'lr': 0.2}, {'params': model[2].parameters()}], "
        "lr=0.1, momentum=0.9, nesterov=True, maximize=True, weight_decay=0.1)",
    ],
)
def test_a_step_stays_in_one_plan(optimizer: str) -> None:
    _, eager = trained(optimizer, "f", 12)
    session, planned = trained(optimizer, "jit(f)", 12)
    assert eager == planned
    found = session.variables["f"]
    assert found.reason is None, found.explanation()
    assert len(found.plans) <= 2  # one that makes the state, one that goes on with it
    weights = [session.evaluate("[p.tolist() for p in model.parameters()]")]
    session, _ = trained(optimizer, "f", 12)
    assert weights == [session.evaluate("[p.tolist() for p in model.parameters()]")]


def test_adam_counts_its_steps_in_the_plan() -> None:
    session, losses = trained("Adam(model.parameters(), lr=0.1)", "jit(f)", 12)
    # PyTorch's own.
    assert np.allclose(losses[:4], [0.0323, 0.1369, 0.0348, 0.0013], atol=5e-5)
    assert session.evaluate("opt.state[model[0].weight]['step']").item() == 12
    steps = [o.name for o in session.evaluate("f.graph.after")]
    assert steps.count("adam_step") == 1


def test_a_learning_rate_in_a_tensor_changes_without_another_plan() -> None:
    change = "with no_grad():\n    opt.param_groups[0]['lr'].mul_(0.5)\n"
    found = []
    for wrapped in ("f", "jit(f)"):
        session, _ = trained("SGD(model.parameters(), lr=tensor(0.1))", wrapped, 3)
        session.evaluate(change)
        found.append([session.evaluate("f(ones(2, 3), zeros(2, 1))").item() for _ in range(3)])
    assert found[0] == found[1]
    assert len(session.variables["f"].plans) == 2  # without gradients to forget, and with them
