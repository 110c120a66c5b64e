"""Factors of matrices: LU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.op import SINGLE, SOME, Array
from tcalc.runtime.base.targets import ANY
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, conjugate, matmul
from tcalc.runtime.ops.linalg.matrices import (
    each,
    each_row,
    factored,
    first_failure,
    identity_like,
    inexact,
    must_be_matrix,
    of_batch,
    triangle,
)
from tcalc.runtime.ops.linalg.solvers import solve_triangular
from tcalc.runtime.ops.shape.joining import cat

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_PIVOTS = [2, 2]
_TALL = [[1.0, 2.0], [0.5, -1.0], [0.3, 2.0]]
_WIDE = [[1.0, 2.0, 0.5], [-2.0, 0.3, 2.0]]


def _samples() -> list[tuple[object, ...]]:
    return [((a,), {}) for a in (_SQUARE, _TALL, _WIDE, [_SQUARE, _SQUARE])]


def _must_pivot(pivot: bool, name: str) -> None:
    if not pivot:
        raise StateError(f"{name}: LU without pivoting is not implemented on the CPU",
                         argument="pivot")  # fmt: skip


def _swapped(xp: ModuleType, pivots: Array, rows: int) -> Array:
    """The order of rows that swapping them one after another leads to."""
    order = xp.empty((*pivots.shape[:-1], rows), xp.int64)
    order[...] = xp.arange(rows)
    flat = each_row(order)
    every = xp.arange(len(flat))
    for i, others in enumerate(each_row(pivots).T - 1):
        kept = flat[every, others].copy()
        flat[every, others] = flat[:, i]
        flat[:, i] = kept
    return order


@kernel(name="permutation", names=(), differentiable=False)
def permutation(xp: ModuleType, input: Array, pivots: Array) -> Array:
    """The matrix P of `A = P @ L @ U`, of A's type, from the pivots."""
    rows = input.shape[-2]
    order = _swapped(xp, pivots, rows)
    result = xp.zeros((*order.shape, rows), input.dtype)
    flat = each(result)
    flat[xp.arange(len(flat))[:, None], each_row(order), xp.arange(rows)] = 1
    return result


def _unpacked(xp: ModuleType, lu: Array) -> tuple[Array, Array]:
    m, n = lu.shape[-2:]
    k = min(m, n)
    lower = xp.tril(lu[..., :k], -1)
    places = xp.arange(k)
    lower[..., places, places] = 1
    return lower, xp.triu(lu[..., :k, :])


