"""Reductions of the parts of a dimension that follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import Array, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.index.searching import searchsorted
from tcalc.runtime.types.codes import INTEGERS
from tcalc.runtime.types.shapes import numel, wrap_dim

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

INF = float("inf")
# By name: how elements come together, and what a part without elements is; nan where it is nothing.
_REDUCTIONS = {
    "sum": ("sum", 0.0), "mean": ("sum", 0.0), "prod": ("prod", 1.0), "max": ("amax", -INF),
    "min": ("amin", INF), "amax": ("amax", -INF), "amin": ("amin", INF),
}  # fmt: skip
_NAME = "segment_reduce()"


def _ends(
    data: Tensor, lengths: Tensor | None, offsets: Tensor | None, axis: int, unsafe: bool
) -> Tensor:
    """Where the parts begin and end: (*, parts + 1)."""
    given = lengths if offsets is None else offsets
    if given is None:
        raise StateError(f"{_NAME}: Either lengths or offsets must be defined.")
    what = "lengths" if offsets is None else "offsets"
    if given._d.dtype.char not in INTEGERS:
        raise UnsupportedDtype(
            f"\"_segment_reduce_{what}_cpu_kernel1\" not implemented for '{given.dtype.shorthand}'"
        )
    shape = given._d.shape
    if axis != len(shape) - 1:
        raise ShapeError(
            f"{_NAME}: Expected axis to be the last dimension of {what} but got {axis}.",
            argument="axis",
        )
    if shape[:-1] != data._d.shape[:axis]:
        raise ShapeError(
            f"{_NAME}: Expected {what} to have data's sizes before axis, {list(data.shape[:axis])}, "
            f"but got {list(shape[:-1])}",
            argument=what,
        )
    if offsets is not None:
        return offsets.long()
    if not unsafe:
        if anywhere(given < 0):
            raise StateError("lengths contains negative value!", argument="lengths")
        if anywhere(given.sum(-1) != data._d.shape[axis]):
            raise StateError(
                f"{_NAME}: Expected all rows of lengths along axis to sum to "
                "data.size(lengths.dim()-1) when !unsafe.",
                argument="lengths",
            )
    ends = given.long().cumsum(-1)
    return ends.new_zeros(*shape[:-1], shape[-1] + 1).slice_scatter(ends, -1, 1)


@composite(
    names=("torch.segment_reduce", "torch._segment_reduce"),
    samples=lambda: [
        (([0.5, -1.0, 2.0, 0.3], "sum"), {"lengths": [3, 1]}),
        (([0.5, -1.0, 2.0, 0.3], "mean"), {"offsets": [0, 1, 4]}),
        (([0.5, -1.0, 2.0, 0.3], "max"), {"lengths": [3, 0, 1], "initial": 0.4}),
        (([[0.5, -1.0, 2.0], [0.3, 0.7, 3.0]], "prod"), {"lengths": [[1, 2], [2, 1]], "axis": 1}),
    ],
)
def segment_reduce(
    data: Array, reduce: str, *, lengths: Array = None, indices: Array = None,
    offsets: Array = None, axis: int = 0, unsafe: bool = False, initial: Scalar | None = None,
) -> Array:  # fmt: skip
    """Parts of a dimension that follow each other, each reduced to one element.

    reduce: "sum", "mean", "max", "min" or "prod". The parts are given by their lengths, or by
    offsets (where they begin, and where the last ends); the dims of data before `axis` are those
    before the last of lengths or offsets: (*, n, …) → (*, parts, …). initial: one element more of
    each part (of which "mean" adds no count). unsafe: lengths are not checked; elements beyond are
    left out. A part without elements is what the reduction begins with, of "mean" nan.

    >>> segment_reduce(tensor([1., 2., 4.]), "sum", lengths=tensor([2, 1]))
    tensor([3., 4.])
    """
    if indices is not None:
        raise StateError(f"{_NAME}: indices based reduction is not supported yet.",
                         argument="indices")  # fmt: skip
    if reduce not in _REDUCTIONS:
        raise StateError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}",
            argument="reduce",
        )
    if not data.dtype.is_floating_point:
        raise UnsupportedDtype(
            f"\"_segment_reduce_cpu\" not implemented for '{data.dtype.shorthand}'",
            hint="convert it with .float()",
        )
    shape = data._d.shape
    at = wrap_dim(axis, len(shape))
    ends = _ends(data, lengths, offsets, at, unsafe)
    rows, count = numel(shape[:at]), ends._d.shape[-1] - 1
    ends = ends.reshape(rows, count + 1)
    places = arange(shape[at], device=data.device).expand(rows, shape[at]).contiguous()
    # What is in no part comes into one of its own, which is cut off.
    part = (searchsorted(ends.contiguous(), places, right=True) - 1) % (count + 1)
    flat = data.reshape(rows, shape[at], numel(shape[at + 1 :]))
    how, nothing = _REDUCTIONS[reduce]
    start = flat.new_full((rows, count + 1, flat._d.shape[-1]), nothing)
    into = part.unsqueeze(-1).expand(flat._d.shape)
    found = start.scatter_reduce(1, into, flat, how, include_self=False)[:, :count]
    found = _begun(found, reduce, initial, ends.diff().unsqueeze(-1))
    return found.reshape(*shape[:at], count, *shape[at + 1 :])


def _begun(found: Tensor, reduce: str, initial: Scalar | None, lengths: Tensor) -> Tensor:
    """The reductions with one element more; means divided."""
    if initial is not None:
        if reduce in ("sum", "mean"):
            found = found + initial
        elif reduce == "prod":
            found = found * initial
        else:
            found = found.clamp_min(initial) if reduce.endswith("max") else found.clamp_max(initial)
    if reduce != "mean":
        return found
    divided = found / lengths
    return divided if initial is None else divided.where(lengths.ne(0), initial)
