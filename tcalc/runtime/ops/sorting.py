"""Order: sorting, and the k greatest."""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DtypeError, StateError, UnsupportedDtype
from tcalc.runtime.op import Array, composite, kernel
from tcalc.runtime.ops.picking import picker, recorded, take
from tcalc.runtime.ops.reduction import axes_of, no_complex, nonempty, one_dim

if TYPE_CHECKING:
    from tcalc.runtime.tensor import Tensor

# From this many elements a row on, sorting keys with their places in them is faster.
_LONG = 256
# Up to this part of a row, the k greatest are found by partition.
_PART = 0.5
# What the sample calls work on.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


def _no_complex_sort(name: str, array: Any) -> None:
    if array.dtype.kind == "c":
        raise DtypeError(f"{name} does not support complex dtypes on CPU")


def order(xp: Any, a: Any, axis: int, descending: bool = False) -> Any:
    """The indices that sort an array along an axis, equal elements in their order; nan greatest."""
    rows = a.swapaxes(axis, -1)
    n = rows.shape[-1]
    found = _order_of_long(xp, rows, descending) if _LONG <= n < 1 << 31 else None
    if found is None and descending:
        found = n - 1 - xp.flip(xp.argsort(xp.flip(rows, -1), axis=-1, kind="stable"), -1)
    elif found is None:
        found = xp.argsort(rows, axis=-1, kind="stable")
    return found.swapaxes(axis, -1)


def _order_of_long(xp: Any, rows: Any, descending: bool) -> Any:
    """The same for long rows by an unstable sort, which is faster, or None where it is wrong."""
    if rows.itemsize <= 4:
        return _order_by_keys(xp, rows, descending)
    if rows.dtype.kind in "iu":
        fits = rows.min() >= -(1 << 31) and rows.max() < 1 << 31 if rows.size else False
        return _order_by_keys(xp, rows, descending) if fits else None
    found = xp.argsort(rows, axis=-1)
    ordered = take(xp, rows, found, rows.ndim - 1)
    if not (ordered[..., 1:] > ordered[..., :-1]).all():  # equal elements, or nan
        return None
    return xp.flip(found, -1) if descending else found


def _order_by_keys(xp: Any, rows: Any, descending: bool) -> Any:
    """The same through one sort of 64-bit integers: a key of the value above the place."""
    if rows.dtype.kind == "f":
        wide = rows.astype(xp.float32) + xp.float32(0)  # no negative zero
        bits = wide.view(xp.int32)
        keys = xp.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(xp.int64)
        keys[wide != wide] = 0x7FFFFFFF
    else:
        keys = rows.astype(xp.int64)
    if descending:
        keys = ~keys
    keys <<= 32
    keys |= xp.arange(rows.shape[-1])
    keys.sort(axis=-1)
    keys &= 0xFFFFFFFF
    return keys


@kernel(
    name="sort", method=False, function=False, differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _sort(xp: Any, input: Array, dim: int, descending: bool) -> Array:
    _no_complex_sort(" Sort", input)
    if not input.ndim:
        return input.copy(), xp.zeros((), xp.int64)
    indices = order(xp, input, dim, descending)
    return take(xp, input, indices, dim), indices


_sort_picked = picker("sort", "SortBackward0")
_stable_sort_picked = picker("sort", "SortBackward1")


@composite(samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 0, True), {"stable": True})])
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None
) -> Any:
    """The elements in order along a dimension, and the indices that they had.

    Equal elements keep their order (with or without `stable`); nan counts as greatest.

    >>> sort(tensor([3, 1, 2])).values
    tensor([1, 2, 3])
    >>> sort(tensor([3, 1, 2]), descending=True).indices
    tensor([0, 2, 1])
    """
    if isinstance(dim, bool):
        raise ArgumentError("sort(): argument 'dim' must be int, not bool", argument="dim")
    axis = one_dim("sort", dim, input._a.ndim)
    picked = _sort_picked if stable is None else _stable_sort_picked
    return recorded(picked, _sort(input, axis, bool(descending)), input, axis)