def _back(g_l: Tensor, g_u: Tensor, p: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
    """The gradient by A of something of the factors of `A = P @ L @ U`."""
    m, n = lower._a.shape[-2], upper._a.shape[-1]
    k = min(m, n)
    l_square, u_square = lower[..., :k, :], upper[..., :k]
    left = matmul(adjoint(l_square), g_l[..., :k, :])
    right = matmul(g_u[..., :k], adjoint(u_square))
    if n > k:
        # U's other columns come from L.
        left = left - matmul(g_u[..., k:], adjoint(upper[..., k:]))
    if m > k:
        right = right - matmul(adjoint(lower[..., k:, :]), g_l[..., k:, :])
    middle = triangle(left, True, -1) + triangle(right, False)
    turned = solve_triangular(adjoint(l_square), middle, upper=True, unitriangular=True)
    found = solve_triangular(adjoint(u_square), turned, upper=False, left=False)
    if n > k:
        others = solve_triangular(adjoint(l_square), g_u[..., k:], upper=True, unitriangular=True)
        found = cat([found, others], -1)
    if m > k:
        below = solve_triangular(adjoint(u_square), g_l[..., k:, :], upper=False, left=False)
        found = cat([found, below], -2)
    return matmul(p, found)


@kernel(
    long=SOME,
    name="linalg_lu", names=(), returns=("P", "L", "U"),
    node_name="LinalgLuBackward0", samples=_samples,
)  # fmt: skip
def _lu(xp: ModuleType, A: Array) -> tuple[Array, Array, Array]:
    """The factors, all three as outputs of one op."""
    must_be_matrix(A, "linalg.lu")
    packed, pivots, _ = factored(xp, inexact(A))
    return permutation.kernel(xp, packed, pivots), *_unpacked(xp, packed)


_lu.vjp(A=lambda g, out: _back(g[1], g[2], *out))


@composite(names=("torch.linalg.lu",), keywords={"input": "A"}, samples=_samples)
def lu(A: Tensor, *, pivot: bool = True) -> NamedResult:
    """The factors `A = P @ L @ U`: a permutation, a lower triangle with ones, an upper triangle.

    A: (*, m, n) → P: (*, m, m), L: (*, m, k), U: (*, k, n) with k = min(m, n).

    >>> linalg.lu(tensor([[1., 2.], [2., 2.]])).U
    tensor([[2., 2.],
            [0., 1.]])
    """
    _must_pivot(pivot, "linalg.lu_factor")
    found = _lu(A)
    return type(found)((found[0].detach(), *found[1:]))


def _packed_back(g: Tensor, packed: Tensor, pivots: Tensor) -> Tensor:
    m, n = packed._a.shape[-2:]
    k = min(m, n)
    lower = triangle(packed[..., :k], True, -1)
    lower = cat([lower[..., :k, :] + identity_like(lower[..., :k, :]), lower[..., k:, :]], -2)
    upper = triangle(packed[..., :k, :], False)
    g_l, g_u = triangle(g[..., :k], True, -1), triangle(g[..., :k, :], False)
    return _back(g_l, g_u, permutation(packed, pivots), lower, upper)


@kernel(
    long=SOME,
    name="linalg_lu_factor", names=("torch.linalg.lu_factor",), keywords={"input": "A"},
    returns=("LU", "pivots"), node_name="LinalgLuFactorExBackward0", samples=_samples,
)  # fmt: skip
def lu_factor(xp: ModuleType, A: Array, *, pivot: bool = True) -> tuple[Array, Array]:
    """The LU factors in one matrix, and with what row each row was swapped, counted from 1.

    A: (*, m, n). A zero on U's diagonal is an error.

    >>> linalg.lu_factor(tensor([[1., 2.], [2., 2.]]))
    torch.return_types.linalg_lu_factor(
    LU=tensor([[2.0000, 2.0000],
            [0.5000, 1.0000]]),
    pivots=tensor([2, 2], dtype=torch.int32))
    """
    packed, pivots, info = _factor_kernel(xp, A, pivot)
    if info.any():
        raise _zero_on_diagonal("torch.linalg.lu_factor", info)
    return packed, pivots


def _factor_kernel(xp: ModuleType, A: Array, pivot: bool) -> Array:
    _must_pivot(pivot, "linalg.lu_factor")
    must_be_matrix(A, "torch.lu_factor")
    return factored(xp, inexact(A))


def _zero_on_diagonal(name: str, info: Array) -> StateError:
    number, at = first_failure(info)
    batch = of_batch(number, info.ndim)
    return StateError(
        f"{name}: {batch}U[{at},{at}] is zero and using it on lu_solve would result in a division "
        "by zero. If you still want to perform the factorization, consider calling "
        "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
        argument="A",
    )


lu_factor.vjp(A=lambda g, out: _packed_back(g[0], out[0], out[1]))


@kernel(
    long=SOME,
    name="linalg_lu_factor_ex", names=("torch.linalg.lu_factor_ex",), keywords={"input": "A"},
    returns=("LU", "pivots", "info"), node_name="LinalgLuFactorExBackward0", samples=_samples,
)  # fmt: skip
def lu_factor_ex(
    xp: ModuleType, A: Array, *, pivot: bool = True, check_errors: bool = False
) -> tuple[Array, Array, Array]:
    """`linalg.lu_factor`, and for each matrix 0 or the place of the first zero on U's diagonal.

    >>> linalg.lu_factor_ex(zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    packed, pivots, info = _factor_kernel(xp, A, pivot)
    if check_errors and info.any():
        raise _zero_on_diagonal("torch.linalg.lu_factor_ex", info)
    return packed, pivots, info


lu_factor_ex.vjp(A=lambda g, out: _packed_back(g[0], out[0], out[1]))


@composite(name="lu", names=("torch.lu", "Tensor.lu"), keywords={"A": "input"}, samples=_samples)
def torch_lu(input: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """The LU factors in one matrix and the pivots, with get_infos also whether they are usable.

    >>> lu(tensor([[1., 2.], [2., 2.]]))[1]
    tensor([2, 2], dtype=torch.int32)
    """
    found = lu_factor_ex(input, pivot=pivot)
    return tuple(found) if get_infos else tuple(found[:2])


torch_lu.outs = ANY


_Unpacked = named_result("lu_unpack", ("P", "L", "U"))


@composite(
    names=("torch.lu_unpack",),
    keywords={"input": "LU_data"},
    samples=lambda: [((_SQUARE, _PIVOTS), {})],
)
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> NamedResult:
    """The factors P, L and U from what `linalg.lu_factor` gives.

    >>> lu_unpack(*linalg.lu_factor(tensor([[1., 2.], [2., 2.]]))).L
    tensor([[1.0000, 0.0000],
            [0.5000, 1.0000]])
    """
    nothing = LU_data.new_empty(0)
    p = permutation(LU_data, LU_pivots) if unpack_pivots else nothing
    if not unpack_data:
        return _Unpacked((p, nothing, nothing.clone()))
    k = min(LU_data._a.shape[-2:])
    lower = triangle(LU_data[..., :k], True, -1)
    top = lower[..., :k, :] + identity_like(lower[..., :k, :])
    if LU_data._a.shape[-2] > k:
        top = cat([top, lower[..., k:, :]], -2)
    return _Unpacked((p, top, triangle(LU_data[..., :k, :], False)))


@composite(
    names=("torch.linalg.lu_solve",), keywords={"input": "B"},
    samples=lambda: [((_SQUARE, _PIVOTS, _TALL[:2]), {"adjoint": a}) for a in (False, True)],
)  # fmt: skip
def linalg_lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """The X with `A @ X = B` (with left=False, `X @ A = B`) from A's LU factors.

    adjoint: with A's conjugate transpose in place of A.

    >>> linalg.lu_solve(*linalg.lu_factor(tensor([[2., 0.], [0., 4.]])), ones(2, 1))
    tensor([[0.5000],
            [0.2500]])
    """
    a, b = LU._a.shape, B._a.shape
    if len(a) < 2 or a[-1] != a[-2]:
        raise ShapeError("linalg.lu_solve: LU must be batches of square matrices", argument="LU")
    if len(b) < 2 or b[-2 if left else -1] != a[-1]:
        raise ShapeError(
            f"linalg.lu_solve: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({list(a)} and {list(b)})"
        )
    if not left:
        # X A = B is A^T X^T = B^T.
        found = _from_factors(LU, pivots, B.transpose(-2, -1), adjoint, True)
        return found.transpose(-2, -1)
    return _from_factors(LU, pivots, B, adjoint, False)


def _from_factors(
    packed: Tensor, pivots: Tensor, b: Tensor, adjoined: bool, turned: bool
) -> Tensor:
    """The solution for A, its adjoint, its transpose (`turned`), or its conjugate (both)."""
    if adjoined and turned:  # the conjugate of A
        return conjugate(_from_factors(packed, pivots, conjugate(b), False, False))
    p = permutation(packed, pivots)
    if not adjoined and not turned:
        y = solve_triangular(packed, matmul(p.transpose(-2, -1), b), upper=False,
                             unitriangular=True)  # fmt: skip
        return solve_triangular(packed, y, upper=True)
    flipped = adjoint(packed) if adjoined else packed.transpose(-2, -1)
    y = solve_triangular(flipped, b, upper=False)
    return matmul(p, solve_triangular(flipped, y, upper=True, unitriangular=True))


@composite(keywords={"b": "input"}, samples=lambda: [((_TALL[:2], _SQUARE, _PIVOTS), {})])
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """The X with `A @ X = input`, from A's LU factors (the older form of linalg.lu_solve).

    >>> lu_solve(ones(2, 1), *linalg.lu_factor(tensor([[2., 0.], [0., 4.]])))
    tensor([[0.5000],
            [0.2500]])
    """
    return linalg_lu_solve(LU_data, LU_pivots, input)


# -- batches ----------------------------------------------------------------------------------

permutation.batch = _lu.batch = lu_factor.batch = lu_factor_ex.batch = leading

lu_solve.autocast = SINGLE
