"""Large elementwise work without a program: expressions made again, single steps, tables of few elements, and
results that go past the cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.errors import LimitError
from tcalc.runtime.base import memory
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import replaying
from tcalc.runtime.lazy import across
from tcalc.runtime.lazy.compiled import kernels, processor
from tcalc.runtime.lazy.compiled.kernels import Kernel
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.steps import Run
from tcalc.runtime.lazy.exposure import mark_exposed
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import wrap

compiled = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")
SIZE = LARGE + 77


def drawn(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape or SIZE).astype("f4")


def test_an_expression_is_made_again_for_other_arrays() -> None:
    add, mul, neg = lookup("torch.add"), lookup("torch.mul"), lookup("torch.neg")
    for seed in range(4):
        a, b = drawn(seed), drawn(seed + 9)
        x, y = wrap(a), wrap(b)
        assert np.array_equal(neg(mul(add(x, y), x)).array, -((a + b) * a))
        assert np.array_equal(add(x, y, alpha=2).array, a + 2 * b)
        assert np.array_equal(mul(x, 0.0).array, a * np.float32(0.0))
        zeros = mul(x, -0.0).array
        assert np.array_equal(np.signbit(zeros), np.signbit(a * np.float32(-0.0)))


def test_an_array_that_is_given_twice_is_told_from_two() -> None:
    mul = lookup("torch.mul")
    for seed in range(3):
        a, b = drawn(seed), drawn(seed + 5)
        x, y = wrap(a), wrap(b)
        assert np.array_equal(mul(x, x).array, a * a)
        assert np.array_equal(mul(x, y).array, a * b)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_kinds", {})
    monkeypatch.setattr(replaying, "_kept", {})
    mul, x = lookup("torch.mul"), wrap(drawn(0))
    for k in range(100):
        mul(x, 1.0 + k)
    assert 0 < len(replaying._kept) <= 16


def test_memory_that_a_program_shares_is_read_at_once() -> None:
    neg = lookup("torch.neg")
    neg(wrap(drawn(1)))
    a = drawn(2)
    x = wrap(a)
    mark_exposed(a)
    y = neg(x)
    before = -a
    a[:] = 0
    assert np.array_equal(y.array, before)


def test_a_graph_is_recorded_for_what_is_made_again() -> None:
    exp = lookup("torch.exp")
    exp(wrap(drawn(3)))
    x = wrap(drawn(4)).requires_grad_()
    y = exp(x)
    assert type(y._d) is Pending and y.grad_fn.name() == "ExpBackward0"
    y.sum().backward()
    assert np.array_equal(x.grad.array, y.array)


@compiled
@pytest.mark.parametrize(
    "shapes", [((1500, 1), (1777,)), ((1777,), (1500, 1)), ((30, 50, 1), (1, 1, 1777))]
)
@pytest.mark.parametrize("name", ["mul", "sub", "maximum", "eq"])
def test_a_table_of_few_elements(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    numpys = {"mul": np.multiply, "sub": np.subtract, "maximum": np.maximum, "eq": np.equal}
    a, b = (drawn(i, *shape) for i, shape in enumerate(shapes))
    for i in range(9):  # NumPy does it until it is compiled
        found = lookup(f"torch.{name}")(wrap(a + i), wrap(b)).array
        expected = numpys[name](a + i, b)
        assert np.array_equal(found, expected) and found.dtype == expected.dtype
        assert found.flags.c_contiguous
    kept = {(op.name, *shapes): table for (op, *shapes, _, _), table in across._kept.items()}
    assert kept[name, a.shape, b.shape] is not None


@compiled
def test_a_table_that_lies_otherwise() -> None:
    a, b = drawn(1, 1200, 2)[:, :1], drawn(2, 2400)[::2]
    for _ in range(9):
        assert np.array_equal(lookup("torch.mul")(wrap(a), wrap(b)).array, a * b)


def test_a_table_beyond_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mul = lookup("torch.mul")
    a, b = drawn(1, 9000, 1), drawn(2, 9000)
    monkeypatch.setattr(memory, "limit", memory.resident() + (1 << 26))
    with pytest.raises(LimitError):
        mul(wrap(a), wrap(b))
        mul(wrap(a), wrap(b))


def test_memory_is_looked_at_before_it_runs_short(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def resident() -> int:
        looks.append(1)
        return 1 << 30

    monkeypatch.setattr(memory, "limit", 9 << 30)
    monkeypatch.setattr(memory, "resident", resident)
    monkeypatch.setattr(memory, "give_back", lambda: None)
    for _ in range(8):
        memory.check(1 << 26)
    assert len(looks) == 1
    for _ in range(100):
        memory.check(1 << 26)
    assert 1 < len(looks) < 20
    before = len(looks)
    memory.check(7 << 30)  # more than may go unseen
    assert len(looks) > before
    with pytest.raises(LimitError):
        memory.check(9 << 30)
    monkeypatch.setattr(memory, "limit", 2 << 30)
    with pytest.raises(LimitError):
        memory.check(3 << 29)


@compiled
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "?"])
@pytest.mark.parametrize("start", [0, 1, 5])
@pytest.mark.parametrize("size", [1, 7, 64, 1000, SIZE])
def test_results_past_the_cache(
    monkeypatch: pytest.MonkeyPatch, dtype: str, start: int, size: int
) -> None:
    monkeypatch.setattr(processor, "cache_size", lambda: 0)
    d = np.dtype(dtype)
    function = np.logical_and if dtype == "?" else np.add
    run = Run(((function, (0, 1), 2),), (0, 1), (2,), True)
    kernel = Kernel(run, (d, d, d), MOVING + NUMBER + MOVING)
    kernel.prepare()
    kernel.past.prepare()
    x = np.arange(size + start).astype(d)[start:]
    one = np.ones((), d)
    around = np.full(size + 40, 1, d)
    out = around[start + 8 : start + 8 + size]
    kernel.over((x, one, out), 2)
    assert np.array_equal(out, function(x, one))
    out[...] = 1
    assert (around == 1).all()
    kernel.over((x, one, x), 2)  # in place it stays in the cache
    assert np.array_equal(x, function(np.arange(size + start).astype(d)[start:], one))
