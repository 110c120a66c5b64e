"""A gradient in the shape and dtype of what it is of: broadcasting and promotion undone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.backend import module_of
from tcalc.runtime.arrays.strides import broadcast_view
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.lazy.pending import computed
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import COMPLEXES, PLAIN_INEXACT
from tcalc.runtime.types.dtypes import of

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

ndarray, generic = np.ndarray, np.generic
# A gradient is written out in a larger shape up to this size; beyond, it is shown by a view.
WRITTEN_OUT = 1 << 14


def is_smaller(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether one shape stretches to the other."""
    lead = len(wanted) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, wanted[lead:]))


def fit(g: Tensor, shape: tuple[int, ...], dtype: np.dtype) -> Tensor:
    """A gradient with broadcasting and promotion undone."""
    have = g._d.shape
    if have != shape:
        g = g.expand(shape) if is_smaller(have, shape) else g.sum_to_size(shape)
    if g._d.dtype != dtype:
        if g._d.dtype.char in COMPLEXES and dtype.char not in COMPLEXES:
            g = g.real
        g = g.to(of(dtype))
    return g


def fit_array(g: Array, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """The same for an array."""
    if interpreters.count and mode.interpreter is not None:  # which is told of ops
        return fit(wrap(g), shape, dtype)._d
    have = g.shape
    if have != shape:
        if not have and _is_numpy(g) and math.prod(shape) <= WRITTEN_OUT:
            stretched = np.empty(shape, g.dtype)
            stretched.fill(g)
            g = stretched
        elif not is_smaller(have, shape):
            g = _summed_to(g, shape)
        elif math.prod(shape) <= WRITTEN_OUT:
            stretched = module_of(g).empty(shape, g.dtype)
            stretched[...] = g
            g = stretched
        else:
            g = broadcast_view(np.asarray(g) if isinstance(g, np.generic) else g, shape)
    if g.dtype != dtype:
        if g.dtype.char in COMPLEXES and dtype.char not in COMPLEXES:
            g = g.real
        g = g.astype(dtype)
    return g


def _is_numpy(array: Array) -> bool:
    return type(array) is ndarray or isinstance(array, generic)


def _summed_to(g: Array, shape: tuple[int, ...]) -> Array:
    g = computed(g)
    lead = g.ndim - len(shape)
    if g.shape[lead:] == shape and type(g) is ndarray and g.dtype.char in PLAIN_INEXACT:
        return add_up(np, g, tuple(range(lead)))
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i]))
    half = g.dtype.char not in PLAIN_INEXACT
    total = add_up(module_of(g), g.astype(np.float32) if half else g, axes)
    return total.reshape(shape).astype(g.dtype, copy=False)
