"""Unique values, and searching what is sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.summation import as_array
from tcalc.runtime.base import memory, threads
from tcalc.runtime.base.op import SOME, Array
from tcalc.runtime.call.batching import Batch, dynamic
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.rows import function_named
from tcalc.runtime.ops.index.picking import take
from tcalc.runtime.ops.index.sorting import order
from tcalc.runtime.ops.reduce.reduction import no_complex
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, FLOATS, PLAIN, REALS
from tcalc.runtime.types.shapes import numel, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_PLAIN_REALS = "".join([c for c in PLAIN if c in REALS])
# How many values are searched for at a time; fewer than so many by NumPy alone, and among so few.
_BLOCK = 1 << 14
_FEW = 1 << 11
_SHORT = 16

# -- unique values ----------------------------------------------------------------------------


def _changes(xp: ModuleType, rows: Array) -> Array:
    """Whether each row (each element of a 1-dim array) differs from the one before it."""
    changed = xp.empty(len(rows), bool)
    changed[:1] = True
    different = rows[1:] != rows[:-1]
    changed[1:] = different if rows.ndim == 1 else different.reshape(len(rows) - 1, -1).any(1)
    return changed


def _counted(xp: ModuleType, array: Array, inverse: bool) -> Array:
    """The unique numbers of close whole ones, by counting; None for others."""
    if array.dtype.char not in EXACT or not array.size:
        return None
    low, high = int(array.min()), int(array.max())
    if high - low > 2 * array.size:
        return None
    steps = array.astype(xp.int64) - low
    counts = xp.bincount(steps)
    found = xp.flatnonzero(counts)
    of_each = (xp.cumsum(counts != 0) - 1).take(steps) if inverse else None
    return (found + low).astype(array.dtype), of_each, counts[found]


def _compared(xp: ModuleType, rows: Array, consecutive: bool, inverse: bool, counts: bool) -> Array:
    """The unique elements or rows, by looking at neighbours (once in order)."""
    by = None
    if not consecutive:
        if rows.ndim == 1:
            by = order(xp, rows, 0)
        else:
            keys = rows.reshape(len(rows), -1)
            by = xp.lexsort(keys.T[::-1]) if keys.shape[1] else xp.arange(len(rows))
        rows = rows.take(by, 0)
    changed = _changes(xp, rows)
    of_each = None
    if inverse:
        of_each = xp.cumsum(changed) - 1
        if by is not None:
            in_order, of_each = of_each, xp.empty(len(rows), xp.int64)
            of_each[by] = in_order
    starts = changed.nonzero()[0]
    numbers = xp.diff(xp.append(starts, len(rows))) if counts else None
    return rows.take(starts, 0), of_each, numbers


@kernel(only="bifcu", name="unique", names=(), differentiable=False, long=SOME)
def _unique(
    xp: ModuleType, input: Array, dim: int | None, consecutive: bool, inverse: bool, counts: bool
) -> Array:
    """The unique elements or slices; where wanted the index of every one's, and their counts."""
    no_complex("unique", input)
    rows = input.reshape(-1) if dim is None or not input.ndim else xp.moveaxis(input, dim, 0)
    found = None
    if rows.ndim == 1 and not consecutive:
        found = _counted(xp, rows, inverse)
    values, of_each, numbers = found or _compared(xp, rows, consecutive, inverse, counts)
    results = [values if dim is None or not input.ndim else xp.moveaxis(values, 0, dim)]
    if inverse:
        results.append(of_each.reshape(input.shape) if dim is None else of_each)
    if counts:
        results.append(numbers)
    return results[0] if len(results) == 1 else tuple(results)


_unique.over_call = "unique", ("dim", "False", "consecutive", "inverse", "counts")


