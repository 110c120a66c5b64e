"""What linear algebra shares: checks and parts of matrices, their type, LAPACK's routines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, SingularError
from tcalc.runtime.arrays import backend, lapack
from tcalc.runtime.arrays.blas import load_scipys
from tcalc.runtime.arrays.copies import room_by_columns
from tcalc.runtime.base.op import Array
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import kernel
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.codes import COMPLEXES, EXACT, PLAIN_INEXACT
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

export("torch.linalg.LinAlgError", value=SingularError, home="builtins")


def must_be_matrix(array: Array, name: str, argument: str = "A") -> None:
    """Refuse what has fewer than two dims."""
    if array.ndim < 2:
        raise ShapeError(
            f"{name}: The input tensor {argument} must have at least 2 dimensions.",
            argument=argument,
        )


def must_be_square(array: Array, name: str, argument: str = "A") -> None:
    """Refuse what is no square matrix and no stack of them."""
    must_be_matrix(array, name, argument)
    rows, columns = array.shape[-2:]
    if rows != columns:
        raise ShapeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by "
            f"{columns} matrices",
            argument=argument,
        )


def inexact(*arrays: Array) -> Any:
    """The arrays in their common floating or complex type (integers as the default dtype)."""
    first = arrays[0]
    if first.dtype.char in PLAIN_INEXACT:
        if len(arrays) == 1:
            return first
        if all(a.dtype is first.dtype for a in arrays):
            return arrays
    t = dtypes.of(first.dtype)
    for a in arrays[1:]:
        t = promotion.promote(t, dtypes.of(a.dtype))
    if t.category < dtypes.FLOATING:
        t = dtypes.default.value
    if t.is_half:
        t = dtypes.float32
    cast = [a.astype(t.numpy, copy=False) for a in arrays]
    return cast[0] if len(cast) == 1 else cast


def as_inexact(tensor: Tensor) -> Tensor:
    """A tensor of integers as the default dtype, any other as it is."""
    return tensor if tensor._a.dtype.char not in EXACT else tensor.to(dtypes.default.value)


def of_batch(number: int, count: int) -> str:
    """What says which matrix of a stack an error is about; nothing of one alone."""
    return f"(Batch element {number}): " if count else ""


def singular(name: str, number: int, count: int, what: str) -> SingularError:
    """The error that matrix `number` of a stack of `count` (0: one matrix) cannot be used."""
    return SingularError(f"{name}: {of_batch(number, count)}{what}", argument="A")


def first_failure(info: Array) -> tuple[int, int]:
    """Which matrix of a stack LAPACK refused first, and what it said."""
    flat = info.reshape(-1)
    number = int(flat.nonzero()[0][0])
    return number, int(flat[number])


def decompositions(xp: ModuleType) -> Any:
    """Where the functions of `numpy.linalg` are for an array module."""
    return lapack if xp is np else xp.linalg


def routine_of(xp: ModuleType, routine: str, array: Array) -> Array:
    """LAPACK's or BLAS's own routine for the array's type."""
    scipys = load_scipys()
    of = scipys.blas.get_blas_funcs if routine == "trsm" else scipys.lapack.get_lapack_funcs
    found = of((routine,), dtype=array.dtype)[0]

    # Of what stands for an array SciPy makes none before it writes there.
    def called(*values: Any, **how: Any) -> Any:
        return found(*[np.asarray(v) if hasattr(v, "ndim") else v for v in values], **how)

    return backend.of_module(xp).adopt(called)


def each(array: Array) -> Array:
    """The matrices of a stack, one after another."""
    return array.reshape(numel(array.shape[:-2]), *array.shape[-2:])


def each_row(array: Array) -> Array:
    """The rows of a stack, one after another. Of empty ones NumPy cannot tell how many there are."""
    return array.reshape(numel(array.shape[:-1]), array.shape[-1])


def factored(xp: ModuleType, array: Array) -> tuple[Array, Array, Array]:
    """LU factors in one matrix, pivots (from 1) and info (0, or the first zero on U's diagonal)."""
    getrf = routine_of(xp, "getrf", array)
    *stack, m, n = array.shape
    lu = room_by_columns(xp, array.shape, array.dtype)
    pivots = xp.empty((*stack, min(m, n)), xp.int32)
    info = xp.zeros(stack, xp.int32)
    flat_lu, flat_pivots, flat_info = each(lu), each_row(pivots), info.reshape(-1)
    if min(m, n):
        with lapack.fitting_threads(array):
            for i, matrix in enumerate(each(array)):
                flat_lu[i], flat_pivots[i], flat_info[i] = getrf(matrix)
        pivots += 1
    return lu, pivots, info


def adjoint_array(array: Array) -> Array:
    """The conjugate transpose of each matrix."""
    turned = array.swapaxes(-2, -1)
    return turned.conj() if array.dtype.char in COMPLEXES else turned


@kernel(name="identity_like", names=(), differentiable=False)
def identity_like(xp: ModuleType, input: Array) -> Array:
    """The identity matrix, of a matrix's shape and dtype, for each matrix of a stack."""
    n = input.shape[-1]
    result = xp.zeros(input.shape, input.dtype)
    result.reshape(numel(result.shape[:-2]), n * n)[:, :: n + 1] = 1
    return result


@kernel(name="triangle", names=(), samples=lambda: [
    (([[1.0, 2.0], [3.0, 4.0]], True), {}), (([[1.0, 2.0], [3.0, 4.0]], False, 1), {}),
])  # fmt: skip
def triangle(xp: ModuleType, input: Array, lower: bool, offset: int = 0) -> Array:
    """The lower or upper triangle of each matrix from a diagonal on, zeros elsewhere."""
    return xp.tril(input, offset) if lower else xp.triu(input, offset)


triangle.vjp(input=lambda g, lower, offset: triangle(g, lower, offset))


@kernel(name="diagonal_of", names=(),
        samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]],), {})])  # fmt: skip
def diagonal_of(xp: ModuleType, input: Array) -> Array:
    """The diagonal of each square matrix."""
    return xp.diagonal(input, 0, -2, -1)


@kernel(name="diagonal_matrix", names=(),
        samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]],), {})])  # fmt: skip
def diagonal_matrix(xp: ModuleType, input: Array) -> Array:
    """The square matrices with the input's last dim as their diagonals."""
    n = input.shape[-1]
    result = xp.zeros((*input.shape, n), input.dtype)
    result.reshape(numel(result.shape[:-2]), n * n)[:, :: n + 1] = each_row(input)
    return result


diagonal_of.vjp(input=lambda g: diagonal_matrix(g))
diagonal_matrix.vjp(input=lambda g: diagonal_of(g))


# -- batches ----------------------------------------------------------------------------------

identity_like.batch = triangle.batch = diagonal_of.batch = diagonal_matrix.batch = leading
