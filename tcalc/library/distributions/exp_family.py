"""Exponential families, whose entropy and divergence follow from the log normalizer's gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import NotDefined
from tcalc.library.distributions.distribution import Distribution, distribution
from tcalc.runtime.ops.gradients import torch_grad

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


@distribution("exp_family")
class ExponentialFamily(Distribution):
    """The base of distributions of the density exp(<t(x), theta> - F(theta) + k(x)).

    Classes that derive from it give theta (`_natural_params`), F (`_log_normalizer`) and the
    expected k (`_mean_carrier_measure`); then the entropy is known.
    """

    _public_ = frozenset({"_log_normalizer", "_mean_carrier_measure", "_natural_params"})

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotDefined(f"{type(self)} does not define _natural_params")

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise NotDefined(f"{type(self)} does not define _log_normalizer")

    @property
    def _mean_carrier_measure(self) -> float:
        raise NotDefined(f"{type(self)} does not define _mean_carrier_measure")

    def entropy(self) -> Tensor:
        """F(theta) - <theta, F'(theta)> - the expected k."""
        params, normalizer, slopes = normalizer_and_slopes(self)
        result = normalizer - self._mean_carrier_measure
        for param, slope in zip(params, slopes):
            result = result - (param * slope).reshape((*self._batch_shape, -1)).sum(-1)
        return result


def normalizer_and_slopes(
    dist: ExponentialFamily,
) -> tuple[list[Tensor], Tensor, tuple[Tensor, ...]]:
    """The natural parameters as new leaves, the log normalizer of them and its gradients."""
    params = [p.detach().requires_grad_() for p in dist._natural_params]
    normalizer = dist._log_normalizer(*params)
    return params, normalizer, torch_grad(normalizer.sum(), params, create_graph=True)
