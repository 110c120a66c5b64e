"""Distributions around a place: Cauchy, Laplace and Gumbel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
    value_of,
)
from tcalc.library.distributions.located import Located
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    ExpTransform,
)
from tcalc.library.distributions.uniform import Uniform
from tcalc.library.distributions.utils import (
    broadcast_all,
    euler_constant,
    is_number,
    like_of,
)
from tcalc.runtime.ops.create.constant import full, full_like, ones_like, zeros_like
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.selection import where

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("cauchy")
class Cauchy(Distribution):
    """loc + scale * the ratio of two standard normals: it has no mean.

    >>> distributions.Cauchy(0., 1.).cdf(tensor(1.))
    tensor(0.7500)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """nan."""
        return full(self._batch_shape, math.nan, **like_of(self.loc))

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """inf."""
        return full(self._batch_shape, math.inf, **like_of(self.loc))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """loc + scale * Cauchy distributed numbers."""
        noise = self.loc.new_empty(extended(self, sample_shape)).cauchy_()
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        z = (checked(self, value) - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - (z**2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """By the arc tangent."""
        return ((checked(self, value) - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """By the tangent."""
        return (math.pi * (value_of(value) - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Tensor:
        """log(4 pi scale)."""
        return math.log(4 * math.pi) + self.scale.log()


@distribution("half_cauchy")
class HalfCauchy(TransformedDistribution):
    """The magnitude of a Cauchy distributed number around 0.

    >>> distributions.HalfCauchy(1.).cdf(tensor(1.))
    tensor(0.5000)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Value, validate_args: bool | None = None) -> None:
        base = Cauchy(0, scale, validate_args=False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of both halves."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """inf."""
        return full(self._batch_shape, math.inf, **like_of(self.scale))

    @property
    def mode(self) -> Tensor:
        """0."""
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        """inf."""
        return self.base_dist.variance

    def log_prob(self, value: Tensor) -> Tensor:
        """Twice the density of both halves, from 0 on."""
        value = checked(self, value_of(value).to(**like_of(self.scale)))
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        """Twice that of both halves, less 1."""
        return 2 * self.base_dist.cdf(checked(self, value)) - 1

    def icdf(self, prob: Tensor) -> Tensor:
        """That of both halves, of the upper one."""
        return self.base_dist.icdf((value_of(prob) + 1) / 2)

    def entropy(self) -> Tensor:
        """That of both halves less log(2)."""
        return self.base_dist.entropy() - math.log(2)


@distribution("laplace")
class Laplace(Located):
    """Numbers of a density that falls as exp(-|x - loc| / scale) on both sides.

    >>> distributions.Laplace(0., 1.).log_prob(tensor(1.))
    tensor(-1.6931)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def variance(self) -> Tensor:
        """2 * scale**2."""
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        """sqrt(2) * scale."""
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Of uniform numbers, by the inverse of the cdf."""
        units = self.loc.new_empty(extended(self, sample_shape))
        units.uniform_(finfo(self.loc.dtype).eps - 1, 1)
        return self.loc - self.scale * units.sign() * (-units.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return -(2 * self.scale).log() - (checked(self, value) - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is no greater."""
        apart = checked(self, value) - self.loc
        return 0.5 - 0.5 * apart.sign() * (-apart.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """The value whose cdf is given."""
        term = value_of(value) - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        """1 + log(2 * scale)."""
        return 1 + (2 * self.scale).log()


@distribution("gumbel")
class Gumbel(TransformedDistribution):
    """The greatest of many numbers: loc - scale * log(-log(u)), where u is uniform.

    >>> distributions.Gumbel(0., 1.).mean
    tensor(0.5772)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Value, scale: Value, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = finfo(self.loc.dtype)
        low, high = limits.tiny, 1 - limits.eps
        if not (is_number(loc) and is_number(scale)):
            low, high = full_like(self.loc, low), full_like(self.loc, high)
        base = Uniform(low, high, validate_args=validate_args)
        parts = [
            ExpTransform().inv,
            AffineTransform(0, -ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc, -self.scale),
        ]
        super().__init__(base, parts, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        y = (self.loc - checked(self, value)) / self.scale
        return y - y.exp() - self.scale.log()

    @property
    def mean(self) -> Tensor:
        """loc + scale * Euler's constant."""
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """pi / sqrt(6) * scale."""
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Tensor:
        """pi**2 / 6 * scale**2."""
        return self.stddev**2

    def entropy(self) -> Tensor:
        """log(scale) + 1 + Euler's constant."""
        return self.scale.log() + (1 + euler_constant)
