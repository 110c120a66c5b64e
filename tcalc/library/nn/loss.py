"""Losses as modules: of numbers, of classes, of probabilities and of distributions."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.library.nn.arguments import for_each, layer, take
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.reduction import ElementLoss, Loss, WeightedElementLoss, WeightedLoss
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.nn import likelihoods, losses
from tcalc.runtime.ops.nn.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
)
from tcalc.runtime.ops.nn.cross_entropy import cross_entropy
from tcalc.runtime.ops.nn.ctc import ctc_loss
from tcalc.runtime.ops.nn.linear_cross_entropy import (
    LinearCrossEntropyOptions,
    linear_cross_entropy,
)
from tcalc.runtime.ops.nn.nll_loss import nll_loss
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


# -- of numbers -------------------------------------------------------------------------------


@layer("loss")
class L1Loss(ElementLoss):
    """The mean of the absolute differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none".

    >>> nn.L1Loss()(tensor([1., 2.]), tensor([1., 4.]))
    tensor(1.)
    """

    _function = losses.l1_loss


@layer("loss")
class MSELoss(ElementLoss):
    """The mean of the squared differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none".

    >>> nn.MSELoss()(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """

    _function = losses.mse_loss


@layer("loss")
class SmoothL1Loss(Loss):
    """Squared differences over 2 beta where they are below beta, absolute ones less beta / 2 above.

    >>> nn.SmoothL1Loss(reduction="none")(tensor([1., 2.]), tensor([1.5, 4.]))
    tensor([0.1250, 1.5000])
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", beta: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return losses.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


@layer("loss")
class HuberLoss(Loss):
    """Half of squared differences up to delta, delta times (absolute ones less delta / 2) above.

    >>> nn.HuberLoss("none")(tensor([1., 2.]), tensor([1.5, 4.]))
    tensor([0.1250, 1.5000])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return losses.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


# -- of classes -------------------------------------------------------------------------------


@layer("loss")
class CrossEntropyLoss(WeightedLoss):
    """The negative logarithm of softmax(input) at the target: how badly scores tell the class.

    input: scores (n, classes), (n, classes, *) or (classes). target: class numbers (n), (n, *) or
    (), of int64; or probabilities of the input's shape. weight: how much each class counts.
    ignore_index: a target that does not count. label_smoothing: this part of every target is
    spread evenly over the classes.

    >>> nn.CrossEntropyLoss()(tensor([[2., 0.], [0., 1.]]), tensor([0, 1]))
    tensor(0.2201)
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return cross_entropy(
            input, target, weight=self.weight, ignore_index=self.ignore_index,
            reduction=self.reduction, label_smoothing=self.label_smoothing,
        )  # fmt: skip


@layer("loss")
class NLLLoss(WeightedLoss):
    """The negative of the input at the target class: the loss of logarithms of probabilities.

    input: (n, classes), (n, classes, *) or (classes), target: (n), (n, *) or (), of int64.
    weight: how much each class counts. ignore_index: a target that does not count.

    >>> nn.NLLLoss()(tensor([[-1., -2.], [-3., -4.]]), tensor([0, 1]))
    tensor(2.5000)
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index,
            reduction=self.reduction,
        )  # fmt: skip


@layer("loss")
class NLLLoss2d(NLLLoss):
    """NLLLoss by an older name.

    >>> nn.NLLLoss2d()(-ones(1, 2, 1, 1), tensor([[[0]]]))
    tensor(1.)
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement "
            "and see https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            FutureWarning,
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


@layer("loss")
class LinearCrossEntropyLoss(WeightedLoss):
    """CrossEntropyLoss of scores that a linear layer of its own makes of the input.

    input: (n, in_features) or (in_features), target: class numbers (n, *out_features), or
    probabilities (n, num_classes, *out_features).

    >>> nn.LinearCrossEntropyLoss(3, 4).linear
    Linear(in_features=3, out_features=4, bias=False)
    """

    linear: Linear

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (),
        bias: bool = False, device: Device | None = None, dtype: DType | None = None,
        reduction: str = "mean", weight: Tensor | None = None, ignore_index: int | None = None,
        label_smoothing: float = 0.0, options: LinearCrossEntropyOptions | None = None,
    ) -> None:  # fmt: skip
        super().__init__(weight, reduction=reduction)
        self.num_classes: int = take(self, "num_classes", num_classes, "int")
        self.out_features: tuple[int, ...] = for_each(self, "out_features", out_features, 1)
        self.ignore_index = ignore_index
        self.label_smoothing: float = take(self, "label_smoothing", label_smoothing, "Scalar")
        self.options = options
        if weight is not None and tuple(weight.shape) != (self.num_classes,):
            raise ShapeError(
                f"expected weight shape to be {(self.num_classes,)}, got {tuple(weight.shape)}",
                argument="weight",
            )
        if not 0 <= self.label_smoothing <= 1:
            raise StateError(
                f"expected label_smoothing to be in range [0, 1], got {self.label_smoothing}",
                argument="label_smoothing",
            )
        count = prod(self.out_features, start=self.num_classes)
        self.linear = Linear(in_features, count, bias, device, dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        places = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return linear_cross_entropy(
            input, self.linear.weight.reshape(*places, -1), target,
            linear_bias=None if bias is None else bias.reshape(places), weight=self.weight,
            reduction=self.reduction, ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing, options=self.options,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, "
            f"reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


@layer("loss")
class CTCLoss(Loss):
    """-log of the chance that a sequence of classes over time reads as the target.

    log_probs: (times, n, classes) or (times, classes), logarithms of probabilities. targets: (n, s),
    or all one after the other: class numbers without blanks. input_lengths, target_lengths: (n).
    zero_infinity: 0 for targets that no alignment fits.

    >>> p = tensor([[0.4, 0.6], [0.5, 0.5]])
    >>> nn.CTCLoss()(p.log(), tensor([1]), tensor(2), tensor(1))
    tensor(0.2231)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor
    ) -> Tensor:
        """The loss."""
        return ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
            self.zero_infinity,
        )  # fmt: skip


# -- of probabilities -------------------------------------------------------------------------


@layer("loss")
class BCELoss(WeightedElementLoss):
    """-(target log(input) + (1 - target) log(1 - input)): the loss of probabilities of yes.

    input, target: of one shape, from 0 to 1. weight: broadcasts to them. A logarithm is at least
    -100.

    >>> nn.BCELoss()(tensor([0.5, 0.9]), tensor([0., 1.]))
    tensor(0.3993)
    """

    _function = binary_cross_entropy


@layer("loss")
class BCEWithLogitsLoss(WeightedLoss):
    """The same as BCELoss()(sigmoid(input), target), exact for any input.

    pos_weight: how much a target of 1 counts; it and weight broadcast to the input.

    >>> nn.BCEWithLogitsLoss()(tensor([0., 2.]), tensor([0., 1.]))
    tensor(0.4100)
    """

    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


# -- of distributions -------------------------------------------------------------------------


@layer("loss")
class KLDivLoss(Loss):
    """target (log(target) - input): how far a distribution is from one given by its logarithms.

    reduction: also "batchmean", the sum over the first size. log_target: the target too is given by
    its logarithms.

    >>> nn.KLDivLoss(reduction="batchmean")(tensor([[0.5, 0.5]]).log(), tensor([[1., 0.]]))
    tensor(0.6931)
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", log_target: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return likelihoods.kl_div(
            input, target, reduction=self.reduction, log_target=self.log_target
        )


@layer("loss")
class PoissonNLLLoss(Loss):
    """exp(input) - target input: the loss of a Poisson distribution's logarithmic rate.

    log_input: False for the rate itself, to which eps is added. full: with Stirling's estimate of
    log(target!), for targets above 1.

    >>> nn.PoissonNLLLoss()(tensor([0., 1.]), tensor([1., 2.]))
    tensor(0.8591)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: bool | None = None,
        eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return likelihoods.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps,
            reduction=self.reduction,
        )  # fmt: skip


@layer("loss")
class GaussianNLLLoss(Loss):
    """Half of log(var) + (input - target)² / var: the loss of a normal distribution.

    input: its mean, var: its variance, of the same shape, or one size less or 1 at the end, or a
    number; at least eps. full: with the constant log(2 pi) / 2.

    >>> nn.GaussianNLLLoss()(tensor([1., 2.]), tensor([1., 4.]), tensor([1., 1.]))
    tensor(1.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """The loss."""
        return likelihoods.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )
