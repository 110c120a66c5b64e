"""What is computed with the elements that sparse arrays keep, in NumPy and SciPy's compiled loops."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr, Sparse
from tcalc.runtime.base import memory
from tcalc.runtime.types.codes import BOOLS, HALVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

_MOST = (1 << 63) - 1
# Elements of two matrices' rows that are gathered at a time.
_BLOCK = 1 << 16


# -- places -------------------------------------------------------------------------------------------


def check_shape(shape: Sequence[int]) -> None:
    """Refuse a size below 0, or one whose places no 64-bit number tells apart."""
    for n in shape:
        if n < 0:
            raise StateError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}",
                argument="size",
            )
    if math.prod(shape) > _MOST:
        raise StateError("numel: integer multiplication overflow", argument="size")


def places(indices: Array, shape: Sequence[int]) -> Array:
    """The numbers of the places that indices name, in row-major order.

    indices: (dims, n), shape: (dims) → (n)
    """
    found = np.zeros(indices.shape[1], np.int64)
    for row, size in zip(indices, shape):
        found *= size
        found += row
    return found


def indices_of(at: Array, shape: Sequence[int]) -> Array:
    """The indices of numbered places: (n) → (dims, n)."""
    found = np.empty((len(shape), len(at)), np.int64)
    for i in range(len(shape) - 1, -1, -1):
        if i:
            at, found[i] = np.divmod(at, max(shape[i], 1))
        else:
            found[i] = at
    return found


def starts_of(keys: Array) -> Array:
    """Where each run of equal ones begins among sorted keys."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))


# -- sums of runs -------------------------------------------------------------------------------------


def run_sums(values: Array, starts: Array) -> Array:
    """The sums of runs of values along the first dim; bools are joined by or.

    values: (n, *rest), starts: (k), from 0 on → (k, *rest)
    """
    dtype = values.dtype
    if not len(starts) or len(starts) == len(values):
        return values
    if dtype.char in HALVES:
        return run_sums(values.astype(np.float32), starts).astype(dtype)
    if values.ndim > 1 and dtype.char not in BOOLS:
        # NumPy goes column by column through each run; a product with ones goes row by row.
        rows = values.reshape(len(values), -1)
        ones = np.ones(len(values), dtype)
        ends = np.append(starts, len(values))
        summed = _matrix(ends, np.arange(len(values)), ones, (len(starts), len(values))) @ rows
        return summed.reshape(len(starts), *values.shape[1:])
    return np.add.reduceat(values, starts, axis=0, dtype=dtype)


def is_ordered(a: Coo) -> bool:
    """Whether the indices are in order, each there once."""
    at = places(a.indices, a.shape[: a.sparse_dims])
    return a.coalesced or bool((at[1:] > at[:-1]).all())


def coalesced(a: Coo) -> Coo:
    """The same with its indices in order, each there once; itself where they are."""
    if a.coalesced:
        return a
    if is_ordered(a):
        return Coo(a.indices, a.values, a.shape, True)
    shape = a.shape[: a.sparse_dims]
    at = places(a.indices, shape)
    order = np.argsort(at, kind="stable")
    at = at[order]
    starts = starts_of(at)
    values = run_sums(a.values[order], starts)
    return Coo(indices_of(at[starts], shape), values, a.shape, True)


# -- from and to arrays of all elements ---------------------------------------------------------------


def dense(a: Coo | Csr) -> Array:
    """All its elements."""
    memory.check(a.size * a.itemsize, "the tensor with all its elements")
    a = coalesced(as_coo(a))
    out = np.zeros(a.shape, a.dtype)
    dims = a.sparse_dims
    rows = out.reshape(math.prod(a.shape[:dims]), *a.shape[dims:])
    rows[places(a.indices, a.shape[:dims])] = a.values
    return out


