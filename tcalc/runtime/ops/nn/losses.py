"""Losses: how far predictions are from what they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError, StateError, UnsupportedDtype, ValueProblem
from tcalc.runtime.arrays.backend import has_contents, has_elements
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, Array, Data, Scalar
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import composite, elementwise
from tcalc.runtime.ops.elementwise.exponential import xlogy
from tcalc.runtime.ops.elementwise.selection import select
from tcalc.runtime.ops.nn.cross_entropy import check_classes
from tcalc.runtime.ops.nn.reductions import reduced, reduction_of
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from types import ModuleType

_A = [[0.3, 0.8, 0.1], [0.9, 0.55, 0.2]]
_B = [[0.25, 0.4, 0.95], [0.1, 0.6, 0.7]]
_LOGITS = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]


def _samples(*more: Any, **keywords: Any) -> Any:
    return lambda: [((_A, _B, *more), keywords), ((_A, _B), {"reduction": "none", **keywords})]


# -- differences ------------------------------------------------------------------------------


def _slope_of_square(g: Tensor, input: Any, target: Any) -> Any:
    return g * ((input - target) * 2)


@elementwise(name="mse_loss", names=(), node_name="MseLossBackward0")
def _square(xp: ModuleType, input: Array, target: Array) -> Array:
    rest = input - target
    return rest * rest


_square.vjp(
    input=_slope_of_square,
    target=lambda g, input, target: _slope_of_square(g, target, input),
)


@elementwise(name="smooth_l1_loss", names=(),
             node_name="SmoothL1LossBackward0")  # fmt: skip
def _smooth(xp: ModuleType, input: Array, target: Array, beta: float) -> Array:
    rest = xp.abs(input - target)
    near = xp.minimum(rest, beta)
    return near * near * (0.5 / beta) + (rest - near)


def _slope_of_smooth(g: Tensor, input: Any, target: Any, beta: float) -> Any:
    return g * ((input - target) / beta).clamp(-1, 1)


_smooth.vjp(
    input=_slope_of_smooth,
    target=lambda g, input, target, beta: _slope_of_smooth(g, target, input, beta),
)


@elementwise(name="huber_loss", names=(), node_name="HuberLossBackward0")
def _huber(xp: ModuleType, input: Array, target: Array, delta: float) -> Array:
    rest = xp.abs(input - target)
    near = xp.minimum(rest, delta)
    return near * near * 0.5 + (rest - near) * delta


_huber.vjp(
    input=lambda g, input, target, delta: g * (input - target).clamp(-delta, delta),
    target=lambda g, input, target, delta: g * (target - input).clamp(-delta, delta),
)


def _warn_of_broadcast(input: Any, target: Any) -> None:
    """Say where sizes differ: each is then compared with all of the other."""
    if input._d.shape != target._d.shape:
        warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size."
        )


def _no_whole(name: str, input: Any, target: Any) -> None:
    """Refuse to measure integers by integers."""
    if not (input.dtype.is_floating_point or target.dtype.is_floating_point) and not (
        input.dtype.is_complex or target.dtype.is_complex
    ):
        raise UnsupportedDtype(
            f"\"{name}_cpu\" not implemented for '{input.dtype.shorthand}'",
            hint="convert it with .float()",
        )


def _weighted(loss: Any, weight: Any, input: Any, how: str) -> Any:
    """The reduction where each loss counts by its weight."""
    if weight is None:
        return reduced(loss, how)
    if weight.shape != input.shape:
        raise ValueProblem("Weights and input must have the same size.", argument="weight")
    found = loss * weight
    return found.sum() / weight.sum() if how == "mean" else reduced(found, how)


@composite(names=("torch.nn.functional.mse_loss",), samples=_samples())
def mse_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Array = None,
) -> Array:  # fmt: skip
    """The mean of the squared differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none". weight: of
    the input's shape, how much each counts.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    _no_whole("mse", input, target)
    return _weighted(_square(input, target), weight, input, how)


