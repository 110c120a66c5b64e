"""Connectionist temporal classification: the loss of a sequence whose alignment is not known.

Between the labels of a target, before and after them, a blank may stand. The states of an example
are these 2 s + 1 places in order; a path through them takes a step of 0, 1 or, between labels that
differ, 2 of them at each time. All paths are summed by dynamic programming over time (Graves et
al., 2006), for all examples and states at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import AutogradError, DtypeError, ShapeError, StateError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SINGLE, Array
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.nn.reductions import reduced, reduction_of
from tcalc.runtime.ops.nn.softmax import log_softmax
from tcalc.runtime.ops.nn.spatial import made_up

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.tensor.tensor import Tensor

_CHECKED = " (while checking arguments for ctc_loss_allocate_outputs)"


# -- sums over paths --------------------------------------------------------------------------


class _States:
    """The states of every example: labels (n, states), and which a path may skip to by two."""

    def __init__(self, xp: ModuleType, targets: Array, blank: int) -> None:
        count = 2 * targets.shape[1] + 1
        self.xp = xp
        self.labels = xp.full((targets.shape[0], count), blank, targets.dtype)
        self.labels[:, 1::2] = targets
        self.skips = xp.zeros(self.labels.shape, bool)
        self.skips[:, 2:] = self.labels[:, 2:] != self.labels[:, :-2]

    def scores(self, log_probs: Array) -> Array:
        """The logarithm of each state's label at each time: (times, n, states)."""
        return self.xp.take_along_axis(log_probs, self.labels[None], axis=2)

    def arriving(self, before: Array) -> Array:
        """The logarithms of sums over the states from which a path comes to each."""
        one, two = self._nothing(before), self._nothing(before)
        one[:, 1:] = before[:, :-1]
        two[:, 2:] = before[:, :-2]
        return self._added(before, one, self.xp.where(self.skips, two, -math.inf))

    def leaving(self, after: Array) -> Array:
        """The same over the states to which a path goes from each."""
        one, two = self._nothing(after), self._nothing(after)
        one[:, :-1] = after[:, 1:]
        two[:, :-2] = self.xp.where(self.skips[:, 2:], after[:, 2:], -math.inf)
        return self._added(after, one, two)

    def _nothing(self, like: Array) -> Array:
        return self.xp.full(like.shape, -math.inf, like.dtype)

    def _added(self, *terms: Array) -> Array:
        xp = self.xp
        top = xp.maximum(xp.maximum(terms[0], terms[1]), terms[2])
        # Where all of them are -inf their difference would be nan.
        top = xp.where(xp.isneginf(top), 0, top)
        return xp.log(sum(xp.exp(t - top) for t in terms)) + top

    def ends(self, target_lengths: Array) -> Array:
        """Whether a path may end in a state: in the last label, or the blank after it."""
        places = self.xp.arange(self.labels.shape[1])
        last = 2 * target_lengths[:, None]
        return (places == last) | (places == last - 1)

    def total(self, sums: Array, input_lengths: Array, target_lengths: Array) -> Array:
        """The logarithm of the sum over whole paths, of the sums over their beginnings."""
        xp = self.xp
        last = xp.take_along_axis(sums, input_lengths[None, :, None], axis=0)[0]
        last = xp.where(self.ends(target_lengths), last, -math.inf)
        top = last.max(axis=1)
        top = xp.where(xp.isneginf(top), 0, top)
        return xp.log(xp.exp(last - top[:, None]).sum(axis=1)) + top


@kernel(name="ctc_loss", names=(), node_name="CtcLossBackward0")
def _paths(
    xp: ModuleType, log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array,
    blank: int, zero_infinity: bool,
) -> Array:  # fmt: skip
    """The loss of each example, and the logarithms of sums over the beginnings of paths."""
    times, count, _ = log_probs.shape
    # In double: losses of long sequences are large, and chances come from their differences.
    sums = xp.full((times + 1, count, 2 * targets.shape[1] + 1), -math.inf, xp.float64)
    if not has_contents(log_probs):
        return xp.empty(count, log_probs.dtype), sums
    states = _States(xp, targets, blank)
    scores = states.scores(log_probs.astype(xp.float64))
    sums[0, :, 0] = 0  # before the first time every path is at the beginning
    for t in range(times):
        sums[t + 1] = states.arriving(sums[t]) + scores[t]
    return -states.total(sums, input_lengths, target_lengths).astype(log_probs.dtype), sums


