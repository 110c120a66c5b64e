"""The array module of CUDA devices: CuPy, with what its ufuncs lack beside NumPy's."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from tcalc.runtime.types.codes import codes
from tcalc.runtime.types.dtypes import (
    complex64,
    complex128,
    float32,
    float64,
    int32,
    int64,
    uint32,
    uint64,
)

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from tcalc.runtime.base.op import Array

# CuPy's ufuncs reduce for addition and multiplication only; these are its functions for others.
_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
    "logical_or": "any", "fmax": "nanmax", "fmin": "nanmin",
}  # fmt: skip
_RUNNING = {"add": "cumsum", "multiply": "cumprod"}
# What CuPy's ufuncs write at indexed places, by type; extremes of doubles go through singles there.
_SINGLES = codes(int32, float32, uint32, uint64)
_SCATTERED = {
    "add": codes(int32, float32, float64, uint32, uint64, complex64, complex128),
    "maximum": _SINGLES,
    "minimum": _SINGLES,
}
# Of 64 bits it adds unsigned numbers alone; in two's complement the others have the same bits.
_BY_BITS = {"add": int64.codes}


class _Ufunc:
    """One of CuPy's ufuncs with `reduce`, `accumulate` and `at` for any operation."""

    def __init__(self, cupy: ModuleType, name: str) -> None:
        self._cupy = cupy
        self._apply = getattr(cupy, name)
        self._reduction = getattr(cupy, _REDUCTIONS[name]) if name in _REDUCTIONS else None
        self._running = getattr(cupy, _RUNNING[name]) if name in _RUNNING else None
        self._scattered = _SCATTERED.get(name, "")
        self._by_bits = _BY_BITS.get(name, "")

    def __call__(self, *args: object, **kwargs: object) -> Array:
        return self._apply(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._apply, name)

    def reduce(
        self,
        array: Array,
        axis: int | tuple[int, ...] | None = 0,
        dtype: DTypeLike | None = None,
        out: Array | None = None,
        keepdims: bool = False,
    ) -> Array:
        """Combine the elements along the axes."""
        if self._reduction is None:
            return self._apply.reduce(array, axis, dtype, out, keepdims)
        kwargs = {} if dtype is None else {"dtype": dtype}
        return self._reduction(array, axis=axis, out=out, keepdims=keepdims, **kwargs)

    def accumulate(
        self, array: Array, axis: int = 0, dtype: DTypeLike | None = None, out: Array | None = None
    ) -> Array:
        """The results along an axis so far."""
        if self._running is not None:
            return self._running(array, axis=axis, dtype=dtype, out=out)
        # Each pass combines stretches twice as long.
        result = array.astype(dtype or array.dtype)
        rows = self._cupy.moveaxis(result, axis, 0)
        step, n = 1, array.shape[axis]
        while step < n:
            rows[step:] = self._apply(rows[:-step], rows[step:])
            step *= 2
        if out is None:
            return result
        out[...] = result
        return out

    def at(self, array: Array, index: object, values: Array) -> None:
        """Combine values into the places that an index names, each as often as it is named."""
        char = array.dtype.char
        if char in self._by_bits:
            array = array.view(self._cupy.uint64)
            values = self._cupy.asarray(values).astype(self._cupy.int64).view(self._cupy.uint64)
        elif char not in self._scattered:
            self._in_rounds(array, index, values)
            return
        self._apply.at(array, index, values)

    def _in_rounds(self, array: Array, index: object, values: Array) -> None:
        """Write to every place once a round, in the order that they are named in."""
        cupy = self._cupy
        picks = index if isinstance(index, tuple) else (index,)
        numbers = cupy.arange(array.size).reshape(array.shape)[picks]
        values = cupy.broadcast_to(cupy.asarray(values), numbers.shape).reshape(-1)
        numbers = numbers.reshape(-1)
        order = cupy.argsort(numbers, kind="stable")
        ordered = numbers[order]
        at = cupy.arange(ordered.size)
        starts = cupy.searchsorted(ordered, ordered)
        turn = at - starts
        flat = array.reshape(-1)
        for k in range(int(turn.max()) + 1 if turn.size else 0):
            now = order[turn == k]
            flat[numbers[now]] = self._apply(flat[numbers[now]], values[now])
        if array.size and flat.data.ptr != array.data.ptr:
            array[...] = flat.reshape(array.shape)


class Module:
    """CuPy as kernels see it."""

    def __init__(self, cupy: ModuleType) -> None:
        self._cupy = cupy

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cupy, name)
        if isinstance(found, self._cupy.ufunc):
            found = _Ufunc(self._cupy, name)
        setattr(self, name, found)
        return found
