"""Random programs: what a plan gives is what eager work gives, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcalc.library.jit.planned import Planned
from tcalc.session import Session

Session()  # makes the stack deeper, which Hypothesis does not like to see in a test

UNARY = ("-{a}", "exp({a})", "sin({a})", "relu({a})", "{a}.T", "{a}.clone()", "{a} * 1", "{a} + 0",
         "{a}.abs().sqrt()", "{a}.sum(0)", "{a}.mean(1, True)", "{a}.max(1).values", "{a}[0]",
         "{a}[:, 1:]", "{a}.reshape(-1)", "{a}.cumsum(0)", "softmax({a}, 0)", "{a} / 2",
         "{a}.detach()", "{a}.flip(0)", "{a}.double()", "2 - {a}")  # fmt: skip
BINARY = ("{a} + {b}", "{a} * {b}", "{a} - {b}", "{a} / ({b} * {b} + 1)", "maximum({a}, {b})",
          "where({a} > {b}, {a}, {b})", "{a} @ {b}", "outer({a}.reshape(-1)[:2], {b}.reshape(-1)[:3])",
          "{a} + zeros({a}.shape[-1])", "stack([{a}, {a}])", "{a} > {b}")  # fmt: skip
WRITES = ("{a} += {b}", "{a} *= 2", "{a}[0] = {b}[0]", "{a}[0] += 1", "{a}.copy_({b})", "{a}.zero_()",
          "{a}.T.add_(1)", "{a}.clamp_(-1, 1)", "{a}.fill_(3)", "{a}.sub_({b}, alpha=0.5)")  # fmt: skip


@st.composite
def programs(draw: Any, writes: bool) -> str:
    """The body of a function of x and y; what fails in it is left out by `runs`."""
    lines, names = [], ["x", "y"]
    for i in range(draw(st.integers(1, 9))):
        a, b = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        kinds = [UNARY, BINARY, WRITES] if writes else [UNARY, BINARY]
        kind = draw(st.sampled_from(kinds))
        text = draw(st.sampled_from(kind)).format(a=a, b=b)
        if kind is WRITES:
            lines.append(text)
        else:
            lines.append(f"v{i} = {text}")
            names.append(f"v{i}")
    return "\n".join(lines)


def runs(session: Session, lines: list[str]) -> list[str]:
    """The lines of a program that run."""
    good = []
    for line in lines:
        name = line.split(" = ")[0]
        if any(f"v{i}" in line.replace(name, "", 1) and f"v{i}" not in session.variables
               for i in range(9)):  # fmt: skip
            continue
        try:
            session.evaluate(line)
        except Exception:  # a line that makes no sense is left out
            continue
        good.append(line)
    return good


def defined(body: str, tracked: bool, n: int) -> str:
    """A function around the lines of a body that run, and its calls' arguments."""
    session = Session()
    session.evaluate(ARGUMENTS.format(tracked=tracked, n=n))
    lines = runs(session, body.splitlines())
    names = [n for n in session.variables if n.startswith("v")]
    result = f"return [{', '.join([*names, 'x', 'y'])}]"
    return "def f(x, y):\n" + "".join(f"    {line}\n" for line in [*lines, result])


ARGUMENTS = """
x = (arange({n} * {n}) * 0.37 % 1 - 0.4).reshape({n}, {n}).clone().requires_grad_({tracked})
y = (arange({n} * {n}) * 0.71 % 1 + 0.1).reshape({n}, {n}).clone().requires_grad_({tracked})
"""
GRADIENTS = """
outs = [t for t in r if t.requires_grad and t.grad_fn is not None]
grad(sum([(t.abs() * 0.5).sum().float() for t in outs]), [x, y], allow_unused=True) if outs else None
"""


def seen(session: Session, tracked: bool, n: int) -> list[Any]:
    """All that a call leaves: values, versions, gradients."""
    session.evaluate(ARGUMENTS.format(tracked=tracked, n=n))
    found = list(session.evaluate("r = f(x, y)\nr"))
    state = [t.array.copy() for t in found]
    state += [t._version for t in found[-2:]]
    if tracked:
        try:
            grads = session.evaluate(GRADIENTS)
        except RuntimeError as error:
            return [*state, str(error)[:30]]
        state += [g if g is None else g.array for g in grads or ()]
    return state


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and bool(a == b)


