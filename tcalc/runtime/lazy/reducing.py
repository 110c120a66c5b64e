"""Reductions of large arrays, computed or not: each block is reduced while it is in the cache.

The blocks follow from the shape alone and their results are combined in order, so that a sum has
the same last digit whether its input was computed before, on one thread or on many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.summation import SHORT, as_array, reduce_in_cache
from tcalc.runtime.base import threads
from tcalc.runtime.lazy.blocks import BLOCK, Block, Lines, blocks_of, split_of, sums
from tcalc.runtime.lazy.expression import (
    TOTAL,
    Expression,
    NotDeferred,
    in_order,
    order_of,
    waits,
)
from tcalc.runtime.lazy.folds import fold_program, folded, seen
from tcalc.runtime.lazy.program import Program, again_dear, allot, settle
from tcalc.runtime.lazy.slabs import rows_of
from tcalc.runtime.types.codes import INEXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
# Up to this many rows are added one to the next before their sums are.
_DEEP = 128
# At least so many rows of a wide array are reduced at a time.
_FEW_ROWS = 16
# Blocks that are there already are reduced in groups: one call for many.
_GROUP = 8


def each_block(
    array: Array, rows: int, cut: Sequence[Block], look: Callable[[int, Block, Array], None]
) -> None:
    """Call `look(number, block, slab)` with every block of an array, from several threads.

    array: an array or an expression, in memory order seen as so many rows. A slab is only lent.
    """
    order = order_of(array)
    if waits(array):
        program, targets, made = _looked_at(array)
        register = program.results[id(array)]

        def show(i: int, block: Block, registers: list[Array]) -> None:
            look(i, block, registers[register])

        program.run(targets, rows, cut, show)
        settle(program, made)
        return
    a = array.array if type(array) is Expression else array
    seen = (a if order is None else a.transpose(order)).reshape(rows, -1)

    def work(i: int) -> None:
        block = cut[i]
        look(i, block, seen[block.top : block.bottom, block.left : block.right])

    threads.spread(work, len(cut))


def over_blocks(array: Array, part: Callable[[Array], Array]) -> Array:
    """What `part` makes of the blocks of a whole array, in order.

    part: gives one number for each row of a 2-dim array, whose rows are blocks.
    """
    order = order_of(array)
    rows, columns = split_of(in_order(array.shape, order))
    there = _there(array, order)
    if there is not None:
        return _over_blocks_there(there.reshape(rows, columns), part)
    cut = blocks_of(rows, columns)
    found: list[Any] = [None] * len(cut)

    def look(i: int, _: Block, slab: Array) -> None:
        found[i] = part(np.ascontiguousarray(slab).reshape(1, -1))

    each_block(array, rows, cut, look)
    return np.concatenate(found)


def block_sums(array: Array) -> Array:
    """The sums of the blocks of a large array or expression, in order: compiled or NumPy's, which
    are the same."""
    order = order_of(array)
    there = _there(array, order)
    if there is not None:
        found = _sums_there(there)
        return over_blocks(array, sums) if found is None else found
    if not waits(array):
        return over_blocks(array, sums)
    program, targets, made = _looked_at(array)
    together = program.sums([array], targets)
    if together is not None:
        settle(program, made)
        return together[0]
    rows, columns = split_of(in_order(array.shape, order))
    cut = blocks_of(rows, columns)
    parts: list[Any] = [None] * len(cut)
    register = program.results[id(array)]

    def look(i: int, _: Block, registers: list[Any]) -> None:
        parts[i] = sums(np.ascontiguousarray(registers[register]).reshape(1, -1))

    program.run(targets, rows, cut, look)
    settle(program, made)
    return np.concatenate(parts)


def _looked_at(node: Expression) -> tuple[Program, dict[int, Any], list[tuple[Expression, Any]]]:
    """What computes an expression that is only looked at, and writes it out where it is dear."""
    program = Program([node], [node] if again_dear(node) else [])
    return program, *allot(program, program.outputs)


def _sums_there(array: Array) -> Array | None:
    from tcalc.runtime.lazy.compiled.kernels import available, sums_of

    kernel = sums_of(array.dtype) if available() else None
    if kernel is None or not kernel.is_ready(array.size):
        return None
    lines = Lines.of(array.shape)
    found = np.empty(lines.blocks, array.dtype)
    kernel([array], [found], lines, 1)
    return found


def _there(array: Array, order: tuple[int, ...] | None) -> Array | None:
    """The array in memory order where it is computed and lies without gaps, else None."""
    a = array.array if type(array) is Expression else array
    if a is None:
        return None
    a = a if order is None else a.transpose(order)
    return a if a.flags.c_contiguous else None


def _over_blocks_there(array: Array, part: Callable[[Array], Array]) -> Array:
    columns = array.shape[1]
    jobs: list[Any] = []
    for line in array if columns >= BLOCK else (array.reshape(-1),):
        length = BLOCK if columns >= BLOCK else max(1, BLOCK // columns) * columns
        full = line.size // length
        blocks = line[: full * length].reshape(full, length)
        jobs += [blocks[i : i + _GROUP] for i in range(0, full, _GROUP)]
        if full * length < line.size:
            jobs.append(line[full * length :].reshape(1, -1))
    return np.concatenate(_spread(lambda i: part(jobs[i]), len(jobs)))


def _spread(work: Callable[[int], Array], count: int) -> list[Array]:
    found: list[Any] = [None] * count

    def store(i: int) -> None:
        found[i] = work(i)

    threads.spread(store, count)
    return found


def reduce(ufunc: np.ufunc, array: Array, axes: tuple[int, ...] | None, keepdims: bool) -> Array:
    """`ufunc.reduce` of a large array or expression over axes (None: all); a sum of all may wait too."""
    shape = array.shape
    axes = tuple(range(len(shape))) if axes is None else axes
    order = order_of(array)
    if len(axes) == len(shape):
        if ufunc is np.add and not keepdims and waits(array) and array.dtype.char in INEXACT:
            return Expression(TOTAL, (array,), (), array.dtype, None)
        if ufunc is np.add and array.dtype.char in INEXACT:
            stacked = block_sums(array)
        else:
            rows, columns = split_of(in_order(shape, order))
            stacked = _folds(ufunc, array, order, rows, columns, Lines.of(in_order(shape, order)))
            if stacked is None:
                stacked = over_blocks(array, lambda stack: reduce_in_cache(np, ufunc, stack, (1,)))
        total_ = as_array(ufunc.reduce(stacked))
        return total_.reshape((1,) * len(shape)) if keepdims else total_
    ranks = tuple(range(len(shape))) if order is None else order
    groups = _groups([(shape[axis], axis in axes) for axis in ranks])
    match groups:
        case [(rows, False), (columns, True)]:
            result = _rows_reduced(ufunc, array, order, rows, columns)
        case [(rows, True), (columns, False)]:
            result = _columns_reduced(ufunc, array, order, rows, columns)
        case _:
            raise NotDeferred
    left = [axis for axis in ranks if axis not in axes]
    result = result.reshape([shape[axis] for axis in left]).transpose(np.argsort(left))
    return np.expand_dims(result, axes) if keepdims else result


def _folds(
    ufunc: np.ufunc, array: Array, order: tuple[int, ...] | None, rows: int, columns: int, lines: Lines
) -> Array:  # fmt: skip
    """The reductions of the blocks that lines say, by compiled code; None where there is none.

    rows, columns: how the array is cut where it is not computed, or not in order: into rows if these
    are the lines' blocks, else into blocks.
    """
    from tcalc.runtime.lazy.compiled.folding import folding

    kernel = folding(ufunc, array.dtype)
    if kernel is None:
        return None
    there = _there(array, order)
    if there is not None:
        parts = seen(lines, [there])
        assert parts is not None
        return folded(kernel, lines, parts)
    cut = blocks_of(rows, columns)
    found = np.empty(lines.blocks, array.dtype)

    def look(i: int, block: Block, slab: Array) -> None:
        some = np.ascontiguousarray(slab)
        if lines.length == columns:
            kernel(some.shape, [some, found[block.top : block.bottom]])
        else:
            kernel((1, some.size), [some, found[i : i + 1]])

    if not waits(array):
        each_block(array, rows, cut, look)
        return found
    program, targets, made = _looked_at(array)
    together = fold_program(program, array, targets, ufunc, lines)
    if together is None:
        register = program.results[id(array)]
        program.run(targets, rows, cut, lambda i, block, own: look(i, block, own[register]))
    settle(program, made)
    return found if together is None else together


def add_all(array: Array) -> Array:
    """The sum of all elements of a large array or expression."""
    return as_array(np.add.reduce(block_sums(array)))


def _groups(axes: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Neighbouring axes that are all reduced, or all kept, as one: size, and whether reduced."""
    found: list[tuple[int, bool]] = []
    for n, reduced in axes:
        if n == 1:
            continue
        if found and found[-1][1] == reduced:
            found[-1] = (found[-1][0] * n, reduced)
        else:
            found.append((n, reduced))
    return found


