"""Cross-entropy of scores against classes: softmax, logarithm and choice in one pass over rows.

Where gradients flow the pass forward keeps the exponentials, of which the pass back makes the
gradient; nothing else of the scores' size is ever written.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tcalc.errors import (
    AutogradError,
    DimError,
    DtypeError,
    ShapeError,
    StateError,
    UnsupportedDtype,
    ValueProblem,
)
from tcalc.runtime.arrays.backend import has_contents, has_elements
from tcalc.runtime.arrays.blas import spread_products, sum_rows
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import SINGLE, Array, on_arrays
from tcalc.runtime.call.define import DefinedOp, composite, kernel
from tcalc.runtime.lazy.summation import add_up, wide
from tcalc.runtime.ops.nn import class_rows
from tcalc.runtime.ops.nn.cross_entropy_batches import losses_of_examples, slopes_of_examples
from tcalc.runtime.ops.nn.few_rows import TINY, are_few, few_losses, is_plain, own_places
from tcalc.runtime.ops.nn.reductions import reduction_of
from tcalc.runtime.ops.nn.softmax import log_softmax, softmax
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import PLAIN_FLOATS
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


# Blocks of about this many scores stay in the cache.
_BLOCK = 1 << 16
_WHOLE = np.dtype(np.int64)
# With up to this many classes a look at all scores finds the own ones faster than indices do.
_FEW = 32
_SCORES = [[0.3, -1.2, 2.0, 0.1], [0.9, 0.1, -0.4, 0.7], [-0.2, 1.5, 0.6, 0.8]]


# -- the fused op -----------------------------------------------------------------------------


class _Rows:
    """Scores (n, classes) or (n, classes, places), and what belongs to each row of classes.

    shape: that of numbers of the rows. factors: the weights of the rows' classes, 0 where ignored.
    own: the rows' classes, 0 where ignored.
    """

    def __init__(
        self, xp: ModuleType, scores: Array, target: Array, weight: Array, ignored: int
    ) -> None:
        lead, self.classes, *places = scores.shape
        self.xp = xp
        self.shape = (lead, 1, *places)
        self.scores = scores
        self.target = target.reshape(self.shape).astype(xp.int64, copy=False)
        self.valid = self.target != ignored
        self.own = xp.where(self.valid, self.target, 0)
        self.factors = self.valid.astype(scores.dtype)
        # What the classes of a row count together, and each of them beside a row.
        self.total: Any = self.classes
        self.weight: Any = None
        if weight is not None:
            self.factors = xp.where(self.valid, weight[self.own], self.factors)
            self.total = xp.add.reduce(weight)
            self.weight = weight.reshape(-1, *(1,) * (len(self.shape) - 2))

    def check(self) -> None:
        """Refuse classes that are not there."""
        outside = self.valid & ((self.target < 0) | (self.target >= self.classes))
        if bool(outside.any()):
            raise DimError(f"Target {int(self.target[outside][0])} is out of bounds.",
                           argument="target", hint=f"there are {self.classes} classes")  # fmt: skip

    def run(self, work: Callable[[tuple[slice, ...]], None]) -> None:
        """Call `work` on the slices of every block of whole rows, in threads where that pays."""
        lead, _, *places = self.shape
        beside = places[0] if places else 1
        whole = slice(None)
        deep = max(1, _BLOCK // (self.classes * beside))
        wide = max(1, _BLOCK // self.classes) if deep == 1 else beside
        if self.xp is not np:
            deep, wide = lead, beside
        blocks = [
            (slice(i, i + deep), whole, *([slice(j, j + wide)] if places else []))
            for i in range(0, lead, deep)
            for j in range(0, beside, wide)
        ]
        if len(blocks) > 1:
            spread_products(lambda i: work(blocks[i]), len(blocks))
        else:
            for block in blocks:
                work(block)


def _places(xp: ModuleType, own: Array) -> tuple[Array, ...]:
    """The indices of the rows' own classes among scores."""
    lead = xp.arange(own.shape[0]).reshape(-1, *(1,) * (own.ndim - 1))
    return (lead, own) if own.ndim == 2 else (lead, own, xp.arange(own.shape[2]))


