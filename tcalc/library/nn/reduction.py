"""What losses as modules share: how many become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.nn.arguments import take
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.nn.reductions import reduction_of_old

if TYPE_CHECKING:
    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor

_HOME = "torch.nn.modules.loss"


@export(f"{_HOME}._Loss", home=_HOME)
class Loss(Module):
    """The base of losses: keeps the reduction.

    reduction: "mean", "sum" or "none"; size_average and reduce are PyTorch's older words for it.
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            old = (("size_average", size_average), ("reduce", reduce))
            reduction = reduction_of_old(
                *[None if given is None else take(self, name, given, "bool") for name, given in old]
            )
        self.reduction: str = reduction


@export(f"{_HOME}._WeightedLoss", home=_HOME)
class WeightedLoss(Loss):
    """The base of losses in which each class, or element, counts by its weight."""

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


# As programs know them.
for _base in (Loss, WeightedLoss):
    _base.__name__ = _base.__qualname__ = f"_{_base.__name__}"


class ElementLoss(Loss):
    """A loss of which nothing is set but the reduction. _function: the op."""

    _function: DefinedOp

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return self._function(input, target, reduction=self.reduction)


class WeightedElementLoss(WeightedLoss):
    """One of which nothing is set but the weight and the reduction. _function: the op."""

    _function: DefinedOp

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return self._function(input, target, weight=self.weight, reduction=self.reduction)
