"""Gamma distributions, and those of inverses, ratios and quotients of them."""

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
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import PowerTransform
from tcalc.library.distributions.utils import (
    as_tensor,
    broadcast_all,
    is_number,
    like_of,
    standard_normal,
)
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.exponential import xlogy
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.elementwise.special import gammainc
from tcalc.runtime.ops.random.gammas import standard_gamma

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("gamma")
class Gamma(ExponentialFamily):
    """Gamma distributed numbers of the shape `concentration` and the rate `rate`.

    >>> d = distributions.Gamma(2., 4.)
    >>> d.mean, d.log_prob(tensor(0.5))
    (tensor(0.5000), tensor(0.0794))
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self, concentration: Value, rate: Value, validate_args: bool | None = None
    ) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """concentration / rate."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        """(concentration - 1) / rate, and 0 below."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """concentration / rate**2."""
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw by rejection, as PyTorch does; gradients go along the path of what was drawn."""
        shape = extended(self, sample_shape)
        value = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        return above_zero(value)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        a, rate, value = self.concentration, self.rate, checked(self, _as_floats(self.rate, value))
        return xlogy(a, rate) + xlogy(a - 1, value) - rate * value - a.lgamma()

    def cdf(self, value: Tensor) -> Tensor:
        """The lower incomplete gamma function, regularised."""
        return gammainc(self.concentration, self.rate * checked(self, value))

    def entropy(self) -> Tensor:
        """In closed form."""
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1.0 - a) * a.digamma()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        return (x + 1).lgamma() + (x + 1) * (-y.reciprocal()).log()


def above_zero(value: Tensor) -> Tensor:
    """Samples with what underflowed raised to the least normal number, outside the graph."""
    value.detach().clamp_(min=finfo(value.dtype).tiny)
    return value


def _as_floats(like: Tensor, value: object) -> Tensor:
    """A value in the dtype of a parameter."""
    return value_of(value).to(**like_of(like))


@distribution("chi2")
class Chi2(Gamma):
    """The sum of the squares of `df` standard normals.

    >>> distributions.Chi2(tensor([3.])).mean
    tensor([3.])
    """

    arg_constraints = {"df": constraints.positive}
    _batched_ = ("concentration", "rate")

    def __init__(self, df: Value, validate_args: bool | None = None) -> None:
        half = 0.5 * (df if is_number(df) else as_tensor(df))
        super().__init__(half, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2


@distribution("inverse_gamma")
class InverseGamma(TransformedDistribution):
    """1 over a gamma distributed number.

    >>> distributions.InverseGamma(tensor([3.]), tensor([4.])).mean
    tensor([2.])
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(
        self, concentration: Value, rate: Value, validate_args: bool | None = None
    ) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        power = PowerTransform(-base.rate.new_ones(()))
        super().__init__(base, power, validate_args=validate_args)

    @property
    def concentration(self) -> Tensor:
        """The gamma distribution's shape."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """The gamma distribution's rate."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        """rate / (concentration - 1), where that is above 0; else inf."""
        a = self.concentration
        return where(a > 1, self.rate / (a - 1), math.inf)

    @property
    def mode(self) -> Tensor:
        """rate / (concentration + 1)."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        """mean**2 / (concentration - 2), where that is above 0; else inf."""
        a = self.concentration
        return where(a > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), math.inf)

    def entropy(self) -> Tensor:
        """In closed form."""
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()


@distribution("fishersnedecor")
class FisherSnedecor(Distribution):
    """The ratio of two chi-squared numbers, each over its degrees of freedom.

    >>> distributions.FisherSnedecor(tensor([1.]), tensor([4.])).mean
    tensor([2.])
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True
    _inner_ = ("_gamma1", "_gamma2")

    def __init__(self, df1: Value, df2: Value, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """df2 / (df2 - 2); nan where there is none."""
        df2 = where(self.df2 <= 2, math.nan, self.df2)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        """Of the density; nan where it has none."""
        df1, df2 = self.df1, self.df2
        return where(df1 <= 2, math.nan, (df1 - 2) / df1 * df2 / (df2 + 2))

    @property
    def variance(self) -> Tensor:
        """nan where there is none."""
        df1, df2 = self.df1, where(self.df2 <= 4, math.nan, self.df2)
        return 2 * df2**2 * (df1 + df2 - 2) / (df1 * (df2 - 2) ** 2 * (df2 - 4))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """The ratio of two gamma distributed numbers."""
        above, below = self._gamma1.rsample(sample_shape), self._gamma2.rsample(sample_shape)
        least = finfo(below.dtype).tiny
        return (above / below.clamp(min=least)).clamp(min=least)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = checked(self, value)
        a, b, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        normalizer = (a + b).lgamma() - a.lgamma() - b.lgamma()
        powers = a * ratio.log() + (a - 1) * value.log()
        return normalizer + powers - (a + b) * (ratio * value).log1p()


@distribution("studentT")
class StudentT(Distribution):
    """loc + scale * t, where t is Student's with `df` degrees of freedom.

    >>> distributions.StudentT(tensor([4.])).variance
    tensor([2.])
    """

    arg_constraints = {
        "df": constraints.positive, "loc": constraints.real, "scale": constraints.positive,
    }  # fmt: skip
    support = constraints.real
    has_rsample = True
    _inner_ = ("_chi2",)

    def __init__(
        self, df: Value, loc: Value = 0.0, scale: Value = 1.0, validate_args: bool | None = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """loc; nan where there is none."""
        return where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """scale**2 * df / (df - 2); inf where that is below 0, nan where there is no mean."""
        df = self.df
        finite = self.scale**2 * df / (where(df > 2, df, 3.0) - 2)
        return where(df > 2, finite, where(df > 1, math.inf, df * math.nan))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Normals over roots of chi-squared numbers."""
        noise = standard_normal(extended(self, sample_shape), self.df)
        t = noise * (self._chi2.rsample(sample_shape) / self.df).rsqrt()
        return self.loc + self.scale * t

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        y, df = (checked(self, value) - self.loc) / self.scale, self.df
        normalizer = (
            self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi)
            + (0.5 * df).lgamma() - (0.5 * (df + 1.0)).lgamma()
        )  # fmt: skip
        return -0.5 * (df + 1.0) * (y**2.0 / df).log1p() - normalizer

    def entropy(self) -> Tensor:
        """In closed form."""
        df = self.df
        half, more = 0.5 * df, 0.5 * (df + 1)
        log_beta = half.lgamma() + math.lgamma(0.5) - more.lgamma()
        return (
            self.scale.log() + more * (more.digamma() - half.digamma()) + 0.5 * df.log() + log_beta
        )
