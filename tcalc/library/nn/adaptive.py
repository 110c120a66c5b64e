"""A softmax over very many classes: frequent ones at once, rare ones by clusters."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.containers import ModuleList, Sequential
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.nn.softmax import log_softmax
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Device, DType


class LogarithmsAndLoss(NamedTuple):
    """The logarithm of each target's probability, and the mean of their negatives."""

    output: Tensor
    loss: Tensor


LogarithmsAndLoss.__name__ = LogarithmsAndLoss.__qualname__ = "_ASMoutput"
LogarithmsAndLoss.__module__ = "torch.nn.modules.adaptive"
# A NamedTuple takes no attribute that begins with _ in its body.
LogarithmsAndLoss._public_ = frozenset(  # type: ignore[attr-defined]  # a class takes any
    {"output", "loss", "count", "index"}
)


@layer("adaptive")
class AdaptiveLogSoftmaxWithLoss(Module):
    """Logarithms of probabilities and loss of classes that are sorted by how frequent they are.

    input: (n, in_features) or (in_features), target: (n) or (), class numbers → output (n) or (),
    loss (). cutoffs: where clusters of classes begin: those below the first are scored with all
    inputs, each cluster only with the inputs whose target is in it, through in_features over
    div_value to the power of its number. head_bias: whether the first scores have a bias.

    >>> m = nn.AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs=[2, 5], div_value=2.)
    >>> m.log_prob(ones(3, 8)).shape
    torch.Size([3, 10])
    """

    _public_ = frozenset({"log_prob", "predict", "reset_parameters"})

    head: Linear
    tail: ModuleList

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
        head_bias: bool = False, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features: int = take(self, "in_features", in_features, "int")
        self.n_classes: int = take(self, "n_classes", n_classes, "int")
        ends = [*_checked(self, list(cutoffs)), self.n_classes]
        self.cutoffs = List(ends)
        self.div_value: float = take(self, "div_value", div_value, "Scalar")
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(self.in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(ends)):
            size = int(self.in_features // self.div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(self.in_features, size, False, device, dtype),
                    Linear(size, high - low, False, device, dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        self.head.reset_parameters()
        for projection in self.tail:
            for linear in projection:
                linear.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> LogarithmsAndLoss:
        """The logarithms of the targets' probabilities, and the loss."""
        input, target = tensor(self, "input_", input_), tensor(self, "target_", target_)
        _check_sizes(input, target)
        if not target.ndim:
            output, loss = self(input.unsqueeze(0), target.unsqueeze(0))
            return LogarithmsAndLoss(output.squeeze(0), loss)
        if anywhere((target < 0) | (target >= self.n_classes)):
            raise StateError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. ",
                argument="target_",
            )
        output, places = input.new_zeros(target.shape), target
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if not rows.numel():
                continue
            scores = log_softmax(self.tail[i](input.index_select(0, rows)), 1)
            own = scores.gather(1, (target[rows] - low).unsqueeze(1)).squeeze(1)
            output = output.index_add(0, rows, own)
            places = places.index_fill(0, rows, self.shortlist_size + i)
        head = log_softmax(self.head(input), 1)
        output = output + head.gather(1, places.unsqueeze(1)).squeeze(1)
        return LogarithmsAndLoss(output, (-output).mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The logarithms of all probabilities: (n, in_features) → (n, n_classes)."""
        head = log_softmax(self.head(input), 1)
        size = self.shortlist_size
        clusters = [
            log_softmax(projection(input), 1) + head[:, size + i : size + i + 1]
            for i, projection in enumerate(self.tail)
        ]
        return cat([head[:, :size], *clusters], 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class: (n, in_features) → (n)."""
        return self.log_prob(input).argmax(1)


def _checked(module: AdaptiveLogSoftmaxWithLoss, cutoffs: Sequence[object]) -> list[int]:
    if not cutoffs:
        raise ValueProblem("cutoffs should be a sequence of length larger than 0",
                           argument="cutoffs")  # fmt: skip
    given = [take(module, "cutoffs", c, "Scalar") for c in cutoffs]
    if (
        any(type(c) is not int for c in given)
        or given != sorted(set(given))
        or given[0] <= 0
        or given[-1] > module.n_classes - 1
    ):
        raise ValueProblem(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
            "order, where each value is between 1 and n_classes-1",
            argument="cutoffs",
        )
    return given


def _check_sizes(input: Tensor, target: Tensor) -> None:
    """Refuse an input and a target that do not fit each other."""
    if target.ndim > 1:
        raise ShapeError("0D or 1D target tensor expected, multi-target not supported",
                         argument="target_")  # fmt: skip
    if target.ndim and input.shape[:1] != target.shape:
        raise ShapeError("Input and target should have the same size in the batch dimension.")
    if input.ndim != target.ndim + 1:
        raise ShapeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with size {input.shape}",
            argument="input_",
        )
