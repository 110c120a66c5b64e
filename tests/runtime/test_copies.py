"""Copies in C order are those that NumPy makes."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.runtime.arrays.copies import in_order

SHAPES = [
    (130, 140),
    (3, 170, 150),
    (1, 20_000),
    (20_000, 1),
    (17, 1000),
    (1000, 17),
    (700, 900),
    (4, 9, 60, 70),
    (16, 40, 8, 16),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["?", "i2", "f4", "f8", "c16"])
def test_every_order(shape: tuple[int, ...], dtype: str) -> None:
    array = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    axes = range(array.ndim)
    for order in (
        tuple(reversed(axes)),
        (*axes[1:], 0),
        (axes[-2], *axes[:-2], axes[-1]),
        (axes[-1], *axes[:-1]),
        tuple(axes),
    ):
        turned = array.transpose(order)
        for given in (turned, turned[::2], turned[..., ::-1], turned[..., 1:]):
            copy = in_order(given)
            assert copy.flags.c_contiguous and copy.dtype == given.dtype
            assert copy.tobytes() == given.tobytes()
            assert copy.base is None and not np.shares_memory(copy, array)
