"""Losses of pairs, triplets and rankings: similarity and distance with a margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, Array, Function
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.elementwise.activation import logsigmoid
from tcalc.runtime.ops.elementwise.exponential import exp
from tcalc.runtime.ops.elementwise.selection import select
from tcalc.runtime.ops.nn.reductions import alike, of_examples, reduced, reduction_of, share, total
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import HALVES
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_A = [[0.3, 0.8, 0.1], [0.9, -0.55, 0.2]]
_B = [[0.25, -0.4, 0.95], [0.1, 0.6, 0.7]]
_C = [[-0.5, 0.3, 0.4], [0.8, -0.2, 1.1]]
_SIGNS = [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]]


# -- similarity and distance ------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.cosine_similarity", "torch.cosine_similarity"),
    samples=lambda: [((_A, _B), {}), ((_A, _B), {"dim": 0}), (([_A], [[_C[0]]]), {"dim": -1})],
)
def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """The cosine of the angle between vectors: their product over the product of their lengths.

    x1, x2: of shapes that broadcast → that shape without `dim`. Lengths below eps count as eps.

    >>> nn.functional.cosine_similarity(tensor([[1., 0.]]), tensor([[1., 1.]]))
    tensor([0.7071])
    """
    if x1.shape != x2.shape:
        shape = broadcast(x1.shape, x2.shape)
        x1, x2 = x1.expand(shape), x2.expand(shape)
    return (x1 / _length(x1, dim, eps) * (x2 / _length(x2, dim, eps))).sum(dim)


def _length(x: Tensor, dim: int, eps: float) -> Tensor:
    return x.norm(2, dim, True).clamp(min=eps)


@composite(
    names=("torch.nn.functional.pairwise_distance", "torch.pairwise_distance"),
    samples=lambda: [((_A, _B), {}), ((_A, _B, 3.0), {"keepdim": True}), ((_A, _B, 1.0), {})],
)
def pairwise_distance(
    x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Array:
    """The p-norm of x1 - x2 + eps along the last dimension.

    >>> nn.functional.pairwise_distance(tensor([[0., 0.]]), tensor([[3., 4.]]))
    tensor([5.0000])
    """
    return (x1 - x2 + eps).norm(p, -1, keepdim)


# -- losses -----------------------------------------------------------------------------------


@composite(names=("torch.nn.functional.cosine_embedding_loss",), samples=lambda: [
    ((_A, _B, [1.0, -1.0]), {"margin": -0.5}), ((_A[0], _B[0], 1.0), {}),
])  # fmt: skip
def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1.

    input1, input2: (n, d) with target (n), or (d) with target ().

    >>> nn.functional.cosine_embedding_loss(eye(2), eye(2), tensor([1., -1.]))
    tensor(0.5000)
    """
    how = reduction_of(reduction, size_average, reduce)
    dims = target.ndim
    if dims not in (0, 1) or input1.ndim != dims + 1 or input2.ndim != dims + 1:
        raise ShapeError(
            f"{dims}D target tensor expects {dims + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
            if dims in (0, 1)
            else "0D or 1D target tensor expected, multi-target not supported"
        )
    eps = 1e-12
    product = (input1 * input2).sum(dims)
    lengths = ((input1 * input1).sum(dims) + eps) * ((input2 * input2).sum(dims) + eps)
    cosine = product / lengths.sqrt()
    together = (1 - cosine).masked_fill(target != 1, 0)
    apart = (cosine - margin).clamp_min(0).masked_fill(target != -1, 0)
    return reduced(together + apart, how)


@composite(names=("torch.nn.functional.hinge_embedding_loss",),
           samples=lambda: [((_A, _SIGNS), {})])  # fmt: skip
