"""How losses become one number: their mean, their sum, or each of them."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ValueProblem
from tcalc.runtime.base.warning import warn

REDUCTIONS = ("none", "mean", "sum")


def reduction_of(reduction: Any, size_average: Any = None, reduce: Any = None) -> str:
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


def reduced(loss: Any, reduction: str) -> Any:
    """The losses' mean or sum, or each of them."""
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss
