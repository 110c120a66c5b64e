"""Arrays without contents: shapes, strides and dtypes only.

A MetaArray lies on an anonymous read-only mapping, which takes addresses but no memory; views of
it are NumPy's own. Ufuncs and functions answer with the shape and dtype of their result. What has
no rule of its own is run on small made-up numbers, since its shape does not depend on them.
"""

from __future__ import annotations

import math
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DeviceError, StateError
from tcalc.runtime.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Results of functions without a rule are computed on made-up numbers up to this many elements.
_MOST_MADE_UP = 1 << 22
_ADDRESSES = 1 << 46
# What these give depends on the values.
_BY_VALUE = frozenset({"nonzero", "flatnonzero", "argwhere", "unique", "unique_all", "array_equal",
                       "allclose", "count_nonzero", "extract", "compress"})  # fmt: skip
_MAPPING: list[mmap.mmap] = []


def _memory(nbytes: int) -> mmap.mmap:
    if nbytes > _ADDRESSES:
        raise StateError(f"a meta tensor of {nbytes} bytes is larger than any address space")
    if not _MAPPING or len(_MAPPING[0]) < nbytes:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        size = max(1 << 20, 1 << (nbytes - 1).bit_length() if nbytes else 0)
        _MAPPING[:] = [mmap.mmap(-1, size, flags, mmap.PROT_READ)]
    return _MAPPING[0]


def empty(shape: Sequence[int], dtype: Any) -> MetaArray:
    """A contiguous array of the shape without contents.

    >>> empty((2, 3), "float32").shape
    (2, 3)
    """
    dtype = np.dtype(dtype)
    buffer = _memory(math.prod(shape) * dtype.itemsize)
    return np.ndarray.__new__(MetaArray, tuple(shape), dtype, buffer)


def like(array: Any) -> MetaArray:
    """An array without contents of another's shape, strides and dtype."""
    made = empty(array.shape, array.dtype)
    order = sorted(range(array.ndim), key=lambda d: -abs(array.strides[d]))
    back = sorted(range(array.ndim), key=order.__getitem__)
    dense = empty([array.shape[d] for d in order], array.dtype).transpose(back)
    return dense if array.ndim and made.strides != array.strides else made