def _hits(xp: ModuleType, own: Array, classes: int) -> Array:
    """Whether a score is that of its row's own class, one of a few."""
    numbers = xp.arange(classes, dtype=xp.uint8).reshape(-1, *(1,) * (own.ndim - 2))
    return own.astype(xp.uint8) == numbers


def _own_of(xp: ModuleType, array: Array, own: Array) -> Array:
    """The elements of the rows' own classes, of size 1 along the classes; nan beside infinity."""
    if own.ndim == 2 or array.shape[1] > _FEW:
        return array[_places(xp, own)]
    return xp.add.reduce(_hits(xp, own, array.shape[1]) * array, axis=1, keepdims=True)


def _total(xp: ModuleType, array: Array) -> Array:
    """The sum over classes, which stay with size 1."""
    if xp is np and array.ndim == 2:
        return sum_rows(array)
    return add_up(xp, array, (1,), True)


def _fused(
    xp: ModuleType, input: Array, target: Array, weight: Array = None, reduction: str = "mean",
    ignore_index: int = -100, label_smoothing: float = 0.0, keep: bool = True,
) -> Array:  # fmt: skip
    """The loss, and for its gradient: exponentials, their sums by row, what a mean is divided by.

    keep: whether the exponentials are wanted. All but the loss are of single floats for halves,
    whose range the exponentials leave.
    """
    loss, *kept = _forward(
        xp, wide(input), target, wide(weight), reduction, ignore_index, label_smoothing, keep
    )
    return loss.astype(input.dtype, copy=False), *kept


def _forward(
    xp: ModuleType, input: Array, target: Array, weight: Array, reduction: str, ignore_index: int,
    label_smoothing: float, keep: bool,
) -> Array:  # fmt: skip
    if xp is np and weight is None and not label_smoothing and are_few(input, ignore_index):
        found = class_rows.plain_losses(input, target, reduction, keep)
        if found is None and is_plain(input, target):
            found = few_losses(input, target, reduction)
        if found is not None:
            return found
    rows = _Rows(xp, input, target, weight, ignore_index)
    dtype = input.dtype
    if keep:
        memory.check(input.nbytes, "what the gradient of cross_entropy needs")
    kept = xp.empty(rows.scores.shape if keep else 0, dtype)
    sums, chosen = xp.ones(rows.shape, dtype), xp.ones(rows.shape, dtype)
    scores_of_all = xp.zeros(rows.shape, dtype)
    one = xp.ones((), dtype)
    if not has_contents(input):
        return xp.empty(target.shape if reduction == "none" else (), dtype), kept, sums, one
    rows.check()

    def work(part: tuple[slice, ...]) -> None:
        scores, own = rows.scores[part], rows.own[part]
        powers = kept[part] if keep else xp.empty(scores.shape, dtype)
        xp.exp(scores, out=powers)
        sums[part] = _total(xp, powers)
        chosen[part] = _own_of(xp, powers, own)
        if label_smoothing:
            each = scores if rows.weight is None else scores * rows.weight
            scores_of_all[part] = _total(xp, each)

    def again(part: tuple[slice, ...]) -> None:
        if not bool(inexact[part].any()):
            return
        scores, own = rows.scores[part], rows.own[part]
        powers = kept[part] if keep else xp.empty(scores.shape, dtype)
        top = scores.max(axis=1, keepdims=True)
        xp.subtract(scores, top, out=powers)
        rest = powers[_places(xp, own)]
        xp.exp(powers, out=powers)
        sums[part] = _total(xp, powers)
        log = xp.log(sums[part])
        losses[part], logs[part] = log - rest, log + top

    found = None
    if xp is np and not label_smoothing:
        found = class_rows.losses(input, rows.own, keep)
    if found is not None:
        each, kept, sums = found
        losses: Any = each.reshape(rows.shape)
    else:
        if input.size:
            rows.run(work)
        losses, logs = -xp.log(chosen / sums), xp.log(sums)
        inexact = ~((chosen > TINY) & (sums < math.inf))
        if input.size and bool(inexact.any()):
            rows.run(again)
    losses = xp.where(rows.valid, losses * rows.factors, one * 0)
    sums = xp.where(rows.valid, sums, one * math.inf)  # by which nothing comes back
    if label_smoothing:
        every = xp.where(rows.valid, logs * rows.total - scores_of_all, one * 0)
        losses = losses * (1 - label_smoothing) + every * (label_smoothing / rows.classes)
    if reduction == "none":
        return losses.reshape(target.shape), kept, sums, one
    divisor = add_up(xp, rows.factors, None) if reduction == "mean" else one
    return add_up(xp, losses, None) / divisor, kept, sums, divisor


