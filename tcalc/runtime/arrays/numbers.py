"""Numbers beside arrays, and elements kept between two of them, in the form that NumPy does soonest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy._core import umath

from tcalc.runtime.types.codes import FLOATS

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
INF = float("inf")
# `np.clip` is Python around it. Unlike `maximum` and `minimum` it has vector loops for numbers.
clip: np.ufunc = umath.clip  # type: ignore[attr-defined]


@lru_cache(256)
def _constant(value: float, dtype: np.dtype) -> Array:
    return np.asarray(value, dtype)


def number(value: float, array: Array) -> Any:
    """A constant that is not -0.0, to be computed with an array: converted to its dtype once for all
    calls."""
    return _constant(value, array.dtype) if type(array) is ndarray else value


def at_least(xp: ModuleType, array: Array, least: Any) -> Array:
    """The elements of an array, none below a number."""
    if xp.ndarray is ndarray and array.dtype.char in FLOATS:
        return clip(array, least, number(INF, array))
    return xp.maximum(array, least)


def at_most(xp: ModuleType, array: Array, most: Any) -> Array:
    """The elements of an array, none above a number."""
    if xp.ndarray is ndarray and array.dtype.char in FLOATS:
        return clip(array, number(-INF, array), most)
    return xp.minimum(array, most)


def between(xp: ModuleType, array: Array, least: Any, most: Any) -> Array:
    """The elements of an array, none below a number, then none above another."""
    return (clip if xp.ndarray is ndarray else xp.clip)(array, least, most)
