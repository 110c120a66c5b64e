"""Unique values by counting and by sorting; searching many values at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.ops.index.searching import searchsorted, unique, unique_consecutive
from tcalc.runtime.tensor.tensor import wrap

RNG = np.random.default_rng(0)
ARRAYS = {
    "close": RNG.integers(-40, 40, (30, 100)),
    "far": RNG.integers(-40, 40, (30, 100)) * (1 << 40),
    "bytes": RNG.integers(0, 200, 5000).astype(np.uint8),
    "bools": RNG.random(50) < 0.5,
    "floats": np.round(RNG.standard_normal(3000), 1),
    "one": np.full((2, 3), 7),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_unique(name: str) -> None:
    array = ARRAYS[name]
    wanted = np.unique(array, return_inverse=True, return_counts=True)
    found = unique(wrap(array), return_inverse=True, return_counts=True)
    for mine, theirs in zip(found, wanted):
        np.testing.assert_array_equal(mine.array, theirs)
    assert found[0].array.dtype == array.dtype
    np.testing.assert_array_equal(unique(wrap(array)).array, wanted[0])
    _, counts = unique(wrap(array), return_counts=True)
    np.testing.assert_array_equal(counts.array, wanted[2])


def test_unique_consecutive() -> None:
    array = np.repeat(RNG.integers(0, 3, 2000), RNG.integers(1, 4, 2000))
    values, places, counts = unique_consecutive(wrap(array), True, True)
    np.testing.assert_array_equal(np.repeat(values.array, counts.array), array)
    np.testing.assert_array_equal(values.array[places.array], array)
    assert (np.diff(values.array) != 0).all()


@pytest.mark.parametrize("right", [True, False])
def test_searching_many_values(right: bool) -> None:
    edges, wanted = np.sort(RNG.standard_normal(500)), RNG.standard_normal((70, 1000))
    found: Any = searchsorted(wrap(edges), wrap(wanted), right=right)
    np.testing.assert_array_equal(
        found.array, np.searchsorted(edges, wanted, "right" if right else "left")
    )


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "uint8", "int64 among float32"])
def test_searching_by_halves(kind: str, right: bool) -> None:
    of_edges, _, of_values = kind.partition(" among ")
    edges = np.sort(RNG.standard_normal(301) * 50).astype(of_edges)
    edges.sort()
    values = (RNG.standard_normal((3, 900)) * 60).astype(of_values or of_edges)
    values[0, :301] = edges
    if values.dtype.kind == "f":
        values[1, :3] = np.nan, np.inf, -np.inf
        if edges.dtype.kind == "f":
            edges[-4:] = np.inf, np.inf, np.nan, np.nan
    else:
        info = np.iinfo(values.dtype)
        values[1, :2], edges[-2:], edges[:1] = (info.max, info.min), info.max, info.min
    found: Any = searchsorted(wrap(edges), wrap(values), right=right)
    wanted = np.searchsorted(edges, values, "right" if right else "left")
    np.testing.assert_array_equal(found.array, wanted)
    order = RNG.permutation(301)
    given: Any = searchsorted(
        wrap(edges[order]), wrap(values), right=right, sorter=wrap(order.argsort())
    )
    np.testing.assert_array_equal(given.array, wanted)
