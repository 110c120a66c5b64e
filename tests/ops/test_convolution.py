"""The products of convolutions: however the work is cut up, the sums are those of the definition."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays import blas
from tcalc.runtime.ops.nn import windows as frames
from tcalc.runtime.ops.nn.convolution import depthwise as channelwise
from tcalc.runtime.ops.nn.convolution import kernels as sliding
from tcalc.runtime.ops.nn.windows import Frame

# channels in and out, sizes, kernel, frame
SHAPES: list[tuple[int, int, int, tuple[int, ...], tuple[int, ...], Frame]] = [
    (5, 3, 4, (9, 8), (3, 2), Frame((1, 1), ((1, 1), (0, 1)), (1, 1), 1)),
    (5, 4, 6, (9, 8), (3, 2), Frame((2, 3), ((1, 2), (0, 0)), (1, 2), 2)),
    (3, 4, 4, (8, 9), (3, 3), Frame((1, 1), ((1, 1), (1, 1)), (1, 1), 4)),
    (3, 4, 8, (8, 9), (2, 3), Frame((2, 1), ((1, 0), (2, 1)), (2, 1), 4)),
    (3, 2, 12, (5, 4), (2, 2), Frame((1, 1), ((0, 0), (0, 0)), (1, 1), 1)),
    (9, 6, 3, (7, 5), (1, 1), Frame((1, 1), ((0, 0), (0, 0)), (1, 1), 1)),
    (9, 6, 4, (7, 5), (1, 1), Frame((1, 1), ((0, 0), (0, 0)), (1, 1), 2)),
    (4, 2, 3, (40,), (5,), Frame((2,), ((4, 3),), (3,), 1)),
    (2, 2, 2, (4, 5, 3), (2, 3, 1), Frame((1, 2, 1), ((0, 0), (1, 1), (0, 1)), (1, 1, 1), 2)),
]


def windows(x: Any, kernel: tuple[int, ...], frame: Frame) -> Any:
    """By place of the output and place of the kernel, the element of the padded input."""
    grown = np.pad(x, [(0, 0), (0, 0), *frame.padding])
    lengths = frame.lengths(x.shape[2:], kernel)
    found = np.empty((*x.shape[:2], *kernel, *lengths), x.dtype)
    for k, at in product(np.ndindex(*kernel), np.ndindex(*lengths)):
        place = [a * s + i * d for a, s, i, d in zip(at, frame.stride, k, frame.dilation)]
        found[(slice(None), slice(None), *k, *at)] = grown[(slice(None), slice(None), *place)]
    return found


def definition(x: Any, y: Any, w: Any, frame: Frame) -> tuple[Any, Any]:
    """The convolution of x and w, and the sums of x's windows times y."""
    groups, count = frame.groups, prod(w.shape[2:])
    lengths = y.shape[2:]
    found = windows(x, w.shape[2:], frame)
    found = found.reshape(len(x), groups, -1, count, prod(lengths))
    weight = w.reshape(groups, -1, w.shape[1], count)
    out = np.einsum("ngckp,gock->ngop", found, weight).reshape(y.shape)
    grouped = y.reshape(len(y), groups, -1, prod(lengths))
    return out, np.einsum("ngckp,ngop->gock", found, grouped).reshape(w.shape)


@pytest.mark.parametrize("block", [1, 40, 1 << 18])
@pytest.mark.parametrize("narrow", [1, 60, 256])
@pytest.mark.parametrize("long", [2, 48])
@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_blocks(
    shape: Any, kind: type, block: int, narrow: int, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sliding, "_BLOCK", block)
    monkeypatch.setattr(sliding, "_NARROW", narrow)
    monkeypatch.setattr(sliding, "_LONG", long)
    monkeypatch.setattr(channelwise, "_BLOCK", block)
    monkeypatch.setattr(frames, "_SMALL", 0)
    images, channels, outputs, sizes, kernel, frame = shape
    rng = np.random.default_rng(0)

    def normal(*size: int) -> Any:
        real = rng.normal(size=size)
        return real if kind is float else real + 1j * rng.normal(size=size)

    x = normal(images, channels, *sizes)
    w = normal(outputs, channels // frame.groups, *kernel)
    y = normal(images, outputs, *frame.lengths(sizes, kernel))
    bias = normal(outputs)
    out, sums = definition(x, y, w, frame)
    beside = (slice(None), *(None,) * len(sizes))
    got = sliding.forward(np, x, w, bias, frame, y.shape[2:])
    np.testing.assert_allclose(got, out + bias[beside], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(
        sliding.kernel_sums(np, x, y, kernel, frame), sums, rtol=1e-11, atol=1e-12
    )
    # <y, forward(x)> = <backward(y), x>, for every x.
    back = sliding.backward(np, y, w, None, frame, sizes)
    scattered = sliding._scattered(np, y, w, None, frame, np.empty_like(x))
    np.testing.assert_allclose(back, scattered, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose((back * x).sum(), (y * out).sum(), rtol=1e-9)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, w, y = (
        rng.normal(size=s).astype("f") for s in ((4, 8, 40, 40), (16, 8, 3, 3), (4, 16, 40, 40))
    )
    frame = Frame((1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    found = []
    for several in (True, False):
        if not several:
            monkeypatch.setattr(
                frames, "spread_products", lambda work, n: [work(i) for i in range(n)]
            )
        found.append((
            sliding.forward(np, x, w, None, frame, (40, 40)),
            sliding.backward(np, y, w, None, frame, (40, 40)),
            sliding.kernel_sums(np, x, y, (3, 3), frame),
        ))  # fmt: skip
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-4)


def test_products_in_threads_leave_blas_as_it_was() -> None:
    controls = blas._controls()
    if not controls:
        pytest.skip("another BLAS")
    _, limited = controls[0]
    before = limited()
    inside: list[int] = []
    blas.spread_products(lambda i: inside.append(limited()), 4)
    assert set(inside) <= {1, before}
    with pytest.raises(ZeroDivisionError):
        blas.spread_products(lambda i: 1 // 0, 4)
    assert limited() == before
