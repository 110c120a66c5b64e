"""Arrays without contents: shapes, strides and dtypes only.

A MetaArray lies on an anonymous read-only mapping, which takes addresses but no memory; views of
it are NumPy's own, and what is read of it is 0. Ufuncs and functions answer with the shape and
dtype of their result. What has no rule of its own is run on small made-up numbers, since its shape
does not depend on them.
"""

from __future__ import annotations

import math
import mmap
import re
from _thread import _local
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DeviceError, StateError
from tcalc.runtime.types.codes import BOOLS, EXACT
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import NoReturn

    from numpy.typing import ArrayLike, DTypeLike

    from tcalc.runtime.base.op import Array


class _MadeUp(_local):
    """most: results of functions without a rule are computed on made-up numbers, in this thread up to
    this many elements. strict: whether numbers among the arguments count as sizes."""

    def __init__(self) -> None:
        self.most = 1 << 22
        self.strict = False


made_up = _MadeUp()
_ADDRESSES = 1 << 46
# What these give depends on the values.
_BY_VALUE = frozenset(
    {
        np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.unique_all, np.array_equal,
        np.allclose, np.extract, np.compress, np.bincount,
    }
)  # fmt: skip
# What these give shows the memory of what they are given.
VIEWS = frozenset(
    {
        np.lib.stride_tricks.as_strided, np.lib.stride_tricks.sliding_window_view, np.broadcast_to,
        np.broadcast_arrays, np.diagonal, np.expand_dims, np.flip, np.fliplr, np.flipud, np.imag,
        np.moveaxis, np.real, np.rollaxis, np.rot90, np.squeeze, np.swapaxes, np.transpose,
    }
)  # fmt: skip
# NumPy's own ways of these are made of others that have rules.
_MADE_OF_OTHERS = frozenset(
    {
        np.atleast_1d, np.atleast_2d, np.atleast_3d, np.dstack, np.hstack, np.stack, np.tril,
        np.triu, np.vstack,
    }
)  # fmt: skip
_MAPPING: list[mmap.mmap] = []


def stand_for_others(by: Looks) -> Looks:
    """Let looks at contents be answered by another; who answered them until now."""
    global looks
    before, looks = looks, by
    return before


def _memory(nbytes: int) -> mmap.mmap:
    if nbytes > _ADDRESSES:
        raise StateError(f"a meta tensor of {nbytes} bytes is larger than any address space")
    if not _MAPPING or len(_MAPPING[0]) < nbytes:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        size = max(1 << 20, 1 << (nbytes - 1).bit_length() if nbytes else 0)
        _MAPPING[:] = [mmap.mmap(-1, size, flags, mmap.PROT_READ)]
    return _MAPPING[0]


def empty(shape: Sequence[int], dtype: DTypeLike) -> MetaArray:
    """A contiguous array of the shape without contents.

    >>> empty((2, 3), "float32").shape
    (2, 3)
    """
    dtype = np.dtype(dtype)
    buffer = _memory(math.prod(shape) * dtype.itemsize)
    return np.ndarray.__new__(MetaArray, tuple(shape), dtype, buffer)


def like(array: Array) -> MetaArray:
    """An array without contents of another's shape, strides and dtype."""
    made = empty(array.shape, array.dtype)
    return _laid_out(made, array.strides) if array.ndim and made.strides != array.strides else made


def _laid_out(made: MetaArray, strides: Sequence[int]) -> MetaArray:
    """A dense array whose dimensions lie in memory in the order that the strides say."""
    order = sorted(range(made.ndim), key=lambda d: -abs(strides[d]))
    back = sorted(range(made.ndim), key=order.__getitem__)
    return empty([made.shape[d] for d in order], made.dtype).transpose(back)


