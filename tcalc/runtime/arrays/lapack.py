"""LAPACK on matrices of NumPy's and on stacks of them, as `numpy.linalg` has it.

The loops over stacks are NumPy's own. They are called as they are, in the precision that is given
(`numpy.linalg` works in double) and, for large stacks, in threads. What LAPACK refuses is an error
(LinAlgError) of all.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.linalg import LinAlgError
from numpy.linalg import _umath_linalg as loops

from tcalc.runtime.arrays import reflectors
from tcalc.runtime.arrays.blas import alone, spread_products
from tcalc.runtime.arrays.copies import by_columns, room_by_columns
from tcalc.runtime.base import threads
from tcalc.runtime.types.codes import COMPLEXES
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import NoReturn

    from tcalc.runtime.base.op import Array

# LAPACK makes many small products of a matrix. Between these numbers of elements BLAS's threads
# would wait for each other longer than they work; below, it uses none.
_SMALL, _LARGE = 1 << 10, 1 << 18
# From so many elements on QR is worth calls of our own in single precision, which NumPy has not.
_SINGLE = 1 << 12
# Stacks with so much work in all are shared among threads, in a few parts each.
_SHARED, _PARTS = 1 << 18, 4


def _run(loop: Any, *arrays: Array, **how: Any) -> Any:
    """What a loop gives for each matrix."""
    first = arrays[0]
    shape = first.shape
    size = shape[-2] * shape[-1]
    if len(shape) > 2 and first.size * min(shape[-2:]) >= _SHARED:
        return _in_parts(loop, arrays, how)
    if size <= _SMALL:
        return loop(*arrays, **how)
    with fitting_threads(first):
        return loop(*arrays, **how)


def fitting_threads(a: Array) -> AbstractContextManager[None]:
    """Inside, BLAS has as many threads as are good for LAPACK on such matrices: one, or its own."""
    return alone() if a.shape[-2] * a.shape[-1] <= _LARGE else nullcontext()


def _in_parts(loop: Any, arrays: tuple[Array, ...], how: dict[str, Any]) -> Any:
    stack = arrays[0].shape[:-2]
    count = numel(stack)
    flat = [a.reshape(count, *a.shape[len(stack) :]) for a in arrays]
    rooms = how.pop("out", (None,) * loop.nout)
    flat_rooms = [o if o is None else o.reshape(count, *o.shape[-2:]) for o in rooms]
    parts = min(count, _PARTS * threads.number())
    found: list[Any] = [None] * parts

    def work(i: int) -> None:
        part = slice(count * i // parts, count * (i + 1) // parts)
        outs = tuple([o if o is None else o[part] for o in flat_rooms])
        found[i] = loop(*[a[part] for a in flat], out=outs, **how)

    spread_products(work, parts)
    if loop.nout > 1:
        pieces = zip(rooms, zip(*found))
        return tuple([_joined(p, stack) if room is None else room for room, p in pieces])
    return _joined(found, stack) if rooms[0] is None else rooms[0]


def _by_columns(loop: Any, *arrays: Array) -> Any:
    """What a loop gives, the last of it a matrix of the shape and type of the last array, laid column by
    column, as LAPACK and PyTorch leave it."""
    room = room_by_columns(np, arrays[-1].shape, arrays[-1].dtype)
    return _run(loop, *arrays, out=(None,) * (loop.nout - 1) + (room,))


def _joined(pieces: Any, stack: tuple[int, ...]) -> Array:
    whole = np.concatenate(pieces)
    return whole.reshape(*stack, *whole.shape[1:])


def _refuse(kind: str, flag: int) -> NoReturn:
    raise LinAlgError("LAPACK refused a matrix")


def _strict(first: Array, loop: Any, *arrays: Array) -> None:
    """Raise LinAlgError where LAPACK refused a matrix.

    first: an element of each matrix's result. What is refused becomes nan, as nan itself does; so
    where one is seen the loop runs once more, to say which it was.
    """
    if first != first if not first.ndim else np.isnan(first).any():
        with np.errstate(call=_refuse, invalid="call"):
            loop(*arrays)


def inv(a: Array) -> Array:
    """The inverses.

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    a = np.asarray(a)
    found = _by_columns(loops.inv, a)
    if found.size:
        _strict(found[..., 0, 0], loops.inv, a)
    return found


def solve(a: Array, b: Array) -> Array:
    """The x with `a @ x = b`, for stacks of one shape.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[2.0], [2.0]]))
    array([[1. ],
           [0.5]])
    """
    a, b = np.asarray(a), np.asarray(b)
    found = _by_columns(loops.solve, a, b)
    if found.size:
        _strict(found[..., 0, 0], loops.solve, a, b)
    return found


def det(a: Array) -> Array:
    """The determinants. They are powers of e, for which single precision is not enough.

    >>> det(np.array([[2.0, 0.0], [0.0, 4.0]], "float32"))
    np.float32(8.0)
    """
    a = np.asarray(a)
    return _run(loops.det, a, signature=_double(a, "{0}->{0}")).astype(a.dtype, copy=False)


