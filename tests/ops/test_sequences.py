"""Whole sequences by compiled functions: what NumPy's steps give, for all sizes, and however they are parted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import processor
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.ops.nn.recurrent import cells, whole
from tcalc.runtime.ops.nn.recurrent.cells import Weights
from tcalc.runtime.ops.nn.recurrent.walk import Walk

pytestmark = pytest.mark.skipif(
    processor.description() is None, reason="compiled code needs llvmlite and an x86-64 with AVX2"
)

KINDS = {"tanh": cells.TANH, "relu": cells.RELU, "gru": cells.GRU, "lstm": cells.LSTM}
# Numbers of examples at each time: one, a part of a tile, several tiles and a rest, packed ones.
SIZES = [(1,), (5, 5), (8, 8, 8), (13,) * 4, (9, 7, 7, 2, 1), (37, 20, 20, 5)]


class Layer:
    """A layer's operands, and what arrives at what it gives. k: the size of a state."""

    def __init__(self, kind: str, k: int, walk: Walk, dtype: type = np.float32) -> None:
        self.kind, self.walk = KINDS[kind], walk
        random = np.random.default_rng(k)

        def drawn(*shape: int, scale: float = 1.0) -> Any:
            return (random.standard_normal(shape) * scale).astype(dtype)

        gates, n, rows = self.kind.gates * k, walk.sizes[0], walk.rows
        some = 1 / k**0.5
        biases = [drawn(gates, scale=some) for _ in range(2)]
        self.weights = Weights(
            drawn(gates, 3, scale=some), drawn(gates, k, scale=some), *biases, None
        )
        self.x, self.hidden = drawn(rows, 3), drawn(n, k)
        cell = drawn(n, k)
        self.cell = cell if self.kind.has_memory else None
        self.g = [drawn(rows, k), drawn(n, k), drawn(n, k)]

    def compiled(self) -> tuple[Any, Any]:
        """What comes forward and back."""
        given = self.hidden, self.cell, self.weights
        found = whole.forward(self.kind, self.walk, self.x, *given)
        assert found is not None
        kept = found[0], *found[3:]
        return found, whole.backward(self.kind, self.walk, self.g, *given, kept)

    def numpys(self, found: Any) -> tuple[Any, Any]:
        """The same; back from what `found` has kept."""
        given = self.hidden, self.cell, self.weights
        kept = found[0], *found[3:]
        forward = self.kind.forward(np, self.walk, self.x, *given)
        return forward, self.kind.backward(np, self.walk, self.g, *given, kept)


def close(a: Any, b: Any) -> None:
    """Arrays, or None, of one shape."""
    assert len(a) == len(b)
    for one, other in zip(a, b):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 3, 16, 17, 33, 64, 70])
def test_steps_are_those_of_numpy(kind: str, k: int) -> None:
    for sizes in SIZES:
        for reverse in (False, True):
            layer = Layer(kind, k, Walk(sizes, reverse))
            found = layer.compiled()
            for a, b in zip(found, layer.numpys(found[0])):
                close(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_examples_and_of_steps_change_no_bit(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer(kind, 20, Walk((45, 45, 30, 11, 3), True))
    monkeypatch.setattr(whole, "_SHARED", 1 << 40)
    alone = layer.compiled()
    monkeypatch.setattr(whole, "_SHARED", 1)
    monkeypatch.setattr(whole, "_LONG", 1 << 16)
    for count in (1, 2, 7):
        monkeypatch.setattr(threads, "number", lambda count=count: count)
        for a, b in zip(alone, layer.compiled()):
            for one, other in zip(a, b):
                assert np.array_equal(one, other) if one is not None else other is None


def test_examples_change_nothing_of_one_another() -> None:
    layer = Layer("gru", 9, Walk((6, 6, 6)))
    whole_batch = layer.compiled()[0]
    one = Layer("gru", 9, Walk((1, 1, 1)))
    one.weights, one.hidden, one.x = layer.weights, layer.hidden[4:5], layer.x[4::6]
    assert np.array_equal(one.compiled()[0][0], whole_batch[0][4::6])


def test_not_a_number_stays_with_its_example() -> None:
    for kind in KINDS:
        layer = Layer(kind, 5, Walk((6, 6)))
        layer.x[2] = np.nan
        out = layer.compiled()[0][0]
        assert np.isnan(out[[2, 8]]).all() and np.isfinite(np.delete(out, [2, 8], 0)).all()


def test_other_arrays_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    double = Layer("lstm", 4, Walk((2, 2)), np.float64)
    empty = Layer("lstm", 4, Walk((0, 0)))
    single = Layer("lstm", 4, Walk((2, 2)))
    projected = Layer("lstm", 4, Walk((2, 2)))
    projected.weights = projected.weights._replace(projection=np.ones((4, 4), np.float32))
    for layer in (double, empty, projected, single):
        monkeypatch.setattr(settings, "on", layer is not single)
        given = layer.x, layer.hidden, layer.cell, layer.weights
        assert whole.forward(layer.kind, layer.walk, *given) is None