def check(body: str, tracked: bool, n: int = 3) -> None:
    text = defined(body, tracked, n)
    eager, planned = Session(), Session()
    eager.evaluate(text)
    planned.evaluate(text + "f = jit(f)")
    for _ in range(3):
        want, got = seen(eager, tracked, n), seen(planned, tracked, n)
        assert len(want) == len(got), text
        assert all(map(equal, want, got)), text
    made: Planned = planned.variables["f"]
    assert made.reason is None and len(made.plans) == 1, text


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
        yield


@settings(max_examples=60, deadline=None)
@given(programs(writes=False))
def test_pure_programs(body: str) -> None:
    check(body, False)


@settings(max_examples=60, deadline=None)
@given(programs(writes=True))
def test_programs_that_write(body: str) -> None:
    check(body, False)


@settings(max_examples=60, deadline=None)
@given(programs(writes=False))
def test_gradients_through_programs(body: str) -> None:
    check(body, True)


@settings(max_examples=60, deadline=None)
@given(programs(writes=True))
def test_gradients_through_programs_that_write(body: str) -> None:
    check(body, True)


@pytest.mark.parametrize(
    "body",
    [
        "x += y", "x[:] = y", "x[...] = y * 2 + 1", "x.copy_(y)", "v0 = x * 2\nx.copy_(v0)", "x.zero_()",
        "x.fill_(3)", "x.clamp_(-0.1, 0.1)", "x[1:] = y[1:] * 2", "x[::2] *= 3", "x[:, 1] += 1",
        "x.T.add_(1)", "x.T.copy_(y)", "x.sub_(x * y, alpha=0.5)", "x.add_(y)\nx.mul_(2)\ny.sub_(x)",
        "v0 = x.clone()\nv0 += y\nv0 *= 2", "v0 = x + y\nv0[0] = 7\nv1 = v0 * 2\nv0 += v1", "x.exp_()",
        "v0 = x * 2\nx += 1\nv1 = x * v0", "x.mul_(y)\nv0 = x.sum()\nx.div_(v0)", "x.neg_().abs_()",
        "v0 = zeros(775, 775)\nv0[3:] = x[3:]\nv0 += y", "x.masked_fill_(y > 0.5, 0)",
        "v0 = x.view(-1)\nv0[5:] += 1\nv1 = x + 1", "x.lerp_(y, 0.3)",
        "x[0], y[0] = y[0] * 1, x[0] * 1", "v0 = x[2:]\nx += 1\nv1 = v0 + 1\nv0 *= 2",
    ],
)  # fmt: skip
def test_every_write_on_large_tensors(body: str) -> None:
    check(body, False, 775)


@settings(max_examples=8, deadline=None)
@given(programs(writes=True), st.booleans())
def test_programs_on_large_tensors(body: str, tracked: bool) -> None:
    check(body, tracked, 400)


def test_a_step_with_an_embedding_and_dropout_stays_in_a_plan() -> None:
    """Where random numbers have been drawn, no later step may find that the plan does not hold."""
    found = []
    for wrapped in ("f", "jit(f)"):
        session = Session()
        session.evaluate(f"""
manual_seed(0)
m = nn.Sequential(nn.Embedding(50, 8), nn.Dropout(0.5), nn.LayerNorm(8), nn.Linear(8, 3))
o = optim.SGD(m.parameters(), lr=0.1)
t, classes = tensor([3, 1, 3, 49]), tensor([0, 2, 1, 1])
def f(t):
    o.zero_grad()
    loss = nn.functional.cross_entropy(m(t), classes)
    loss.backward()
    o.step()
    return loss.detach()
f = {wrapped}
""")
        found.append([session.evaluate("f(t)").item() for _ in range(5)])
    assert found[0] == found[1]
    made = session.variables["f"]
    assert made.reason is None, made.explanation()