@kernel(differentiable=False)
def argsort(
    xp: Any, input: Array, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Array:
    """The indices that put the elements in order along a dimension.

    >>> argsort(tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    _no_complex_sort(" Sort", input)
    axis = one_dim("argsort", dim, input.ndim)
    return order(xp, input, axis, descending) if input.ndim else xp.zeros((), xp.int64)


@composite()
def msort(input: Tensor) -> Any:
    """The elements in order along the first dimension.

    >>> msort(tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    return sort(input, 0)[0]


@kernel(
    name="topk", method=False, function=False, differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _topk(xp: Any, input: Array, k: int, dim: int, largest: bool) -> Array:
    _no_complex_sort(" topk", input)
    if input.dtype.kind == "b":
        raise DtypeError("topk does not support bool dtypes on CPU")
    n = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= n:
        raise StateError("selected index k out of range", argument="k")
    if not input.ndim:
        return (input.copy(), xp.zeros((), xp.int64)) if k else (input[:0], xp.zeros(0, xp.int64))
    rows = input.swapaxes(dim, -1)
    if n >= _LONG and 0 < k < n * _PART:
        indices = _greatest(xp, rows, k, largest)
    else:
        indices = order(xp, rows, rows.ndim - 1, largest)[..., :k]
    indices = indices.swapaxes(dim, -1)
    return take(xp, input, indices, dim), indices


def _greatest(xp: Any, rows: Any, k: int, largest: bool) -> Any:
    """The indices of the k greatest of long rows, in order; of equal ones the first."""
    last = rows.ndim - 1
    n = rows.shape[-1]
    place = n - k if largest else k - 1
    bound = xp.partition(rows, place, axis=-1)[..., place : place + 1]
    within = ~(rows < bound) if largest else ~(rows > bound)
    counts = xp.count_nonzero(within, axis=-1)
    if xp.all(counts == k):
        found = xp.nonzero(within)[-1].reshape(*rows.shape[:-1], k)
        return take(xp, found, order(xp, take(xp, rows, found, last), last, largest), last)
    return order(xp, rows, last, largest)[..., :k]


_topk_picked = picker("topk", "TopkBackward0")


@composite(samples=lambda: [((_MATRIX, 2), {}), ((_MATRIX, 1, 0, False), {})])
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k greatest elements (least with `largest=False`) along a dimension, and their indices.

    In order, whatever `sorted`; of equal elements the first; nan counts as greatest.

    >>> topk(tensor([1., 5., 3.]), 2).values
    tensor([5., 3.])
    """
    axis = one_dim("topk", dim, input._a.ndim)
    return recorded(_topk_picked, _topk(input, _index(k), axis, bool(largest)), input, axis)


def _index(k: Any) -> int:
    if isinstance(k, (bool, float)) or not hasattr(k, "__index__"):
        raise ArgumentError(f"argument 'k' must be int, not {type(k).__name__}", argument="k")
    return as_int(k)


@kernel(
    name="kthvalue", method=False, function=False, differentiable=False,
    returns=("values", "indices"),
)  # fmt: skip
def _kthvalue(xp: Any, input: Array, k: int, dim: int, keepdim: bool) -> Array:
    no_complex("kthvalue_cpu", input)
    if input.dtype.kind == "b":
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
    indices = order(xp, rows, rows.ndim - 1)[..., k - 1 : k]
    values = take(xp, rows, indices, rows.ndim - 1).swapaxes(dim, -1)
    indices = indices.swapaxes(dim, -1)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


_kthvalue_picked = picker("kthvalue", "KthvalueBackward0")


@composite(samples=lambda: [((_MATRIX, 2), {}), ((_MATRIX, 1, 0, True), {})])
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest element along a dimension (counted from 1), and its index.

    >>> kthvalue(tensor([30., 10., 20.]), 2).values
    tensor(20.)
    """
    axes_of("kthvalue", input._a, (), keepdim)
    axis = one_dim("kthvalue", dim, input._a.ndim)
    found = _kthvalue(input, _index(k), axis, keepdim)
    return recorded(_kthvalue_picked, found, input, axis, keepdim)