@on_arrays
def _fused_back(
    g: Sequence[Any], input: Tensor | Array, target: Tensor | Array, weight: Tensor | Array | None,
    aux: Sequence[Any], reduction: str, ignore_index: int, label_smoothing: float,
) -> Tensor | Array:  # fmt: skip
    settings: Any = (target, weight, reduction, ignore_index, label_smoothing)
    if type(input) is np.ndarray:
        return _slope.kernel(np, g[0], *aux, *settings)
    if mode.enabled:
        return _by_softmax(g[0], input, aux[2], *settings)
    return _slope(g[0], *aux, *settings)


@on_arrays
def _no_gradient(g: Tensor) -> NoReturn:
    raise AutogradError("the derivative for 'nll_loss: weight' is not implemented")


def _op(node_name: str) -> DefinedOp:
    op: DefinedOp = kernel(
        name="cross_entropy", names=(), node_name=node_name, upcast_halves=False
    )(_fused)
    op.leads = True
    op.vjp(input=_fused_back, weight=_no_gradient)
    op.batch = losses_of_examples
    op.schema = "cross_entropy_loss"
    return op


# PyTorch makes them of different ops, whose names are seen.
_of_rows, _of_places = _op("NllLossBackward0"), _op("NllLoss2DBackward0")
_smoothed = _op("AddBackward0")


def _shares(
    xp: ModuleType, rows: _Rows, divisor: Array, label_smoothing: float
) -> tuple[Array, Array]:
    """By how much the gradient of each loss counts for its own class, and for every class."""
    zero = divisor.dtype.type(0)
    own = xp.where(rows.valid, rows.factors * ((1 - label_smoothing) / divisor), zero)
    return own, xp.where(rows.valid, label_smoothing / rows.classes / divisor, zero)