@composite(differentiable=False)
def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    """The different elements in order, or with `dim` the different slices along it.

    return_inverse: also the index in the result of every element. return_counts: also how many
    there are of each. Always sorted; every nan is different.

    >>> unique(tensor([3, 1, 3]))
    tensor([1, 3])
    >>> unique(tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    axis = None if dim is None else wrap_dim(dim, input._a.ndim)
    return _unique(input, axis, False, bool(return_inverse), bool(return_counts))


@composite(differentiable=False)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    """The elements, or with `dim` the slices along it, without those equal to the one before.

    >>> unique_consecutive(tensor([1, 1, 2, 2, 1]))
    tensor([1, 2, 1])
    """
    axis = None if dim is None else wrap_dim(dim, input._a.ndim)
    return _unique(input, axis, True, bool(return_inverse), bool(return_counts))


# -- searching --------------------------------------------------------------------------------


def _is_right(name: str, right: bool, side: str | None) -> bool:
    if side is None:
        return bool(right)
    if side not in ("left", "right"):
        raise StateError(
            f"{name}(): side can only be 'left' or 'right' but got {side}", argument="side"
        )
    if right and side == "left":
        raise StateError(
            f"{name}(): side and right can't be set to opposites, got side of left while right "
            "was True",
            argument="side",
        )
    return side == "right"


def _search(
    xp: ModuleType, edges: Array, values: Array, right: bool, sorter: Array | None, int32: bool
) -> Array:
    side = "right" if right else "left"
    memory.check(values.size * 8, "the places")
    if sorter is not None and edges.ndim > 1:
        edges, sorter = take(xp, edges, sorter, edges.ndim - 1), None
    function = _function(edges, values, right) if xp is np and sorter is None else None
    if function is not None:
        found = _found(function, edges, values)
    elif edges.ndim == 1 and (values.size < _FEW or xp is not np):
        # Another device has threads of its own.
        found = xp.searchsorted(edges, values, side=side, sorter=sorter)
    elif edges.ndim > 1:
        found = xp.empty(values.shape, xp.int64)
        rows = numel(values.shape[:-1])
        jobs = [a.reshape(rows, a.shape[-1]) for a in (edges, values)]
        out = found.reshape(jobs[1].shape)
        for row, wanted, places in zip(*jobs, out):
            places[...] = xp.searchsorted(row, wanted, side=side)
    else:
        found = np.empty(values.shape, np.int64)
        flat, out = values.reshape(-1), found.reshape(-1)
        if sorter is not None:
            edges = edges.take(sorter)
        common = np.result_type(edges, flat)
        halving = common.char in _PLAIN_REALS and edges.size >= _SHORT

        def work(i: int) -> None:
            part = slice(i * _BLOCK, (i + 1) * _BLOCK)
            if halving:
                out[part] = _halved(edges.astype(common), flat[part].astype(common), right)
            else:
                out[part] = edges.searchsorted(flat[part], side)

        threads.spread(work, -(-flat.size // _BLOCK))
    return found.astype(xp.int32) if int32 else found


# By type, as the installation has searches of them.
_SEARCHES = {np.dtype(np.float32): "float", np.dtype(np.int64): "i64"}


def _function(edges: Array, values: Array, right: bool) -> Any:
    """The installation's function that searches, or None."""
    kind = _SEARCHES.get(values.dtype)
    if kind is None or edges.dtype != values.dtype or not 0 < edges.shape[-1] < 1 << 31:
        return None
    return function_named(f"search_{'right' if right else 'left'}.{kind}")


