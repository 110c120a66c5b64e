"""Elementwise functions of many numbers that are done another way are the same to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

from tcalc.runtime.arrays.parts import floor_divided, over_threads, remains

RNG = np.random.default_rng(0)
SPECIAL = np.array([0.0, -0.0, 1e-45, -1e-45, 1, -1, 7.5, np.inf, -np.inf, np.nan, 3e38], "f4")
NEAR = (RNG.integers(-(2**20), 2**20, 4000) * RNG.normal(size=4000)).astype("f4")


def pairs() -> list[tuple[Any, Any]]:
    """Operands: of any size, near whole multiples, with special ones, and numbers."""
    whole = RNG.integers(-(2**20), 2**20, 4000)
    by = (RNG.normal(size=4000) * 10.0 ** RNG.integers(-6, 6, 4000)).astype("f4")
    product = (whole * by.astype("f8")).astype("f4")
    steps = [np.nextafter(product, np.float32(to)) for to in (-np.inf, np.inf)]
    first, second = (a.ravel() for a in np.meshgrid(np.resize(SPECIAL, 60), SPECIAL))
    finite = np.isfinite(first) & np.isfinite(second) & (second != 0) & (abs(first) < 8)
    return [
        (NEAR, by), (product, by), *[(a, by) for a in steps], (first, second),
        (first[finite], second[finite]), (NEAR, 0.7), (NEAR, -3), (NEAR, np.array(0.1, "f4")),
        (NEAR.reshape(40, 100), by[:100]), (NEAR.astype("f8"), 0.7), (NEAR[:9], by[:9]),
    ]  # fmt: skip


def same(a: np.ndarray, b: np.ndarray) -> bool:
    bits = f"i{a.itemsize}"
    return bool(np.all((a.view(bits) == b.view(bits)) | ((a != a) & (b != b))))


@pytest.mark.parametrize("case", range(12))
def test_floor_division_and_remainders(case: int) -> None:
    input, other = pairs()[case]
    with np.errstate(all="ignore"):
        assert same(floor_divided(np, input, other), np.floor_divide(input, other))
        assert same(remains(np, input, other), np.remainder(input, other))


@pytest.mark.parametrize("function", [scipy.special.erf, scipy.special.psi])
@pytest.mark.parametrize("size", [5, 8192, 30_001])
def test_parts_over_threads(function: Any, size: int) -> None:
    array = RNG.random(size, np.float32) + np.float32(0.5)
    assert same(over_threads(function)(array), function(array))
    assert same(over_threads(function)(array[::2]), function(array[::2]))
