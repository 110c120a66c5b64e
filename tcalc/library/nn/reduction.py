"""What losses as modules share: how many become one."""

from __future__ import annotations

from typing import Any

from tcalc.library.nn.arguments import take
from tcalc.library.nn.module import Module
from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.ops.nn.reductions import reduction_of_old
from tcalc.runtime.tensor.tensor import Tensor


class Loss(Module):
    """A loss of predictions, one number by default. _function: the op.

    reduction: "mean", "sum" or "none"; size_average and reduce are PyTorch's older words for it.
    """

    _function: DefinedOp

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = reduction_of_old(
                *(
                    None if given is None else take(self, name, given, "bool")
                    for name, given in (("size_average", size_average), ("reduce", reduce))
                )
            )
        self.reduction: str = reduction

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss."""
        return self._function(input, target, reduction=self.reduction)


class WeightedLoss(Loss):
    """A loss in which each class, or element, counts by its weight."""

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss."""
        return self._function(input, target, weight=self.weight, reduction=self.reduction)
