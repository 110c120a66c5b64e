"""Factors of matrices: QR and Cholesky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import AutogradError, DtypeError, ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.copies import by_columns, room_by_columns
from tcalc.runtime.arrays.lapack import fitting_threads
from tcalc.runtime.base.op import SINGLE, SOME, Array, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.create.ranges import eye
from tcalc.runtime.ops.linalg.matmul import adjoint, conjugate, either, matmul, times
from tcalc.runtime.ops.linalg.matrices import (
    adjoint_array,
    decompositions,
    each,
    first_failure,
    identity_like,
    inexact,
    must_be_matrix,
    must_be_square,
    routine_of,
    singular,
    triangle,
)
from tcalc.runtime.ops.linalg.solvers import OF_FACTOR, factor_back, solve_triangular
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.types.codes import PLAIN_INEXACT

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_TALL = [[1.0, 2.0], [0.5, -1.0], [0.3, 2.0]]
_WIDE = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_LOWER = [[2.0, 0.0], [0.7, 1.5]]
_MODES = ("reduced", "complete", "r")


# -- QR ---------------------------------------------------------------------------------------


_identity_like, _triangle, _solve = map(either, (identity_like, triangle, solve_triangular))


def _half_diagonal(t: Tensor | Array) -> Tensor | Array:
    """The matrix with its diagonal halved."""
    return t * (1 - 0.5 * _identity_like(t))


def _tall_qr_back(
    g_q: Tensor | Array, g_r: Tensor | Array, q: Tensor | Array, r: Tensor | Array
) -> Tensor | Array:
    """The gradient where R is square."""
    rising = times(matmul, g_r, adjoint(r)) - times(matmul, adjoint(q), g_q)
    rising = _triangle(rising, lower=False)
    whole = g_q + times(matmul, q, _half_diagonal(rising + adjoint(rising)))
    return _solve(adjoint(r), whole, upper=False, left=False)


@on_arrays
def _qr_back(
    g: tuple[Tensor | Array, ...], out: tuple[Tensor | Array, ...], mode: str
) -> Tensor | Array:
    g_q, g_r = g
    q, r = out
    if mode == "r":
        raise AutogradError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please "
            "use linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        )
    rows, columns = q.shape[-2], r.shape[-1]
    if mode == "complete" and rows > columns:
        raise AutogradError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
        )
    if rows >= columns:
        return _tall_qr_back(g_q, g_r, q, r)
    # The columns right of the square part are Q times R's.
    square, rest = r[..., :rows], r[..., rows:]
    g_square, g_rest = g_r[..., :rows], g_r[..., rows:]
    g_q = g_q + times(matmul, times(matmul, q, rest), adjoint(g_rest))
    left, right = _tall_qr_back(g_q, g_square, q, square), times(matmul, q, g_rest)
    return np.concatenate([left, right], -1) if type(q) is np.ndarray else cat([left, right], -1)


def _qr_kernel(xp: ModuleType, A: Array, mode: str) -> tuple[Array, Array]:
    must_be_matrix(A, "linalg.qr")
    if mode not in _MODES:
        raise StateError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'",
            argument="mode",
        )
    array = inexact(A)
    if mode == "r":
        return xp.zeros(0, array.dtype), decompositions(xp).qr(array, mode)
    q, r = (by_columns(xp, factor) for factor in decompositions(xp).qr(array, mode))
    return q, r


@kernel(
    long=SOME,
    name="linalg_qr", names=("torch.linalg.qr",), keywords={"input": "A"}, returns=("Q", "R"),
    node_name="LinalgQrBackward0", samples=lambda: [((_TALL,), {}), ((_WIDE,), {})],
)  # fmt: skip
def qr(xp: ModuleType, A: Array, mode: str = "reduced") -> tuple[Array, Array]:
    """The factors `A = Q @ R`: Q with orthonormal columns, R an upper triangle.

    A: (*, m, n). mode: "reduced" (Q: (*, m, k), R: (*, k, n) with k = min(m, n)), "complete"
    (Q: (*, m, m), R: (*, m, n)) or "r" (Q is empty).

    >>> linalg.qr(tensor([[3., 1.], [0., 2.]])).R.abs()
    tensor([[3., 1.],
            [0., 2.]])
    """
    return _qr_kernel(xp, A, mode)


qr.vjp(A=_qr_back)


@kernel(
    long=SOME,
    name="qr", names=("torch.qr", "Tensor.qr"), returns=("Q", "R"),
    node_name="LinalgQrBackward0", samples=lambda: [((_TALL,), {}), ((_WIDE,), {})],
)  # fmt: skip
def torch_qr(xp: ModuleType, input: Array, some: bool = True) -> tuple[Array, Array]:
    """The factors `input = Q @ R`; without `some`, Q is square.

    >>> qr(tensor([[3., 1.], [0., 2.]])).R.abs()
    tensor([[3., 1.],
            [0., 2.]])
    """
    return _qr_kernel(xp, input, "reduced" if some else "complete")


torch_qr.vjp(
    input=on_arrays(lambda g, out, some: _qr_back(g, out, "reduced" if some else "complete")),
)


@kernel(returns=("a", "tau"), differentiable=False, long=SOME)
def geqrf(xp: ModuleType, input: Array) -> tuple[Array, Array]:
    """QR as LAPACK leaves it: R in and above the diagonal of `a`, reflectors below, and `tau`.

    >>> geqrf(tensor([[2., 0.], [0., 3.]])).tau
    tensor([0., 0.])
    """
    must_be_matrix(input, "torch.geqrf")
    turned, tau = decompositions(xp).qr(inexact(input), "raw")
    return by_columns(xp, turned.swapaxes(-2, -1)), tau


@composite(
    names=("torch.linalg.householder_product", "torch.orgqr", "Tensor.orgqr"),
    keywords={"input": "A", "input2": "tau"},
    samples=lambda: [((_TALL, [0.4, 1.2]), {})],
)  # fmt: skip
def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of the reflectors that `geqrf` gives.

    A: (*, m, n) with m >= n, tau: (*, k) → (*, m, n).

    >>> linalg.householder_product(*geqrf(tensor([[2.], [0.]])))
    tensor([[1.],
            [0.]])
    """
    must_be_matrix(A._a, "torch.linalg.householder_product")
    m, n = A._a.shape[-2:]
    if m < n:
        raise StateError(
            "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to "
            "input.shape[-1]"
        )
    k = tau._a.shape[-1]
    if n < k:
        raise StateError(
            "torch.linalg.householder_product: input.shape[-1] must be greater than or equal to "
            "tau.shape[-1]"
        )
    product: Any = _unit(m, A)[:, :n].expand(A._a.shape)
    for reflector, scale in reversed(_reflectors(A, tau)):
        product = product - scale * matmul(reflector, matmul(adjoint(reflector), product))
    return product


