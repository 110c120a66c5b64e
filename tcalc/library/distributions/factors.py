"""Batches of Cholesky factors: products, distances and inverses by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.distributions.utils import like_of
from tcalc.runtime.ops.create.ranges import eye
from tcalc.runtime.ops.linalg.factorizations import cholesky
from tcalc.runtime.ops.linalg.solvers import solve_triangular
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Matrices times vectors: (*, m, n), (*, n) → (*, m)."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def log_diagonal(factor: Tensor) -> Tensor:
    """The sum of the logarithms of the diagonal, half of the log determinant of the product."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def solved(factor: Tensor, right: Tensor) -> Tensor:
    """What a lower factor times gives the right side, their batches broadcast."""
    batch = broadcast(factor.shape[:-2], right.shape[:-2])
    return solve_triangular(
        factor.expand((*batch, *factor.shape[-2:])), right.expand((*batch, *right.shape[-2:])),
        upper=False,
    )  # fmt: skip


def mahalanobis(factor: Tensor, vector: Tensor) -> Tensor:
    """The squared lengths of vectors where the factor's product is the identity: (*, n) → (*)."""
    batch = factor.ndim - 2
    lead = vector.shape[: vector.ndim - 1 - batch]
    # Vectors that share a factor are solved for together.
    rows = vector.reshape((-1, *vector.shape[len(lead) :])).movedim(0, -1)
    lengths = (solved(factor, rows) ** 2).sum(-2)
    return lengths.movedim(-1, 0).reshape((*lead, *lengths.shape[:-1]))


def squares(matrix: Tensor) -> Tensor:
    """The sum of the squares of matrices."""
    return (matrix**2).sum((-2, -1))


def of_precision(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse, by that of the matrix read from its end."""
    factor = cholesky(precision.flip((-2, -1))).flip((-2, -1)).mT
    identity = eye(precision.shape[-1], **like_of(precision)).expand(precision.shape)
    return solve_triangular(factor, identity, upper=False)
