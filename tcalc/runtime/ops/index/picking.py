"""Elements picked by index along a dim, and putting their gradients back.

Ops that select (sort, topk, max of a dim, median, ...) find values and indices without gradients;
`recorded` then ties the values to the input: their gradient goes to the places they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base import threads
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import DefinedOp, kernel
from tcalc.runtime.ops.index import parsing
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, PLAIN_FLOATS
from tcalc.runtime.types.dtypes import of
from tcalc.runtime.types.shapes import numel, wrap_dim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType, ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.ops.index.parsing import Picks
    from tcalc.runtime.tensor.tensor import Tensor


# How many elements are worth a part of a job of their own.
_BLOCK = 1 << 16
# With fewer places than this in each of many rows, all rows' places are named at once.
_SHORT = 1 << 12


def _steps(
    xp: ModuleType, counts: tuple[int, ...], shape: tuple[int, ...], dim: int
) -> tuple[int, Array]:
    """How the flat place of an element along a dim follows from its index: times, plus.

    counts: the shape of the indices. shape: that of the tensor they go to.
    """
    step, base, stride = 1, 0, 1
    ndim = len(shape)
    for d in reversed(range(ndim)):
        if d == dim:
            step = stride
        else:
            own = xp.arange(counts[d]) * stride
            base = base + own.reshape((1,) * d + (-1,) + (1,) * (ndim - d - 1))
        stride *= shape[d]
    return step, base


def flat_places(xp: ModuleType, index: Array, shape: tuple[int, ...], dim: int) -> Array:
    """For each element of an index along a dim, its place in a tensor of the shape, flattened."""
    if len(shape) < 2:
        return index.reshape(-1)
    step, base = _steps(xp, index.shape, shape, dim)
    return _moved(xp, index, step, base).reshape(-1)


def _moved(xp: ModuleType, index: Array, step: int, base: Array) -> Array:
    if step == 1:
        return xp.add(index, base, dtype=xp.int64)
    places = xp.multiply(index, step, dtype=xp.int64)
    places += base
    return places


def _blocks(index: Array) -> list[slice]:
    """Parts of an index, along its first dimension, of a size that stays in cache."""
    height = max(1, _BLOCK * len(index) // index.size)
    return [slice(start, start + height) for start in range(0, len(index), height)]


def blocks_of_places(
    xp: ModuleType, index: Array, shape: tuple[int, ...], dim: int
) -> Iterator[tuple[slice | EllipsisType, Array]]:
    """The flat places of an index's elements, block by block, each with the block's slice."""
    if xp is not np or index.size <= _BLOCK or index.ndim != len(shape) or len(shape) < 2:
        yield ..., flat_places(xp, index, shape, dim)
        return
    step, base = _steps(np, index.shape, shape, dim)
    for rows in _blocks(index):
        own = base if dim == 0 else base[rows]
        yield rows, _moved(np, index[rows], step, own).reshape(-1)


def take(xp: ModuleType, array: Array, indices: Array, dim: int) -> Array:
    """The elements of an array at `indices` along a dim (of as many dims as the array).

    The indices are none below 0, and in the other dims as many as the array's elements or fewer.
    """
    if array.ndim < 2 and indices.size < _SHORT:
        return array.take(indices) if array.ndim else array
    dear = not array.flags.c_contiguous and indices.size < array.size // 4
    if xp is not np or not indices.size or dear:
        trimmed = array[tuple([slice(None) if d == dim else slice(n)
                               for d, n in enumerate(indices.shape)])]  # fmt: skip
        return xp.take_along_axis(trimmed, indices, dim)
    flat = np.ascontiguousarray(array).reshape(-1)
    step, base = _steps(np, indices.shape, array.shape, dim)
    out = np.empty(indices.shape, array.dtype)
    blocks = _blocks(indices)

    def work(i: int) -> None:
        rows = blocks[i]
        places = indices[rows]
        if array.ndim > 1:
            places = _moved(np, places, step, base if dim == 0 else base[rows])
        flat.take(places, out=out[rows], mode="clip")  # without a buffer in between

    threads.spread(work, len(blocks))
    return out


def add_slices(xp: ModuleType, out: Array, dim: int, index: Array, values: Array) -> None:
    """Add slices of values to those that a vector names along a dim, every time it does.

    values: of out's dtype; along `dim` as many slices as there are indices, none below 0.
    """
    before, n, after = numel(out.shape[:dim]), out.shape[dim], numel(out.shape[dim + 1 :])
    own = out if out.flags.c_contiguous else xp.ascontiguousarray(out)
    target = own.reshape(before, n, after)
    source = xp.ascontiguousarray(values).reshape(before, len(index), after)
    if xp is np and after and after % 2 == 0 and out.dtype.char in PLAIN_FLOATS:
        # Two neighbours are added as one.
        pairs = of(out.dtype).to_complex().numpy
        target, source, after = target.view(pairs), source.view(pairs), after // 2
    rows = target.reshape(before, n * after)
    height = max(1, _BLOCK // max(after, 1))
    for start in range(0, len(index), height):
        part = slice(start, start + height)
        places = index[part]
        if after != 1:
            places = (places[:, None] * after + xp.arange(after)).reshape(-1)
        if before > 1 and (len(places) < _SHORT or xp is not np):
            places = (xp.arange(before)[:, None] * (n * after) + places).reshape(-1)
            xp.add.at(rows.reshape(-1), places, source[:, part].reshape(-1))
        else:
            for row, added in zip(rows, source[:, part]):
                xp.add.at(row, places, added.reshape(-1))
    if own is not out:
        out[...] = own


def add_at(xp: ModuleType, whole: Array, picks: Picks, values: Array) -> None:
    """Add values at the picked places of an array, every time that a place is named."""
    at = parsing.on_device_of(whole, picks)
    chosen = [d for d, p in enumerate(picks) if p is not None]
    first, count = chosen[0], len(chosen)
    apart = chosen[-1] - first >= count
    if xp is not np or apart or whole.dtype.char in BOOLS or not whole.size:
        xp.add.at(whole, at, values)
        return
    # Neighbouring picked dimensions are one dimension, and the places in it a vector.
    sizes = whole.shape[first : first + count]
    index = np.ravel_multi_index(at[first : first + count], sizes, "wrap")
    before, after = whole.shape[:first], whole.shape[first + count :]
    values = np.broadcast_to(values, (*before, *index.shape, *after))
    if whole.ndim == count and whole.dtype.char in PLAIN_FLOATS:
        counted = np.bincount(index.ravel(), values.ravel(), whole.size)
        whole += counted.reshape(whole.shape).astype(whole.dtype)
        return
    own = np.ascontiguousarray(whole)
    add_slices(
        np, own.reshape(*before, -1, *after), first, index.ravel(),
        values.reshape(*before, -1, *after),
    )  # fmt: skip
    if own is not whole:
        whole[...] = own


@kernel(names=(), upcast_halves=False)
def put_along(
    xp: ModuleType, input: Array, indices: Array, dim: int, shape: tuple[int, ...], repeated: bool
) -> Array:
    """Zeros of a shape with the input's elements added at `indices` along a dim.

    repeated: whether an index may come up twice.
    """
    if not shape:
        return input.reshape(())
    count = numel(shape)
    if not repeated:
        result = xp.zeros(count, input.dtype)
        for rows, places in blocks_of_places(xp, indices, shape, dim):
            result[places] = input[rows].reshape(-1)
        return result.reshape(shape)
    flat = flat_places(xp, indices, shape, dim)
    if input.dtype.char in COMPLEXES:
        parts = [xp.bincount(flat, p.reshape(-1), count) for p in (input.real, input.imag)]
        return (parts[0] + 1j * parts[1]).reshape(shape).astype(input.dtype)
    weights = input.reshape(-1).astype(xp.float64)
    return xp.bincount(flat, weights, count).reshape(shape).astype(input.dtype)


put_along.vjp(
    input=lambda g, indices, dim: g.gather(dim, indices) if g._a.ndim else g.reshape(indices.shape)
)


def picker(
    name: str, node_name: str, repeated: bool = False, holds: tuple[str, ...] = ()
) -> DefinedOp:
    """An op that ties picked values to the tensor they came from, under PyTorch's node name."""

    @kernel(name=name, names=(), node_name=node_name, upcast_halves=False)
    def picked(
        xp: ModuleType, values: Array, input: Array, indices: Array, dim: int, kept: bool = True
    ) -> Array:
        return values

    def back(
        g: Tensor, input_shape: tuple[int, ...], indices: Tensor, dim: int, kept: bool
    ) -> Tensor:
        if not kept and input_shape:
            g, indices = g.unsqueeze(dim), indices.unsqueeze(dim)
        return put_along(g, indices, dim, input_shape, repeated)

    picked.holds = holds
    picked.vjp(input=back)
    made: DefinedOp = picked
    made.batch = _picked_examples
    return made