def kept(array: Array, dims: int) -> Coo:
    """The elements of an array that are not 0, or its slices along the first dims that hold some."""
    some = array != 0
    if not dims:
        return Coo(np.zeros((0, int(some)), np.int64), array[None][: int(some)], array.shape, True)
    if dims < array.ndim:
        some = some.any(axis=tuple(range(dims, array.ndim)))
    indices = np.array(np.nonzero(some), np.int64).reshape(dims, -1)
    return Coo(indices, array[tuple(indices)], array.shape, True)


def taken(source: Array | Coo, at: Coo) -> Array:
    """The elements of an array, sparse or not, at the places of another of its shape."""
    dims = at.sparse_dims
    if not isinstance(source, Coo):
        return source[tuple(at.indices)] if dims else source[None].repeat(at.count, 0)
    source = coalesced(source)
    have = places(source.indices, source.shape[:dims])
    wanted = places(at.indices, at.shape[:dims])
    found = np.zeros((at.count, *at.shape[dims:]), source.dtype)
    if len(have):
        where = np.minimum(np.searchsorted(have, wanted), len(have) - 1)
        hit = have[where] == wanted
        found[hit] = source.values[where[hit]]
    return found


def add_into(array: Array, a: Coo, factor: Any = 1) -> None:
    """Add the elements that a sparse array keeps to an array of its shape, each times a factor."""
    a = coalesced(a)
    values = a.values if type(factor) is int and factor == 1 else a.values * factor
    at = tuple(a.indices)
    array[at] = array[at] + values


# -- two sparse arrays --------------------------------------------------------------------------------


def added(a: Coo, b: Coo) -> Coo:
    """The sum, with the places of both; those in disorder are not sorted, as in PyTorch."""
    if not a.count or not b.count:
        one = a if a.count else b
        return one.like(one.values.astype(np.result_type(a.dtype, b.dtype), copy=True))
    both = a.coalesced and b.coalesced
    if a.indices is b.indices or np.array_equal(a.indices, b.indices):
        return Coo(a.indices, a.values + b.values, a.shape, both)
    joined = Coo(
        np.concatenate((a.indices, b.indices), 1), np.concatenate((a.values, b.values)), a.shape
    )
    if not (both or (is_ordered(a) and is_ordered(b))):
        return joined
    found = coalesced(joined)
    return Coo(found.indices, found.values, found.shape, both)


def multiplied(a: Coo, b: Coo) -> Coo:
    """The product of elements, with the places that both keep."""
    a, b = coalesced(a), coalesced(b)
    if np.array_equal(a.indices, b.indices):
        return a.like(a.values * b.values)
    shape = a.shape[: a.sparse_dims]
    both, left, right = np.intersect1d(
        places(a.indices, shape), places(b.indices, shape), assume_unique=True, return_indices=True
    )
    return Coo(indices_of(both, shape), a.values[left] * b.values[right], a.shape, True)


def plus(a: Coo | Csr, b: Array) -> Array:
    """The sum with an array of its shape: sparse where both are."""
    if isinstance(b, Coo) and isinstance(a, Coo):
        return added(a, b)
    left = as_coo(a)
    if isinstance(b, (Coo, Csr)):
        return csr_of(added(coalesced(left), coalesced(as_coo(b))))
    total = b.copy()
    add_into(total, left)
    return total


Sparse.sum_of = staticmethod(plus)


# -- matrices -----------------------------------------------------------------------------------------


def starts_of_rows(rows: Array, count: int) -> Array:
    """Where each of the rows begins among their sorted numbers: (count + 1)."""
    memory.check(2 * 8 * (count + 1), f"the beginnings of {count} rows")
    return np.searchsorted(rows, np.arange(count + 1))


def csr_of(a: Coo) -> Csr:
    """A matrix by its rows."""
    a = coalesced(a)
    return Csr(starts_of_rows(a.indices[0], a.shape[0]), a.indices[1], a.values, a.shape)


