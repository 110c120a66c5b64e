"""Calls of reductions in machine code give what Python gives without them, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import shortcuts
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not library.is_there(), reason="nothing is installed")

SHAPES = [
    (), (1,), (7,), (40,), (3000,), (70000,), (4, 4), (3, 1), (1, 5), (9, 33), (50, 40), (8, 300),
    (300, 8), (3000, 1), (64, 64), (128, 128), (5, 4000), (20000, 1), (1, 20000), (2000, 12), (3, 4, 5),
    (2, 30, 3), (16, 33, 40), (16, 200, 8), (0, 3), (600, 500), (70000, 5),
]  # fmt: skip
FLOATS = ["sum", "mean", "amax", "amin", "argmax", "argmin", "prod", "logsumexp", "softmax", "log_softmax",
          "cumsum", "cumprod", "std", "var", "norm", "max", "min", "count_nonzero", "any", "all", "nansum",
          "sort", "argsort", "median"]  # fmt: skip
# What takes no `keepdim`; and what needs a dimension.
PLAIN = ("softmax", "log_softmax", "cumsum", "cumprod", "count_nonzero", "sort", "argsort")
NEEDY = ("softmax", "log_softmax", "cumsum", "cumprod", "logsumexp")
# What is over several dimensions at once, too.
SEVERAL = ("sum", "mean", "amax", "amin", "norm", "var", "std", "any", "count_nonzero")


def _arrays(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(len(shape))
    x = rng.standard_normal(shape).astype(np.float32)
    yield x
    if x.size < 5000:
        special = np.array([0, 1, -1, np.inf, -np.inf, np.nan], np.float32)
        yield np.where(rng.random(shape) < 0.2, special[rng.integers(0, 6, shape)], x)
        yield np.where(rng.random(shape) < 0.5, np.float32(-0.0), x)
        yield rng.integers(-2, 3, shape)
        yield rng.random(shape) < 0.3


def _run(name: str, array: np.ndarray, options: dict[str, object]) -> Any:
    try:
        found = lookup(f"torch.{'linalg.vector_norm' if name == 'norm' else name}")(
            wrap(array), **options
        )
    except Exception as error:
        return type(error), str(error)
    several = found if isinstance(found, tuple) else (found,)
    return type(found), [np.asarray(t._a) for t in several]


def _same(ours: Any, other: Any, name: str) -> None:
    assert ours[0] is other[0]
    if isinstance(ours[1], str):
        assert ours == other
        return
    for a, b in zip(ours[1], other[1], strict=True):
        assert (a.dtype, a.shape, _steps(a)) == (b.dtype, b.shape, _steps(b))
        if name in ("amax", "amin", "max", "min", "median"):  # of equal zeros either
            a, b = a + 0, b + 0
        known = a == a
        assert (known == (b == b)).all()
        assert a[known].tobytes() == b[known].tobytes()


def _steps(array: np.ndarray) -> list[int]:
    return [step for step, n in zip(array.strides, array.shape) if n > 1]


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.filterwarnings("ignore")
@np.errstate(all="ignore")
def test_calls_give_the_same(name: str) -> None:
    """Of every shape, along every dimension, of floats with special ones among them, integers and bools."""
    orders = ("sort", "argsort", "median", "cumprod", "std", "var", "logsumexp")
    for shape in [s for s in SHAPES if name not in orders or np.prod(s) < 50000]:
        for array in _arrays(shape):
            dims: list[Any] = [None, *range(-1, len(shape))]
            if len(shape) > 1 and name in SEVERAL:
                dims += [(0, 1), (-2, -1), (1, 0)]
            for dim in dims:
                for keepdim in (False, True):
                    options: dict[str, object] = {} if dim is None else {"dim": dim}
                    if keepdim and (name in PLAIN or dim is None):
                        continue
                    if dim is None and name in NEEDY:
                        continue
                    if keepdim:
                        options["keepdim"] = True
                    ours = _run(name, array, options)
                    shortcuts.close()
                    try:
                        other = _run(name, array, options)
                    finally:
                        shortcuts.reopen()
                    try:
                        _same(ours, other, name)
                    except AssertionError as error:
                        raise AssertionError(f"{array.dtype} {shape} {options}: {error}") from None


def _pair(name: str, array: np.ndarray, **options: object) -> tuple[Any, Any]:
    ours = _run(name, array, options)
    shortcuts.close()
    try:
        return ours, _run(name, array, options)
    finally:
        shortcuts.reopen()


@pytest.mark.parametrize("shape", [(7,), (64,), (9, 33), (3, 4, 5), (5, 200), (600, 500)])
@pytest.mark.filterwarnings("ignore")
def test_orders_find_the_same(shape: tuple[int, ...]) -> None:
    """Of equal elements, too, and where nan is among them."""
    for array in _arrays(shape):
        for dim in range(len(shape)):
            for k in (0, 1, 2, shape[dim] // 2, shape[dim], shape[dim] + 1):
                for name, options in (
                    ("topk", {}), ("topk", {"largest": False}), ("kthvalue", {}),
                    ("kthvalue", {"keepdim": True}),
                ):  # fmt: skip
                    ours, other = _pair(name, array, k=k, dim=dim, **options)
                    if isinstance(ours[1], list):  # of equal zeros either; indices lie in order
                        ours, other = [
                            (r[0], [np.ascontiguousarray(a) + 0 for a in r[1]])
                            for r in (ours, other)
                        ]
                    _same(ours, other, name)
        for bins in (1, 7, 100):
            _same(*_pair("histc", array, bins=bins), "histc")
        _same(*_pair("unique", array), "unique")
        _same(*_pair("bincount", array.reshape(-1)), "bincount")


def test_whole_numbers_are_counted() -> None:
    """Where there are more numbers than elements, too."""
    for most in (3, 40, 4000):
        _same(*_pair("bincount", np.random.default_rng(1).integers(0, most, 100)), "bincount")


def test_results_are_in_the_graph() -> None:
    """With the node that Python makes; without where none is wanted."""
    x = lookup("torch.rand")(4, 5, requires_grad=True)
    assert x.sum().grad_fn is not None
    assert x.max(1).values.grad_fn is not None and x.argmax(1).grad_fn is None
    x.softmax(1).sum().backward()
    assert abs(x.grad).max().item() < 1e-6
    with lookup("torch.no_grad")():
        assert not x.sum(0).requires_grad
    assert not x.detach().mean().requires_grad


def test_a_range_that_is_no_wider_than_its_ends_is_left_to_python() -> None:
    """One above and one below a large number are that number."""
    for value in (1e10, 3e38):
        x = wrap(np.full(5, value, np.float32))
        for _ in range(shortcuts.FEW + 2):
            with pytest.raises(Exception, match="histc"):
                lookup("torch.histc")(x)


def test_whole_numbers_have_no_gradient() -> None:
    """A sum of another dtype is in the graph where that has gradients."""
    x = lookup("torch.rand")(4, 5, requires_grad=True)
    for name in ("sum", "prod", "cumsum"):
        for _ in range(shortcuts.FEW + 2):
            assert getattr(x, name)(0, dtype=lookup("torch.int64")).grad_fn is None
            assert getattr(x, name)(0, dtype=lookup("torch.float64")).grad_fn is not None


def test_medians_lie_in_order() -> None:
    """Without machine code, too."""
    x = lookup("torch.rand")(5, 7, 2)
    shortcuts.close()
    try:
        found = [x.median(0), x.nanmedian(0), x.mode(0)]
    finally:
        shortcuts.reopen()
    assert {part.stride() for both in (x.median(0), *found) for part in both} == {(2, 1)}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "float16"])
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_topk_lies_in_order(dtype: str, dim: int) -> None:
    x = (np.arange(120).reshape(5, 8, 3) * 7 % 31).astype(dtype)
    for found in _pair("topk", x, k=2, dim=dim):
        for array in found[1]:
            assert array.flags.c_contiguous, (dtype, dim)