def recorded(
    op: DefinedOp, found: NamedResult, input: Tensor, dim: int, kept: bool = True
) -> NamedResult:
    """A found (values, indices), with the values tied to the input where gradients flow.

    op: what `picker` made. kept: whether the values have the dim they were picked along.
    """
    if not tracked(input):
        return found
    values, indices = found
    tied = op(values, input, indices, wrap_dim(dim, input._a.ndim), kept)
    return type(found)((tied, indices))


def along(find: DefinedOp, op: DefinedOp, input: Tensor, dim: int, keepdim: bool) -> NamedResult:
    """What `find(input, axis, keepdim)` finds along a dimension, tied as by `recorded`."""
    axis = wrap_dim(dim, input._a.ndim)
    return recorded(op, find(input, axis, keepdim), input, axis, keepdim)


def evenly(g: Tensor, input: Any, out: Tensor) -> Tensor:
    """The gradient of a selected element, shared by all that equal it."""
    equal = input == out
    if mode.interpreter is not None:
        equal = equal | (input.isnan() & out.isnan())
    elif not equal._a.any():
        equal = input.isnan()
    return equal * (g / equal.sum())


# -- batches ----------------------------------------------------------------------------------


def _picked_examples(batch: Batch) -> Tensor:
    values, input, indices = map(batch.whole, range(3))
    if not batch.rank(1):
        return values.reshape(batch.size)
    return batch.call(values=values, input=input, indices=indices, dim=batch.get("dim") + 1)


def _put_examples(batch: Batch) -> Tensor:
    values, indices = batch.whole(0), batch.whole(1)
    shape = batch.get("shape")
    if not shape:
        return values.reshape(batch.size)
    dim = batch.get("dim") + 1
    return batch.call(input=values, indices=indices, dim=dim, shape=(batch.size, *shape))


put_along.batch = _put_examples
