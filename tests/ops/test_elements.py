"""An elementwise op looks at each element alone: the same value and gradient, bit for bit, whatever
lies beside it and however it lies in memory."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError, TcalcError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes

for module in _index.MODULES:
    importlib.import_module(module)

grad = lookup("torch.autograd.grad")
seed = lookup("torch.manual_seed")
DTYPES = [
    getattr(dtypes, name)
    for name in (
        "bool_", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
        "float64", "complex64", "complex128",
    )
]  # fmt: skip
# The least number, the least with all its digits, and the greatest.
RANGE = {
    "float16": (6e-8, 6.104e-5, 65504.0), "bfloat16": (1e-40, 1.176e-38, 3.38e38),
    "float32": (1e-45, 1.176e-38, 3.4e38), "float64": (5e-324, 2.3e-308, 1.79e308),
}  # fmt: skip
# How many special values for each of so many operands, that all combinations are not too many.
MANY = {1: 99, 2: 16, 3: 8}
ELEMENTWISE = [
    op for op in OPS if op.family == "elementwise" and any("._" not in q for q in op.qualified)
]
# Ways to lay out n elements in memory, and to find them again among the results.
LAYOUTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "together": (lambda a: a.copy(), lambda r: r),
    "shifted": (lambda a: np.concatenate([a[:1], a[-1:], a[:1], a]), lambda r: r[3:]),
    "reversed": (lambda a: a[::-1].copy(), lambda r: r[::-1]),
    "strided": (lambda a: np.repeat(a, 2)[::2], lambda r: r),
    "columns": (lambda a: np.stack([a, a[::-1], a], 1).T.copy().T, lambda r: r[:, 0]),
    "rows": (lambda a: np.stack([a[::-1], a]), lambda r: r[1]),
}


def values(t: dtypes.dtype) -> list[Any]:
    """Special values of a dtype, the most telling first."""
    if t.name == "bool":
        return [False, True]
    if t.category == dtypes.INTEGER:
        least, most = np.iinfo(t.numpy).min, np.iinfo(t.numpy).max
        return [0, 1, most, least, 2, 7, most - 1, 3, *([-1, -7, least + 1] if least else [])]
    if t.is_complex:
        found = [
            0j,
            complex(np.inf, 1),
            complex(np.nan, 0),
            1 - 2.5j,
            complex(-0.0, -0.0),
            1e30 + 1j,
        ]
        return [*found, complex(0, -np.inf), complex(0, np.nan), -1 + 0j, 1e-30 - 1e-30j]
    least, tiny, most = RANGE[t.name]
    found = [0.0, -0.0, np.inf, np.nan, 1.0, -0.3, most, -np.inf]
    found += [tiny, -most, -least, 2.5, 0.6, -3.0, -1.0, 90.0]
    return [*found, least, -tiny, -20.0, 7.25, 0.5, 1e4]


def ordinary(t: dtypes.dtype, count: int, which: int) -> Any:
    """Numbers as they come, for the vector loops and what is left beside them."""
    draw = np.random.default_rng(which)
    if t.category == dtypes.INTEGER:
        return draw.integers(0, 20, count)
    if t.is_complex:
        return draw.normal(size=count) + 1j * draw.normal(size=count)
    return draw.normal(size=count) * 3 if t.name != "bool" else draw.random(count) > 0.5


def operands(t: dtypes.dtype, n: int) -> list[Any]:
    """For each operand an array: all combinations of special values, and ordinary ones."""
    combinations = list(itertools.product(values(t)[: MANY.get(n, 3)], repeat=n))
    return [
        np.concatenate([
            np.array([c[k] for c in combinations]).astype(t.numpy),
            np.asarray(ordinary(t, 45, k)).astype(t.numpy),
        ])
        for k in range(n)
    ]  # fmt: skip


def results(sample: Sample, arrays: dict[int, Any]) -> list[Any]:
    """The value, and the gradients by all inputs that have one."""
    leaves: list[Tensor] = []

    def convert(array: Any) -> Tensor:
        made: Tensor = wrap(arrays[id(array)])
        if made.dtype.category >= dtypes.FLOATING:
            leaves.append(made.requires_grad_(True))
        return made

    seed(0)
    out = sample.call(convert)
    found = [out.detach().array]
    if out.requires_grad:
        ones = wrap(np.ones(out.shape, out.array.dtype))
        for leaf in leaves:
            try:
                slope = grad(out, leaf, ones, retain_graph=True, allow_unused=True)[0]
            except AutogradError:  # an input without a derivative
                slope = None
            found.append(np.zeros(out.shape) if slope is None else slope.detach().array)
    return found


def same(a: Any, b: Any) -> Any:
    """Where two arrays hold the same bits, or both nan."""
    if a.dtype.kind == "c":
        return same(a.real, b.real) & same(a.imag, b.imag)
    bits = f"u{a.dtype.itemsize}"
    equal = np.ascontiguousarray(a).view(bits) == np.ascontiguousarray(b).view(bits)
    return equal | ((a != a) & (b != b))


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.qualified[0])
@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
def test_elements_are_independent(op: Op) -> None:
    tried = 0
    for sample in samples_of(op):
        given = sample.arrays()
        # Masks and the like stay as they are, with one element.
        moved = [a for a in given if a.dtype.kind in "fci"]
        if sample.prepare is not None or not moved:
            continue
        for t in DTYPES:
            kept = {id(a): a.reshape(-1)[:1] for a in given}
            arrays = operands(t, len(moved))
            alone = []
            taken = []
            for i in range(len(arrays[0])):
                one = {id(a): v[i : i + 1].copy() for a, v in zip(moved, arrays)}
                try:
                    alone.append(results(sample, {**kept, **one}))
                except TcalcError:  # refused of this dtype, or of this number
                    continue
                taken.append(i)
            if not alone:
                continue
            tried += 1
            arrays = [a[taken] for a in arrays]
            wanted = [np.concatenate(parts) for parts in zip(*alone)]
            for layout, (lay, find) in LAYOUTS.items():
                laid = {id(a): lay(v) for a, v in zip(moved, arrays)}
                for k, (whole, want) in enumerate(zip(results(sample, {**kept, **laid}), wanted)):
                    got = find(whole)
                    what = f"{op.name} {t.name} {layout} {'gradient' if k else 'value'}"
                    assert got.dtype == want.dtype, what
                    wrong = np.flatnonzero(~same(got, want))
                    assert not wrong.size, (
                        f"{what}: of {[a[wrong[0]] for a in arrays]} {got[wrong[0]]} among others, "
                        f"{want[wrong[0]]} alone"
                    )
    assert tried or not samples_of(op), f"{op.name} was tried on nothing"


def test_functions_far_below_0_take_no_time_and_keep_their_digits() -> None:
    """One term for each whole number on the way would take years."""
    far = wrap(np.array([-1e15 - 0.5, -1e6 - 0.25, -40.5]))
    one = lookup("torch.polygamma")(1, far).array
    assert np.allclose(one, [np.pi**2, 2 * np.pi**2, np.pi**2], rtol=0.03)
    three = lookup("torch.special.zeta")(wrap(np.array(4.0)), far).array
    assert np.allclose(three[[0, 2]], np.pi**4 / 3 * np.ones(2), rtol=1e-4)
