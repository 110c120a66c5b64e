"""The continuous Bernoulli distribution, of the density C * probs**x * (1 - probs)**(1 - x)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import checked, distribution, extended, value_of
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.odds import Odds, either
from tcalc.library.distributions.utils import (
    broadcast_all,
    clamp_probs,
    is_number,
    lazy_property,
    like_of,
    logits_to_probs,
)
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.nn.binary_cross_entropy import binary_cross_entropy_with_logits
from tcalc.runtime.ops.random.drawing import rand

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("continuous_bernoulli")
class ContinuousBernoulli(Odds, ExponentialFamily):
    """Numbers in [0, 1] of a density in proportion to probs**x * (1 - probs)**(1 - x).

    lims: between which probs a Taylor series stands for formulas that divide by what is nearly 0.

    >>> distributions.ContinuousBernoulli(tensor([0.5])).mean
    tensor([0.5000])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self, probs: Value | None = None, logits: Value | None = None,
        lims: tuple[float, float] = (0.499, 0.501), validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        name, value = either(probs, logits)
        (found,) = broadcast_all(value)
        if name == "probs":
            if validate_args is not None and not ((found >= 0) & (found <= 1)).all():
                raise ValueProblem("The parameter probs has invalid values")
            found = clamp_probs(found)
        if not (isinstance(lims, (tuple, list)) and len(lims) == 2 and all(map(is_number, lims))):
            raise ArgumentError("lims are two numbers", argument="lims")
        self.__dict__.update({name: found, "_lims": tuple(lims)})
        super().__init__(found.shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities, which are those of 1 where only 0 and 1 are counted."""
        return clamp_probs(logits_to_probs(self.logits, True))

    @property
    def mean(self) -> Tensor:
        """In closed form, by a series around 1/2."""
        stable, p = _cut(self)
        far = p / (2.0 * p - 1.0) + 1.0 / _minus_logit(p)
        x = self.probs - 0.5
        return where(stable, far, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x**2) * x)

    @property
    def variance(self) -> Tensor:
        """In closed form, by a series around 1/2."""
        stable, p = _cut(self)
        far = p * (p - 1.0) / (1.0 - 2.0 * p) ** 2 + 1.0 / _minus_logit(p) ** 2
        x = (self.probs - 0.5) ** 2
        return where(stable, far, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Of uniform numbers, by the inverse of the cdf."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """The same with gradients."""
        return self.icdf(rand(extended(self, sample_shape), **like_of(self.probs)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = checked(self, value)
        logits, value = broadcast_all(self.logits, value)
        crossed = binary_cross_entropy_with_logits(logits, value, reduction="none")
        return -crossed + log_norm(self)

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is no greater."""
        value = checked(self, value)
        stable, p = _cut(self)
        far = (p**value * (1.0 - p) ** (1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(stable, far, value)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, inside))

    def icdf(self, value: Tensor) -> Tensor:
        """The value whose cdf is given."""
        value = value_of(value)
        stable, p = _cut(self)
        none = (-p).log1p()
        far = ((-p + value * (2.0 * p - 1.0)).log1p() - none) / (p.log() - none)
        return where(stable, far, value)

    def entropy(self) -> Tensor:
        """In closed form."""
        none, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (none - one) - log_norm(self) - none

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        low, high = self.__dict__["_lims"]
        stable = (x <= low - 0.5) | (x > high - 0.5)
        cut = where(stable, x, low - 0.5)
        far = cut.expm1().abs().log() - cut.abs().log()
        return where(stable, far, 0.5 * x + x**2 / 24.0 - x**4 / 2880.0)


def _minus_logit(p: Tensor) -> Tensor:
    return (-p).log1p() - p.log()


def _cut(dist: ContinuousBernoulli) -> tuple[Tensor, Tensor]:
    """Where the formulas hold, and the probabilities with one of those in the others' place."""
    low, high = dist.__dict__["_lims"]
    probs = dist.probs
    stable = (probs <= low) | (probs > high)
    return stable, where(stable, probs, low)


def log_norm(dist: ContinuousBernoulli) -> Tensor:
    """The logarithm of the factor that makes the density add up to 1."""
    stable, p = _cut(dist)
    below, above = where(p <= 0.5, p, 0.0), where(p >= 0.5, p, 1.0)
    width = where(p <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
    x = (dist.probs - 0.5) ** 2
    near = math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x
    return where(stable, _minus_logit(p).abs().log() - width, near)
