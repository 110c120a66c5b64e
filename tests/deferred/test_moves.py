"""Copies, fills, joins, picks and sums down columns by compiled code: NumPy's to the bit, whatever lies where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.lazy import filling, picks
from tcalc.runtime.lazy.compiled import kernels
from tcalc.runtime.lazy.compiled import picks as texts
from tcalc.runtime.lazy.compiled.folding import folding_down

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")
DTYPES = ["f4", "f8", "c8", "c16", "i8", "u2", "i1", "?", "f2"]


@pytest.fixture(autouse=True, scope="module")
def ready() -> None:
    for made in (*filling.every(), *texts.every()):
        made.prepare()


def filled(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_copies(dtype: str) -> None:
    room = filled((700, 900), dtype)
    for source in (room, room[:, 3:800], room[::2, 5:], room[::-1], room.T, room[:, ::3]):
        target = np.zeros((source.shape[0], source.shape[1] + 7), dtype)
        filling.copy(source, target[:, 2:-5])
        assert (target[:, 2:-5] == source).all()
        assert not target[:, :2].any() and not target[:, -5:].any()
        assert (filling.copied(source) == source).all() and filling.copied(
            source
        ).flags.c_contiguous
    grown = np.zeros((3, 700, 900), dtype)
    filling.copy(room, grown)
    assert (grown == room).all()
    before = room.copy()
    filling.copy(room[:-1], room[1:])  # which lie in each other's memory
    assert (room[1:] == before[:-1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_fills(dtype: str) -> None:
    room = filled((300_017,), dtype)
    before = room.copy()
    filling.put(room[3:-2], 1)
    assert (room[3:-2] == 1).all()
    assert (room[:3] == before[:3]).all() and (room[-2:] == before[-2:]).all()
    assert not filling.zeros((300, 1001), np.dtype(dtype)).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_fills_of_rows_that_lie_apart(dtype: str) -> None:
    for where in (np.s_[:, 5:], np.s_[3:-1, 2:-7], np.s_[::2, 100:], np.s_[:, ::3], np.s_[:, 0]):
        room = filled((700, 900), dtype)
        wanted = room.copy()
        wanted[where] = 7
        filling.put(room[where], 7)
        assert (room == wanted).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_around(dtype: str) -> None:
    shape = (60, 70, 80)
    places = (
        np.s_[1:], np.s_[:, :, 1:], np.s_[2:-1, 3:, :-4], np.s_[5], np.s_[:, 5:6], np.s_[::2], np.s_[:0],
        np.s_[..., None], np.s_[::-1], np.s_[:],
    )  # fmt: skip
    for where in places:
        wanted = np.zeros(shape, dtype)
        part = wanted[where].shape
        for source in (filled(part, dtype), np.broadcast_to(np.array(3, dtype), part)):
            wanted[where] = source
            found = filling.surrounded(source, shape, lambda whole, where=where: whole[where])
            assert (found == wanted).all() and found.flags.c_contiguous


@pytest.mark.parametrize("value", [-0.0, float("nan"), 1e-45, 3.0])
def test_every_number_is_written(value: float) -> None:
    a = np.empty(300_000, np.float32)
    filling.put(a, value)
    assert a.tobytes() == np.full(300_000, value, np.float32).tobytes()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_joins(axis: int) -> None:
    parts = [filled((40, 60, 50), "f4"), filled((60, 40, 50), "f4").swapaxes(0, 1)]
    parts.append(parts[0][::-1])
    assert (filling.joined(parts, axis) == np.concatenate(parts, axis)).all()


SHAPES: list[tuple[tuple[int, ...], int, int]] = [
    ((40, 300), 1, 70), ((300, 40), 0, 500), ((5, 60, 33), 1, 20), ((3000,), 0, 5000), ((1, 9, 999), 1, 4),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "dim", "count"), SHAPES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1", "?"])
def test_picks(shape: Any, dim: int, count: int, dtype: str) -> None:
    table = filled(shape, dtype)
    rng = np.random.default_rng(1)
    index = rng.integers(0, shape[dim], [count if d == dim else n for d, n in enumerate(shape)])
    found = picks.gathered(table, dim, index)
    assert found is not None
    assert (found == np.take_along_axis(table, index, dim)).all()
    for wrong in (-1, shape[dim], 1 << 62):
        there = index.copy()
        there.reshape(-1)[-1] = wrong
        assert picks.gathered(table, dim, there) is None
    values = filled(index.shape, dtype)
    places = np.ogrid[tuple(slice(n) for n in index.shape)]
    at = (*places[:dim], index, *places[dim + 1 :])
    wanted, target = table.copy(), table.copy()
    np.add.at(wanted, at, values)
    if picks.scattered(target, dim, index, values, True):
        assert target.tobytes() == wanted.tobytes()
    else:
        assert dtype not in ("f4", "f8")
    wanted, target = table.copy(), table.copy()
    moved = np.moveaxis(wanted, dim, 0)
    for i, (k, v) in enumerate(zip(np.moveaxis(index, dim, 0), np.moveaxis(values, dim, 0))):
        here = np.ogrid[tuple(slice(n) for n in k.shape)]
        moved[(k, *here)] = v
        assert i < count
    assert picks.scattered(target, dim, index, values, False)
    assert target.tobytes() == wanted.tobytes()  # of equal places the last one stays


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum])
@pytest.mark.parametrize("columns", [9, 32, 33, 1200])
def test_down_columns(ufunc: Any, columns: int) -> None:
    rows = np.random.default_rng(2).normal(size=(1003, columns)).astype("f4")
    rows[5, columns // 2] = np.nan
    kernel = folding_down(ufunc, rows.dtype)
    assert kernel is not None
    for deep in (1, 7, 100, 5000):
        groups = [rows[i : i + deep] for i in range(0, len(rows), deep)]
        made = np.empty((len(groups), columns), kernel.dtype)
        kernel.over_groups(rows, made, deep)
        for found, group in zip(made, groups):
            with np.errstate(all="ignore"):
                wanted = np.full(columns, kernel.start, kernel.dtype)
                for row in group:
                    wanted = ufunc(wanted, row.astype(kernel.dtype))
            np.testing.assert_array_equal(found, wanted)
