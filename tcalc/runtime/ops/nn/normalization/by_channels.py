"""Norms of channels by compiled code: their sums, the squares around their means, and the result."""

from __future__ import annotations

from array import array
from ctypes import addressof
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.summation import SHORT
from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import pool, processor
from tcalc.runtime.lazy.compiled.channelnorms import (
    COMBINED,
    MOMENTS,
    PRODUCTS,
    SCALED,
    SCALED_DOWN,
    SQUARES_DOWN,
    SUMS_DOWN,
)
from tcalc.runtime.lazy.compiled.channels import NAME as CHANNELS
from tcalc.runtime.lazy.compiled.channels import SCRATCH
from tcalc.runtime.lazy.compiled.kernels import PAST_CACHE, address
from tcalc.runtime.lazy.compiled.pool import UNIT
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.program import spread
from tcalc.runtime.lazy.rows import call_of, kernel_for, run

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.ops.nn.normalization.kernels import Layout

_FLOAT = np.dtype(np.float32)
# Up to so many elements NumPy's calls are as quick (see `few`).
_FEW = 1 << 14
# At least so many columns are together; what three passes cost an element.
_COLUMNS, _COST = 256, 8


def columns(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array] | None:
    """`kernels.forward` of single floats whose channels are columns, by the function that an installation
    has for every size; None where it has none, and for others."""
    shape, dtype = layout.shape, x.dtype
    if len(shape) != 3 or shape[2] != 1 or not x.size or dtype is not _FLOAT or not layout.centred:
        return None
    if (layout.over, layout.scaled) != ((0, 2), (1,)):
        return None
    given = (weight, bias)
    function = call_of(CHANNELS)
    if function is None or any(a is not None and a.dtype is not dtype for a in given):
        return None
    n, channels, _ = shape
    x = np.ascontiguousarray(at_hand(x))
    out, scratch = np.empty(shape, dtype), np.empty(channels * SCRATCH)
    mean, variance = np.empty((2, channels), dtype)
    own = [None if a is None else np.ascontiguousarray(at_hand(a)) for a in given]
    is_past = 2 * x.nbytes >= PAST_CACHE * processor.cache_size()
    is_past = is_past and channels % UNIT == 0 == address(out) % (UNIT * out.itemsize)
    block = array("q", [
        address(x), n, channels, 0, *[0 if a is None else address(a) for a in own], address(out),
        address(mean), address(variance), address(scratch), addressof(sharing), is_past,
    ])  # fmt: skip
    block[3] = np.float64(eps).view(np.int64).item()
    pool.helpers()  # who share it
    function(block.buffer_info()[0])
    return out, mean.reshape(layout.kept), variance.reshape(layout.kept)


def suits(x: Array, layout: Layout) -> bool:
    """Whether these are channels with means of their own, side by side or in long rows.

    x: of the layout's shape.
    """
    shape = layout.shape
    if x.size <= _FEW or len(shape) != 3 or (layout.over, layout.scaled) != ((0, 2), (1,)):
        return False
    return layout.centred and (shape[1] if shape[2] == 1 else shape[2]) > SHORT


def forward(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array] | None:
    """`kernels.forward` of arrays of the layout's shapes; None where that is NumPy's."""
    if any(a is not None and a.dtype != x.dtype for a in (weight, bias)):
        return None
    down = layout.shape[2] == 1
    if kernel_for(SCALED_DOWN if down else SCALED, x) is None:
        return None
    x = np.ascontiguousarray(at_hand(x))
    w, b = (None if a is None else at_hand(a).reshape(-1) for a in (weight, bias))
    return (_down if down else _along)(x, w, b, layout, eps)


