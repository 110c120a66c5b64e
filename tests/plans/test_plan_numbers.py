"""Numbers that change from call to call are inputs of a plan, unless something is decided by them."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.library.jit.planned import Planned
from tcalc.runtime.base.symbols import Symbol
from tcalc.session import Session


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The remarks, instead of on standard error."""
    said: list[str] = []
    monkeypatch.setattr("tcalc.library.jit.planned.remark", said.append)
    return said


def both(definition: str, calls: list[str]) -> Planned:
    """Run calls with `f` eager and as a plan: all that is seen is the same."""
    eager, planned = Session(), Session()
    eager.evaluate(f"manual_seed(1)\n{definition}")
    planned.evaluate(f"manual_seed(1)\n{definition}\nf = jit(f)")
    for call in calls:
        want, got = eager.evaluate(call), planned.evaluate(call)
        assert repr(got) == repr(want), call
        assert not isinstance(got, Symbol)
    made: Any = planned.variables["f"]
    return getattr(made, "planned", made)


def followed(definition: str, calls: list[str], plans: int = 2) -> Planned:
    """One plan for the first number, and one for all others."""
    made = both(definition, calls)
    assert made.reason is None, made.explanation()
    assert len(made.plans) == plans
    return made


RATES = (0.1, 0.25, 1e-3, 0.0, -0.0, 2.0, 1e300, 1e39, 7.5)
STEPS = (0, 1, 2, 3, 7, 100, -4, 2**31, 2**40)


@pytest.mark.parametrize(
    "body",
    [
        "x * n", "n * x", "x - n", "n - x", "x / n", "x + x * (n * 0.5)", "x * (1 - n) + n",
        "x * (0.1 / (1 + abs(n)))", "x - 0.9 ** n * x", "x.add(x, alpha=n)", "x * -n",
        "x.double() * n", "x.half() * n", "x.bfloat16() + n", "(x * 10).int() * n", "where(x > 1, x, n)",
        "x * sqrt(abs(n))", "x + exp(-abs(n))", "x * 0.5 * (1 + cos(n / 10))", "maximum(x, x * n)",
        "x.clamp(max=n)", "full_like(x, 2) * n", "lerp(x, x * x, n)", "(x > n).float()", "x % (n + 0.3)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("values", [RATES, STEPS], ids=["floats", "ints"])
def test_operands(body: str, values: tuple[float, ...]) -> None:
    call = "try: r = f(tensor([1., 2., 3.]), {!r})\nexcept Exception as e: r = str(e)\nr"
    made = both(f"def f(x, n): return {body}", [call.format(n) for n in values])
    assert made.reason is None
    assert len(made.plans) <= 4  # comparisons have conditions


def test_bits_are_those_of_eager_work() -> None:
    calls = [f"f(linspace(0.1, 3, 50), {0.37 * k + 0.01}).double().tolist()" for k in range(9)]
    followed("def f(x, n): return (x * n + n / 3).sin() * (1 - n ** 2)", calls)


def test_a_number_keeps_its_kind() -> None:
    made = both("def f(x, n): return x * n", [f"f(arange(3), {n})" for n in
                (1, 2, 3, 1.5, 2.5, 3.5, True, False, 4, 5.5)])  # fmt: skip
    assert made.reason is None
    assert len(made.plans) == 5  # an int, ints, floats, True and False


def test_nan_and_infinities() -> None:
    followed("def f(x, n): return x * n + n",
             [f"f(ones(2), float('{n}'))" for n in ("1", "nan", "inf", "-inf", "nan", "2")])  # fmt: skip


def test_what_does_not_fit_the_dtype_is_refused_as_ever() -> None:
    for dtype, values in (("float32", (0.5, 1.5, 1e39, 2.5)), ("int8", (1, 2, 300, 3))):
        program = f"def f(n): return full_like(ones(2, dtype={dtype}), 1).add(1, alpha=n)"
        calls = [f"try:\n    r = f({v})\nexcept Exception as e:\n    r = str(e)\nr" for v in values]
        both(program, calls)


@pytest.mark.parametrize(
    ("definition", "change"),
    [
        ("lr = 0.5\ndef f(x): return x * lr", "lr = {}"),
        ("o = {'lr': 0.5}\ndef f(x): return x * o['lr']", "o['lr'] = {}"),
        ("l = [1, 0.5]\ndef f(x): return x * l[1]", "l[1] = {}"),
        ("class A: pass\na = A()\na.lr = 0.5\ndef f(x): return x * a.lr", "a.lr = {}"),
        (
            "def make():\n    lr = 0.5\n    def f(x): return x * lr\n    def set(v):\n"
            "        nonlocal lr\n        lr = v\n    return f, set\nf, set = make()",
            "set({})",
        ),
    ],
    ids=["global", "dict", "list", "attribute", "closure"],
)  # fmt: skip
def test_wherever_they_are(definition: str, change: str) -> None:
    calls = [f"{change.format(v)}\nf(ones(2))" for v in (0.5, 0.25, 2.0, 3.0)]
    followed(definition, calls)


def test_keyword_arguments() -> None:
    followed("def f(x, lr=1.0): return x * lr", [f"f(ones(2), lr={v})" for v in (0.5, 1.5, 2.5)])


# -- what is decided by numbers -------------------------------------------------------------------


def test_a_branch_has_a_plan_for_each_side() -> None:
    program = "def f(x, n):\n    if n > 3:\n        return x + n\n    return x * n"
    made = both(program, [f"f(ones(2), {n})" for n in (0, 1, 2, 3, 4, 5, 6, 1, 9)])
    assert len(made.plans) == 3


def test_every_tenth_step() -> None:
    program = "def f(x, n):\n    y = x * n\n    return y.sum() if n % 10 == 0 else y"
    assert len(both(program, [f"f(ones(2), {n})" for n in range(1, 31)]).plans) == 3


@pytest.mark.parametrize(
    "body",
    ["x[n] * n", "x.reshape(n, -1)", "x.sum() * zeros(n).numel()", "x * int(n)", "x.repeat(n)",
     "x * len(str(n))", "x * [1, 2, 3, 4, 5][n]", "x + sum(range(n))", "x * round(n / 2)", "x * hash(n)",
     "x * math.sqrt(n)", "x.roll(n)", "x * (n << 1)", "x * {1: 2}.get(n, 3)"],
)  # fmt: skip
def test_a_number_that_is_looked_at_is_guarded(body: str) -> None:
    made = both(f"import math\ndef f(x, n): return {body}",
                [f"f(arange(4), {n})" for n in (1, 2, 4, 2, 1) if "[n]" not in body or n < 4])  # fmt: skip
    assert made.reason is None


def test_other_types_are_other_plans() -> None:
    made = both("def f(x, n): return x * n if isinstance(n, float) else x + n",
                [f"f(ones(2), {n})" for n in (1.5, 2.5, 3, 4, 3.5, 5)])  # fmt: skip
    assert len(made.plans) == 3
    both(
        "def f(x, n): return x * n, type(n), str(type(n))",
        [f"f(ones(1), {n})" for n in (1.5, 2.5, 3.5)],
    )


def test_attributes_of_numbers() -> None:
    both(
        "def f(x, n): return x * n.real, n.is_integer()",
        [f"f(ones(1), {n})" for n in (1.5, 2.5, 3.0)],
    )


# -- numbers that calls change --------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    [
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return x * n",
        "class A:\n    def __init__(self): self.n = 0\na = A()\ndef f(x):\n    a.n += 1\n    return x * a.n",
        "s = {'lr': 1.0, 't': 0}\ndef f(x):\n    s['t'] += 1\n    s['lr'] *= 0.5\n    return x * s['lr'] - s['t']",
        "n = 0\ndef f(x):\n    global n\n    n = n + 2\n    return x, n, [n * 2, {'n': n}]",
    ],
)
def test_counters(program: str) -> None:
    made = both(program, ["f(ones(2))"] * 5)
    assert made.reason is None
    assert len(made.plans) == 1


