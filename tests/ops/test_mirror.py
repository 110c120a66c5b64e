"""Every op takes conjugated and negated views as it takes the values that they show."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)

# What tells or refuses that memory is shown otherwise, refuses views or the steps of imaginary
# parts, or gives memory that holds anything.
LOOKING = {"is_conj", "is_neg", "view_as_real", "view_as_complex", "numpy", "empty_like",
           "as_strided", "cartesian_prod", "detach_", "resize_", "resize_as_", "new_empty"}  # fmt: skip
SAMPLED = [
    op
    for op in OPS
    if op.name not in LOOKING and any("._" not in q for q in op.qualified) and samples_of(op)
]


def base_of(array: np.ndarray[Any, Any]) -> Tensor:
    """The complex memory of which `shown` makes a view with the array's values."""
    return wrap(np.conjugate(array) if array.dtype.kind == "c" else array * -1j)


def shown(base: Tensor, array: np.ndarray[Any, Any]) -> Tensor:
    view: Tensor = base.conj()
    made: Tensor = view if array.dtype.kind == "c" else view.imag
    assert type(made._d) is Mirror
    return made


def leaves(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value.detach().array] if isinstance(value, Tensor) else []


def gradients(sample: Sample, convert: Callable[[Any], Tensor]) -> tuple[list[Any], list[Any]]:
    """The op's results, and the gradients of a sum of them where there are any."""
    lookup("torch.manual_seed")(0)
    tensors: list[Tensor] = []

    def made(array: Any) -> Tensor:
        if array.dtype.kind not in "fc":
            return wrap(array.copy())
        tensors.append(convert(array))
        return tensors[-1]

    result = sample.call(made)
    outs = [t for t in (result if isinstance(result, (tuple, list)) else (result,))
            if isinstance(t, Tensor) and t.requires_grad]  # fmt: skip
    if not outs or sample.prepare is not None:
        return leaves(result), []
    total = sum((t.real + t.imag if t.dtype.is_complex else t).sum() for t in outs)
    found = lookup("torch.autograd.grad")(total, tensors, allow_unused=True)
    return leaves(result), [None if g is None else g.array for g in found]


@pytest.mark.parametrize("op", SAMPLED, ids=lambda op: op.qualified[0])
def test_ops_take_mirrors(op: Op) -> None:
    differentiable = op.has_gradient

    def plain(array: Any) -> Tensor:
        made = wrap(array.copy())
        return made.requires_grad_(True) if differentiable else made

    def mirrored(array: Any) -> Tensor:
        base = base_of(array)
        return shown(base.requires_grad_(True) if differentiable else base, array)

    for sample in samples_of(op):
        if not any(a.dtype.kind in "fc" for a in sample.arrays()):
            continue
        try:
            want = gradients(sample, plain)
        except Exception as e:  # the same then
            with pytest.raises(type(e)):
                gradients(sample, mirrored)
            continue
        got = gradients(sample, mirrored)
        for have, wanted in zip((*got[0], *got[1]), (*want[0], *want[1]), strict=True):
            if wanted is None:
                assert have is None
            else:
                np.testing.assert_allclose(have, wanted, rtol=1e-9, atol=1e-12)
