"""Sums in the pass that computes what is added up: NumPy's, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.lazy.blocks import BLOCK, Lines, blocks_of, split_of, sums
from tcalc.runtime.lazy.compiled import building, kernels
from tcalc.runtime.lazy.compiled.kernels import Sums
from tcalc.runtime.lazy.compiled.lower import NAME
from tcalc.runtime.lazy.compiled.steps import Run
from tcalc.runtime.lazy.reducing import block_sums, over_blocks
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session

compiles = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")
SIZES = [*range(1, 40), 63, 64, 65, 127, 128, 129, 130, 135, 136, 137, 255, 256, 257, 1000, 4097]


def made(steps: list[Any], reads: Any, writes: Any, dtypes: list[Any], summed: Any) -> Sums:
    kernel = Sums(Run(tuple(steps), reads, writes, True), dtypes, "c" * len(reads), summed)
    kernel.call = building.built(kernel._text, NAME)
    assert kernel.call is not None
    return kernel


def signed(a: np.ndarray) -> bytes:
    return (a + 0).tobytes()  # NumPy begins with 0, and so has no sum of -0.0


@compiles
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_neighbours_are_added_in_numpys_order(dtype: str) -> None:
    rng = np.random.default_rng(0)
    both = made([(np.multiply, (0, 0), 1)], (0,), (1,), [np.dtype(dtype)] * 2, (1, 0))
    for size in SIZES:
        x = (rng.normal(size=size) * 10.0 ** rng.integers(-3, 4, size)).astype(dtype)
        x[rng.random(size) < 0.1] = -0.0
        for length in {size, 100, 9}:
            lines = Lines(1, size, length)
            squares = np.empty_like(x)
            found = [np.full(lines.blocks, 7, dtype) for _ in range(2)]
            both([x, squares], found, lines, 1)
            assert (squares == x * x).all()
            for values, totals in zip((x * x, x), found):
                parts = [values[i : i + length] for i in range(0, size, length)]
                expected = np.array([np.add.reduce(p) for p in parts], dtype)
                assert signed(totals) == signed(expected), (size, length)


@pytest.mark.parametrize(
    "shape", [(BLOCK * 3 + 5,), (4, BLOCK + 1), (700, 900), (3, 5, 70_000), (50, 300, 100)]
)
def test_blocks_as_neighbours(shape: tuple[int, ...]) -> None:
    lines = Lines.of(shape)
    cut = blocks_of(*split_of(shape))
    assert lines.blocks == len(cut)


@compiles
@pytest.mark.parametrize("shape", [(BLOCK * 6 + 5,), (3, BLOCK + 77), (700, 901)])
def test_sums_of_what_is_there(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    x = np.random.default_rng(1).normal(size=shape).astype("f4")
    kernels.sums_of.cache_clear()
    for _ in range(2):
        assert block_sums(x).tobytes() == over_blocks(x, sums).tobytes()
        assert block_sums(x.T).tobytes() == over_blocks(x.T, sums).tobytes()
        building.wait()


PROGRAMS = [
    "(x * y).sum()",
    "(x.exp() * y).mean()",
    "(x * 2 + r).sum()",
    "(x.T * y.T).sum()",
    "(x.double() / 3).sum()",
    "z = x * y; (z.sum(), (z + 1).sum(), z.sum())",
    "z = x.clone(); l = (z * z).sum(); z -= 0.1 * z; (z, l)",
    "z = x.clone(); l = (z * y).mean(); m = z.exp().sum(); z += y; (z, l, m)",
    "(x[:, ::2] + 1).sum()",
]


@compiles
@pytest.mark.parametrize("text", PROGRAMS)
def test_sums_of_what_waits(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum that is compiled is that of the same elements by NumPy."""
    rng = np.random.default_rng(2)
    monkeypatch.setattr(kernels, "LONG", 1)
    found = []
    for together in (False, True, True):
        session = Session()
        for name, shape in (("x", (700, 900)), ("y", (700, 900)), ("r", (900,))):
            rng = np.random.default_rng(len(name) + len(shape))
            session.variables[name] = wrap(rng.normal(size=shape).astype("f4"))
        if not together:
            monkeypatch.setattr("tcalc.runtime.lazy.program.Program.sums", lambda *_: None)
            monkeypatch.setattr(kernels, "sums_of", lambda _: None)
        result = session.evaluate(text)
        result = result if isinstance(result, tuple) else (result,)
        found.append([t.array.tobytes() for t in result])
        if not together:
            monkeypatch.undo()
            monkeypatch.setattr(kernels, "LONG", 1)
        building.wait()
    assert found[0] == found[1] == found[2]
