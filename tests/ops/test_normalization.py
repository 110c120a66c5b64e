"""Norms: the same however they are cut into blocks, exact far from 0, and free to be written to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays import blas
from tcalc.runtime.arrays.blas import sum_products
from tcalc.runtime.lazy.compiled import kernels as compiled
from tcalc.runtime.ops.nn.normalization import kernels as normalizing
from tcalc.runtime.ops.nn.normalization.kernels import Layout
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session

LAYOUTS = [
    Layout((7, 12), (1,), (1,), 0),
    Layout((5, 4, 3, 6), (2, 3), (1, 2), 0),
    Layout((5, 4, 9), (2,), (1,), 0),
    Layout((5, 4, 9), (0, 2), (1,), 1),
    Layout((7, 12), (1,), (1,), 0, False),
    Layout((40, 3, 1), (0, 2), (1,), 1),
]


def by_definition(x: Any, w: Any, b: Any, g: Any, layout: Layout, eps: float) -> list[Any]:
    mean = x.mean(layout.over, keepdims=True) if layout.centred else 0
    rest = x - mean
    variance = (rest * rest).mean(layout.over, keepdims=True)
    scale = 1 / np.sqrt(variance + eps)
    unit = rest * scale
    weighted = g * w
    slope = weighted - unit * (weighted * unit).mean(layout.over, keepdims=True)
    if layout.centred:
        slope = slope - weighted.mean(layout.over, keepdims=True)
    inner = tuple(a for a in range(x.ndim) if a not in layout.scaled)
    sums = [t.sum(inner, keepdims=True) for t in (g * unit, g)]
    return [unit * w + b, variance, slope * scale, *sums]


@pytest.mark.parametrize("piece", [5, 8192])
@pytest.mark.parametrize("block", [1, 30, 1 << 16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_blocks(
    layout: Layout, block: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalizing, "_BLOCK", block)
    monkeypatch.setattr(blas, "_PIECE", piece)
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=layout.shape), rng.normal(size=layout.shape)
    w, b = rng.normal(size=layout.beside), rng.normal(size=layout.beside)
    want = by_definition(x, w, b, g, layout, 0.1)
    out, mean, variance = normalizing.forward(np, x, w, b, layout, 0.1)
    found = normalizing.backward(np, g, x, w, mean, variance, layout, 0.1, (True, True, True))
    for a, expected in zip((out, variance, *found), want):
        np.testing.assert_allclose(a, expected, rtol=1e-11, atol=1e-12)
    only = normalizing.backward(np, g, x, None, mean, variance, layout, 0.1, (False, True, False))
    assert only[0] is None
    np.testing.assert_allclose(only[1], want[3], rtol=1e-11, atol=1e-12)


def test_a_mean_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(50, 700)) + 3000).astype(np.float32)
    layout = Layout(x.shape, (1,), (1,), 0)
    out, _, _ = normalizing.forward(np, x, None, None, layout, 1e-5)
    wide, _, _ = normalizing.forward(np, x.astype(np.float64), None, None, layout, 1e-5)
    np.testing.assert_allclose(out, wide, atol=2e-6)


@pytest.mark.parametrize(
    "norm",
    [
        "nn.functional.layer_norm(x, (4,))",
        "nn.functional.batch_norm(x, None, None, training=True)",
        "nn.functional.cross_entropy(x, tensor([0, 1, 2]))",
    ],
)
def test_results_may_be_written_to(norm: str) -> None:
    text = f"""
x = randn(3, 4, requires_grad=True)
plain, = autograd.grad(({norm} * 2).sum(), x)
y = {norm}
y *= 2
written, = autograd.grad(y.sum(), x)
plain.equal(written)
"""
    assert Session().evaluate(text) is True


def test_training_moves_running_statistics_and_nothing_else() -> None:
    text = """
m, v = zeros(2), ones(2)
x = tensor([[1., 2.], [3., 6.]], requires_grad=True)
y = nn.functional.batch_norm(x, m, v, training=True, momentum=0.5)
y.sum().backward()
m.tolist(), v.tolist(), m.requires_grad, v.is_leaf
"""
    assert Session().evaluate(text) == ([1.0, 2.0], [1.5, 4.5], False, True)


def test_sums_of_products_of_long_rows() -> None:
    rng = np.random.default_rng(0)
    for n in (8191, 8192, 8193, 20001):
        a, b = rng.standard_normal((2, 3, n)).astype(np.float32)
        want = (a.astype(np.float64) * b).sum(-1, keepdims=True)
        np.testing.assert_allclose(sum_products(a, b), want, rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(not compiled.available(), reason="nothing is compiled here")
@pytest.mark.parametrize(
    "call", ["instance_norm(x)", "group_norm(x, 4)", "group_norm(x, 4, w, b)", "layer_norm(x, (5000,))"]
)  # fmt: skip
def test_what_lies_next_to_the_mean_keeps_its_digits(call: str) -> None:
    """Means are added up in double: in single floats theirs would be off by ten times as much."""
    session = Session()
    session.evaluate("import torch")
    parts = "w = torch.full((8,), 2, dtype=x.dtype); b = torch.zeros(8, dtype=x.dtype)"
    session.evaluate(f"def f(x):\n    {parts}\n    return torch.nn.functional.{call}")
    function = session.evaluate("f")
    x = np.random.default_rng(0).standard_normal((1, 8, 5000)).astype(np.float32)
    found, exact = function(wrap(x)).numpy(), function(wrap(x.astype(np.float64))).numpy()
    near = np.abs(exact) < 1e-2
    assert np.abs(found - exact)[near].max() < 4e-9


@pytest.mark.parametrize("rows", [3, 9])
@pytest.mark.parametrize("needs", ["x", "xw", "xwb", "wb"])
@pytest.mark.parametrize("norm", ["layer_norm", "rms_norm"])
def test_gradients_of_few_rows(norm: str, needs: str, rows: int) -> None:
    """Those of single floats are the exact ones within their digits, whoever computes them."""
    session = Session()
    found = session.evaluate(f"""
def slopes(dtype):
    manual_seed(0)
    x, w, b, g = randn({rows}, 7), randn(7), randn(7), randn({rows}, 7)
    x, w, b, g = [t.to(dtype) for t in (x, w, b, g)]
    for name, t in (('x', x), ('w', w), ('b', b)):
        t.requires_grad = name in '{needs}'
    given = (w, b) if '{norm}' == 'layer_norm' else (w, 1e-5)
    y = nn.functional.{norm}(x, (7,), *given)
    y.backward(g)
    return [t.grad for t in (x, w, b) if t.grad is not None]
[(a - b).abs().max().item() for a, b in zip(slopes(torch.float32), slopes(torch.float64))]
""")
    assert len(found) == len(needs) - (norm == "rms_norm" and "b" in needs)
    assert max(found) < 3e-6


def test_statistics_that_are_given_may_be_written_to() -> None:
    """They are no part of what the gradient goes by."""
    text = """
x = randn(3, 4, requires_grad=True)
plain, = autograd.grad(native_layer_norm(x, (4,), None, None, 1e-5)[0].pow(3).sum(), x)
out, mean, scale = native_layer_norm(x, (4,), None, None, 1e-5)
mean.zero_(), scale.zero_()
written, = autograd.grad(out.pow(3).sum(), x)
plain.equal(written)
"""
    assert Session().evaluate(text) is True
