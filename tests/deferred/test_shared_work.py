"""Jobs of compiled code over threads: every part is done once, whoever does it, and by then it is over."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tcalc.runtime.base import threads
from tcalc.runtime.lazy import large
from tcalc.runtime.lazy.compiled import kernels, library, pool
from tcalc.runtime.lazy.compiled.kernels import Kernel, address
from tcalc.runtime.lazy.compiled.pool import UNIT

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")
# More than there is: all of it is shared.
WORK = kernels._WOKEN
SIZES = [1, UNIT - 1, UNIT, UNIT + 1, 7 * UNIT, 1000, 4096, 100_003, 300_000]


@pytest.fixture(params=["workers", "threads"])
def helped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With machine code's own workers, as an installation has them, and as it is without."""
    monkeypatch.setattr(threads.settings, "limit", 3)
    if request.param == "threads":
        monkeypatch.setattr(pool, "helpers", lambda: 0)
    elif not pool.helpers():
        pytest.skip("this installation has no compiled functions")


def doubling() -> Kernel:
    """A function that adds each element to itself where it lies: what is done twice shows."""
    run = kernels.Run(((np.add, (0, 0), 1),), (0,), (1,), True)
    kernel = Kernel(run, [np.dtype(np.float32)] * 2, "cc")
    kernel.prepare()
    return kernel


def doubled(kernel: Kernel, size: int) -> None:
    """Have it done to an array, and look at each element and at what lies beside it."""
    room = np.arange(size + 2 * UNIT, dtype=np.float32)
    x = room[UNIT:-UNIT]
    step = UNIT * x.itemsize
    kernel.share([1, size, address(x), 0, address(x), 0], [0, 0, step, 0, step, 0], 1, UNIT, WORK)
    expected = np.arange(size + 2 * UNIT, dtype=np.float32)
    expected[UNIT:-UNIT] *= 2
    assert (room == expected).all()


@pytest.mark.usefixtures("helped")
def test_every_part_is_done_once() -> None:
    kernel = doubling()
    for _ in range(20):
        for size in SIZES:
            doubled(kernel, size)


@pytest.mark.usefixtures("helped")
def test_rows() -> None:
    kernel = doubling()
    for rows, columns in [(1, 1000), (5, 999), (64, 4096), (3000, 333)]:
        x = np.arange(rows * 2 * columns, dtype=np.float32).reshape(rows, 2 * columns)
        expected = x.copy()
        expected[:, :columns] *= 2
        there = x[:, :columns]
        done = kernel.whole([there, there], WORK)
        assert done == (rows not in range(2, 4 * threads.number()))  # which are left to others
        assert (x == (expected if done else np.arange(x.size).reshape(x.shape))).all()


@pytest.mark.usefixtures("helped")
def test_several_lead() -> None:
    kernel = doubling()
    with ThreadPoolExecutor(4) as leaders:
        for future in [leaders.submit(doubled, kernel, size) for size in SIZES * 40]:
            future.result()


def test_a_child_has_workers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads.settings, "limit", 2)
    kernel = doubling()
    doubled(kernel, 300_000)
    child = os.fork()
    if not child:
        status = 1
        try:
            doubled(kernel, 300_000)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    doubled(kernel, 300_000)


def test_one_thread_has_no_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads.settings, "limit", 1)
    assert pool.helpers() == 0
    doubled(doubling(), 100_003)


def test_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads.settings, "limit", 2)
    monkeypatch.setattr(library, "address", lambda name: None)
    monkeypatch.setattr(pool, "_pool", None)
    assert pool.helpers() == 0
    doubled(doubling(), 100_003)


def test_a_function_is_one_whatever_shares_it(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=200_003).astype(np.float32)
    kernel = large.alone(np.exp, x.dtype)
    kernel.prepare()
    found = []
    for limit in (1, 2, 5):
        monkeypatch.setattr(threads.settings, "limit", limit)
        y = np.empty_like(x)
        kernel.whole([x.reshape(1, -1), y.reshape(1, -1)], WORK)
        found.append(y.tobytes())
    assert len({*found}) == 1
