"""Products of NumPy's matrices of floats: large ones in blocks, those of stacks over threads, those of
many tiny matrices element by element.

How they are cut follows from shape and dtype alone, so that all ways of running and any number of
threads add in the same order.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.blas import spread_products
from tcalc.runtime.base import threads
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# A product of so many multiplications takes some milliseconds. Stacks with as many are shared among
# threads, unless they are fewer than the threads and so large that BLAS's own serve each better.
LONG, _LARGE = 1 << 22, 1 << 24
# Products of so many multiplications of single precision are cut into blocks of as many (half a
# tenth of a second on one core), which are at least so high and wide.
_PIECE, _NARROW = 1 << 30, 64
# A matrix is multiplied with a vector in rows of so many elements, which pass through a cache.
ROWS = 1 << 18
# A left operand with fewer elements than this needs no look at how long the product takes.
SIZEABLE = 1 << 17
# So few rows BLAS takes the other way about in half the time, from the square of that on in a matrix.
FEW_ROWS = 64
# Matrices with so few multiplications each, so few of them summed, in stacks of so many take less
# time element by element than as many calls of BLAS; so many elements at once stay in a cache.
TINY, SHORT, MANY, _PART = 64, 4, 1 << 10, 1 << 17

# Of so many multiplications each, BLAS has one thread for the products of a stack, whatever it is told; from
# so many in all on threads share these. Sums of them are added up in so many parts, of matrices so small
# that they stay in a cache.
ALONE, SUMS, _SMALL = 1 << 18, 8, 1 << 14
# Matrices of fewer multiplications are better multiplied all in one.
_WORTH = 1 << 12


def product(a: Array, b: Array) -> Array:
    """The product of two matrices, block by block where it takes long: Ctrl-C comes in between."""
    if a.ndim == 2 and b.ndim == 1 and a.size >= 2 * ROWS:
        return _by_rows(np.asarray(a), np.asarray(b))
    if a.ndim < 2 or b.ndim < 2 or numel(a.shape) * b.shape[1] * a.itemsize <= 4 * _PIECE:
        return a.dot(b)
    out = np.empty((a.shape[0], b.shape[1]), a.dtype)
    _fill(out, np.asarray(a), np.asarray(b))  # one step where calls are noted
    return out


def _by_rows(a: Array, b: Array) -> Array:
    """The product of a large matrix and a vector: rows at a time, since all is read once."""
    out = np.empty(a.shape[0], a.dtype)
    step = max(1, ROWS // a.shape[1])

    def work(i: int) -> None:
        part = slice(i * step, (i + 1) * step)
        np.matmul(a[part], b, out=out[part])

    spread_products(work, -(-a.shape[0] // step))
    return out


def _fill(out: Array, a: Array, b: Array) -> None:
    """Write a product in blocks that are about as high as wide."""
    height, width = out.shape
    most = _PIECE * 4 // (a.itemsize * a.shape[1])
    high = min(height, max(_NARROW, int(most**0.5)))
    wide = min(width, max(_NARROW, most // high))
    high = min(height, max(_NARROW, most // wide))
    blocks = [
        (slice(i, i + high), slice(j, j + wide))
        for i in range(0, height, high)
        for j in range(0, width, wide)
    ]

    def work(i: int) -> None:
        rows, columns = blocks[i]
        np.matmul(a[rows], b[:, columns], out=out[rows, columns])

    spread_products(work, len(blocks))


def stacks(a: Array, b: Array) -> Array:
    """The products of two stacks' matrices, which broadcast."""
    lead, height, inner, width = a.shape[:-2], a.shape[-2], a.shape[-1], b.shape[-1]
    same = lead == b.shape[:-2]
    if not same:
        lead = np.broadcast_shapes(lead, b.shape[:-2])
    count, each = numel(lead), height * inner * width
    if same and 0 < each <= TINY and inner <= SHORT and count * min(height, width, 2) >= MANY:
        return _elementwise(np.asarray(a), np.asarray(b), count)
    if count * each < LONG:
        return np.matmul(a, b)
    workers = threads.number()
    if _LARGE < each <= _PIECE // 4 and count < workers:
        return np.matmul(a, b)
    return _shared(a, b, lead, workers)


def sums_stacks(left: tuple[int, ...], width: int) -> bool:
    """Whether the sum of the products of two stacks' matrices is best added up matrix by matrix.

    left: the shape of the first; width: of the second's matrices.
    """
    count, height, inner = left
    each = height * inner * width
    is_one = _WORTH <= each <= ALONE and height * width < _SMALL
    return is_one and count * each >= LONG and min(height, inner, width) > 1


def stack_sum(a: Array, b: Array) -> Array:
    """The sum of the products of two stacks' matrices (see `sums_stacks`).

    >>> stack_sum(np.ones((9, 2, 3)), np.ones((9, 3, 1)))
    array([[27.],
           [27.]])
    """
    count = len(a)
    step = -(-count // SUMS)
    parts = -(-count // step)
    found: list[Any] = [None] * parts

    def work(i: int) -> None:
        total = a[i * step].dot(b[i * step])
        for k in range(i * step + 1, min(count, (i + 1) * step)):
            total += a[k].dot(b[k])
        found[i] = total

    spread_products(work, parts)
    return reduce(np.add, found)


def _elementwise(a: Array, b: Array, count: int) -> Array:
    """The products of as many tiny matrices: along the stack, in parts that fit in a cache."""
    lead, (height, inner), width = a.shape[:-2], a.shape[-2:], b.shape[-1]
    a, b = a.reshape(count, height, inner), b.reshape(count, inner, width)
    out = np.empty((count, height, width), a.dtype)
    step = _PART // (inner * (height + width) + 3 * height * width)

    def work(i: int) -> None:
        part = slice(i * step, (i + 1) * step)
        first = np.ascontiguousarray(a[part].transpose(1, 2, 0))
        second = np.ascontiguousarray(b[part].transpose(1, 2, 0))
        total = first[:, 0, None] * second[0]
        term = np.empty_like(total) if inner > 1 else total
        for k in range(1, inner):
            total += np.multiply(first[:, k, None], second[k], out=term)
        out[part] = total.transpose(2, 0, 1)

    threads.spread(work, -(-count // step))
    return out.reshape(*lead, height, width)


def _shared(a: Array, b: Array, lead: tuple[int, ...], workers: int) -> Array:
    """The products of matrices that are dealt out to threads."""
    height, inner, width = a.shape[-2], a.shape[-1], b.shape[-1]
    each = height * inner * width
    a, b = (np.broadcast_to(t, (*lead, *t.shape[-2:])) for t in (a, b))
    out = np.empty((*lead, height, width), a.dtype)
    if each * a.itemsize > 4 * _PIECE:
        for i in np.ndindex(lead):
            _fill(out[i], a[i], b[i])
        return out
    # They are dealt out along the first dimension, or along the second where that is short.
    heads: list[Any] = (
        [()] if len(lead) == 1 or lead[0] >= workers else [(i,) for i in range(lead[0])]
    )
    along = lead[len(heads[0])]
    step = -(-along * len(heads) // (2 * workers))
    step = max(1, min(step, _PIECE // (2 * each)))
    parts = [(*head, slice(i, i + step)) for head in heads for i in range(0, along, step)]

    def work(i: int) -> None:
        part = parts[i]
        np.matmul(a[part], b[part], out=out[part])

    spread_products(work, len(parts))
    return out
