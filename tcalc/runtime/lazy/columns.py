"""What compiled code makes of whole columns of arrays, spread over threads."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.summation import SHORT
from tcalc.runtime.lazy.compiled import columnforms as forms
from tcalc.runtime.lazy.compiled.folding import folding_down
from tcalc.runtime.lazy.compiled.rowforms import (
    LOG_SOFTMAX,
    LOG_SOFTMAX_SLOPE,
    LOGSUMEXP,
    SOFTMAX,
    SOFTMAX_SLOPE,
)
from tcalc.runtime.lazy.compiled.rowkernel import row_kernel
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.strips import FEW, over_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowforms import Form


def down(form: Form, axis: int, arrays: Sequence[Array], result: bool) -> Array:
    """What a form of rows makes of columns of arrays, along another axis than the last; None where that is
    NumPy's. result: see `rows.by_rows`."""
    shape = arrays[-1].shape
    outer, n, inner = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    passes = _PASSES.get(form)
    if passes is None or inner <= SHORT or n * inner < FEW:
        return None
    kept = n if result else 1
    found = np.empty((outer, kept, inner), arrays[-1].dtype)
    given = [np.ascontiguousarray(a).reshape(outer, n, inner) for a in arrays]

    def work(k: int, columns: slice) -> None:
        passes(*[a[k, :, columns] for a in given], found[k, :, columns])

    over_columns(work, outer, inner, arrays[-1].size)
    return found.reshape(*shape[:axis], kept, *shape[axis + 1 :])


def spreads_down(array: Array, axes: tuple[int, ...]) -> tuple[Array, Array] | None:
    """Of an array in C order over axes that the last is not among the sums of the squares around the means,
    and the means, in double; None where that is NumPy's."""
    shape, first, count = array.shape, min(axes), len(axes)
    outer, inner = prod(shape[:first]), prod(shape[first + count :])
    if sorted(axes) != list(range(first, first + count)) or inner <= SHORT:
        return None
    given = at_hand(array).reshape(outer, -1, inner)
    squares, means = np.zeros((2, outer, inner))

    def work(k: int, columns: slice) -> None:
        x, total, mean = given[k, :, columns], squares[k, columns], means[k, columns]
        fold = folding_down(np.add, x.dtype)
        assert fold is not None  # where the form of rows has one
        fold(x.shape, [x, mean])
        mean /= len(x)
        _pass(forms.SQUARES, x, mean, total)

    over_columns(work, outer, inner, array.size)
    return squares, means


def _pass(form: Form, *arrays: Array) -> None:
    """Go once over the rows of the first of some arrays."""
    kernel = row_kernel(form, arrays[0].dtype)
    assert kernel is not None  # where the form of rows has one
    kernel(arrays[0].shape, arrays)


def _top(x: Array) -> Array:
    fold = folding_down(np.maximum, x.dtype)
    assert fold is not None
    top = np.full(x.shape[1], fold.start, x.dtype)
    fold(x.shape, [x, top])
    return top


def _none(x: Array) -> Array:
    return np.zeros(x.shape[1], x.dtype)


def _softmax(x: Array, out: Array) -> None:
    total = _none(x)
    _pass(forms.POWERS_KEPT, x, _top(x), total, out)
    _pass(forms.SHARES, out, total)


def _powers(x: Array, shift: Array) -> Array:
    """The logarithms of the sums of exp(x - shift)."""
    total = _none(x)
    _pass(forms.POWERS, x, shift, total)
    _pass(forms.LOGARITHMS, total[None])
    return total


def _log_softmax(x: Array, out: Array) -> None:
    top = _top(x)
    _pass(forms.LESS, x, top, _powers(x, top), out)


def _logsumexp(x: Array, out: Array) -> None:
    top = _top(x)
    top[np.isinf(top)] = 0
    out[...] = _powers(x, top) + top


def _softmax_slope(g: Array, y: Array, out: Array) -> None:
    total = _none(g)
    _pass(forms.PRODUCTS, g, y, total)
    _pass(forms.SOFTMAX_SLOPE, g, y, total, out)


def _log_softmax_slope(g: Array, y: Array, out: Array) -> None:
    total = _none(g)
    _pass(forms.SUMS, g, total)
    _pass(forms.LOG_SOFTMAX_SLOPE, g, y, total, out)


_PASSES: dict[Form, Callable[..., None]] = {
    SOFTMAX: _softmax, LOG_SOFTMAX: _log_softmax, LOGSUMEXP: _logsumexp, SOFTMAX_SLOPE: _softmax_slope,
    LOG_SOFTMAX_SLOPE: _log_softmax_slope,
}  # fmt: skip