@kernel(names=(), differentiable=False, upcast_halves=False)
def _slope(
    xp: ModuleType, g: Array, powers: Array, sums: Array, divisor: Array, target: Array,
    weight: Array = None, reduction: str = "mean", ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    """The gradient by the scores: softmax less the target, times that of the row's loss."""
    slope = _backward(
        xp, wide(g), powers, sums, divisor, target, wide(weight), reduction, ignore_index,
        label_smoothing,
    )  # fmt: skip
    return slope.astype(g.dtype, copy=False)


def _backward(
    xp: ModuleType, g: Array, powers: Array, sums: Array, divisor: Array, target: Array,
    weight: Array, reduction: str, ignore_index: int, label_smoothing: float,
) -> Array:  # fmt: skip
    is_plain_loss = xp is np and weight is None and not label_smoothing
    if is_plain_loss and are_few(powers, ignore_index) and divisor:  # 0 where all rows are ignored
        found = class_rows.plain_slopes(g, powers, sums, divisor, target)
        if found is not None:
            return found
        own = (1 / divisor) * (g.reshape(-1, 1) if reduction == "none" else g)
        if is_plain(powers, target):
            slope = powers * (own / sums)
            slope[own_places(slope, target)] -= own[:, 0] if own.ndim else own
            return slope
    result = xp.empty(powers.shape, powers.dtype)
    if not has_elements(powers):
        return result
    rows = _Rows(xp, powers, target, weight, ignore_index)
    own, every = _shares(xp, rows, divisor, label_smoothing)
    g = g.reshape(rows.shape) if reduction == "none" else g
    own, every = own * g, every * g
    scale = (own + every * rows.total) / sums

    def work(part: tuple[slice, ...]) -> None:
        slope, at = result[part], rows.own[part]
        xp.multiply(powers[part], scale[part], out=slope)
        if label_smoothing:
            slope -= every[part] if rows.weight is None else every[part] * rows.weight
        if at.ndim == 2 or rows.classes > _FEW:
            slope[_places(xp, at)] -= own[part]
        else:
            slope -= _hits(xp, at, rows.classes) * own[part]

    found = None
    if xp is np and not label_smoothing:
        found = class_rows.slopes(powers, scale, own, rows.own)
    if found is not None:
        return found
    rows.run(work)
    return result


def _by_softmax(
    g: Tensor, input: Tensor, divisor: Tensor, target: Tensor, weight: Tensor | None,
    reduction: str, ignore_index: int, label_smoothing: float,
) -> Tensor:  # fmt: skip
    """The same made of ops, for derivatives of higher order."""
    lead, classes, *places = input._d.shape
    shape = (lead, 1, *places)
    at = target.reshape(shape).long()
    valid = at != ignore_index
    at = at.masked_fill(~valid, 0)
    factors = known = valid.to(input.dtype)
    if weight is not None:
        factors = known * weight.index_select(0, at.reshape(-1)).reshape(shape)
    g = g.reshape(shape) if reduction == "none" else g
    own = (factors * ((1 - label_smoothing) / divisor)).to(input.dtype) * g
    chosen = input.detach()._zeros().scatter(1, at, own)
    if not label_smoothing:
        return softmax(input, 1) * own - chosen
    every = (known * (label_smoothing / classes / divisor)).to(input.dtype) * g
    if weight is None:
        return softmax(input, 1) * (own + every * classes) - every - chosen
    beside = weight.reshape(-1, *(1,) * len(places))
    return softmax(input, 1) * (own + every * weight.sum()) - every * beside - chosen


# -- what users call --------------------------------------------------------------------------


def check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """Refuse operands that do not fit each other; gives the dimension of the classes."""
    shape, wanted = input._d.shape, target._d.shape
    if not shape:
        raise ValueProblem("Expected 1 or more dimensions (got 0)", argument="input")
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise DtypeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype.shorthand}",
            argument="target", hint="convert it with .long()",
        )  # fmt: skip
    dim = 1 if len(shape) > 1 else 0
    if len(shape) == 1 and len(wanted) > 1:
        raise ShapeError("0D or 1D target tensor expected, multi-target not supported",
                         argument="target")  # fmt: skip
    lead = shape[0] if dim else 1
    if (wanted[0] if wanted else 1) != lead:
        raise ValueProblem(
            f"Expected input batch_size ({lead}) to match target batch_size "
            f"({wanted[0] if wanted else 1}).",
            argument="target",
            clash=((shape, 0), (wanted, 0)) if wanted and dim else (),
        )
    expected = (*shape[:dim], *shape[dim + 1 :])
    if len(shape) == 4 and wanted != expected:
        raise ShapeError(
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: "
            f"{len(wanted)}"
            if len(wanted) != 3
            else f"size mismatch (got input: {list(shape)} , target: {list(wanted)}",
            argument="target",
        )
    if wanted != expected and not (dim == 0 and wanted == (1,)):
        raise ShapeError(f"Expected target size {list(expected)}, got {list(wanted)}",
                         argument="target")  # fmt: skip
    if weight is not None:
        _check_weight(shape[dim], input, weight)
    return dim


def _check_weight(classes: int, input: Tensor, weight: Tensor) -> None:
    if weight._a.shape != (classes,):
        raise ShapeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {list(weight._a.shape)}",
            argument="weight",
        )
    if weight.dtype is not input.dtype:
        raise DtypeError(
            f"expected scalar type {input.dtype.shorthand} but found {weight.dtype.shorthand}",
            argument="weight", hint=f"convert it with .to({input.dtype.name})",
        )  # fmt: skip


