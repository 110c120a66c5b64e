"""A batch of distributions as one of a larger event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import NotDefined, ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.constraints import need_constraint
from tcalc.library.distributions.distribution import (
    Distribution,
    distribution,
    need_distribution,
    whole,
)
from tcalc.library.distributions.utils import need_tensor, sum_rightmost

if TYPE_CHECKING:
    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("independent")
class Independent(Distribution):
    """A distribution of which the last dims of the batch belong to the event.

    >>> d = distributions.Independent(distributions.Normal(zeros(3), ones(3)), 1)
    >>> d.batch_shape, d.event_shape
    (torch.Size([]), torch.Size([3]))
    >>> d.log_prob(zeros(3))
    tensor(-2.7568)
    """

    arg_constraints: Any = {}
    _inner_ = ("base_dist",)

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base = need_distribution(base_distribution)
        dims = whole("reinterpreted_batch_ndims", reinterpreted_batch_ndims)
        count = len(base._batch_shape)
        if dims > count:
            raise ValueProblem(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), "
                f"actual {dims} vs {count}"
            )
        self.__dict__.update(base_dist=base, reinterpreted_batch_ndims=dims)
        shape, cut = base._batch_shape + base._event_shape, count - dims
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "base_dist":
            value = need_distribution(value)
        elif name == "reinterpreted_batch_ndims":
            value = whole(name, value)
        super().__setattr__(name, value)

    @property
    def has_rsample(self) -> Any:
        """Whether the base draws with gradients."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> Any:
        """Whether the base does, if no dims are taken."""
        return False if self.reinterpreted_batch_ndims else self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Constraint:
        """That of the base, for all of an event."""
        found, dims = need_constraint(self.base_dist.support), self.reinterpreted_batch_ndims
        return constraints.independent(found, dims) if dims else found

    @property
    def mean(self) -> Tensor:
        """That of the base."""
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        """That of the base."""
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        """That of the base."""
        return self.base_dist.variance

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw from the base."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draw from the base, with gradients."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum over an event."""
        found = need_tensor(self.base_dist.log_prob(value), "log_prob")
        return sum_rightmost(found, self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        """The sum over an event."""
        found = need_tensor(self.base_dist.entropy(), "entropy")
        return sum_rightmost(found, self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """That of the base, if no dims are taken."""
        if self.reinterpreted_batch_ndims > 0:
            raise NotDefined("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"
