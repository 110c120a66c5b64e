"""The exponential of matrices, their norms and condition, Vandermonde matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ShapeError, StateError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.blas import load_scipys
from tcalc.runtime.arrays.lapack import fitting_threads
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, SOME, Array, DType, Ints, Scalar
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.inverses import inv_ex
from tcalc.runtime.ops.linalg.matmul import adjoint
from tcalc.runtime.ops.linalg.matrices import as_inexact, inexact, must_be_matrix, must_be_square
from tcalc.runtime.ops.linalg.singular_values import svdvals
from tcalc.runtime.ops.reduce.norms import vector_norm
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

INF = math.inf
_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_WIDE = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]


@kernel(
    long=SOME,
    names=("torch.linalg.matrix_exp", "torch.matrix_exp", "Tensor.matrix_exp"),
    keywords={"input": "A"}, node_name="LinalgMatrixExpBackward0",
    samples=lambda: [((_SQUARE,), {}), (([_SQUARE, [[0.1, 1.0], [2.0, -1.0]]],), {})],
)  # fmt: skip
def matrix_exp(xp: ModuleType, A: Array) -> Array:
    """The exponential of a square matrix, `I + A + A@A/2 + ...`, of each one of a stack.

    >>> linalg.matrix_exp(zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    must_be_square(A, "linalg.matrix_exp")
    array = inexact(A)
    expm = load_scipys().expm
    with fitting_threads(array):
        return backend.of_module(xp).adopt(expm)(array) if array.size else array.copy()


def _exp_back(g: Tensor, A: Tensor) -> Tensor:
    # The exponential of [[A, g], [0, A]] has the derivative at A in the direction g in its corner.
    turned = adjoint(A)
    n = A._a.shape[-1]
    top, bottom = cat([turned, g], -1), cat([turned._zeros(), turned], -1)
    return matrix_exp(cat([top, bottom], -2))[..., :n, n:]


matrix_exp.vjp(A=_exp_back)


# -- norms ------------------------------------------------------------------------------------


@composite(
    names=("torch.linalg.matrix_norm",), keywords={"input": "A"},
    samples=lambda: [((_WIDE, p), {}) for p in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)],
)  # fmt: skip
def matrix_norm(
    A: Tensor,
    ord: Scalar | str | None = "fro",
    dim: Ints | None = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """A norm of a matrix, of each one of a stack.

    ord: "fro" (the root of the sum of squares), "nuc" (the sum of singular values), 2 and -2 (the
    greatest and the least singular value), 1 and -1 (the greatest and least sum of a column's
    absolute values), inf and -inf (of a row's). dim: the rows' and the columns' dimension.

    >>> linalg.matrix_norm(tensor([[1., 2.], [3., 4.]]), 1)
    tensor(6.)
    """
    must_be_matrix(A._a, "linalg.matrix_norm")
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        error = StateError if isinstance(dim, (tuple, list)) else ArgumentError
        raise error(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}", argument="dim")
    ndim = A._a.ndim
    rows, columns = wrap_dim(dim[0], ndim), wrap_dim(dim[1], ndim)
    if rows == columns:
        raise StateError(
            f"linalg.matrix_norm: dims must be different. Got {tuple(dim)}", argument="dim"
        )
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype)
    if ord not in ("nuc", 1, -1, 2, -2, INF, -INF):
        raise StateError(f"linalg.matrix_norm: Order {ord} not supported.", argument="ord")
    A = as_inexact(A if dtype is None else A.to(dtype))
    if ord in ("nuc", 2, -2):
        values = svdvals(A.movedim((rows, columns), (-2, -1)))
        found = values.sum(-1) if isinstance(ord, str) else _extreme(values, ord > 0, -1, False)
        if keepdim:
            for d in sorted((rows, columns)):
                found = found.unsqueeze(d)
        return found
    assert not isinstance(ord, str)
    summed, looked = (rows, columns) if abs(ord) == 1 else (columns, rows)
    return _extreme(vector_norm(A, 1, summed, True), ord > 0, (summed, looked), keepdim)


def _extreme(values: Tensor, greatest: bool, dim: int | tuple[int, ...], keepdim: bool) -> Tensor:
    return values.amax(dim, keepdim) if greatest else values.amin(dim, keepdim)