def coo_of(a: Csr) -> Coo:
    """A matrix by its indices."""
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.starts))
    return Coo(np.stack((rows, a.columns.astype(np.int64))), a.values, a.shape, True)


def as_coo(a: Coo | Csr) -> Coo:
    """The same by indices, itself where it is kept so."""
    return coo_of(a) if isinstance(a, Csr) else a


def _matrix(starts: Array, columns: Array, values: Array, shape: tuple[int, ...]) -> Any:
    """SciPy's form of a matrix by its rows."""
    from scipy.sparse import csr_array

    return csr_array((values, columns, starts), shape=shape)


def rows_of(a: Coo | Csr) -> Any:
    """SciPy's form of a matrix, halves in 32 bits; kept with it where it shows the same values."""
    if a.rows is not None:
        return a.rows
    rows = a if isinstance(a, Csr) else csr_of(a)
    made = _matrix(rows.starts, rows.columns, _wide(rows.values), a.shape)
    if np.may_share_memory(made.data, a.values):
        a.rows = made
    return made


def _wide(values: Array) -> Array:
    return values.astype(np.float32) if values.dtype.char in HALVES else values


def _check_result(shape: tuple[int, ...], dtype: np.dtype) -> None:
    memory.check(math.prod(shape) * dtype.itemsize, f"a tensor of shape {list(shape)}")


def product(a: Coo | Csr, b: Array) -> Array:
    """A matrix times an array of all its elements: (m, k) @ (k, n) or (k) → (m, n) or (m)."""
    dtype = np.result_type(a.dtype, b.dtype)
    _check_result((a.shape[0], *b.shape[1:]), dtype)
    return (rows_of(a) @ _wide(b)).astype(dtype, copy=False)


def product_turned(a: Coo | Csr, b: Array) -> Array:
    """The transpose of a matrix times an array of all its elements: (k, m), (k, n) or (k) → (m, n)
    or (m)."""
    dtype = np.result_type(a.dtype, b.dtype)
    _check_result((a.shape[1], *b.shape[1:]), dtype)
    return (rows_of(a).T @ _wide(b)).astype(dtype, copy=False)


def product_after(a: Array, b: Coo | Csr) -> Array:
    """An array of all its elements times a matrix: (m, k) @ (k, n) → (m, n)."""
    dtype = np.result_type(a.dtype, b.dtype)
    _check_result((a.shape[0], b.shape[1]), dtype)
    return np.ascontiguousarray((rows_of(b).T @ _wide(a).T).T).astype(dtype, copy=False)


def sparse_product(a: Coo | Csr, b: Coo | Csr) -> Coo:
    """The product of two matrices, with the places that have a sum."""
    left, right = rows_of(a), rows_of(b)
    # As many products as there are pairs of an element and one in the row that its column names.
    most = int(np.diff(right.indptr)[left.indices].sum(dtype=np.int64))
    memory.check(16 * min(most, a.shape[0] * b.shape[1]), "the product of two sparse matrices")
    found = (left @ right).tocsr()
    found.sort_indices()
    dtype = np.result_type(a.dtype, b.dtype)
    values = found.data.astype(dtype, copy=False)
    columns = found.indices.astype(np.int64)
    return coo_of(Csr(found.indptr.astype(np.int64), columns, values, found.shape))


def row_products(left: Array, right: Array, at: Coo) -> Array:
    """For each place the dot product of a row of one matrix and a row of another, in blocks.

    left: (m, k), right: (n, k), at: places of (m, n) → (its values)
    """
    rows, columns = at.indices
    dtype = np.result_type(left.dtype, right.dtype)
    found = np.empty(at.count, dtype)
    left, right = _wide(left), _wide(right)
    height = max(1, _BLOCK // max(left.shape[1], 1))
    for start in range(0, at.count, height):
        part = slice(start, start + height)
        found[part] = np.einsum("ij,ij->i", left[rows[part]], right[columns[part]])
    return found
