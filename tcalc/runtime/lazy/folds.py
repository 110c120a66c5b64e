"""Blocks of large arrays reduced to a number each by compiled code, with what computes them or without:
the order within a block is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.slabs import stretched, view_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.blocks import Lines
    from tcalc.runtime.lazy.compiled.folding import Folding
    from tcalc.runtime.lazy.expression import Expression
    from tcalc.runtime.lazy.program import Program

# Neighbouring blocks: the number of the first, and arrays whose rows they are.
Part = tuple[int, list[Any]]


def seen(lines: Lines, arrays: Sequence[Array]) -> list[Part] | None:
    """Arrays, in memory order, as blocks; numbers as they are. None where that takes a copy."""
    count, size, length = lines
    full, rest = divmod(size, length)
    if not rest:
        views = [a if not a.ndim else view_as(a, count * full, length) for a in arrays]
        return [(0, views)] if all(v is not None and _is_row(v) for v in views) else None
    if not all(a.ndim == 0 or (a.flags.c_contiguous and a.size == count * size) for a in arrays):
        return None
    parts = []
    for i in range(count):
        some = [a if not a.ndim else a.reshape(count, size)[i] for a in arrays]
        whole = [a if not a.ndim else a[: full * length].reshape(full, length) for a in some]
        last = [a if not a.ndim else a[full * length :].reshape(1, rest) for a in some]
        parts += [(i * (full + 1), whole)] if full else []
        parts.append((i * (full + 1) + full, last))
    return parts


def _is_row(array: Array) -> bool:
    """Whether a row's elements lie side by side, or are one."""
    if not array.ndim or array.shape[1] == 1:
        return True
    return array.strides[1] in (0, array.itemsize)


def folded(kernel: Folding, lines: Lines, parts: Sequence[Part]) -> Array:
    """The reduction of each block. parts: of the arrays that the kernel reads, and writes."""
    found = np.empty(lines.blocks, kernel.dtype)
    for first, arrays in parts:
        shape = next(a.shape for a in arrays if a.ndim)
        takes = found[first : first + shape[0]]
        kernel.over_rows(shape, [*arrays, takes], len(kernel.run.steps) + 1)
    return found


def fold_program(
    program: Program, node: Expression, targets: dict[int, Any], ufunc: np.ufunc, lines: Lines
) -> Array:
    """Write a program's targets, and give the reduction of the blocks of one of its results, in one
    pass. None where NumPy has a part in it; then nothing was done. targets: see `Program.run`."""
    inputs = [stretched(a, program.shape, program.order) for a in program.inputs]
    own = program.template.result_dtypes
    if any(target.dtype != own[r - len(inputs)] for r, target in targets.items()):
        return None
    written = sorted(targets)
    parts = seen(lines, [*inputs, *[targets[r] for r in written]])
    if parts is None:
        return None
    rows = parts[0][1][: len(inputs)]
    kernel = program.template.reducing(rows, program.results[id(node)], written, ufunc)
    if kernel is None or not kernel.is_ready(lines.lines * lines.size):
        return None
    given = [*kernel.run.reads, *range(len(inputs), len(inputs) + len(written))]
    return folded(kernel, lines, [(first, [arrays[r] for r in given]) for first, arrays in parts])
