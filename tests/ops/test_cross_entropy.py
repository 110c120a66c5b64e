"""Cross-entropy: the same however rows are cut into blocks and whichever way exponentials go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.errors import DimError
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.ops.nn import cross_entropy
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

grad = lookup("torch.autograd.grad")
loss_of = lookup("torch.nn.functional.cross_entropy")
SHAPES = [(30, 7), (4, 5, 6), (3, 40, 2, 3), (2, 5, 1)]


def by_definition(x: Any, t: Any, w: Any, ignored: int, smoothing: float) -> Any:
    rows = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
    classes = t.reshape(-1)
    top = rows.max(1, keepdims=True)
    logs = rows - top - np.log(np.exp(rows - top).sum(1, keepdims=True))
    valid = classes != ignored
    own = np.where(valid, classes, 0)
    counts = w[own] * valid
    nll = (-logs[np.arange(len(rows)), own] * counts).sum() / counts.sum()
    smooth = (-(logs * w).sum(1) * valid).sum() / counts.sum()
    return (1 - smoothing) * nll + smoothing / x.shape[1] * smooth


@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("few", [0, 32])
@pytest.mark.parametrize("block", [1, 40, 1 << 16])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_blocks(
    shape: Any, block: int, few: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_entropy, "_BLOCK", block)
    monkeypatch.setattr(cross_entropy, "_FEW", few)
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape) * scale
    t = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    w = rng.uniform(0.5, 2, shape[1])
    leaf = wrap(x).requires_grad_(True)
    for smoothing in (0.0, 0.2):
        loss = loss_of(leaf, wrap(t), wrap(w), ignore_index=1, label_smoothing=smoothing)
        want = by_definition(x, t, w, 1, smoothing)
        np.testing.assert_allclose(loss.item(), want, rtol=1e-11)
        fused = grad(loss, leaf, retain_graph=True)[0]
        by_ops: Tensor = grad(loss, leaf, create_graph=True)[0].detach()
        np.testing.assert_allclose(fused.array, by_ops.array, rtol=1e-9, atol=1e-14)


def test_scores_beyond_the_range_of_exponentials() -> None:
    x = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4 - 1, -1e4]], np.float32)
    leaf = wrap(x).requires_grad_(True)
    losses = loss_of(leaf, wrap(np.array([1, 0])), reduction="none")
    np.testing.assert_allclose(losses.array, [1e4, 0.8619948], rtol=1e-5)
    slope = grad(losses.sum(), leaf)[0].array
    np.testing.assert_allclose(slope[0], [1, -1, 0])
    np.testing.assert_allclose(slope.sum(1), [0, 0], atol=1e-6)


@pytest.mark.parametrize("size", [(4, 4), (3, 40), (200, 100)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignored", [-100, 1])
def test_single_floats(size: Any, reduction: str, ignored: int) -> None:
    """Of every size within their digits, the same with a gradient and without, and none comes back to what
    is ignored."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(size) * 3).astype(np.float32)
    classes = rng.integers(0, size[1], size[0])
    classes[::3] = ignored
    found = []
    for dtype in (np.float32, np.float64):
        leaf = wrap(x.astype(dtype))
        alone = loss_of(leaf, wrap(classes), reduction=reduction, ignore_index=ignored)
        leaf.requires_grad = True
        loss = loss_of(leaf, wrap(classes), reduction=reduction, ignore_index=ignored)
        np.testing.assert_array_equal(alone.array, loss.detach().array)
        found.append((alone.array, grad(loss.sum(), leaf)[0].array))
    (loss, slope), (exact, exact_slope) = found
    np.testing.assert_allclose(loss, exact, rtol=3e-6, atol=1e-6)
    np.testing.assert_allclose(slope, exact_slope, atol=1e-6)
    assert not slope[::3].any()


@pytest.mark.parametrize("outside", [4, -1])
def test_classes_that_are_not_there(outside: int) -> None:
    scores = wrap(np.zeros((3, 4), np.float32))
    for dtype in (np.float32, np.float64):
        with pytest.raises(DimError, match=f"Target {outside} is out of bounds"):
            loss_of(wrap(np.zeros((3, 4), dtype)), wrap(np.array([0, outside, 1])))
    assert loss_of(scores, wrap(np.array([0, 3, 1]))).item() == pytest.approx(np.log(4))


def test_what_is_kept_goes_through_hooks_and_is_let_go() -> None:
    text = """
x = randn(3, 4, requires_grad=True)
t = tensor([0, 1, 2])
plain, = autograd.grad(nn.functional.cross_entropy(x, t), x)
with autograd.graph.saved_tensors_hooks(lambda s: s.clone(), lambda s: s):
    loss = nn.functional.cross_entropy(x, t)
hooked, = autograd.grad(loss, x)
y = nn.functional.cross_entropy(x, t)
first, = autograd.grad(y, x, create_graph=True)
second, = autograd.grad(first.pow(2).sum(), x)
plain.equal(hooked), torch.allclose(plain, first, atol=1e-6), second.shape == x.shape
"""
    assert Session().evaluate(text) == (True, True, True)
