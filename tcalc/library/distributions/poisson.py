"""Counts of events that happen at a rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import checked, distribution, extended
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.utils import broadcast_all
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.random.drawing import poisson

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("poisson")
class Poisson(ExponentialFamily):
    """Counts of events that happen at the rate `rate`.

    >>> distributions.Poisson(2.).log_prob(tensor(2.)).exp()
    tensor(0.2707)
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Value, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """rate."""
        return self.rate

    @property
    def mode(self) -> Tensor:
        """The rate rounded down."""
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        """rate."""
        return self.rate

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw, as floats of the rate's dtype."""
        shape = extended(self, sample_shape)
        with no_grad():
            return poisson(self.rate.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """value * log(rate) - rate - log(value!)."""
        value = checked(self, value)
        rate, value = broadcast_all(self.rate, value)
        return value.xlogy(rate) - rate - (value + 1).lgamma()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.rate.log(),)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        return x.exp()
