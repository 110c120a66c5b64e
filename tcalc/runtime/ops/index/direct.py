"""Indices that mean to NumPy what they mean to PyTorch: taken as they are, without a look at each part.

What they do not fit is told in our own words by the full path, which takes an index apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import module_of
from tcalc.runtime.base import memory
from tcalc.runtime.ops.index.picking import is_within, slices, under
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import BOOLS, codes
from tcalc.runtime.types.dtypes import bool_, int64
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.ops.index.parsing import BasicIndex, Picks

_WHOLE = slice(None)
_LONG = int64.codes
_LONG_OR_MASK = codes(int64, bool_)


def plain_index(index: Any) -> BasicIndex | None:
    """NumPy's index for what shows a view, with `...` in it; None for anything else or unclear."""
    kind = type(index)
    if kind is int or index is None:
        return index, ...
    if kind is slice:
        return (index, ...) if _is_plain_slice(index) else None
    if kind is tuple:
        dots = 0
        for item in index:
            kind = type(item)
            if kind is int or item is None or (kind is slice and _is_plain_slice(item)):
                continue
            if item is not Ellipsis:
                return None
            dots += 1
        if not dots:
            return (*index, ...)
        return index if dots == 1 else None
    return (...,) if index is Ellipsis else None


def _is_plain_slice(item: slice) -> bool:
    step = item.step
    return (
        (step is None or (type(step) is int and step > 0))
        and (item.start is None or type(item.start) is int)
        and (item.stop is None or type(item.stop) is int)
    )


def direct_index(tensor: Tensor, index: object) -> Array | tuple[Array | slice, ...] | None:
    """NumPy's index for int64 tensors (with slices beside them), one mask or a list of ints; None for
    anything else."""
    home = type(tensor._a)
    if type(index) is Tensor:
        picked = index._a
        char = picked.dtype.char
        return picked if char in _LONG_OR_MASK and picked.ndim and type(picked) is home else None
    if isinstance(index, tuple):
        parts: list[Any] = []
        seen = False
        for item in index:
            if type(item) is Tensor:
                seen = True
                item = item._a
                if item.dtype.char not in _LONG or not item.ndim or type(item) is not home:
                    return None
            elif type(item) is not slice or not _is_plain_slice(item):
                return None
            parts.append(item)
        return tuple(parts) if seen else None
    if isinstance(index, list) and home is np.ndarray and set(map(type, index)) == {int}:
        return np.array(index)
    return None


def picked_by(a: Array, picked: Any) -> Array | None:
    """What NumPy picks by a direct index, or None where it refuses."""
    if not a.ndim:
        return None
    try:
        if type(picked) is tuple:
            return _by_parts(a, picked)
        mask = picked.dtype.char in BOOLS
        if a.nbytes * picked.size >= memory.SMALL:
            memory.check(a.nbytes if mask else a.nbytes // max(len(a), 1) * picked.size)
        if not mask:
            return slices(a, 0, picked)
        if picked.shape != a.shape[: picked.ndim]:
            return None  # NumPy takes one of no elements for anything
        if picked.shape == a.shape:
            return under(a, picked)
        if type(a) is np.ndarray and picked.shape == a.shape[:1]:
            return a.compress(picked, 0)  # faster than brackets
        return a[picked]
    except (IndexError, OverflowError):
        return None  # told in our own words by the full path


def _by_parts(a: Array, parts: tuple[Array | slice, ...]) -> Array | None:
    """What slices and index arrays pick; None where the full path looks first at what is needed."""
    most = a.itemsize
    given = None
    at = 0
    alone = True  # one index array beside whole dims
    for dim, part in enumerate(parts):
        if type(part) is slice:
            most *= a.shape[dim]
            alone = alone and part == _WHOLE
        else:
            if given is None or part.shape != given.shape:
                most *= part.size
            alone = alone and given is None
            given, at = part, dim
    if most * numel(a.shape[len(parts) :]) >= memory.SMALL:
        return None
    return slices(a, at, given) if alone else module_of(a).ascontiguousarray(a[parts])


def picks_of(a: Array, parts: tuple[Array | slice, ...]) -> Picks | None:
    """Copies of index arrays in range and of one shape, beside whole dims; None for anything else."""
    picks: list[Array | None] = []
    given = None
    for n, part in zip(a.shape, parts):
        if type(part) is slice and part == _WHOLE:
            picks.append(None)
        elif type(part) is np.ndarray and part.dtype.char in _LONG and is_within(part, n):
            if given is not None and part.shape != given.shape:
                return None
            given = part.copy()
            picks.append(given)
        else:
            return None
    return tuple(picks) if len(parts) <= a.ndim and given is not None else None
