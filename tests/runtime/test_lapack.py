"""LAPACK on stacks: in the precision given, in threads or not, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.errors import SingularError
from tcalc.runtime.arrays import lapack
from tcalc.session import Session

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "inv": lapack.inv,
    "solve": lambda a: lapack.solve(a, a[..., :2]),
    "det": lapack.det,
    "slogdet": lapack.slogdet,
    "cholesky": lapack.cholesky,
    "eigh": lapack.eigh,
    "eigvalsh": lapack.eigvalsh,
    "eig": lapack.eig,
    "eigvals": lapack.eigvals,
    "svd": lapack.svd,
    "thin svd": lambda a: lapack.svd(a, full_matrices=False),
    "singular values": lambda a: lapack.svd(a, compute_uv=False),
    "qr": lambda a: lapack.qr(a, "reduced"),
    "complete qr": lambda a: lapack.qr(a[..., :3], "complete"),
    "reflectors": lambda a: lapack.qr(a, "raw"),
}


def _definite(*shape: int) -> Any:
    a = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return a @ a.swapaxes(-2, -1) + np.eye(shape[-1], dtype=np.float32)


def _all(found: Any) -> list[Any]:
    return list(found) if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_stacks_in_threads_are_one_by_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a = _definite(3, 4, 6, 6)
    single = _all(FUNCTIONS[name](a))
    monkeypatch.setattr(lapack, "_SHARED", 1)
    for whole, part in zip(_all(FUNCTIONS[name](a)), single, strict=True):
        np.testing.assert_array_equal(whole, part)
        assert whole.dtype == part.dtype
    for i, j in ((0, 0), (2, 3)):
        for whole, part in zip(single, _all(FUNCTIONS[name](a[i, j])), strict=True):
            np.testing.assert_allclose(whole[i, j], part, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_stays(name: str) -> None:
    for t, kinds in ((np.float32, "fF"), (np.float64, "dD"), (np.complex64, "fF")):
        assert {
            found.dtype.char for found in _all(FUNCTIONS[name](_definite(40, 40).astype(t)))
        } <= set(kinds)


def test_the_matrix_that_is_refused_is_named() -> None:
    session = Session()
    session.evaluate("x = eye(3).repeat(5, 1, 1)")
    session.evaluate("x[3] = 1.")
    with pytest.raises(SingularError, match=r"Batch element 3\)"):
        session.evaluate("linalg.inv(x)")
    with pytest.raises(SingularError, match=r"Batch element 3\)"):
        session.evaluate("linalg.solve(x, x)")
    with pytest.raises(SingularError, match=r"Batch element 2\)"):
        session.evaluate("linalg.cholesky(x - 2 * (arange(5) == 2)[:, None, None])")


def test_nan_is_a_value_to_what_takes_it() -> None:
    session = Session()
    session.evaluate("x = eye(3)")
    session.evaluate("x[0, 0] = nan")
    assert session.evaluate("linalg.inv(x)[0].isnan().all()")
    assert session.evaluate("linalg.inv(x)[1, 1]") == 1
    with pytest.raises(SingularError, match="non-finite"):
        session.evaluate("linalg.svd(x)")


@pytest.mark.parametrize("mode", ["reduced", "complete", "r", "raw"])
@pytest.mark.parametrize("shape", [(70, 70), (90, 64), (64, 90), (3, 64, 64), (2, 2, 80, 60)])
@pytest.mark.parametrize("char", "fF")
def test_qr_in_single_precision(char: str, shape: tuple[int, ...], mode: Any) -> None:
    generator = np.random.default_rng(0)
    a = generator.normal(size=shape) + 1j * generator.normal(size=shape) * (char == "F")
    a = (a if char == "F" else a.real).astype(char)
    found, wanted = _all(lapack.qr(a, mode)), np.linalg.qr(a, mode)
    for got, want in zip(found, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
        assert got.shape == want.shape and got.dtype == char
        if mode != "complete":  # whose last columns are any that are orthonormal
            np.testing.assert_allclose(got, want, atol=1e-4)
    if mode in ("reduced", "complete"):
        np.testing.assert_allclose(found[0] @ found[1], a, atol=1e-4)
        np.testing.assert_allclose(
            found[0].swapaxes(-2, -1).conj() @ found[0],
            np.broadcast_to(np.eye(found[0].shape[-1]), (*shape[:-2], *[found[0].shape[-1]] * 2)),
            atol=1e-5,
        )
