"""Rows reduced, normalised and brought to softmax by compiled code: right, and the same in every way."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tcalc.library.jit.planned import Planned
from tcalc.runtime.lazy import rows
from tcalc.runtime.lazy.columns import down
from tcalc.runtime.lazy.compiled import building, kernels
from tcalc.runtime.lazy.compiled.folding import folding, folding_down
from tcalc.runtime.lazy.compiled.rowforms import (
    LOG_SOFTMAX,
    LOG_SOFTMAX_SLOPE,
    LOGSUMEXP,
    SOFTMAX,
    SOFTMAX_SLOPE,
)
from tcalc.runtime.lazy.compiled.rowkernel import RowKernel, row_kernel
from tcalc.runtime.lazy.compiled.rownorms import SPREAD
from tcalc.runtime.lazy.compiled.rowscans import PRODUCTS, PRODUCTS_DOWN, SUMS, SUMS_DOWN
from tcalc.runtime.lazy.exposure import mark_exposed
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.places import extremes
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")

SINGLE = np.dtype("f4")
FOLDS = [
    *[(f, d) for f in (np.add, np.multiply, np.maximum, np.minimum) for d in ("f4", "f8")],
    *[(f, d) for f in (np.maximum, np.minimum) for d in ("u1", "i4", "i8", "u8")],
    (np.logical_or, "?"),
    (np.logical_and, "?"),
]
LENGTHS = [1, 5, 31, 32, 33, 1023, 1024, 1025, 2100]


def guarded(array: np.ndarray) -> tuple[np.ndarray, Callable[[], bool]]:
    """A copy with marked memory around it, and whether that is untouched."""
    around = 4096
    memory = np.full(array.nbytes + 2 * around, 0xA5, np.uint8)
    inside = memory[around : around + array.nbytes].view(array.dtype).reshape(array.shape)
    inside[...] = array
    ends = memory[:around], memory[around + array.nbytes :]
    return inside, lambda: all(bool((end == 0xA5).all()) for end in ends)


def numbers(rng: np.random.Generator, shape: tuple[int, int], dtype: str) -> np.ndarray:
    x: Any = rng.normal(size=shape)
    if dtype == "?":
        return x > 2
    return (x * 0.1 + 1 if dtype[0] == "f" else x * 50 + 100).astype(dtype)


@pytest.mark.parametrize("columns", LENGTHS)
@pytest.mark.parametrize(("ufunc", "dtype"), FOLDS)
def test_rows_are_reduced(ufunc: np.ufunc, dtype: str, columns: int) -> None:
    rng = np.random.default_rng(columns)
    rows, is_whole = guarded(numbers(rng, (4, columns), dtype))
    kernel = folding(ufunc, np.dtype(dtype))
    assert kernel is not None
    found, is_kept = guarded(np.empty(4, dtype))
    kernel(rows.shape, [rows, found])
    assert is_whole() and is_kept()
    exact = ufunc.reduce(rows.astype("f8") if dtype[0] == "f" else rows, axis=1)
    np.testing.assert_allclose(found, exact, rtol=3e-6 if dtype == "f4" else 1e-13)


@pytest.mark.parametrize("columns", LENGTHS)
@pytest.mark.parametrize(("ufunc", "dtype"), FOLDS)
def test_columns_are_reduced(ufunc: np.ufunc, dtype: str, columns: int) -> None:
    rows, is_whole = guarded(numbers(np.random.default_rng(columns), (7, columns), dtype))
    kernel = folding_down(ufunc, np.dtype(dtype))
    assert kernel is not None
    found, is_kept = guarded(np.full(columns, kernel.start, kernel.dtype))
    kernel(rows.shape, [rows, found])
    assert is_whole() and is_kept()
    exact = ufunc.reduce(rows.astype("f8") if dtype[0] == "f" else rows, axis=0)
    np.testing.assert_allclose(found, exact, rtol=1e-6 if dtype == "f4" else 1e-13)


@pytest.mark.parametrize(
    "shape", [(130, 131), (700, 900), (40, 50, 60), (3, 90_000), (900, 17), (20_000, 3)]
)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u1"])
def test_where_the_extremes_are(dtype: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    whole = rng.integers(0, 40, shape).astype(dtype)
    limits = np.iinfo(dtype) if dtype[0] in "iu" else SimpleNamespace(min=-np.inf, max=np.inf)
    given = [whole, np.full_like(whole, limits.min), np.full_like(whole, limits.max)]
    if dtype[0] == "f":
        given.append(np.where(rng.random(shape) < 0.01, np.nan, whole).astype(dtype))
        given.append(np.where(whole > 20, 0.0, -0.0).astype(dtype))
    for array in given:
        x, is_whole = guarded(array)
        for axis in range(x.ndim):
            for greatest in (True, False):
                found = extremes(x, axis, greatest)
                if found is None:
                    continue
                index = (x.argmax if greatest else x.argmin)(axis, keepdims=True)
                assert (found[1] == index).all()
                assert found[0].tobytes() == np.take_along_axis(x, index, axis).tobytes()
        assert is_whole()


def test_results_of_two_dims_lie_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(2 * 3 * 64 * 64, dtype="f4").reshape(2, 3, 64, 64) % 7
    made: list[Callable[[], bool]] = []

    def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        array, is_whole = guarded(np.zeros(shape, dtype))
        made.append(is_whole)
        return array

    monkeypatch.setattr(rows, "np", SimpleNamespace(empty=empty, add=np.add))
    found = rows.fold_rows(np.add, x, (2, 3), False)
    assert made and all(is_whole() for is_whole in made)
    np.testing.assert_array_equal(found, x.astype("f8").sum((2, 3)))


@pytest.mark.parametrize("columns", [1, 2, 17, 31, 32, 33, 63, 64, 65, 300])
@pytest.mark.parametrize("beside", ["one row", "one column", "rows", "a number"])
def test_what_is_computed_is_reduced_with_what_stands_beside_it(beside: str, columns: int) -> None:
    rows = 2 * LARGE // columns
    rng = np.random.default_rng(columns)
    x = rng.normal(size=(rows, columns)).astype("f4")
    shapes = {"one row": (1, columns), "one column": (rows, 1), "rows": x.shape, "a number": ()}
    m = np.asarray(rng.normal(size=shapes[beside]), "f4")
    made = Session()
    made.variables.update(x=wrap(x), m=wrap(m))
    exact = np.exp(x.astype("f8")) - m
    for call, wanted in (("sum(1)", exact.sum(1)), ("amax(-1)", exact.max(1)), ("sum()", exact.sum()),
                         ("amin()", exact.min())):  # fmt: skip
        found = made.evaluate(f"(x.exp() - m).{call}").array
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * columns**0.5)


def test_nan_is_the_greatest_and_the_least() -> None:
    x = np.ones((40, 40), "f4")
    np.fill_diagonal(x, np.nan)
    for ufunc in (np.maximum, np.minimum, np.add):
        kernel = folding(ufunc, SINGLE)
        found = np.zeros(40, "f4")
        assert kernel is not None
        kernel(x.shape, [x, found])
        assert np.isnan(found).all()


def scores(columns: int) -> np.ndarray:
    x = (np.random.default_rng(columns).normal(size=(6, columns)) * 4).astype("f4")
    x[1], x[2, -1], x[3, 0], x[4, columns // 2], x[5] = -np.inf, np.nan, np.inf, -np.inf, 1e4
    return x


@pytest.mark.parametrize("columns", LENGTHS)
def test_spread(columns: int) -> None:
    x = np.random.default_rng(columns).normal(size=(5, columns)).astype("f4") + 300
    x[3, columns // 2], x[4] = np.nan, 3e38
    kernel = row_kernel(SPREAD, SINGLE)
    assert kernel is not None
    rows, is_whole = guarded(x)
    (sums, is_kept), (means, is_left) = (guarded(np.empty(5, "f4")) for _ in "sm")
    kernel(x.shape, [rows, sums, means])
    assert is_whole() and is_kept() and is_left()
    wide = x[:3].astype("f8")
    np.testing.assert_allclose(means[:3], wide.mean(1), rtol=1e-6)
    np.testing.assert_allclose(
        sums[:3], ((wide - wide.mean(1, keepdims=True)) ** 2).sum(1), rtol=1e-4
    )
    assert np.isnan(sums[3]) and sums[4] in (0, np.inf)


@pytest.mark.parametrize("columns", LENGTHS)
def test_softmax(columns: int) -> None:
    x = scores(columns)
    wide = x.astype("f8")
    with np.errstate(all="ignore"):
        rest = wide - wide.max(1, keepdims=True)
        total = np.exp(rest).sum(1, keepdims=True)
        wanted = [
            (SOFTMAX, np.exp(rest) / total),
            (LOG_SOFTMAX, rest - np.log(total)),
            (LOGSUMEXP, np.logaddexp.reduce(wide, axis=1)),
        ]
    for form, exact in wanted:
        kernel = row_kernel(form, SINGLE)
        assert type(kernel) is RowKernel
        rows, is_whole = guarded(x)
        found, is_kept = guarded(np.empty(exact.shape, "f4"))
        kernel(x.shape, [rows, found])
        assert is_whole() and is_kept()
        np.testing.assert_allclose(found, exact, rtol=3e-6, atol=3e-6)


@pytest.mark.parametrize("columns", LENGTHS[3:])
def test_softmax_down_columns(columns: int) -> None:
    x = np.random.default_rng(columns).normal(size=(400, columns)).astype("f4")
    x[:, 0], x[3, 1], x[4, 2], x[5, 3], x[:, 4] = -np.inf, np.nan, np.inf, -np.inf, 1e4
    g = np.random.default_rng(1).normal(size=x.shape).astype("f4")
    wide = x.astype("f8")
    with np.errstate(all="ignore"):
        rest = wide - wide.max(0)
        total = np.exp(rest).sum(0, keepdims=True)
        y = np.exp(rest) / total
        share = y * (g - (g * y).sum(0))
        wanted = [
            (SOFTMAX, [x], y),
            (LOG_SOFTMAX, [x], rest - np.log(total)),
            (LOGSUMEXP, [x], np.logaddexp.reduce(wide, axis=0, keepdims=True)),
            (SOFTMAX_SLOPE, [g, y.astype("f4")], share),
            (LOG_SOFTMAX_SLOPE, [g, np.log(y).astype("f4")], g - y * g.sum(0)),
        ]
    for form, given, exact in wanted:
        inside = [guarded(a) for a in given]
        found = down(form, 0, [a for a, _ in inside], exact.shape == x.shape)
        assert all(is_whole() for _, is_whole in inside)
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(
    "shape", [(3, 70, 90), (90, 3, 70), (2, 3, 40, 80), (1, 200, 90), (150, 1, 120)]
)
def test_more_dims(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    made = Session()
    made.variables["x"] = wrap(rng.normal(size=shape).astype("f4"))
    for call in ("sum(-1)", "amax(-1)", "sum((-2, -1))", "amax(0)", "softmax(-1)", "softmax(0)", "softmax(1)", "log_softmax(0)", "logsumexp(0)",
                 "logsumexp(-1)", "logsumexp(-1, True)", "cumsum(-1)", "cumsum(1)", "var(-1)",
                 "mean(-1, True)", "norm(dim=-1)", "std()", "var((-2, -1), keepdim=True)"):  # fmt: skip
        found = []
        for on in (False, True):
            monkeypatch.setattr(kernels.settings, "on", on)
            given = made.variables["x"].array
            made.variables["x"] = wrap(given.copy())
            found.append(made.evaluate(f"x.{call}").array)
            assert (made.variables["x"].array == given).all()
        assert found[0].shape == found[1].shape
        np.testing.assert_allclose(found[0], found[1], rtol=2e-5, atol=2e-5)


def test_places() -> None:
    """Where numbers and rows begin, however many dims the arrays have."""
    kernel = row_kernel(LOGSUMEXP, SINGLE)
    assert kernel is not None
    rows = np.zeros((6, 10, 40), "f4")
    one = np.zeros((6, 10), "f4")
    for array, step in ((one, 4), (one.reshape(60, 1), 4), (one[:, :1], 40), (one.reshape(-1), 4),
                        (np.broadcast_to(one[:, :1], (6, 40)), 40)):  # fmt: skip
        assert [s for _, s in kernel.places(40, [rows, array])] == [160, step]


@pytest.mark.parametrize("columns", LENGTHS)
def test_running(columns: int) -> None:
    x = np.random.default_rng(columns).uniform(0.9, 1.1, (6, columns)).astype("f4")
    x[3, columns // 2] = np.nan
    for ufunc, across, beneath in (
        (np.add, SUMS, SUMS_DOWN),
        (np.multiply, PRODUCTS, PRODUCTS_DOWN),
    ):
        rows, is_whole = guarded(x)
        found, is_kept = guarded(np.empty_like(x))
        kernel = row_kernel(across, SINGLE)
        assert kernel is not None
        kernel(x.shape, [rows, found])
        assert is_whole() and is_kept()
        np.testing.assert_allclose(found, ufunc.accumulate(x, 1, dtype="f8"), rtol=1e-6)
        before, is_left = guarded(np.full(columns, ufunc.identity, "f8"))
        kernel = row_kernel(beneath, SINGLE)
        assert kernel is not None
        kernel(x.shape, [rows, before, found])
        assert is_whole() and is_kept() and is_left()
        np.testing.assert_allclose(found, ufunc.accumulate(x, 0, dtype="f8"), rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((130, 140, 1), 1), ((130, 140, 1, 1), 1), ((1, 20_000, 1), 1), ((20_000, 1), 0), ((1, 20_000), 0),
     ((130, 1, 140), 1), ((130, 1, 140), 0), ((130, 1, 140), 2), ((20, 30, 40), 1)],
)  # fmt: skip
def test_running_beside_dims_of_one(shape: tuple[int, ...], axis: int) -> None:
    x = np.random.default_rng(axis).uniform(0.9, 1.1, shape).astype("f4")
    made = Session()
    for call, ufunc in (("cumsum", np.add), ("cumprod", np.multiply)):
        made.variables["x"] = wrap(x)
        found = made.evaluate(f"x.{call}({axis})").array
        np.testing.assert_allclose(found, ufunc.accumulate(x, axis, dtype="f8"), rtol=1e-6)


PROGRAMS = [
    "x.cumsum(1), x.cumsum(0), (x * 0.01).cumprod(0), x[None].cumsum(1), x.flatten().cumsum(0)",
    "x.sum(1), x.mean(-1), (x * 0.01 + 1).prod(1), x.sum(1, keepdim=True)",
    "x.max(), x.amin(1), x.amax((0, 1)), (x > 9).any(), (x > 0).all(1)",
    "x.norm(), linalg.vector_norm(x, dim=1), x.norm(1), x.var(1), x.std()",
    "x.softmax(1), x.log_softmax(1), x.logsumexp(1), x.T.softmax(0)",
    "x.softmax(0), x.log_softmax(0), x.logsumexp(0, keepdim=True), x.T.softmax(1)",
    "F.layer_norm(x, x.shape[1:]), F.rms_norm(x, x.shape[1:], r), F.layer_norm(x, x.shape[1:], r, r)",
    "F.batch_norm(x, None, None, r, r, True), F.batch_norm(x[None], None, None, training=True)",
    "x.sum(1) + x[:, ::2].sum(1) + x.T.sum(0)",
    "x.sum(0), x.mean(0, keepdim=True), x[:, ::2].amax(0), x.amin(0), (x * 0.01 + 1).prod(0)",
    "*x.max(0), *x.min(1), x.argmax(0), x.argmin(1), (x > 9).any(0), x.int().amax(0), x[None].sum((0, 1))",
]
LOSSES = [
    "(x.softmax(1) * y).sum()",
    "(x.log_softmax(1) * y).sum()",
    "(x.logsumexp(1) * c).sum()",
    "(x.softmax(0) * y).sum() + x.log_softmax(0).amax(1).sum() + x.logsumexp(0).sum()",
    "(F.layer_norm(x, x.shape[1:], r, r * 2) * y).sum()",
    "(F.rms_norm(x, x.shape[1:], r) * y).sum()",
    "x.softmax(1).sum() + x.var(1).sum() + (x.sum(1) * c).sum()",
]
SHAPES = [(130, 131), (700, 900), (3, 150_000)]


def session(shape: tuple[int, int], exposed: bool) -> Session:
    rng = np.random.default_rng(shape[1])
    made = Session()
    sizes = {"a": shape, "y": shape, "r": shape[1:], "c": shape[:1]}
    for name, size in sizes.items():
        array = rng.normal(size=size).astype("f4")
        if exposed:
            mark_exposed(array)
        made.variables[name] = wrap(array)
    made.evaluate("import torch.nn.functional as F\nfrom torch import linalg")
    return made


def in_every_way(text: str, shape: tuple[int, int]) -> list[list[bytes]]:
    """What a function of a, y, r and c gives: deferred, at once, and in the turns of a plan."""
    found = []
    for exposed, planned in ((False, False), (True, False), (False, True)):
        made = session(shape, exposed)
        made.evaluate(text)
        function = made.variables["f"]
        if planned:
            function = Planned(function)
        given = [made.variables[name] for name in "ayrc"]
        for _ in range(3 if planned else 2):
            found.append([t.array.tobytes() for t in function(*given)])
            building.wait()
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", PROGRAMS)
def test_every_way(text: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
    first, *others = in_every_way(f"def f(a, y, r, c):\n  x = a * 2 + 1\n  return {text}\n", shape)
    assert all(other == first for other in others)


@pytest.mark.parametrize("shape", SHAPES[:2])
@pytest.mark.parametrize("text", LOSSES)
def test_gradients(text: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
    lines = [
        "def f(a, y, r, c):",
        "  x = a.detach().requires_grad_()",
        "  r = r.detach().requires_grad_()",
        f"  loss = {text} + r.sum()",
        "  loss.backward()",
        "  return x.grad, r.grad, loss.detach()",
    ]
    first, *others = in_every_way("\n".join(lines) + "\n", shape)
    assert all(other == first for other in others)


def test_near_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compiled differs from what is not in the last digits alone."""
    for text in (*PROGRAMS[:8], *[f"({loss},)" for loss in LOSSES]):
        found = []
        for on in (False, True):
            monkeypatch.setattr(kernels.settings, "on", on)
            made = session((300, 500), False)
            made.evaluate("x = a * 2 + 1")
            found.append([t.array.astype("f8") for t in made.evaluate(text)])
        for one, other in zip(*found):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
