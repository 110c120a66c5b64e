"""Fourier transforms of arrays over several dims at once, in the precision that is given.

Those of NumPy's arrays are SciPy's, which takes several lines in a step, and real numbers as such.
Sizes are those of the transforms: what is shorter is filled up with zeros, what is longer cut off.
scale: what the sums are divided by (0: nothing, 1: the root of their number of terms, 2: that
number). Results lie in memory as PyTorch lays them out: the transformed dims are the inner ones.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

    Numbers = tuple[int, ...]

# NumPy's names for what the sums are divided by, which turn with the direction.
_FORWARD = ("backward", "ortho", "forward")
_INVERSE = ("forward", "ortho", "backward")
# SciPy's own, from 1.18 on and before: they are called alike.
_LIBRARIES = (("_duccfft", "pyduccfft"), ("_pocketfft", "pypocketfft"))
# Transforms of fewer elements than this are over before a thread wakes up.
_SHARED = 1 << 17
# Transforms of so many elements are made in groups of half as many: Ctrl-C comes in between.
_LONG = 1 << 21
# From so many real numbers on, half of a spectrum is worth a second step.
_HALVED = 1 << 12


@cache
def _library() -> Any:
    """SciPy's transforms, alone: what else `scipy.fft` loads takes ten times as long. None where
    they are not found, and NumPy's do the work."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    import scipy

    for folder, name in _LIBRARIES:
        spec = PathFinder.find_spec(name, [f"{scipy.__path__[0]}/fft/{folder}"])
        if spec is not None and spec.loader is not None:
            found = module_from_spec(spec)
            spec.loader.exec_module(found)
            return found
    return None


def _fitted(array: Array, sizes: Numbers, dims: Numbers) -> Array:
    """An array with these sizes in these dims."""
    shape = array.shape
    for n, d in zip(sizes, dims):
        if shape[d] != n:
            break
    else:
        return array
    wanted = list(shape)
    for n, d in zip(sizes, dims):
        wanted[d] = n
    part = array[tuple([slice(min(n, m)) for n, m in zip(shape, wanted)])]
    if part.shape == tuple(wanted):
        return part
    whole = np.zeros(wanted, array.dtype)
    whole[tuple(map(slice, part.shape))] = part
    return whole


def _memory(array: Array, dims: Numbers, last: int, dtype: Any, in_order: bool) -> Any:
    """Where the result goes, of which the last of the dims has size `last`; None for memory in the
    order of the dims.

    in_order: whether the transformed dims are laid out in the order they are given in, not in
    that of the array's memory.
    """
    ndim = array.ndim
    plain = array.flags.c_contiguous and dims == _ends(ndim, len(dims))
    if plain and array.size < _LONG:
        return None
    strides = array.strides
    order = sorted([d for d in range(ndim) if d not in dims], key=lambda d: -strides[d])
    order += dims if in_order else sorted(dims, key=lambda d: -strides[d])
    shape = [last if d == dims[-1] else array.shape[d] for d in order]
    return np.empty(shape, dtype).transpose(sorted(range(ndim), key=order.__getitem__))


def _run(
    transform: Callable[..., Array],
    array: Array,
    dims: Numbers,
    settings: Numbers,
    out: Array | None,
) -> Array:
    """Call a transform of the library's: of much, group by group along the longest other dim."""
    workers = 1 if array.size < _SHARED else threads.number()
    if out is None or array.size < _LONG or len(dims) == array.ndim:
        return transform(array, dims, *settings, out, workers)
    at = max([d for d in range(array.ndim) if d not in dims], key=array.shape.__getitem__)
    count = array.shape[at]
    step = max(1, _LONG // 2 * count // array.size)
    for start in range(0, count, step):
        group = (*(slice(None),) * at, slice(start, start + step))
        transform(array[group], dims, *settings, out[group], workers)
    return out


@cache
def _ends(ndim: int, count: int) -> Numbers:
    """The last of the dims."""
    return tuple(range(ndim - count, ndim))


def between_complex(
    xp: ModuleType, array: Array, sizes: Numbers, dims: Numbers, forward: bool, scale: int
) -> Array:
    """The transform, or the inverse one, of complex or real numbers.

    >>> between_complex(np, np.array([1.0, 1.0]), (2,), (0,), True, 0)
    array([2.+0.j, 0.+0.j])
    """
    library = _library() if xp is np else None
    if library is None:
        function = xp.fft.fftn if forward else xp.fft.ifftn
        return function(array, sizes, dims, (_FORWARD if forward else _INVERSE)[scale])
    array = _fitted(np.asarray(array), sizes, dims)
    if len(dims) == 1 and array.size >= _HALVED and array.dtype.char not in COMPLEXES:
        out = _memory(array, dims, sizes[-1], _complex_of(array), False)
        return _run(_mirrored, array, dims, (forward, scale), out)
    array = _complex(array)  # of real numbers it would give zeros of the other sign
    out = _memory(array, dims, sizes[-1], array.dtype, False)
    return _run(library.c2c, array, dims, (forward, scale), out)


def _mirrored(
    array: Array, dims: Numbers, forward: bool, scale: int, out: Array | None, workers: int
) -> Array:
    """The transform of real numbers over one dim: half of it, and that half's mirror image."""
    if out is None:
        out = np.empty(array.shape, _complex_of(array))
    n = array.shape[dims[0]]
    half = n // 2 + 1
    rows, found = array.swapaxes(dims[0], -1), out.swapaxes(dims[0], -1)
    _library().r2c(rows, (-1,), forward, scale, found[..., :half], workers)
    np.conjugate(found[..., n - half : 0 : -1], found[..., half:])
    return out


def from_real(xp: ModuleType, array: Array, sizes: Numbers, dims: Numbers, scale: int) -> Array:
    """The transform of real numbers, without the half in the last dim that mirrors the other.

    >>> from_real(np, np.array([1.0, 1.0]), (2,), (0,), 0)
    array([2.+0.j, 0.+0.j])
    """
    library = _library() if xp is np else None
    if library is None:
        return xp.fft.rfftn(array, sizes, dims, _FORWARD[scale])
    array = _fitted(np.asarray(array), sizes, dims)
    out = _memory(array, dims, sizes[-1] // 2 + 1, _complex_of(array), True)
    return _run(library.r2c, array, dims, (True, scale), out)


def to_real(xp: ModuleType, array: Array, sizes: Numbers, dims: Numbers, scale: int) -> Array:
    """The inverse transform of the half of a spectrum, to real numbers.

    >>> to_real(np, np.array([2.0 + 0j, 0j]), (2,), (0,), 2)
    array([1., 1.])
    """
    library = _library() if xp is np else None
    if library is None:
        return xp.fft.irfftn(array, sizes, dims, _INVERSE[scale])
    last = sizes[-1]
    array = _fitted(np.asarray(array), (*sizes[:-1], last // 2 + 1), dims)
    array = _complex(array)
    out = _memory(array, dims, last, array.real.dtype, True)
    return _run(library.c2r, array, dims, (last, False, scale), out)


def _complex_of(array: Array) -> Any:
    return np.complex64 if array.itemsize == 4 else np.complex128


def _complex(array: Array) -> Array:
    return array if array.dtype.char in COMPLEXES else array.astype(_complex_of(array))