def _unit(n: int, like: Tensor) -> Tensor:
    return eye(n, dtype=like.dtype, device=like.device)


def _reflectors(A: Tensor, tau: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The reflectors `I - scale * v @ v.mH` that `geqrf` gives: v, a column, and its scale."""
    unit = _unit(A._a.shape[-2], A)
    below = triangle(A, True, -1)
    return [
        ((below[..., i] + unit[i]).unsqueeze(-1), tau[..., i, None, None])
        for i in range(tau._a.shape[-1])
    ]


def _check_reflectors(input: Tensor, tau: Tensor, other: Tensor, left: bool) -> None:
    for what, t in (("input", input), ("other", other)):
        if t._d.ndim < 2:
            raise ShapeError(f"torch.ormqr: {what} must have at least 2 dimensions.", argument=what)
    shape, beside, places = input._d.shape, other._d.shape, tau._d.shape
    side = -2 if left else -1
    if places and places[-1] > shape[-1]:
        raise ShapeError(
            "torch.ormqr: tau.shape[-1] must be less than or equal to input.shape[-1]",
            argument="tau",
        )
    if not places or places[-1] != min(beside[side], shape[-1]):
        raise ShapeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])",
            argument="tau",
        )
    if beside[side] != shape[-2]:
        raise ShapeError(
            f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]",
            clash=((beside, len(beside) + side), (shape, len(shape) - 2)),
        )
    if len(places) != len(shape) - 1:
        raise ShapeError(
            "torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {len(places)} and input.ndim is equal to {len(shape)}",
            argument="tau",
        )
    if len(beside) != len(shape):
        raise ShapeError(
            "torch.ormqr: Expected other to have the same number of dimensions as input, but got "
            f"other.ndim equal to {len(beside)} and input.ndim is equal to {len(shape)}",
            argument="other",
        )
    for what, stack in (("tau", places[:-1]), ("other", beside[:-2])):
        if stack != shape[:-2]:
            raise ShapeError(
                f"torch.ormqr: Expected batch dimensions of {what} to be equal to input.shape[:-2], "
                f"but got {list(stack)}",
                argument=what,
            )
    for what, t in (("tau", tau), ("other", other)):
        if t.dtype is not input.dtype:
            raise DtypeError(
                f"torch.ormqr: Expected input and {what} to have the same dtype, but input has dtype"
                f"{input.dtype.shorthand} and {what} has dtype {t.dtype.shorthand}",
                argument=what,
            )
    if input._d.dtype.char not in PLAIN_INEXACT:
        raise UnsupportedDtype(f"\"ormqr_cpu\" not implemented for '{input.dtype.shorthand}'")


@composite(samples=lambda: [
    ((_TALL, [0.4, 1.2], _TALL), {}), ((_TALL, [0.4, 1.2], _TALL), {"transpose": True}),
    ((_TALL, [0.4, 1.2], _WIDE), {"left": False}),
])  # fmt: skip
def ormqr(
    input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """A matrix times the Q of the reflectors that `geqrf` gives, which is never made.

    input: (*, m, k), tau: (*, min(m, k)), other: (*, m, n) → Q @ other; without `left`
    (*, n, m) → other @ Q. transpose: times Q's conjugate transpose.

    >>> ormqr(*geqrf(tensor([[0., 2.], [3., 0.]])), tensor([[3., 0.], [0., 2.]])).abs()
    tensor([[0., 2.],
            [3., 0.]])
    """
    _check_reflectors(input, tau, other, left)
    parts = _reflectors(input, tau)
    for reflector, scale in reversed(parts) if left is not transpose else parts:
        turned = adjoint(reflector)
        by = conjugate(scale) if transpose else scale
        if left:
            other = other - by * matmul(reflector, matmul(turned, other))
        else:
            other = other - by * matmul(matmul(other, reflector), turned)
    return other


# -- Cholesky ---------------------------------------------------------------------------------


def _not_positive(name: str, info: Array) -> Exception:
    number, minor = first_failure(info)
    return singular(
        name, number, info.ndim,
        "The factorization could not be completed because the input is not positive-definite (the "
        f"leading minor of order {minor} is not positive-definite).",
    )  # fmt: skip


def _cholesky(xp: ModuleType, name: str, A: Array, upper: bool) -> tuple[Array, Array | None]:
    """The factor, and for each matrix 0 or the order of the minor that is not positive; None where
    all are."""
    must_be_square(A, name)
    array = inexact(A)
    read = adjoint_array(array) if upper else array  # the lower triangle is what is read
    info = None
    try:
        lower = decompositions(xp).cholesky(read)
    except ValueError:
        potrf = routine_of(xp, "potrf", read)
        lower = room_by_columns(xp, array.shape, array.dtype)
        info = xp.zeros(array.shape[:-2], xp.int32)
        flat, codes = each(lower), info.reshape(-1)
        with fitting_threads(array):
            for i, matrix in enumerate(each(read)):
                flat[i], codes[i] = potrf(matrix, lower=1, clean=1)
    return by_columns(xp, adjoint_array(lower)) if upper else lower, info


@on_arrays
def _cholesky_back(g: Tensor | Array, factor: Tensor | Array, upper: bool) -> Tensor | Array:
    if upper:
        g, factor = adjoint(g), adjoint(factor)
    # As PyTorch has it: a diagonal that is not real keeps its imaginary part.
    falling = _triangle(times(matmul, adjoint(factor), g), lower=True)
    middle = (falling + adjoint(_triangle(falling, lower=True, offset=-1))) * 0.5
    left = _solve(adjoint(factor), middle, upper=True)
    return _solve(factor, left, upper=False, left=False)


@kernel(names=(), node_name="LinalgCholeskyExBackward0", long=SOME)
def _positive_factor(xp: ModuleType, A: Array, upper: bool) -> Array:
    """The factor; the gradient is that of a matrix that stays symmetric."""
    factor, info = _cholesky(xp, "linalg.cholesky", A, upper)
    if info is not None and info.any():
        raise _not_positive("linalg.cholesky", info)
    return factor


_positive_factor.vjp(A=on_arrays(lambda g, out, upper: _cholesky_back(g, out, upper)))


def _definite_samples() -> list[tuple[object, ...]]:
    given = [[[1.0, 2.0], [-0.5, 3.3]], [[1.0 + 0j, 2.0 + 1j], [0.5j, 3.3 + 0j]]]
    return [((a,), {"upper": upper}, lambda a: a @ a.mH) for a in given for upper in (False, True)]


@composite(names=("torch.linalg.cholesky",), keywords={"input": "A"}, samples=_definite_samples)
def cholesky(A: Tensor, upper: bool = False) -> Tensor:
    """The lower triangle L with `A = L @ L.mH`; with `upper`, U with `A = U.mH @ U`.

    A: (*, n, n), symmetric or Hermitian and positive definite: only one triangle is read. Any
    other is an error (LinAlgError).

    >>> linalg.cholesky(tensor([[4., 0.], [0., 9.]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    return _positive_factor(A, upper)


@composite(name="cholesky", samples=_definite_samples)
def torch_cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`linalg.cholesky` by its older name.

    >>> cholesky(tensor([[4., 0.], [0., 9.]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    return _positive_factor(input, upper)


@kernel(
    long=SOME,
    name="linalg_cholesky_ex", names=(), returns=("L", "info"),
    node_name="LinalgCholeskyExBackward0",
)  # fmt: skip
def _factor_and_info(
    xp: ModuleType, A: Array, upper: bool, check_errors: bool
) -> tuple[Array, Array]:
    factor, info = _cholesky(xp, "linalg.cholesky_ex", A, upper)
    if info is None:
        info = xp.zeros(factor.shape[:-2], xp.int32)
    elif check_errors and info.any():
        raise _not_positive("linalg.cholesky_ex", info)
    return factor, info


_factor_and_info.vjp(A=lambda g, out, upper: _cholesky_back(g[0], out[0], upper))


@composite(names=("torch.linalg.cholesky_ex",), keywords={"input": "A"}, samples=_definite_samples)
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> NamedResult:
    """The Cholesky factor, and for each matrix 0 or the order of the minor that is not positive.

    >>> linalg.cholesky_ex(-eye(2)).info
    tensor(1, dtype=torch.int32)
    """
    return _factor_and_info(A, upper, check_errors)


@kernel(long=SOME, keywords={"L": "input"}, exempt=OF_FACTOR, samples=lambda: [((_LOWER,), {})])
def cholesky_inverse(xp: ModuleType, input: Array, upper: bool = False) -> Array:
    """The inverse of A from its Cholesky factor.

    >>> cholesky_inverse(tensor([[2., 0.], [0., 1.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    """
    must_be_square(input, "cholesky_inverse")
    factor = adjoint_array(input) if upper else input
    identity = identity_like.kernel(xp, inexact(factor))
    inverse = solve_triangular.kernel(xp, factor, identity, upper=False)
    return by_columns(xp, xp.matmul(adjoint_array(inverse), inverse))


def _cholesky_inverse_back(g: Tensor, input: Tensor, out: Tensor, upper: bool) -> Tensor:
    return factor_back(matmul(out, matmul(g, out)), input, upper)


cholesky_inverse.vjp(input=_cholesky_inverse_back)


geqrf.outs = householder_product.outs = torch_cholesky.outs = cholesky_inverse.outs = CAST


# -- batches ----------------------------------------------------------------------------------

qr.batch = torch_qr.batch = geqrf.batch = _positive_factor.batch = _factor_and_info.batch = leading
cholesky_inverse.batch = leading

for _op in (
    qr,
    torch_qr,
    geqrf,
    householder_product,
    ormqr,
    cholesky,
    torch_cholesky,
    cholesky_ex,
    cholesky_inverse,
):
    _op.autocast = SINGLE
