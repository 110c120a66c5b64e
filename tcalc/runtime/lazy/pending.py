"""Arrays that are not computed yet: expressions of NumPy's elementwise functions.

A Pending stands where an array would and takes part in NumPy's protocols, so that an op's kernel
works on it as it stands and what it would compute is noted instead. Whatever cannot be noted (a
look at a value, a function that is not elementwise) raises NotDeferred, and the caller computes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tcalc.runtime.arrays.clipping import clip
from tcalc.runtime.arrays.mirror import unmirrored
from tcalc.runtime.arrays.summation import as_array
from tcalc.runtime.base import memory
from tcalc.runtime.lazy import hazards, reducing, writing
from tcalc.runtime.lazy.evaluate import evaluate
from tcalc.runtime.lazy.exposure import is_exposed
from tcalc.runtime.lazy.expression import (
    LARGE,
    Expression,
    NotDeferred,
    cast,
    choose,
    live,
    order_of,
    waits,
)
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, EXACT, FLOATS
from tcalc.runtime.types.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from numpy.typing import DTypeLike

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
# Longer expressions are computed before they grow on.
LONGEST = 64
_NUMBERS = (int, float, complex, bool)


class Pending(Shaped, NDArrayOperatorsMixin):
    """An array that is not computed yet, as tensors and kernels hold it.

    node: its expression; None once it has been computed, and `array` is the value.
    """

    __slots__ = ("__weakref__", "array", "dtype", "node", "order", "shape")

    array: Any
    node: Any

    def __init__(self, node: Expression) -> None:
        self.array = None
        self.node = node
        self.shape = node.shape
        self.dtype = node.dtype
        self.order = node.order
        node.holder = ref(self)
        live[id(self)] = self

    __hash__ = object.__hash__

    # -- what an array has ------------------------------------------------------------------------

    @property
    def real(self) -> Pending:
        """The real parts."""
        if self.dtype.char in COMPLEXES:
            raise NotDeferred
        return self

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Pending:
        """The same in another dtype; never a copy in its own."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        if self.dtype.char in COMPLEXES and dtype.char not in COMPLEXES:
            raise NotDeferred
        return _node(cast, (self,), dtype)

    def copy(self, order: str = "C") -> Pending:
        """The same values in memory of their own, which lie as what they are computed from."""
        return _node(cast, (self,), self.dtype)

    # -- NumPy's protocols ------------------------------------------------------------------------

    def __array_ufunc__(
        self,
        ufunc: np.ufunc,
        method: str,
        *inputs: Array,
        out: tuple[Array, ...] | None = None,
        **options: Any,
    ) -> Array:
        if out is not None or ufunc.nout != 1 or ufunc.signature is not None:
            raise NotDeferred
        if method == "reduce":
            return _reduced(ufunc, *inputs, **options)
        if method != "__call__" or any(v is not None for v in options.values()):
            raise NotDeferred
        return _call(ufunc, inputs)

    def __array_function__(
        self,
        function: Callable[..., object],
        types: object,
        args: tuple[Array, ...],
        options: dict[str, object],
    ) -> Pending:
        form = _FUNCTIONS.get(function)
        if form is None:
            raise NotDeferred
        return form(*args, **options)

    def __array__(self, *_: object, **__: object) -> NoReturn:
        raise NotDeferred

    def __bool__(self) -> bool:
        raise NotDeferred

    def __iter__(self) -> Iterator[Array]:
        raise NotDeferred

    def __getitem__(self, index: object) -> NoReturn:
        raise NotDeferred

    def __setitem__(self, index: Array, value: object) -> None:
        """`a[mask] = number`, which kernels use for edge values."""
        full = getattr(index, "shape", None) == self.shape and index.dtype.char in BOOLS
        if not full or type(value) not in (*_NUMBERS, self.dtype.type):
            raise NotDeferred
        _replace(self, _node(choose, (index, np.asarray(value, self.dtype), self), self.dtype))


