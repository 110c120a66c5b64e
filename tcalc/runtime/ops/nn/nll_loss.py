"""The negative logarithm of a probability at the class that it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tcalc.errors import AutogradError, DimError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.op import SINGLE, Array, on_arrays
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.nn.cross_entropy import check_classes
from tcalc.runtime.ops.nn.few_rows import are_few, is_plain, own_places
from tcalc.runtime.ops.nn.reductions import reduction_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.tensor.tensor import Tensor

_LOGITS = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]


def _own(
    xp: ModuleType, target: Array, weight: Array, ignored: int, dtype: np.dtype[np.generic]
) -> tuple[Array, Array, Array]:
    """Which targets count, their classes (0 for the others) and how much each counts."""
    at = target.astype(xp.int64, copy=False)
    valid = at != ignored
    own = xp.where(valid, at, 0)
    factors = valid.astype(dtype)
    return valid, own, factors if weight is None else xp.where(valid, weight[own], factors)


def _places(xp: ModuleType, own: Array) -> tuple[Array, ...]:
    """The indices of the classes among (n, classes) or (n, classes, places)."""
    rows = xp.arange(own.shape[0])
    return (rows, own) if own.ndim == 1 else (rows[:, None], own, xp.arange(own.shape[1]))


def _picked(
    xp: ModuleType, input: Array, target: Array, weight: Array = None, reduction: str = "mean",
    ignore_index: int = -100,
) -> Array:  # fmt: skip
    """The loss, and what a mean is divided by. input: (n, classes) or (n, classes, places)."""
    one = xp.asarray(1, input.dtype)
    if not has_contents(input):
        return xp.empty(target.shape if reduction == "none" else (), input.dtype), one
    classes = input.shape[1]
    few = xp is np and weight is None and are_few(input, ignore_index)
    if few and is_plain(input, target):
        losses = input[own_places(input, target)]
        np.negative(losses, losses)
        if reduction == "none":
            return losses, one
        if reduction == "mean":
            one = np.array(len(losses), input.dtype)
        return add_up(xp, losses, None) / one, one
    valid, own, factors = _own(xp, target, weight, ignore_index, input.dtype)
    outside = (own < 0) | (own >= classes)
    if bool(outside.any()):
        raise DimError(f"Target {int(own[outside][0])} is out of bounds.", argument="target",
                       hint=f"there are {classes} classes")  # fmt: skip
    losses = xp.where(valid, -input[_places(xp, own)] * factors, one * 0)
    if reduction == "none":
        return losses, one
    divisor = add_up(xp, factors, None) if reduction == "mean" else one
    return add_up(xp, losses, None) / divisor, divisor


# PyTorch calls the node of what has further dims by another name.
_of_rows = kernel(name="nll_loss", names=(), node_name="NllLossBackward0")(_picked)
_of_places = kernel(name="nll_loss2d", names=(), node_name="NllLoss2DBackward0")(_picked)


@on_arrays
def _slope(
    g: Sequence[Any],
    target: Tensor | Array,
    weight: Tensor | Array | None,
    aux: Sequence[Any],
    ignore_index: int,
    input_shape: tuple[int, ...],
) -> Tensor | Array:
    if type(target) is np.ndarray:
        return _spread.kernel(np, g[0], aux[0], target, weight, ignore_index, input_shape)
    return _spread(g[0], aux[0], target, weight, ignore_index, input_shape)


@kernel(name="nll_loss_backward", names=())
def _spread(
    xp: ModuleType, g: Array, divisor: Array, target: Array, weight: Array = None,
    ignore_index: int = -100, shape: tuple[int, ...] = (),
) -> Array:  # fmt: skip
    """The gradient: 0 but at the targets' classes."""
    made = xp.zeros(shape, g.dtype)
    few = xp is np and weight is None and are_few(made, ignore_index)
    if few and is_plain(made, target):
        made[own_places(made, target)] = -(g / divisor)
    elif has_contents(g):
        valid, own, factors = _own(xp, target, weight, ignore_index, g.dtype)
        made[_places(xp, own)] = xp.where(valid, -factors * (g / divisor), g.dtype.type(0))
    return made


