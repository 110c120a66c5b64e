"""How losses become one number: their mean, their sum, or each of them."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.compute import common_dtype
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.types.shapes import broadcast, numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.tensor.tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduction_of(
    reduction: str, size_average: bool | None = None, reduce: bool | None = None
) -> str:
    """The reduction's name, from PyTorch's older arguments where they are given."""
    if size_average is not None or reduce is not None:
        return reduction_of_old(size_average, reduce)
    if reduction == "elementwise_mean":
        warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
        return "mean"
    if reduction not in REDUCTIONS:
        raise ValueProblem(f"{reduction} is not a valid value for reduction",
                           argument="reduction", hint="it is 'mean', 'sum' or 'none'")  # fmt: skip
    return str(reduction)


def reduction_of_old(size_average: bool | None, reduce: bool | None) -> str:
    """The reduction's name that two older arguments stand for; one of them at least is given."""
    if reduce is not None and not reduce:
        found = "none"
    else:
        found = "mean" if size_average is None or size_average else "sum"
    warn(
        f"size_average and reduce args will be deprecated, please use reduction='{found}' instead."
    )
    return found


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The losses' mean or sum, or each of them."""
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss


# -- of ops that reduce what they measure -----------------------------------------------------


def alike(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype that they have in common."""
    if input.dtype is target.dtype:
        return input, target
    common = common_dtype([input, target])
    return input.to(common), target.to(common)


def total(xp: ModuleType, losses: Array, reduction: str) -> Array:
    """The same of arrays, any but of half floats."""
    if reduction == "none":
        return losses
    found = add_up(xp, losses, None)
    return found / losses.size if reduction == "mean" else found


def share(reduction: str, *shapes: tuple[int, ...]) -> float:
    """How much the loss of each element counts, of operands of these shapes."""
    if reduction != "mean":
        return 1.0
    count = numel(broadcast(*shapes))
    return 1 / count if count else nan


def of_examples(batch: Batch) -> Tensor:
    """The rule of an op that reduces the losses of operands which broadcast."""
    rank = max(batch.rank(i) for i in batch.tensors)
    given = {batch.op.params[i].name: batch.aligned(i, rank) for i in batch.tensors}
    how = batch.get("reduction")
    losses = batch.call(**given, reduction="none")
    if how == "none" or not rank:
        return losses
    dims = tuple(range(1, rank + 1))
    return losses.mean(dims) if how == "mean" else losses.sum(dims)
