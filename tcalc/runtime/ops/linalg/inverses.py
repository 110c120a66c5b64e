"""Inverses and pseudo-inverses of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.runtime.arrays.copies import room_by_columns
from tcalc.runtime.base.op import SINGLE, SOME, Array, Data, Scalar, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, matmul, times
from tcalc.runtime.ops.linalg.matrices import (
    adjoint_array,
    decompositions,
    factored,
    first_failure,
    identity_like,
    inexact,
    must_be_matrix,
    must_be_square,
    singular,
)
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_STACK = [[[1.0, 2.0], [-0.5, 0.3]], [[2.0, 0.1], [1.0, 3.0]]]
_WIDE = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]


def _samples() -> list[tuple[object, ...]]:
    return [((_SQUARE,), {}), ((_STACK,), {})]


def _not_invertible(name: str, info: Array) -> Exception:
    number, diagonal = first_failure(info)
    return singular(
        name, number, info.ndim,
        f"The diagonal element {diagonal} is zero, the inversion could not be completed because "
        "the input matrix is singular.",
    )  # fmt: skip


@kernel(
    long=SOME,
    names=("torch.linalg.inv", "torch.inverse", "Tensor.inverse"), keywords={"input": "A"},
    node_name="LinalgInvExBackward0", samples=_samples,
)  # fmt: skip
def inv(xp: ModuleType, A: Array) -> Array:
    """The inverse of a square matrix, of each one of a stack.

    A: (*, n, n). Integers give the default dtype. A singular matrix is an error (LinAlgError).

    >>> linalg.inv(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    must_be_square(A, "linalg.inv")
    array = inexact(A)
    try:
        return decompositions(xp).inv(array)
    except ValueError:  # NumPy's LinAlgError: it does not say which matrix
        raise _not_invertible("linalg.inv", factored(xp, array)[2]) from None


@on_arrays
def _inv_back(g: Tensor | Array, out: Tensor | Array) -> Tensor | Array:
    turned = adjoint(out)
    return -times(matmul, turned, times(matmul, g, turned))


inv.vjp(A=_inv_back)


@kernel(
    long=SOME,
    name="linalg_inv_ex", names=("torch.linalg.inv_ex",), keywords={"input": "A"},
    returns=("inverse", "info"), node_name="LinalgInvExBackward0", samples=_samples,
)  # fmt: skip
def inv_ex(xp: ModuleType, A: Array, *, check_errors: bool = False) -> tuple[Array, Array]:
    """The inverse, and for each matrix 0 or the place of the zero that makes it singular.

    >>> linalg.inv_ex(tensor([[1., 2.], [2., 4.]])).info
    tensor(2, dtype=torch.int32)
    """
    must_be_square(A, "linalg.inv_ex")
    array = inexact(A)
    try:
        return decompositions(xp).inv(array), xp.zeros(array.shape[:-2], xp.int32)
    except ValueError:
        info = factored(xp, array)[2]
    if check_errors:
        raise _not_invertible("linalg.inv_ex", info)
    good = info == 0
    result = room_by_columns(xp, array.shape, array.dtype)
    result[...] = xp.inf
    result[good] = decompositions(xp).inv(array[good])
    return result, info


inv_ex.vjp(A=lambda g, out: _inv_back(g[0], out[0]))


def _threshold(xp: ModuleType, value: object) -> Array:
    """A tolerance, one for each matrix of a stack, as an array."""
    found = xp.asarray(getattr(value, "_a", value))
    return found[..., None] if found.ndim else found


def cut_off(xp: ModuleType, array: Array, largest: Array, atol: object, rtol: object) -> Array:
    """Below what a singular value counts as zero.

    largest: the greatest one of each matrix. Unless told otherwise, the greatest one times the
    type's precision times the larger size; an atol alone turns that off.
    """
    absolute: Any = 0.0 if atol is None else _threshold(xp, atol)
    if rtol is None:
        given = atol is not None and bool((absolute > 0).any())
        rtol = 0.0 if given else xp.finfo(array.dtype).eps * max(array.shape[-2:])
    return xp.maximum(absolute, _threshold(xp, rtol) * largest)


def pseudo_inverse(
    xp: ModuleType, array: Array, atol: object, rtol: object, hermitian: bool
) -> Array:
    """The pseudo-inverse of each matrix."""
    if not array.size:
        return xp.zeros((*array.shape[:-2], array.shape[-1], array.shape[-2]), array.dtype)
    if hermitian:
        values, vectors = decompositions(xp).eigh(array)
        u, vh = vectors, adjoint_array(vectors)
    else:
        u, values, vh = decompositions(xp).svd(array, full_matrices=False)
    size = xp.abs(values)
    small = size <= cut_off(xp, array, size.max(-1, keepdims=True), atol, rtol)
    inverse = xp.where(small, 0, 1 / xp.where(small, 1, values))
    return xp.matmul(adjoint_array(vh) * inverse[..., None, :], adjoint_array(u))


def _pinv_kernel(
    xp: ModuleType, name: str, A: Array, atol: object, rtol: object, hermitian: bool
) -> Array:
    if hermitian:
        must_be_square(A, "linalg.eigh")
    else:
        must_be_matrix(A, name)
    return pseudo_inverse(xp, inexact(A), atol, rtol, hermitian)


def pinv_back(g: Tensor, A: Tensor, out: Tensor) -> Tensor:
    """The gradient by a matrix of something of its pseudo-inverse `out`."""
    P, P_h, g_h = out, adjoint(out), adjoint(g)
    # Outside the spaces that A maps between; nothing is there for a square matrix of full rank.
    onto, back = matmul(A, P), matmul(P, A)
    left = matmul(identity_like(onto) - onto, matmul(g_h, matmul(P, P_h)))
    right = matmul(matmul(P_h, matmul(P, g_h)), identity_like(back) - back)
    return left + right - matmul(P_h, matmul(g, P_h))


@kernel(
    long=SOME,
    names=("torch.linalg.pinv",), keywords={"input": "A"}, node_name="LinalgPinvBackward0",
    samples=lambda: [((_WIDE,), {}), ((_STACK,), {})],
)  # fmt: skip
def pinv(
    xp: ModuleType, A: Array, rcond: Data | Scalar | None = None, *, atol: Data | Scalar | None = None, rtol: Data | Scalar | None = None,
    hermitian: bool = False,
) -> Array:  # fmt: skip
    """The pseudo-inverse (Moore-Penrose) of a matrix, of each one of a stack.

    A: (*, m, n) → (*, n, m). Singular values up to max(atol, rtol · the greatest) count as 0;
    rtol is max(m, n) times the type's precision unless it or atol is given. rcond is rtol's old
    name. hermitian: A is symmetric or Hermitian; only its lower triangle is read.

    >>> linalg.pinv(tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    return _pinv_kernel(xp, "linalg.pinv", A, atol, rcond if rtol is None else rtol, hermitian)


pinv.vjp(A=pinv_back)


@kernel(
    node_name="LinalgPinvBackward0", samples=lambda: [((_WIDE,), {}), ((_STACK,), {})], long=SOME
)
def pinverse(xp: ModuleType, input: Array, rcond: float = 1e-15) -> Array:
    """The pseudo-inverse; singular values up to rcond times the greatest count as 0.

    >>> pinverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _pinv_kernel(xp, "linalg.pinv", input, None, rcond, False)


pinverse.vjp(input=lambda g, input, out: pinv_back(g, input, out))


@composite(
    names=("torch.linalg.tensorinv",), keywords={"input": "A"},
    samples=lambda: [(([_SQUARE[0], _SQUARE[1]],), {"ind": 1})],
)  # fmt: skip
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse for `tensordot` over the first `ind` dimensions.

    >>> linalg.tensorinv(eye(4).reshape(2, 2, 4)).shape
    torch.Size([4, 2, 2])
    """
    shape = A._a.shape
    if ind <= 0:
        raise StateError(
            f"Expected a strictly positive integer for 'ind', but got {ind}", argument="ind"
        )
    rows, columns = numel(shape[:ind]), numel(shape[ind:])
    if rows != columns:
        raise StateError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}",
            argument="A",
        )
    made = inv(A.reshape(rows, columns))
    return made.reshape(*shape[ind:], *shape[:ind])


def rank_kernel(xp: ModuleType, A: Array, atol: object, rtol: object, hermitian: bool) -> Array:
    """How many singular values of each matrix count as more than 0."""
    if hermitian:
        must_be_square(A, "linalg.eigh")
    else:
        must_be_matrix(A, "torch.linalg.matrix_rank", "input")
    array = inexact(A)
    if not numel(array.shape[-2:]):
        return xp.zeros(array.shape[:-2], xp.int64)
    sizes = (
        xp.abs(decompositions(xp).eigvalsh(array))
        if hermitian
        else decompositions(xp).svd(array, compute_uv=False)
    )
    bound = cut_off(xp, array, sizes.max(-1, keepdims=True), atol, rtol)
    return xp.sum(sizes > bound, -1)


@kernel(
    long=SOME,
    names=("torch.linalg.matrix_rank",), keywords={"input": "A"}, differentiable=False,
)  # fmt: skip
def matrix_rank(
    xp: ModuleType, A: Array, tol: Data | Scalar | None = None, hermitian: bool = False, *, atol: Data | Scalar | None = None,
    rtol: Data | Scalar | None = None,
) -> Array:  # fmt: skip
    """How many singular values are more than max(atol, rtol · the greatest).

    rtol is max(m, n) times the type's precision unless it or atol is given. tol is atol's old
    name. hermitian: A is symmetric or Hermitian.

    >>> linalg.matrix_rank(tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    if tol is not None:
        atol, rtol = tol, 0.0
    return rank_kernel(xp, A, atol, rtol, hermitian)


matrix_rank.outs = pinv.outs = tensorinv.outs = CAST


# -- batches ----------------------------------------------------------------------------------

for _op in (inv, inv_ex, pinv, pinverse, matrix_rank):
    _op.batch = leading

for _op in (inv, inv_ex, pinverse, matrix_rank, tensorinv):
    _op.autocast = SINGLE