def test_what_is_kept_of_numbers_is_plain() -> None:
    program = "last = [0.0, None]\ndef f(x, lr):\n    last[0] = lr * 2\n    last[1] = [lr, {'a': lr}]\n    return x * lr"
    both(
        program,
        [
            f"f(ones(1), {v})\nlast, f'{{last[0]:.3f}}', type(last[0])"
            for v in (0.5, 0.25, 2.0, 4.0)
        ],
    )


def test_a_schedule_within_the_function() -> None:
    program = """
w = ones(3, requires_grad=True)
opt = optim.SGD([w], lr=1.0, momentum=0.9)
def f(x, t):
    for g in opt.param_groups:
        g['lr'] = 0.5 / (1 + t)
    opt.zero_grad()
    (w * x).sum().backward()
    opt.step()
    return w.detach().clone()
"""
    assert both(program, [f"f(ones(3), {t})" for t in range(8)]).reason is None


# -- optimizers -----------------------------------------------------------------------------------

OPTIMIZERS = (
    "SGD([w], lr=0.1)", "SGD([w], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)",
    "Adam([w], lr=0.1)", "AdamW([w], lr=0.1, amsgrad=True)", "RMSprop([w], lr=0.1)",
    "Adagrad([w], lr=0.1)", "NAdam([w], lr=0.1)",
)  # fmt: skip
SCHEDULERS = (
    "ExponentialLR(opt, 0.9)", "CosineAnnealingLR(opt, 10)", "LinearLR(opt, total_iters=5)",
    "OneCycleLR(opt, 0.5, total_steps=20, cycle_momentum=False)",
)  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_scheduled_rate_needs_no_other_plan(optimizer: str, scheduler: str) -> None:
    program = f"""
w = tensor([1., 2., 3.], requires_grad=True)
opt = optim.{optimizer}
sched = optim.lr_scheduler.{scheduler}
def f(x):
    opt.zero_grad()
    loss = (w * x).square().sum()
    loss.backward()
    opt.step()
    return loss.detach()
"""
    made = both(program, ["r = f(ones(3))\nsched.step()\nr.tolist(), w.tolist()"] * 10)
    assert made.reason is None
    assert (
        len(made.plans) <= 4
    )  # before there is a state, before there are gradients, and one that stays


def test_gradients_through() -> None:
    made = followed(
        "def f(x, n): return (x * n).sin() / n",
        [f"x = tensor([1., 2.], requires_grad=True)\nf(x, {n}).sum().backward()\nx.grad.tolist()"
         for n in (0.5, 1.5, 2.5, 3.5)],
    )  # fmt: skip
    assert "n" in repr(made.graph)


def test_a_number_in_a_failing_function_leaves_nothing_behind() -> None:
    program = "o = {'lr': 0.5}\ndef f(x):\n    if o['lr'] < 0: raise ValueError('no')\n    return x * o['lr']"
    calls = [f"o['lr'] = {v}\ntry:\n    r = f(ones(1))\nexcept ValueError as e:\n    r = str(e)\nr, o"
             for v in (0.5, 1.5, -1.0, 2.5, -2.0, 3.5)]  # fmt: skip
    both(program, calls)
