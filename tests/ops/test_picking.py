"""Picking and adding at many places, against NumPy's own slow ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.lazy.compiled import picks as compiled
from tcalc.runtime.ops.index.gathering import nonzero
from tcalc.runtime.ops.index.picking import (
    add_at,
    add_slices,
    is_within,
    put_along,
    slices,
    take,
)
from tcalc.runtime.ops.index.scattering import scatter, scatter_add
from tcalc.runtime.tensor.tensor import wrap

RNG = np.random.default_rng(0)
SHAPES = [
    ((100_000,), 0), ((400, 300), 0), ((400, 300), 1), ((7, 500, 33), 1), ((3, 4, 9000), 2),
    ((2, 40_000), 0), ((5,), 0),
]  # fmt: skip


def values(*shape: int, dtype: str = "float32") -> Any:
    return (RNG.standard_normal(shape) * 8).astype(dtype)


@pytest.mark.parametrize(("shape", "dim"), SHAPES)
def test_take(shape: tuple[int, ...], dim: int) -> None:
    array = values(*shape)
    indices = RNG.integers(0, shape[dim], shape)
    wanted = np.take_along_axis(array, indices, dim)
    np.testing.assert_array_equal(take(np, array, indices, dim), wanted)
    np.testing.assert_array_equal(take(np, array, indices.astype(np.int32), dim), wanted)
    turned = np.ascontiguousarray(array.T).T
    np.testing.assert_array_equal(take(np, turned, indices, dim), wanted)


@pytest.mark.parametrize(
    ("shape", "dim"),
    [((600, 130), 0), ((600, 129), 0), ((40, 30, 64), 1), ((5, 70, 3), 2), ((9, 5), 0)],
)
def test_slices(shape: tuple[int, ...], dim: int) -> None:
    """Taken and added, by compiled code too; what no index names stays."""
    for made in compiled.every():
        made.prepare()
    array, n = values(*shape), shape[dim]
    index = RNG.integers(0, n, 3 * n)
    added = values(*shape[:dim], 3 * n, *shape[dim + 1 :])
    for table in (array, np.asfortranarray(array), array.astype("float64"), array.astype("int16")):
        np.testing.assert_array_equal(slices(table, dim, index), table.take(index, dim))
        square = index.reshape(3, n)
        np.testing.assert_array_equal(slices(table, dim, square), table.take(square, dim))
        np.testing.assert_array_equal(slices(table, dim, index - n), table.take(index - n, dim))
        found, wanted = table.copy(), table.copy()
        add_slices(np, found, dim, index, added.astype(table.dtype))
        np.add.at(wanted, (slice(None),) * dim + (index,), added.astype(table.dtype))
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(IndexError):
        slices(array, dim, index + n)


def test_take_of_a_part() -> None:
    array = values(50, 60)
    indices = RNG.integers(0, 60, (20, 90))
    wanted = np.take_along_axis(array[:20], indices, 1)
    np.testing.assert_array_equal(take(np, array, indices, 1), wanted)
    assert take(np, array, indices[:0], 1).shape == (0, 90)


@pytest.mark.parametrize(("shape", "dim"), SHAPES)
@pytest.mark.parametrize("repeated", [True, False])
def test_put_along(shape: tuple[int, ...], dim: int, repeated: bool) -> None:
    order = RNG.standard_normal(shape).argsort(dim)
    indices = order // 2 if repeated else order
    array = values(*shape, dtype="float64")
    found = put_along(wrap(array), wrap(indices), dim, shape, repeated).array
    wanted = np.zeros(shape)
    grid = list(np.indices(shape))
    grid[dim] = indices
    np.add.at(wanted, tuple(grid), array)
    np.testing.assert_allclose(found, wanted, 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex64", "float16"])
@pytest.mark.parametrize(
    ("shape", "dim", "count"),
    [((50, 64), 0, 3000), ((6, 50), 1, 5000), ((300, 50), 1, 9), ((3, 20, 5), 1, 700),
     ((50, 0), 0, 4), ((40,), 0, 500)],
)  # fmt: skip
def test_add_slices(dtype: str, shape: tuple[int, ...], dim: int, count: int) -> None:
    index = RNG.integers(0, shape[dim], count)
    source = values(*shape[:dim], count, *shape[dim + 1 :], dtype=dtype)
    found = values(*shape, dtype=dtype)
    wanted = found.copy()
    np.add.at(wanted, (slice(None),) * dim + (index,), source)
    strided = np.zeros((*shape, 2), dtype)[..., 0]
    strided[...] = found
    add_slices(np, found, dim, index, source)
    add_slices(np, strided, dim, index, source)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(strided, wanted)


@pytest.mark.parametrize(
    "places",
    [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)],
)
@pytest.mark.parametrize("shared", [True, False])
def test_add_at(places: tuple[int, ...], shared: bool) -> None:
    shape = (12, 10, 8)
    one = RNG.integers(-8, 8, (300, 2))
    picks = tuple(np.roll(one, 7 * d) if d in places else None for d in range(3))
    at = tuple(slice(None) if p is None else p for p in picks)
    wanted = values(*shape, dtype="float64")
    found = wanted.copy()
    source = values(*wanted[at].shape, dtype="float64") if shared else values(1, dtype="float64")
    np.add.at(wanted, at, source)
    add_at(np, found, picks, source)
    np.testing.assert_allclose(found, wanted, 1e-12)


@pytest.mark.parametrize(("shape", "dim"), SHAPES)
def test_scattering(shape: tuple[int, ...], dim: int) -> None:
    array, source = values(*shape), values(*shape)
    indices = RNG.integers(0, shape[dim], shape)
    grid = list(np.indices(shape))
    grid[dim] = indices
    added, put, filled = array.copy(), array.copy(), array.copy()
    np.add.at(added, tuple(grid), source)
    put[tuple(grid)] = source
    filled[tuple(grid)] = 7
    given = wrap(array), dim, wrap(indices)
    np.testing.assert_allclose(scatter_add(*given, wrap(source)).array, added, 1e-5, 1e-5)
    np.testing.assert_array_equal(scatter(*given, wrap(source)).array, put)
    np.testing.assert_array_equal(scatter(*given, 7.0).array, filled)


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex64", "float16", "bool"])
@pytest.mark.parametrize(
    ("shape", "dim"), [((300, 50), 0), ((30, 500), 1), ((6, 70, 9), 1), ((90,), 0)]
)
def test_add_slices_to_places_of_their_own(
    dtype: str, shape: tuple[int, ...], dim: int
) -> None:  # fmt: skip
    index = RNG.permutation(shape[dim])[:40]
    source = values(*shape[:dim], len(index), *shape[dim + 1 :], dtype=dtype)
    found = values(*shape, dtype=dtype)
    wanted = found.copy()
    np.add.at(wanted, (slice(None),) * dim + (index,), source)
    add_slices(np, found, dim, index, source)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("size", [1, 7, 9000])
def test_indices_within(dtype: str, size: int) -> None:
    index = RNG.integers(0, 50, size).astype(dtype)
    index[-1] = 49
    assert is_within(index, 50)
    assert not is_within(index, 49)
    index[size // 2] = -1
    assert not is_within(index, 50)
    assert is_within(index[:0], 0)


@pytest.mark.parametrize("shape", [(), (0,), (9,), (3, 0), (5, 4), (90, 70), (9000,), (7, 30, 40)])
@pytest.mark.parametrize("dtype", ["bool", "float32", "int64"])
def test_nonzero(shape: tuple[int, ...], dtype: str) -> None:
    array = np.asarray(RNG.integers(-1, 2, shape)).astype(dtype)
    turned = array.T
    np.testing.assert_array_equal(nonzero(wrap(array)).array, np.argwhere(array))
    np.testing.assert_array_equal(nonzero(wrap(turned)).array, np.argwhere(turned))
