"""Few rows times the rows of a large matrix, as a linear layer of few examples has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.products import FEW_ROWS
from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled.kernels import address
from tcalc.runtime.lazy.compiled.loops import VECTOR

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.kernels import Compiled

# Of at most so many rows, and from so many multiplications on, compiled code is quicker than BLAS, which
# takes threads for them.
_MOST, _WORTH = 8, 1 << 20
# From so many multiplications on they are shared among threads, in parts of about as many.
_SHARED, _PART = 1 << 24, 1 << 22


def are_few(rows: Array, matrix: Array) -> bool:
    """Whether a product is such a one."""
    return 1 < rows.shape[0] <= FEW_ROWS <= matrix.size // FEW_ROWS


def times_rows(rows: Array, matrix: Array) -> Array:
    """rows @ matrix.T"""
    function = _function(rows, matrix)
    if function is None:
        return matrix.dot(rows.T).T.copy()
    # One step where calls are noted.
    return _product(function, np.asarray(rows), np.asarray(matrix))


def _function(rows: Array, matrix: Array) -> Compiled | None:
    if len(rows) > _MOST or len(rows) * matrix.size < _WORTH:
        return None
    if not (rows.flags.c_contiguous and matrix.flags.c_contiguous):
        return None
    if rows.dtype != matrix.dtype or rows.shape[1] * rows.dtype.itemsize < VECTOR:
        return None
    from tcalc.runtime.lazy.compiled import fewrows  # after the quick tests

    return fewrows.product(rows.dtype.char)


def _product(function: Compiled, rows: Array, matrix: Array) -> Array:
    (n, depth), others, size = rows.shape, len(matrix), rows.itemsize
    out = np.empty((n, others), rows.dtype)
    few, first, target = address(rows), address(matrix), address(out)
    step = others
    if rows.size * others >= _SHARED:
        step = -(-_PART // rows.size)

    def part(i: int) -> None:
        start = i * step
        some = min(step, others - start)
        places = [few, first + start * depth * size, target + start * size]
        function.take([*places, n, some, depth, others * size])

    if step == others:
        part(0)
    else:
        threads.spread(part, -(-others // step))
    return out
