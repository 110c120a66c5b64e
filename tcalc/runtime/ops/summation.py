"""Adding up floating-point numbers over any axes with a small error at memory speed.

NumPy adds pairwise only along the axis that lies innermost in memory; over others it adds row to
row, and the error grows with the number of rows. Here rows are added in blocks, and the blocks'
sums in turn.
"""

from __future__ import annotations

from typing import Any

HALVES = "eE"  # type codes of float16 and bfloat16
# Below this many elements any order is accurate enough.
_FEW = 2048
# How many rows are added one to the next before their sums are.
_BLOCK = 128
# Rows shorter than this are summed as columns of a transposed copy, which is faster.
_NARROW = 16


def add_up(xp: Any, array: Any, axes: tuple[int, ...] | None, keepdims: bool = False) -> Any:
    """The sum of an array of any but half floats over axes (None: all), in its own dtype."""
    if array.size <= _FEW or array.dtype.kind not in "fc":
        return xp.add.reduce(array, axis=axes, keepdims=keepdims)
    shape = array.shape
    if axes is None:
        axes = tuple(range(len(shape)))
    if array.flags.c_contiguous:
        merged, order = _merged(shape, axes)
        partial = array.reshape(merged)
        for axis in reversed(order):
            partial = _add_along(xp, partial, axis)
    else:
        partial = array
        for axis in sorted(axes, key=lambda i: abs(array.strides[i])):
            partial = _add_along(xp, partial, axis)
    if keepdims:
        return partial.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return partial.reshape(tuple(n for i, n in enumerate(shape) if i not in axes))


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


def _add_along(xp: Any, array: Any, axis: int) -> Any:
    """The sum along one axis, which stays with size 1."""
    n = array.shape[axis]
    step = abs(array.strides[axis])
    row = 1
    for size, stride in zip(array.shape, array.strides):
        if size > 1 and abs(stride) < step:
            row *= size
    if n <= _BLOCK or row == 1:
        return xp.add.reduce(array, axis=axis, keepdims=True)
    if row < _NARROW:
        columns = xp.ascontiguousarray(xp.moveaxis(array, axis, -1))
        return xp.expand_dims(xp.add.reduce(columns, axis=-1), axis)
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    blocks = n // _BLOCK
    whole = (slice(None),) * axis
    head = array[(*whole, slice(blocks * _BLOCK))].reshape(*before, blocks, _BLOCK, *after)
    result = _add_along(xp, xp.add.reduce(head, axis=axis + 1), axis)
    if n % _BLOCK:
        tail = array[(*whole, slice(blocks * _BLOCK, None))]
        result += xp.add.reduce(tail, axis=axis, keepdims=True)
    return result
