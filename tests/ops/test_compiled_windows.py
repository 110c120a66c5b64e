"""Windows by compiled code: the same as by NumPy, and nothing is written beside the results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import kernels
from tcalc.runtime.lazy.compiled.sliding import OUTPUTS, sliding
from tcalc.runtime.ops.nn.convolution import flat
from tcalc.runtime.ops.nn.convolution import kernels as columns
from tcalc.runtime.ops.nn.pooling import compiled
from tcalc.runtime.ops.nn.pooling import max_pool as pooling
from tcalc.runtime.ops.nn.windows import Frame

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")

CANARY = 1234.5


def framed(n: int, padding: tuple[tuple[int, int], ...], dilation: int = 1) -> Frame:
    return Frame((1,) * n, padding, (dilation,) * n, 1)


# images, channels in and out, sizes, kernel, frame
SHAPES: list[tuple[int, int, int, tuple[int, ...], tuple[int, ...], Frame]] = [
    (5, 3, OUTPUTS, (9, 8), (3, 3), framed(2, ((1, 1), (1, 1)))),
    (3, 2, OUTPUTS + 3, (7, 50), (2, 3), framed(2, ((0, 2), (1, 0)))),
    (1, 1, 1, (20, 17), (3, 2), framed(2, ((3, 1), (0, 0)), 2)),
    (2, 4, 2 * OUTPUTS, (1, 1), (2, 2), framed(2, ((1, 1), (1, 1)))),
    (4, 2, 5, (40,), (5,), framed(1, ((4, 3),), 3)),
    (7, 3, 6, (3,), (2,), framed(1, ((0, 0),))),
    (2, 2, 9, (4, 5, 3), (2, 3, 1), framed(3, ((0, 0), (1, 1), (0, 1)))),
]


def made(shape: Any, char: str) -> tuple[Any, ...]:
    images, channels, outputs, sizes, kernel, frame = shape
    rng = np.random.default_rng(0)
    lengths = frame.lengths(sizes, kernel)
    shapes = ((images, channels, *sizes), (outputs, channels, *kernel), (images, outputs, *lengths))
    x, w, y = (rng.normal(size=s).astype(char) for s in shapes)
    return x, w, y, rng.normal(size=outputs).astype(char)


@pytest.mark.parametrize("char", "fd")
@pytest.mark.parametrize("bytes", [1, 1 << 12, 1 << 19])
@pytest.mark.parametrize("share", [1, 1 << 22])
@pytest.mark.parametrize("shape", SHAPES)
def test_convolutions(
    shape: Any, share: int, bytes: int, char: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "_SHARE", share)
    monkeypatch.setattr(flat, "_BYTES", bytes)
    *_, kernel, frame = shape
    x, w, y, bias = made(shape, char)
    near = {"rtol": 1e-4, "atol": 1e-4} if char == "f" else {"rtol": 1e-11, "atol": 1e-11}
    functions = sliding(char)
    assert functions is not None
    room = np.full(y.size + 128, CANARY, char)
    out = room[64:-64].reshape(y.shape)
    flat.forward(functions, x, w, bias, frame, out)
    assert (room[:64] == CANARY).all() and (room[-64:] == CANARY).all()
    wanted = columns.forward(np, x.astype("g"), w.astype("g"), bias.astype("g"), frame, y.shape[2:])
    np.testing.assert_allclose(out, wanted.astype(char), **near)
    sums = flat.kernel_sums(functions, x, y, kernel, frame)
    wanted = columns.kernel_sums(np, x.astype("g"), y.astype("g"), kernel, frame)
    np.testing.assert_allclose(sums, wanted.astype(char), **near)


def test_convolutions_do_not_depend_on_the_number_of_threads() -> None:
    shape = (4, 8, 16, (40, 40), (3, 3), framed(2, ((1, 1), (1, 1))))
    x, w, y, bias = made(shape, "f")
    assert flat.suited(x, 16, (3, 3), shape[-1], (40, 40)) is not None
    before, found = threads.number(), []
    try:
        for count in (1, 2, 3):
            threads.settings.limit = count
            found.append((
                columns.forward(np, x, w, bias, shape[-1], (40, 40)),
                columns.backward(np, y, w, None, shape[-1], (40, 40)),
                columns.kernel_sums(np, x, y, (3, 3), shape[-1]),
            ))  # fmt: skip
    finally:
        threads.set_number(before)
    for other in found[1:]:
        for a, b in zip(found[0], other):
            np.testing.assert_array_equal(a, b)


def test_rows_that_are_used_again_are_clean() -> None:
    """The last group of images is smaller, and another call's numbers lie where it has none."""
    frame = framed(2, ((1, 1), (1, 1)))
    for images in (9, 4, 9, 1, 5):
        shape = (images, 2, OUTPUTS, (12, 12), (3, 3), frame)
        x, _, y, _ = made(shape, "d")
        functions = sliding("d")
        assert functions is not None
        got = flat.kernel_sums(functions, x, y, (3, 3), frame)
        wanted = columns.kernel_sums(np, x.astype("g"), y.astype("g"), (3, 3), frame)
        np.testing.assert_allclose(got, wanted.astype("d"), rtol=1e-11, atol=1e-11)


