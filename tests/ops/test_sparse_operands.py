"""Every op of the registry takes a sparse tensor as what it is, or refuses it by a clear error: none
takes what it keeps for something else."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.errors import LayoutError, TcalcError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)

SAMPLED = [op for op in OPS if op.is_public and samples_of(op)]
FORMS = {"coo": "to_sparse", "csr": "to_sparse_csr"}
seed = lookup("torch.manual_seed")


def ids(op: Op) -> str:
    return f"{op.qualified[0]}-{op.family}"


def of_form(array: np.ndarray[Any, Any], form: str) -> Tensor | None:
    """The array as a sparse tensor, with some elements 0; None where it can be none."""
    if array.size < 2 or (form == "csr" and array.ndim != 2):
        return None
    made: Tensor = getattr(wrap(array), FORMS[form])()
    return made


def thinned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same with every third element 0 where it is of floats."""
    array = array.copy()
    if array.dtype.kind in "fc":
        array.reshape(-1)[::3] = 0
    return array


def dense(value: Any) -> Any:
    """A result with all its elements."""
    if isinstance(value, (tuple, list)):
        return [dense(v) for v in value]
    if isinstance(value, Tensor):
        return value.to_dense().detach().array
    return value


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return bool(a.shape == b.shape and np.allclose(a, b, equal_nan=True))
    return a == b or not isinstance(a, (int, float, bool, str, tuple))


def called(sample: Sample, arrays: list[Any], sparse: int | None, form: str) -> Any:
    """The result of a sample on thinned arrays, one of which is sparse."""
    at = iter(range(len(arrays)))

    def convert(array: np.ndarray[Any, Any]) -> Tensor:
        i = next(at)
        found = of_form(arrays[i], form) if i == sparse else None
        return wrap(arrays[i].copy()) if found is None else found

    seed(0)
    return sample.call(convert)


# What says something of how a tensor is kept.
OF_LAYOUT = {
    "Tensor.is_contiguous", "Tensor.dense_dim", "Tensor.sparse_dim", "Tensor.data_ptr", "torch.is_same_size",
    "Tensor.storage_offset", "Tensor.type", "Tensor.element_size",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("op", SAMPLED, ids=ids)
def test_a_sparse_operand_counts_as_what_it_is_or_is_refused(op: Op, form: str) -> None:
    if OF_LAYOUT & set(op.qualified):
        return
    for sample in samples_of(op):
        arrays = [thinned(a) for a in sample.arrays()]
        for i, array in enumerate(arrays):
            if of_form(array, form) is None:
                continue
            try:
                got = called(sample, arrays, i, form)
            except LayoutError as error:
                assert error.hint, error
                continue
            except TcalcError as error:  # one that it has for this operand alone
                assert isinstance(error, (RuntimeError, TypeError, ValueError)), error
                continue
            want = called(sample, arrays, None, form)
            assert same(dense(want), dense(got)), f"{sample} with operand {i} sparse"


INPLACE = [op for op in SAMPLED if op.inplace]


@pytest.mark.parametrize("op", INPLACE, ids=ids)
def test_in_place_forms_too(op: Op) -> None:
    for sample in samples_of(op):
        for into in (0, 1):
            arrays = [thinned(a) for a in sample.arrays()]
            if into >= len(arrays) or of_form(arrays[into], "coo") is None:
                continue
            operands = [wrap(a.copy()) for a in arrays]
            want = [t.clone() for t in operands]
            operands[into] = operands[into].to_sparse()
            results = []
            for given in (operands, want):
                left = iter(given)
                try:
                    results.append(_written(sample, lambda _, left=left: next(left), op))
                except (TcalcError, RuntimeError, TypeError) as error:
                    results.append(error)
            got, expected = results
            if isinstance(got, TcalcError):
                continue
            assert not isinstance(expected, Exception), expected
            assert same(dense(expected), dense(got)), f"{sample} in place"


def _written(sample: Sample, convert: Any, op: Op) -> Any:
    args = [_each(v, convert) for v in sample.args]
    kwargs = {k: _each(v, convert) for k, v in sample.kwargs.items()}
    return op.inplace_function(*args, **kwargs)


def _each(value: Any, convert: Any) -> Any:
    if isinstance(value, np.ndarray):
        return convert(value)
    if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
        return [_each(v, convert) for v in value]
    return value


def test_is_sparse_asks_nothing_of_others() -> None:
    assert not is_sparse(1.5) and not is_sparse(wrap(np.zeros(2)))
