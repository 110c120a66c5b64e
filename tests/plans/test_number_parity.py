"""Every op of the registry with numbers that change from call to call: a plan gives what eager work does."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.library.jit.planned import Planned
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)

seed = lookup("torch.manual_seed")
grad = lookup("torch.autograd.grad")
FLOATS = (1.5, 2.5, 2.0, 0.5, 3.0, -0.0, 1.0, float("nan"), 1e300)
INTS = (2, 3, 1, 2, 0, 5, -1, 7)


class Called:
    """A sample call whose tensors and numbers are given."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def _followed_(self) -> tuple[()]:
        return ()

    def __call__(self, *given: Any) -> Any:
        sample, values = self.sample, iter(given)

        def fill(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return next(values)
            if isinstance(value, (list, tuple)):
                return type(value)(map(fill, value))
            return next(values) if type(value) in (int, float) else value

        args = [fill(v) for v in sample.args]
        kwargs = {k: fill(v) for k, v in sample.kwargs.items()}
        if sample.prepare is not None:
            args[0] = sample.prepare(args[0])
        return sample.op.function(*args, **kwargs)


def given(sample: Sample, at: int | None, draw: int, dtype: Any, tracked: bool) -> list[Any]:
    """Tensors and numbers, in order; draw: which numbers."""
    count = -1

    def fill(value: Any) -> list[Any]:
        nonlocal count
        if isinstance(value, np.ndarray):
            count += 1
            if count == at:
                few = FLOATS if value.dtype.kind == "f" else INTS
                return [few[draw % len(few)]]
            real = value.dtype.kind == "f"
            made = wrap(value.astype(dtype) if real else value.copy())
            return [made.requires_grad_(True) if tracked and real else made]
        if isinstance(value, (list, tuple)):
            return [v for item in value for v in fill(item)]
        if type(value) is float:
            return [value * (1 + draw / 16)]
        return [value + draw % 3] if type(value) is int else []

    return [v for value in (*sample.args, *sample.kwargs.values()) for v in fill(value)]


def flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [v for item in value for v in flat(item)]
    return [value]


def same(a: Any, b: Any) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and (a == b or a != a or repr(a) == repr(b))
    x, y = a.array, b.array
    equal = x.dtype == y.dtype and x.shape == y.shape and a.requires_grad == b.requires_grad
    return equal and bool(np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))


def slopes(result: Any, inputs: list[Any]) -> list[Any]:
    outs = [t for t in flat(result) if isinstance(t, Tensor) and t.requires_grad]
    ins = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    seeds = [wrap(np.ones(t.shape, t.array.dtype)) for t in outs]
    return list(grad(outs, ins, seeds, allow_unused=True)) if outs else []


def cases(op: Op) -> list[tuple[Sample, int | None]]:
    """Samples, each with the array for which a number stands."""
    found: list[tuple[Sample, int | None]] = []
    for sample in samples_of(op):
        if any(type(v) in (int, float) for v in (*sample.args, *sample.kwargs.values())):
            found.append((sample, None))
        if op.family == "elementwise":
            arrays = sample.arrays()
            found += [(sample, i) for i in range(len(arrays)) if len(arrays) > 1]
    return found


TRIED = [
    op for op in OPS
    if op.qualified and "plans" not in op.exempt and cases(op)
]  # fmt: skip
UNWRITTEN = {"empty_like"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)


@pytest.mark.parametrize("op", TRIED, ids=lambda op: op.qualified[0])
def test_parity(op: Op) -> None:
    for sample, at in cases(op):
        for dtype, tracked in ((np.float32, False), (np.float64, True)):
            call = Called(sample)
            planned = Planned(call)
            for draw in (0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0):
                values = given(sample, at, draw, dtype, tracked)
                seed(0)
                try:
                    want = call(*values)
                    wanted = slopes(want, values)
                except Exception:  # a number that is refused
                    continue
                values = given(sample, at, draw, dtype, tracked)
                seed(0)
                got = planned(*values)
                assert len(flat(got)) == len(flat(want))
                assert op.name in UNWRITTEN or all(map(same, flat(want), flat(got))), (
                    sample,
                    at,
                    values,
                )
                assert all(map(same, wanted, slopes(got, values))), (sample, at, values)
