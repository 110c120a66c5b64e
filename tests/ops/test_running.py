"""Running sums, products and extremes of arrays so large that they are made in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.ops.reduce import running

# Long and short rows, columns, several of both, no multiples of any block.
SHAPES = [
    ((200_003,), 0), ((70, 1003), 1), ((70, 1003), 0), ((3, 70_001), 1), ((5, 60, 301), 1),
    ((9000, 3), 1), ((9000, 3), 0), ((4, 0, 3), 1), ((7,), 0),
]  # fmt: skip


def values(shape: tuple[int, ...], dtype: str = "float32") -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("special", [0.0, np.inf, np.nan])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_are_those_added_in_double(
    shape: tuple[int, ...], axis: int, special: float, dtype: str
) -> None:
    array = values(shape, dtype)
    array.reshape(-1)[array.size // 3 : array.size // 3 + 1] = special
    found = running.sums(array, axis, array.dtype)
    wanted = np.add.accumulate(array.astype(np.float64), axis).astype(dtype)
    assert found.dtype == array.dtype
    rtol, atol = (1e-6, 1e-5) if dtype == "float32" else (1e-12, 1e-10)
    np.testing.assert_allclose(found, wanted, rtol, atol)


def test_sums_of_turned_arrays() -> None:
    array = values((300, 500))
    np.testing.assert_array_equal(
        running.sums(array.T[::-1], 0, array.dtype),
        running.sums(np.ascontiguousarray(array.T[::-1]), 0, array.dtype),
    )


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("ufunc", [np.multiply, np.maximum, np.logaddexp])
def test_accumulated_exactly(shape: tuple[int, ...], axis: int, ufunc: Any) -> None:
    array = values(shape)
    np.testing.assert_array_equal(
        running.accumulate(ufunc, array, axis), ufunc.accumulate(array, axis)
    )


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_extremes_and_their_last_places(shape: tuple[int, ...], axis: int, ufunc: Any) -> None:
    array = np.round(values(shape), 1)
    array.reshape(-1)[array.size // 2 : array.size // 2 + 1] = np.nan
    found, places = running.extremes(ufunc, array, axis)
    np.testing.assert_array_equal(found, ufunc.accumulate(array, axis))
    if array.size:
        np.testing.assert_array_equal(np.take_along_axis(array, places, axis), found)
        following = np.take_along_axis(array, np.minimum(places + 1, shape[axis] - 1), axis)
        at = np.indices(shape)[axis]
        again = (following == found) & (places < at)
        assert not again.any()
