"""What each thread has of its own, and what threads of one session share."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import threads
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.types import devices
from tcalc.session import Session
from tcalc.source import Source


def in_threads(work: Callable[[int], Any], count: int = 4) -> list[Any]:
    """What `work(i)` gives in threads that begin together."""
    found: list[Any] = [None] * count
    begin = threading.Barrier(count)

    def run(i: int) -> None:
        begin.wait()
        try:
            found[i] = work(i)
        except BaseException as error:  # raised below
            found[i] = error

    running = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def test_grad_mode_and_default_device_are_each_threads_own() -> None:
    inside, checked = threading.Event(), threading.Event()
    x = lookup("torch.ones")(2, requires_grad=True)
    seen: list[Any] = []

    def other() -> None:
        inside.wait()
        seen.append((x * 2).requires_grad)
        seen.append(lookup("torch.ones")(1).device)
        checked.set()

    thread = threading.Thread(target=other)
    thread.start()
    try:
        with lookup("torch.no_grad")():
            lookup("torch.set_default_device")("meta")
            inside.set()
            assert checked.wait(60)
            assert not (x * 2).requires_grad
            assert lookup("torch.ones")(1).is_meta
    finally:
        mode.device = None
        thread.join()
    assert seen == [True, devices.CPU]
    assert mode.enabled


def test_draws_of_several_threads_are_those_of_one_in_some_order() -> None:
    rand = lookup("torch.rand")
    lookup("torch.manual_seed")(7)
    alone = [rand(1000)._a for _ in range(80)]
    lookup("torch.manual_seed")(7)
    parts = in_threads(lambda _: [rand(1000)._a for _ in range(20)])
    together = {a.tobytes() for part in parts for a in part}
    assert together == {a.tobytes() for a in alone}


def test_a_worker_draws_the_next_words_of_a_large_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever thread comes first does, while the one that began the draw has the turn."""
    rand = lookup("torch.rand")
    lookup("torch.manual_seed")(7)
    alone = rand(3_000_000)._a
    stuck: list[bool] = []

    def elsewhere(work: Callable[[int], object], parts: int) -> None:
        worker = threading.Thread(target=lambda: [work(i) for i in range(parts)], daemon=True)
        worker.start()
        worker.join(30)
        stuck.append(worker.is_alive())

    monkeypatch.setattr(threads, "spread", elsewhere)
    lookup("torch.manual_seed")(7)
    np.testing.assert_array_equal(rand(3_000_000)._a, alone)
    assert stuck and not any(stuck)


PROGRAM = """
def step(w, x):
    h = torch.relu(x @ w)
    loss = (h * h).mean() + (1 / (x - x)).isinf().sum()
    return torch.autograd.grad(loss, w)[0].sum()

def forward(w, x):
    return (torch.relu(x @ w) ** 2).mean()

def backwards(w, x):
    return torch.autograd.grad(planned(w, x), w)[0].sum()

def large(n):
    y = torch.arange(300_000, dtype=torch.float32) * n
    y += 1
    return ((y * 2).exp() * 0 + y).sum()

planned = torch.compile(forward)
planned_step = torch.compile(step)
"""


@pytest.mark.parametrize("name", ["step", "planned", "planned_step", "backwards", "large"])
def test_one_sessions_work_runs_in_several_threads(name: str) -> None:
    session = Session()
    session.run(Source(PROGRAM))
    function = session.evaluate(name)
    randn = lookup("torch.randn")
    given: list[tuple[Any, ...]] = []
    for _ in range(4):
        w = randn(8, 5)
        w.requires_grad = True
        given.append((2.0,) if name == "large" else (w, randn(16, 8)))
    wanted = [function(*args).item() for args in given]

    def work(i: int) -> list[float]:
        return [function(*given[i]).item() for _ in range(3 if name == "large" else 60)]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found, value in zip(in_threads(work), wanted, strict=True):
            np.testing.assert_array_equal(found, [value] * len(found))
