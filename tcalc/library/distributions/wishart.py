"""Random matrices: the Wishart distribution, and Cholesky factors of random correlations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AssertionProblem, ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.dirichlet import Beta
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.factors import log_diagonal
from tcalc.library.distributions.gamma import Chi2
from tcalc.library.distributions.multivariate_normal import factor_of, one_matrix
from tcalc.library.distributions.utils import (
    as_tensor,
    broadcast_all,
    is_number,
    lazy_property,
    like_of,
    size_of,
)
from tcalc.library.distributions.vector_constraints import (
    corr_cholesky,
    lower_cholesky,
    positive_definite,
)
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.create.ranges import arange, tril_indices
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.multigamma import mvlgamma
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.linalg.determinants import slogdet
from tcalc.runtime.ops.linalg.factorizations import cholesky_inverse
from tcalc.runtime.ops.linalg.solvers import cholesky_solve
from tcalc.runtime.ops.random.drawing import randn
from tcalc.runtime.types.shapes import Size, broadcast

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor

_LOG_2 = math.log(2)


@distribution("wishart")
class Wishart(ExponentialFamily):
    """Sums of `df` outer products of normals with themselves, of one of three matrices: (*, n, n).

    covariance_matrix, precision_matrix (its inverse) or scale_tril (its Cholesky factor), as of a
    MultivariateNormal.

    >>> distributions.Wishart(tensor(3.), eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = positive_definite
    has_rsample = True
    _mean_carrier_measure = 0
    _batched_ = ("df", "covariance_matrix", "precision_matrix", "scale_tril")
    _inner_ = ("_chi2",)

    def __init__(
        self, df: Value, covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        name, matrix = one_matrix(
            AssertionProblem, covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix, scale_tril=scale_tril,
        )  # fmt: skip
        if matrix.ndim < 2:
            raise ValueProblem(
                "scale_tril must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        given = tensor(df, **like_of(matrix)) if is_number(df) else as_tensor(df)
        batch, event = broadcast(matrix.shape[:-2], given.shape), matrix.shape[-2:]
        n = event[-1]
        self.df = given.expand(batch)
        if (self.df <= n - 1).any():
            raise ValueProblem(f"Value of df={df} expected to be greater than ndim - 1 = {n - 1}.")
        if (self.df < n).any():
            warn(
                "Low df values detected. Singular samples are highly likely to occur for "
                "ndim - 1 < df < ndim."
            )
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        super().__init__(batch, event, validate_args=validate_args)
        self._factor = factor_of(name, matrix)
        self._chi2 = Chi2(self.df.unsqueeze(-1) - arange(n, **like_of(self._factor)))

    @property
    def arg_constraints(self) -> Any:
        """df is greater than the size of the matrices less 1."""
        return {
            "covariance_matrix": positive_definite,
            "precision_matrix": positive_definite,
            "scale_tril": lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._factor.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return (self._factor @ self._factor.mT).expand(self._batch_shape + self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return cholesky_inverse(self._factor).expand(self._batch_shape + self._event_shape)

    @property
    def mean(self) -> Tensor:
        """df times the covariance."""
        return _column(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """(df - n - 1) times the covariance; nan where that is not positive."""
        factor = self.df - self._event_shape[-1] - 1
        return _column(where(factor <= 0, math.nan, factor)) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        """Of each element."""
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return _column(self.df) * (v**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape: Sizes = (), max_try_correction: int | None = None) -> Tensor:
        """By Bartlett's decomposition; what is singular is drawn again, up to ten times."""
        sample = _bartlett(self, size_of(sample_shape))
        # As PyTorch does, which begins with those that are not.
        again = _over_batch(self, positive_definite.check(sample))
        for _ in range(10 if max_try_correction is None else max_try_correction):
            if not again.any():
                break
            drawn = _bartlett(self, again[again].shape)
            sample[again] = drawn
            again[again.clone()] = _over_batch(self, ~positive_definite.check(drawn))
        return sample

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value, nu, n = checked(self, value), self.df, self._event_shape[-1]
        inner = cholesky_solve(value, self._factor).diagonal(dim1=-2, dim2=-1).sum(-1)
        return (
            -nu * (n * _LOG_2 / 2 + log_diagonal(self._factor))
            - mvlgamma(nu / 2, n)
            + (nu - n - 1) / 2 * slogdet(value).logabsdet
            - inner / 2
        )

    def entropy(self) -> Tensor:
        """In closed form."""
        nu, n = self.df, self._event_shape[-1]
        scale = (n + 1) * (n * _LOG_2 / 2 + log_diagonal(self._factor))
        digammas = ((nu / 2).unsqueeze(-1) - arange(n, **like_of(nu)) / 2).digamma().sum(-1)
        return scale + mvlgamma(nu / 2, n) - (nu - n - 1) / 2 * digammas + nu * n / 2

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        n = self._event_shape[-1]
        half = y + (n + 1) / 2
        return half * (-slogdet(-2 * x).logabsdet + _LOG_2 * n) + mvlgamma(half, n)


def _column(value: Tensor) -> Tensor:
    """Numbers of a batch beside its matrices."""
    return value.unsqueeze(-1).unsqueeze(-1)


def _over_batch(dist: Wishart, found: Tensor) -> Tensor:
    """Whether any of the batch is, for each of the samples."""
    dims = len(dist._batch_shape)
    return found.flatten(-dims).any(-1) if dims else found


def _bartlett(dist: Wishart, sample_shape: Size) -> Tensor:
    n = dist._event_shape[-1]
    roots = dist._chi2.rsample(sample_shape).sqrt()
    noise = roots.clamp(min=finfo(roots.dtype).eps).diag_embed()
    i, j = tril_indices(n, n, offset=-1)
    below = sample_shape + dist._batch_shape + (n * (n - 1) // 2,)
    noise[..., i, j] = randn(below, **like_of(noise))
    factor = dist._factor @ noise
    return factor @ factor.mT


@distribution("lkj_cholesky")
class LKJCholesky(Distribution):
    """Cholesky factors of dim × dim correlation matrices, by how much they tend to the identity.

    The density of the correlations is in proportion to their determinant ** (concentration - 1).

    >>> distributions.LKJCholesky(3, 0.5).sample().shape
    torch.Size([3, 3])
    """

    arg_constraints = {"concentration": constraints.positive}
    support = corr_cholesky
    _inner_ = ("_beta",)

    def __init__(
        self, dim: int, concentration: Value = 1.0, validate_args: bool | None = None
    ) -> None:
        if type(dim) is not int:
            raise ArgumentError(f"dim is a whole number, not {type(dim).__name__}", argument="dim")
        if dim < 2:
            raise ValueProblem(
                f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}."
            )
        self.__dict__["dim"] = dim
        (self.concentration,) = broadcast_all(concentration)
        marginal = self.concentration + 0.5 * (dim - 2)
        offset = arange(-1, dim - 1, **like_of(self.concentration)).clamp(min=0)
        self._beta = Beta(offset + 0.5, marginal.unsqueeze(-1) - 0.5 * offset)
        super().__init__(self.concentration.shape, (dim, dim), validate_args=validate_args)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """By the onion method: rows of random lengths in random directions."""
        y = self._beta.sample(sample_shape).unsqueeze(-1)
        normals = randn(extended(self, sample_shape), **like_of(y)).tril(-1)
        lengths = normals.norm(dim=-1, keepdim=True)
        directions = where(arange(self.dim).view(-1, 1) == 0, 0.0, normals / lengths)
        w = y.sqrt() * directions
        left = (1 - (w**2).sum(-1)).clamp(min=finfo(w.dtype).tiny)
        return w + left.sqrt().diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density of the factors."""
        diagonal = checked(self, value).diagonal(dim1=-1, dim2=-2)[..., 1:]
        n, a = self.dim, self.concentration
        order = 2 * (a - 1).unsqueeze(-1) + n - arange(2, n + 1, device=a.device)
        alpha = a + 0.5 * (n - 1)
        normalizer = (
            0.5 * (n - 1) * math.log(math.pi)
            + mvlgamma(alpha - 0.5, n - 1)
            - alpha.lgamma() * (n - 1)
        )
        return (order * diagonal.log()).sum(-1) - normalizer