@composite(names=("torch.nn.functional.l1_loss",), samples=_samples())
def l1_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Array = None,
) -> Array:  # fmt: skip
    """The mean of the absolute differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none". weight: of
    the input's shape, how much each counts.

    >>> nn.functional.l1_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(1.)
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    return _weighted((input - target).abs(), weight, input, how)


@composite(names=("torch.nn.functional.smooth_l1_loss",), samples=_samples(beta=0.5))
def smooth_l1_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Array:  # fmt: skip
    """Squared differences over 2 beta where they are below beta, absolute ones less beta / 2 above.

    >>> nn.functional.smooth_l1_loss(tensor([1., 2.]), tensor([1.5, 4.]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    if beta < 0:
        raise StateError("smooth_l1_loss does not support negative values for beta.",
                         argument="beta")  # fmt: skip
    if beta == 0:
        return reduced((input - target).abs(), how)
    _no_whole("smooth_l1", input, target)
    return reduced(_smooth(input, target, beta), how)


@composite(names=("torch.nn.functional.huber_loss",), samples=_samples(delta=0.5))
def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0,
    weight: Array = None,
) -> Array:  # fmt: skip
    """Half of squared differences up to delta, delta times (absolute ones less delta / 2) above.

    >>> nn.functional.huber_loss(tensor([1., 2.]), tensor([1.5, 4.]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    how = reduction_of(reduction)
    _warn_of_broadcast(input, target)
    if delta <= 0:
        raise StateError("huber_loss does not support non-positive values for delta.",
                         argument="delta")  # fmt: skip
    _no_whole("huber", input, target)
    losses = _huber(input, target, delta)
    if how == "mean" and weight is not None:  # of all weighted losses, unlike elsewhere
        return _weighted(losses, weight, input, "none").mean()
    return _weighted(losses, weight, input, how)


# -- probabilities ----------------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.nll_loss",),
    samples=lambda: [((_LOGITS, _classes(2, 0)), {}),
                     ((_LOGITS, _classes(2, -100), [0.5, 1.0, 2.0]), {"reduction": "sum"})],
)  # fmt: skip
def nll_loss(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, ignore_index: int = -100, reduce: bool | None = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """The negative of the input at the target class: the loss of logarithms of probabilities.

    input: (n, classes), (n, classes, *) or (classes), target: (n), (n, *) or (), of int64 or uint8.
    weight: how much each class counts. The mean is over what the classes count.

    >>> nn.functional.nll_loss(tensor([[-1., -2.], [-3., -4.]]), tensor([0, 1]))
    tensor(2.5000)
    """
    how = reduction_of(reduction, size_average, reduce)
    dim = check_classes(input, target, weight)
    at = target.long()
    valid = at != ignore_index
    own = at.masked_fill(~valid, 0)
    classes = input.shape[dim]
    if has_elements(input._a):
        outside = (own < 0) | (own >= classes)
        if anywhere(outside):
            raise _outside(own, outside, classes)
    losses = -input.gather(dim, own.reshape(_with_one(input.shape, dim))).reshape(own.shape)
    counts = valid.to(input.dtype) if weight is None else weight[own] * valid
    losses = select(valid, losses * counts, 0.0)
    if how == "mean":
        return losses.sum() / counts.sum()
    return reduced(losses, how)


def _classes(*numbers: int) -> Any:
    import numpy as np

    return np.array(numbers)


def _with_one(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], 1, *shape[dim + 1 :])


def _outside(own: Any, outside: Any, classes: int) -> Exception:
    from tcalc.errors import DimError

    return DimError(f"Target {own[outside][0].item()} is out of bounds.", argument="target",
                    hint=f"there are {classes} classes")  # fmt: skip


@elementwise(name="binary_cross_entropy", names=(),
             node_name="BinaryCrossEntropyBackward0")  # fmt: skip
def _of_odds(xp: ModuleType, input: Array, target: Array) -> Array:
    # Logarithms of 0 count as -100.
    yes, no = xp.maximum(xp.log(input), -100), xp.maximum(xp.log1p(-input), -100)
    return ((target - 1) * no - target * yes).astype(input.dtype)


_of_odds.vjp(
    input=lambda g, input, target: g * ((input - target) / ((1 - input) * input).clamp(min=1e-12)),
    target=lambda g, input: g * ((-input).log1p() - input.log()),
)


@composite(names=("torch.nn.functional.binary_cross_entropy",),
           samples=_samples([[1.0, 2.0, 0.5], [0.5, 1.0, 1.5]]))  # fmt: skip
def binary_cross_entropy(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """-(target log(input) + (1 - target) log(1 - input)): the loss of probabilities of yes.

    input, target: of one shape, from 0 to 1. weight: broadcasts to them. A logarithm is at least
    -100.

    >>> nn.functional.binary_cross_entropy(tensor([0.5, 0.9]), tensor([0., 1.]))
    tensor(0.3993)
    """
    how = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueProblem(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size.",
            argument="target",
        )
    if target.dtype is not input.dtype:
        raise DtypeError(
            f"Found dtype {target.dtype.shorthand} but expected {input.dtype.shorthand}",
            argument="target", hint=f"convert it with .to({input.dtype.name})",
        )  # fmt: skip
    if has_contents(input._d):
        if anywhere(~((input >= 0) & (input <= 1))):
            raise StateError("all elements of input should be between 0 and 1", argument="input",
                             hint="binary_cross_entropy_with_logits takes any number")  # fmt: skip
        if anywhere(~((target >= 0) & (target <= 1))):
            raise StateError("all elements of target should be between 0 and 1",
                             argument="target")  # fmt: skip
    losses = _of_odds(input, target)
    return reduced(losses if weight is None else losses * weight, how)


@elementwise(name="binary_cross_entropy_with_logits", names=(),
             node_name="BinaryCrossEntropyWithLogitsBackward0")  # fmt: skip
def _of_logits(xp: ModuleType, input: Array, target: Array) -> Array:
    return (
        xp.maximum(input, 0) - input * target + xp.log1p(xp.exp(-xp.abs(input)))
    ).astype(input.dtype)  # fmt: skip


_of_logits.vjp(
    input=lambda g, input, target: g * (input.sigmoid() - target),
    target=lambda g, input: g * -input,
)


@composite(names=("torch.nn.functional.binary_cross_entropy_with_logits",), samples=lambda: [
    ((_LOGITS, _B), {}),
    ((_LOGITS, _B, [1.0, 2.0, 0.5]), {"pos_weight": [0.5, 3.0, 1.0]}),
])  # fmt: skip
def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    pos_weight: Array = None,
) -> Array:  # fmt: skip
    """The same as binary_cross_entropy(sigmoid(input), target), exact for any input.

    pos_weight: how much a target of 1 counts; it and weight broadcast to the input.

    >>> nn.functional.binary_cross_entropy_with_logits(tensor([0., 2.]), tensor([0., 1.]))
    tensor(0.4100)
    """
    how = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueProblem(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})",
            argument="target",
        )
    if pos_weight is None:
        losses = _of_logits(input, target)
    else:
        counts = (pos_weight - 1) * target + 1
        losses = (1 - target) * input + counts * _of_logits(input, input._ones())
    return reduced(losses if weight is None else losses * weight, how)


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
    floor = spread.detach().clamp(min=eps)
    spread = spread + (floor - spread.detach())
    losses = 0.5 * (spread.log() + (input - target) ** 2 / spread)
    return reduced(losses + 0.9189385332046727 if full else losses, how)


for _op in (
    mse_loss,
    l1_loss,
    smooth_l1_loss,
    huber_loss,
    nll_loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    kl_div,
    poisson_nll_loss,
):
    _op.autocast = SINGLE
