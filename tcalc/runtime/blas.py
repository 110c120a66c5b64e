"""Matrix products in threads of our own: while they run, each product of BLAS has one thread.

Two products at once that each want all of BLAS's threads wait for one another.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tcalc.runtime.threads import number, spread

if TYPE_CHECKING:
    from collections.abc import Callable

# How OpenBLAS calls `set_num_threads` and `get_num_threads`, as it was built.
_SPELLINGS = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")


@cache
def _controls() -> tuple[Any, Any] | None:
    """What sets and what tells the number of threads of NumPy's OpenBLAS; None for another BLAS."""
    import ctypes
    from importlib import import_module

    extension = import_module("numpy._core._multiarray_umath").__file__
    try:
        library = ctypes.CDLL(extension)  # knows the names of what it is linked with, too
    except OSError:
        return None
    for spelling in _SPELLINGS:
        found = getattr(library, spelling.format("set_num_threads"), None)
        if found is not None:
            return found, getattr(library, spelling.format("get_num_threads"))
    return None


def spread_products(work: Callable[[int], object], parts: int) -> None:
    """The same as `threads.spread`, for work that multiplies matrices.

    Where BLAS cannot be told to keep to one thread, the parts run one by one with all of its.

    >>> found = []
    >>> spread_products(found.append, 3)
    >>> sorted(found)
    [0, 1, 2]
    """
    controls = _controls() if parts > 1 and number() > 1 else None
    if controls is None:
        for i in range(parts):
            work(i)
        return
    limit, limited = controls
    before = limited()
    limit(1)
    try:
        spread(work, parts)
    finally:
        limit(before)
