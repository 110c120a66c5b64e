"""Products, decompositions and transforms: what the recorded answers cannot hold them to."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.ops.linalg.chains import cheapest_order
from tcalc.runtime.ops.linalg.einsum import _Search
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

RNG = np.random.default_rng(7)


def leaf(array: Any) -> Tensor:
    made = wrap(np.array(array))
    made._require_grad(True)
    return made


def slope(function: Callable[[Tensor], Tensor], at: np.ndarray, along: np.ndarray) -> float:
    """The derivative of a real function in a direction, by central differences."""
    step = 1e-6
    above, below = function(wrap(at + step * along)), function(wrap(at - step * along))
    return float((above.array - below.array) / (2 * step))


def check_slope(function: Callable[[Tensor], Tensor], at: np.ndarray, along: np.ndarray) -> None:
    x = leaf(at)
    (gradient,) = lookup("torch.autograd.grad")(function(x), x)
    found = float(np.sum((gradient.array * along.conj()).real))
    np.testing.assert_allclose(found, slope(function, at, along), rtol=1e-5, atol=1e-7)


def positive(n: int, complex_: bool) -> np.ndarray:
    a = RNG.standard_normal((n, n)) + (1j * RNG.standard_normal((n, n)) if complex_ else 0)
    return a @ a.conj().T + np.eye(n)


def symmetric(n: int, complex_: bool) -> np.ndarray:
    a = RNG.standard_normal((n, n)) + (1j * RNG.standard_normal((n, n)) if complex_ else 0)
    return a + a.conj().T


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("upper", [False, True], ids=["lower", "upper"])
def test_cholesky_gradient(complex_: bool, upper: bool) -> None:
    at, along = positive(3, complex_), symmetric(3, complex_)
    weights = wrap(RNG.standard_normal((3, 3)))

    def function(a: Tensor) -> Tensor:
        factor = lookup("torch.linalg.cholesky")(a, upper=upper)
        return (factor.abs().square() * weights).sum()

    check_slope(function, at, along)


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
def test_eigh_gradient(complex_: bool) -> None:
    at, along = positive(3, complex_), symmetric(3, complex_)
    weights = wrap(RNG.standard_normal((3, 3)))

    def function(a: Tensor) -> Tensor:
        values, vectors = lookup("torch.linalg.eigh")(a)
        return (vectors.abs().square() * weights).sum() + (values**3 * weights[0]).sum()

    check_slope(function, at, along)


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_svd_gradient(complex_: bool, shape: tuple[int, int]) -> None:
    """Of what does not depend on the vectors' signs or phases."""
    m, n = shape
    k = min(shape)
    at, along = (
        RNG.standard_normal(shape) + (1j * RNG.standard_normal(shape) if complex_ else 0)
        for _ in range(2)
    )
    left, right = wrap(RNG.standard_normal((m, k))), wrap(RNG.standard_normal((k, n)))

    def function(a: Tensor) -> Tensor:
        u, s, vh = lookup("torch.linalg.svd")(a, full_matrices=False)
        outer = lookup("torch.matmul")(u * s.log(), vh)
        return (
            (u.abs().square() * left).sum()
            + (vh.abs().square() * right).sum()
            + outer.abs().square().sum() * 0.1
            + (outer * 1.5).real.sum()
        )

    check_slope(function, at, along)


def test_eig_gradient() -> None:
    at, along = RNG.standard_normal((3, 3)), RNG.standard_normal((3, 3))
    weights = wrap(RNG.standard_normal((3, 3)))

    def function(a: Tensor) -> Tensor:
        values, vectors = lookup("torch.linalg.eig")(a)
        return (vectors.abs().square() * weights).sum() + values.abs().sum()

    check_slope(function, at, along)


def test_gradient_of_repeated_singular_values_is_finite_where_only_values_are_used() -> None:
    x = leaf(np.eye(3))
    total = lookup("torch.linalg.svdvals")(x).sum()
    (gradient,) = lookup("torch.autograd.grad")(total, x)
    np.testing.assert_allclose(gradient.array, np.eye(3))


