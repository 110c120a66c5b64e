"""A distribution's samples sent through transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.constraints import event_dim_of, need_constraint
from tcalc.library.distributions.distribution import (
    Distribution,
    checked,
    distribution,
    need_distribution,
    value_of,
)
from tcalc.library.distributions.independent import Independent
from tcalc.library.distributions.transform import (
    ComposeTransform,
    Transform,
    codomain_dims,
    domain_dims,
    forward,
    log_slope,
)
from tcalc.library.distributions.utils import need_tensor, size_of, sum_rightmost
from tcalc.runtime.autograd.grad_mode import no_grad

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("transformed_distribution")
class TransformedDistribution(Distribution):
    """What transforms, one after the other, make of a distribution's samples.

    >>> t = distributions.transforms
    >>> base = distributions.Uniform(0., 1.)
    >>> logistic = distributions.TransformedDistribution(base, [t.SigmoidTransform().inv])
    >>> logistic.log_prob(tensor(0.))
    tensor(-1.3863)
    """

    arg_constraints: Any = {}
    _inner_ = ("base_dist",)

    def __init__(
        self, base_distribution: Distribution, transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base, parts = need_distribution(base_distribution), _as_list(transforms)
        own = self.__dict__
        own["transforms"] = parts
        shape = base._batch_shape + base._event_shape
        whole = ComposeTransform(parts)
        taken, given = domain_dims(whole), codomain_dims(whole)
        if len(shape) < taken:
            raise ValueProblem(
                f"base_distribution needs to have shape with size at least {taken}, but got {shape}."
            )
        # A base whose samples the transforms stretch is stretched beforehand.
        forward_shape = size_of(whole.forward_shape(shape))
        stretched = size_of(whole.inverse_shape(forward_shape))
        dims = len(base._event_shape)
        if shape != stretched:
            base = need_distribution(base.expand(stretched[: len(stretched) - dims]))
        if taken > dims:
            base = Independent(base, taken - dims)
        own["base_dist"] = base
        cut = len(forward_shape) - max(given, dims + given - taken)
        super().__init__(forward_shape[:cut], forward_shape[cut:], validate_args=validate_args)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "base_dist":
            value = need_distribution(value)
        elif name == "transforms":
            value = _as_list(value)
        super().__setattr__(name, value)

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Constraint:
        """What the last transform gives."""
        parts = _as_list(self.transforms)
        if not parts:
            return need_constraint(self.base_dist.support)
        found = need_constraint(parts[-1].codomain)
        more = len(self._event_shape) - event_dim_of(found)
        return constraints.independent(found, more) if more > 0 else found

    @property
    def has_rsample(self) -> Any:
        """Whether the base draws with gradients."""
        return self.base_dist.has_rsample

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw from the base and transform."""
        with no_grad():
            return forward(_as_list(self.transforms), self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw from the base and transform, with gradients."""
        return forward(_as_list(self.transforms), self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The base's of what the value came from, less how much the transforms stretch there."""
        y, dims, total = checked(self, value), len(self._event_shape), None
        for part in reversed(_as_list(self.transforms)):
            x = part.inv(y)
            dims += domain_dims(part) - codomain_dims(part)
            slope = log_slope(part, x, y, dims - domain_dims(part))
            total = -slope if total is None else total - slope
            y = x
        base = need_tensor(self.base_dist.log_prob(y), "log_prob")
        last = sum_rightmost(base, dims - len(self.base_dist._event_shape))
        return last if total is None else total + last

    def cdf(self, value: Tensor) -> Tensor:
        """The base's of what the value came from."""
        value = value_of(value)
        for part in reversed(_as_list(self.transforms)):
            value = part.inv(value)
        return self._monotone(self.base_dist.cdf(checked(self.base_dist, value)))

    def icdf(self, value: Tensor) -> Tensor:
        """The base's, transformed."""
        return forward(
            _as_list(self.transforms), self.base_dist.icdf(self._monotone(value_of(value)))
        )

    def _monotone(self, value: Tensor) -> Tensor:
        """A probability counted from the other end where the transforms are decreasing."""
        sign: Any = 1
        for part in _as_list(self.transforms):
            sign = sign * part.sign
        if type(sign) is int and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5


def _as_list(transforms: object) -> list[Transform]:
    if isinstance(transforms, Transform):
        return [transforms]
    if not isinstance(transforms, list):
        raise ValueProblem(f"transforms must be a Transform or list, but was {transforms}")
    if not all(isinstance(t, Transform) for t in transforms):
        raise ValueProblem("transforms must be a Transform or a list of Transforms")
    return transforms