def _slope_of_paths(
    g: Tensor, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor,
    aux: tuple[Tensor, ...], blank: int, zero_infinity: bool,
) -> Tensor:  # fmt: skip
    return _paths_back(
        g[0], log_probs, targets, input_lengths, target_lengths, aux[0], blank, zero_infinity
    )


_paths.vjp(log_probs=_slope_of_paths)


@kernel(name="_ctc_loss_backward", names=())
def _paths_back(
    xp: ModuleType, g: Array, log_probs: Array, targets: Array, input_lengths: Array,
    target_lengths: Array, sums: Array, blank: int, zero_infinity: bool,
) -> Array:  # fmt: skip
    """The gradient by scores of which log_probs are the logarithms of softmax, as PyTorch's is.

    It is the probabilities less the chance that a path is at the label at that time.
    """
    times, _, classes = log_probs.shape
    if not has_contents(log_probs):
        return xp.empty(log_probs.shape, log_probs.dtype)
    states = _States(xp, targets, blank)
    scores = states.scores(log_probs.astype(xp.float64))
    ends = states.ends(target_lengths)
    total = states.total(sums, input_lengths, target_lengths)
    chances = xp.zeros((len(ends), times, ends.shape[1]), sums.dtype)
    after = xp.full(ends.shape, -math.inf, sums.dtype)
    for t in range(times - 1, -1, -1):
        here = input_lengths[:, None] - 1
        after = xp.where(t == here, xp.where(ends, 0, -math.inf), states.leaving(after))
        path = sums[t + 1] + after
        chances[:, t] = xp.where(xp.isneginf(path), 0, xp.exp(path - total[:, None]))
        after = xp.where(t <= here, after + scores[t], -math.inf)
    among = (states.labels[:, :, None] == xp.arange(classes)).astype(sums.dtype)
    at_labels = xp.swapaxes(xp.matmul(chances, among), 0, 1)
    slope = (xp.exp(log_probs) - at_labels) * g[:, None]
    slope[:, xp.isinf(total)] = 0 if zero_infinity else math.nan
    slope[xp.arange(times)[:, None] >= input_lengths] = 0
    return slope.astype(log_probs.dtype, copy=False)


def _no_second(g: Tensor) -> NoReturn:
    raise AutogradError("derivative for aten::_ctc_loss_backward is not implemented")


_paths_back.vjp(g=_no_second, log_probs=_no_second)


# -- what users call --------------------------------------------------------------------------


def _sample() -> list[tuple[object, ...]]:
    import numpy as np

    targets = np.array([[1, 2], [2, 2]])
    lengths = np.array([4, 4]), np.array([2, 1])
    return [
        ((made_up(4, 2, 3), targets, *lengths), {"reduction": how}, lambda a: log_softmax(a, 2))
        for how in ("none", "mean")
    ]


@composite(names=("torch.nn.functional.ctc_loss",), samples=_sample,
           exempt={"gradients": "is that of the scores behind log_softmax, and has none itself"})  # fmt: skip