def _down(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array]:
    n, channels, _ = x.shape
    rows, out = x.reshape(n, channels), np.empty((n, channels), x.dtype)
    mean, variance = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    add, square, scale = (kernel_for(f, x) for f in (SUMS_DOWN, SQUARES_DOWN, SCALED_DOWN))
    wide = max(_COLUMNS, -(-channels // threads.number()))

    def work(i: int) -> None:
        some = slice(i * wide, min((i + 1) * wide, channels))
        part, target, means = rows[:, some], out[:, some], mean[some]
        sums, squares = np.zeros((2, part.shape[1]))
        add(part.shape, [part, sums])  # type: ignore[misc]  # they are there
        sums /= n
        means[...] = sums
        square(part.shape, [part, means, squares])  # type: ignore[misc]  # it is there
        left = sums - means
        spread_ = squares / n - left * left
        variance[some] = spread_
        factor, shift = _line(spread_, left, weight, bias, some, eps, x.dtype)
        scale(part.shape, [part, means, factor, shift, target])  # type: ignore[misc]  # it is there

    spread(work, -(-channels // wide), x.size * _COST)
    return out.reshape(x.shape), mean.reshape(layout.kept), variance.reshape(layout.kept)


def _along(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array]:
    n, channels, places = shape = x.shape
    size, count = (n * channels, places), n * places
    rows, out = x.reshape(size), np.empty(size, x.dtype)
    moments, scale = kernel_for(MOMENTS, x), kernel_for(SCALED, x)
    left, squares = np.empty(size[:1], x.dtype), np.empty(size[:1], x.dtype)

    def look(mean: Array) -> tuple[Array, Array]:
        """The means of what is left of the channels and of its squares, in double."""
        run(moments, size, [rows, *_each(n, mean), left, squares])  # type: ignore[arg-type]  # it is there
        found = [np.add.reduce(a.reshape(n, channels), 0, np.float64) for a in (left, squares)]
        return found[0] / count, found[1] / count

    mean = look(np.zeros(channels, x.dtype))[0].astype(x.dtype)
    rest, spread_ = look(mean)
    spread_ -= rest * rest
    factor, shift = _line(spread_, rest, weight, bias, slice(None), eps, x.dtype)
    run(scale, size, [rows, *_each(n, mean, factor, shift), out])  # type: ignore[arg-type]  # as above
    kept = layout.kept
    found = (mean + rest).astype(x.dtype), spread_.astype(x.dtype)
    return out.reshape(shape), found[0].reshape(kept), found[1].reshape(kept)


def backward(
    g: Array, x: Array, weight: Array | None, mean: Array, variance: Array, layout: Layout,
    eps: float, needs: tuple[bool, ...],
) -> tuple[Array, Array, Array] | None:  # fmt: skip
    """`kernels.backward` of channels in long rows; None where that is NumPy's."""
    given = [a for a in (g, x, weight, mean, variance) if a is not None]
    if layout.shape[2] == 1 or any(a.dtype != x.dtype for a in given):
        return None
    products, combine = kernel_for(PRODUCTS, x), kernel_for(COMBINED, x)
    if products is None or combine is None:
        return None
    n, channels, places = shape = x.shape
    size, count = (n * channels, places), n * places
    rows = [np.ascontiguousarray(at_hand(a)).reshape(size) for a in (g, x)]
    (means,) = _each(n, mean.reshape(-1))
    sums = np.empty((2, n * channels), x.dtype)
    run(products, size, [*rows, means, *sums])
    total, along = np.add.reduce(sums.reshape(2, n, channels), 1, np.float64)
    scale = 1 / np.sqrt(variance.reshape(-1).astype(np.float64) + eps)
    beside = layout.beside
    of_weight = (along * scale).astype(x.dtype).reshape(beside) if needs[1] else None
    of_bias = total.astype(x.dtype).reshape(beside) if needs[2] else None
    if not needs[0]:
        return None, of_weight, of_bias
    factor = scale if weight is None else scale * at_hand(weight).reshape(-1)
    numbers = [factor, factor * scale * scale * along / -count, factor * total / -count]
    slope = np.empty(size, x.dtype)
    run(combine, size, [*rows, means, *_each(n, *[a.astype(x.dtype) for a in numbers]), slope])
    return slope.reshape(shape), of_weight, of_bias


def _each(n: int, *numbers: Array) -> Array:
    """The channels' numbers, of one dtype, for each example's rows: a row for each."""
    first = numbers[0]
    found = np.empty((len(numbers), n, first.size), first.dtype)
    for row, one in zip(found, numbers):
        row[...] = one
    return found.reshape(len(numbers), -1)


def _line(
    variance: Array, left: Array, weight: Any, bias: Any, some: slice, eps: float, dtype: Any
) -> tuple[Array, Array]:
    """By what elements less their means are multiplied, and what is added. left: what the means lack."""
    factor = 1 / np.sqrt(variance + eps)
    if weight is not None:
        factor *= weight[some]
    shift = -left * factor
    if bias is not None:
        shift += bias[some]
    return factor.astype(dtype), shift.astype(dtype)