def _found(function: Any, edges: Array, values: Array) -> Array:
    edges = edges if edges.flags.c_contiguous else edges.copy("C")
    if edges.ndim > 1:
        return as_array(function(edges[..., None, :], values))
    if values.size <= _BLOCK:
        return as_array(function(edges, values))
    found = np.empty(values.shape, np.int64)
    flat, out = values.reshape(-1), found.reshape(-1)

    def work(i: int) -> None:
        part = slice(i * _BLOCK, (i + 1) * _BLOCK)
        function(edges, flat[part], out=out[part])

    threads.spread(work, -(-flat.size // _BLOCK))
    return found


def _halved(edges: Array, values: Array, right: bool) -> Array:
    """`searchsorted` of many values at once: in each step all go on in one half or the other, so that
    no branch of the processor's goes by a value (which it would guess wrong every other time)."""
    n = edges.size
    floating = edges.dtype.char in FLOATS
    table = np.empty((1 << n.bit_length()) - 1, edges.dtype)
    table[:n] = edges
    table[n:] = np.nan if floating else np.iinfo(edges.dtype).max
    is_before = np.less_equal if right else np.less
    places = np.zeros(values.size, np.int64)
    moved = np.empty_like(places)
    step = 1 << (n.bit_length() - 1)
    while step:
        np.add(places, step - 1, out=moved)
        np.multiply(is_before(table.take(moved), values), step, out=moved)
        places += moved
        step >>= 1
    if not floating:
        return np.minimum(places, n, out=places)
    unordered = values != values
    if unordered.any():
        places[unordered] = edges.searchsorted(np.nan, "right" if right else "left")
    return places


@kernel(
    names=("torch.searchsorted",),
    differentiable=False,
    keywords={"values": "input"},
    numbers=True,
    long=SOME,
)
def searchsorted(
    xp: ModuleType, sorted_sequence: Array, input: Array, *, out_int32: bool = False,
    right: bool = False, side: str | None = None, sorter: Array = None,
) -> Array:  # fmt: skip
    """Where each value would be put into a sorted sequence to keep it sorted.

    sorted_sequence: (k) for values of any shape, or (*, k) for values (*, m), row by row.
    right (or side="right"): after equal elements instead of before. sorter: the indices that sort
    the sequence. The dtype is int64, or int32 with `out_int32`.

    >>> searchsorted(tensor([1, 3, 5]), tensor([3, 4]))
    tensor([1, 2])
    """
    if sorted_sequence.dtype.char not in REALS:
        raise UnsupportedDtype(
            '"searchsorted_out_cpu" not implemented for '
            f"'{dtypes.of(sorted_sequence.dtype).shorthand}'"
        )
    edges = list(sorted_sequence.shape)
    if sorted_sequence.ndim != 1 and not input.ndim:
        raise StateError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({len(edges)}) and input value's "
            f"dim(0) numel(1)"
        )
    if sorted_sequence.ndim != 1 and edges[:-1] != list(input.shape[:-1]):
        raise StateError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {edges} and input value tensor {list(input.shape)}"
        )
    after = _is_right("torch.searchsorted", right, side)
    return _search(xp, sorted_sequence, input, after, sorter, out_int32)


@kernel(differentiable=False, numbers=True, long=SOME,
        samples=lambda: [(([[0.5, 2.0], [3.0, 9.0]], [1.0, 3.0, 5.0]), {"right": True})])  # fmt: skip
def bucketize(
    xp: ModuleType, input: Array, boundaries: Array, *, out_int32: bool = False, right: bool = False
) -> Array:
    """The number of the bucket between sorted boundaries that each value falls in.

    >>> bucketize(tensor([0, 3, 9]), tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise StateError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})",
            argument="boundaries",
        )
    return _search(xp, boundaries, input, right, None, out_int32)


@kernel(only="bifcu", names=("torch.isin",), differentiable=False, numbers=True, long=SOME)
def isin(
    xp: ModuleType, elements: Array, test_elements: Array, *, assume_unique: bool = False,
    invert: bool = False,
) -> Array:  # fmt: skip
    """Whether each element is among the test elements.

    >>> isin(tensor([1, 2, 3]), tensor([2, 5]))
    tensor([False,  True, False])
    """
    for array in (elements, test_elements):
        if array.dtype.char not in REALS:
            raise DtypeError(
                f"Unsupported input type encountered for isin(): {dtypes.of(array.dtype).shorthand}"
            )
    if test_elements.size < 10 * elements.size**0.145:  # from there on PyTorch sorts
        dtypes.of(elements.dtype).need("bifc", "isin_default_cpu")
    if elements.size * test_elements.size <= _FEW:
        found = (elements[..., None] == test_elements.reshape(-1)).any(-1)
        return ~found if invert else found
    return xp.isin(elements, test_elements, assume_unique=assume_unique, invert=invert)


# -- batches ----------------------------------------------------------------------------------


def _search_examples(batch: Batch) -> Tensor:
    """One row of boundaries serves all; else each example has its own."""
    lists, values = batch.rank(0), batch.rank(1)
    if not batch.has("sorted_sequence") and lists == 1 and batch.get("sorter") is None:
        return batch.call()
    if lists != values or batch.get("sorter") is not None:
        return NotImplemented
    return batch.call(sorted_sequence=batch.whole(0), input=batch.whole(1))


_unique.batch = dynamic


def _bucket_examples(batch: Batch) -> Tensor:
    if not batch.has("boundaries"):
        return batch.call()
    how = {"out_int32": batch.get("out_int32"), "right": batch.get("right")}
    found = searchsorted(batch.whole(batch.place("boundaries")), batch.rows(), **how)
    return found.reshape(batch.whole(0)._d.shape)


bucketize.batch = _bucket_examples
searchsorted.batch = _search_examples
isin.batch = lambda batch: NotImplemented if batch.has("test_elements") else batch.call()
