"""Products of stacks large enough to be shared among threads, and einsum's ways through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.ops.linalg.einsum import einsum
from tcalc.runtime.ops.linalg.matmul import matmul
from tcalc.runtime.tensor.tensor import wrap

RNG = np.random.default_rng(0)


def values(*shape: int) -> Any:
    return RNG.standard_normal(shape)


@pytest.mark.parametrize(
    ("left", "right"),
    [((33, 40, 64), (33, 64, 60)), ((1, 9, 90, 80), (1, 9, 80, 90)), ((3, 5, 80, 70), (70, 80)),
     ((3, 1, 80, 70), (5, 70, 80)), ((1, 300, 300), (1, 300, 300)), ((0, 500, 500), (500, 500))],
)  # fmt: skip
def test_stacks(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = values(*left), values(*right)
    np.testing.assert_allclose(matmul(wrap(a), wrap(b)).array, np.matmul(a, b), 1e-10, 1e-10)
    turned = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
    np.testing.assert_allclose(matmul(wrap(a), wrap(turned)).array, np.matmul(a, b), 1e-10, 1e-10)


@pytest.mark.parametrize(
    "equation",
    ["bij,bjk,bkl->il", "bij,bjk,bkl->bil", "bij,bjk,bkl->lbi", "bij,bjk->kbi", "bqhd,bkhd->bhqk",
     "bij,jkb,kli->", "ij,,jk->ik", "abc,cd,bde->ea", "bij,bjk->ik", "ijb,jkb->ikb"],
)  # fmt: skip
def test_ways_through_products(equation: str) -> None:
    sizes = dict(zip("abcdehijklq", (2, 9, 3, 8, 4, 5, 60, 61, 62, 63, 14)))
    terms = equation.partition("->")[0].split(",")
    arrays = [values(*[sizes[c] for c in term]) for term in terms]
    np.testing.assert_allclose(
        einsum(equation, *map(wrap, arrays)).array, np.einsum(equation, *arrays), 1e-9, 1e-9
    )
