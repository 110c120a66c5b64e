"""The normal distribution, and those of its exponential, magnitude and shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import checked, distribution, extended, value_of
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.located import Located
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import AbsTransform, ExpTransform
from tcalc.library.distributions.utils import broadcast_all, standard_normal
from tcalc.library.distributions.vector_constraints import simplex
from tcalc.library.distributions.vector_transforms import StickBreakingTransform
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.random.drawing import normal

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("normal")
class Normal(Located, ExponentialFamily):
    """Normals of the mean `loc` and the standard deviation `scale`.

    >>> d = distributions.Normal(0., 1.)
    >>> d.log_prob(tensor(1.)), d.cdf(tensor(1.96))
    (tensor(-1.4189), tensor(0.9750))
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def stddev(self) -> Tensor:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale squared."""
        return self.scale**2

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw."""
        shape = extended(self, sample_shape)
        with no_grad():
            return normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """loc + scale * standard normals."""
        noise = standard_normal(extended(self, sample_shape), self.loc)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        apart = checked(self, value) - self.loc
        return (
            -(apart**2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))
        )

    def cdf(self, value: Tensor) -> Tensor:
        """By the error function."""
        apart = checked(self, value) - self.loc
        return 0.5 * (1 + (apart * self.scale.reciprocal() / math.sqrt(2)).erf())

    def icdf(self, value: Tensor) -> Tensor:
        """By the inverse of the error function."""
        return self.loc + self.scale * (2 * value_of(value) - 1).erfinv() * math.sqrt(2)

    def entropy(self) -> Tensor:
        """log(scale) + log(2 pi e) / 2."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.loc / self.scale**2, -0.5 * (self.scale**2).reciprocal()

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        return -0.25 * x**2 / y + 0.5 * (-math.pi / y).log()


@distribution("log_normal")
class LogNormal(TransformedDistribution):
    """The exponential of a normal of the mean `loc` and the standard deviation `scale`.

    >>> distributions.LogNormal(0., 1.).mean
    tensor(1.6487)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """exp(loc + scale**2 / 2)."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        """exp(loc - scale**2)."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        """(exp(scale**2) - 1) * mean**2."""
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Tensor:
        """That of the logarithm + loc."""
        return self.base_dist.entropy() + self.loc


@distribution("half_normal")
class HalfNormal(TransformedDistribution):
    """The magnitude of a normal of mean 0 and the standard deviation `scale`.

    >>> distributions.HalfNormal(1.).mean
    tensor(0.7979)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Value, validate_args: bool | None = None) -> None:
        base = Normal(0, scale, validate_args=False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The standard deviation of both halves."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """scale * sqrt(2 / pi)."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        """0."""
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        """scale**2 * (1 - 2 / pi)."""
        return self.scale**2 * (1 - 2 / math.pi)

    def log_prob(self, value: Tensor) -> Tensor:
        """Twice the normal's density, from 0 on."""
        value = checked(self, value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        """Twice the normal's, less 1."""
        return 2 * self.base_dist.cdf(checked(self, value)) - 1

    def icdf(self, prob: Tensor) -> Tensor:
        """That of both halves, of the upper one."""
        return self.base_dist.icdf((value_of(prob) + 1) / 2)

    def entropy(self) -> Tensor:
        """The normal's less log(2)."""
        return self.base_dist.entropy() - math.log(2)


@distribution("logistic_normal")
class LogisticNormal(TransformedDistribution):
    """n normals as n + 1 shares, by breaking a stick: loc, scale: (*, n).

    >>> distributions.LogisticNormal(zeros(2), ones(2)).event_shape
    torch.Size([3])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = simplex
    has_rsample = True

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base._batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The means of the normals."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviations of the normals."""
        return self.base_dist.base_dist.scale
