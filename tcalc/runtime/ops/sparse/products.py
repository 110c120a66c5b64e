"""Products of matrices of which one is sparse, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr
from tcalc.runtime.base.op import Array, Object, Scalar
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.ops.linalg.affine import _BIASED, _PLAIN, addmm
from tcalc.runtime.ops.linalg.matmul import _row_times_matrix, mm, mv
from tcalc.runtime.ops.sparse.arithmetic import alike
from tcalc.runtime.ops.sparse.dimensions import transposed
from tcalc.runtime.ops.sparse.parts import masked, sparse_kernel
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import COMPLEXES
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from types import ModuleType

_EXEMPT = {"plans": "takes a sparse tensor", "devices": "takes a sparse tensor"}


def _run(xp: ModuleType, input: Array, other: Array) -> Array:
    """The product: sparse where both are."""
    if not isinstance(other, (Coo, Csr)):
        return kernels.product(input, other)
    if not isinstance(input, (Coo, Csr)):
        return kernels.product_after(input, other)
    return kernels.sparse_product(input, other)


def _t(x: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    turned: Tensor = transposed(x) if is_sparse(x) else x.t()
    return turned.conj() if x._d.dtype.char in COMPLEXES else turned


@sparse_kernel("MmBackward0", name="mm")
def _turned(xp: ModuleType, input: Array, other: Array) -> Array:
    """The transpose of a sparse matrix times a matrix or a vector, without turning it."""
    return kernels.product_turned(input, other)


_turned.vjp(
    input=lambda g, other: _columns(other) @ _columns(g).conj().t(),
    other=lambda g, input: (input.conj() if input.is_complex() else input) @ g,
)


def _columns(x: Tensor) -> Tensor:
    """A vector as a column."""
    return x if x._d.ndim == 2 else x.unsqueeze(1)


def _back(input: Tensor, g: Tensor) -> Tensor:
    """The conjugate transpose of a matrix times a gradient."""
    if not is_sparse(input) or is_sparse(g):
        return _t(input) @ g
    found: Tensor = _turned(input.conj() if input.is_complex() else input, g)
    return found


def _product(node_name: str) -> DefinedOp:
    def product(xp: ModuleType, input: Array, other: Array) -> Array:
        return _run(xp, input, other)

    product.__doc__ = "The product of two matrices, of which one is sparse."
    op = sparse_kernel(node_name, name="mm")(product)
    op.vjp(
        input=lambda g, other: g @ _t(other),
        other=lambda g, input: _back(input, g),
    )
    return op


_mm = _product("MmBackward0")
_sparse_sparse = _product("SparseSparseMatmulBackward0")
# Where both are sparse, the gradients have their places, as in PyTorch.
_sparse_sparse.vjp(
    input=lambda g, input, other: _at_places(g @ _t(other), input),
    other=lambda g, input, other: _at_places(_t(input) @ g, other),
)


def _at_places(g: Tensor, at: Tensor) -> Tensor:
    found: Tensor = masked(g, at)
    return found


@sparse_kernel("SparseAddmmBackward0", name="mm")
def _masked_mm(xp: ModuleType, input: Array, other: Array) -> Array:
    """The product of a sparse matrix and another; its gradient has the first one's places."""
    return kernels.product(input, other)


_masked_mm.vjp(
    input=lambda g, input, other: _sampled(g, other, input),
    other=lambda g, input: _back(input, g),
)


@sparse_kernel("SampledAddmmBackward0", name="sampled_mm")
def _sampled_mm(xp: ModuleType, left: Array, right: Array, mask: Array) -> Array:
    """The elements of left @ right.T at the places of a matrix: each a dot product of two rows."""
    at = kernels.coo_of(mask) if isinstance(mask, Csr) else kernels.coalesced(mask)
    values = kernels.row_products(left, right, at)
    return mask.like(values) if isinstance(mask, Csr) else at.like(values)


def _sampled(g: Tensor, other: Tensor, at: Tensor) -> Tensor:
    """The elements of g @ other.T at the places of a matrix."""
    right = other.conj() if other._d.dtype.char in COMPLEXES else other
    found: Tensor = _sampled_mm(g, right, at)
    return found


_sampled_mm.vjp(
    left=lambda g, right: g @ right.conj() if right.is_complex() else g @ right,
    right=lambda g, left: _t(g) @ left,
)


@sparse_kernel("MvBackward0", name="mv")
def _mv(xp: ModuleType, input: Array, vec: Array) -> Array:
    """A sparse matrix times a vector."""
    return kernels.product(input, vec)


_mv.vjp(
    input=lambda g, vec: g.unsqueeze(1) * vec.conj(),
    vec=lambda g, input: _back(input, g),
)


# -- what programs call -------------------------------------------------------------------------------