class MetaArray(np.ndarray[Any, Any]):
    """An array of which only the shape, the strides and the dtype are real."""

    def __array_finalize__(self, source: object) -> None:
        """Nothing to carry over."""

    def __array_ufunc__(
        self,
        ufunc: np.ufunc,
        method: str,
        *inputs: Any,
        out: tuple[Array | None, ...] | None = None,
        **kwargs: Any,
    ) -> Array | tuple[Array, ...] | None:
        if method == "at":
            return None
        if out is not None and out[0] is not None:
            return out[0]
        if method == "reduce":
            return _reduced(ufunc, inputs[0], **kwargs)
        if method == "accumulate":
            return _accumulated(ufunc, inputs[0], kwargs.get("dtype"))
        if method == "outer":
            a, b = inputs
            return ufunc(a.reshape(*a.shape, *[1] * np.ndim(b)), b)
        if method != "__call__":
            return _made_up(getattr(ufunc, method), inputs, kwargs)
        if ufunc.signature is not None:
            return _of_rows(ufunc, inputs, kwargs) if ufunc is not np.matmul else _matmul(*inputs)
        kinds = [
            type(v) if type(v) in (int, float, complex) else np.asarray(v).dtype for v in inputs
        ]
        resolved = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))
        shape = broadcast(*(np.shape(v) for v in inputs))
        results = tuple(empty(shape, t) for t in resolved[len(inputs) :])
        return results if ufunc.nout > 1 else results[0]

    def __array_function__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: Iterable[object],
        kwargs: Mapping[str, object],
    ) -> object:
        return answer(func, args, kwargs)

    def __getitem__(self, index: Any) -> MetaArray:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(p, (np.ndarray, list)) for p in parts):
            return empty(_picked_shape(self.shape, parts), self.dtype)
        found = np.ndarray.__getitem__(self, index)
        return found if isinstance(found, MetaArray) else empty((), self.dtype)

    def __setitem__(self, index: object, value: Any) -> None:
        parts = index if isinstance(index, tuple) else (index,)
        if not any(isinstance(p, np.ndarray) and p.dtype.char in BOOLS for p in parts):
            broadcast(np.shape(value), self[index].shape)

    def astype(self, dtype: Any, *args: object, **kwargs: object) -> MetaArray:
        """The same layout with another dtype."""
        if kwargs.get("copy") is False and self.dtype == dtype:
            return self
        order = "C" if self.flags.c_contiguous else "K"
        made = empty(self.shape, dtype)
        return made if order == "C" else _laid_out(made, self.strides)

    def copy(self, order: object = "C") -> MetaArray:
        """A contiguous array of the same shape and dtype."""
        return empty(self.shape, self.dtype)

    def flatten(self, order: object = "C") -> MetaArray:
        """A contiguous array with one dimension."""
        return empty((self.size,), self.dtype)

    def ravel(self, order: object = "C") -> Array:
        """The array with one dimension."""
        return self.reshape(self.size)

    def reshape(self, *shape: Any, copy: bool | None = None, **_: object) -> Array:
        """A view where the strides allow it, else a new array."""
        size = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        try:
            return super().reshape(size, copy=False)
        except ValueError:
            if copy is False:
                raise
            return np.ndarray.reshape(empty(self.shape, self.dtype), size, copy=False)

    @property
    def real(self) -> MetaArray:
        """The real parts' view; setting them does nothing."""
        return self.view(np.ndarray).real.view(MetaArray)

    @real.setter
    def real(self, value: ArrayLike) -> None:
        broadcast(np.shape(value), self.shape)

    @property
    def imag(self) -> MetaArray:
        """The imaginary parts' view; setting them does nothing."""
        return self.view(np.ndarray).imag.view(MetaArray)

    @imag.setter
    def imag(self, value: ArrayLike) -> None:
        broadcast(np.shape(value), self.shape)

    def argmax(self, axis: Any = None, out: object = None, *, keepdims: bool = False) -> Array:
        """A place along each row."""
        return _reduced(np.maximum, self, axis, np.int64, keepdims)

    argmin = argmax

    def argsort(self, axis: object = -1, *_: object, **__: object) -> MetaArray:
        """A place for each element."""
        return empty(self.shape, np.int64)

    def take(self, indices: ArrayLike, axis: Any = None, *_: object, **__: object) -> Array:
        """An element, or a slice along an axis, for each index."""
        picked = np.shape(indices)
        if axis is None:
            return empty(picked, self.dtype)
        at = axis % self.ndim
        return empty((*self.shape[:at], *picked, *self.shape[at + 1 :]), self.dtype)

    def repeat(self, repeats: object, axis: object = None) -> Array:
        """Each element several times over."""
        return _made_up(np.repeat, (self, repeats, axis), {})

    def round(self, decimals: object = 0, out: object = None) -> Array:
        """The same shape and dtype."""
        return empty(self.shape, self.dtype)

    def dot(self, b: Array, out: object = None) -> Array:
        """The product with an array of at most two dimensions."""
        return _matmul(self, b)

    def sort(self, *_: object, **__: object) -> None:
        """Nothing: there are no values to put in order."""

    put = partition = fill = sort

    def nonzero(self) -> NoReturn:
        """Refused: it depends on the values."""
        raise DeviceError("nonzero depends on values, and meta tensors have none")

    def item(self, *args: object) -> Any:
        """A number: refused, unless who makes such arrays stand for others has one."""
        return looks.item(self)

    def tolist(self) -> Any:
        """The numbers, likewise."""
        return looks.tolist(self)

    def _no_values(self, *args: object, **kwargs: object) -> NoReturn:
        raise StateError("Cannot copy out of meta tensor; no data!")

    tobytes = tofile = dump = dumps = _no_values


