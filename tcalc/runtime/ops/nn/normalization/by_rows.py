"""Norms of long rows by compiled code: each row in a few passes while it is in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.numbers import number
from tcalc.runtime.arrays.summation import SHORT
from tcalc.runtime.lazy.compiled.rownorms import norm, norm_slope
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.program import spread
from tcalc.runtime.lazy.rows import installed, kernel_for, run
from tcalc.runtime.lazy.sizes import ALONE, MIDDLE
from tcalc.runtime.lazy.slabs import rows_of

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowforms import Form
    from tcalc.runtime.lazy.compiled.rowkernel import RowKernel
    from tcalc.runtime.ops.nn.normalization.kernels import Layout

# The gradients of parameters are added up over blocks of about so many elements first.
_BLOCK = 1 << 17
# What both passes cost an element, in passes of plain arithmetic.
_COST = 8


def _kernel(form: Form, x: Array, others: tuple[Array | None, ...]) -> RowKernel | None:
    if any(a is not None and a.dtype != x.dtype for a in others):
        return None
    return kernel_for(form, x)


def suits(x: Array, layout: Layout) -> bool:
    """Whether these are rows, and long enough where there are many. x: of the layout's shape."""
    rows = x.ndim == 2 and layout.over == layout.scaled == (1,)
    return rows and (x.shape[1] > SHORT if x.size >= MIDDLE else x.size > 0)


def suits_whole(x: Array, layout: Layout) -> bool:
    """Whether these are rows once the last axes are one, of many elements. x: of the layout's shape."""
    first = x.ndim - len(layout.over)
    return (
        x.size >= MIDDLE and layout.over == tuple(range(first, x.ndim)) and layout.elements > SHORT
    )


def forward(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array] | None:
    """`kernels.forward` of arrays of the layout's shapes; None where that is NumPy's."""
    form = norm(layout.centred, weight is not None, bias is not None)
    if x.size < ALONE:
        given = [x, number(eps, x), *[a for a in (weight, bias) if a is not None]]
        results = installed(form, given)
        if results is not None:
            out, variance, *means = results
            mean = means[0] if means else np.zeros_like(variance)
            return out, mean.reshape(layout.kept), variance.reshape(layout.kept)
    if x.size < MIDDLE:
        return None
    kernel = _kernel(form, x, (weight, bias))
    if kernel is None:
        return None
    out, variance, mean = (np.empty(s, x.dtype) for s in (x.shape, layout.kept, layout.kept))
    arrays = [rows_of(at_hand(x)), np.array(eps, x.dtype)]
    arrays += [np.ascontiguousarray(at_hand(a)) for a in (weight, bias) if a is not None]
    arrays += [out, variance]
    if layout.centred:
        arrays.append(mean)
    else:
        mean[...] = 0
    run(kernel, x.shape, arrays)
    return out, mean, variance


def backward(
    g: Array, x: Array, weight: Array | None, mean: Array, variance: Array, layout: Layout,
    eps: float, needs: tuple[bool, ...],
) -> tuple[Array | None, Array | None, Array | None] | None:  # fmt: skip
    """`kernels.backward` of arrays of the layout's shapes; None where that is NumPy's."""
    form = norm_slope(layout.centred, weight is not None, tuple(map(bool, needs)))
    rows, columns = x.shape
    if x.size < ALONE and needs[0]:
        # One step where calls are noted: it writes into arrays that it is given.
        g, x = np.asarray(at_hand(g)), np.asarray(at_hand(x))
        given = [g, x, number(eps, x), variance.reshape(-1)]
        given += [mean.reshape(-1)] if layout.centred else []
        given += [] if weight is None else [weight.reshape(-1)]
        of_weight, of_bias = [np.zeros((1, columns), x.dtype) if n else None for n in needs[1:]]
        given += [a for a in (of_weight, of_bias) if a is not None]
        slope = installed(form, given)
        if slope is not None:
            return slope, of_weight, of_bias
    if x.size < MIDDLE:
        return None
    kernel = _kernel(form, x, (g, weight, mean, variance))
    if kernel is None:
        return None
    deep = max(1, _BLOCK // columns)
    count = -(-rows // deep)
    slope = np.empty(x.shape, x.dtype) if needs[0] else None
    sums = [np.zeros((count, columns), x.dtype) if needed else None for needed in needs[1:]]
    ends = [rows_of(at_hand(g)), rows_of(at_hand(x))]
    shared = [] if weight is None else [np.ascontiguousarray(at_hand(weight))]
    small, mean, variance = np.array(eps, x.dtype), at_hand(mean), at_hand(variance)

    def work(i: int) -> None:
        some = slice(i * deep, min((i + 1) * deep, rows))
        means = [mean[some]] if layout.centred else []
        given = [*[a[some] for a in ends], small, variance[some], *means, *shared]
        given += [a[i] for a in sums if a is not None]
        given += [] if slope is None else [slope[some]]
        kernel((some.stop - some.start, columns), given)

    spread(work, count, x.size * _COST)
    of_weight, of_bias = (
        None if a is None else np.add.reduce(a, axis=0, keepdims=True) for a in sums
    )
    return slope, of_weight, of_bias
