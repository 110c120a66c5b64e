"""What compiled code makes of whole rows of arrays, spread over threads.

Which arrays have it follows from their size, dtype and order in memory: not from whether they were
computed before, or whether a plan does.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.arrays.summation import SHORT
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.expression import LARGE, NotDeferred, in_order, order_of
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.lazy.slabs import rows_of
from tcalc.runtime.lazy.strips import COST, over_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowforms import Form
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel

ndarray = np.ndarray
_FLOAT = np.dtype(np.float32)
# Fewer long rows are not shared.
_FEW_ROWS = 8
# Longer ones are done in pieces of so many elements.
_LONG = 1 << 17
# What NumPy is as quick at, of all elements; its sum is the same to the bit, whatever computes it.
_NUMPYS = (np.add, np.maximum, np.minimum)


def kernel_for(form: Form, array: Array) -> RowKernel | None:
    """What makes rows of an array, or None where that is NumPy's."""
    if array.size < MIDDLE or not array.ndim:
        return None
    from tcalc.runtime.lazy.compiled.rowkernel import row_kernel  # after the quick tests

    return row_kernel(form, array.dtype)


def by_rows(form: Form, axis: int, *arrays: Array, result: bool = True) -> Array:
    """What a form makes of arrays of one shape and dtype along an axis, None where that is NumPy's.

    Along other axes than the innermost in memory it is, but for columns where that is in C order. result:
    whether it is of their shape, or has one number for each row (and size 1 along the axis).
    """
    last = arrays[-1]
    if last.size < MIDDLE:
        if not last.ndim:
            return None
        if axis == last.ndim - 1:
            found = installed(form, arrays)
            return found if result or found is None else found[..., None]
        found = installed(form, [a.swapaxes(axis, -1) for a in arrays])
        if found is None:
            return None
        return (found if result else found[..., None]).swapaxes(axis, -1).copy()
    kernel = kernel_for(form, last)
    if kernel is None:
        return None
    if any(at_hand(a).dtype != arrays[0].dtype for a in arrays):
        return None
    shape = last.shape
    if axis == last.ndim - 1 and all(a.flags.c_contiguous for a in arrays):
        columns = shape[-1]
        found = np.empty(shape if result else (*shape[:-1], 1), last.dtype)
        run(kernel, (last.size // columns, columns), [*arrays, found])
        return found
    if axis != last.ndim - 1 and last.flags.c_contiguous:
        from tcalc.runtime.lazy.columns import down

        return down(form, axis, arrays, result)
    try:
        order = order_of(last) or tuple(range(last.ndim))
    except NotDeferred:
        return None
    if order[-1] != axis:
        return None
    shape = in_order(shape, order)
    rows, columns = prod(shape[:-1]), shape[-1]
    seen = [rows_of(a.transpose(order), rows, columns) for a in arrays]
    found = np.empty(shape if result else (*shape[:-1], 1), last.dtype)
    run(kernel, (rows, columns), [*seen, found])
    return found.transpose(np.argsort(order))


def function_of(form: Form) -> Any:
    """The function that the installation has of a form, for float32, or None."""
    return function_named(form.name)


def function_named(name: str) -> Any:
    """The same of a form or an op by its name."""
    return _library().function(name) if settings.on else None


def call_of(name: str) -> Any:
    """The function by a name that is given the address of a block of numbers, likewise."""
    return _library().call(name) if settings.on else None


@cache
def _library() -> ModuleType:
    """What an installation has compiled: loaded when something is asked for, not at every start."""
    from tcalc.runtime.lazy.compiled import library

    return library


def installed(form: Form, arrays: Sequence[Array]) -> Array:
    """What a form makes of arrays by the function that the installation has for every size, or None.

    arrays: those that it reads; their last dimension is along the rows.
    """
    function = function_of(form)
    if function is None:
        return None
    for a in arrays:
        if a.dtype is not _FLOAT:
            return None
    return function(*[a if a.flags.c_contiguous else a.copy() for a in arrays])


def do_rows(form: Form, *arrays: Array) -> bool:
    """Have a form go over the rows of arrays of one shape, in this thread: the last takes what comes of it,
    and may be one that is read. False where that is NumPy's."""
    last = arrays[-1]
    if type(last) is not ndarray or not all(a.flags.c_contiguous for a in arrays):
        return False
    kernel = kernel_for(form, last)
    if kernel is not None:
        columns = last.shape[-1]
        kernel((last.size // columns, columns), arrays)
        return True
    function = function_of(form) if last.dtype is _FLOAT and last.size < MIDDLE else None
    if function is not None:
        function(*arrays[:-1], out=last)
    return function is not None


def running(along: Form, down: Form, neutral: float, array: Array, axis: int) -> Array:
    """What running forms give along an axis of an array in C order, None where that is NumPy's."""
    shape = array.shape
    outer, n, inner = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    kernel = kernel_for(along if inner == 1 else down, array)
    if kernel is None or not array.flags.c_contiguous:
        return None
    found = np.empty(shape, array.dtype)
    if inner == 1:
        # A few long rows leave threads without work.
        if n <= SHORT or (outer < _FEW_ROWS and array.size >= LARGE):
            return None
        run(kernel, (outer, n), [at_hand(array), found])
        return found
    if inner <= SHORT:
        return None
    given, made = at_hand(array).reshape(outer, n, inner), found.reshape(outer, n, inner)

    def work(k: int, columns: slice) -> None:
        first = given[k, :, columns]
        before = np.full(first.shape[1], neutral)
        kernel(first.shape, [first, before, made[k, :, columns]])

    over_columns(work, outer, inner, array.size)
    return found


def fold_rows(ufunc: np.ufunc, array: Array, axes: tuple[int, ...] | None, keepdims: bool) -> Array:
    """`ufunc.reduce` of an array over its last axes (None: all), None where that is NumPy's."""
    if not array.flags.c_contiguous or not has_contents(array):
        return None
    shape = array.shape
    kept = 0 if axes is None else len(shape) - len(axes)
    columns = prod(shape[kept:])
    if columns <= SHORT or (not kept and ufunc in _NUMPYS):
        return None
    if axes is not None and any(axis < kept for axis in axes):
        return None
    from tcalc.runtime.lazy.compiled.folding import folding

    kernel = folding(ufunc, array.dtype)
    if kernel is None:
        return None
    found = np.empty(shape[:kept], array.dtype)
    kernel.over_rows((found.size, columns), [at_hand(array), found.reshape(-1)], 1)
    return found.reshape(*shape[:kept], *(1,) * (len(shape) - kept)) if keepdims else found


def spreads(array: Array, axes: tuple[int, ...], keepdims: bool) -> tuple[Array, Array] | None:
    """Of an array over axes the sums of the squares around the means, and the means; None where that is
    NumPy's. Those of many single floats are in double."""
    shape = array.shape
    keeps = [i for i in range(len(shape)) if i not in axes]
    first = keeps == list(range(len(keeps)))
    from tcalc.runtime.lazy.compiled.rownorms import SPREAD, WIDE_SPREAD  # after the quick tests

    if array.size < MIDDLE:
        if not array.size:
            return None
        rows = array
        if not first or len(axes) != 1:
            rows = array.transpose([*keeps, *axes]).reshape(*[shape[i] for i in keeps], -1)
        found = installed(SPREAD, [rows])
    else:
        kernel = kernel_for(WIDE_SPREAD, array)
        if kernel is None or not array.flags.c_contiguous:
            return None
        if first:
            rows = at_hand(array).reshape(prod(shape[: len(keeps)]), -1)
            few_long = len(rows) < _FEW_ROWS and rows.shape[1] > _LONG
            found = (_pieces if few_long else _spreads)(kernel, rows)
        else:
            from tcalc.runtime.lazy.columns import spreads_down

            found = spreads_down(array, axes)
    if found is None:
        return None
    whole = [1 if i in axes else n for i, n in enumerate(shape)]
    end = whole if keepdims else [shape[i] for i in keeps]
    return tuple([a.reshape(end) for a in found])


def _spreads(kernel: RowKernel, rows: Array) -> tuple[Array, Array]:
    """Of each row the sum of the squares around its mean, and that."""
    squares, means = np.empty((2, len(rows)))
    run(kernel, rows.shape, [rows, squares, means])
    return squares, means


def _pieces(kernel: RowKernel, rows: Array) -> tuple[Array, Array]:
    """The same of long rows, by what it is of pieces of them."""
    columns = rows.shape[1]
    whole = columns // _LONG * _LONG
    counts = np.full(columns // _LONG, float(_LONG))
    parts = [_spreads(kernel, row[:whole].reshape(-1, _LONG)) for row in rows]
    squares, means = (np.stack(each) for each in zip(*parts))
    if whole < columns:
        rest = _spreads(kernel, rows[:, whole:])
        counts = np.append(counts, columns - whole)
        squares, means = (np.append(a, b[:, None], 1) for a, b in zip((squares, means), rest))
    mean = means @ counts / columns
    apart = means - mean[:, None]
    return squares.sum(1) + apart * apart @ counts, mean


def fold_columns(
    ufunc: np.ufunc, array: Array, axes: tuple[int, ...] | None, keepdims: bool
) -> Array:
    """`ufunc.reduce` of an array over its first axes, None where that is NumPy's."""
    if axes is None or not array.flags.c_contiguous or not has_contents(array):
        return None
    shape = array.shape
    columns = prod(shape[len(axes) :])
    if columns <= SHORT or any(axis >= len(axes) for axis in axes):
        return None
    from tcalc.runtime.lazy.compiled.folding import folding_down

    kernel = folding_down(ufunc, array.dtype)
    if kernel is None:
        return None
    found = np.full(columns, kernel.start, kernel.dtype)
    kernel((array.size // columns, columns), [at_hand(array), found])
    found = found.astype(array.dtype, copy=False)
    return (
        found.reshape(*(1,) * len(axes), *shape[len(axes) :])
        if keepdims
        else found.reshape(shape[len(axes) :])
    )


def run(kernel: RowKernel, shape: tuple[int, int], arrays: Sequence[Array]) -> None:
    """Do all rows, in threads where that pays.

    arrays: in C order, or rows whose elements lie side by side.
    """
    kernel.over_rows(shape, arrays, COST)
