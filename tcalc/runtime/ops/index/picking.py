"""Elements picked by index along a dim, and putting their gradients back.

Ops that select (sort, topk, max of a dim, median, ...) find values and indices without gradients;
`recorded` then ties the values to the input: their gradient goes to the places they came from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import module_of
from tcalc.runtime.arrays.summation import as_array
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base import detached, memory, threads
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Array, on_arrays
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import DefinedOp, kernel
from tcalc.runtime.lazy.filling import zeros
from tcalc.runtime.lazy.pending import computed
from tcalc.runtime.lazy.picks import added, gathered, scattered, selected
from tcalc.runtime.ops.index import parsing
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, HALVES, PLAIN_FLOATS
from tcalc.runtime.types.dtypes import of
from tcalc.runtime.types.shapes import numel, wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import EllipsisType, ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.ops.index.parsing import Picks
    from tcalc.runtime.tensor.tensor import Tensor


ndarray = np.ndarray
# How many elements are worth a part of a job of their own.
_BLOCK = 1 << 16
# What a job of fewer elements takes is told by the number of calls.
_FEW = 128
_SOME = 1 << 10
_WHOLE = slice(None)
_LONG = np.dtype(np.int64)
_UNSIGNED = {t.itemsize: t for t in map(np.dtype, (np.uint8, np.uint16, np.uint32, np.uint64))}
# Up to how many numbers are kept that lead from indices to places.
_KEPT = 1 << 10
# With fewer places than this in each of many rows, all rows' places are named at once.
_SHORT = 1 << 12


def is_within(index: Array, n: int) -> bool:
    """Whether an index is known to be from 0 up to `n`; False where that takes a closer look."""
    if type(index) is not np.ndarray or not (index.size < _SHORT or index.flags.c_contiguous):
        return False
    return not index.size or 0 <= greatest(index) < n


def greatest(numbers: Array) -> int:
    """The greatest of NumPy's integers, or a negative one where there are such."""
    # Without a sign those are greatest; and `argmax` is called in less time than `max`.
    return int(numbers.item(numbers.view(_UNSIGNED[numbers.itemsize]).argmax()))


def _steps(
    xp: ModuleType, counts: tuple[int, ...], shape: tuple[int, ...], dim: int
) -> tuple[int, Array]:
    """How the flat place of an element along a dim follows from its index: times, plus.

    counts: the shape of the indices. shape: that of the tensor they go to.
    """
    few = xp is np and numel(counts) <= _KEPT * counts[dim]
    return _kept_steps(counts, shape, dim) if few else _made_steps(xp, counts, shape, dim)


def _made_steps(
    xp: ModuleType, counts: tuple[int, ...], shape: tuple[int, ...], dim: int
) -> tuple[int, Array]:
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


@lru_cache(maxsize=64)
def _kept_steps(counts: tuple[int, ...], shape: tuple[int, ...], dim: int) -> tuple[int, Array]:
    return _made_steps(np, counts, shape, dim)


def places_along(xp: ModuleType, index: Array, shape: tuple[int, ...], dim: int) -> Array:
    """For each element of an index along a dim, its place in a flattened tensor of the shape."""
    if len(shape) < 2:
        return index
    if xp is np and index.size <= _KEPT:
        steps = _fitting_steps(index.shape, shape, dim)
        if steps is not None:
            return _moved(np, index, *steps)
    memory.check(index.size * 8, "the places")
    step, base = _steps(xp, index.shape, shape, dim)
    return _moved(xp, index, step, base)


def places_of_few(index: Array, shape: tuple[int, ...], dim: int) -> Array:
    """The same where there are few and all is well; None where that takes a closer look."""
    if type(index) is not ndarray or index.dtype is not _LONG or not 0 < index.size <= _KEPT:
        return None
    steps = _fitting_steps(index.shape, shape, dim)
    if steps is None or not 0 <= greatest(index) < shape[dim]:
        return None
    step, base = steps
    return index + base if step == 1 else index * step + base


@lru_cache(maxsize=64)
def _fitting_steps(
    counts: tuple[int, ...], shape: tuple[int, ...], dim: int
) -> tuple[int, Array] | None:
    """How places follow from an index that has room in a tensor, else None."""
    if len(counts) != len(shape) or not shape:
        return None
    if any(n > room and d != dim for d, (n, room) in enumerate(zip(counts, shape))):
        return None
    step, base = _made_steps(np, counts, shape, dim)
    return step, np.broadcast_to(
        base, counts
    ).copy()  # of the index's own shape it is added soonest


