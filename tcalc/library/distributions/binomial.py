"""Counts of successes: in so many trials, or before so many failures; and of many kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import NotDefined
from tcalc.library.distributions import constraints
from tcalc.library.distributions.bernoulli import counted_up
from tcalc.library.distributions.categorical import Categorical, OfKinds
from tcalc.library.distributions.distribution import (
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.gamma import Gamma
from tcalc.library.distributions.odds import Odds, given, keep_counted
from tcalc.library.distributions.utils import broadcast_all, lazy_property, size_of
from tcalc.library.distributions.vector_constraints import multinomial, simplex
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import ones_like
from tcalc.runtime.ops.elementwise.activation import logsigmoid
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.random.drawing import binomial, poisson
from tcalc.runtime.tensor.nested import tensor_of

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("binomial")
class Binomial(Odds):
    """Successes in `total_count` trials, each of the probability `probs`.

    >>> distributions.Binomial(4, tensor([0.5])).log_prob(tensor([2.])).exp()
    tensor([0.3750])
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True
    total_count: Tensor

    def __init__(
        self, total_count: Value = 1, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        value = keep_counted(self, total_count, probs, logits)
        super().__init__(value.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        """0 … total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        """total_count * probs."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        """The likeliest count; of two, the greater."""
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        """total_count * probs * (1 - probs)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw by rejection, as PyTorch does."""
        shape = extended(self, sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """log of (total_count over value) probs**value (1 - probs)**(total_count - value)."""
        value, n, logits = checked(self, value), self.total_count, self.logits
        # log(1 + exp(logits)), exact at both ends, and 1/2 as the clamps' slope at 0.
        above = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2
        normalizer = n * above + n * (-logits.abs()).exp().log1p() - (n + 1).lgamma()
        return value * logits - (value + 1).lgamma() - (n - value + 1).lgamma() - normalizer

    def entropy(self) -> Tensor:
        """The sum over all counts, where all of the batch have as many trials."""
        _one_count(self, "entropy")
        found = self.log_prob(self.enumerate_support(False))
        return -(found.exp() * found).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 … total_count, where all of the batch have as many trials."""
        count = _one_count(self, "enumerate_support")
        return counted_up(count + 1, given(self), self._batch_shape, expand)


def _one_count(dist: Binomial, what: str) -> int:
    most = int(dist.total_count.max())
    if most != dist.total_count.min():
        raise NotDefined(f"Inhomogeneous total count not supported by `{what}`.")
    return most


@distribution("negative_binomial")
class NegativeBinomial(Odds):
    """Successes of the probability `probs` each before `total_count` failures.

    >>> distributions.NegativeBinomial(2., tensor([0.5])).mean
    tensor([2.])
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    total_count: Tensor

    def __init__(
        self, total_count: Value, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        value = keep_counted(self, total_count, probs, logits)
        super().__init__(value.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """total_count * probs / (1 - probs)."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        """The likeliest count."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        """mean / (1 - probs)."""
        return self.mean / (-self.logits).sigmoid()

    @lazy_property
    def _gamma(self) -> Gamma:
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Poisson counts of gamma distributed rates."""
        with no_grad():
            return poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """log of (total_count + value - 1 over value) (1 - probs)**total_count probs**value."""
        value, n, logits = checked(self, value), self.total_count, self.logits
        unnormalized = n * logsigmoid(-logits) + value * logsigmoid(logits)
        normalizer = -(n + value).lgamma() + (1.0 + value).lgamma() + n.lgamma()
        return unnormalized - normalizer.masked_fill((n + value).eq(0.0), 0.0)


@distribution("multinomial")
class Multinomial(OfKinds):
    """How often each of n kinds comes in `total_count` trials.

    probs, logits: (*, n), as of a Categorical.

    >>> distributions.Multinomial(2, tensor([0.5, 0.5])).log_prob(tensor([1., 1.])).exp()
    tensor(0.5000)
    """

    arg_constraints = {"probs": simplex, "logits": constraints.real_vector}
    total_count: int
    _inner_ = ("_categorical", "_binomial")

    def __init__(
        self, total_count: int = 1, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if type(total_count) is not int:
            raise NotDefined("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits)
        self._binomial = Binomial(total_count, self.probs)
        kinds = self._categorical.param_shape[-1:]
        super().__init__(self._categorical._batch_shape, kinds, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Constraint:
        """Counts that add up to total_count at most."""
        return multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        """total_count * probs."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        """total_count * probs * (1 - probs)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Count what a Categorical draws."""
        shape = size_of(sample_shape)
        drawn = self._categorical.sample((self.total_count, *shape)).movedim(0, -1)
        counts = drawn.new_zeros(extended(self, shape))
        return counts.scatter_add(-1, drawn, ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        """log of the ways to get the counts, and of their probability."""
        value = checked(self, value)
        logits, value = broadcast_all(self.logits, value)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        never = value.eq(0) & logits.eq(float("-inf"))
        return ways + (where(never, 0.0, logits) * value).sum(-1)

    def entropy(self) -> Tensor:
        """Of the trials in order, less that of their orders."""
        n = tensor_of(self.total_count)
        trials = n * self._categorical.entropy() - (n + 1).lgamma()
        counts = self._binomial.enumerate_support(expand=False)[1:]
        chances = self._binomial.log_prob(counts).exp()
        return trials + (chances * (counts + 1).lgamma()).sum([0, -1])
