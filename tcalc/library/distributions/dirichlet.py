"""Shares of a whole: Dirichlet, and of two parts Beta and Kumaraswamy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import checked, distribution, extended
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import AffineTransform, PowerTransform
from tcalc.library.distributions.uniform import Uniform
from tcalc.library.distributions.utils import as_tensor, broadcast_all, euler_constant
from tcalc.library.distributions.vector_constraints import simplex
from tcalc.runtime.ops.create.constant import ones_like, zeros_like
from tcalc.runtime.ops.elementwise.exponential import xlogy
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.nn.embedding import one_hot
from tcalc.runtime.ops.random.gammas import sample_dirichlet
from tcalc.runtime.ops.shape.joining import stack

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("dirichlet")
class Dirichlet(ExponentialFamily):
    """n shares of a whole: concentration: (*, n).

    >>> d = distributions.Dirichlet(tensor([1., 1., 2.]))
    >>> d.mean, d.log_prob(tensor([0.25, 0.25, 0.5]))
    (tensor([0.2500, 0.2500, 0.5000]), tensor(1.0986))
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        self.concentration = as_tensor(concentration)
        shape = self.concentration.shape
        if not shape:
            raise ValueProblem("`concentration` parameter must be at least one-dimensional.")
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The concentrations as shares."""
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        """Where the density is highest; all of the whole for one part where all are below 1."""
        above = (self.concentration - 1).clamp(min=0.0)
        shares = above / above.sum(-1, True)
        corner = one_hot(shares.argmax(-1), shares.shape[-1]).to(shares)
        return where((self.concentration < 1).all(-1, keepdim=True), corner, shares)

    @property
    def variance(self) -> Tensor:
        """Of each share."""
        a, total = self.concentration, self.concentration.sum(-1, True)
        return a * (total - a) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Gamma distributed numbers over their sum; gradients go along the path of what was drawn."""
        return sample_dirichlet(self.concentration.expand(extended(self, sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        a, value = self.concentration, checked(self, value)
        powers = xlogy(a - 1.0, value).sum(-1)
        return powers + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        """In closed form."""
        a, total = self.concentration, self.concentration.sum(-1)
        log_beta = a.lgamma().sum(-1) - total.lgamma()
        return (
            log_beta - (a.shape[-1] - total) * total.digamma() - ((a - 1.0) * a.digamma()).sum(-1)
        )

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        return x.lgamma().sum(-1) - x.sum(-1).lgamma()


@distribution("beta")
class Beta(ExponentialFamily):
    """The first of two shares of the concentrations `concentration1` and `concentration0`.

    >>> distributions.Beta(2., 2.).log_prob(tensor(0.5)).exp()
    tensor(1.5000)
    """

    arg_constraints = {
        "concentration1": constraints.positive, "concentration0": constraints.positive,
    }  # fmt: skip
    support = constraints.unit_interval
    has_rsample = True
    _inner_ = ("_dirichlet",)

    def __init__(
        self, concentration1: Value, concentration0: Value, validate_args: bool | None = None
    ) -> None:
        both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet._batch_shape, validate_args=validate_args)

    @property
    def concentration1(self) -> Tensor:
        """The concentration of the share itself."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """The concentration of the other."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Tensor:
        """concentration1 over both."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        """Where the density is highest."""
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        """In closed form."""
        a, b = self.concentration1, self.concentration0
        return a * b / ((a + b) ** 2 * (a + b + 1))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """The first of two shares."""
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = checked(self, value)
        return self._dirichlet.log_prob(stack([value, 1.0 - value], -1))

    def entropy(self) -> Tensor:
        """That of the two shares."""
        return self._dirichlet.entropy()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        return x.lgamma() + y.lgamma() - (x + y).lgamma()


@distribution("kumaraswamy")
class Kumaraswamy(TransformedDistribution):
    """Much like Beta, with a cdf in closed form: 1 - (1 - x**concentration1)**concentration0.

    >>> distributions.Kumaraswamy(tensor([1.]), tensor([1.])).mean
    tensor([0.5000])
    """

    arg_constraints = {
        "concentration1": constraints.positive, "concentration0": constraints.positive,
    }  # fmt: skip
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Value, concentration0: Value, validate_args: bool | None = None
    ) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        like = self.concentration0
        base = Uniform(zeros_like(like), ones_like(like), validate_args=validate_args)
        parts = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(1.0, -1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(base, parts, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The first moment."""
        return _moment(self, 1)

    @property
    def mode(self) -> Tensor:
        """Where the density is highest; nan where it has no such place."""
        a, b = self.concentration1, self.concentration0
        log_mode = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        return where((b < 1) | (a < 1), math.nan, log_mode).exp()

    @property
    def variance(self) -> Tensor:
        """The second moment less the square of the first."""
        return _moment(self, 2) - self.mean**2

    def entropy(self) -> Tensor:
        """In closed form."""
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + euler_constant
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * harmonic - a.log() - b.log()


def _moment(dist: Kumaraswamy, n: int) -> Tensor:
    a, b = 1 + n / dist.concentration1, dist.concentration0
    return b * (a.lgamma() + b.lgamma() - (a + b).lgamma()).exp()
