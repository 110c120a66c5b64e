"""Bernoulli and one-hot variables made continuous, so that samples have gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.library.distributions import constraints
from tcalc.library.distributions.categorical import Categorical
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.odds import Odds, keep
from tcalc.library.distributions.transformed_distribution import TransformedDistribution
from tcalc.library.distributions.transforms import ExpTransform, SigmoidTransform
from tcalc.library.distributions.utils import (
    as_tensor,
    broadcast_all,
    clamp_probs,
    is_number,
    like_of,
)
from tcalc.library.distributions.vector_constraints import simplex
from tcalc.runtime.ops.random.drawing import rand
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor


def _temperature(value: Value) -> Value:
    """A number or a tensor."""
    return value if is_number(value) else as_tensor(value)


class _Relaxed(Distribution):
    """What keeps a temperature, a number or a tensor."""

    _hidden_ = frozenset({"_temperature"})
    _temperature: Any

    @property
    def temperature(self) -> Value:
        """The less, the nearer to 0 and 1."""
        return self._temperature


@distribution("relaxed_bernoulli", alone=True)
class LogitRelaxedBernoulli(_Relaxed, Odds):
    """The logits of a RelaxedBernoulli.

    >>> d = distributions.relaxed_bernoulli.LogitRelaxedBernoulli(tensor([1.]), tensor([0.5]))
    >>> d.log_prob(tensor([0.]))
    tensor([-1.3863])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(
        self, temperature: Value, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self._temperature = _temperature(temperature)
        super().__init__(keep(self, probs, logits).shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Logistic noise added to the logits, over the temperature."""
        shape = extended(self, sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        units = clamp_probs(rand(shape, **like_of(probs)))
        logits = units.log() - (-units).log1p() + probs.log() - (-probs).log1p()
        return logits / self._temperature

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = checked(self, value)
        logits, value = broadcast_all(self.logits, value)
        apart = logits - value * self._temperature
        return _log(self._temperature) + apart - 2 * apart.exp().log1p()


def _log(temperature: Any) -> Any:
    return math.log(temperature) if is_number(temperature) else temperature.log()


class _OfBase(TransformedDistribution):
    """What has the parameters of its base."""

    has_rsample = True

    @property
    def temperature(self) -> Value:
        """The less, the nearer to 0 and 1."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logits."""
        return self.base_dist.logits


@distribution("relaxed_bernoulli")
class RelaxedBernoulli(_OfBase):
    """Numbers in (0, 1) with gradients in place of 0 and 1: near those for a low temperature.

    >>> d = distributions.RelaxedBernoulli(tensor([2.]), tensor([0.3]))
    >>> d.rsample().shape
    torch.Size([1])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self, temperature: Value, probs: Value | None = None, logits: Value | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)


@distribution("relaxed_categorical", alone=True)
class ExpRelaxedCategorical(_Relaxed):
    """The logarithm of a RelaxedOneHotCategorical.

    >>> of_logs = distributions.relaxed_categorical.ExpRelaxedCategorical
    >>> of_logs(tensor(1.), tensor([0.5, 0.5])).event_shape
    torch.Size([2])
    """

    arg_constraints = {"probs": simplex, "logits": constraints.real_vector}
    # Numbers whose exponentials add up to 1 are real vectors among others.
    support = constraints.real_vector
    has_rsample = True
    _inner_ = ("_categorical",)

    def __init__(
        self, temperature: Value, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self._categorical = Categorical(probs, logits)
        self._temperature = _temperature(temperature)
        kinds = self._categorical.param_shape[-1:]
        super().__init__(self._categorical._batch_shape, kinds, validate_args=validate_args)

    @property
    def probs(self) -> Tensor:
        """The probabilities of the kinds."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return self._categorical.param_shape

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Gumbel noise added to the logits, over the temperature, normalised."""
        units = clamp_probs(rand(extended(self, sample_shape), **like_of(self.logits)))
        scores = (self.logits - (-units.log()).log()) / self._temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        n = self._event_shape[0]
        value = checked(self, value)
        logits, value = broadcast_all(self.logits, value)
        scores = logits - value * self._temperature
        found = (scores - scores.logsumexp(-1, keepdim=True)).sum(-1)
        return found + (math.lgamma(n) + (n - 1) * _log(self._temperature))


@distribution("relaxed_categorical")
class RelaxedOneHotCategorical(_OfBase):
    """Shares with gradients in place of a vector with a 1: near one for a low temperature.

    >>> d = distributions.RelaxedOneHotCategorical(tensor(2.), tensor([0.3, 0.7]))
    >>> d.rsample().shape
    torch.Size([2])
    """

    arg_constraints = {"probs": simplex, "logits": constraints.real_vector}
    support = simplex

    def __init__(
        self, temperature: Value, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
