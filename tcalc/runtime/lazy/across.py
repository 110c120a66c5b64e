"""Elementwise ops of two arrays that broadcast to a large one: a kernel's steps as one function of rows
and columns.

Each of them is a row, which lies beside every row of the result, or a column.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.base import memory
from tcalc.runtime.lazy.compiled.code import LANES
from tcalc.runtime.lazy.compiled.kernels import Kernel, address, available
from tcalc.runtime.lazy.compiled.layouts import MOVING, STANDING
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.middle import called, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array, Op

ndarray = np.ndarray
# So many calls are kept.
_REMEMBERED = 1024


class Table(NamedTuple):
    """A function of two arrays of some shapes. reads: what it reads: their places, or numbers. steps: what a
    row adds to where each of them and the result lie."""

    kernel: Kernel
    reads: Sequence[int | Array]
    shape: tuple[int, ...]
    dtype: Any
    numbers: tuple[int, int]
    steps: tuple[int, ...]
    nbytes: int


_kept: dict[Any, Table | None] = {}


def compute(op: Op, values: Sequence[Any]) -> Any:
    """What an elementwise op's kernel gives on the CPU for two arrays of few elements and other shapes.

    values: those of the op's parameters; what comes behind the arrays has its defaults.
    """
    first, second, *_ = values
    kind = op, first.shape, second.shape, first.dtype, second.dtype
    table = _kept.get(kind, _kept)
    if table is _kept:
        if len(_kept) >= _REMEMBERED:
            _kept.clear()
        table = _kept[kind] = _found(op, values)
    if (
        type(table) is not Table
        or not first.flags.c_contiguous
        or not second.flags.c_contiguous
        or not available()
        or not table.kernel.is_ready(table.nbytes // table.dtype.itemsize)
    ):
        return called(op, np, values)
    memory.check(table.nbytes, f"a tensor of shape {list(table.shape)}")
    made = np.empty(table.shape, table.dtype)
    numbers = [*table.numbers]
    given = [values[r] if type(r) is int else r for r in table.reads]
    for a, step in zip((*given, made), table.steps[2::2]):
        numbers += address(a), step
    kernel = table.kernel
    kernel.share(numbers, table.steps, 0, 1, made.size * (kernel.work + 1))
    return made


def _found(op: Op, values: Sequence[Any]) -> Table | None:
    """The kernel's steps as such a function; None where the arrays lie otherwise, or NumPy has a part in
    it."""
    arrays = values[:2]
    try:
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
    except ValueError:
        return None
    splits = [_split(a.shape, shape) for a in arrays]
    columns = {n for _, n in splits}
    size = prod(shape)
    if len(columns) != 1 or not all(how for how, _ in splits) or size < LARGE:
        return None
    (wide,) = columns
    # Rows that are shorter than a vector take a copy each.
    if wide < LANES:
        return None
    found = told(op, values, [how for how, _ in splits])
    # Which of two ways has other digits goes by the operands' sizes.
    if found is None or not found.kernel.exact:
        return None
    steps = [0, 0]
    for r in found.reads:
        moves = type(r) is int and splits[r][0] == STANDING
        steps += arrays[r].itemsize if moves else 0, 0
    dtype = found.dtype
    steps += wide * dtype.itemsize, 0
    nbytes = size * dtype.itemsize
    return Table(
        found.kernel, found.reads, shape, dtype, (size // wide, wide), tuple(steps), nbytes
    )


def _split(shape: tuple[int, ...], whole: tuple[int, ...]) -> tuple[str, int]:
    """How an array of a shape lies beside the whole, and how many columns that makes it have."""
    begin = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    row = shape[begin:]
    if row and row == whole[-len(row) :]:
        return MOVING, prod(row)
    end = next((i for i in range(len(shape), 0, -1) if shape[i - 1] != 1), 0)
    if end and len(shape) == len(whole) and shape[:end] == whole[:end]:
        return STANDING, prod(whole[end:])
    return "", 0
