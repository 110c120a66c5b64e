"""Transforms of arrays: NumPy's numbers, in the precision given, however many threads there are."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.runtime.arrays import fourier
from tcalc.runtime.base import threads
from tcalc.session import Session

SHAPES = [(5,), (1,), (70, 64), (65, 80), (3, 40, 50)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [0, 1, 2])
def test_transforms_are_numpys(shape: tuple[int, ...], scale: int) -> None:
    generator = np.random.default_rng(0)
    real = generator.normal(size=shape)
    values = real + 1j * generator.normal(size=shape)
    forward, inverse = ("backward", "ortho", "forward"), ("forward", "ortho", "backward")
    for d in range(len(shape)):
        for dims in [(d,), tuple(range(d + 1)), tuple(range(d, len(shape)))[::-1]]:
            for size in (2, shape[d], shape[d] + 3):
                sizes = (*[shape[dim] for dim in dims[:-1]], size)
                for given in (real, values):
                    np.testing.assert_allclose(
                        fourier.between_complex(np, given, sizes, dims, True, scale),
                        np.fft.fftn(given, sizes, dims, forward[scale]), atol=1e-9,
                    )  # fmt: skip
                    np.testing.assert_allclose(
                        fourier.between_complex(np, given, sizes, dims, False, scale),
                        np.fft.ifftn(given, sizes, dims, inverse[scale]), atol=1e-9,
                    )  # fmt: skip
                np.testing.assert_allclose(
                    fourier.from_real(np, real, sizes, dims, scale),
                    np.fft.rfftn(real, sizes, dims, forward[scale]), atol=1e-9,
                )  # fmt: skip
                np.testing.assert_allclose(
                    fourier.to_real(np, values, sizes, dims, scale),
                    np.fft.irfftn(values, sizes, dims, inverse[scale]), atol=1e-9,
                )  # fmt: skip


def test_single_precision_stays() -> None:
    x = np.ones((70, 64), np.float32)
    assert fourier.between_complex(np, x, (64,), (1,), True, 0).dtype == np.complex64
    assert fourier.from_real(np, x, (70, 64), (0, 1), 0).dtype == np.complex64
    assert fourier.to_real(np, x, (64,), (1,), 0).dtype == np.float32


@pytest.mark.parametrize("call", ["fft.fft(x)", "fft.fft(x.real, dim=0)", "fft.rfft2(x.real)",
                                  "fft.irfftn(x)", "fft.ifftn(x, dim=(2, 0))"])  # fmt: skip
def test_threads_change_no_number(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(seed=3)
    session.evaluate("x = randn(30, 50, 64, dtype=complex64)")
    alone = session.evaluate(call)
    monkeypatch.setattr(fourier, "_SHARED", 1)
    monkeypatch.setattr(threads.settings, "limit", 3)
    shared = session.evaluate(call)
    np.testing.assert_array_equal(shared._a, alone._a)
    assert shared._a.strides == alone._a.strides


@pytest.mark.parametrize("call", [
    "fft.fft(x)", "fft.fft(x, dim=0)", "fft.ifft(x, 40, 1, 'ortho')", "fft.rfft(x.real, dim=1)",
    "fft.irfft(x)", "fft.fft2(x)", "fft.rfftn(x.real)", "fft.irfftn(x)", "fft.hfft(x, dim=0)",
    "fft.ifftn(x, dim=(2, 0))", "fft.fft(x.real)", "fft.fft(x.permute(2, 0, 1), dim=1)",
])  # fmt: skip
def test_groups_change_no_number(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(seed=3)
    session.evaluate("x = randn(30, 50, 64, dtype=complex64)")
    whole = session.evaluate(call)
    monkeypatch.setattr(fourier, "_LONG", 1 << 13)
    cut = session.evaluate(call)
    np.testing.assert_array_equal(cut._a, whole._a)
    assert cut._a.strides == whole._a.strides


# As PyTorch lays them out: the transformed dims innermost.
STRIDES = [
    ("fft.fft(x, dim=0)", (1, 3)), ("fft.fft(x.T)", (3, 1)), ("fft.fft(x.T, dim=0)", (1, 5)),
    ("fft.fft2(x.T)", (1, 5)), ("fft.rfft2(x.T)", (2, 1)), ("fft.rfft(x, dim=0)", (1, 2)),
    ("fft.irfft(x.T)", (4, 1)), ("fft.fft(z, dim=1)", (12, 1, 3)), ("fft.fftn(z)", (12, 4, 1)),
    ("fft.rfftn(z, dim=(0, 1))", (2, 1, 4)), ("fft.fft(z.permute(2, 0, 1), dim=0)", (1, 12, 4)),
]  # fmt: skip


@pytest.mark.parametrize("call, strides", STRIDES)
def test_memory_is_laid_out_as_pytorch_does(call: str, strides: tuple[int, ...]) -> None:
    session = Session()
    session.evaluate("x = ones(3, 5)")
    session.evaluate("z = ones(2, 3, 4)")
    assert session.evaluate(call).stride() == strides
