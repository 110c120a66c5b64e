"""Elements brought to mean 0 and variance 1 over some axes: the kernels of all such norms.

Both passes work on blocks that stay in the cache, each by whichever thread comes to it: statistics
and result together forward, the three gradients together back.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.arrays.blas import spread_products, sum_products, sum_rows
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.nn.normalization import by_channels, by_rows, few

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# Blocks of about this many elements.
_BLOCK = 1 << 17
# Means whose squares are below this part of the variance count as near to 0.
_NEAR = 16
# Rows shorter than this are not added up by BLAS.
_SHORT = 16
# The square of a mean may be this part of the variance to count as 0.
_EXACT = 1e-13


class Layout(NamedTuple):
    """How an input is seen by a norm.

    shape: of the input, reshaped. over: the axes with one mean and variance. scaled: the axes that
    the weight and the bias go along. cut: the axis along which blocks are taken, not one of `over`.
    centred: whether the mean is taken away.
    """

    shape: tuple[int, ...]
    over: tuple[int, ...]
    scaled: tuple[int, ...]
    cut: int
    centred: bool = True

    @property
    def elements(self) -> int:
        """How many elements a mean is of."""
        return _elements(self)

    @property
    def kept(self) -> tuple[int, ...]:
        """The shape of the means, with 1 for the axes that they are over."""
        return _kept(self)

    @property
    def beside(self) -> tuple[int, ...]:
        """The shape of weight and bias."""
        return _beside(self)

    @property
    def by_statistic(self) -> bool:
        """Whether elements with one mean have one weight too."""
        return not set(self.over) & set(self.scaled)

    def blocks(self) -> list[tuple[slice, ...]]:
        """The slices of blocks of about _BLOCK elements."""
        n = self.shape[self.cut]
        step = max(1, _BLOCK * n // max(1, prod(self.shape)))
        lead = (slice(None),) * self.cut
        return [(*lead, slice(i, i + step)) for i in range(0, n, step)]


# They are asked for at each call, of a few layouts.
@lru_cache(256)
def _elements(layout: Layout) -> int:
    return prod([layout.shape[a] for a in layout.over])


@lru_cache(256)
def _kept(layout: Layout) -> tuple[int, ...]:
    return tuple([1 if a in layout.over else n for a, n in enumerate(layout.shape)])


@lru_cache(256)
def _beside(layout: Layout) -> tuple[int, ...]:
    return tuple([n if a in layout.scaled else 1 for a, n in enumerate(layout.shape)])


def _is_few(xp: ModuleType, x: Array) -> bool:
    """Whether NumPy's elements are those of one block, so that passes cost little beside calls."""
    return xp is np and 0 < x.size <= _BLOCK


def _part(array: Array, block: tuple[slice, ...]) -> Array:
    """An array's part that goes with a block: all of it along axes of size 1."""
    if array is None or array.shape[len(block) - 1] == 1:
        return array
    return array[block]


def _run(xp: ModuleType, work: Callable[[int, tuple[slice, ...]], None], layout: Layout) -> None:
    blocks = layout.blocks() if xp is np else [(slice(None),) * len(layout.shape)]
    if len(blocks) > 1:
        spread_products(lambda i: work(i, blocks[i]), len(blocks))
    else:
        for i, block in enumerate(blocks):
            work(i, block)


def _by_rows(xp: ModuleType, array: Array, axes: tuple[int, ...]) -> bool:
    """Whether sums over axes are best begun as products of long rows."""
    last = array.ndim - 1
    return xp is np and last in axes and array.shape[last] >= _SHORT


