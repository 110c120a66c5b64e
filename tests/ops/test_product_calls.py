"""Calls of products in machine code give what NumPy gives without them, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcalc.runtime.arrays.products import stack_sum, sums_stacks
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import productcalls, shortcuts
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.ops.linalg.einsum import einsum
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.skipif(not library.is_there(), reason="nothing is installed")

SIZES = (1, 2, 3, 4, 7, 16, 33, 100, 128)
STACKS = [(2, 3, 4, 5), (5, 1, 2, 3), (32, 64, 64, 64), (40, 33, 65, 17), (3, 200, 200, 9), (2000, 4, 4, 4),
          (16, 64, 64, 64), (600, 2, 2, 2), (2, 300, 300, 300)]  # fmt: skip
_rng = np.random.default_rng(0)


def _array(*shape: int) -> np.ndarray:
    return _rng.standard_normal(shape).astype(np.float32)


def _forms(*shape: int) -> list[np.ndarray]:
    """Arrays of a shape that lie in memory in several ways."""
    found = [_array(*shape)]
    if len(shape) == 2:
        found += [_array(*shape[::-1]).T, _array(shape[0], shape[1] + 1)[:, :-1]]
        found += [_array(shape[1], shape[0] + 3)[:, 2:-1].T, _array(*shape)[::-1]]
    return found


def _alike(name: str, *arrays: np.ndarray | None) -> None:
    """Open and closed short paths give the same."""
    function = lookup(name)
    path = shortcuts.path_of(
        function
    )  # alone: closing thousands of others takes longer than the call
    assert path is not None and "CALL" in path.scope
    given = [t if t is None else wrap(t) for t in arrays]

    def found() -> Any:
        out = function(*given)._a
        return out.dtype, out.strides, np.array(out)

    while getattr(path.scope["CALL"], "__name__", "") == "stand_in":  # until machine code is found
        found()
    ours = found()
    path.close()
    try:
        other = found()
    finally:
        path.reopen()
    assert ours[:2] == other[:2]
    assert ours[2].tobytes() == other[2].tobytes()


def _taken(name: str, *arrays: np.ndarray | None) -> bool:
    """Whether machine code takes a call on."""
    made = productcalls.call(lookup(name).__op__)
    return made(*[t if t is None else wrap(t) for t in arrays]) is not None


@pytest.mark.parametrize("k", SIZES)
def test_products_of_vectors_and_matrices(k: int) -> None:
    for n in SIZES:
        for a in _forms(n, k):
            _alike("torch.mv", a, _array(k))
            _alike("torch.matmul", a, _array(k))
            for m in (1, 2, 5, 64):
                for b in _forms(k, m):
                    _alike("torch.mm", a, b)
                    _alike("torch.addmm", _array(n, m), a, b)
                    _alike("torch.addmm", _array(m), a, b)
                    _alike("torch.nn.functional.linear", a, b.T, _array(m))
                _alike("torch.nn.functional.linear", _array(2, n, k), _array(m, k), None)
                _alike("torch.matmul", _array(k), _array(k, m))
        _alike("torch.outer", _array(n), _array(k))
    _alike("torch.dot", _array(k), _array(k))


@pytest.mark.parametrize("sizes", STACKS)
def test_products_of_stacks(sizes: Sequence[int]) -> None:
    count, m, k, n = sizes
    for name in ("torch.bmm", "torch.matmul"):
        _alike(name, _array(count, m, k), _array(count, k, n))


@pytest.mark.parametrize(
    "shape", [(2048, 2048), (1000, 700), (129, 5000), (3, 200000), (257, 4096)]
)
def test_large_matrices_times_vectors(shape: tuple[int, int]) -> None:
    _alike("torch.mv", _array(*shape), _array(shape[1]))


@pytest.mark.parametrize("shape", [(4, 4), (20, 30), (100, 7), (128, 128)])
def test_a_matrix_times_its_transpose(shape: tuple[int, int]) -> None:
    a = _array(*shape)
    for b in (a, a.T):
        _alike("torch.mm", b, b.T)
        _alike("torch.nn.functional.linear", b, b)
        assert _taken("torch.mm", b, b.T)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 100, 128, 129, 1000, 5000])
def test_traces(n: int) -> None:
    for a in (*_forms(n, 3), *_forms(n, n + 1)):
        _alike("torch.trace", a)
    _alike("torch.trace", np.full((n, n), -0.0, np.float32))


def test_which_calls_are_taken_on() -> None:
    a, v, s = _array(8, 8), _array(8), _array(3, 8, 8)
    for name, arrays in {
        "torch.mm": (a, a.T.copy()), "torch.mv": (a.T, v), "torch.dot": (v, v), "torch.bmm": (s, s),
        "torch.matmul": (v, a), "torch.outer": (v, v), "torch.addmm": (v, a, a.copy()),
        "torch.nn.functional.linear": (s, a, v),
    }.items():  # fmt: skip
        assert _taken(name, *arrays), name
    for name, arrays in {
        "torch.mm": (a, v), "torch.mv": (a, a), "torch.dot": (v, v[:-1]), "torch.bmm": (s, s[:2]),
        "torch.matmul": (a, s), "torch.outer": (v, a), "torch.addmm": (v[:3], a, a.copy()),
        "torch.nn.functional.linear": (s, a, v[:-1]),
    }.items():  # fmt: skip
        assert not _taken(name, *arrays), name
    assert _taken("torch.mm", a[:4, :5], a[:5, 2:].T[:, :5].T)
    for array in (a.astype(float), a[:, ::-1], a[::2, ::2], a[:, ::2].T):
        assert not _taken("torch.mm", a, array)


def test_nodes_of_products() -> None:
    a, v = wrap(_array(4, 4)).requires_grad_(), wrap(_array(4))
    functions = {
        "mm": (a, a), "mv": (a, v), "addmm": (v, a, a), "matmul": (a, v), "nn.functional.linear": (v, a),
        "outer": (a[0], v),
    }  # fmt: skip
    for name, given in functions.items():
        function = lookup(f"torch.{name}")
        seen = {type(function(*given).grad_fn).__name__ for _ in range(2 * shortcuts.FEW)}
        assert len(seen) == 1 and seen != {"NoneType"}, name


@pytest.mark.parametrize(
    "sizes", [(32, 64, 64, 64), (40, 33, 65, 60), (19, 100, 30, 80), (300, 20, 60, 20)]
)
def test_sums_of_products_of_stacks(sizes: Sequence[int]) -> None:
    count, m, k, n = sizes
    a, b = _array(count, m, k), _array(count, k, n)
    assert sums_stacks(a.shape, n)
    found = []
    for _ in range(2 * shortcuts.FEW):
        found.append(np.array(einsum("bij,bjk->ik", wrap(a), wrap(b))._a))
    assert len({array.tobytes() for array in found}) == 1
    assert found[0].tobytes() == stack_sum(a, b).tobytes()
    kept = wrap(a).requires_grad_()
    assert np.array(einsum("bij,bjk->ik", kept, wrap(b))._a).tobytes() == found[0].tobytes()
    exact = np.einsum("bij,bjk->ik", a.astype(float), b.astype(float))
    np.testing.assert_allclose(found[0], exact, atol=1e-3)


def test_three_stacks() -> None:
    a, b, c = _array(32, 40, 50), _array(32, 50, 60), _array(32, 60, 30)
    exact = np.einsum("bij,bjk,bkl->il", *[t.astype(float) for t in (a, b, c)])
    found = [np.array(einsum("bij,bjk,bkl->il", *map(wrap, (a, b, c)))._a) for _ in range(20)]
    assert len({array.tobytes() for array in found}) == 1
    np.testing.assert_allclose(found[0], exact, rtol=1e-3, atol=1e-2)
