"""QR in single precision, for which NumPy has no loops: by the LAPACK that NumPy is linked with."""

from __future__ import annotations

from ctypes import byref, c_int64, c_void_p
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.blas import routine_of_numpys, spread_products
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# What factors a matrix, and what multiplies its reflectors out, by type.
_NAMES = {np.dtype(np.float32): ("sgeqrf", "sorgqr"), np.dtype(np.complex64): ("cgeqrf", "cungqr")}
# LAPACK works on about as many columns at a time, and wants room for as many.
_PANEL = 64


@cache
def _routines(dtype: np.dtype[Any]) -> tuple[Any, Any] | None:
    names = _NAMES.get(dtype)
    found = [] if names is None else [f for f in map(routine_of_numpys, names) if f is not None]
    return (found[0], found[1]) if len(found) == 2 else None


def known(dtype: np.dtype[Any]) -> bool:
    """Whether there are routines for a type."""
    return _routines(dtype) is not None


def _call(routine: Any, sizes: tuple[int, ...], columns: Array, tau: Array) -> None:
    """Let a routine work on a matrix that lies in memory column by column."""
    room = np.empty(_PANEL * max(1, *columns.shape), columns.dtype)
    pointers = [c_void_p(t.ctypes.data) for t in (columns, tau, room)]
    *given, lead, much, info = map(c_int64, (*sizes, max(1, columns.shape[1]), room.size, 0))
    routine(*map(byref, given), pointers[0], byref(lead), pointers[1], pointers[2], byref(much),
            byref(info))  # fmt: skip


def qr(a: Array, mode: str) -> Any:
    """What `lapack.qr` gives, for matrices of a type that is known.

    >>> qr(np.array([[2.0]], np.float32), "r")
    array([[2.]], dtype=float32)
    """
    routines = _routines(a.dtype)
    assert routines is not None
    *stack, m, n = a.shape
    few = min(m, n)
    wide = m if mode == "complete" else few
    count = numel(stack)
    matrices = a.reshape(count, m, n)
    factored = np.empty((count, n, m), a.dtype)  # each column by column
    tau = np.empty((count, few), a.dtype)
    q = np.empty((count, wide, m), a.dtype)

    def work(i: int) -> None:
        factored[i] = matrices[i].T
        _call(routines[0], (m, n), factored[i], tau[i])
        if mode not in ("r", "raw"):
            q[i, :few] = factored[i, :few]
            _call(routines[1], (m, wide, few), q[i], tau[i])

    spread_products(work, count)
    turned = factored.reshape(*stack, n, m)
    if mode == "raw":
        return turned, tau.reshape(*stack, few)
    r = np.triu(turned.swapaxes(-2, -1)[..., :wide, :])
    if mode == "r":
        return r
    return np.ascontiguousarray(q.reshape(*stack, wide, m).swapaxes(-2, -1)), r