def _sum_of_products(xp: ModuleType, a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """The sum of a * b over axes, which stay with size 1."""
    if not _by_rows(xp, a, axes):
        return add_up(xp, a * b, axes, True)
    total = sum_products(a, b)
    return total if len(axes) == 1 else add_up(xp, total, axes[:-1], True)


def _sum(xp: ModuleType, a: Array, axes: tuple[int, ...]) -> Array:
    """The sum over axes, which stay with size 1."""
    if not _by_rows(xp, a, axes):
        return add_up(xp, a, axes, True)
    total = sum_rows(a)
    return total if len(axes) == 1 else add_up(xp, total, axes[:-1], True)


def _times(xp: ModuleType, column: Array, row: Array, other: Array = None) -> Array:
    """column * row + other, of (n, 1) and twice (1, m) by BLAS; None for a row of ones, of zeros."""
    some = row if other is None else other
    if xp is not np or some is None or some.ndim != 2:
        found = column if row is None else column * row
        return found if other is None else found + other
    # Two terms even where one is 0: NumPy has no fast way for one.
    pair = np.empty((column.shape[0], 2), column.dtype)
    pair[:, :1], pair[:, 1] = column, 1
    rows = np.empty((2, some.shape[1]), some.dtype)
    rows[0], rows[1] = 1 if row is None else row, 0 if other is None else other
    return pair @ rows


def _is_near(mean: Array, variance: Array) -> bool:
    """Whether means are so near to 0 that elements need not be brought there first."""
    return bool((mean * mean <= _NEAR * variance).all())


def forward(
    xp: ModuleType, input: Array, weight: Array, bias: Array, layout: Layout, eps: float
) -> tuple[Array, Array, Array]:
    """The result, and the means and variances with the shape `layout.kept`.

    input: any shape with as many elements as the layout. weight, bias: likewise, or None.
    """
    shape = layout.shape
    x = input.reshape(shape)
    if weight is not None or bias is not None:
        beside = layout.beside
        weight = None if weight is None else weight.reshape(beside)
        bias = None if bias is None else bias.reshape(beside)
    if xp is np and by_rows.suits(x, layout):
        found = by_rows.forward(x, weight, bias, layout, eps)
        if found is not None:
            return found[0].reshape(input.shape), *found[1:]
    if xp is np:
        found = by_channels.columns(x, weight, bias, layout, eps)
        if found is not None:
            return found[0].reshape(input.shape), *found[1:]
    if xp is np and by_channels.suits(x, layout):
        found = by_channels.forward(x, weight, bias, layout, eps)
        if found is not None:
            return found[0].reshape(input.shape), *found[1:]
    if xp is np and by_rows.suits_whole(x, layout) and (weight is bias is None or x.size <= _BLOCK):
        found = by_rows.forward(x.reshape(-1, layout.elements), None, None, layout, eps)
        if found is not None:
            out, *rest = found
            out = out.reshape(shape)
            if weight is not None:
                np.multiply(out, weight, out)
            if bias is not None:
                np.add(out, bias, out)
            return out.reshape(input.shape), *rest
    if _is_few(xp, x):
        out, *rest = few.forward(x, weight, bias, layout, eps)
        return out.reshape(input.shape), *rest
    out = xp.empty(shape, input.dtype)
    means, variances = xp.zeros(layout.kept, input.dtype), xp.zeros(layout.kept, input.dtype)
    if not has_elements(x):
        return out.reshape(input.shape), means, variances
    count, over = layout.elements, layout.over

    def work(_: int, block: tuple[slice, ...]) -> None:
        part, target = x[block], out[block]
        rest, shift = part, None
        variance = _sum_of_products(xp, part, part, over) / count
        if layout.centred:
            mean = _sum(xp, part, over) / count
            variance = variance - mean * mean
            near = _is_near(mean, variance)
            if not near:
                rest, mean, variance = _centred(xp, part, mean, target, layout)
            means[block] = mean
        variances[block] = variance
        scale = 1 / xp.sqrt(variance + eps)
        w, b = _part(weight, block), _part(bias, block)
        if layout.centred and near:
            shift = mean * -scale
        xp.multiply(rest, _times(xp, scale, w), out=target)
        if shift is not None:
            xp.add(target, _times(xp, shift, w, b), out=target)
        elif b is not None:
            xp.add(target, b, out=target)

    _run(xp, work, layout)
    return out.reshape(input.shape), means, variances


def _centred(
    xp: ModuleType, part: Array, mean: Array, target: Array, layout: Layout
) -> tuple[Array, Array, Array]:
    """The elements less their mean, written to `target`; the mean and the variance, exactly."""
    count, over = layout.elements, layout.over
    rest = xp.subtract(part, mean, out=target)
    variance = _sum_of_products(xp, rest, rest, over) / count
    # What rounding left of a mean far from 0 beside the spread.
    left = _sum(xp, rest, over) / count
    if bool((left * left > variance * _EXACT).any()):
        xp.subtract(rest, left, out=target)
        variance, mean = variance - left * left, mean + left
    return target, mean, variance


def backward(
    xp: ModuleType, g: Array, input: Array, weight: Array, mean: Array, variance: Array,
    layout: Layout, eps: float, needs: tuple[bool, ...],
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The gradients by input, weight and bias (of the layout's shapes), as far as `needs` says.

    mean, variance: as many as the layout keeps.

    With r = 1 / sqrt(variance + eps) and the element x less its mean, that by the input is
    r g w - r³ x mean(g w x) - r mean(g w): g, x and 1, each times a number of its row.
    """
    shape, beside = layout.shape, layout.beside
    kept = layout.kept
    x, g, mean, variance = (
        input.reshape(shape), g.reshape(shape), mean.reshape(kept), variance.reshape(kept)
    )  # fmt: skip
    if weight is not None:
        weight = weight.reshape(beside)
    if xp is np and by_rows.suits(x, layout):
        found = by_rows.backward(g, x, weight, mean, variance, layout, eps, needs)
        if found is not None:
            return found
    if xp is np and by_channels.suits(x, layout):
        found = by_channels.backward(g, x, weight, mean, variance, layout, eps, needs)
        if found is not None:
            return found
    if _is_few(xp, x):
        return few.backward(g, x, weight, mean, variance, layout, eps, needs)
    slope = xp.empty(shape, input.dtype) if needs[0] else None
    of_weight, of_bias = xp.zeros(beside, x.dtype), xp.zeros(beside, x.dtype)
    if not has_elements(x):
        return slope, of_weight if needs[1] else None, of_bias if needs[2] else None
    scale = 1 / xp.sqrt(variance + eps)
    over, count = layout.over, layout.elements
    wide = layout.scaled == over
    last = (len(shape) - 1,)
    inner = tuple(a for a in range(len(shape)) if a not in layout.scaled)
    # Blocks along an axis of the parameters have parameters of their own; others are added up.
    apart = layout.cut in layout.scaled
    sums: list[Any] = [None] * (len(layout.blocks()) if xp is np else 1)

    def work(i: int, block: tuple[slice, ...]) -> None:
        rest, given = x[block], g[block]
        r, w, m = _part(scale, block), _part(weight, block), _part(mean, block)
        if layout.centred and not _is_near(m, _part(variance, block)):
            rest, m = rest - m, m * 0
        if wide:
            products = given * rest
            found = (r.T @ products - (m * r).T @ given if needs[1] else None,
                     _ones(xp, r).T @ given if needs[2] else None)  # fmt: skip
            row = _ones(xp, given[:1]) if w is None else w
            along, total = products @ row.T, given @ row.T
        else:
            along, total = _sum_of_products(xp, given, rest, last), _sum(xp, given, last)
            along = along - total * m
            found = (add_up(xp, along * r, inner, True), add_up(xp, total, inner, True))
            if w is not None:
                along, total = along * w, total * w
            if over != last:
                along, total = (
                    add_up(xp, along, over[:-1], True),
                    add_up(xp, total, over[:-1], True),
                )
        if apart:
            of_weight[block], of_bias[block] = found
        else:
            sums[i] = found
        if slope is None:
            return
        if wide:
            along = along - total * m
        by_rest = along * r**3 * (-1 / count)
        target = slope[block]
        xp.multiply(given, _times(xp, r, w), out=target)
        others = rest * by_rest
        if layout.centred:
            others += total * r * (-1 / count) - by_rest * m
        xp.add(target, others, out=target)

    _run(xp, work, layout)
    if not apart:
        for one, other in sums:
            if one is not None:
                of_weight += one
            if other is not None:
                of_bias += other
    return slope, of_weight if needs[1] else None, of_bias if needs[2] else None


def _ones(xp: ModuleType, like: Array) -> Array:
    return xp.ones(like.shape, like.dtype)
