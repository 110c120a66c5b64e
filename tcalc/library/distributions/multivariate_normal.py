"""Normals of several dims together: by a covariance, or by one of low rank and a diagonal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import (
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.factors import (
    log_diagonal,
    mahalanobis,
    of_precision,
    solved,
    times,
)
from tcalc.library.distributions.located import Located
from tcalc.library.distributions.utils import as_tensor, lazy_property, standard_normal
from tcalc.library.distributions.vector_constraints import lower_cholesky, positive_definite
from tcalc.runtime.ops.linalg.factorizations import cholesky, cholesky_inverse
from tcalc.runtime.ops.shape.reshaping import broadcast_tensors
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.runtime.tensor.tensor import Tensor


def one_matrix(problem: type[Exception], **matrices: Tensor | None) -> tuple[str, Tensor]:
    """The one of several matrices that is given, with its name."""
    found = [(name, as_tensor(m)) for name, m in matrices.items() if m is not None]
    if len(found) != 1:
        raise problem(
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
        )
    return found[0]


def factor_of(name: str, matrix: Tensor) -> Tensor:
    """The Cholesky factor of the covariance that a matrix of that name says."""
    if name == "scale_tril":
        return matrix
    return cholesky(matrix) if name == "covariance_matrix" else of_precision(matrix)


@distribution("multivariate_normal")
class MultivariateNormal(Located):
    """Normals of the means `loc`: (*, n), and of one of three matrices: (*, n, n).

    covariance_matrix, precision_matrix (its inverse) or scale_tril (its Cholesky factor).

    >>> d = distributions.MultivariateNormal(zeros(2), eye(2))
    >>> d.log_prob(zeros(2)), d.variance
    (tensor(-1.8379), tensor([1., 1.]))
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": positive_definite,
        "precision_matrix": positive_definite,
        "scale_tril": lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    _hidden_ = frozenset({"_factor"})

    def __init__(
        self, loc: Tensor, covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        mean = as_tensor(loc)
        if mean.ndim < 1:
            raise ValueProblem("loc must be at least one-dimensional.")
        name, matrix = one_matrix(
            ValueProblem, covariance_matrix=covariance_matrix, precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )  # fmt: skip
        if matrix.ndim < 2:
            what = f"{name} matrix" if name == "scale_tril" else name
            raise ValueProblem(
                f"{what} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch = broadcast(matrix.shape[:-2], mean.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        self.loc = mean.expand((*batch, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        # As it was given, however many of the batch share it.
        self._factor = factor_of(name, matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._factor.expand(self._batch_shape + self._event_shape * 2)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        found = self._factor @ self._factor.mT
        return found.expand(self._batch_shape + self._event_shape * 2)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        found = cholesky_inverse(self._factor)
        return found.expand(self._batch_shape + self._event_shape * 2)

    @property
    def variance(self) -> Tensor:
        """The diagonal of the covariance."""
        return (self._factor**2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """loc + the factor times standard normals."""
        noise = standard_normal(extended(self, sample_shape), self.loc)
        return self.loc + times(self._factor, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        apart = mahalanobis(self._factor, checked(self, value) - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + apart) - log_diagonal(self._factor)

    def entropy(self) -> Tensor:
        """In closed form."""
        constant = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        return (constant + log_diagonal(self._factor)).expand(self._batch_shape)


@distribution("lowrank_multivariate_normal")
class LowRankMultivariateNormal(Located):
    """Normals of the covariance cov_factor @ cov_factor.T + a diagonal of `cov_diag`.

    loc, cov_diag: (*, n), cov_factor: (*, n, rank). Nothing of the size n × n is computed.

    >>> d = distributions.LowRankMultivariateNormal(zeros(2), tensor([[1.], [0.]]), ones(2))
    >>> d.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True
    _hidden_ = frozenset({"_capacitance", "_diagonal", "_factor"})

    def __init__(
        self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None
    ) -> None:
        mean, factor, diagonal = as_tensor(loc), as_tensor(cov_factor), as_tensor(cov_diag)
        if mean.ndim < 1:
            raise ValueProblem("loc must be at least one-dimensional.")
        event = mean.shape[-1:]
        if factor.ndim < 2:
            raise ValueProblem(
                "cov_factor must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        if factor.shape[-2:-1] != event:
            raise ValueProblem(f"cov_factor must be a batch of matrices with shape {event[0]} x m")
        if diagonal.shape[-1:] != event:
            raise ValueProblem(f"cov_diag must be a batch of vectors with shape {event}")
        try:
            columns, self.cov_factor, rest = broadcast_tensors(
                mean.unsqueeze(-1), factor, diagonal.unsqueeze(-1)
            )
        except RuntimeError:
            raise ValueProblem(
                f"Incompatible batch shapes: loc {mean.shape}, cov_factor {factor.shape}, "
                f"cov_diag {diagonal.shape}"
            ) from None
        self.loc, self.cov_diag = columns[..., 0], rest[..., 0]
        self._factor, self._diagonal = factor, diagonal
        # The factor of the small matrix that stands for the inverse and the determinant.
        small = _over(factor, diagonal) @ factor
        self._capacitance = cholesky(small + _identity(small))
        super().__init__(self.loc.shape[:-1], event, validate_args=validate_args)

    @lazy_property
    def variance(self) -> Tensor:
        """The diagonal of the covariance."""
        found = (self._factor**2).sum(-1) + self._diagonal
        return found.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        root = self._diagonal.sqrt().unsqueeze(-1)
        scaled = self._factor / root
        product = scaled @ scaled.mT
        found = root * cholesky(product + _identity(product))
        return found.expand(self._batch_shape + self._event_shape * 2)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        found = self._factor @ self._factor.mT + self._diagonal.diag_embed()
        return found.expand(self._batch_shape + self._event_shape * 2)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        rows = solved(self._capacitance, _over(self._factor, self._diagonal))
        found = self._diagonal.reciprocal().diag_embed() - rows.mT @ rows
        return found.expand(self._batch_shape + self._event_shape * 2)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """loc + the factor times standard normals + others by the diagonal."""
        shape = extended(self, sample_shape)
        few = standard_normal(shape[:-1] + self.cov_factor.shape[-1:], self.loc)
        many = standard_normal(shape, self.loc)
        return self.loc + times(self._factor, few) + self._diagonal.sqrt() * many

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        apart = low_rank_mahalanobis(self, checked(self, value) - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + low_rank_log_det(self) + apart)

    def entropy(self) -> Tensor:
        """In closed form."""
        constant = self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        return (0.5 * (constant + low_rank_log_det(self))).expand(self._batch_shape)


def _over(factor: Tensor, diagonal: Tensor) -> Tensor:
    """The factor's transpose over the diagonal: (*, n, rank), (*, n) → (*, rank, n)."""
    return factor.mT / diagonal.unsqueeze(-2)


def _identity(like: Tensor) -> Tensor:
    return like.new_ones(like.shape[-1]).diag_embed()


def low_rank_rows(dist: LowRankMultivariateNormal) -> Tensor:
    """What the inverse of the covariance takes from that of the diagonal, as rows."""
    return solved(dist._capacitance, _over(dist._factor, dist._diagonal))


def low_rank_log_det(dist: LowRankMultivariateNormal) -> Tensor:
    """The log determinant of the covariance."""
    return 2 * log_diagonal(dist._capacitance) + dist._diagonal.log().sum(-1)


def low_rank_mahalanobis(dist: LowRankMultivariateNormal, vector: Tensor) -> Tensor:
    """The squared lengths of vectors where the covariance is the identity."""
    inner = times(_over(dist._factor, dist._diagonal), vector)
    return (vector**2 / dist._diagonal).sum(-1) - mahalanobis(dist._capacitance, inner)
