"""One of many kinds: by its number, or as a vector with a 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.bernoulli import counted_up
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.odds import Odds, either, given
from tcalc.library.distributions.utils import as_tensor, like_of, size_of
from tcalc.library.distributions.vector_constraints import simplex
from tcalc.runtime.ops.create.constant import full
from tcalc.runtime.ops.create.ranges import eye
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.nn.embedding import one_hot
from tcalc.runtime.ops.random.drawing import multinomial
from tcalc.runtime.ops.shape.reshaping import broadcast_tensors
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("categorical")
class Categorical(Odds):
    """The number of one of n kinds: probs, logits: (*, n), which need not add up to 1.

    >>> d = distributions.Categorical(tensor([1., 1., 2.]))
    >>> d.probs, d.log_prob(tensor(2))
    (tensor([0.2500, 0.2500, 0.5000]), tensor(-0.6931))
    """

    arg_constraints = {"probs": simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _binary_ = False

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        name, value = either(probs, logits)
        weights = as_tensor(value)
        if not weights.ndim:
            raise ValueProblem(f"`{name}` parameter must be at least one-dimensional.")
        if name == "probs":
            weights = weights / weights.sum(-1, keepdim=True)
        else:
            weights = weights - weights.logsumexp(-1, keepdim=True)
        self.__dict__[name] = weights
        super().__init__(weights.shape[:-1], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        """0 … n-1."""
        return constraints.integer_interval(0, kinds_of(self) - 1)

    @property
    def mean(self) -> Tensor:
        """nan: the kinds have no order."""
        return full(extended(self, ()), float("nan"), **like_of(self.probs))

    @property
    def mode(self) -> Tensor:
        """The likeliest."""
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        """nan: the kinds have no order."""
        return self.mean

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw numbers of kinds, int64."""
        shape = size_of(sample_shape)
        rows = self.probs.reshape(-1, kinds_of(self))
        drawn = multinomial(rows, shape.numel(), True).T
        return drawn.reshape(extended(self, shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of kinds by their numbers."""
        index = checked(self, value).long().unsqueeze(-1)
        index, logs = broadcast_tensors(index, self.logits)
        return logs.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """-sum(p * log(p))."""
        logits = self.logits
        return -(logits.clamp(min=finfo(logits.dtype).min) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 … n-1."""
        like = given(self).new_empty(0).long()
        return counted_up(kinds_of(self), like, self._batch_shape, expand)


def kinds_of(dist: Categorical) -> int:
    """How many kinds there are."""
    n: int = given(dist).shape[-1]
    return n


class OfKinds(Distribution):
    """One made of a Categorical, which has its parameters."""

    _categorical: Categorical

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


@distribution("one_hot_categorical")
class OneHotCategorical(OfKinds):
    """One of n kinds as a vector of zeros with a 1: probs, logits: (*, n).

    >>> distributions.OneHotCategorical(tensor([0.25, 0.75])).log_prob(tensor([0., 1.]))
    tensor(-0.2877)
    """

    arg_constraints = {"probs": simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True
    _inner_ = ("_categorical",)

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self._categorical = Categorical(probs, logits)
        kinds = self._categorical.param_shape[-1:]
        super().__init__(self._categorical._batch_shape, kinds, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The likeliest."""
        probs = self.probs
        return one_hot(probs.argmax(-1), probs.shape[-1]).to(probs)

    @property
    def variance(self) -> Tensor:
        """probs * (1 - probs)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw vectors with a 1."""
        probs = self.probs
        return one_hot(self._categorical.sample(sample_shape), probs.shape[-1]).to(probs)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of the kind that has the 1."""
        return self._categorical.log_prob(checked(self, value).max(-1)[1])

    def entropy(self) -> Tensor:
        """-sum(p * log(p))."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The rows of the identity."""
        n, batch = self._event_shape[0], self._batch_shape
        values = eye(n, **like_of(given(self._categorical))).view((n, *[1] * len(batch), n))
        return values.expand((n, *batch, n)) if expand else values


@distribution("one_hot_categorical")
class OneHotCategoricalStraightThrough(OneHotCategorical):
    """The same with gradients of samples: those that `probs` in their place would have.

    >>> p = tensor([0.25, 0.75], requires_grad=True)
    >>> distributions.OneHotCategoricalStraightThrough(p).rsample().requires_grad
    True
    """

    has_rsample = True

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw vectors with a 1, which probs get the gradients of."""
        probs = self.probs
        return self.sample(sample_shape) + (probs - probs.detach())