class MetaArray(np.ndarray[Any, Any]):
    """An array of which only the shape, the strides and the dtype are real."""

    def __array_finalize__(self, source: Any) -> None:
        """Nothing to carry over."""

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any
    ) -> Any:
        if method == "reduce":
            return _reduced(ufunc, inputs[0], **kwargs)
        if method == "accumulate":
            return empty(inputs[0].shape, kwargs.get("dtype") or inputs[0].dtype)
        if method != "__call__":
            return _made_up(getattr(ufunc, method), inputs, kwargs)
        if out is not None and out[0] is not None:
            return out[0]
        if ufunc.signature is not None:
            return _made_up(ufunc, inputs, kwargs) if ufunc is not np.matmul else _matmul(*inputs)
        kinds = [
            type(v) if type(v) in (int, float, complex) else np.asarray(v).dtype for v in inputs
        ]
        resolved = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))
        shape = broadcast(*(np.shape(v) for v in inputs))
        results = tuple(empty(shape, t) for t in resolved[len(inputs) :])
        return results if ufunc.nout > 1 else results[0]

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if name in _BY_VALUE:
            raise DeviceError(f"{name} depends on values, and meta tensors have none")
        rule = _RULES.get(name)
        return rule(*args, **kwargs) if rule is not None else _made_up(func, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(p, (np.ndarray, list)) for p in parts):
            if any(isinstance(p, np.ndarray) and p.dtype.kind == "b" for p in parts):
                raise DeviceError("indexing by a mask depends on values, and meta tensors have none")
            plain = tuple(np.asarray(p) if isinstance(p, MetaArray) else p for p in parts)
            shape = np.broadcast_to(np.int8(0), self.shape)[plain].shape
            return empty(shape, self.dtype)
        found = np.ndarray.__getitem__(self, index)
        return found if isinstance(found, MetaArray) else empty((), self.dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        broadcast(np.shape(value), self[index].shape)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """The same layout with another dtype."""
        return self if kwargs.get("copy") is False and self.dtype == dtype else like(
            np.broadcast_to(np.empty((), dtype), self.shape)
        )

    def copy(self, order: Any = "C") -> Any:
        """A contiguous array of the same shape and dtype."""
        return empty(self.shape, self.dtype)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """A view where the strides allow it, else a new array."""
        size = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        view = self.view()
        try:
            view.shape = size
        except AttributeError:
            view = empty(self.shape, self.dtype)
            view.shape = size
        return view

    def _no_values(self, *args: Any, **kwargs: Any) -> Any:
        raise StateError("Cannot copy out of meta tensor; no data!")

    item = tolist = tobytes = tofile = dump = dumps = _no_values


def _reduced(
    ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False, **_: Any
) -> Any:
    axes = range(array.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    gone = {a % array.ndim for a in axes} if array.ndim else set()
    shape = [1 if d in gone else n for d, n in enumerate(array.shape) if keepdims or d not in gone]
    if dtype is None:
        sample = np.ones((1,) * max(array.ndim, 1), array.dtype)
        dtype = ufunc.reduce(sample, axis=0).dtype
    return empty(shape, dtype)


def _matmul(a: Any, b: Any) -> Any:
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = b.shape[-1:] if b.ndim > 1 else ()
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise ValueError(f"sizes {a.shape[-1]} and {inner} do not match")
    shape = (*broadcast(a.shape[:-2], b.shape[:-2]), *rows, *columns)
    return empty(shape, np.result_type(a.dtype, b.dtype))


def _numbers(value: Any) -> Any:
    """Made-up values in place of a MetaArray: no zeros, no two rows alike."""
    if isinstance(value, MetaArray):
        if value.size > _MOST_MADE_UP:
            raise DeviceError(f"no rule for a meta tensor of {value.size} elements")
        return (np.arange(value.size) * 7919 % 97 + 1).reshape(value.shape).astype(value.dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(_numbers(v) for v in value)
    return value


def _hidden(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return like(value)
    if isinstance(value, (list, tuple)):
        return tuple(_hidden(v) for v in value)
    return value


def _made_up(function: Any, args: Any, kwargs: Any) -> Any:
    return _hidden(function(*_numbers(args), **{k: _numbers(v) for k, v in kwargs.items()}))


def _concatenate(arrays: Any, axis: int = 0, **_: Any) -> Any:
    shape = list(arrays[0].shape)
    shape[axis] = sum(a.shape[axis] for a in arrays)
    return empty(shape, np.result_type(*(a.dtype for a in arrays)))


def _where(condition: Any, *choices: Any) -> Any:
    if not choices:
        raise DeviceError("where depends on values, and meta tensors have none")
    shape = broadcast(condition.shape, *(np.shape(c) for c in choices))
    return empty(shape, np.result_type(*(c if np.isscalar(c) else c.dtype for c in choices)))


def _same(array: Any, *_: Any, dtype: Any = None, **__: Any) -> Any:
    return empty(array.shape, dtype or array.dtype)


def _indices(array: Any, *_: Any, **__: Any) -> Any:
    return empty(array.shape, np.int64)


def _strided(array: Any, shape: Any = None, strides: Any = None, **_: Any) -> Any:
    buffer = _memory(1 << 20)
    made = np.ndarray.__new__(MetaArray, (), array.dtype, buffer)
    return np.ndarray.__new__(
        MetaArray, tuple(shape), array.dtype, _span(shape, strides, array.itemsize), 0,
        tuple(strides),
    ) if shape is not None else made  # fmt: skip


def _span(shape: Any, strides: Any, itemsize: int) -> mmap.mmap:
    return _memory(itemsize + sum((n - 1) * abs(s) for n, s in zip(shape, strides) if n))


_RULES: dict[str, Callable[..., Any]] = {
    "concatenate": _concatenate, "where": _where, "zeros_like": _same, "ones_like": _same,
    "empty_like": _same, "full_like": _same, "sort": _same, "argsort": _indices, "clip": _same,
    "round": _same, "nan_to_num": _same, "as_strided": _strided,
    "broadcast_to": lambda array, shape, **_: _strided(
        array, shape, [0] * (len(shape) - array.ndim) + [
            s if n != 1 else 0 for n, s in zip(array.shape, array.strides)
        ],
    ),
    "transpose": lambda array, axes=None: np.ndarray.transpose(array, axes),
    "moveaxis": lambda array, a, b: np.moveaxis.__wrapped__(array, a, b),  # type: ignore[attr-defined]
    "expand_dims": lambda array, axis: np.expand_dims.__wrapped__(array, axis),  # type: ignore[attr-defined]
    "copyto": lambda target, source, **_: None,
    "shape": lambda array: array.shape,
    "ndim": lambda array: array.ndim,
    "size": lambda array: array.size,
}  # fmt: skip
