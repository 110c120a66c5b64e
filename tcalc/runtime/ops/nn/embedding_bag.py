"""Bags of rows of a table: their sum, mean or greatest elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.index.searching import searchsorted
from tcalc.runtime.ops.nn.embedding import embedding
from tcalc.runtime.ops.nn.spatial import made_up

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


_MODES = ("sum", "mean", "max")


def _bags_of(
    input: Tensor, offsets: Tensor | None, include_last_offset: bool
) -> tuple[Tensor, int]:
    """For each number the bag that it is in, and how many bags there are."""
    count = int(input.numel())
    if input.ndim == 2:
        if offsets is not None:
            raise ValueProblem(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {type(offsets)}",
                argument="offsets",
            )
        bags, each = (int(n) for n in input.shape)
        return arange(bags, device=input.device).repeat_interleave(each), bags
    if input.ndim != 1:
        raise ValueProblem(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}",
            argument="input",
        )
    if offsets is None:
        raise ValueProblem("offsets has to be a 1D Tensor but got None", argument="offsets")
    if offsets.ndim != 1:
        raise ValueProblem("offsets has to be a 1D Tensor", argument="offsets")
    bags = int(offsets.shape[0]) - include_last_offset
    if has_elements(offsets._d):
        _check_offsets(offsets, count)
    places = arange(count, device=input.device)
    return searchsorted(offsets[:bags].long(), places, right=True) - 1, bags


def _check_offsets(offsets: Tensor, count: int) -> None:
    first, last = offsets[0], offsets[-1]
    if bool(first != 0):
        raise StateError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {int(first)}",
            argument="offsets",
        )
    if bool(last > count):
        raise StateError(
            f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of "
            f"{int(last)}",
            argument="offsets",
        )
    if bool((offsets[1:] < offsets[:-1]).any()):
        raise StateError("offsets have to be in ascending order", argument="offsets")


@composite(
    names=("torch.nn.functional.embedding_bag",),
    samples=lambda: [
        ((np.array([[0, 2], [2, 1]]), made_up(3, 2)), {}),
        ((np.array([0, 2, 2, 1]), made_up(3, 2), np.array([0, 3, 3])), {"mode": "max"}),
        ((np.array([0, 2, 2, 1]), made_up(3, 2), np.array([0, 1])), {
            "mode": "sum", "per_sample_weights": [0.5, 1.0, 2.0, -1.0],
        }),
    ],
)  # fmt: skip
def embedding_bag(
    input: Array, weight: Array, offsets: Array = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Array = None, include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:  # fmt: skip
    """The mean, sum or greatest elements of bags of rows of a table.

    input: (bags, n), or (n) with offsets (bags): where each bag begins; weight: (rows, columns)
    → (bags, columns), 0 for an empty bag. mode: "mean", "sum" or "max". per_sample_weights: how
    much each row counts in a sum. include_last_offset: the last offset is where the last bag ends.
    padding_idx: a row that is passed over. max_norm, norm_type, scale_grad_by_freq: as in
    embedding.

    >>> nn.functional.embedding_bag(tensor([[0, 1]]), tensor([[1., 2.], [3., 4.]]))
    tensor([[2., 3.]])
    """
    if mode not in _MODES:
        raise ValueProblem("mode has to be one of sum, mean or max", argument="mode")
    if mode == "max" and scale_grad_by_freq:
        raise ValueProblem("max mode does not support scaling the gradient by the frequency",
                           argument="scale_grad_by_freq")  # fmt: skip
    if mode == "max" and sparse:
        raise ValueProblem("max mode does not support sparse weights", argument="sparse")
    if per_sample_weights is not None:
        if mode != "sum":
            raise DtypeError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
                f"supported for mode='sum' (got mode='{mode}').",
                argument="per_sample_weights",
            )
        if per_sample_weights.shape != input.shape:
            raise ValueProblem(
                f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not "
                f"None, then it must have the same shape as the input ({input.shape})",
                argument="per_sample_weights",
            )
    if weight.ndim != 2:
        raise ShapeError("'weight' must be 2-D", argument="weight")
    bag, bags = _bags_of(input, offsets, include_last_offset)
    flat = input.reshape(-1).long()
    rows = int(weight.shape[0])
    if has_elements(flat._d):
        outside = (flat < 0) | (flat >= rows)
        if anywhere(outside):
            at = int(outside.int().argmax())
            raise StateError(
                f"Index {at} of input takes value {int(flat[at])} which is not in the valid range "
                f"[0, {rows})",
                argument="input",
            )
    if include_last_offset and offsets is not None:  # what comes after the last bag is in none
        within = arange(flat._d.size, device=flat.device) < offsets[-1]
        flat, bag = flat[within], bag[within]
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[within]
    found = embedding(flat, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if weight.dtype.is_half and mode != "max":  # halves are added up in float32
        found = found.float()
    if per_sample_weights is not None:
        found = found * per_sample_weights.reshape(-1, 1)
    if padding_idx is not None:
        kept = flat != padding_idx % rows
        found, bag = found[kept], bag[kept]
    empty = found.new_zeros((bags, int(weight.shape[1])))
    if mode == "max":
        return empty.index_reduce(0, bag, found, "amax", include_self=False)
    total = empty.index_add(0, bag, found)
    if mode == "sum":
        return total.to(weight.dtype)
    counts = empty[:, :1].index_add(0, bag, found[:, :1].detach()._ones())
    return (total / counts.clamp(min=1)).to(weight.dtype)