def lazy(array: Array) -> Array:
    """A large array as a Pending, so that what is done to it is noted; others as they are.

    What is done to memory that may change unseen is done at once (see _node).
    """
    if type(array) is Pending and array.size < LARGE:
        return compute(array)
    array = unmirrored(array)
    if type(array) is not ndarray or array.size < LARGE:
        return array
    made: Pending = object.__new__(Pending)
    made.array = array
    made.node = None
    made.shape = array.shape
    made.dtype = array.dtype
    made.order = None
    return made


def is_large(array: Array) -> bool:
    """Whether elementwise work on an array is deferred."""
    return type(array) is Pending or (type(array) is ndarray and array.size >= LARGE)


def compute(pending: Pending) -> Array:
    """The array that a Pending stands for."""
    return evaluate(pending.node) if pending.array is None else pending.array


def source(array: Array) -> Array:
    """What a Pending stands for, as expressions are made of it: its expression or its array."""
    if type(array) is not Pending:
        return array
    return array.node if array.array is None else array.array


def reduce(ufunc: np.ufunc, array: Array, axes: tuple[int, ...] | None, keepdims: bool) -> Array:
    """`ufunc.reduce` of a large array or Pending over axes (None: all)."""
    found = reducing.reduce(ufunc, source(array), axes, keepdims)
    return Pending(found) if type(found) is Expression else found


def computed(value: object) -> Any:
    """A Pending's array; others as they are."""
    return compute(value) if type(value) is Pending else value


def at_hand(array: Array) -> Array:
    """One of NumPy's arrays as it is; NotDeferred for any other, where nothing can be noted down."""
    if type(array) is not ndarray:
        raise NotDeferred("it has to be computed where it is")
    return array


def write(pending: Pending, target: Array) -> None:
    """Compute a Pending into an array's memory, which its expression may read there."""
    if pending.node is not None:
        writing.write(pending.node, target)
    else:
        hazards.before_write(target)
        target[...] = pending.array


# -- building ---------------------------------------------------------------------------------

_results: dict[Any, Any] = {}


def _call(ufunc: np.ufunc, inputs: tuple[Array, ...]) -> Pending:
    kinds = tuple([type(v) if type(v) in _NUMBERS else v.dtype for v in inputs])
    found = _results.get((ufunc, kinds))
    if found is None:
        given = tuple([int if k is bool else k for k in kinds])
        resolved = ufunc.resolve_dtypes((*given, None))
        found = _results[ufunc, kinds] = resolved
    operands = tuple(
        [np.asarray(v, d) if type(v) in _NUMBERS else v for v, d in zip(inputs, found)]
    )
    return _node(ufunc, operands, found[-1])


def _reduced(
    ufunc: np.ufunc,
    array: Pending,
    axis: int | tuple[int, ...] | None = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
) -> Array:
    if dtype is not None:
        array = array.astype(dtype, copy=False)
    elif ufunc in (np.add, np.multiply) and array.dtype.char in EXACT:
        raise NotDeferred  # NumPy would widen them
    axes = (axis,) if isinstance(axis, int) else axis
    if array.size < LARGE:
        return as_array(ufunc.reduce(compute(array), axis=axes, keepdims=keepdims))
    return reduce(ufunc, array, axes, keepdims)


def _where(condition: Array, chosen: Array, other: Array) -> Pending:
    strong = [v for v in (chosen, other) if type(v) not in _NUMBERS]
    weak = [v for v in (chosen, other) if type(v) in _NUMBERS]
    dtype = np.result_type(*[v.dtype for v in strong], *weak)
    parts = [
        lazy(v).astype(dtype, copy=False) if hasattr(v, "dtype") else np.asarray(v, dtype)
        for v in (chosen, other)
    ]
    if getattr(getattr(condition, "dtype", None), "char", None) != "?":
        raise NotDeferred
    return _node(choose, (condition, *parts), dtype)


