"""Order: sorting, and the k greatest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DtypeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base import memory, threads
from tcalc.runtime.base.op import SOME, Array
from tcalc.runtime.base.targets import APART, NOT_PARTLY
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.index.picking import picker, recorded, take
from tcalc.runtime.ops.index.quickselect import place_of
from tcalc.runtime.ops.reduce.reduction import no_complex, nonempty
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, FLOATS, PLAIN_FLOATS
from tcalc.runtime.types.formats import back
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# Arrays of fewer elements than this are sorted without a detour.
_FEW = 512
# Rows from this length on are sorted faster if what is equal may change places.
_LONG = 32
# A row of at least so many times the wanted elements is searched for them first, if it is too
# long for its keys to stay in cache or its values too wide for keys.
_MANY = 64
# Up to how many of a row are searched for one after the other.
_ONE_BY_ONE = 8
# How many elements are sorted at a time.
_BLOCK = 1 << 16
# Where the upper and the lower half of a 64-bit number lie.
_HIGH, _LOW = (1, 0) if sys.byteorder == "little" else (0, 1)
# What the sample calls work on.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


def _no_complex_sort(name: str, array: Array) -> None:
    if array.dtype.char in COMPLEXES:
        raise DtypeError(f"{name} does not support complex dtypes on CPU")


def is_ordered(array: Array) -> bool:
    """Whether no float of an array is nan: the sum of their squares would be, and takes one pass."""
    flat = array.reshape(-1)
    squares = flat.dot(flat)
    return bool(squares == squares)


def order(xp: ModuleType, a: Array, axis: int, descending: bool = False) -> Array:
    """The indices that sort an array along an axis, equal elements in their order; nan greatest."""
    memory.check(a.size * 8, "the order")
    if a.size < _FEW and not descending:
        return xp.argsort(a, axis, kind="stable") if xp is not np else a.argsort(axis, "stable")
    rows = a.swapaxes(axis, -1)
    found = places(xp, rows, 0, rows.shape[-1], descending)
    return xp.ascontiguousarray(found.swapaxes(axis, -1))


def places(xp: ModuleType, rows: Array, start: int, stop: int, descending: bool = False) -> Array:
    """The indices that a sort of each row gives at `start` up to `stop`: from 0, or for one."""
    n = rows.shape[-1]
    if rows.size < _FEW or n >= 1 << 31:
        return _stable(xp, rows, descending)[..., start:stop]
    if xp is not np or rows.size <= _BLOCK or rows.ndim == 1:
        return _places(xp, rows, start, stop, descending)
    flat = rows.reshape(-1, n)
    found = np.empty((len(flat), stop - start), np.int64)
    height = max(1, _BLOCK // n)

    def work(i: int) -> None:
        part = slice(i * height, (i + 1) * height)
        found[part] = _places(np, flat[part], start, stop, descending)

    threads.spread(work, -(-len(flat) // height))
    return found.reshape(*rows.shape[:-1], stop - start)


def _places(xp: ModuleType, rows: Array, start: int, stop: int, descending: bool) -> Array:
    n = rows.shape[-1]
    if xp is np and start == 0 < stop <= min(_ONE_BY_ONE, n // _LONG):
        found = _one_by_one(rows, stop, descending)
        if found is not None:
            return found
    if start == 0 < stop <= n // _MANY and (n > _BLOCK or rows.itemsize > 4):
        found = _first(xp, rows, stop, descending)
        if found is not None:
            return found
    keys, mask = _keys(xp, rows, descending)
    if keys is None:
        few = n < _LONG
        return (_stable if few else _unstable)(xp, rows, descending)[..., start:stop]
    if stop - start < n:
        keys = xp.partition(keys, max(stop - 1, 0), axis=-1)[..., start:stop]
    keys.sort(axis=-1)
    keys &= mask
    return keys.astype(xp.int64, copy=False)


def _keys(xp: ModuleType, rows: Array, descending: bool) -> tuple[Array | None, Array | int | None]:
    """Numbers that sort as the values do, each with its place in the bits of a mask.

    No two in a row are equal. None where the values need more bits.
    """
    n = rows.shape[-1]
    if rows.dtype.char in FLOATS:
        if rows.itemsize > 4:
            return None, None
        wide = xp.add(rows, 0, dtype=xp.float32)  # no negative zero
        bits = wide.view(xp.int32)
        bits ^= (bits >> 31) & 0x7FFFFFFF
        unordered = rows != rows
        if unordered.any():
            bits[unordered] = 0x7FFFFFFF
    else:
        low, high = int(rows.min()), int(rows.max())
        if high - low < 1 << 32 - n.bit_length():
            small = (rows.astype(xp.int64) - low).astype(xp.uint32)
            keys = xp.uint32(high - low) - small if descending else small
            keys <<= n.bit_length()
            keys |= xp.arange(n, dtype=xp.uint32)
            return keys, xp.uint32((1 << n.bit_length()) - 1)
        if low < -(1 << 31) or high >= 1 << 31:
            return None, None
        bits = rows.astype(xp.int32)
    if descending:
        xp.invert(bits, out=bits)
    keys = xp.empty(rows.shape, xp.int64)
    halves = keys.view(xp.int32).reshape(*rows.shape, 2)
    halves[..., _HIGH] = bits
    halves[..., _LOW] = xp.arange(n, dtype=xp.int32)
    return keys, 0xFFFFFFFF


def _stable(xp: ModuleType, rows: Array, descending: bool) -> Array:
    if xp is np and descending and rows.dtype.char in FLOATS and is_ordered(rows):
        return (-rows).argsort(-1, "stable")
    if descending:
        last = rows.shape[-1] - 1
        return last - xp.argsort(rows[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return rows.argsort(-1, "stable") if xp is np else xp.argsort(rows, axis=-1, kind="stable")


def _unstable(xp: ModuleType, rows: Array, descending: bool) -> Array:
    """The order of long rows by a sort that mixes what is equal, which is mended afterwards."""
    found = xp.argsort(rows, axis=-1)
    ordered = take(xp, rows, found, rows.ndim - 1)
    same = ordered[..., 1:] == ordered[..., :-1]
    if rows.dtype.char in FLOATS:
        same |= xp.isnan(ordered[..., :-1])
    if descending:
        found, same = found[..., ::-1], same[..., ::-1]
    if same.any():
        ranks = xp.zeros(rows.shape, xp.int64)
        xp.cumsum(~same, axis=-1, out=ranks[..., 1:])
        ranks <<= 32
        ranks |= found
        ranks.sort(axis=-1)
        found = ranks & 0xFFFFFFFF
    return found


def _one_by_one(rows: Array, k: int, descending: bool) -> Array | None:
    """The first k of an order, each by a search for the greatest (or least) float that is left.

    None where infinite ones come first, since they stand for what is taken; or where nan would.
    """
    if rows.dtype.char not in PLAIN_FLOATS or not (descending or is_ordered(rows)):
        return None
    left = np.array(rows, order="C").reshape(-1, rows.shape[-1])
    flat = left.reshape(-1)
    starts = np.arange(0, flat.size, left.shape[1])
    taken = -np.inf if descending else np.inf
    found = np.empty((len(left), k), np.int64)
    for j in range(k):
        at = left.argmax(-1) if descending else left.argmin(-1)
        found[:, j] = at
        at += starts
        if (flat.take(at) == taken).any():
            return None
        flat[at] = taken
    return found.reshape(*rows.shape[:-1], k)


def _first(xp: ModuleType, rows: Array, k: int, descending: bool) -> Array:
    """The first k of an order: what does not come after the k-th, put in order.

    None where more than k do not.
    """
    last = rows.ndim - 1
    place = rows.shape[-1] - k if descending else k - 1
    bound = xp.partition(rows, place, axis=-1)[..., place : place + 1]
    within = ~(rows < bound) if descending else ~(rows > bound)
    if not (xp.count_nonzero(within, axis=-1) == k).all():
        return None
    found = xp.nonzero(within)[-1].reshape(*rows.shape[:-1], k)
    return take(xp, found, order(xp, take(xp, rows, found, last), last, descending), last)


@kernel(only="bifcu", 
    long=SOME,
    name="sort", names=(), differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _sort(xp: ModuleType, input: Array, dim: int, descending: bool) -> Array:
    _no_complex_sort(" Sort", input)
    if not input.ndim:
        return input.copy(), xp.zeros((), xp.int64)
    if not input.flags.c_contiguous and (laid := _order_in_memory(input)):
        found = _sort.kernel(xp, input.transpose(laid), laid.index(dim), descending)
        return tuple([a.transpose(back(laid)) for a in found])
    indices = order(xp, input, dim, descending)
    return take(xp, input, indices, dim), indices


_sort.over_call = "sort", ("dim", "False", "descending")


def _order_in_memory(array: Array) -> tuple[int, ...] | None:
    """The dimensions from the outermost in memory on, if they fill it: what sorts them lies so too."""
    dims = tuple(sorted(range(array.ndim), key=lambda d: -array.strides[d]))
    return dims if array.transpose(dims).flags.c_contiguous else None


_sort_picked = picker("sort", "SortBackward0")
_stable_sort_picked = picker("sort", "SortBackward1")


@composite(
    apart=NOT_PARTLY, samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 0, True), {"stable": True})]
)
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None
) -> tuple[Tensor, Tensor]:
    """The elements in order along a dimension, and the indices that they had.

    Equal elements keep their order (with or without `stable`); nan counts as greatest.

    >>> sort(tensor([3, 1, 2])).values
    tensor([1, 2, 3])
    >>> sort(tensor([3, 1, 2]), descending=True).indices
    tensor([0, 2, 1])
    """
    axis = wrap_dim(dim, input._a.ndim)
    picked = _sort_picked if stable is None else _stable_sort_picked
    return recorded(picked, _sort(input, axis, bool(descending)), input, axis)


@kernel(only="bifcu", differentiable=False, long=SOME)
def argsort(
    xp: ModuleType, input: Array, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Array:
    """The indices that put the elements in order along a dimension.

    >>> argsort(tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    _no_complex_sort(" Sort", input)
    axis = wrap_dim(dim, input.ndim)
    if not input.ndim:
        return xp.zeros((), xp.int64)
    if not input.flags.c_contiguous and (laid := _order_in_memory(input)):
        return order(xp, input.transpose(laid), laid.index(axis), descending).transpose(back(laid))
    return order(xp, input, axis, descending)


argsort.over_call = "argsort", ("dim", "False", "descending", "stable")


@composite(apart=NOT_PARTLY)
def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    >>> msort(tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    return sort(input, 0)[0]


@kernel(
    long=SOME,
    name="topk", names=(), differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _topk(xp: ModuleType, input: Array, k: int, dim: int, largest: bool) -> Array:
    _no_complex_sort(" topk", input)
    if input.dtype.char in BOOLS:
        raise DtypeError("topk does not support bool dtypes on CPU")
    n = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= n:
        raise StateError("selected index k out of range", argument="k")
    if not input.ndim:
        return (input.copy(), xp.zeros((), xp.int64)) if k else (input[:0], xp.zeros(0, xp.int64))
    found = places(xp, input.swapaxes(dim, -1), 0, k, largest).swapaxes(dim, -1)
    indices = laid_in_order(found)
    return take(xp, input, indices, dim), indices


_topk.over_call = "topk", ("dim", "False", "k", "largest")
_topk_picked = picker("topk", "TopkBackward0")


@composite(apart=APART, samples=lambda: [((_MATRIX, 2), {}), ((_MATRIX, 1, 0, False), {})])
def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Tensor, Tensor]:
    """The k greatest elements (least with `largest=False`) along a dimension, and their indices.

    In order, whatever `sorted`; of equal elements the first; nan counts as greatest.

    >>> topk(tensor([1., 5., 3.]), 2).values
    tensor([5., 3.])
    """
    axis = wrap_dim(dim, input._a.ndim)
    return recorded(_topk_picked, _topk(input, k, axis, bool(largest)), input, axis)


@kernel(
    long=SOME,
    name="kthvalue", names=(), differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _kthvalue(xp: ModuleType, input: Array, k: int, dim: int, keepdim: bool) -> Array:
    no_complex("kthvalue_cpu", input)
    if input.dtype.char in BOOLS:
        raise UnsupportedDtype("\"kthvalue_cpu\" not implemented for 'Bool'")
    nonempty("kthvalue", input, dim)
    n = input.shape[dim] if input.ndim else 1
    if not 1 <= k <= n:
        raise StateError(
            f"kthvalue(): selected number k out of range for dimension {dim}", argument="k"
        )
    if not input.ndim:
        return input.copy(), xp.zeros((), xp.int64)
    rows = input.swapaxes(dim, -1)
    indices = places(xp, rows, k - 1, k)
    values = take(xp, rows, indices, rows.ndim - 1)
    if xp is np:
        equal = rows == values
        equal |= (values != values) & (rows != rows)
        tied = np.count_nonzero(equal, axis=-1) > 1
        if tied.any():
            indices[tied, 0] = place_of(rows[tied], k - 1)
    found = values, indices
    values, indices = [laid_in_order(a.swapaxes(dim, -1)) for a in found]
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


_kthvalue.over_call = "kthvalue", ("dim", "keepdim", "k")
_kthvalue_picked = picker("kthvalue", "KthvalueBackward0")


@composite(apart=APART, samples=lambda: [((_MATRIX, 2), {}), ((_MATRIX, 1, 0, True), {})])
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The k-th smallest element along a dimension (counted from 1), and its index.

    Of equal elements the one that PyTorch's quickselect finds.

    >>> kthvalue(tensor([30., 10., 20.]), 2).values
    tensor(20.)
    """
    axis = wrap_dim(dim, input._a.ndim)
    found = _kthvalue(input, k, axis, keepdim)
    return recorded(_kthvalue_picked, found, input, axis, keepdim)


# -- batches ----------------------------------------------------------------------------------

_sort.batch = argsort.batch = _topk.batch = _kthvalue.batch = over("dim")