def flat_places(xp: ModuleType, index: Array, shape: tuple[int, ...], dim: int) -> Array:
    """The same, flattened."""
    return places_along(xp, index, shape, dim).reshape(-1)


def _moved(xp: ModuleType, index: Array, step: int, base: Array) -> Array:
    if type(index) is ndarray and index.dtype is _LONG:
        return index + base if step == 1 else index * step + base
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
) -> Iterable[tuple[slice | EllipsisType, Array]]:
    """The flat places of an index's elements, block by block, each with the block's slice."""
    if not index.size:
        return ()
    if xp is not np or index.size <= _BLOCK or index.ndim != len(shape) or len(shape) < 2:
        return ((..., flat_places(xp, index, shape, dim)),)
    return _blocks_of_places(index, shape, dim)


def _blocks_of_places(
    index: Array, shape: tuple[int, ...], dim: int
) -> Iterator[tuple[slice, Array]]:
    step, base = _made_steps(np, index.shape, shape, dim)
    for rows in _blocks(index):
        own = base if dim == 0 else base[rows]
        yield rows, _moved(np, index[rows], step, own).reshape(-1)


def take(xp: ModuleType, array: Array, indices: Array, dim: int) -> Array:
    """The elements of an array at `indices` along a dim (of as many dims as the array).

    The indices are none below 0, and in the other dims as many as the array's elements or fewer.
    """
    if array.ndim < 2 and indices.size < _SHORT:
        return array.take(indices) if array.ndim else array
    if xp is np and (found := gathered(array, dim, indices)) is not None:
        return found
    if xp is np and indices.size <= _BLOCK and array.flags.c_contiguous:
        return array.take(places_along(np, indices, array.shape, dim))
    dear = not array.flags.c_contiguous and indices.size < array.size // 4
    if xp is not np or not indices.size or dear:
        trimmed = array[tuple([slice(None) if d == dim else slice(n)
                               for d, n in enumerate(indices.shape)])]  # fmt: skip
        return xp.take_along_axis(trimmed, indices, dim)
    flat = np.ascontiguousarray(array).reshape(-1)
    step, base = _made_steps(np, indices.shape, array.shape, dim)
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


def slices(array: Array, dim: int, index: Array) -> Array:
    """The slices of an array that an index names along a dim, in the index's shape."""
    found = selected(array, dim, index)
    return array.take(index, dim) if found is None else found


def under(array: Array, mask: Array) -> Array:
    """The elements of an array where a mask of its shape is true."""
    many = type(array) is np.ndarray and array.size >= _SOME
    if many and array.flags.c_contiguous and mask.flags.c_contiguous:
        return array.reshape(-1).compress(mask.reshape(-1))  # faster than brackets
    return array[mask]


def _are_apart(index: Array, n: int) -> bool:
    """Whether a vector names each of `n` places once at most."""
    counts = np.bincount(index, minlength=n)
    return bool(counts.item(counts.argmax()) < 2)


