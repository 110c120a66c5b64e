"""The order of rows of every length and dtype, with ties, nan and both zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.ops.index.sorting import order, places

RNG = np.random.default_rng(0)
SHAPES = [(3,), (300,), (100_000,), (60, 7), (40, 33), (5, 3000), (2, 3, 100)]


def values(shape: tuple[int, ...], dtype: str, ties: bool) -> Any:
    if dtype == "bool":
        return RNG.random(shape) < 0.5
    if dtype in ("float16", "float32", "float64"):
        array = RNG.standard_normal(shape) * 10
        array = (np.round(array) if ties else array).astype(dtype)
        flat = array.reshape(-1)
        flat[:: len(flat) // 3] = [np.nan, -0.0, -np.nan, 0.0][: len(flat[:: len(flat) // 3])]
        flat[1 :: len(flat) // 2][:1] = np.inf
        return array
    top = 50 if ties else np.iinfo(dtype).max
    return RNG.integers(max(-top, np.iinfo(dtype).min), top, shape, dtype)


def wanted(array: Any, descending: bool) -> Any:
    """The order by definition: of the ranks of the values, which have no nan."""
    ranks = np.unique(array, return_inverse=True)[1].reshape(array.shape)
    return np.argsort(-ranks if descending else ranks, axis=-1, kind="stable")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "int32", "uint8", "bool"])  # fmt: skip
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("descending", [True, False])
def test_order(shape: tuple[int, ...], dtype: str, ties: bool, descending: bool) -> None:
    array = values(shape, dtype, ties)
    whole = wanted(array, descending)
    last = len(shape) - 1
    found = order(np, array, last, descending)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, whole)
    turned = np.ascontiguousarray(array.swapaxes(0, last))
    np.testing.assert_array_equal(order(np, turned, 0, descending).swapaxes(0, last), whole)
    for k in (1, min(3, shape[-1]), shape[-1] // 3, shape[-1]):
        np.testing.assert_array_equal(places(np, array, 0, k, descending), whole[..., :k])
        if k:
            np.testing.assert_array_equal(
                places(np, array, k - 1, k, descending), whole[..., k - 1 : k]
            )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("infinite", [0, 2, 600])
@pytest.mark.parametrize("descending", [True, False])
def test_the_first_of_few(dtype: str, infinite: int, descending: bool) -> None:
    array = np.round(RNG.standard_normal((70, 300)) * 5).astype(dtype)
    array[0, 10 : 10 + infinite] = np.inf
    array[1, 20 : 20 + infinite] = -np.inf
    whole = wanted(array, descending)
    for k in (1, 2, 5, 8, 9):
        np.testing.assert_array_equal(places(np, array, 0, k, descending), whole[:, :k])