def _clip(a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    if a_min is None:
        return a if a_max is None else np.minimum(a, a_max)
    if a_max is None:
        return np.maximum(a, a_min)
    if np.ndim(a_min) or np.ndim(a_max):
        return np.minimum(np.maximum(a, a_min), a_max)
    return clip(a, a_min, a_max)


def _round(a: Array, decimals: int = 0) -> Array:
    if decimals or a.dtype.char not in FLOATS:
        raise NotDeferred
    return np.rint(a)


def _full_like(value: object) -> Callable[..., Pending]:
    def form(a: Pending, dtype: DTypeLike | None = None) -> Pending:
        return _node(cast, (np.asarray(value),), np.dtype(dtype or a.dtype), a)

    return form


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.clip: _clip,
    np.round: _round,
    np.zeros_like: _full_like(0),
    np.ones_like: _full_like(1),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
}


def _node(
    function: Callable[..., object],
    operands: tuple[Array, ...],
    dtype: np.dtype,
    like: Array = None,
) -> Pending:
    given = operands if like is None else (like,)
    shapes = {v.shape for v in given}
    shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    if math.prod(shape) < LARGE and (
        function in (cast, choose) or not any(waits(source(v)) for v in operands)
    ):
        raise NotDeferred
    orders = set()
    for v in given:
        if v.shape == shape and not _is_stretched(v):
            orders.add(order_of(source(v)))
    if len(orders) > 1:
        raise NotDeferred
    if not orders:  # larger than all that it is made of
        memory.check(math.prod(shape) * dtype.itemsize, f"a tensor of shape {list(shape)}")
    parts = tuple([_operand(v, shape) for v in operands])
    made = Expression(function, parts, shape, dtype, orders.pop() if orders else None)
    if any(map(_may_change, operands)):
        pending = Pending(made)
        evaluate(made)
        return pending
    if made.length > LONGEST:
        made.shorten(tuple([_operand(v, shape) for v in map(computed, operands)]))
    return Pending(made)


def _operand(value: Array, shape: tuple[int, ...]) -> Array:
    """An operand as a node keeps it: computed where its shape is another, one number as 0-dim."""
    if type(value) is Pending:
        if value.array is None and value.shape == shape:
            return value.node
        value = compute(value)
    elif type(value) is not ndarray:
        value = np.asarray(value)
    if value.ndim and not any(value.strides):
        return value[(0,) * value.ndim + (...,)]
    return value.reshape(()) if value.size == 1 and value.ndim else value


def _may_change(value: Any) -> bool:
    """Whether an operand is memory that may change without our seeing it."""
    array = value.array if type(value) is Pending else value
    return type(array) is ndarray and array.ndim > 0 and is_exposed(array)


def _is_stretched(value: Array) -> bool:
    """Whether an array shows the same elements again and again."""
    if type(value) is Pending:
        if value.array is None:
            return False
        value = value.array
    return 0 in value.strides and any(s == 0 and n > 1 for s, n in zip(value.strides, value.shape))


def _replace(target: Pending, made: Pending) -> None:
    """Let a Pending that a kernel writes into take a new value; what used it keeps the old one."""
    if target.array is not None or target.dtype != made.dtype or target.shape != made.shape:
        raise NotDeferred
    target.node = made.node
    target.node.holder = ref(target)


def _in_place(ufunc: np.ufunc) -> Callable[[Pending, object], Array]:
    def operator(self: Pending, other: object) -> Array:
        return ufunc(self, other)

    return operator


IN_PLACE: dict[str, Any] = {
    "__iadd__": np.add, "__isub__": np.subtract, "__imul__": np.multiply,
    "__itruediv__": np.divide, "__ifloordiv__": np.floor_divide, "__imod__": np.remainder,
    "__ipow__": np.power, "__iand__": np.bitwise_and, "__ior__": np.bitwise_or,
    "__ixor__": np.bitwise_xor, "__ilshift__": np.left_shift, "__irshift__": np.right_shift,
}  # fmt: skip
# `r *= 2` in a kernel goes on with a new value.
for _dunder, _ufunc in IN_PLACE.items():
    setattr(Pending, _dunder, _in_place(_ufunc))