def _rows_reduced(
    ufunc: np.ufunc, array: Array, order: tuple[int, ...] | None, rows: int, columns: int
) -> Array:
    across = -(-columns // BLOCK) if columns >= BLOCK else 1
    lines = Lines(1, rows * columns, columns) if across == 1 else Lines(rows, columns, BLOCK)
    folds = None if columns <= SHORT else _folds(ufunc, array, order, rows, columns, lines)
    if folds is not None:
        if across == 1:
            return folds
        return reduce_in_cache(np, ufunc, folds.reshape(rows, across), (1,))
    there = _there(array, order)
    if there is not None and across == 1:
        there = there.reshape(rows, columns)
        deep = max(1, _GROUP * BLOCK // columns)
        parts = _spread(
            lambda i: reduce_in_cache(np, ufunc, there[i * deep : (i + 1) * deep], (1,)),
            -(-rows // deep),
        )
        return np.concatenate(parts)
    cut = blocks_of(rows, columns)
    found: list[Any] = [None] * len(cut)

    def look(i: int, _: Block, slab: Array) -> None:
        found[i] = reduce_in_cache(np, ufunc, np.ascontiguousarray(slab), (1,))

    each_block(array, rows, cut, look)
    if across == 1:
        return np.concatenate(found)
    return reduce_in_cache(np, ufunc, np.concatenate(found).reshape(rows, across), (1,))


def _columns_reduced(
    ufunc: np.ufunc, array: Array, order: tuple[int, ...] | None, rows: int, columns: int
) -> Array:
    from tcalc.runtime.lazy.compiled.folding import folding_down

    deep = min(rows, max(_FEW_ROWS, min(_DEEP, BLOCK // columns)))
    kernel = folding_down(ufunc, array.dtype) if columns > SHORT else None
    if kernel is None:
        dtype = ufunc.reduce(np.zeros((1, 1), array.dtype), axis=0).dtype
    else:
        dtype = kernel.dtype
    parts = np.empty((-(-rows // deep), columns), dtype)

    def fold(slab: Array, out: Array) -> None:
        if kernel is None:
            ufunc.reduce(slab, axis=0, out=out)
        else:
            out.fill(kernel.start)
            kernel(slab.shape, [rows_of(slab), out])

    there = _there(array, order)
    if there is not None and kernel is not None:
        kernel.over_groups(there.reshape(rows, columns), parts, deep)
    elif there is not None:
        there = there.reshape(rows, columns)
        full = rows // deep
        stacked = there[: full * deep].reshape(full, deep, columns)
        group = max(1, _GROUP * BLOCK // (deep * columns))

        def some(i: int) -> None:
            here = slice(i * group, min((i + 1) * group, full))
            ufunc.reduce(stacked[here], axis=1, out=parts[here])

        threads.spread(some, -(-full // group))
        if full * deep < rows:
            ufunc.reduce(there[full * deep :], axis=0, out=parts[full])
    else:
        tall = deep * max(1, BLOCK // (deep * columns))
        wide = min(columns, max(1, BLOCK // deep))
        cut = [
            Block(top, min(top + tall, rows), left, min(left + wide, columns))
            for top in range(0, rows, tall)
            for left in range(0, columns, wide)
        ]

        def look(_: int, block: Block, slab: Array) -> None:
            for top in range(0, block.bottom - block.top, deep):
                part = parts[(block.top + top) // deep, block.left : block.right]
                fold(slab[top : top + deep], part)

        each_block(array, rows, cut, look)
    return reduce_in_cache(np, ufunc, parts, (0,)).astype(
        array.dtype if kernel else dtype, copy=False
    )