def add_slices(xp: ModuleType, out: Array, dim: int, index: Array, values: Array) -> None:
    """Add slices of values to those that a vector names along a dim, every time it does.

    values: of out's dtype; along `dim` as many slices as there are indices, none below 0.
    """
    if not out.ndim:
        add_flat(xp, out, index, values)
        return
    if xp is np and added(out, dim, index, values):
        return
    if values.size <= _FEW:
        xp.add.at(out, (_WHOLE,) * dim + (index,), values)
        return
    before, n, after = numel(out.shape[:dim]), out.shape[dim], numel(out.shape[dim + 1 :])
    if xp is np and index.size and _are_apart(index, n):
        height = max(1, _BLOCK // max(before * after, 1))
        lead = (_WHOLE,) * dim
        for start in range(0, len(index), height):
            part = slice(start, start + height)
            out[(*lead, index[part])] = out.take(index[part], dim) + values[(*lead, part)]
        return
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
            for row, more in zip(rows, source[:, part]):
                xp.add.at(row, places, more.reshape(-1))
    if own is not out:
        out[...] = own


def add_slices_once(xp: ModuleType, out: Array, dim: int, index: Array, values: Array) -> None:
    """`add_slices`, where halves of more than one dim are rounded once, as PyTorch's."""
    if out.ndim > 1 and out.dtype.char in HALVES:
        in_single(add_slices, xp, out, dim, index, values)
    else:
        add_slices(xp, out, dim, index, values)


def in_single(
    add: Callable[..., None], xp: ModuleType, out: Array, dim: int, index: Array, values: Array
) -> None:
    """What adds to an array at an index, done in single floats for one of halves."""
    wide = out.astype(xp.float32)
    add(xp, wide, dim, index, values.astype(xp.float32))
    out[...] = wide.astype(out.dtype)


def flat_view(out: Array) -> tuple[Array, bool]:
    """An array's elements in one dimension, and whether they are its own memory."""
    if out.flags.c_contiguous:
        return out.reshape(-1), True
    return out.ravel(), False


def add_along(xp: ModuleType, out: Array, dim: int, index: Array, values: Array) -> None:
    """Add values to the elements that an index names along a dim, every time it does.

    values: of the index's shape.
    """
    if out.dtype.char in HALVES:
        in_single(add_along, xp, out, dim, index, values)
        return
    if xp is np and scattered(out, dim, index, values, True):
        return
    flat, own = flat_view(out)
    for rows, places in blocks_of_places(xp, index, out.shape, dim):
        xp.add.at(flat, places, values[rows].reshape(-1))
    if not own:
        out[...] = flat.reshape(out.shape)


def add_flat(xp: ModuleType, out: Array, index: Array, values: Array) -> None:
    """Add values to an array at places of the flattened one, every time that one is named."""
    flat, own = flat_view(out)
    xp.add.at(flat, index.reshape(-1), values.reshape(-1))
    if not own:
        out[...] = flat.reshape(out.shape)


def add_at(xp: ModuleType, whole: Array, picks: Picks, values: Array) -> None:
    """Add values at the picked places of an array, every time that a place is named."""
    chosen = [d for d, p in enumerate(picks) if p is not None]
    first, count = chosen[0], len(chosen)
    apart = chosen[-1] - first >= count
    if xp is not np or apart or whole.dtype.char in BOOLS or not whole.size:
        xp.add.at(whole, parsing.on_device_of(whole, picks), values)
        return
    # Neighbouring picked dimensions are one dimension, and the places in it a vector.
    sizes = whole.shape[first : first + count]
    arrays: Any = picks[first : first + count]
    index = arrays[0]
    if count > 1 or not is_within(index, sizes[0]):
        index = np.ravel_multi_index(arrays, sizes, "wrap")
    before, after = whole.shape[:first], whole.shape[first + count :]
    shape = (*before, *index.shape, *after)
    if values.shape != shape:
        values = np.broadcast_to(values, shape)
    if whole.ndim == count and whole.dtype.char in PLAIN_FLOATS:
        counted = np.bincount(index.ravel(), values.ravel(), whole.size)
        whole += counted.reshape(whole.shape).astype(whole.dtype)
        return
    own = np.ascontiguousarray(whole)
    lined = own if count == 1 else own.reshape(*before, -1, *after)
    if index.ndim != 1:
        values = values.reshape(*before, -1, *after)
        index = index.ravel()
    add_slices(np, lined, first, index, values)
    if own is not whole:
        whole[...] = own


def by_kernel(op: DefinedOp, g: Tensor | Array, *args: object) -> Tensor | Array:
    """What an op gives for a gradient: for a tensor by a call of it, for an array by its kernel."""
    return _by_kernel(op, g, as_array, args)


def placed_by(op: DefinedOp, g: Tensor | Array, *args: object) -> Tensor | Array:
    """The same of an op that writes the gradient's elements into an array of its own: they may lie in any
    order, or one may stand for all."""
    return _by_kernel(op, g, np.asanyarray, args)


def _by_kernel(
    op: DefinedOp, g: Tensor | Array, take: Callable[[Array], Array], args: tuple[object, ...]
) -> Tensor | Array:
    if hasattr(g, "_d"):
        return op(g, *args)
    given = [computed(arg) for arg in args]
    if type(g) is np.ndarray and g.size < _BLOCK:
        return op.kernel(np, g, *given)
    g = computed(g)
    array = take(g) if isinstance(g, (np.ndarray, np.generic)) else g
    xp = module_of(array)
    return detached.run(op, (array, *given), {}) if xp is np else op.kernel(xp, array, *given)


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
        result = zeros(shape, input.dtype) if xp is np else xp.zeros(shape, input.dtype)
        flat = result.reshape(-1)
        for rows, places in blocks_of_places(xp, indices, shape, dim):
            flat[places] = input[rows].reshape(-1)
        return result
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

    @on_arrays
    def back(
        g: Tensor | Array, input_shape: tuple[int, ...], indices: Any, dim: int, kept: bool
    ) -> Tensor | Array:
        if not kept and input_shape:
            shape = (*input_shape[:dim], 1, *input_shape[dim + 1 :])
            g, indices = g.reshape(shape), indices.reshape(shape)
        return placed_by(put_along, g, indices, dim, input_shape, repeated)

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
