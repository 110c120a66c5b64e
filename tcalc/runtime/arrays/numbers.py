"""Numbers beside arrays, and elements kept between two of them, in the form that NumPy does soonest.

NumPy is loaded when there is an array: ops on plain numbers do without it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.types.codes import FLOATS, SINGLES

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np

    from tcalc.runtime.base.op import Array

INF = float("inf")


@cache
def _numpy() -> tuple[Any, Any]:
    import numpy as np

    from tcalc.runtime.arrays.clipping import clip

    return np.ndarray, clip


@lru_cache(256)
def constant(value: float, dtype: np.dtype) -> Array:
    """A number but -0.0 as an array of a dtype. Raises OverflowError where an integer does not fit."""
    import numpy as np

    made = np.asarray(value, dtype)
    made.flags.writeable = False
    return made


def number(value: float, array: Array) -> Any:
    """A constant that is not -0.0, to be computed with an array: converted to its dtype once for all
    calls."""
    return constant(value, array.dtype) if type(array) is _numpy()[0] else value


def is_number(value: Any) -> bool:
    """Whether something is NumPy's array of one number, which can be looked at."""
    return type(value) is _numpy()[0] and not value.ndim


def at_least(xp: ModuleType, array: Array, least: Any) -> Array:
    """The elements of an array, none below a number."""
    ndarray, clip = _numpy()
    if xp.ndarray is ndarray and array.dtype.char in FLOATS:
        return clip(array, least, number(INF, array))
    return xp.maximum(array, least)


def at_most(xp: ModuleType, array: Array, most: Any) -> Array:
    """The elements of an array, none above a number."""
    ndarray, clip = _numpy()
    if xp.ndarray is ndarray and array.dtype.char in FLOATS:
        return clip(array, number(-INF, array), most)
    return xp.minimum(array, most)


def between(xp: ModuleType, array: Array, least: Any, most: Any) -> Array:
    """The elements of an array, none below a number, then none above another."""
    ndarray, clip = _numpy()
    return (clip if xp.ndarray is ndarray else xp.clip)(array, least, most)


def product(xp: ModuleType, a: Any, b: Any) -> Any:
    """a * b, of float32 on the CPU in double, which holds it exactly: what it is added to is rounded
    once then, as processors and PyTorch do it.

    b: an array of the same dtype, or a number.
    """
    char = a.dtype.char if hasattr(a, "dtype") else ""
    if not char or char not in SINGLES or xp.ndarray is not _numpy()[0]:
        # Not by `*`: NumPy multiplies complex scalars in another way than arrays.
        return xp.multiply(a, b) if char else a * b
    if isinstance(b, Symbol):
        b = b.as_array(a.dtype)
    return a.astype(xp.float64) * (b if hasattr(b, "dtype") else a.dtype.type(b))


def as_single(found: Array, beside: Array) -> Array:
    """A sum that was computed in double, as float32 where what it is the sum of is."""
    single = beside.dtype.char in SINGLES and found.dtype.char not in SINGLES
    return found.astype(beside.dtype) if single else found


def plus_product(xp: ModuleType, base: Array, a: Array, b: Any) -> Array:
    """base + a * b, rounded once (see `product`)."""
    return as_single(base + product(xp, a, b), base)
