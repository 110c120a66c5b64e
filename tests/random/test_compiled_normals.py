"""Normals by the installation's function: PyTorch's to the bit, and near those that NumPy makes."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from tcalc.runtime.lazy.compiled import drawing, library
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.session import Session

installed = pytest.mark.skipif(
    library.address(drawing.NORMALS) is None, reason="no functions are installed here"
)


# Sums of the bytes that PyTorch 2.13 draws with AVX2, recorded.
@installed
@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("randn(16)", 1249582988),
        ("randn(17)", 2383964905),
        ("randn(1000)", 65190655),
        ("randn(20_000)", 1077378170),
        ("torch.empty(3, 50).normal_(3.0, 0.25)", 2272592749),
        ("randn(100, dtype=torch.complex64)", 3073717882),
    ],
)
def test_bits(text: str, recorded: int) -> None:
    drawn = Session().evaluate(f"manual_seed(5)\n{text}")
    assert crc32(drawn.array.tobytes()) == recorded


@pytest.mark.parametrize("text", ["randn(300_007)", "torch.normal(-2.0, 3.0, (5, 77))"])
def test_numpy_makes_nearly_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for on in (True, False):
        monkeypatch.setattr(settings, "on", on)
        drawn, after = Session().evaluate(f"manual_seed(5)\n({text}, rand(3))")
        found.append((drawn.array, after.array))
    (one, one_after), (other, other_after) = found
    assert np.array_equal(one_after, other_after)
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)
