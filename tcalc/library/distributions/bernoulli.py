"""Distributions of single trials: coins, and how many it takes to the first success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import checked, distribution, extended
from tcalc.library.distributions.exp_family import ExponentialFamily
from tcalc.library.distributions.odds import Odds, given, keep
from tcalc.library.distributions.utils import broadcast_all, like_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.nn.binary_cross_entropy import binary_cross_entropy_with_logits
from tcalc.runtime.ops.random.drawing import bernoulli
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("bernoulli")
class Bernoulli(Odds, ExponentialFamily):
    """1 with the probability `probs` (of the log odds `logits`), else 0.

    >>> d = distributions.Bernoulli(tensor([0.3]))
    >>> d.log_prob(tensor([1.])), d.entropy()
    (tensor([-1.2040]), tensor([0.6109]))
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(
        self, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(keep(self, probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """1 or 0, whichever is likelier; nan where neither is."""
        probs = self.probs
        return where(probs == 0.5, float("nan"), (probs >= 0.5).to(probs))

    @property
    def variance(self) -> Tensor:
        """probs * (1 - probs)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Toss."""
        shape = extended(self, sample_shape)
        with no_grad():
            return bernoulli(self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """log(probs) of 1, log(1 - probs) of 0."""
        value = checked(self, value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """Of one toss."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1."""
        return counted_up(2, given(self), self._batch_shape, expand)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.probs.logit(),)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        return x.exp().log1p()


def counted_up(count: int, like: Tensor, batch_shape: Size, expand: bool) -> Tensor:
    """0 … count-1 along a first dim, for each of a batch."""
    values = arange(count, **like_of(like)).view((-1,) + (1,) * len(batch_shape))
    return values.expand((-1, *batch_shape)) if expand else values


@distribution("geometric")
class Geometric(Odds):
    """How many failures come before the first success, where each has the probability `probs`.

    >>> distributions.Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        value = keep(self, probs, logits)
        super().__init__(value.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (value > 0).all():
            raise ValueProblem(
                f"Expected parameter probs ({type(value).__name__} of shape "
                f"{tuple(value.shape)}) of distribution {self!r} to be positive but found invalid "
                f"values:\n{value.detach()[~(value > 0)]}"
            )

    @property
    def mean(self) -> Tensor:
        """1 / probs - 1."""
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        """0."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """(1 - probs) / probs**2."""
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Of uniform numbers, by the inverse of the cdf."""
        shape, probs = extended(self, sample_shape), self.probs
        with no_grad():
            u = probs.new_empty(shape).uniform_(finfo(probs.dtype).tiny, 1)
            return (u.log() / (-probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """value * log(1 - probs) + log(probs)."""
        value, probs = broadcast_all(checked(self, value), self.probs)
        sure = probs.eq(1) & value.eq(0)
        return value * (-where(sure, 0.0, probs)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        """That of a single trial over probs."""
        one = binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return one / self.probs
