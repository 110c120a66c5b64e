"""Few rows times the rows of a large matrix: as exact as NumPy's product, whatever the sizes and layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.lazy.compiled import processor
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.ops.linalg import few_rows
from tcalc.runtime.ops.linalg.few_rows import are_few, times_rows
from tcalc.session import Session
from tcalc.source import Source

SIZES = [(2, 64, 64), (3, 77, 901), (8, 784, 256), (13, 17, 300), (16, 16, 256), (64, 100, 333)]


def drawn(dtype: type, *shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_product(on: bool, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "on", on)
    for n, depth, others in SIZES:
        rows, matrix = drawn(dtype, n, depth), drawn(dtype, others, depth)
        assert are_few(rows, matrix)
        exact = rows.astype(np.longdouble) @ matrix.astype(np.longdouble).T
        for a, b in ((rows, matrix), (np.asfortranarray(rows), matrix), (rows, matrix[::-1])):
            found = times_rows(a, b)
            assert found.flags.c_contiguous and found.dtype == dtype
            wanted = exact if b is matrix else exact[:, ::-1]
            assert abs(found - wanted).max() < 8 * np.finfo(dtype).eps * depth**0.5 * 4


@pytest.mark.skipif(
    processor.description() is None, reason="compiled code needs llvmlite and an x86-64 with AVX2"
)
def test_parts_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, matrix = drawn(np.float32, 9, 130), drawn(np.float32, 517, 130)
    whole = times_rows(rows, matrix)
    monkeypatch.setattr(few_rows, "_SHARED", 1)
    for part in (1, 4000, 1 << 17):
        monkeypatch.setattr(few_rows, "_PART", part)
        assert np.array_equal(times_rows(rows, matrix), whole)


def test_a_plan_gives_the_same() -> None:
    session = Session()
    session.run(
        Source(
            "w, b = torch.randn(300, 100, requires_grad=True), torch.randn(300)\n"
            "def f(x):\n"
            "    y = F.linear(x * 2, w, b).relu()\n"
            "    return y.detach(), torch.autograd.grad(y.sum(), w)[0]\n"
            "g = torch.compile(f)\n"
            "found = []\n"
            "for n in (2, 7, 7, 7, 33, 33):\n"
            "    x = torch.randn(n, 100)\n"
            "    found.append((f(x), g(x)))\n"
        )
    )
    for eager, planned in session.variables["found"]:
        for a, b in zip(eager, planned):
            assert np.array_equal(a.array, b.array)