def hinge_embedding_loss(
    input: Array, target: Array, margin: float = 1.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """The input where the target is 1, max(0, margin - input) where it is -1.

    >>> nn.functional.hinge_embedding_loss(tensor([0.5, 0.25]), tensor([1., -1.]))
    tensor(0.6250)
    """
    how = reduction_of(reduction, size_average, reduce)
    far = (margin - input).clamp_min(0).masked_fill(target == 1, 0)
    return reduced(far + input.masked_fill(target == -1, 0), how)


@composite(names=("torch.nn.functional.margin_ranking_loss",),
           samples=lambda: [((_A, _B, _SIGNS), {"margin": 0.1})])  # fmt: skip
def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """max(0, margin - target (input1 - input2)): the first should be greater where the target is 1.

    >>> nn.functional.margin_ranking_loss(tensor([1., 2.]), tensor([3., 1.]), tensor([1., 1.]))
    tensor(1.)
    """
    how = reduction_of(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: "
            f"{target.shape} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), how)


@kernel(
    name="soft_margin_loss",
    names=(),
    node_name="SoftMarginLossBackward0",
    deferred=True,
    upcast_halves=False,
)
def _soft_margin(xp: ModuleType, input: Array, target: Array, reduction: str) -> Array:
    powers = -input * target
    # Halves are rounded at each step, as PyTorch does: what leaves their range is infinite.
    if powers.dtype.char not in HALVES:
        return total(xp, xp.log1p(exp.kernel(xp, powers)), reduction)
    losses = xp.log1p(xp.exp(powers))
    return total(xp, losses.astype(xp.float32), reduction).astype(losses.dtype)


def _slope_of_soft_margin(g: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    slope = -target * (-input * target).sigmoid()
    return g * (slope * share(reduction, input.shape, target.shape))


_soft_margin.vjp(
    input=_slope_of_soft_margin,
    target=lambda g, input, target, reduction: _slope_of_soft_margin(g, target, input, reduction),
)
_soft_margin.batch = of_examples


@composite(names=("torch.nn.functional.soft_margin_loss",),
           samples=lambda: [((_A, _SIGNS), {})])  # fmt: skip
def soft_margin_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """log(1 + exp(-target input)), for targets of 1 and -1.

    >>> nn.functional.soft_margin_loss(tensor([0., 2.]), tensor([1., -1.]))
    tensor(1.4100)
    """
    how = reduction_of(reduction, size_average, reduce)
    if input._d.shape != target._d.shape:
        broadcast(input._d.shape, target._d.shape)
    return _soft_margin(*alike(input, target), how)


def _class_numbers(*numbers: object) -> Array:
    import numpy as np

    return np.array(numbers)


def _above_0(margins: Tensor) -> Tensor:
    """Those above 0, else 0: of nan too, as PyTorch's."""
    return select(margins > 0, margins, 0.0)


@composite(names=("torch.nn.functional.multi_margin_loss",), samples=lambda: [
    ((_A, _class_numbers(0, 2)), {}), ((_A, _class_numbers(0, 2), 2, 0.5, [1.0, 2.0, 0.5]), {}),
    ((_A[0], _class_numbers(1)), {}),
])  # fmt: skip
def multi_margin_loss(
    input: Array, target: Array, p: int = 1, margin: float = 1.0,
    weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """By row, the mean over classes of max(0, margin - own score + the class's score)^p.

    input: (n, classes) with target (n), or (classes) or () with target () or (1): class numbers.
    The own class adds nothing. p: 1 or 2. weight: how much a row of each class counts.

    >>> nn.functional.multi_margin_loss(tensor([[0.5, 1.]]), tensor([0]))
    tensor(0.7500)
    """
    how = reduction_of(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueProblem("only p == 1 and p == 2 supported", argument="p")
    if weight is not None and weight.ndim != 1:
        raise ValueProblem("weight must be one-dimensional", argument="weight")
    shape = input.shape
    rows = input if len(shape) == 2 else input.reshape(1, -1)
    own = target.reshape(-1)
    if len(shape) > 2 or own.shape[0] != rows.shape[0] or target.ndim > 1:
        raise ShapeError(
            f"inconsistent target size, expected {rows.shape[0]} class numbers but got "
            f"{list(target.shape)}",
            argument="target",
        )
    classes = rows.shape[1]
    if has_contents(input._d) and anywhere((own < 0) | (own >= classes)):
        raise StateError("target out of range", argument="target")
    at = own.unsqueeze(1)
    margins = _above_0(margin - rows.gather(1, at) + rows)
    if p == 2:
        margins = margins * margins
    if weight is not None:
        margins = margins * weight[own].unsqueeze(1)
    losses = margins.scatter(1, at, 0.0).sum(1) / classes
    if len(shape) < 2 and how == "none":
        return losses.squeeze(0)
    return reduced(losses, how)


@composite(names=("torch.nn.functional.multilabel_margin_loss",), samples=lambda: [
    ((_A, _class_numbers([0, -1, 1], [1, 2, -1])), {}), ((_A[0], _class_numbers(2, 0, -1)), {}),
])  # fmt: skip
def multilabel_margin_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """By row, the sum of max(0, 1 - a target's score + another's) over all pairs, over classes.

    input, target: (n, classes), (classes), or () for one class; a row of the target lists class
    numbers up to the first -1.

    >>> nn.functional.multilabel_margin_loss(tensor([[0.1, 0.2]]), tensor([[1, -1]]))
    tensor(0.4500)
    """
    how = reduction_of(reduction, size_average, reduce)
    shape = input.shape
    single = len(shape) < 2 and target.ndim < 2
    if len(shape) > 2 or (target.numel() != input.numel() if single else target.shape != shape):
        raise ShapeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(shape)}",
            argument="target",
        )
    classes = shape[-1] if shape else 1
    rows, numbers = input.reshape(-1, classes), target.reshape(-1, classes)
    if has_contents(input._d) and anywhere((numbers < -1) | (numbers >= classes)):
        raise StateError("target out of range", argument="target")
    listed = (numbers >= 0).long().cumprod(1).bool()
    at = numbers.masked_fill(~listed, 0)
    # (n, classes): whether a class is among the row's targets
    among = at._zeros().scatter_add(1, at, listed.long()) > 0
    own = rows.gather(1, at)
    margins = _above_0(1 - own.unsqueeze(2) + rows.unsqueeze(1))
    counted = listed.unsqueeze(2) & ~among.unsqueeze(1)
    losses = margins.masked_fill(~counted, 0).sum((1, 2)) / classes
    if len(shape) < 2 and how == "none":
        return losses.squeeze(0)
    return reduced(losses, how)


@composite(names=("torch.nn.functional.multilabel_soft_margin_loss",), samples=lambda: [
    ((_A, [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]), {}), ((_A, _B, [1.0, 2.0, 0.5]), {}),
])  # fmt: skip
def multilabel_soft_margin_loss(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """The mean over classes (the last dimension) of binary_cross_entropy_with_logits.

    weight: how much each class counts.

    >>> nn.functional.multilabel_soft_margin_loss(tensor([[0., 2.]]), tensor([[0., 1.]]))
    tensor(0.4100)
    """
    how = reduction_of(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.mean(-1), how)


@composite(names=("torch.nn.functional.triplet_margin_loss",), samples=lambda: [
    ((_A, _B, _C), {}), ((_A, _B, _C), {"swap": True, "p": 3.0, "margin": 0.5}),
])  # fmt: skip
def triplet_margin_loss(
    anchor: Array, positive: Array, negative: Array, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """max(0, distance to the positive - distance to the negative + margin), by p-norms.

    swap: the distance from positive to negative counts instead of the anchor's where it is less.

    >>> a = zeros(1, 2)
    >>> nn.functional.triplet_margin_loss(a, tensor([[3., 4.]]), tensor([[0., 1.]]))
    tensor(5.0000)
    """
    how = reduction_of(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueProblem(f"margin must be greater than 0, got {margin}", argument="margin")
    return _triplet(
        anchor, positive, negative, margin, swap, how,
        lambda a, b: pairwise_distance(a, b, p, eps),
    )  # fmt: skip


def _triplet(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
    how: str,
    distance: Callable[..., object],
) -> Tensor:
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and "
            f"negative {negative.ndim}D inputs"
        )
    near, far = _measured(distance, anchor, positive), _measured(distance, anchor, negative)
    if swap:
        far = far.minimum(_measured(distance, positive, negative))
    return reduced((near - far + margin).clamp_min(0), how)


def _measured(distance: Callable[..., object], a: Tensor, b: Tensor) -> Tensor:
    found = distance(a, b)
    if not isinstance(found, Tensor):
        raise ArgumentError(
            f"the distance function gave {type(found).__name__}, not a tensor",
            argument="distance_function",
        )
    return found


@composite(names=("torch.nn.functional.triplet_margin_with_distance_loss",),
           samples=lambda: [((_A, _B, _C), {})])  # fmt: skip
def triplet_margin_with_distance_loss(
    anchor: Array, positive: Array, negative: Array, *, distance_function: Function | None = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Array:  # fmt: skip
    """triplet_margin_loss by any distance of two tensors; pairwise_distance unless one is given.

    >>> a, b, c = zeros(1, 2), ones(1, 2), zeros(1, 2)
    >>> f = lambda x, y: (x - y).abs().sum(-1)
    >>> nn.functional.triplet_margin_with_distance_loss(a, b, c, distance_function=f)
    tensor(3.)
    """
    how = reduction_of(reduction)
    if margin <= 0:
        raise ValueProblem(f"margin must be greater than 0, got {margin}", argument="margin")
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(anchor, positive, negative, margin, swap, how, distance)


for _op in (
    hinge_embedding_loss,
    cosine_embedding_loss,
    margin_ranking_loss,
    soft_margin_loss,
    triplet_margin_loss,
    multi_margin_loss,
    multilabel_margin_loss,
):
    _op.autocast = SINGLE
whole(cosine_similarity)
