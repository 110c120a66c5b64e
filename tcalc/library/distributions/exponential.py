"""Waiting times and heavy tails: exponential, Weibull and Pareto distributions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
    value_of,
)
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import (
    AffineTransform,
    ExpTransform,
    PowerTransform,
)
from tcalc.library.distributions.utils import broadcast_all, euler_constant, like_of
from tcalc.runtime.ops.create.constant import ones_like, zeros_like
from tcalc.runtime.ops.elementwise.logic import isclose
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.random.drawing import rand

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.transform import Transform
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("exponential")
class Exponential(ExponentialFamily):
    """Times between events that happen at the rate `rate`.

    >>> distributions.Exponential(2.).mean
    tensor(0.5000)
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Value, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """1 / rate."""
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        """0."""
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        """1 / rate."""
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        """1 / rate**2."""
        return self.rate**-2

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Times at the rate 1, over the rate."""
        times = self.rate.new_empty(extended(self, sample_shape)).exponential_()
        return times / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """log(rate) - rate * value."""
        return self.rate.log() - self.rate * checked(self, value)

    def cdf(self, value: Tensor) -> Tensor:
        """1 - exp(-rate * value)."""
        return 1 - (-self.rate * checked(self, value)).exp()

    def icdf(self, value: Tensor) -> Tensor:
        """-log(1 - value) / rate."""
        return -(-value_of(value)).log1p() / self.rate

    def entropy(self) -> Tensor:
        """1 - log(rate)."""
        return 1.0 - self.rate.log()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (-self.rate,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        return -(-x).log()


@distribution("weibull")
class Weibull(TransformedDistribution):
    """scale * e ** (1 / concentration), where e is exponentially distributed.

    >>> distributions.Weibull(tensor([2.]), tensor([1.])).mean
    tensor([2.])
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    _batched_ = ("concentration_reciprocal",)

    def __init__(
        self, scale: Value, concentration: Value, validate_args: bool | None = None
    ) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base = Exponential(ones_like(self.scale), validate_args=validate_args)
        super().__init__(base, _weibull_parts(self), validate_args=validate_args)

    def expand(self, batch_shape: Sizes, _instance: Self | None = None) -> Self:
        """The same with the batch stretched to a shape."""
        new = super().expand(batch_shape, _instance)
        new.transforms = _weibull_parts(new)
        return new

    @property
    def mean(self) -> Tensor:
        """The first moment."""
        return self.scale * (1 + self.concentration_reciprocal).lgamma().exp()

    @property
    def mode(self) -> Tensor:
        """Where the density is highest."""
        k = self.concentration
        return self.scale * ((k - 1) / k) ** k.reciprocal()

    @property
    def variance(self) -> Tensor:
        """The second moment less the square of the first."""
        k = self.concentration_reciprocal
        second, first = (1 + 2 * k).lgamma().exp(), (2 * (1 + k).lgamma()).exp()
        return self.scale**2 * (second - first)

    def entropy(self) -> Tensor:
        """In closed form."""
        k = self.concentration_reciprocal
        return euler_constant * (1 - k) + (self.scale * k).log() + 1


def _weibull_parts(dist: Weibull) -> list[Transform]:
    return [PowerTransform(dist.concentration_reciprocal), AffineTransform(0, dist.scale)]


@distribution("pareto")
class Pareto(TransformedDistribution):
    """Numbers from `scale` on, of a density that falls as x ** -(alpha + 1).

    >>> distributions.Pareto(tensor([1.]), tensor([2.])).mean
    tensor([2.])
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Value, alpha: Value, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        parts = [ExpTransform(), AffineTransform(0, self.scale)]
        super().__init__(base, parts, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """alpha * scale / (alpha - 1); inf where alpha is 1 or less."""
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Tensor:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """inf where alpha is 2 or less."""
        a = self.alpha.clamp(min=2)
        return self.scale**2 * a / ((a - 1) ** 2 * (a - 2))

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        """From scale on."""
        return constraints.greater_than_eq(self.scale)

    def entropy(self) -> Tensor:
        """In closed form."""
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


@distribution("generalized_pareto")
class GeneralizedPareto(Distribution):
    """What exceeds a high threshold: of the tail `concentration`, from `loc` on.

    >>> d = distributions.GeneralizedPareto(0., 1., 0.)
    >>> d.cdf(tensor(1.))
    tensor(0.6321)
    """

    arg_constraints = {
        "loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real,
    }  # fmt: skip
    has_rsample = True

    def __init__(
        self, loc: Value, scale: Value, concentration: Value, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Of uniform numbers, by the inverse of the cdf."""
        return self.icdf(rand(extended(self, sample_shape), **like_of(self.loc)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        z = (checked(self, value) - self.loc) / self.scale
        flat, k = _tail(self)
        y = 1 / k + ones_like(z)
        curved = where(y == 0, y, y * (k * z).log1p())
        return -self.scale.log() - where(flat, z, curved)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of 1 - cdf."""
        z = (checked(self, value) - self.loc) / self.scale
        flat, k = _tail(self)
        return where(flat, -z, -(k * z).log1p() / k)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of the cdf."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is no greater."""
        return self.log_cdf(value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        """The value whose cdf is given."""
        flat, k = _tail(self)
        logs = (-value_of(value)).log1p()
        curved = self.loc + self.scale / k * (-k * logs).expm1()
        return where(flat, self.loc - self.scale * logs, curved)

    @property
    def mean(self) -> Tensor:
        """nan where the concentration is 1 or more."""
        k = self.concentration
        mean = self.loc + self.scale / (1 - where(k < 1, k, 0.5))
        return where(k < 1, mean, math.nan)

    @property
    def variance(self) -> Tensor:
        """nan where the concentration is 0.5 or more."""
        k = self.concentration
        safe = where(k < 0.5, k, 0.25)
        return where(k < 0.5, self.scale**2 / ((1 - safe) ** 2 * (1 - 2 * safe)), math.nan)

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    def entropy(self) -> Tensor:
        """log(scale) + concentration + 1."""
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        """From loc on; up to where the tail ends, if it does."""
        k = self.concentration
        return constraints.interval(self.loc, where(k < 0, self.loc - self.scale / k, math.inf))


def _tail(dist: GeneralizedPareto) -> tuple[Tensor, Tensor]:
    """Where the tail is that of an exponential, and the concentration with 1 in its place there."""
    k = dist.concentration
    flat = isclose(k, zeros_like(k))
    return flat, where(flat, 1.0, k)