def test_what_no_window_uses_may_be_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = framed(2, ((0, 0), (0, 0)))
    shape = (3, 8, 16, (24, 24), (3, 3), frame)
    x, _, y, _ = made(shape, "f")
    y[:, :, 0, :] = 0
    x[1, 2, 0, 5] = np.inf
    functions = sliding("f")
    assert functions is not None and flat.suited(x, 16, (3, 3), frame, (22, 22)) is functions
    assert flat.kernel_sums(functions, x, y, (3, 3), frame) is None
    got = columns.kernel_sums(np, x, y, (3, 3), frame)
    monkeypatch.setattr(flat, "suited", lambda *_: None)
    np.testing.assert_allclose(
        got, columns.kernel_sums(np, x, y, (3, 3), frame), rtol=1e-4, atol=1e-4
    )


POOLS = [
    ((2, 2), Frame((2, 2), ((0, 0), (0, 0)), (1, 1), 1)),
    ((3, 3), Frame((2, 2), ((1, 1), (1, 1)), (1, 1), 1)),
    ((2, 3), Frame((1, 1), ((0, 1), (1, 1)), (2, 1), 1)),
    ((5,), Frame((1,), ((2, 2),), (1,), 1)),
    ((1, 2, 2), Frame((2, 1, 2), ((0, 0),) * 3, (1, 1, 1), 1)),
]


@pytest.mark.parametrize("char", "fd")
@pytest.mark.parametrize("size", [5, 8, 31, 32, 33, 70])
@pytest.mark.parametrize(("kernel", "frame"), POOLS)
def test_pools(
    kernel: Any, frame: Frame, size: int, char: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "LONG", 0)  # compiled at the first call
    rng = np.random.default_rng(0)
    sizes = (*(6,) * (len(kernel) - 1), size)
    lengths = frame.lengths(sizes, kernel)
    x = rng.integers(-3, 4, (5, *sizes)).astype(char)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.1] = -np.inf
    x[rng.random(x.shape) < 0.1] = -0.0
    x[4] = -np.inf
    g = rng.normal(size=(5, *lengths)).astype(char)
    g[rng.random(g.shape) < 0.1] = np.inf

    def all_of_it() -> tuple[Any, ...]:
        values, where = pooling._greatest.kernel(np, x, kernel, frame, lengths, True)
        return values, where, pooling._to_places.kernel(np, g, where, kernel, frame, sizes)

    asked: list[bool] = []
    for name in ("greatest", "put_back"):
        whole = getattr(compiled, name)
        monkeypatch.setattr(
            compiled, name, lambda *a, whole=whole: asked.append(whole(*a)) or asked[-1]
        )
    all_of_it()
    kernels.building.wait()
    asked.clear()
    got = all_of_it()
    assert asked[0]
    monkeypatch.setattr(kernels.settings, "on", False)
    for a, b in zip(got, all_of_it()):
        np.testing.assert_array_equal(a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}"))


def test_numbers_that_are_no_places_put_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes from elsewhere than a pool may hold any number."""
    monkeypatch.setattr(kernels, "LONG", 0)
    kernel, frame = POOLS[0]
    where = np.arange(5 * 3 * 16, dtype="u1").reshape(5, 3, 16)
    g = np.ones((5, 3, 16), "f4")
    for _ in range(2):
        got = pooling._to_places.kernel(np, g, where, kernel, frame, (6, 32))
        kernels.building.wait()
    monkeypatch.setattr(kernels.settings, "on", False)
    np.testing.assert_array_equal(
        got, pooling._to_places.kernel(np, g, where, kernel, frame, (6, 32))
    )
