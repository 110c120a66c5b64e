"""Second derivatives of what is straight or flat are zeros, as PyTorch's are, and no error."""

from __future__ import annotations

import importlib

import pytest

from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS
from tcalc.session import Session
from tcalc.source import Source

for module in _index.MODULES:
    importlib.import_module(module)

CALLS = {
    "avg_pool1d": "F.avg_pool1d(x, 2)",
    "avg_pool2d": "F.avg_pool2d(x, 2)",
    "max_pool1d": "F.max_pool1d(x, 2)",
    "max_pool2d": "F.max_pool2d(x, 2)",
    "adaptive_avg_pool2d": "F.adaptive_avg_pool2d(x, 3)",
    "adaptive_max_pool1d": "F.adaptive_max_pool1d(x, 3)",
    "adaptive_max_pool2d": "F.adaptive_max_pool2d(x, 3)",
    "fractional_max_pool2d": "F.fractional_max_pool2d(x[None], 2, output_size=2)",
    "conv1d": "F.conv1d(x.mT[:, :2], w[:, :, 0], b)",
    "conv2d": "F.conv2d(x[None], w, b)",
    "conv_transpose2d": "F.conv_transpose2d(x[None], w.transpose(0, 1), b)",
    "hardshrink": "F.hardshrink(x)",
    "softshrink": "F.softshrink(x)",
    "hardtanh": "F.hardtanh(x)",
    "relu": "x.relu()",
    "relu6": "F.relu6(x)",
    "leaky_relu": "F.leaky_relu(x)",
    "threshold": "F.threshold(x, 0.1, 2.0)",
    "prelu": "F.prelu(x, b[:1])",
    "rrelu": "F.rrelu(x, training=True)",
    "pad_reflect": "F.pad(x, (1, 1), mode='reflect')",
    "pad_replicate": "F.pad(x, (1, 1), mode='replicate')",
    "nll_loss": "F.nll_loss(x[0], tensor([0, 1, 2, 1]))",
    "remainder": "x.remainder(b[:1])",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_gradient_has_a_graph_and_its_own_gradient_is_zero_or_finite(call: str) -> None:
    session = Session()
    session.run(
        Source(
            "torch.manual_seed(0)\n"
            "x = torch.randn(2, 4, 4, dtype=float64).requires_grad_()\n"
            "w = torch.randn(4, 2, 2, 2, dtype=float64).requires_grad_()\n"
            "b = torch.randn(4, dtype=float64).requires_grad_()\n"
            f"y = {call}\n"
            "grad = torch.autograd.grad\n"
            "first = grad(y.sum(), (x, w, b), create_graph=True, allow_unused=True)\n"
            "ends = [g for g in first if g is not None and g.requires_grad]\n"
            "second = grad([g.sum() for g in ends], (x, w, b), allow_unused=True)\n"
            "good = all([bool(t.isfinite().all()) for t in second if t is not None])\n"
        )
    )
    assert session.variables["ends"] and session.variables["good"] is True


def test_what_ties_a_gradient_is_an_operand_or_the_result() -> None:
    tied = [op for op in OPS if op.ties]
    assert len(tied) > 10
    for op in tied:
        assert set(op.ties) <= {p.name for p in op.params if p.is_array} | {"out"}