def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    """The loss where the target gives the probability of every class."""
    if not target.dtype.is_floating_point:
        raise DtypeError(
            "Expected floating point type for target with class probabilities, got "
            f"{target.dtype.shorthand}",
            argument="target",
        )
    shape = input._a.shape
    dim = 1 if len(shape) > 1 else 0
    classes = shape[dim] if shape else 1
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    logs = log_softmax(input, dim)
    if weight is not None:
        _check_weight(classes, input, weight)
        logs = logs * weight.reshape(-1, *(1,) * (len(shape) - dim - 1))
    losses = -(logs * target)
    if reduction == "none":
        return losses.sum(dim)
    return losses.sum() / (numel(shape) // classes) if reduction == "mean" else losses.sum()


@composite(
    names=("torch.nn.functional.cross_entropy",),
    samples=lambda: [
        ((_SCORES, np.array([2, 0, -100])), {}),
        ((_SCORES, np.array([2, 0, 3]), [0.5, 1.0, 2.0, 0.1]), {"ignore_index": 0, "label_smoothing": 0.2}),
        ((_SCORES, np.array([2, 0, 3])), {"reduction": "none"}),
        ((_SCORES, np.array([2, 0, 3])), {"reduction": "sum", "label_smoothing": 0.1}),
        (([_SCORES, _SCORES], np.array([[2, 0, 1, 1], [1, 1, 2, 0]]), [0.5, 1.0, 2.0]), {"label_smoothing": 0.3}),
        (([0.3, -0.2, 1.0], np.array(1)), {}),
        ((_SCORES, [[0.3, 0.2, 0.1, 0.4], [0.0, 1.0, 0.0, 0.0], [0.2, 0.3, 0.4, 0.1]]), {"label_smoothing": 0.3}),
    ],
)  # fmt: skip
def cross_entropy(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, ignore_index: int = -100, reduce: bool | None = None,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    """The negative logarithm of softmax(input) at the target: how badly scores tell the class.

    input: scores (n, classes), (n, classes, *) or (classes). target: class numbers (n), (n, *) or
    (), of int64 or uint8; or probabilities of the input's shape. weight: how much each class
    counts. The mean is over what the classes count; targets equal to `ignore_index` do not.
    label_smoothing: this part of every target is spread evenly over the classes.

    >>> nn.functional.cross_entropy(tensor([[2., 0.], [0., 1.]]), tensor([0, 1]))
    tensor(0.2201)
    """
    how = reduction_of(reduction, size_average, reduce)
    if label_smoothing > 1:
        raise StateError(
            f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}",
            argument="label_smoothing",
        )
    shape, wanted = input._d.shape, target._d.shape
    if shape == wanted:
        return _of_probabilities(input, target, weight, how, label_smoothing)
    if input._d.dtype.char not in PLAIN_FLOATS and not input.dtype.is_floating_point:
        raise UnsupportedDtype(
            f"\"log_softmax_lastdim_kernel_impl\" not implemented for '{input.dtype.shorthand}'",
            argument="input", hint="convert it with .float()",
        )  # fmt: skip
    if len(shape) == len(wanted) > 1:
        raise ShapeError("0D or 1D target tensor expected, multi-target not supported",
                         argument="target")  # fmt: skip
    if weight is not None or len(shape) != 2 or wanted != shape[:1] or target._d.dtype != _WHOLE:
        check_classes(input, target, weight)
    flat = input if len(shape) > 1 else input.unsqueeze(0)
    if len(shape) > 3:
        flat = flat.flatten(2)
    keep = tracked(input)
    smoothing = max(0.0, label_smoothing)
    op = _smoothed if smoothing else _of_rows if len(flat._d.shape) == 2 else _of_places
    return op(flat, target, weight, how, ignore_index, smoothing, keep)[0]


cross_entropy.schema = "cross_entropy_loss"
_slope.schema = "nll_loss_backward"

# -- batches ----------------------------------------------------------------------------------


_slope.batch = slopes_of_examples

cross_entropy.autocast = SINGLE
whole(cross_entropy)
