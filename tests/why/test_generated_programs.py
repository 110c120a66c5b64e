"""Programs made at random, with one fault put in: `why` names its line, and the call at fault."""

from __future__ import annotations

from random import Random

import pytest

from .conftest import Asking

# Statements that make `v{n}` of earlier ones `a` and `b`, (3, 3) each; all of them pass nan on.
STEPS = [
    "v{n} = {a} + {b}", "v{n} = {a} * 0.5 - {b}", "v{n} = ({a} @ {b}) / 9", "v{n} = {a}.tanh()",
    "v{n} = {a}.T + 1", "v{n} = {a}.sum(1, keepdim=True) / 9 + {b}", "v{n} = {a}.cumsum(0) / 3 + {b}",
    "v{n} = {a}.flip(0) + {b}.roll(1, 1)", "v{n} = softmax({a}, 1) + {b}",
    "v{n} = {a}[tensor([2, 0, 1])]", "v{n} = cat([{a}[1:], {b}[:1]]) + {a}.mean() + {b}.mean()",
    "v{n} = {a}.clone(); v{n}.mul_(0.5); v{n} += {b}",
    "v{n} = {a}.clone(); v{n}[1] = {b}[0] + {a}.sum()",
    "v{n} = {a}\nfor _ in range(3):\n    v{n} = (v{n} + {b}) * 0.4",
    "v{n} = f({a}, {b})", "v{n} = einsum('ij,kj->ik', {a}, {b}) / 9", "v{n} = stack([{a}, {b}]).sum(0)",
    "v{n} = {a}.exp().clamp(max=3.) + {b}", "v{n} = nn.functional.layer_norm({a}, (3,)) + {b}",
    "v{n} = {a}.reshape(9)[:].view(3, 3) - {b}.max()",
    "v{n} = empty(3, 3); v{n}[:] = {a}; v{n}.sub_({b})", "v{n} = {a}.expand(2, 3, 3).mean(0) + {b}.norm()",
]  # fmt: skip
# Faults, and what is at fault: nan where there was none.
FAULTS = [
    ("v{n} = ({a} - 100).sqrt()", "sqrt"), ("v{n} = ({a} - 100).log() + {b}", "log"),
    ("v{n} = ({a} * 0) / ({b} * 0)", "div"), ("v{n} = {a} * inf * 0", "mul"),
    ("v{n} = {a}.clone(); v{n}[1, 2] = nan", "fill_"), ("v{n} = ({a} + 5).acos()", "acos"),
    ("v{n} = {a} + ({b} * 0 + 1e38) * 10 - ({b} * 0 + 1e38) * 10", "sub"),
    ("v{n} = softmax({a} + where({b} == {b}[0, 0], inf, 0.), 1)", "softmax"),
    ("v{n} = {a}.clone(); v{n}.sub_(50).sqrt_()", "sqrt_"),
    ("v{n} = (full((3, 3), 3e38) @ ones(3, 3)) * 0 + {a}", "mul"),
]  # fmt: skip
FUNCTION = "def f(x, y):\n    s = x.relu() + y\n    return s / (1 + s.abs())\n"


def program(seed: int) -> tuple[str, int, str, str]:
    """A program, the line of its fault, the call at fault, and the variable to ask of."""
    random = Random(seed)
    lines = [f"torch.manual_seed({seed})", *FUNCTION.splitlines()]
    lines += ["v0 = randn(3, 3)", "v1 = rand(3, 3)"]
    at = random.randint(2, 8)
    fault = ""
    number = 0
    for n in range(2, 14):
        known = range(n) if n <= at else range(at, n)
        first, second = f"v{random.choice(known)}", f"v{random.choice(known)}"
        step = random.choice(STEPS)
        if n == at:
            step, fault = random.choice(FAULTS)
            number = len(lines) + 1
        lines += step.format(n=n, a=first, b=second).splitlines()
    return "\n".join(lines), number, fault, "v13"


@pytest.mark.parametrize("seed", range(60))
def test_the_fault_is_named(run: Asking, seed: int) -> None:
    text, line, fault, name = program(seed)
    run(text)
    assert run.value(f"{name}.isnan().any().item()"), text
    found = run(f"why({name})")
    first = next(said for said in found.splitlines() if said.startswith("nan first"))
    assert f"test.tcalc:{line}:" in first, f"{text}\n{found}"
    assert f"came of {fault}" in first, f"{text}\n{found}"


@pytest.mark.parametrize("seed", range(60, 80))
def test_plain_values_are_made_again(run: Asking, seed: int) -> None:
    """Without a fault each way back ends at draws, and no call is said to be another's."""
    random = Random(seed)
    lines = [
        f"torch.manual_seed({seed})",
        *FUNCTION.splitlines(),
        "v0 = randn(3, 3)",
        "v1 = rand(3, 3)",
    ]
    for n in range(2, 10):
        step = random.choice(STEPS)
        a, b = random.randrange(n), random.randrange(n)
        lines += step.format(n=n, a=f"v{a}", b=f"v{b}").splitlines()
    run("\n".join(lines))
    found = run("why(v9[1, 2])")
    assert found.startswith(("made by ", "it came in at ")), found
    value = run.value("v9[1, 2].item()")
    assert f"= {value:.6g} " in found, found


@pytest.mark.parametrize("seed", range(80, 100))
def test_the_gradient_at_fault_is_named(run: Asking, seed: int) -> None:
    """The slope of sqrt at 0 times 0 is nan, and goes back through all that was done before."""
    random = Random(seed)
    lines = [f"torch.manual_seed({seed})", *FUNCTION.splitlines()]
    lines += ["v0 = randn(3, 3, requires_grad=True)", "v1 = v0 * 0.5"]
    at, line = random.randint(2, 7), 0
    for n in range(2, 10):
        # Each goes on with the one before, so that all of them lead to the loss.
        a, b = f"v{n - 1}", f"v{random.randrange(n)}"
        step = random.choice(STEPS)
        if n == at:
            line, step = len(lines) + 1, "v{n} = {a} + ({a} * 0).sqrt() * 0"
        lines += step.format(n=n, a=a, b=b).splitlines()
    run("\n".join([*lines, "v9.sum().backward()"]))
    assert run.value("v0.grad.isnan().any().item()"), "\n".join(lines)
    found = run("why(v0.grad)")
    first = next(said for said in found.splitlines() if said.startswith("nan first"))
    assert "in SqrtBackward0, gradient of " in first, "\n".join([*lines, found])
    assert f"test.tcalc:{line}:" in first, "\n".join([*lines, found])
