"""Pools: the same however planes are cut into blocks, and exact beside infinity."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.runtime.ops.nn.pooling import adaptive
from tcalc.runtime.ops.nn.pooling import avg_pool as averaging
from tcalc.runtime.ops.nn.pooling import max_pool as pooling
from tcalc.runtime.ops.nn.windows import Frame

FRAMES = [
    ((2, 3), Frame((2, 3), ((0, 0), (0, 0)), (1, 1), 1), (4, 3)),
    ((3, 3), Frame((2, 1), ((1, 1), (1, 1)), (1, 1), 1), (5, 9)),
    ((2, 2), Frame((1, 2), ((0, 0), (1, 1)), (3, 1), 1), (6, 5)),
]


def window(x: np.ndarray, k: tuple[int, ...], frame: Frame, at: tuple[int, ...]) -> np.ndarray:
    """The elements of a plane that one window shows, infinitely small where there is padding."""
    grown = np.pad(x, [(p[0], p[1] + 9) for p in frame.padding], constant_values=-np.inf)
    return grown[tuple(
        slice(a * s, a * s + d * (n - 1) + 1, d)
        for a, s, d, n in zip(at, frame.stride, frame.dilation, k)
    )]  # fmt: skip


@pytest.mark.parametrize("block", [1, 200, 1 << 17])
@pytest.mark.parametrize(("kernel", "frame", "lengths"), FRAMES)
def test_any_blocks(
    kernel: tuple[int, int], frame: Frame, lengths: tuple[int, int], block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pooling, "_BLOCK", block)
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(1, 5, 9, 9)), rng.normal(size=(1, 5, *lengths))
    values, where = pooling._greatest.kernel(np, x, kernel, frame, lengths, True)
    bare, nothing = pooling._greatest.kernel(np, x, kernel, frame, lengths, False)
    assert nothing.size == 0
    for plane in range(5):
        for at in np.ndindex(*lengths):
            shown = window(x[0, plane], kernel, frame, at)
            assert values[(0, plane, *at)] == bare[(0, plane, *at)] == shown.max()
            assert where[(0, plane, *at)] == shown.argmax()
    back = pooling._to_places.kernel(np, g, where, kernel, frame, (9, 9))
    # <g, pick(x)> = <put(g), x>
    np.testing.assert_allclose((g * values).sum(), (back * x).sum(), rtol=1e-12)
    np.testing.assert_array_equal(pooling._from_places.kernel(np, x, where, kernel, frame), values)
    if max(frame.dilation) == 1:
        sums = averaging.window_means.kernel(np, x, kernel, frame, lengths, True, 1)
        spread = averaging._spread_means.kernel(np, g, kernel, frame, (9, 9), True, 1)
        np.testing.assert_allclose((g * sums).sum(), (spread * x).sum(), rtol=1e-11)
        first = window(x[0, 0], kernel, frame, (1, 1))
        np.testing.assert_allclose(sums[0, 0, 1, 1], first.sum(), rtol=1e-12)


def test_infinity_stays_in_its_ranges() -> None:
    x = np.arange(10.0).reshape(1, 10)
    x[0, 4] = np.inf
    ranges = (adaptive._ranges(10, 3),)
    found = adaptive._range_sums.kernel(np, x, ranges)
    np.testing.assert_array_equal(found, [[6.0, np.inf, 30.0]])
