"""Losses of distributions: divergences, and likelihoods of Poisson and normal ones."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ValueProblem
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, Array, Data, Scalar
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.elementwise.exponential import xlogy
from tcalc.runtime.ops.elementwise.selection import select
from tcalc.runtime.ops.nn.reductions import reduced, reduction_of
from tcalc.runtime.tensor.tensor import Tensor

_A = [[0.3, 0.8, 0.1], [0.9, 0.55, 0.2]]
_B = [[0.25, 0.4, 0.95], [0.1, 0.6, 0.7]]
_LOGITS = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]

_OTHER_MEAN = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size."
    "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
    "'mean' will be changed to behave the same as 'batchmean' in the next major release."
)


@composite(names=("torch.nn.functional.kl_div",), samples=lambda: [
    ((_LOGITS, _B), {"reduction": "batchmean"}), ((_LOGITS, _LOGITS), {"log_target": True}),
])  # fmt: skip
def kl_div(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", log_target: bool = False,
) -> Array:  # fmt: skip
    """target (log(target) - input): how far a distribution is from one given by its logarithms.

    reduction: "batchmean" divides the sum by the first size. log_target: the target too is given
    by its logarithms.

    >>> nn.functional.kl_div(tensor([[0.5, 0.5]]).log(), tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    batch = reduction == "batchmean"
    if reduction == "mean" and size_average is None and reduce is None:
        warn(_OTHER_MEAN)
    how = reduction_of("sum" if batch else reduction, size_average, reduce)
    losses = (
        target.exp() * (target - input) if log_target else xlogy(target, target) - target * input
    )
    found = reduced(losses, how)
    return found / input.shape[0] if batch and input.ndim else found


@composite(names=("torch.nn.functional.poisson_nll_loss",), samples=lambda: [
    ((_LOGITS, _B), {}), ((_A, [[3.0, 0.5, 2.0], [1.5, 4.0, 0.1]]), {"log_input": False, "full": True}),
])  # fmt: skip
def poisson_nll_loss(
    input: Array, target: Array, log_input: bool = True, full: bool = False,
    size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """exp(input) - target input: the loss of a Poisson distribution's logarithmic rate.

    log_input: False for the rate itself. full: with Stirling's estimate of log(target!), for
    targets above 1.

    >>> nn.functional.poisson_nll_loss(tensor([0., 1.]), tensor([1., 2.]))
    tensor(0.8591)
    """
    how = reduction_of(reduction, size_average, reduce)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        tau = 6.283185307179586
        stirling = target * target.log() - target + 0.5 * (tau * target).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, how)


@composite(names=("torch.nn.functional.gaussian_nll_loss",), samples=lambda: [
    ((_LOGITS, _B, _A), {}), ((_LOGITS, _B, [0.4, 2.0]), {"full": True}),
])  # fmt: skip
def gaussian_nll_loss(
    input: Array, target: Array, var: Data | Scalar, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """(log(var) + (input - target)² / var) / 2: the loss of a normal distribution's mean.

    var: the variance, of the input's shape, or without its last dimension (or 1 there), or a
    number; at least eps. full: with the constant log(2 pi) / 2.

    >>> nn.functional.gaussian_nll_loss(tensor([1., 2.]), tensor([1., 4.]), tensor([1., 1.]))
    tensor(1.)
    """
    how = reduction_of(reduction)
    shape = input.shape
    spread: Any = var if isinstance(var, Tensor) else input._ones() * var
    if has_contents(input._d) and anywhere(spread < 0):
        raise ValueProblem("var has negative entry/entries", argument="var")
    given = spread.shape
    if given != shape:
        if shape[:-1] == given:
            spread = spread.unsqueeze(-1)
        elif not (shape[:-1] == given[:-1] and given[-1:] == (1,)):
            raise ValueProblem("var is of incorrect size", argument="var")
    # Below eps it counts as that, and has a gradient still.
    known = spread.detach()
    spread = select(known < eps, spread + (eps - known), spread)
    losses = 0.5 * (spread.log() + (input - target) ** 2 / spread)
    return reduced(losses + 0.9189385332046727 if full else losses, how)


kl_div.autocast = poisson_nll_loss.autocast = SINGLE
