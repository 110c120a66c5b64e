"""Deferred work gives what work done at once gives: bit for bit, for every op and its gradient."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.lazy.compiled import kernels
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)


@pytest.fixture(autouse=True)
def numpys_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compiled code, whose exp is not NumPy's to the last digit: see test_compiled_parity."""
    monkeypatch.setattr(kernels.settings, "on", False)


SHORT = LARGE - 1001
LONG = LARGE + 317
ELEMENTWISE = [
    op for op in OPS if op.family == "elementwise" and any("._" not in q for q in op.qualified)
]


def ids(op: Op) -> str:
    return op.qualified[0]


def stretched(array: np.ndarray, shape: tuple[int, ...], length: int, dtype: Any) -> np.ndarray:
    """A sample's values again and again, 1-dim, in another precision where they are inexact."""
    if array.dtype.kind in "fc":
        array = array.astype(
            {"f": dtype, "c": np.result_type(dtype, np.complex64)}[array.dtype.kind]
        )
    if array.ndim == 0:
        return array
    flat = np.broadcast_to(array, shape).reshape(-1)
    return np.resize(flat, length)


def tensors(sample: Sample, length: int, dtype: Any, leaves: list[Tensor] | None = None) -> Any:
    shape = np.broadcast_shapes(*[a.shape for a in sample.arrays()])

    def convert(array: np.ndarray) -> Tensor:
        made = wrap(stretched(array, shape, length, dtype))
        if leaves is not None and made.dtype.is_floating_point:
            made._require_grad(True)
            leaves.append(made)
        return made

    return sample.call(convert)


def cases() -> list[Any]:
    found = []
    for op in ELEMENTWISE:
        for sample in samples_of(op):
            if (
                sample.prepare is None
                and all(a.size for a in sample.arrays())
                and any(a.ndim for a in sample.arrays())
            ):
                found.append(pytest.param(sample, id=f"{ids(op)}-{len(found)}"))
    return found


CASES = cases()


def same(a: Any, b: Any) -> bool:
    return a.dtype == b.dtype and a[:SHORT].tobytes() == b[:SHORT].tobytes()


@pytest.mark.parametrize("sample", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(sample: Sample, dtype: Any) -> None:
    late, at_once = tensors(sample, LONG, dtype), tensors(sample, SHORT, dtype)
    assert same(late.array, at_once.array)


@pytest.mark.parametrize("sample", [c for c in CASES if c.values[0].op.has_gradient])
def test_gradients(sample: Sample) -> None:
    found = []
    for length in (LONG, SHORT):
        leaves: list[Tensor] = []
        out = tensors(sample, length, np.float32, leaves)
        if not isinstance(out, Tensor) or not out.requires_grad:
            return
        weights = wrap(np.resize(np.array([0.5, -1.25, 2.0], out._d.dtype), out._d.shape))
        try:
            grads = lookup("torch.autograd.grad")(out, leaves, weights, allow_unused=True)
        except AutogradError:  # an input without a derivative
            leaves = leaves[1:]
            grads = lookup("torch.autograd.grad")(out, leaves, weights, allow_unused=True)
        found.append(list(grads))
    for late, at_once in zip(*found):
        if late is None:
            assert at_once is None
        elif late.ndim:  # that of a number is a sum, over another length
            assert same(late.array, at_once.array)


def test_most_ops_are_deferred() -> None:
    late = [
        sample.op.name
        for sample in (c.values[0] for c in CASES)
        if type(getattr(tensors(sample, LONG, np.float32), "_d", None)) is Pending
    ]
    assert len(set(late)) > 80
    assert {"add", "mul", "div", "exp", "tanh", "sigmoid", "pow", "relu", "clamp"} <= set(late)
