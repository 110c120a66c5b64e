"""Adding up floating-point numbers over any axes with a small error at memory speed.

NumPy adds pairwise only along the axis that lies innermost in memory; over others it adds row to
row, and the error grows with the number of rows. Here rows are added in blocks, and the blocks'
sums in turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.runtime.lazy import reducing
from tcalc.runtime.lazy.blocks import as_array
from tcalc.runtime.lazy.pending import NotDeferred, computed, is_large, lazy

HALVES = "eE"  # type codes of float16 and bfloat16
# Below this many elements any order is accurate enough.
FEW = 2048
# How many rows are added one to the next before their sums are.
_BLOCK = 128
# Rows are put side by side up to this length, below which NumPy's loop over rows costs most.
_WIDE = 1024
# Squares are added in pieces of this many, which stay in the cache; then the pieces' sums.
_PIECE = 8192
# Up to this many neighbours are faster combined column by column.
_SHORT = 16


def wide(array: Any) -> Any:
    """Halves in float32, anything else as it is."""
    if array is None or array.dtype.char not in HALVES:
        return array
    return array.astype("float32")


def add_up(xp: Any, array: Any, axes: tuple[int, ...] | None, keepdims: bool = False) -> Any:
    """The sum of an array of any but half floats over axes (None: all), in its own dtype."""
    return reduce_over(xp, xp.add, array, axes, keepdims)


def reduce_over(
    xp: Any, ufunc: Any, array: Any, axes: tuple[int, ...] | None, keepdims: bool = False
) -> Any:
    """`ufunc.reduce` in an order that is fast for any layout and, for sums, accurate: an array.

    The ufunc keeps the dtype and is associative but for rounding.
    """
    on_gpu = xp is not np and not isinstance(array, np.ndarray)
    if array.size <= FEW or on_gpu:
        return as_array(ufunc.reduce(array, axis=axes, keepdims=keepdims))
    if is_large(array):
        try:
            return reducing.reduce(ufunc, array, axes, keepdims)
        except NotDeferred:
            array = computed(array)
    return reduce_in_cache(xp, ufunc, array, axes, keepdims)


def reduce_in_cache(
    xp: Any, ufunc: Any, array: Any, axes: tuple[int, ...] | None, keepdims: bool = False
) -> Any:
    """The same for what is not large, or not in an order that blocks follow."""
    if array.size <= FEW:
        return as_array(ufunc.reduce(array, axis=axes, keepdims=keepdims))
    shape = array.shape
    if axes is None:
        axes = tuple(range(len(shape)))
    if array.flags.c_contiguous:
        merged, order = _merged(shape, axes)
        partial = array.reshape(merged)
        for axis in reversed(order):
            partial = _reduce_along(xp, ufunc, partial, axis)
    else:
        partial = array
        for axis in sorted(axes, key=lambda i: abs(array.strides[i])):
            partial = _reduce_along(xp, ufunc, partial, axis)
    if keepdims:
        return partial.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return partial.reshape(tuple(n for i, n in enumerate(shape) if i not in axes))


def sum_of_squares(
    xp: Any, array: Any, axes: tuple[int, ...], keepdims: bool, centre: Any = None
) -> Any:
    """The sum of squared magnitudes over axes, of what is left of the elements less a centre.

    centre: broadcasts to the array (of size 1 over the axes), or None.
    """
    if array.dtype.kind == "c":
        rest = array if centre is None else array - centre
        return add_up(xp, rest.real * rest.real + rest.imag * rest.imag, axes, keepdims)
    if len(axes) == array.ndim and is_large(array) and not keepdims:
        centre = None if centre is None else centre.reshape(())
        blocks = reducing.over_blocks(array, lambda stack: _squares(stack, centre))
        return as_array(xp.add.reduce(blocks))
    if (
        len(axes) == array.ndim
        and not is_large(array)
        and array.flags.c_contiguous
        and not keepdims
    ):
        flat = array.reshape(-1)
        centre = None if centre is None else centre.reshape(())
        if flat.size <= _PIECE:
            return _dot(xp, flat, centre)
        pieces = [flat[i : i + _PIECE] for i in range(0, flat.size, _PIECE)]
        sums = xp.asarray([_dot(xp, p, centre) for p in pieces], array.dtype)
        return as_array(xp.add.reduce(sums))
    array = lazy(array)
    rest = array if centre is None else array - centre
    return add_up(xp, rest * rest, axes, keepdims)


def _squares(stack: Any, centre: Any) -> Any:
    """For each row of a 2-dim array its sum of squares, less a centre, added in pieces."""
    import numpy as np

    count, length = stack.shape
    full = length // _PIECE * _PIECE
    total = np.zeros((count, full // _PIECE + 1), stack.dtype)
    for row, sums in zip(stack, total):
        rest = row if centre is None else row - centre
        pieces = rest[:full].reshape(-1, _PIECE)
        np.vecdot(pieces, pieces, out=sums[:-1])
        sums[-1] = np.dot(rest[full:], rest[full:])
    return np.add.reduce(total, axis=1)


def _dot(xp: Any, vector: Any, centre: Any) -> Any:
    rest = vector if centre is None else vector - centre
    return as_array(xp.dot(rest, rest))


def _merged(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """The shape with neighbouring axes that are both summed, or both kept, made one."""
    merged: list[int] = []
    summed: list[int] = []
    last = None
    for i, n in enumerate(shape):
        this = i in axes
        if this == last:
            merged[-1] *= n
        else:
            if this:
                summed.append(len(merged))
            merged.append(n)
        last = this
    return merged, summed


def _reduce_along(xp: Any, ufunc: Any, array: Any, axis: int) -> Any:
    """The reduction along one axis, which stays with size 1."""
    n = array.shape[axis]
    step = abs(array.strides[axis])
    row = 1
    for size, stride in zip(array.shape, array.strides):
        if size > 1 and abs(stride) < step:
            row *= size
    if n <= _BLOCK or row == 1:
        if 0 < n <= _SHORT and row == 1:
            return _by_column(xp, ufunc, array, axis)
        return ufunc.reduce(array, axis=axis, keepdims=True)
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    beside = _WIDE // row + 1
    if n < 4 * beside or beside == 1:
        head, tail = _split(array, axis, _BLOCK)
        head = head.reshape(*before, -1, _BLOCK, *after)
        result = _reduce_along(xp, ufunc, ufunc.reduce(head, axis=axis + 1), axis)
    else:
        # Short rows side by side make a wide one, whose parts are added at the end.
        head, tail = _split(xp.ascontiguousarray(array), axis, beside)
        wide = _reduce_along(xp, ufunc, head.reshape(*before, n // beside, -1), axis)
        result = _reduce_along(xp, ufunc, wide.reshape(*before, beside, *after), axis)
    if tail.shape[axis]:
        ufunc(result, ufunc.reduce(tail, axis=axis, keepdims=True), out=result)
    return result


def _by_column(xp: Any, ufunc: Any, array: Any, axis: int) -> Any:
    """The reduction along a short innermost axis: a vector operation for each place on it."""
    columns = xp.moveaxis(array, axis, 0)
    result = columns[0].copy()
    for column in columns[1:]:
        ufunc(result, column, out=result)
    return xp.expand_dims(result, axis)


def _split(array: Any, axis: int, unit: int) -> tuple[Any, Any]:
    """The first whole units along an axis, and what remains."""
    cut = array.shape[axis] // unit * unit
    whole = (slice(None),) * axis
    return array[(*whole, slice(cut))], array[(*whole, slice(cut, None))]