@composite(
    names=("torch.linalg.norm",), keywords={"input": "A"},
    samples=lambda: [((_WIDE,), {}), ((_WIDE, 2), {}), ((_WIDE, 3, 1), {}), ((_WIDE[0], 1), {})],
)  # fmt: skip
def linalg_norm(
    A: Tensor,
    ord: Scalar | str | None = None,
    dim: Ints | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """A vector's norm, a matrix's, or that of all elements.

    Without `ord`, the root of the sum of all squares. With it, a vector's norm for one dimension,
    a matrix's for two (see `linalg.vector_norm` and `linalg.matrix_norm`). Integers give the
    default dtype.

    >>> linalg.norm(tensor([3., 4.]))
    tensor(5.)
    >>> linalg.norm(tensor([[3., 0.], [0., 4.]]), "nuc")
    tensor(7.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    ndim = A._a.ndim
    if dim is None:
        if ndim not in (1, 2):
            raise StateError(
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
                f"{ndim}D.",
                argument="dim",
            )
        dims: Any = (0, 1) if ndim == 2 or isinstance(ord, str) else (0,)
    else:
        dims = (dim,) if isinstance(dim, int) else tuple(dim)
        if len(dims) not in (1, 2):
            raise StateError(
                f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}",
                argument="dim",
            )
    if len(dims) == 2 or isinstance(ord, str):
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


@composite(
    names=("torch.linalg.cond",), keywords={"input": "A"},
    samples=lambda: [((_SQUARE, p), {}) for p in (None, 1, "fro", "nuc", -2, INF)],
)  # fmt: skip
def cond(A: Tensor, p: Scalar | str | None = None) -> Tensor:
    """The condition number of a matrix: a norm of it times the norm of its inverse.

    p: as `ord` of `linalg.matrix_norm`, 2 unless given (then any shape will do). inf for a
    singular matrix.

    >>> linalg.cond(tensor([[4., 0.], [0., 2.]]))
    tensor(2.)
    """
    must_be_matrix(A._a, "linalg.cond")
    if p not in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF):
        raise StateError(f"linalg.cond got an invalid norm type: {p}", argument="p")
    A = as_inexact(A)
    if p in (None, 2, -2):
        values = svdvals(A)
        large, small = values[..., 0], values[..., -1]
        return small / large if p == -2 else large / small
    must_be_square(A._a, f"linalg.cond(ord={p})")
    inverse, info = inv_ex(A)
    found = matrix_norm(A, p) * matrix_norm(inverse, p)
    if not anywhere(info):
        return found
    return found.masked_fill(info != 0, INF)


cond.outs = CAST


# -- Vandermonde matrices ---------------------------------------------------------------------


@composite(
    names=("torch.linalg.vander",), keywords={"input": "x"},
    samples=lambda: [(([1.0, -2.0, 0.5],), {}), (([1.0, -2.0, 0.5],), {"N": 4})],
)  # fmt: skip
def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers of each element in a row: x: (*, n) → (*, n, N), N is n unless given.

    >>> linalg.vander(tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    if not x._a.ndim:
        x = x.reshape(1)
    shape = x._a.shape
    count = shape[-1] if N is None else int(N)
    if N is not None and count <= 1:
        raise StateError("N must be greater than 1.", argument="N")
    if x._a.dtype.char in EXACT:
        x = x.long()
    one = x.new_ones((*shape, 1))
    if count < 2:
        return one
    memory.check(x._a.size * count * x.itemsize, "the powers")
    powers = x.unsqueeze(-1).expand(*shape, count - 1).cumprod(-1)
    return cat([one, powers], -1)


@composite(names=("torch.vander",), keywords={"input": "x"},
           samples=lambda: [(([1.0, -2.0, 0.5],), {})])  # fmt: skip
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element of a vector in a row, the highest first unless `increasing`.

    >>> vander(tensor([2, 3]), N=3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    if x._a.ndim != 1:
        raise ShapeError("x must be a one-dimensional tensor.", argument="x")
    count = x._a.shape[0] if N is None else int(N)
    if count < 0:
        raise StateError("N must be non-negative.", argument="N")
    if count < 2:
        return x.new_ones((x._a.shape[0], count))
    rising = linalg_vander(x, N=count)
    return rising if increasing else rising.flip(-1)


# -- batches ----------------------------------------------------------------------------------

matrix_exp.batch = leading

cond.autocast = SINGLE
