"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.categorical import Categorical
from tcalc.library.distributions.constraints import (
    MixtureSameFamilyConstraint,
    need_constraint,
)
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    value_of,
)
from tcalc.library.distributions.utils import need_tensor, size_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.nn.softmax import log_softmax

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("mixture_same_family")
class MixtureSameFamily(Distribution):
    """One of the distributions along the last dim of a batch, chosen by a Categorical.

    >>> parts = distributions.Normal(tensor([-1., 1.]), tensor([1., 1.]))
    >>> d = distributions.MixtureSameFamily(distributions.Categorical(tensor([0.5, 0.5])), parts)
    >>> d.mean, d.variance
    (tensor(0.), tensor(2.))
    """

    arg_constraints: Any = {}
    _inner_ = ("_mixture", "_components")
    _mixture: Categorical
    _components: Distribution

    def __init__(
        self, mixture_distribution: Categorical, component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(mixture_distribution, Categorical):
            raise ValueProblem(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueProblem(
                "The Component distribution needs to be an instance of "
                "torch.distributions.Distribution"
            )
        self._mixture, self._components = mixture_distribution, component_distribution
        chosen, batch = mixture_distribution._batch_shape, component_distribution._batch_shape
        for a, b in zip(reversed(chosen), reversed(batch[:-1])):
            if 1 not in (a, b) and a != b:
                raise ValueProblem(
                    f"`mixture_distribution.batch_shape` ({chosen}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch[:-1]})"
                )
        count = mixture_distribution.logits.shape[-1]
        if not batch or batch[-1] != count:
            raise ValueProblem(
                f"`mixture_distribution component` ({count}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({batch[-1] if batch else 0})"
            )
        super().__init__(batch[:-1], component_distribution._event_shape, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which one is drawn."""
        return self._mixture

    @property
    def component_distribution(self) -> Distribution:
        """Those that are drawn from."""
        return self._components

    @constraints.dependent_property
    def support(self) -> Constraint:
        """What all of them allow."""
        return MixtureSameFamilyConstraint(need_constraint(self._components.support))

    @property
    def mean(self) -> Tensor:
        """The mean of the means."""
        means = need_tensor(self._components.mean, "mean")
        return (self._weights() * means).sum(-1 - len(self._event_shape))

    @property
    def variance(self) -> Tensor:
        """The mean of the variances and the variance of the means."""
        weights, dim = self._weights(), -1 - len(self._event_shape)
        means = need_tensor(self._components.mean, "mean")
        within = (weights * need_tensor(self._components.variance, "variance")).sum(dim)
        return within + (weights * (means - self._pad(self.mean)) ** 2).sum(dim)

    def cdf(self, x: Tensor) -> Tensor:
        """The mean of theirs."""
        found = need_tensor(self._components.cdf(self._pad(value_of(x))), "cdf")
        return (found * self._mixture.probs).sum(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        """The logarithm of the mean of their densities."""
        found = self._components.log_prob(self._pad(checked(self, x)))
        logs = log_softmax(self._mixture.logits, -1)
        return (need_tensor(found, "log_prob") + logs).logsumexp(-1)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw one of each, and take those that are chosen."""
        shape, event = size_of(sample_shape), self._event_shape
        with no_grad():
            chosen = self._mixture.expand(self._batch_shape).sample(shape)
            drawn = need_tensor(self._components.sample(shape), "sample")
            dim = len(shape) + len(self._batch_shape)
            places = chosen.reshape(chosen.shape + (1,) * (len(event) + 1))
            places = places.expand((*chosen.shape, 1, *event))
            return drawn.gather(dim, places).squeeze(dim)

    def _pad(self, value: Tensor) -> Tensor:
        """Values with a dim for the components."""
        return value.unsqueeze(-1 - len(self._event_shape))

    def _weights(self) -> Tensor:
        """The chances of the components beside their values."""
        probs = self._mixture.probs
        return probs.reshape(probs.shape + (1,) * len(self._event_shape))

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture},\n  {self._components})"
