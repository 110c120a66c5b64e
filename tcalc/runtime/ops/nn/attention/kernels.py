"""Attention on arrays, forward and back: stacks of matrices, some at a time, over threads."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.arrays.blas import spread_products
from tcalc.runtime.base import memory
from tcalc.runtime.lazy.compiled.rowforms import ATTENTION, ATTENTION_SLOPE, DROPPED_SLOPE
from tcalc.runtime.lazy.rows import do_rows
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.types.codes import BOOLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

    # Where a part of a stack of matrices lies in it.
    Part = tuple[int | slice, ...]

# Scores of about so many elements are worked on at a time: they stay in the cache.
_BLOCK = 1 << 17


def _run(xp: ModuleType, work: Callable[[Part], None], lead: tuple[int, ...], each: int) -> None:
    """Call `work(index)` for parts of a stack of matrices. each: the scores of one."""
    parts: list[Any] = [()]
    if xp is np and lead and prod(lead) * each > _BLOCK:
        # Parts go along the first dimension below which there is no more than a block.
        at = next(i for i in range(len(lead)) if prod(lead[i + 1 :]) * each <= _BLOCK or
                  i == len(lead) - 1)  # fmt: skip
        step = max(1, _BLOCK // max(1, prod(lead[at + 1 :]) * each))
        parts = [
            (*head, slice(i, i + step))
            for head in np.ndindex(lead[:at])
            for i in range(0, lead[at], step)
        ]
    if len(parts) > 1:
        spread_products(lambda i: work(parts[i]), len(parts))
    else:
        work(parts[0])


def _part(array: Array | None, index: Part, lead: int) -> Array:
    """What goes with a part of the stack: all of it along dimensions that are not there or 1."""
    if array is None:
        return None
    missing = lead - (array.ndim - 2)
    cut = index[missing:] if missing > 0 else index
    shape = array.shape
    return array[tuple(
        i if shape[d] != 1 else (0 if type(i) is int else slice(None)) for d, i in enumerate(cut)
    )]  # fmt: skip


def forward(
    xp: ModuleType, query: Array, key: Array, value: Array, mask: Array | None, noise: Array | None,
    causal: bool, scale: float, keep: bool,
) -> tuple[Array, Array]:  # fmt: skip
    """The result, and the weights (nothing unless `keep`).

    query: (*, l, e), key: (*, s, e), value: (*, s, v), of one stack. mask: (*, l, s), where to look
    or what to add to the scores. noise: (*, l, s), what dropout multiplies the weights by.
    """
    lead, (rows, columns) = query.shape[:-2], (query.shape[-2], key.shape[-2])
    shape = (*lead, rows, columns)
    dtype = query.dtype
    if keep:
        memory.check(prod(shape) * dtype.itemsize, "the weights of attention")
    out = xp.empty((*lead, rows, value.shape[-1]), dtype)
    kept = xp.empty(shape if keep else 0, dtype)
    if not has_elements(out):
        return out, kept
    if not columns:
        out[...] = 0
        return out, kept
    turned = key.swapaxes(-1, -2)
    later = xp.arange(columns) > xp.arange(rows)[:, None] if causal else None

    def work(part: Part) -> None:
        scores = xp.matmul(query[part] * scale, turned[part])
        seen = _part(mask, part, len(lead))
        if seen is not None:
            if seen.dtype.char in BOOLS:
                xp.copyto(scores, dtype.type(-np.inf), where=~seen)
            else:
                xp.add(scores, seen, out=scores)
        if later is not None:
            xp.copyto(scores, dtype.type(-np.inf), where=later)
        weights = kept[part] if keep else scores
        if not do_rows(ATTENTION, scores, weights):
            _softmax(xp, scores, weights)
        if noise is not None:
            weights = weights * noise[part]
        out[part] = xp.matmul(weights, value[part])

    _run(xp, work, lead, rows * columns)
    return out, kept


def _softmax(xp: ModuleType, scores: Array, weights: Array) -> None:
    """Rows of scores, which are written over, as weights; 0 for a row that sees nothing."""
    top = scores.max(axis=-1, keepdims=True)
    top[top == -np.inf] = 0
    xp.subtract(scores, top, out=scores)
    xp.exp(scores, out=scores)
    total = add_up(xp, scores, (scores.ndim - 1,), True)
    total[total == 0] = 1
    xp.divide(scores, total, out=weights)


def backward(
    xp: ModuleType, g: Array, query: Array, key: Array, value: Array, weights: Array,
    noise: Array | None, scale: float, needs: tuple[bool, ...],
) -> list[Array]:  # fmt: skip
    """The gradients by query, key, value and scores, as far as `needs` says."""
    lead = query.shape[:-2]
    made = xp.empty if has_elements(weights) else xp.zeros
    found = [made(a.shape, a.dtype) if n else None
             for a, n in zip((query, key, value, weights), needs)]  # fmt: skip
    if not has_elements(weights):
        return found
    by_query, by_key, by_value, by_scores = found
    turned = value.swapaxes(-1, -2)

    def work(part: Part) -> None:
        w, given = weights[part], g[part]
        drop = None if noise is None else noise[part]
        if by_value is not None:
            used = w if drop is None else w * drop
            by_value[part] = xp.matmul(used.swapaxes(-1, -2), given)
        if by_query is None and by_key is None and by_scores is None:
            return
        slope = xp.matmul(given, turned[part])
        form, drops = (ATTENTION_SLOPE, ()) if drop is None else (DROPPED_SLOPE, (drop,))
        if not do_rows(form, slope, *drops, w, slope):
            for factor in (*drops, w):
                xp.multiply(slope, factor, out=slope)
            xp.subtract(slope, w * add_up(xp, slope, (w.ndim - 1,), True), out=slope)
        if by_scores is not None:
            by_scores[part] = slope
        if by_query is not None:
            by_query[part] = xp.matmul(slope, key[part]) * scale
        if by_key is not None:
            by_key[part] = xp.matmul(slope.swapaxes(-1, -2), query[part]) * scale

    _run(xp, work, lead, prod(weights.shape[-2:]))
    return found
