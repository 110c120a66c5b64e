"""Conversions of 16-bit floats: those of NumPy to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.runtime.arrays.casts import converted

SINGLE, HALF = np.dtype(np.float32), np.dtype(np.float16)
np.seterr(all="ignore")


def test_every_half_becomes_the_float_that_numpy_makes_of_it() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(HALF)
    assert np.array_equal(converted(halves, SINGLE).view(np.uint32), halves.astype(SINGLE).view(np.uint32))  # fmt: skip


# Around where halves begin, become subnormal, end; ties; nan with every kind of payload.
STARTS = [0, 0x33000000 - 8000, 0x387FE000 - 8000, 0x38800000 - 8000, 0x3F800000, 0x477FE000 - 8000,
          0x47800000 - 8000, 0x7F7FC000, 0x7F800000 - 8000, 0x7FC00000 - 8000, 0x7FFFC000]  # fmt: skip


@pytest.mark.parametrize("sign", [0, 1 << 31])
@pytest.mark.parametrize("start", STARTS)
def test_floats_become_halves_as_numpy_rounds_them(start: int, sign: int) -> None:
    floats = (np.arange(start, start + 16384, dtype=np.uint32) | np.uint32(sign)).view(SINGLE)
    made, told = converted(floats, HALF), floats.astype(HALF)
    assert np.array_equal(made.view(np.uint16), told.view(np.uint16))


def test_floats_all_over_and_in_any_layout() -> None:
    words = np.random.default_rng(0).integers(0, 1 << 32, (640, 480), np.uint32)
    floats = words.view(SINGLE)
    for layout in (floats, floats.T, floats[::2], floats[:1, :1]):
        made = converted(layout, HALF)
        assert made.strides == layout.astype(HALF).strides
        assert np.array_equal(made.view(np.uint16), layout.astype(HALF).view(np.uint16))
