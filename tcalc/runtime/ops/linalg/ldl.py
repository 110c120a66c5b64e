"""Factors of symmetric and Hermitian matrices that need not be positive: LDL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DtypeError, ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.arrays.copies import room_by_columns
from tcalc.runtime.arrays.lapack import fitting_threads
from tcalc.runtime.base.op import SINGLE, SOME, Array
from tcalc.runtime.call.batching import Batch, leading
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.linalg.matrices import (
    each,
    each_row,
    first_failure,
    must_be_square,
    of_batch,
    routine_of,
)
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import COMPLEXES, INTEGERS, PLAIN_INEXACT
from tcalc.runtime.types.shapes import broadcast, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_SYMMETRIC = [[2.0, 0.5, -1.0], [0.5, 0.0, 3.0], [-1.0, 3.0, 1.0]]


def _routine(xp: ModuleType, name: str, array: Array, hermitian: bool) -> Array:
    """LAPACK's routine for symmetric matrices, or for Hermitian ones."""
    kind = "he" if hermitian and array.dtype.char in COMPLEXES else "sy"
    return routine_of(xp, f"{kind}{name}", array)


def _factored(xp: ModuleType, A: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """The factors in one matrix, the pivots, and for each matrix 0 or where D has a zero."""
    must_be_square(A, "torch.linalg.ldl_factor_ex")
    if A.dtype.char not in PLAIN_INEXACT:
        raise UnsupportedDtype(
            "torch.linalg.ldl_factor_ex: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.of(A.dtype).shorthand}",
            hint="convert it with .float()",
        )
    *stack, n, _ = A.shape
    packed = room_by_columns(xp, A.shape, A.dtype)
    packed[...] = 0
    pivots = xp.empty((*stack, n), xp.int32)
    info = xp.zeros(stack, xp.int32)
    if n:
        factor = _routine(xp, "trf", A, hermitian)
        room = int(_routine(xp, "trf_lwork", A, hermitian)(n, lower=1)[0].real)
        flat_packed, flat_pivots, flat_info = each(packed), each_row(pivots), info.reshape(-1)
        with fitting_threads(A):
            for i, matrix in enumerate(each(A)):
                found, flat_pivots[i], flat_info[i] = factor(matrix, lower=1, lwork=room)
                flat_packed[i] = xp.tril(found)
    return packed, pivots, info


def _zero_inside(name: str, info: Array) -> StateError:
    number, at = first_failure(info)
    batch = of_batch(number, info.ndim)
    return StateError(
        f"{name}: {batch}D[{at},{at}] is zero and using it on ldl_solve would result in a division "
        "by zero",
        argument="A", hint="linalg.ldl_factor_ex gives the factors all the same",
    )  # fmt: skip


@kernel(
    long=SOME, differentiable=False, upcast_halves=False,
    name="linalg_ldl_factor", names=("torch.linalg.ldl_factor",), keywords={"input": "A"},
    returns=("LD", "pivots"), samples=lambda: [((_SYMMETRIC,), {})],
)  # fmt: skip
def ldl_factor(xp: ModuleType, A: Array, *, hermitian: bool = False) -> tuple[Array, Array]:
    """The factors `A = L @ D @ L.mT` of a symmetric matrix in one, and LAPACK's pivots.

    A: (*, n, n), of which the lower triangle is read. L is a lower triangle with ones (which are
    not kept), D has blocks of 1x1 and 2x2: negative pivots, the same for two rows, mark the latter.
    hermitian: for complex matrices `A = L @ D @ L.mH`. A zero in D is an error.

    >>> linalg.ldl_factor(tensor([[2., 1.], [1., 3.]]))
    torch.return_types.linalg_ldl_factor(
    LD=tensor([[2.0000, 0.0000],
            [0.5000, 2.5000]]),
    pivots=tensor([1, 2], dtype=torch.int32))
    """
    packed, pivots, info = _factored(xp, A, hermitian)
    if info.any():
        raise _zero_inside("torch.linalg.ldl_factor", info)
    return packed, pivots


@kernel(
    long=SOME, differentiable=False, upcast_halves=False,
    name="linalg_ldl_factor_ex", names=("torch.linalg.ldl_factor_ex",), keywords={"input": "A"},
    returns=("LD", "pivots", "info"), samples=lambda: [((_SYMMETRIC,), {})],
)  # fmt: skip
def ldl_factor_ex(
    xp: ModuleType, A: Array, *, hermitian: bool = False, check_errors: bool = False
) -> tuple[Array, Array, Array]:
    """`linalg.ldl_factor`, and for each matrix 0 or the place of the first zero in D.

    >>> linalg.ldl_factor_ex(zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    packed, pivots, info = _factored(xp, A, hermitian)
    if check_errors and info.any():
        raise _zero_inside("torch.linalg.ldl_factor_ex", info)
    return packed, pivots, info


@kernel(
    long=SOME, differentiable=False, upcast_halves=False,
    name="linalg_ldl_solve", names=("torch.linalg.ldl_solve",),
    samples=lambda: [(([[2.0, 0.0], [0.5, 2.5]], [1, 2], [[1.0], [2.0]]), {})],
)  # fmt: skip
def ldl_solve(
    xp: ModuleType, LD: Array, pivots: Array, B: Array, *, hermitian: bool = False
) -> Array:
    """The X with `A @ X = B`, from what `linalg.ldl_factor` gives of A.

    LD: (*, n, n), pivots: (*, n), B: (*, n, k) → (*, n, k). hermitian: as it was for the factors.

    >>> linalg.ldl_solve(*linalg.ldl_factor(tensor([[2., 1.], [1., 3.]])), tensor([[3.], [4.]]))
    tensor([[1.],
            [1.]])
    """
    _check_factors(LD, pivots, B)
    _check_blocks(xp, pivots)
    n = LD.shape[-1]
    stack = broadcast(LD.shape[:-2], B.shape[:-2])
    LD = xp.broadcast_to(LD, (*stack, n, n))
    pivots = xp.broadcast_to(pivots, (*stack, n)).astype(xp.int32, copy=False)
    B = xp.broadcast_to(B, (*stack, *B.shape[-2:]))
    result = room_by_columns(xp, B.shape, B.dtype)
    # LAPACK would go by pivots that are not known: shapes are made up without it.
    if result.size and has_contents(pivots):
        solve = _routine(xp, "trs", LD, hermitian)
        with fitting_threads(LD):
            for matrix, order, b, found in zip(each(LD), each_row(pivots), each(B), each(result)):
                found[...] = solve(matrix, order, b, lower=1)[0]
    return result


def _check_blocks(xp: ModuleType, pivots: Array) -> None:
    """Refuse pivots that LAPACK would leave the matrix by: rows it has not, half a block."""
    rows = abs(pivots)
    paired = pivots < 0
    last = paired.copy()  # of a run of negative ones
    last[..., :-1] &= ~paired[..., 1:]
    odd = last & (xp.cumsum(paired, -1) % 2 == 1)
    if ((rows < 1) | (rows > pivots.shape[-1]) | odd).any():
        raise StateError(
            "torch.linalg.ldl_solve: Expected pivots to be those of linalg.ldl_factor: rows from 1 on, "
            "negative ones in pairs",
            argument="pivots",
        )


def _check_factors(LD: Array, pivots: Array, B: Array) -> None:
    name = "torch.linalg.ldl_solve"
    must_be_square(LD, name)
    wrap_dim(-2, B.ndim)
    n = LD.shape[-1]
    if B.shape[-2] != n:
        raise ShapeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix is "
            f"{B.shape[-2]} by {B.shape[-1]}",
            clash=((LD.shape, LD.ndim - 1), (B.shape, B.ndim - 2)),
        )
    if pivots.shape != LD.shape[:-1]:
        raise ShapeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with "
            f"shape {list(pivots.shape)} instead",
            argument="pivots",
        )
    if pivots.dtype.char not in INTEGERS:
        raise DtypeError(
            f"{name}: Expected pivots to be integers. Got {dtypes.of(pivots.dtype).shorthand}",
            argument="pivots",
        )
    if B.dtype != LD.dtype:
        raise DtypeError(
            "Expected b and A to have the same dtype, but found b of type "
            f"{dtypes.of(B.dtype).shorthand} and A of type {dtypes.of(LD.dtype).shorthand} instead.",
            argument="B",
        )
    if LD.dtype.char not in PLAIN_INEXACT:
        raise UnsupportedDtype(
            f"{name}: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.of(LD.dtype).shorthand}"
        )


# -- batches ----------------------------------------------------------------------------------

ldl_factor.batch = ldl_factor_ex.batch = leading


def _solved_examples(batch: Batch) -> Tensor:
    """Right sides broadcast from the right, as the factors do."""
    rank = max(batch.rank(0), batch.rank(2))
    given = dict(zip(("LD", "pivots"), batch.values))
    if batch.has("LD") or batch.has("pivots"):
        whole = Batch(batch.op, batch.size, [batch.whole(0), batch.whole(1)], (True, True))
        given = {"LD": whole.aligned(0, rank), "pivots": whole.aligned(1, rank - 1)}
    found: Tensor = batch.call(**given, B=batch.aligned(2, rank))
    return found


ldl_solve.batch = _solved_examples

for _op in (ldl_factor, ldl_factor_ex, ldl_solve):
    _op.autocast = SINGLE