@pytest.mark.parametrize("n", [1, 2, 4, 9])
def test_determinant_of_singular_matrices_has_its_gradient(n: int) -> None:
    """PyTorch gives 0 there; the derivative is the matrix of cofactors."""
    a = RNG.standard_normal((n, n))
    a[-1] = a[0] * 2 if n > 1 else 0
    x = leaf(a)
    (gradient,) = lookup("torch.autograd.grad")(lookup("torch.linalg.det")(x), x)
    cofactors = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(a, i, 0), j, 1)
            cofactors[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    np.testing.assert_allclose(gradient.array, cofactors, atol=1e-8)


def random_equation() -> tuple[str, list[np.ndarray]]:
    letters = "abcde"
    sizes = {c: random.randint(1, 3) for c in letters}
    terms = [
        "".join(random.sample(letters, random.randint(0, 4))) for _ in range(random.randint(1, 5))
    ]
    every = sorted(set("".join(terms)))
    output = "".join(random.sample(every, random.randint(0, len(every))))
    arrays = [
        RNG.standard_normal([1 if random.random() < 0.1 else sizes[c] for c in t]) for t in terms
    ]
    return ",".join(terms) + "->" + output, arrays


def test_einsum_agrees_with_numpy() -> None:
    random.seed(3)
    einsum = lookup("torch.einsum")
    for _ in range(150):
        equation, arrays = random_equation()
        expected = np.einsum(equation, *arrays)
        tensors = [leaf(a) for a in arrays]
        found = einsum(equation, *tensors)
        np.testing.assert_allclose(found.array, expected, rtol=1e-9, atol=1e-9, err_msg=equation)
        total = (found * found).sum()
        directions = [RNG.standard_normal(a.shape) for a in arrays]
        gradients = lookup("torch.autograd.grad")(total, tensors)
        step = 1e-6
        above, below = (
            np.sum(np.einsum(equation, *[a + s * d for a, d in zip(arrays, directions)]) ** 2)
            for s in (step, -step)
        )
        slope = sum(float((g.array * d).sum()) for g, d in zip(gradients, directions))
        np.testing.assert_allclose(slope, (above - below) / (2 * step), rtol=1e-4, atol=1e-5)


def test_einsum_takes_the_cheapest_order() -> None:
    sizes = {"a": 100, "b": 2, "c": 100, "d": 2}
    search = _Search(("ab", "bc", "cd"), "ad", sizes)
    assert search.best() == (0, (1, 2))
    many = _Search(tuple("ab bc cd de ef fg gh".split()), "ah", dict.fromkeys("abcdefgh", 3))
    assert sorted(
        str(many.next_best()).strip("()").replace("(", "").replace(")", "").split(", ")
    ) == [str(i) for i in range(7)]


def test_einsum_errors_name_letter_and_operand() -> None:
    einsum = lookup("torch.einsum")
    a, b = wrap(np.ones((2, 3))), wrap(np.ones((2, 4)))
    with pytest.raises(
        ShapeError,
        match=r"subscript j has size 2 for operand 1 .* dimension 1 of operand 0, of shape \[2, 3\]",
    ):
        einsum("ij,jk->ik", a, b)
    with pytest.raises(StateError, match="output subscript z does not appear") as caught:
        einsum("ij->z", a)
    assert caught.value.hint == "the operands have i, j"


def test_hints_of_products_fit() -> None:
    a, b = wrap(np.ones((2, 3))), wrap(np.ones((4, 3)))
    with pytest.raises(ShapeError, match=r"\(2x3 and 4x3\)") as caught:
        lookup("torch.matmul")(a, b)
    assert caught.value.hint == "it fits with .T on the second: (2x3) @ (3x4)"
    with pytest.raises(ShapeError) as caught:
        lookup("torch.matmul")(a, wrap(np.ones((5, 7))))
    assert caught.value.hint is None


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
@pytest.mark.parametrize("high", [5, 2**62])
def test_products_of_integers_are_exact(dtype: Any, high: int) -> None:
    """By way of floats where they hold every sum, and modulo the type's range everywhere."""
    info = np.iinfo(dtype)
    low, high = max(info.min, -high), min(info.max, high)
    a = RNG.integers(low, high, (40, 30), dtype=dtype, endpoint=True)
    b = RNG.integers(low, high, (30, 50), dtype=dtype, endpoint=True)
    exact = (a.astype(object) @ b.astype(object)) % (2 ** (8 * a.itemsize))
    found = lookup("torch.matmul")(wrap(a), wrap(b)).array
    assert found.dtype == dtype
    assert ((found.astype(object) % (2 ** (8 * a.itemsize))) == exact).all()


def test_cheapest_order_of_a_chain() -> None:
    split = cheapest_order([10, 1, 10, 1, 10])
    assert split[0][3] in (0, 2)
    assert cheapest_order([30, 35, 15, 5, 10, 20, 25])[0][5] == 2


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (2, 3, 3)])
def test_factors_give_the_matrix_back(shape: tuple[int, ...]) -> None:
    a = wrap(RNG.standard_normal(shape))
    matmul = lookup("torch.matmul")
    q, r = lookup("torch.linalg.qr")(a)
    np.testing.assert_allclose(matmul(q, r).array, a.array, atol=1e-12)
    p, lower, upper = lookup("torch.linalg.lu")(a)
    np.testing.assert_allclose(matmul(p, matmul(lower, upper)).array, a.array, atol=1e-12)
    u, s, vh = lookup("torch.linalg.svd")(a, full_matrices=False)
    np.testing.assert_allclose(matmul(u * s.unsqueeze(-2), vh).array, a.array, atol=1e-12)


def test_half_spectra_come_back() -> None:
    for shape in [(5,), (6,), (3, 4), (2, 3, 5)]:
        a = RNG.standard_normal(shape)
        spectrum = lookup("torch.fft.rfftn")(wrap(a))
        back = lookup("torch.fft.irfftn")(spectrum, s=shape)
        np.testing.assert_allclose(back.array, a, atol=1e-12)
        np.testing.assert_allclose(
            lookup("torch.fft.hfftn")(wrap(a)).array,
            lookup("torch.fft.irfftn")(wrap(a).conj(), norm="forward").array,
            atol=1e-12,
        )


def test_the_last_two_dimensions_swapped() -> None:
    session = Session()
    session.evaluate("x = (arange(24) * (1 + 2j)).reshape(2, 3, 4)")
    x = session.variables["x"].array
    for text, want in (
        ("x.mT", x.swapaxes(-1, -2)), ("x.mH.resolve_conj()", x.swapaxes(-1, -2).conj()),
        ("x[0].H.resolve_conj()", x[0].T.conj()), ("x[0].T", x[0].T), ("x.adjoint().resolve_conj()", x.swapaxes(-1, -2).conj()),
    ):  # fmt: skip
        np.testing.assert_array_equal(session.evaluate(text).array, want)
