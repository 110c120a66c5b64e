"""What goes beyond calling BLAS: its products in threads of our own, sums as products, LAPACK's swaps.

While our threads multiply, each product of BLAS has one thread: two at once that each want all of
them wait for one another.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from tcalc.runtime.base.threads import number, spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import CDLL
    from types import ModuleType

    import numpy as np

    from tcalc.runtime.base.op import Array

    _Controls = tuple[Callable[[int], None], Callable[[], int]]

# Sums as products are taken in pieces of this many, so that the error stays small.
_PIECE = 8192
# How OpenBLAS calls `set_num_threads` and `get_num_threads`, as it was built.
_SPELLINGS = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")


# The extensions that are linked with an OpenBLAS each; SciPy's is there once it is used.
_NUMPYS, _SCIPYS = "numpy._core._multiarray_umath", "scipy.linalg._fblas"


@cache
def _library(extension: str = _NUMPYS) -> CDLL | None:
    """What an extension is linked with, by name; None where that cannot be loaded."""
    import ctypes
    from importlib import import_module

    try:
        return ctypes.CDLL(import_module(extension).__file__)
    except OSError:
        return None


@cache
def _controls_of(extension: str) -> _Controls | None:
    """What sets and what tells the number of threads of an OpenBLAS; None for another BLAS."""
    library = _library(extension)
    for spelling in _SPELLINGS:
        found = getattr(library, spelling.format("set_num_threads"), None)
        if found is not None:
            return found, getattr(library, spelling.format("get_num_threads"))
    return None


def _controls() -> list[_Controls]:
    """Those of all that are loaded and can be told."""
    loaded = (_NUMPYS, _SCIPYS) if _SCIPYS in sys.modules else (_NUMPYS,)
    return [found for found in map(_controls_of, loaded) if found is not None]


def limit_blas(count: int) -> None:
    """Tell each OpenBLAS how many threads to use; another BLAS goes by its own settings."""
    for limit, _ in _controls():
        limit(count)


@cache
def load_scipys() -> ModuleType:
    """SciPy's linear algebra, its BLAS told how many threads to use."""
    import scipy.linalg

    limit_blas(number())
    return scipy.linalg


class alone:
    """Inside, BLAS has one thread; the last to leave gives it back those it had. (One that was
    left to itself by an interrupt may leave late.)"""

    __slots__ = ()
    _lock = allocate_lock()
    _inside = 0
    _before: ClassVar[list[tuple[Callable[[int], None], int]]] = []

    def __enter__(self) -> None:
        controls = _controls()
        with alone._lock:
            if not alone._inside:
                alone._before = [(limit, limited()) for limit, limited in controls]
                for limit, _ in controls:
                    limit(1)
            alone._inside += 1

    def __exit__(self, *_: object) -> None:
        with alone._lock:
            alone._inside -= 1
            if not alone._inside:
                for limit, count in alone._before:
                    limit(count)


def spread_products(work: Callable[[int], object], parts: int) -> None:
    """The same as `threads.spread`, for work that multiplies matrices.

    Where BLAS cannot be told to keep to one thread, the parts run one by one with all of its.

    >>> found = []
    >>> spread_products(found.append, 3)
    >>> sorted(found)
    [0, 1, 2]
    """
    if parts < 2 or number() < 2 or not _controls():
        for i in range(parts):
            work(i)
        return
    with alone():
        spread(work, parts)


def sum_products(a: Array, b: Array) -> Array:
    """The sum of a * b along the last axis of NumPy arrays, which stays with size 1."""
    import numpy as np

    if np.iscomplexobj(a):
        a = a.conj()  # vecdot takes the conjugate of its first
    n = a.shape[-1]
    if n <= _PIECE:
        return np.vecdot(a, b)[..., None]
    total = np.vecdot(a[..., :_PIECE], b[..., :_PIECE])
    for start in range(_PIECE, n, _PIECE):
        total += np.vecdot(a[..., start : start + _PIECE], b[..., start : start + _PIECE])
    return total[..., None]


def sum_rows(a: Array) -> Array:
    """The sum along the last axis of a NumPy array of floats, which stays with size 1.

    It is a product with ones, some times faster than NumPy's pairwise sum and as exact for rows
    of a few thousand.

    >>> import numpy
    >>> sum_rows(numpy.ones((2, 3)))
    array([[3.],
           [3.]])
    """
    n = a.shape[-1]
    ones = _ones(min(n, _PIECE), a.dtype)
    if n <= _PIECE:
        return a.dot(ones) if a.ndim == 2 else a @ ones
    total = a[..., :_PIECE] @ ones
    for start in range(_PIECE, n, _PIECE):
        piece = a[..., start : start + _PIECE]
        total += piece @ ones[: piece.shape[-1]]
    return total


def sum_columns(a: Array) -> Array:
    """The sum of the few rows of a matrix of floats, as a row: `sum_rows` the other way.

    >>> import numpy
    >>> sum_columns(numpy.ones((2, 3)))
    array([[2., 2., 2.]])
    """
    return _ones(a.shape[0], a.dtype).T.dot(a)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    """A column of ones, not to be written to: making it takes longer than adding up a few."""
    import numpy as np

    ones = np.ones((n, 1), dtype)
    ones.flags.writeable = False
    return ones


def controls_of_numpys() -> _Controls | None:
    """What sets and what tells the number of threads of NumPy's OpenBLAS; None for another BLAS."""
    return _controls_of(_NUMPYS)


# How OpenBLAS calls the routines of LAPACK and the functions of CBLAS where its integers surely have 64 bits.
_ROUTINES = ("scipy_{}_64_", "{}_64_", "scipy_{}64_", "{}64_")


@cache
def routine_of_numpys(name: str) -> Any:
    """A routine of NumPy's BLAS or LAPACK with integers of 64 bits; None where it is not found."""
    library = _library()
    for spelling in _ROUTINES:
        found = getattr(library, spelling.format(name), None)
        if found is not None:
            return found
    return None


def swap_in_turn(array: Array, targets: Array) -> bool:
    """Swap the elements i and targets[i] of a new array of int64, for every i in turn.

    targets: int64, from i up to the last element. False where nothing here can do it quickly.

    >>> import numpy
    >>> order = numpy.arange(3)
    >>> not swap_in_turn(order, numpy.array([2, 1])) or order.tolist() == [2, 1, 0]
    True
    """
    swap = routine_of_numpys("dlaswp")
    if swap is None:
        return False
    from ctypes import byref, c_int64, c_void_p

    # A matrix of one column, whose elements are moved as they are, whatever type they have.
    places = targets + 1
    one, rows, count = c_int64(1), c_int64(array.size), c_int64(targets.size)
    swap(byref(one), c_void_p(array.ctypes.data), byref(rows), byref(one), byref(count),
         c_void_p(places.ctypes.data), byref(one))  # fmt: skip
    return True