def ctc_loss(
    log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Array:  # fmt: skip
    """-log of the chance that a sequence of classes over time reads as the target.

    log_probs: (times, n, classes) or (times, classes), logarithms of probabilities. targets: (n, s),
    or all one after the other: class numbers without blanks. input_lengths, target_lengths: (n).
    A text reads as what it is without repeats and then without `blank`. The mean is of each loss
    over its target's length. zero_infinity: 0 for targets that no alignment fits, and no gradient.
    The gradient is the one by the scores whose log_softmax was given.

    >>> p = tensor([[0.4, 0.6], [0.5, 0.5]])
    >>> nn.functional.ctc_loss(p.log(), tensor([1]), tensor(2), tensor(1))
    tensor(0.2231)
    """
    how = reduction_of(reduction)
    batched = log_probs.ndim == 3
    if not batched and log_probs.ndim:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.reshape(1, -1) if targets.ndim == 1 else targets
    if log_probs.ndim != 3:
        raise ShapeError(
            f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for "
            f"argument #1 'log_probs'{_CHECKED}",
            argument="log_probs",
        )
    log_probs.dtype.need("f", "ctc_loss_cpu")
    times, count, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise StateError("blank must be in label range", argument="blank")
    inputs = _lengths("input_lengths", input_lengths, count)
    lengths = _lengths("target_lengths", target_lengths, count)
    if anywhere(inputs > times):
        raise StateError(
            f"Expected input_lengths to have value at most {times}, but got value "
            f"{int(inputs.max())}{_CHECKED}",
            argument="input_lengths",
        )
    padded = _padded(targets, lengths, classes, blank)
    losses = _paths(log_probs, padded, inputs, lengths, blank, zero_infinity)[0]
    if zero_infinity:
        losses = losses.masked_fill(losses == math.inf, 0)
    if how == "mean":
        return (losses / lengths.clamp(min=1)).mean()
    return reduced(losses, how) if batched or how == "sum" else losses.squeeze(0)


def _lengths(name: str, given: Tensor, count: int) -> Tensor:
    """Lengths as int64 (n)."""
    if given.dtype.is_floating_point or given.dtype.is_complex:
        raise DtypeError(f"{name} must be integral", argument=name)
    found = given.reshape(-1).long()
    if found._d.shape != (count,):
        raise ShapeError(f"{name} must be of size batch_size", argument=name)
    if anywhere(found < 0):
        raise StateError(
            f"Expected {name} to have value at least 0, but got value {int(found.min())}{_CHECKED}",
            argument=name,
        )
    return found


def _padded(targets: Tensor, lengths: Tensor, classes: int, blank: int) -> Tensor:
    """Class numbers (n, labels), blank after the end of each target."""
    if targets.ndim == 1:
        targets = _in_rows(targets.long(), lengths)
    elif targets.ndim != 2:
        raise ShapeError(
            f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for argument #2 "
            f"'targets'{_CHECKED}",
            argument="targets",
        )
    width = targets._d.shape[1]
    if anywhere(lengths > width):
        raise ShapeError(
            f"Expected tensor to have size at least {int(lengths.max())} at dimension 1, but got "
            f"size {width} for argument #2 'targets'{_CHECKED}",
            argument="targets",
        )
    found = targets.long().masked_fill(
        arange(width, device=targets.device) >= lengths.unsqueeze(1), blank
    )
    if anywhere((found < 0) | (found >= classes)):
        raise StateError("targets out of range", argument="targets",
                         hint=f"there are {classes} classes")  # fmt: skip
    return found


def _in_rows(targets: Tensor, lengths: Tensor) -> Tensor:
    """Targets that stand one after the other, each in a row as long as the longest."""
    total, size = int(lengths.sum()), targets._d.size
    if size != total:
        raise ShapeError(
            f"Expected tensor to have size {total} at dimension 0, but got size {size} for argument "
            f"#2 'targets'{_CHECKED}",
            argument="targets",
        )
    longest = int(lengths.max()) if lengths._d.size else 0
    starts = lengths.cumsum(0) - lengths
    at = starts.unsqueeze(1) + arange(longest, device=targets.device)
    return targets[at.clamp(max=size - 1)] if size else at


# -- batches ----------------------------------------------------------------------------------


def _of_examples(batch: Batch) -> Tensor | tuple[Tensor, ...]:
    """Examples of all calls are examples of one."""
    size = batch.size
    given: dict[str, Any] = {}
    for i in batch.tensors:
        t = batch.whole(i)
        if t.ndim > 2 and batch.op.params[i].name != "targets":  # (batch, times, n, *)
            t = t.transpose(0, 1).flatten(1, 2)
        else:
            t = t.flatten(0, 1)
        given[batch.op.params[i].name] = t
    result = batch.call(**given)

    def parted(t: Tensor) -> Tensor:
        if t.ndim == 1:
            return t.reshape(size, -1)
        return t.reshape(t.shape[0], size, -1, t.shape[-1]).transpose(0, 1)

    return tuple(map(parted, result)) if isinstance(result, tuple) else parted(result)


_paths.batch = _paths_back.batch = _of_examples


ctc_loss.autocast = SINGLE
