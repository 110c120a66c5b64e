"""Arrays that note what is done to them: a real value, and its place on a tape.

Kernels, gradient functions and writes work on a Traced as on an array. What cannot be noted down
gets the real value, and the tape is told that somebody looked.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.pending import IN_PLACE, Pending
from tcalc.runtime.types.codes import BOOLS, COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.graph.values import Value
    from tcalc.runtime.transform.plan.tape import Tape

ndarray = np.ndarray
# Methods of arrays that give new values (or views) of a shape that follows from the shapes given.
_METHODS = frozenset(
    "argmax argmin argsort astype clip conj conjugate copy cumprod cumsum diagonal dot flatten max "
    "mean min prod ravel repeat reshape round squeeze std sum swapaxes take trace transpose var "
    "view all any".split()
)
# Functions of NumPy of which the same holds.
FUNCTIONS = frozenset(
    {
        np.all, np.amax, np.amin, np.any, np.argmax, np.argmin, np.argsort, np.broadcast_to,
        np.clip, np.concatenate, np.cross, np.cumprod, np.cumsum, np.diagonal, np.dot, np.einsum,
        np.expand_dims, np.flip, np.imag, np.inner, np.kron, np.max, np.mean, np.min, np.moveaxis,
        np.nan_to_num, np.outer, np.prod, np.real, np.repeat, np.reshape, np.roll, np.rot90,
        np.round, np.sort, np.squeeze, np.stack, np.sum, np.swapaxes, np.take, np.take_along_axis,
        np.tensordot, np.tile, np.trace, np.transpose, np.tril, np.triu, np.where, np.diff,
        np.searchsorted, np.vdot, np.ravel, np.copy, np.linalg.solve, np.linalg.inv, np.linalg.det,
        np.lib.stride_tricks.sliding_window_view,
    }
)  # fmt: skip
# Functions that look at nothing but the shape and dtype.
_LIKE = {np.zeros_like, np.ones_like, np.empty_like, np.full_like}
_OF_SHAPE: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
}
UFUNC_METHODS = ("__call__", "reduce", "accumulate", "outer")


class Traced(Pending):
    """An array with a place on a tape. When tracing ends it becomes a Pending that is computed."""

    # Pending's slots serve: array holds the real value, node the tape and the Value.
    __slots__ = ()

    @property
    def tape(self) -> Tape:
        """The tape that notes what is done to it."""
        return self.node[0]

    @property
    def value(self) -> Value:
        """Its place there."""
        return self.node[1]

    # -- what an array has ------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes; assigning others raises ValueError where that needs a copy."""
        return self.array.shape

    @shape.setter
    def shape(self, shape: tuple[int, ...]) -> None:
        self.array.reshape(shape, copy=False)
        seen = self.tape.call("method", ndarray.reshape, (self, shape), {})
        self.array, self.node = seen.array, seen.node

    @property
    def strides(self) -> tuple[int, ...]:
        """The steps in memory, in bytes."""
        return self.array.strides

    @property
    def flags(self) -> Any:
        """What NumPy says of the memory."""
        return self.array.flags

    @property
    def base(self) -> Array | None:
        """The array whose memory it shows, or None."""
        return self.array.base

    @property
    def T(self) -> Traced:
        """The dimensions in reverse order."""
        return self.tape.call("method", ndarray.transpose, (self,), {})

    @property
    def real(self) -> Traced:
        """The real parts."""
        return (
            self
            if self.dtype.char not in COMPLEXES
            else self.tape.call("function", np.real, (self,), {})
        )

    @property
    def imag(self) -> Traced:
        """The imaginary parts."""
        return self.tape.call("function", np.imag, (self,), {})

    def astype(self, dtype: DTypeLike, *args: object, **kwargs: object) -> Traced:
        """The same in another dtype."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype and kwargs.get("copy") is False:
            return self
        return self.tape.call("method", ndarray.astype, (self, dtype, *args), kwargs)

    def copy(self, order: str = "C") -> Traced:
        """The same values in memory of their own."""
        return self.tape.call("method", ndarray.copy, (self, order), {})

    def fill(self, value: float) -> None:
        """Write one number into every element."""
        self.tape.call("write", ndarray.fill, (self, value), {}, self)

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            tape, method = self.tape, getattr(ndarray, name)

            def call(*args: object, **kwargs: object) -> Array:
                return tape.call("method", method, (self, *args), kwargs)

            return call
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._look(), name)

    # -- NumPy's protocols ------------------------------------------------------------------------

    def __array_ufunc__(
        self,
        ufunc: np.ufunc,
        method: str,
        *inputs: Array,
        out: tuple[Array, ...] | None = None,
        **options: object,
    ) -> Array:
        tape = _tape_of(inputs if out is None else (*inputs, *out))
        return tape.ufunc(ufunc, method, inputs, out, **options)

    def __array_function__(
        self,
        function: Callable[..., Array],
        types: object,
        args: tuple[Any, ...],
        options: dict[str, object],
    ) -> Array:
        shown = _OF_SHAPE.get(function)
        if shown is not None:
            return shown(*args, **options)
        tape = _tape_of((args, options))
        if function in FUNCTIONS and options.get("out") is None:
            return tape.call("function", function, args, options)
        if function is np.copyto and type(args[0]) is Traced:
            tape.call("write", function, args, options, args[0])
            return None
        if function in _LIKE:
            return function(tape.shown(args[0]), *tape.look(args[1:]), **options)
        return function(*tape.look(args), **tape.look(options))

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        return np.asarray(self._look(), *args, **kwargs)

    # -- Python's protocols -----------------------------------------------------------------------

    def _look(self) -> Array:
        return self.tape.look(self)

    def __getitem__(self, index: object) -> Array:
        return self.tape.call("method", operator.getitem, (self, index), {})

    def __setitem__(self, index: object, value: object) -> None:
        self.tape.call("write", operator.setitem, (self, index, value), {}, self)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self.array)))

    def __bool__(self) -> bool:
        return self.tape.truth(self)

    def item(self) -> float:
        """The one element as a Python number."""
        return self.tape.truth(self) if self.dtype.char in BOOLS else self._look().item()

    def __int__(self) -> int:
        return int(self._look())

    def __float__(self) -> float:
        return float(self._look())

    def __complex__(self) -> complex:
        return complex(self._look())

    def __index__(self) -> int:
        return operator.index(self._look())


def _in_place(ufunc: np.ufunc) -> Callable[[Traced, Array], Traced]:
    def assigned(self: Traced, other: Array) -> Traced:
        return ufunc(self, other, out=(self,))

    return assigned


for _name, _ufunc in IN_PLACE.items():
    setattr(Traced, _name, _in_place(_ufunc))


def _tape_of(value: tuple[object, ...]) -> Tape:
    """The tape of a Traced somewhere in a value."""
    found = _first(value)
    assert found is not None
    return found.tape


def _first(value: Array) -> Traced | None:
    if type(value) is Traced:
        return value
    if isinstance(value, (tuple, list)):
        return next((f for f in map(_first, value) if f is not None), None)
    if isinstance(value, dict):
        return _first(tuple(value.values()))
    return None


def traced(tape: Tape, value: Value, array: Array) -> Traced:
    """A Traced for a value on a tape."""
    made: Traced = object.__new__(Traced)
    made.array = np.asarray(array) if isinstance(array, np.generic) else array
    made.node = tape, value
    made.dtype = made.array.dtype
    made.order = None
    return made


def settled(array: Traced) -> None:
    """End its tracing: from now on it is a Pending that has been computed."""
    shape = array.shape
    array.node = None
    array.__class__ = Pending  # type: ignore[assignment]  # whose layout it has
    array.shape = shape