class Looks:
    """What a look at contents comes to: a refusal."""

    def item(self, array: MetaArray) -> Any:
        """The one number."""
        array._no_values()

    def tolist(self, array: MetaArray) -> Any:
        """All of them, in lists."""
        array._no_values()


looks = Looks()


# -- results ----------------------------------------------------------------------------------


def _reduced(
    ufunc: np.ufunc,
    array: Array,
    axis: int | Sequence[int] | None = 0,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    **_: object,
) -> MetaArray:
    axes = range(array.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    gone = {a % array.ndim for a in axes} if array.ndim else set()
    shape = [1 if d in gone else n for d, n in enumerate(array.shape) if keepdims or d not in gone]
    if dtype is None:
        sample = np.ones((1,) * max(array.ndim, 1), array.dtype)
        dtype = ufunc.reduce(sample, axis=0).dtype
    return empty(shape, dtype)


def _picked_shape(shape: tuple[int, ...], parts: tuple[Any, ...]) -> list[int]:
    """The shape that indexing by arrays, with slices among them, gives."""
    if any(isinstance(p, np.ndarray) and p.dtype.char in BOOLS for p in parts):
        raise DeviceError("indexing by a mask depends on values, and meta tensors have none")
    arrays = [i for i, p in enumerate(parts) if not isinstance(p, (slice, type(None), type(...)))]
    apart = arrays[-1] - arrays[0] >= len(arrays)  # then their dimensions come first
    used = sum(p is not None and p is not Ellipsis for p in parts)
    whole = [slice(None)] * (len(shape) - used)
    at = next((i for i, p in enumerate(parts) if p is Ellipsis), len(parts))
    parts = (*parts[:at], *whole, *parts[at + 1 :])
    dims: list[int] = []
    picked = [i for i, p in enumerate(parts) if p is not None and not isinstance(p, slice)]
    place, left = 0, iter(shape)
    for i, p in enumerate(parts):
        if i == picked[0]:
            place = len(dims)
        n = 1 if p is None else next(left)
        if i not in picked:
            dims.append(n if p is None else len(range(*p.indices(n))))
    place = 0 if apart else place
    dims[place:place] = broadcast(*(np.shape(parts[i]) for i in picked))
    return dims


def _accumulated(ufunc: np.ufunc, array: Array, dtype: DTypeLike | None = None) -> MetaArray:
    return empty(array.shape, ufunc.accumulate(np.ones(1, array.dtype), dtype=dtype).dtype)


def _matmul(a: Array, b: Array) -> MetaArray:
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = b.shape[-1:] if b.ndim > 1 else ()
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise ValueError(f"sizes {a.shape[-1]} and {inner} do not match")
    shape = (*broadcast(a.shape[:-2], b.shape[:-2]), *rows, *columns)
    return empty(shape, np.result_type(a.dtype, b.dtype))


def _of_rows(
    ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: Mapping[str, object]
) -> Array | tuple[Array, ...]:
    """What a function of rows or matrices gives, by its signature where that tells the shape."""
    taken, _, given = (ufunc.signature or "").partition("->")
    names = [re.findall(r"\w+", part) for part in re.findall(r"\((.*?)\)", taken)]
    result = re.findall(r"\w+", given)
    if kwargs or ufunc.nout != 1 or not {*result} <= {name for part in names for name in part}:
        return _made_up(ufunc, inputs, kwargs)
    sizes: dict[str, int] = {}
    batches = []
    for value, part in zip(inputs, names):
        cut = np.ndim(value) - len(part)
        batches.append(np.shape(value)[:cut])
        for name, n in zip(part, np.shape(value)[cut:]):
            if sizes.setdefault(name, n) != n:
                raise ValueError(f"sizes {sizes[name]} and {n} do not match")
    resolved = ufunc.resolve_dtypes((*[np.asarray(v).dtype for v in inputs], None))
    return empty((*broadcast(*batches), *[sizes[name] for name in result]), resolved[-1])


def _numbers(value: object) -> Any:
    """Made-up values in place of a MetaArray: matrices are positive definite, integers 0."""
    if isinstance(value, MetaArray):
        if value.size > made_up.most:
            raise DeviceError(f"no rule for a meta tensor of {value.size} elements")
        if value.dtype.char in EXACT:
            return np.zeros(value.shape, value.dtype)
        made = (np.arange(value.size) * 7919 % 97 / 97).reshape(value.shape)
        if value.ndim > 1 and value.shape[-1] == value.shape[-2]:
            made = made + made.swapaxes(-1, -2) + 2 * value.shape[-1] * np.eye(value.shape[-1])
        return made.astype(value.dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(_numbers(v) for v in value)
    return value


def _check_sizes(arguments: Iterable[object]) -> None:
    """Refuse what could make something large of small arguments, such as many repeats."""
    total = 1
    for value in arguments:
        if isinstance(value, np.ndarray):
            total *= max(1, value.size)
        elif type(value) is int:
            total *= max(1, abs(value))
        elif isinstance(value, (list, tuple)):
            total *= max(1, *(abs(v) if type(v) is int else np.size(v) for v in value), len(value))
    if total > made_up.most << 8:
        raise DeviceError(f"no rule for what may have {total} elements")


def hidden(value: object) -> Any:
    """A result with arrays of no contents in place of its arrays."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value if isinstance(value, MetaArray) else like(value)
    if isinstance(value, (list, tuple)):
        return tuple(hidden(v) for v in value)
    return value


def _made_up(
    function: Callable[..., object], args: Iterable[object], kwargs: Mapping[str, object]
) -> Array | tuple[Array, ...]:
    if made_up.strict:
        _check_sizes((*args, *kwargs.values()))
    return hidden(function(*_numbers(args), **{k: _numbers(v) for k, v in kwargs.items()}))


def on_numbers(function: Callable[..., object]) -> Callable[..., object]:
    """A function that does its work on made-up numbers, and keeps them to itself."""
    return lambda *args, **kwargs: _made_up(function, args, kwargs)


def _plain(value: Any) -> Any:
    if isinstance(value, MetaArray):
        return value.view(np.ndarray)
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _shown(value: Array) -> Array:
    return value.view(MetaArray) if isinstance(value, np.ndarray) else tuple(map(_shown, value))


def answer(function: Any, args: Iterable[object], kwargs: Mapping[str, object]) -> object:
    """What one of NumPy's functions gives for arrays without contents."""
    if function in _BY_VALUE:
        raise DeviceError(f"{function.__name__} depends on values, and meta tensors have none")
    rule = _RULES.get(function)
    if rule is not None:
        return rule(*args, **kwargs)
    if function in VIEWS:
        return _shown(function(*_plain(args), **kwargs))
    if function in _MADE_OF_OTHERS:
        return function.__wrapped__(*args, **kwargs)
    return _made_up(function, args, kwargs)


# -- rules ------------------------------------------------------------------------------------


def _concatenate(arrays: Sequence[Array], axis: int | None = 0, **_: object) -> MetaArray:
    if axis is None:
        arrays, axis = [a.reshape(-1) for a in arrays], 0
    shape = list(arrays[0].shape)
    shape[axis] = sum(a.shape[axis] for a in arrays)
    return empty(shape, np.result_type(*(a.dtype for a in arrays)))


def _where(condition: Array, *choices: Any) -> MetaArray:
    if not choices:
        raise DeviceError("where depends on values, and meta tensors have none")
    shape = broadcast(condition.shape, *(np.shape(c) for c in choices))
    return empty(shape, np.result_type(*(c if np.isscalar(c) else c.dtype for c in choices)))


def _same(array: Array, *_: object, dtype: DTypeLike | None = None, **__: object) -> MetaArray:
    return empty(array.shape, dtype or array.dtype)


def _along(array: Array, indices: Array, axis: int | None = -1, **_: object) -> MetaArray:
    if axis is None:
        return empty(indices.shape, array.dtype)
    at = axis % array.ndim
    shape = list(broadcast(*((*a.shape[:at], 1, *a.shape[at + 1 :]) for a in (array, indices))))
    shape[at] = indices.shape[at]
    return empty(shape, array.dtype)


def _nothing(*_: object, **__: object) -> None:
    """For functions that write."""


_RULES: dict[Any, Callable[..., Any]] = {
    np.concatenate: _concatenate, np.where: _where, np.zeros_like: _same, np.ones_like: _same,
    np.empty_like: _same, np.full_like: _same, np.copy: _same, np.sort: _same, np.partition: _same,
    np.clip: _same, np.round: _same, np.nan_to_num: _same, np.roll: _same, np.ascontiguousarray: _same,
    np.argsort: MetaArray.argsort, np.argmax: MetaArray.argmax, np.argmin: MetaArray.argmax,
    np.take: MetaArray.take, np.take_along_axis: _along, np.reshape: MetaArray.reshape,
    np.ravel: MetaArray.ravel, np.dot: lambda a, b, out=None: _matmul(a, b), np.copyto: _nothing,
    np.put_along_axis: _nothing, np.fill_diagonal: _nothing, np.place: _nothing, np.putmask: _nothing,
    np.count_nonzero: lambda array, axis=None, keepdims=False: _reduced(
        np.add, array, axis, np.int64, keepdims
    ),
    np.shape: lambda array: array.shape,
    np.ndim: lambda array: array.ndim,
    np.size: lambda array: array.size,
}  # fmt: skip
