"""Every op of the registry, eager and as a plan: the same values and the same gradients."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError
from tcalc.library.jit.planned import Planned
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

CALLED = [op for op in OPS if op.qualified and "plans" not in op.exempt and samples_of(op)]
# Their results are as long as values say, or distributed as values say.
EAGER = {
    "argwhere", "binomial", "embedding_renorm_", "index_put", "index_reduce_", "nonzero", "one_hot", "where",
}  # fmt: skip
# Their elements are whatever the memory held.
UNWRITTEN = {"empty_like"}
grad = lookup("torch.autograd.grad")
seed = lookup("torch.manual_seed")


class Call:
    """A sample call as a function of its tensors alone."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def _followed_(self) -> tuple[()]:
        return ()

    def __call__(self, *tensors: Tensor) -> Any:
        given = iter(tensors)
        seed(0)
        return self.sample.call(lambda _: next(given))


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)


def leaves(sample: Sample, tracked: bool, draw: int = 0) -> list[Tensor]:
    """The sample's tensors; those of other draws are a little nearer to 0."""
    made = [
        wrap(a.copy() if a.dtype.kind in "biu" else a * (1 - draw / 37)) for a in sample.arrays()
    ]
    for t in made:
        if tracked and (t.is_floating_point() or t.is_complex()):
            t.requires_grad_(True)
    return made


def flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [v for item in value for v in flat(item)]
    return [value]


def same(a: Any, b: Any) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and (a == b or a != a)
    x, y = a.array, b.array
    if x.dtype != y.dtype or x.shape != y.shape or a.requires_grad != b.requires_grad:
        return False
    return bool(np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))


def gradients(result: Any, inputs: list[Tensor]) -> list[Any]:
    outs = [t for t in flat(result) if isinstance(t, Tensor) and t.requires_grad]
    ins = [t for t in inputs if t.requires_grad]
    seeds = [wrap(np.ones(t.shape, t.array.dtype)) for t in outs]
    try:
        return list(grad(outs, ins, seeds, allow_unused=True)) if outs else []
    except AutogradError as error:
        return [str(error)]


@pytest.mark.parametrize("op", CALLED, ids=lambda op: op.qualified[0])
def test_parity(op: Op) -> None:
    for sample in samples_of(op):
        for tracked in (False, True):
            call = Call(sample)
            planned = Planned(Uncounted(call))
            for draw in (0, 1, 0, *range(2, 6)):
                inputs = leaves(sample, tracked, draw)
                try:
                    want = call(*inputs)
                except Exception:  # a leaf that is written to, or values that are refused
                    assert tracked or draw, sample
                    break
                slopes = gradients(want, inputs)
                inputs = leaves(sample, tracked, draw)
                seed(0)
                got = planned(*inputs)
                assert len(flat(got)) == len(flat(want))
                assert op.name in UNWRITTEN or all(map(same, flat(want), flat(got))), sample
                found = gradients(got, inputs)
                assert len(found) == len(slopes)
                assert all(map(same, slopes, found)), sample
            if draw == 0 and not planned.plans and planned.reason is None:
                continue  # never called
            if planned.reason is not None:
                assert op.name in EAGER, planned.explanation()
            else:
                assert len(planned.plans) == 1


class Uncounted(Call):
    """The same without seeding, which no plan does."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.sample)

    def __call__(self, *tensors: Tensor) -> Any:
        given = iter(tensors)
        return self.sample.call(lambda _: next(given))


def test_a_solution_that_is_solved_for_stays_as_it_was() -> None:
    """Whatever lies by columns is what LAPACK's routines would write over."""
    session = Session()
    session.evaluate(
        "a = tensor([[2., 1.], [1., 3.]])\n"
        "def f(b):\n"
        "    y = linalg.solve_triangular(a, b, upper=False)\n"
        "    z = linalg.solve_triangular(a, y, upper=True)\n"
        "    q, r = linalg.qr(y)\n"
        "    return y, z, linalg.solve(a, z), cholesky_solve(y, a), lu_solve(z, *linalg.lu_factor(a)), q\n"
        "b = tensor([[1., 2.], [3., 4.]])\n"
        "g = jit(f)"
    )
    for _ in range(3):
        found = session.evaluate("[equal(x, y) for x, y in zip(f(b), g(b))]")
        assert all(found), found
