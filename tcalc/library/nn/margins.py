"""Losses as modules: of pairs, triplets and rankings, with a margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.nn.arguments import layer, take
from tcalc.library.nn.distance import PairwiseDistance
from tcalc.library.nn.reduction import ElementLoss, Loss, WeightedElementLoss, WeightedLoss
from tcalc.runtime.ops.nn import margins
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.call.define import DefinedOp

# -- of scores --------------------------------------------------------------------------------


@layer("loss")
class SoftMarginLoss(ElementLoss):
    """log(1 + exp(-target input)), for targets of 1 and -1.

    >>> nn.SoftMarginLoss()(tensor([0., 2.]), tensor([1., -1.]))
    tensor(1.4100)
    """

    _function = margins.soft_margin_loss


@layer("loss")
class MultiLabelMarginLoss(ElementLoss):
    """By row, the sum of max(0, 1 - a target's score + another's) over all pairs, over classes.

    input, target: (n, classes) or (classes); a row of the target lists class numbers up to the
    first -1.

    >>> nn.MultiLabelMarginLoss()(tensor([[0.1, 0.2]]), tensor([[1, -1]]))
    tensor(0.4500)
    """

    _function = margins.multilabel_margin_loss


@layer("loss")
class MultiLabelSoftMarginLoss(WeightedElementLoss):
    """The mean over classes (the last dimension) of BCEWithLogitsLoss. weight: of each class.

    >>> nn.MultiLabelSoftMarginLoss()(tensor([[0., 2.]]), tensor([[0., 1.]]))
    tensor(0.4100)
    """

    _function = margins.multilabel_soft_margin_loss


@layer("loss")
class MultiMarginLoss(WeightedLoss):
    """By row, the mean over classes of max(0, margin - own score + the class's score)^p.

    input: (n, classes) with target (n), or (classes) with target (): class numbers. p: 1 or 2.
    weight: how much a row of each class counts.

    >>> nn.MultiMarginLoss()(tensor([[0.5, 1.]]), tensor([0]))
    tensor(0.7500)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.p: int = take(self, "p", p, "Scalar")
        self.margin = margin
        if self.p not in (1, 2):
            raise ValueProblem("only p == 1 and p == 2 supported", argument="p")
        if weight is not None and weight.ndim != 1:
            raise ValueProblem(
                f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.ndim}D "
                "instead",
                argument="weight",
            )

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return margins.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight,
            reduction=self.reduction,
        )  # fmt: skip


# -- of pairs ---------------------------------------------------------------------------------


class _OfPairs(Loss):
    """A loss of two inputs and a target of 1 and -1, with a margin. _function: the op."""

    _function: DefinedOp

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return self._function(input1, input2, target, margin=self.margin, reduction=self.reduction)


@layer("loss")
class CosineEmbeddingLoss(_OfPairs):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1.

    input1, input2: (n, d) with target (n), or (d) with target ().

    >>> nn.CosineEmbeddingLoss()(eye(2), eye(2), tensor([1., -1.]))
    tensor(0.5000)
    """

    _function = margins.cosine_embedding_loss


@layer("loss")
class MarginRankingLoss(_OfPairs):
    """max(0, margin - target (input1 - input2)): the first should be greater where the target is 1.

    >>> nn.MarginRankingLoss()(tensor([1., 2.]), tensor([3., 1.]), tensor([1., 1.]))
    tensor(1.)
    """

    _function = margins.margin_ranking_loss


@layer("loss")
class HingeEmbeddingLoss(Loss):
    """The input where the target is 1, max(0, margin - input) where it is -1.

    >>> nn.HingeEmbeddingLoss()(tensor([0.5, 0.25]), tensor([1., -1.]))
    tensor(0.6250)
    """

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return margins.hinge_embedding_loss(
            input, target, margin=self.margin, reduction=self.reduction
        )


# -- of triplets ------------------------------------------------------------------------------


def _margin_of(loss: Loss, margin: float) -> float:
    """The margin by which the negative example must be further away."""
    found: float = take(loss, "margin", margin, "Scalar")
    if not found > 0:
        raise ValueProblem(
            f"{type(loss).__name__}: expected margin to be greater than 0, got {found} instead",
            argument="margin",
        )
    return found


@layer("loss")
class TripletMarginLoss(Loss):
    """max(0, distance to the positive - distance to the negative + margin), by p-norms.

    anchor, positive, negative: (n, d) or (d). swap: the distance from positive to negative counts
    instead of the anchor's where it is less.

    >>> a = zeros(1, 2)
    >>> nn.TripletMarginLoss()(a, tensor([[3., 4.]]), tensor([[0., 1.]]))
    tensor(5.0000)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = _margin_of(self, margin)
        self.swap = swap
        self.p = p
        self.eps = eps

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss."""
        return margins.triplet_margin_loss(
            anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip


@layer("loss")
class TripletMarginWithDistanceLoss(Loss):
    """TripletMarginLoss by any distance of two tensors; PairwiseDistance unless one is given.

    >>> loss = nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1))
    >>> loss(zeros(1, 2), ones(1, 2), zeros(1, 2))
    tensor(3.)
    """

    def __init__(
        self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0, swap: bool = False, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        self.margin = _margin_of(self, margin)
        self.swap = swap
        if distance_function is not None and not callable(distance_function):
            raise ArgumentError(
                f"{type(self).__name__}(): argument 'distance_function' must be callable, not "
                f"{type(distance_function).__name__}",
                argument="distance_function",
            )
        self.distance_function = distance_function or PairwiseDistance()

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss."""
        return margins.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction,
        )  # fmt: skip