# It is linear, and back from it leads the way there.
_spread.vjp(
    g=lambda g, divisor, target, weight, ignore_index: (
        _of_rows(g, target, weight, "none", ignore_index)[0] / divisor
    )
)


@on_arrays
def _no_gradient(g: Tensor) -> NoReturn:
    raise AutogradError(
        "The function 'nll_loss_forward' is not differentiable with respect to argument 'weight'. "
        "This input cannot have requires_grad True: the derivative is not implemented"
    )


for _op in (_of_rows, _of_places):
    _op.vjp(input=_slope, weight=_no_gradient)
    _op.leads = True
    _op.holds = _op.ties = ("input",)


@composite(
    names=("torch.nn.functional.nll_loss",),
    samples=lambda: [
        ((_LOGITS, np.array([2, 0])), {}),
        ((_LOGITS, np.array([2, -100]), [0.5, 1.0, 2.0]), {"reduction": "sum"}),
        (([_LOGITS, _LOGITS], np.array([[1, 0, 1], [0, 1, 1]]), [0.5, 2.0]), {"reduction": "none"}),
    ],
)
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
    check_classes(input, target, weight)
    settings = weight, how, ignore_index
    if input.ndim <= 2:
        flat = input if input.ndim == 2 else input.unsqueeze(0)
        losses = _of_rows(flat, target.reshape(flat.shape[:1]), *settings)[0]
    else:
        losses = _of_places(input.flatten(2), target.flatten(1), *settings)[0]
    if how != "none" or losses._d.shape == target._d.shape:
        return losses
    return losses.reshape(target.shape)


# -- batches ----------------------------------------------------------------------------------


def _of_examples(batch: Batch) -> tuple[Tensor, Tensor]:
    """Rows of all calls are rows of one."""
    input, target = batch.whole(0), batch.whole(1)
    how = batch.get("reduction")
    losses, one = batch.call(
        input=input.flatten(0, 1), target=target.flatten(0, 1), weight=None, reduction="none"
    )
    losses = losses.reshape(target.shape)
    valid = target != batch.get("ignore_index")
    factors = valid.to(losses.dtype)
    weight = batch.get("weight")
    if weight is not None:
        own = target.masked_fill(~valid, 0).long()
        found = weight.gather(1, own.flatten(1)) if batch.has("weight") else weight[own]
        factors = factors * found.reshape(own.shape)
        losses = (losses * factors).masked_fill(~valid, 0)
    if how == "none":
        return losses, one.expand(batch.size)
    total = losses.flatten(1).sum(1)
    if how == "sum":
        return total, one.expand(batch.size)
    divisor = factors.flatten(1).sum(1)
    return total / divisor, divisor


def _slopes_of_examples(batch: Batch) -> Tensor:
    """The same of gradients."""
    g, divisor, target = map(batch.whole, range(3))
    ones = (1,) * batch.rank(2)
    share = (g if batch.rank(0) else g.reshape(-1, *ones)) / divisor.reshape(-1, *ones)
    share = share.expand(target.shape)
    weight = batch.get("weight")
    if batch.has("weight"):
        own = target.masked_fill(target == batch.get("ignore_index"), 0).long()
        share, weight = share * weight.gather(1, own.flatten(1)).reshape(own.shape), None
    count, *rest = batch.get("shape")
    found = batch.call(
        g=share.flatten(0, 1), divisor=divisor[0]._ones(), target=target.flatten(0, 1),
        weight=weight, shape=(batch.size * count, *rest),
    )  # fmt: skip
    return found.reshape(batch.size, count, *rest)


_of_rows.batch = _of_places.batch = _of_examples
_spread.batch = _slopes_of_examples


nll_loss.autocast = SINGLE
