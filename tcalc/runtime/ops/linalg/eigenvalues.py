"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError
from tcalc.runtime.base.op import SINGLE, SOME, Array, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, column, either, matmul, times
from tcalc.runtime.ops.linalg.matrices import (
    decompositions,
    diagonal_matrix,
    diagonal_of,
    identity_like,
    inexact,
    must_be_square,
    singular,
)
from tcalc.runtime.ops.linalg.singular_values import alike, differences, flows, recorded, row
from tcalc.runtime.ops.linalg.solvers import solve
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [-0.5, 3.3]]


def _triangle(UPLO: str) -> str:
    found = UPLO.upper() if isinstance(UPLO, str) else UPLO
    if found not in ("L", "U"):
        raise StateError(
            f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}", argument="UPLO"
        )
    return str(found)


def _not_converged(name: str, array: Array) -> Exception:
    return singular(
        name, 0, array.ndim - 2,
        "The algorithm failed to converge because the input matrix is ill-conditioned or has too "
        "many repeated eigenvalues.",
    )  # fmt: skip


@kernel(
    long=SOME,
    name="linalg_eigh", names=(), returns=("eigenvalues", "eigenvectors"),
    node_name="LinalgEighBackward0",
)  # fmt: skip
def _eigh(xp: ModuleType, A: Array, UPLO: str) -> tuple[Array, Array]:
    """The eigenvalues and vectors; the gradient is that of a matrix that stays symmetric."""
    must_be_square(A, "linalg.eigh")
    try:
        values, vectors = decompositions(xp).eigh(inexact(A), _triangle(UPLO))
    except ValueError:
        raise _not_converged("linalg.eigh", A) from None
    return values, vectors


@on_arrays
def _eigh_back(g: tuple[Tensor | Array, ...], out: tuple[Tensor | Array, ...]) -> Tensor | Array:
    g_values, g_vectors = g
    values, vectors = out
    if not flows(g_vectors):
        return times(matmul, vectors * row(alike(g_values, vectors)), adjoint(vectors))
    # A stays symmetric, so that only half of each pair of elements moves the vectors.
    turned = times(matmul, adjoint(vectors), g_vectors)
    turned = (turned - adjoint(turned)) / (2 * differences(values))
    inner = _with_diagonal(turned, g_values)
    return times(matmul, vectors, times(matmul, inner, adjoint(vectors)))


def _with_diagonal(t: Tensor | Array, diagonal: Tensor | Array) -> Tensor | Array:
    """A matrix with another diagonal."""
    rest = t * (1 - either(identity_like)(t))
    return rest + alike(either(diagonal_matrix)(diagonal), t)


_eigh.vjp(A=_eigh_back)


_HERMITIAN = [[1.0 + 0j, 2.0 + 1j], [0.5j, 3.3 + 0j]]


def _samples() -> list[tuple[object, ...]]:
    return [(([*given],), {}, lambda a: a + a.mH) for given in (_SQUARE, _HERMITIAN)]


@composite(names=("torch.linalg.eigh",), keywords={"input": "A"}, samples=_samples)
def eigh(A: Tensor, UPLO: str = "L") -> NamedResult:
    """The real eigenvalues, in rising order, and the eigenvectors of a symmetric matrix.

    A: (*, n, n), symmetric or Hermitian: only the triangle that UPLO names is read.
    `A = V @ diag(L) @ V.mH`. Signs of vectors are arbitrary.

    >>> linalg.eigh(tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([1., 2.])
    """
    return _eigh(A, UPLO)


@kernel(names=(), differentiable=False, long=SOME)
def _symmetric_values(xp: ModuleType, A: Array, UPLO: str) -> Array:
    """The eigenvalues of a symmetric matrix, without the vectors."""
    must_be_square(A, "linalg.eigvalsh")
    return decompositions(xp).eigvalsh(inexact(A), _triangle(UPLO))


@composite(names=("torch.linalg.eigvalsh",), keywords={"input": "A"}, samples=_samples)
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of a symmetric or Hermitian matrix, in rising order.

    >>> linalg.eigvalsh(tensor([[2., 0.], [0., 1.]]))
    tensor([1., 2.])
    """
    return eigh(A, UPLO)[0] if recorded(A) else _symmetric_values(A, UPLO)


def _complex(array: Array) -> Array:
    return array.astype(dtypes.of(array.dtype).to_complex().numpy, copy=False)


@kernel(
    long=SOME,
    name="linalg_eig", names=("torch.linalg.eig",), keywords={"input": "A"},
    returns=("eigenvalues", "eigenvectors"), node_name="LinalgEigBackward0",
    samples=lambda: [((_SQUARE,), {})],
)  # fmt: skip
def eig(xp: ModuleType, A: Array) -> tuple[Array, Array]:
    """The eigenvalues and eigenvectors of a square matrix; both are complex.

    A: (*, n, n) = `V @ diag(L) @ inv(V)`. The order and the vectors' phases are arbitrary.

    >>> linalg.eig(tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([2.+0.j, 1.+0.j])
    """
    must_be_square(A, "linalg.eig")
    try:
        values, vectors = decompositions(xp).eig(inexact(A))
    except ValueError:
        raise StateError(
            "torch.linalg.eig: input tensor should not contain infs or NaNs.", argument="A"
        ) from None
    return _complex(values), _complex(vectors)


def _eig_back(g: tuple[Tensor, ...], out: tuple[Tensor, ...]) -> Tensor:
    g_values, g_vectors = g
    values, vectors = out
    v_h = adjoint(vectors)
    if not flows(g_vectors):
        return solve(v_h, column(g_values) * v_h)
    turned = matmul(v_h, g_vectors)
    # The vectors have length 1: what would change it is taken out.
    turned = turned - matmul(v_h, vectors * row(diagonal_of(turned).real))
    inner = _with_diagonal(turned / differences(values).conj(), g_values)
    return solve(v_h, matmul(inner, v_h))


eig.vjp(A=_eig_back)


@kernel(names=(), differentiable=False, long=SOME)
def _general_values(xp: ModuleType, A: Array) -> Array:
    """The eigenvalues of a square matrix, without the vectors."""
    must_be_square(A, "linalg.eig")
    return _complex(decompositions(xp).eigvals(inexact(A)))


@composite(names=("torch.linalg.eigvals",), keywords={"input": "A"},
           samples=lambda: [((_SQUARE,), {})])  # fmt: skip
def eigvals(A: Tensor) -> Tensor:
    """The eigenvalues of a square matrix, complex, in no special order.

    >>> linalg.eigvals(tensor([[0., 1.], [-1., 0.]]))
    tensor([0.+1.j, 0.-1.j])
    """
    return eig(A)[0] if recorded(A) else _general_values(A)


eig.outs = eigvals.outs = CAST


# -- batches ----------------------------------------------------------------------------------

_eigh.batch = _symmetric_values.batch = eig.batch = _general_values.batch = leading

for _op in (eig, eigh, eigvals, eigvalsh):
    _op.autocast = SINGLE
