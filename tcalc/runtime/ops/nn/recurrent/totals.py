"""Sums over the elements of all steps: what the weights and biases of a layer get on the way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.blas import spread_products, sum_columns
from tcalc.runtime.lazy.summation import add_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# From so many multiplications on they are shared among threads, in blocks of so many columns.
_SHARED, _COLUMNS = 1 << 24, 128
# Sums as products are taken of so many rows, so that the error stays small.
_ROWS = 256


def over_elements(
    xp: ModuleType, products: Sequence[tuple[Array, Array]], summed: Sequence[Array]
) -> list[Array]:
    """a.T @ b for pairs of arrays, and the sums of the rows of others."""
    if xp is not np or sum([a.size * b.shape[1] for a, b in products]) < _SHARED:
        return [a.T @ b for a, b in products] + [add_up(xp, a, (0,)) for a in summed]
    found = [np.empty((a.shape[1], b.shape[1]), a.dtype) for a, b in products]
    found += [np.empty(a.shape[1], a.dtype) for a in summed]
    jobs: list[Callable[[], object]] = []
    for (a, b), out in zip(products, found):
        for i in range(0, a.shape[1], _COLUMNS):
            part = slice(i, i + _COLUMNS)
            jobs.append(partial(np.matmul, a[:, part].T, b, out[part]))
    jobs += [partial(_sum_rows, a, out) for a, out in zip(summed, found[len(products) :])]
    spread_products(lambda i: jobs[i](), len(jobs))
    return found


def _sum_rows(a: Array, out: Array) -> None:
    """Write the sum of all rows."""
    parts = [sum_columns(a[i : i + _ROWS]) for i in range(0, len(a), _ROWS)]
    np.add.reduce(np.concatenate(parts), axis=0, out=out)
