"""Numbers that are as likely everywhere between two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
    value_of,
)
from tcalc.library.distributions.utils import broadcast_all, like_of
from tcalc.runtime.ops.random.drawing import rand

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("uniform")
class Uniform(Distribution):
    """Uniform numbers in [low, high).

    >>> d = distributions.Uniform(0., 4.)
    >>> d.mean, d.cdf(tensor(1.))
    (tensor(2.), tensor(0.2500))
    """

    has_rsample = True
    _batched_ = ("low", "high")

    def __init__(self, low: Value, high: Value, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    @property
    def arg_constraints(self) -> Any:
        """low is less than high."""
        return {
            "low": constraints.less_than(self.high), "high": constraints.greater_than(self.low),
        }  # fmt: skip

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """nan: no place is likelier than another."""
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        """(high - low) / sqrt(12)."""
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        """(high - low)**2 / 12."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """low + (high - low) * units."""
        units = rand(extended(self, sample_shape), **like_of(self.low))
        return self.low + units * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(high - low) within, -inf outside."""
        value = checked(self, value)
        inside = (self.low <= value).type_as(self.low) * (self.high > value).type_as(self.low)
        return inside.log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """The share of the way from low to high."""
        way = (checked(self, value) - self.low) / (self.high - self.low)
        return way.clamp(min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        """So far on the way from low to high."""
        return value_of(value) * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """log(high - low)."""
        return (self.high - self.low).log()
