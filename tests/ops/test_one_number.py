"""What NumPy computes of its scalars is not always what it computes of arrays.

`**` of scalars, products and magnitudes of complex ones go through other functions of C, whose
last digits differ. So one number as a tensor without dimensions, as one with a dimension, and
as an element among others has to give the same bits, and so has the reduction of one number.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.errors import TcalcError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)

grad = lookup("torch.autograd.grad")
ELEMENTWISE = [op for op in OPS if op.family == "elementwise" and op.qualified and samples_of(op)]
REDUCING = [
    op for op in OPS
    if op.qualified and op.family == "kernel" and len(samples_of(op)) > 0
    and any(p.name == "dim" for p in op.params)
    and len(samples_of(op)[0].arrays()) == 1 and samples_of(op)[0].arrays()[0].dtype.kind in "fc"
]  # fmt: skip
DRAWS = 60


def drawn(op: Op, count: int, dtype: str) -> list[np.ndarray[Any, Any]]:
    """Operands in the op's domain, as in its samples."""
    rng = np.random.default_rng(7)
    found = []
    for array in samples_of(op)[0].arrays():
        low, high = (array.min(), array.max()) if array.dtype.kind in "fiu" else (0.2, 1.5)
        made = rng.uniform(low, high, count)
        if dtype in ("F", "D"):
            made = made + 1j * rng.uniform(0.1, 1, count)
        found.append(made.astype(dtype))
    return found


def results(op: Op, arrays: list[Any], kwargs: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """The result and the gradients."""
    leaves = [wrap(np.array(a)).requires_grad_() for a in arrays]
    out = op.function(*leaves, **kwargs)
    found = [out.array] if isinstance(out, Tensor) else [t.array for t in out]
    flowing = [t for t in ([out] if isinstance(out, Tensor) else out) if t.requires_grad]
    if flowing:
        seeds = [wrap(np.full(t.shape, 0.7, t.array.dtype)) for t in flowing]
        found += [g.array for g in grad(flowing, leaves, seeds, allow_unused=True) if g is not None]
    return found


def same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.qualified[0])
def test_a_number_alone_and_among_others(op: Op, dtype: str) -> None:
    operands = drawn(op, DRAWS, dtype)
    kwargs = samples_of(op)[0].kwargs
    try:
        whole = results(op, operands, kwargs)
    except (TcalcError, TypeError, np.exceptions.ComplexWarning):
        pytest.skip("not of this dtype")
    for i in range(DRAWS):
        for shape in ((), (1,)):
            found = results(op, [a[i].reshape(shape) for a in operands], kwargs)
            for got, want in zip(found, whole, strict=True):
                assert got.shape == shape
                assert same(got.reshape(()), want[i]), (operands[0][i], shape)


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("op", REDUCING, ids=lambda op: op.qualified[0])
def test_a_reduction_of_one_number(op: Op, dtype: str) -> None:
    """Of one, where no order of adding up matters."""
    rng = np.random.default_rng(7)
    x = rng.uniform(0.1, 1.5, (DRAWS, 1)).astype(dtype)
    if dtype in "FD":
        x = x + (1j * rng.uniform(0.1, 1.5, (DRAWS, 1))).astype(dtype)
    for sample in samples_of(op):
        given = dict(zip([p.name for p in op.params][1:], sample.args[1:])) | sample.kwargs
        try:
            rows = results(op, [x], {**given, "dim": 1})
            if results(op, [x[0]], {**given, "dim": 0})[0].ndim:
                continue  # a scan
        except (TcalcError, TypeError):
            continue  # not of this dtype, or of matrices only
        for i in range(DRAWS):
            number = results(op, [x[i]], {**given, "dim": 0})
            for got, want in zip(number, rows, strict=True):
                assert same(got, want[i].reshape(got.shape)), (given, x[i])
