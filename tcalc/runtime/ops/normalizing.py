"""Elements brought to mean 0 and variance 1 over some axes: the kernels of all such norms.

Both passes work on blocks that stay in the cache, each by whichever thread comes to it: statistics
and result together forward, the three gradients together back.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.blas import spread_products, sum_products, sum_rows
from tcalc.runtime.ops.summation import add_up

if TYPE_CHECKING:
    from collections.abc import Callable

# Blocks of about this many elements.
_BLOCK = 1 << 16
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
        return prod(self.shape[a] for a in self.over)

    @property
    def kept(self) -> tuple[int, ...]:
        """The shape of the means, with 1 for the axes that they are over."""
        return tuple(1 if a in self.over else n for a, n in enumerate(self.shape))

    @property
    def beside(self) -> tuple[int, ...]:
        """The shape of weight and bias."""
        return tuple(n if a in self.scaled else 1 for a, n in enumerate(self.shape))

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


def _part(array: Any, block: tuple[slice, ...]) -> Any:
    """An array's part that goes with a block: all of it along axes of size 1."""
    if array is None or array.shape[len(block) - 1] == 1:
        return array
    return array[block]


def _run(xp: Any, work: Callable[[int, tuple[slice, ...]], None], layout: Layout) -> None:
    blocks = layout.blocks() if xp is np else [(slice(None),) * len(layout.shape)]
    if len(blocks) > 1:
        spread_products(lambda i: work(i, blocks[i]), len(blocks))
    else:
        for i, block in enumerate(blocks):
            work(i, block)


def _sum_of_products(xp: Any, a: Any, b: Any, axes: tuple[int, ...]) -> Any:
    """The sum of a * b over axes, which stay with size 1."""
    last = a.ndim - 1
    if xp is not np or last not in axes:
        return add_up(xp, a * b, axes, True)
    rest = tuple(x for x in axes if x != last)
    total = sum_products(a, b)
    return add_up(xp, total, rest, True) if rest else total


def _sum(xp: Any, a: Any, axes: tuple[int, ...]) -> Any:
    """The sum over axes, which stay with size 1."""
    last = a.ndim - 1
    if xp is not np or last not in axes:
        return add_up(xp, a, axes, True)
    rest = tuple(x for x in axes if x != last)
    return add_up(xp, sum_rows(a), rest, True) if rest else sum_rows(a)


def forward(
    xp: Any, input: Any, weight: Any, bias: Any, layout: Layout, eps: float
) -> tuple[Any, Any, Any]:
    """The result, and the means and variances with the shape `layout.kept`.

    input: any shape with as many elements as the layout. weight, bias: likewise, or None.
    """
    x = input.reshape(layout.shape)
    weight = None if weight is None else weight.reshape(layout.beside)
    bias = None if bias is None else bias.reshape(layout.beside)
    out = xp.empty(layout.shape, input.dtype)
    mean, variance = xp.zeros(layout.kept, input.dtype), xp.zeros(layout.kept, input.dtype)
    if xp.__name__ == "meta" or not x.size:
        return out.reshape(input.shape), mean, variance
    count = layout.elements

    def work(_: int, block: tuple[slice, ...]) -> None:
        part, target = x[block], out[block]
        rest = part
        if layout.centred:
            middle = _sum(xp, part, layout.over) / count
            rest = xp.subtract(part, middle, out=target)
        spread = _sum_of_products(xp, rest, rest, layout.over) / count
        if layout.centred:
            # What rounding left of a mean far from 0 beside the spread.
            left = _sum(xp, rest, layout.over) / count
            if bool((left * left > spread * _EXACT).any()):
                xp.subtract(rest, left, out=target)
                spread, middle = spread - left * left, middle + left
            mean[block] = middle
        variance[block] = spread
        scale = 1 / xp.sqrt(spread + eps)
        w, b = _part(weight, block), _part(bias, block)
        if w is not None and layout.by_statistic:
            scale, w = scale * w, None
        xp.multiply(rest, scale, out=target)
        if w is not None:
            xp.multiply(target, w, out=target)
        if b is not None:
            xp.add(target, b, out=target)

    _run(xp, work, layout)
    return out.reshape(input.shape), mean, variance


def backward(
    xp: Any, g: Any, input: Any, weight: Any, mean: Any, variance: Any, layout: Layout, eps: float,
    needs: tuple[bool, ...],
) -> tuple[Any, Any, Any]:  # fmt: skip
    """The gradients by input, weight and bias (of the layout's shapes), as far as `needs` says."""
    shape, beside = layout.shape, layout.beside
    x, g = input.reshape(shape), g.reshape(shape)
    weight = None if weight is None else weight.reshape(beside)
    by_input, by_weight, by_bias = needs
    slope = xp.empty(shape, input.dtype) if by_input else None
    if xp.__name__ == "meta" or not x.size:
        return slope, xp.zeros(beside, x.dtype), xp.zeros(beside, x.dtype)
    scale = 1 / xp.sqrt(variance + eps)
    count = layout.elements
    inner = tuple(a for a in range(len(shape)) if a not in layout.scaled)
    blocks = len(layout.blocks()) if xp is np else 1
    # Blocks along an axis of the parameters have parameters of their own; others are added up.
    apart = layout.cut in layout.scaled
    sums: list[Any] = [None] * blocks
    of_weight, of_bias = xp.zeros(beside, x.dtype), xp.zeros(beside, x.dtype)

    def work(i: int, block: tuple[slice, ...]) -> None:
        part, given = x[block], g[block]
        factor, w = _part(scale, block), _part(weight, block)
        rest = part - _part(mean, block) if layout.centred else part
        if layout.by_statistic:
            along = _sum_of_products(xp, given, rest, layout.over)
            total = _sum(xp, given, layout.over)
            found = along * factor, total
            rest_of = tuple(a for a in inner if a not in layout.over)
            if rest_of:
                found = add_up(xp, found[0], rest_of, True), add_up(xp, found[1], rest_of, True)
            own = factor if w is None else factor * w
            along = along * own * factor * factor
            total = total * own
            weighted = given
        else:
            found = None, None
            if by_weight:
                products = given * rest
                products *= factor
                found = add_up(xp, products, inner, True), None
            if by_bias:
                found = found[0], add_up(xp, given, inner, True)
            weighted = given if w is None else given * w
            own = factor
            along = _sum_of_products(xp, weighted, rest, layout.over) * factor**3
            total = _sum(xp, weighted, layout.over) * factor
        if apart:
            if by_weight:
                of_weight[block] = found[0]
            if by_bias:
                of_bias[block] = found[1]
        else:
            sums[i] = found
        if slope is None:
            return
        target = slope[block]
        xp.multiply(weighted, own, out=target)
        if rest is part:
            rest = rest * (along * (-1 / count))
        else:
            xp.multiply(rest, along * (-1 / count), out=rest)
        xp.add(target, rest, out=target)
        if layout.centred:
            xp.subtract(target, total / count, out=target)

    _run(xp, work, layout)
    if not apart:
        for one, other in sums:
            if by_weight:
                of_weight += one
            if by_bias:
                of_bias += other
    return slope, of_weight, of_bias
