"""One plan in several threads at once: each has buffers of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest

from tcalc.session import Session


@pytest.fixture(autouse=True)
def eager_to_switch() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*functions: Any) -> list[Any]:
    """What functions give that begin at one time, each in a thread of its own."""
    barrier = Barrier(len(functions))
    found: list[Any] = [None] * len(functions)

    def run(i: int) -> None:
        barrier.wait(30)
        try:
            found[i] = functions[i]()
        except Exception as error:  # told where the threads are joined
            found[i] = error

    threads = [Thread(target=run, args=(i,)) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


PROGRAM = """
def g(x): return ((x * 2 + 1).sin() * x - x.exp() / 3).cumsum(0) * 0.5
f = jit(g)
f(ones(300))
"""


def test_calls_do_not_meet() -> None:
    session = Session()
    session.evaluate(PROGRAM)
    f, g = session.variables["f"], session.variables["g"]
    given = [session.evaluate(f"linspace(0, {k + 1}, 300)") for k in range(4)]
    wanted = [g(x).tolist() for x in given]

    def work(k: int) -> Any:
        return lambda: [f(given[k]).tolist() == wanted[k] for _ in range(100)]

    assert together(*[work(k) for k in range(4)]) == [[True] * 100] * 4
    assert len(f.plans) == 1


@pytest.mark.parametrize(
    "where",
    [
        "set_default_device('cpu')\nf(ones(300))",
        "set_default_device('meta')\nset_default_device(device('cpu'))\nf(ones(300))",
        "with device('cpu'):\n    f(ones(300))",
        "with device('meta'):\n    with device('cpu'):\n        f(ones(300))",
    ],
)
def test_the_cpu_by_name_is_where_a_thread_begins(where: str) -> None:
    session = Session()
    session.evaluate("def g(x): return (x * 2 + 1).sin().cumsum(0)\nf = jit(g)\n" + where)
    f, x = session.variables["f"], session.evaluate("ones(300, device='cpu')")
    want = session.variables["g"](x).tolist()
    assert together(partial(several, f, x)) == [[want] * 5]
    assert len(f.plans) == 1


def test_passes_back_do_not_meet() -> None:
    session = Session()
    session.evaluate(PROGRAM + "f(ones(300, requires_grad=True)).sum().backward()")
    f, g = session.variables["f"], session.variables["g"]
    given = [session.evaluate(f"linspace(0, {k + 1}, 300).requires_grad_()") for k in range(3)]

    def slope(function: Any, x: Any) -> Any:
        x.grad = None
        function(x).sum().backward()
        return x.grad.tolist()

    wanted = [slope(g, x) for x in given]

    def work(k: int) -> Any:
        return lambda: [slope(f, given[k]) == wanted[k] for _ in range(60)]

    assert together(*[work(k) for k in range(3)]) == [[True] * 60] * 3


def several(function: Any, x: Any) -> list[Any]:
    return [function(x).tolist() for _ in range(5)]


def test_the_first_calls_of_several_threads() -> None:
    for _ in range(5):
        session = Session()
        session.evaluate("w = ones(3)\ndef g(x): return (x * w).sin() + w\nf = jit(g)")
        f = session.variables["f"]
        x = session.evaluate("arange(3.)")
        want = session.evaluate("g(arange(3.))").tolist()
        found = together(*[partial(several, f, x)] * 4)
        assert found == [[want] * 5] * 4
        assert len(f.plans) == 1


def test_steps_of_optimizers_do_not_meet() -> None:
    session = Session()
    session.evaluate("""
def run(f):
    w = tensor([1., 2., 3.], requires_grad=True)
    opt = optim.Adam([w], lr=0.1)
    step = f(w, opt)
    for _ in range(30):
        step(ones(3))
    return w.tolist()
def steps(w, opt):
    def step(x):
        opt.zero_grad()
        (w * x).square().sum().backward()
        opt.step()
    return step
def plain(): return run(steps)
def planned(): return run(lambda w, opt: jit(steps(w, opt)))
""")
    want = session.variables["plain"]()
    assert together(*[session.variables["planned"]] * 3) == [want] * 3