def _check(input: Tensor, other: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Two operands in one dtype; what is no product of two matrices is refused."""
    for t in (input, other):
        if t._d.ndim != 2 or (is_sparse(t) and len(t._d.values.shape) != 1):
            raise refused(name, (input, other))
    if input._d.shape[1] != other._d.shape[0]:
        first, second = list(input._d.shape), list(other._d.shape)
        if is_sparse(input) and not is_sparse(other):
            raise ShapeError(
                f"addmm: Argument #3 (dense): Expected dim 0 size {first[1]}, got {second[0]}"
            )
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied ({first[0]}x{first[1]} and "
            f"{second[0]}x{second[1]})"
        )
    return alike(input, other)


def _times(input: Tensor, mat2: Tensor) -> Tensor:
    input, mat2 = _check(input, mat2, "mm")
    op = _sparse_sparse if is_sparse(input) and is_sparse(mat2) else _mm
    found: Tensor = op(input, mat2)
    return found


def _times_vector(input: Tensor, vec: Tensor) -> Tensor:
    if is_sparse(vec) or input._d.ndim != 2 or vec._d.ndim != 1 or input._d.values.ndim != 1:
        raise refused("mv", (input, vec))
    if input._d.shape[1] != vec._d.shape[0]:
        raise ShapeError("mv: expected self.size(-1) == vec.size(-1)")
    found: Tensor = _mv(*alike(input, vec))
    return found


def _row_times(input: Tensor, other: Tensor) -> Any:
    return _times_vector(transposed(other), input) if is_sparse(other) else NotImplemented


def _addition(node_name: str, masked: bool) -> DefinedOp:
    """beta * input + alpha * (mat1 @ mat2); masked: whether the gradient of mat1 has its places."""

    def run(
        xp: ModuleType, input: Array, mat1: Array, mat2: Array, beta: Object, alpha: Object
    ) -> Array:
        product = _run(xp, mat1, mat2)
        product = product if alpha == 1 else product * alpha
        return product if beta == 0 else (input if beta == 1 else input * beta) + product

    run.__doc__ = (
        "A multiple of a product of two matrices, of which one is sparse, added to another."
    )
    op = sparse_kernel(node_name, name="addmm")(run)

    def by_first(g: Tensor, mat1: Tensor, mat2: Tensor, alpha: Any) -> Tensor:
        found = _sampled(g, mat2, mat1) if masked else g @ _t(mat2)
        return found if alpha == 1 else found * alpha

    op.vjp(
        input=lambda g, beta: g if beta == 1 else g * beta,
        mat1=by_first,
        mat2=lambda g, mat1, alpha: _back(mat1, g if alpha == 1 else g * alpha),
    )
    return op


_addmm = _addition("AddmmBackward0", False)
_masked_addmm = _addition("SparseAddmmBackward0", True)


def _sum(op: DefinedOp, input: Tensor, mat1: Tensor, mat2: Tensor, beta: Any, alpha: Any) -> Tensor:
    mat1, mat2 = _check(mat1, mat2, "addmm")
    if is_sparse(input) or (is_sparse(mat1) and is_sparse(mat2)):
        raise StateError(
            "addmm_sparse_dense: expected strided result tensor, got tensor with layout Sparse"
        )
    broadcast(input._d.shape, (mat1._d.shape[0], mat2._d.shape[1]))
    found: Tensor = op(input.to(mat1.dtype), mat1, mat2, beta, alpha)
    return found


def _affine(input: Tensor, weight: Tensor, bias: Any) -> Any:
    """A layer on a sparse input."""
    if not is_sparse(input) or (bias is not None and is_sparse(bias)):
        return NotImplemented
    return (
        _times(input, weight.t()) if bias is None else _sum(_addmm, bias, input, weight.t(), 1, 1)
    )


mm.sparse = _times
mv.sparse = lambda input, vec: _times_vector(input, vec) if is_sparse(input) else NotImplemented
_row_times_matrix.sparse = _row_times
addmm.sparse = lambda input, mat1, mat2, beta, alpha: _sum(_addmm, input, mat1, mat2, beta, alpha)
_PLAIN.sparse = _BIASED.sparse = _affine


@composite(
    name="mm", names=("torch.sparse.mm",), exempt={**_EXEMPT, "samples": "takes a sparse tensor"}
)
def sparse_mm(mat1: Tensor, mat2: Tensor, reduce: str | None = None) -> Tensor:
    """The product of a sparse matrix and another: (m, k) @ (k, n) → (m, n), sparse where both are.

    The gradient of a sparse mat1 has its places.

    >>> a = sparse_coo_tensor([[0, 1], [1, 0]], [2., 3.], (2, 2))
    >>> torch.sparse.mm(a, ones(2, 2))
    tensor([[2., 2.],
            [3., 3.]])
    """
    if reduce is not None and reduce != "sum":
        raise StateError(f"torch.sparse.mm: reduce={reduce!r} is not in tcalc", argument="reduce")
    if not is_sparse(mat1) and not is_sparse(mat2):
        found: Tensor = mm(mat1, mat2)
        return found
    mat1, mat2 = _check(mat1, mat2, "mm")
    if is_sparse(mat2) or not is_sparse(mat1):
        return _times(mat1, mat2)
    found = _masked_mm(mat1, mat2)
    return found


@composite(
    name="addmm",
    names=("torch.sparse.addmm",),
    exempt={**_EXEMPT, "samples": "takes a sparse tensor"},
)
def sparse_addmm(
    mat: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Scalar = 1.0, alpha: Scalar = 1.0
) -> Tensor:
    """beta * mat + alpha * (mat1 @ mat2), where mat1 is sparse.

    >>> a = sparse_coo_tensor([[0, 1], [1, 0]], [2., 3.], (2, 2))
    >>> torch.sparse.addmm(ones(2, 2), a, ones(2, 2), alpha=2)
    tensor([[5., 5.],
            [7., 7.]])
    """
    op = _masked_addmm if is_sparse(mat1) else _addmm
    if not is_sparse(mat1) and not is_sparse(mat2):
        found: Tensor = addmm(mat, mat1, mat2, beta=beta, alpha=alpha)
        return found
    return _sum(op, mat, mat1, mat2, beta, alpha)
