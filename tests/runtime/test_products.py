"""Products of NumPy's matrices: the numbers of one product, however they are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays import products
from tcalc.session import Session

STACKS = [
    ((600, 3, 3), (600, 3, 3)), ((30, 40, 4, 2), (30, 40, 2, 4)), ((1200, 1, 4), (1200, 4, 1)),
    ((1100, 4, 1), (1100, 1, 4)), ((600, 3, 3), (1, 3, 3)), ((600, 3, 0), (600, 0, 3)),
    ((5, 3, 3), (5, 3, 3)), ((600, 3, 70), (600, 70, 3)),
]  # fmt: skip


def _drawn(generator: np.random.Generator, shape: tuple[int, ...], char: str) -> Any:
    values = generator.normal(size=shape)
    return (values + 1j * values[::-1] if char in "FD" else values).astype(char)


@pytest.mark.parametrize("char", "fdFD")
@pytest.mark.parametrize("a, b", STACKS)
def test_stacks(a: tuple[int, ...], b: tuple[int, ...], char: str) -> None:
    generator = np.random.default_rng(0)
    first, second = (_drawn(generator, shape, char) for shape in (a, b))
    found = products.stacks(first, second)
    assert found.dtype == first.dtype and found.flags.c_contiguous
    np.testing.assert_allclose(found, first.astype("D") @ second.astype("D"), rtol=1e-4, atol=1e-5)
    turned = products.stacks(first.swapaxes(-2, -1).copy().swapaxes(-2, -1), second)
    np.testing.assert_allclose(turned, found, rtol=1e-4, atol=1e-5)


def test_parts_of_tiny_matrices_are_those_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    a = np.random.default_rng(0).normal(size=(2000, 3, 3)).astype(np.float32)
    whole = products.stacks(a, a)
    monkeypatch.setattr(products, "_PART", 5000)
    np.testing.assert_array_equal(products.stacks(a, a), whole)


def test_plans_multiply_tiny_matrices_alike() -> None:
    session = Session(seed=0)
    session.evaluate("x = randn(1500, 3, 3)")
    eager = session.evaluate("(x @ x).sum(0)")
    planned = session.evaluate("jit(lambda x: (x @ x).sum(0))(x)")
    np.testing.assert_array_equal(planned._a, eager._a)


def test_products_with_something_added_leave_their_operands() -> None:
    session = Session(seed=0)
    session.evaluate("a = randn(4, 4)")
    session.evaluate("b = a.clone()")
    for call in ("addmm(a, a, a)", "addmm(a, a, a, beta=2, alpha=0.5)", "baddbmm(a[None], a[None], a[None])",
                 "addmv(a[0], a, a[1])", "addr(a, a[0], a[1])", "addmm(a.long(), a.long(), a.long())"):  # fmt: skip
        session.evaluate(call)
        assert session.evaluate("(a == b).all()"), call


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("shape", [(600, 900), (3, 200_000), (200_000, 3)])
def test_large_matrices_times_vectors(shape: tuple[int, int], order: Any) -> None:
    generator = np.random.default_rng(0)
    a = np.array(generator.normal(size=shape), np.float32, order=order)
    b = generator.normal(size=shape[1]).astype(np.float32)
    np.testing.assert_allclose(products.product(a, b), a.astype("d") @ b.astype("d"), atol=2e-3)
