"""Norms of few elements, on NumPy arrays: one block, in few calls.

The mean is taken away twice, so that what rounding left of one far from 0 is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.blas import sum_columns, sum_rows
from tcalc.runtime.lazy.summation import add_up

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.ops.nn.normalization.kernels import Layout

# Up to this many rows are added up in one go.
_DEEP = 128


def _total(a: Array, axes: tuple[int, ...]) -> Array:
    """The sum over axes, which stay with size 1."""
    shape = a.shape
    last = len(shape) - 1
    if axes == (last,):
        return sum_rows(a)
    if axes == (last - 1, last):
        return sum_rows(a.reshape(*shape[:-2], -1))[..., None]
    if shape[0] <= _DEEP and (axes == (0,) or (axes == (0, 2) and shape[2] == 1)):
        return sum_columns(a.reshape(shape[:2])).reshape(1, *shape[1:])
    return add_up(np, a, axes, True)


def forward(
    x: Array, weight: Array | None, bias: Array | None, layout: Layout, eps: float
) -> tuple[Array, Array, Array]:
    """`kernels.forward` of an input, a weight and a bias of the layout's shapes."""
    over, dtype = layout.over, x.dtype
    # Numbers of Python take longer beside an array than arrays of one element.
    count = np.array(layout.elements, dtype)
    if layout.centred:
        mean = _total(x, over)
        np.divide(mean, count, mean)
        rest = x - mean
        left = _total(rest, over)
        np.divide(left, count, left)
        np.subtract(rest, left, rest)
        np.add(mean, left, mean)
    else:
        mean, rest = np.zeros(layout.kept, dtype), x
    out = rest * rest
    variance = _total(out, over)
    np.divide(variance, count, variance)
    np.multiply(rest, _scale(variance, eps), out)
    if weight is not None:
        np.multiply(out, weight, out)
    if bias is not None:
        np.add(out, bias, out)
    return out, mean, variance


def _scale(variance: Array, eps: float) -> Array:
    scale = variance + np.array(eps, variance.dtype)
    np.sqrt(scale, scale)
    return np.reciprocal(scale, scale)


def backward(
    g: Array, x: Array, weight: Array | None, mean: Array, variance: Array, layout: Layout,
    eps: float, needs: tuple[bool, ...],
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """`kernels.backward` of arrays of the layout's shapes.

    With c = x - mean, the gradient by x is r (g w - mean(g w) - c r² mean(g w c)).
    """
    over, scaled = layout.over, layout.scaled
    scale = _scale(variance, eps)
    rest = x - mean if layout.centred else x
    products = g * rest
    slope = of_weight = of_bias = None
    if needs[1] or needs[2]:
        inner = tuple([a for a in range(len(layout.shape)) if a not in scaled])
        if needs[1]:
            of_weight = _total(products * scale, inner)
        if needs[2]:
            of_bias = _total(g, inner)
    if needs[0]:
        count = np.array(layout.elements, x.dtype)
        slope = g
        if weight is not None:
            slope = g * weight
            np.multiply(products, weight, products)
        along = _total(products, over)
        np.divide(along, count, along)
        np.multiply(along, scale * scale, along)
        np.multiply(rest, along, products)
        slope = np.subtract(slope, products, products)
        if layout.centred:
            # `rest` has a mean of 0, so this takes away what rounding left as well.
            mean = _total(slope, over)
            np.divide(mean, count, mean)
            np.subtract(slope, mean, slope)
        np.multiply(slope, scale, slope)
    return slope, of_weight, of_bias