def slogdet(a: Array) -> tuple[Array, Array]:
    """The signs of the determinants and the logarithms of their sizes.

    >>> slogdet(np.array([[-1.0]]))
    (np.float64(-1.0), np.float64(0.0))
    """
    a = np.asarray(a)
    sign, size = _run(loops.slogdet, a, signature=_double(a, "{0}->{0}d"))
    return sign.astype(a.dtype, copy=False), size.astype(a.real.dtype, copy=False)


def _double(a: Array, form: str) -> str:
    return form.format("D" if a.dtype.char in COMPLEXES else "d")


def cholesky(a: Array) -> Array:
    """The lower triangles L with `a = L @ L.mH`.

    >>> cholesky(np.array([[4.0]]))
    array([[2.]])
    """
    a = np.asarray(a)
    found = _by_columns(loops.cholesky_lo, a)
    if found.size:
        _strict(found[..., 0, 0], loops.cholesky_lo, a)
    return found


def eigh(a: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """The eigenvalues and vectors of symmetric matrices, of which one triangle is read.

    >>> eigh(np.array([[4.0]]))
    (array([4.]), array([[1.]]))
    """
    a = np.asarray(a)
    loop = loops.eigh_lo if UPLO == "L" else loops.eigh_up
    values, vectors = _by_columns(loop, a)
    if values.size:
        _strict(values[..., 0], loop, a)
    return values, vectors


def eigvalsh(a: Array, UPLO: str = "L") -> Array:
    """The eigenvalues of symmetric matrices.

    >>> eigvalsh(np.array([[4.0]]))
    array([4.])
    """
    a = np.asarray(a)
    loop = loops.eigvalsh_lo if UPLO == "L" else loops.eigvalsh_up
    values = _run(loop, a)
    if values.size:
        _strict(values[..., 0], loop, a)
    return values


def eig(a: Array) -> tuple[Array, Array]:
    """The eigenvalues and vectors of square matrices, complex.

    >>> eig(np.array([[4.0]]))[0]
    array([4.+0.j])
    """
    a = _finite(a)
    values, vectors = _run(loops.eig, a)
    if values.size:
        _strict(values[..., 0], loops.eig, a)
    t = np.result_type(a.dtype, np.complex64)  # there is no loop for complex64
    return values.astype(t, copy=False), by_columns(np, vectors.astype(t, copy=False))


def eigvals(a: Array) -> Array:
    """The eigenvalues of square matrices, complex.

    >>> eigvals(np.array([[4.0]]))
    array([4.+0.j])
    """
    a = _finite(a)
    values = _run(loops.eigvals, a)
    if values.size:
        _strict(values[..., 0], loops.eigvals, a)
    return values.astype(np.result_type(a.dtype, np.complex64), copy=False)


def _finite(a: Array) -> Array:
    a = np.asarray(a)
    if not np.isfinite(a).all():
        raise LinAlgError("LAPACK may not end for inf and nan")
    return a


def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The factors u, s and vh with `a = u @ diag(s) @ vh`, or s alone.

    >>> svd(np.array([[3.0]]), compute_uv=False)
    array([3.])
    """
    a = np.asarray(a)
    loop = loops.svd if not compute_uv else loops.svd_f if full_matrices else loops.svd_s
    found = _run(loop, a)
    s = found[1] if compute_uv else found
    if s.size:
        _strict(s[..., 0], loop, a)
    return found


def _below(rows: int, columns: int) -> Array:
    """Where a matrix is below its diagonal."""
    return np.tri(rows, columns, -1, bool)


_below_small = lru_cache(maxsize=64)(_below)


def qr(a: Array, mode: str) -> Any:
    """The factors q and r ("reduced", "complete"), r alone ("r"), or LAPACK's reflectors ("raw").

    >>> qr(np.array([[2.0]]), "r")
    array([[2.]])
    """
    a = np.asarray(a)
    t = a.dtype
    if a.shape[-2] * a.shape[-1] >= _SINGLE and reflectors.known(t):
        with fitting_threads(a):
            return reflectors.qr(a, mode)
    turned = a.astype("D" if t.char in COMPLEXES else "d")  # written to
    tau = _run(loops.qr_r_raw, turned)
    if mode == "raw":
        return turned.swapaxes(-2, -1).astype(t, copy=False), tau.astype(t, copy=False)
    m, n = a.shape[-2:]
    whole = mode == "complete" and m > n
    r = turned[..., : m if whole else min(m, n), :].astype(t)
    below = _below_small if m * n <= _SMALL else _below
    np.copyto(r, 0, where=below(*r.shape[-2:]))
    if mode == "r":
        return r
    q = _run(loops.qr_complete if whole else loops.qr_reduced, turned, tau)
    return q.astype(t, copy=False), r
