"""What NumPy has beside functions of arrays: grids by brackets, limits of dtypes, how arrays print,
places, and functions that call a program's."""

from __future__ import annotations

from itertools import product

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.language.arrays import NumberType, argument, dtype_of, given, taken
from tcalc.language.shown import NATIVE
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_FINFO = "bits dtype eps epsneg iexp max min precision resolution smallest_normal tiny"
_IINFO = "bits dtype max min"
NATIVE[np.finfo] = frozenset(_FINFO.split())
NATIVE[np.iinfo] = frozenset(_IINFO.split())
_NUMBERS = (int, float, complex)


class Brackets:
    """`np.c_`, `np.r_`, `np.mgrid` and `np.ogrid`: arrays made of what stands in brackets."""

    __slots__ = ("_form", "_name")
    _known_as_ = "numpy"

    def __init__(self, name: str) -> None:
        self._name = name
        self._form: Any = getattr(np, name)

    def __getitem__(self, key: Any) -> Any:
        parts = key if type(key) is tuple else (key,)
        sizes = [_count(part) for part in parts if type(part) is slice]
        count = 1
        for n in sizes:
            count = count * n if self._name == "mgrid" else max(count, n)
        memory.check(8 * count * max(1, len(sizes)), "the array")
        ready = tuple([_part(part) for part in parts])
        return given(self._form[ready if type(key) is tuple else ready[0]])

    def __repr__(self) -> str:
        return f"<numpy.{self._name}>"


def _part(part: Any) -> Any:
    """What stands in brackets on its way into NumPy."""
    if type(part) is slice:
        return slice(*[_bound(v) for v in (part.start, part.stop, part.step)])
    return taken(part)


def _bound(value: Any) -> Any:
    ready = taken(value)
    if isinstance(ready, (np.ndarray, np.generic)) and ready.size == 1:
        ready = ready.item()
    if ready is not None and type(ready) not in _NUMBERS:
        raise ArgumentError(f"a range goes by numbers, not by '{type(value).__name__}'")
    return ready


def _count(part: slice) -> int:
    """How many numbers a range asks for."""
    start, stop, step = [_bound(v) for v in (part.start, part.stop, part.step)]
    if type(step) is complex:
        return int(abs(step))
    if stop is None or (not step and step is not None):
        return 1
    span = abs((stop - (start or 0)) / (step or 1))
    return int(span) + 1 if span < 1e30 else 1 << 100


def _limits(kind: Any, name: str) -> Callable[..., Any]:
    def call(dtype: Any) -> Any:
        ready = taken(dtype)
        if isinstance(ready, (np.ndarray, np.generic)):
            return kind(ready.dtype)
        return kind(type(ready) if type(ready) in _NUMBERS else dtype_of(ready))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The limits of a dtype of NumPy's: {name}(dtype)."
    return call


# -- how arrays print -----------------------------------------------------------------------------

_PRINTING = "edgeitems floatmode infstr linewidth nanstr precision sign suppress threshold"


def set_printoptions(**options: Any) -> None:
    """How arrays print: precision, threshold, edgeitems, linewidth, suppress, nanstr, infstr, sign and
    floatmode."""
    effect("set_printoptions")
    np.set_printoptions(**_printing("set_printoptions", options))


def _printing(function: str, options: dict[str, Any]) -> dict[str, Any]:
    known = _PRINTING.split()
    for name in options:
        if name not in known:
            raise ArgumentError(
                f"{function}() got an unexpected keyword argument '{name}'",
                hint=f"it takes {', '.join(known)}",
            )
    return {name: taken(value) for name, value in options.items()}


def get_printoptions() -> dict[str, Any]:
    """How arrays print, by name."""
    found: Any = np.get_printoptions()
    return {name: found[name] for name in _PRINTING.split()}


class Printing:
    """`with np.printoptions(precision=3):` arrays print so inside."""

    __slots__ = ("_options", "_stack")
    _known_as_ = "printoptions"

    def __init__(self, **options: Any) -> None:
        self._options = _printing("printoptions", options)
        self._stack: list[Any] = []

    def __enter__(self) -> dict[str, Any]:
        effect("printoptions")
        self._stack.append(get_printoptions())
        np.set_printoptions(**self._options)
        return get_printoptions()

    def __exit__(self, *_: object) -> None:
        np.set_printoptions(**self._stack.pop())


# -- places, and a program's functions ------------------------------------------------------------


def ndindex(*shape: Any) -> Iterator[tuple[int, ...]]:
    """The places of an array of a shape, the last dimension the fastest."""
    sizes = taken(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return product(*[range(n) for n in sizes])


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The places of an array's elements, each with its element."""
    a = np.asarray(taken(arr))
    return zip(ndindex(*a.shape), iter(given(a.reshape(-1))))


class Vectorized:
    """A function of numbers that goes over the elements of arrays, which are broadcast.

    double = np.vectorize(lambda x: 2 * x)
    double([1, 2])
    """

    __slots__ = ("_excluded", "_otypes", "pyfunc")
    _known_as_ = "vectorize"
    _public_ = frozenset({"pyfunc"})

    def __init__(
        self, pyfunc: Callable[..., Any], otypes: Any = None, excluded: Any = None
    ) -> None:
        if not callable(pyfunc):
            raise ArgumentError(f"vectorize() takes a function, not '{type(pyfunc).__name__}'")
        self.pyfunc = pyfunc
        self._excluded = frozenset() if excluded is None else frozenset(excluded)
        letters = otypes if type(otypes) is str else otypes and [*otypes]
        self._otypes = None if letters is None else [dtype_of(taken(t)) for t in letters]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        places = [i for i in range(len(args)) if i not in self._excluded]
        names = [k for k in kwargs if k not in self._excluded]
        arrays = [
            np.asarray(taken(v)) for v in (*(args[i] for i in places), *(kwargs[k] for k in names))
        ]
        spread = np.broadcast_arrays(*arrays) if arrays else []
        shape = spread[0].shape if spread else ()
        results = []
        for items in zip(*[a.reshape(-1).tolist() for a in spread]) if spread else [()]:
            given_args, given_kwargs = list(args), dict(kwargs)
            for i, item in zip(places, items):
                given_args[i] = item
            given_kwargs.update(zip(names, items[len(places) :]))
            results.append(self.pyfunc(*given_args, **given_kwargs))
        if results and type(results[0]) is tuple:
            return tuple(
                [self._array([r[k] for r in results], shape, k) for k in range(len(results[0]))]
            )
        return self._array(results, shape, 0)

    def _array(self, results: list[Any], shape: tuple[int, ...], k: int) -> Any:
        if not results and self._otypes is None:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        dtype = None if self._otypes is None else self._otypes[k]
        return given(np.asarray(taken(results), dtype).reshape(shape))


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """What a function of a vector gives for each vector along an axis."""
    a = np.moveaxis(np.asarray(taken(arr)), taken(axis), -1)
    lead = a.shape[:-1]
    rows = [func1d(given(row), *args, **kwargs) for row in a.reshape(-1, a.shape[-1])]
    made = np.asarray(taken(rows))
    whole = made.reshape(*lead, *made.shape[1:])
    # What the function gives takes the place of the axis.
    for k in range(made.ndim - 1):
        whole = np.moveaxis(whole, len(lead) + k, taken(axis) % a.ndim + k)
    return given(whole)


def fromiter(iter: Any, dtype: Any, count: int = -1) -> Any:
    """An array of the items of an iterable."""
    items: list[Any] = []
    for item in iter:
        if len(items) == count:
            break
        items.append(taken(item))
    return given(np.asarray(items, argument("dtype", dtype)))


def fromfunction(
    function: Callable[..., Any], shape: Any, *, dtype: Any = float, **kwargs: Any
) -> Any:
    """What a function gives for the places of an array of a shape, an array for each dimension."""
    sizes = taken(shape)
    memory.check(8 * len(sizes) * int(np.prod(sizes, dtype=object)), "the array")
    return function(
        *[given(g) for g in np.indices(sizes, dtype=argument("dtype", dtype))], **kwargs
    )


def members() -> dict[str, Any]:
    """What `np` has of these."""
    made: dict[str, Any] = {name: Brackets(name) for name in ("c_", "r_", "mgrid", "ogrid")}
    made.update(finfo=_limits(np.finfo, "finfo"), iinfo=_limits(np.iinfo, "iinfo"))
    for function in (set_printoptions, get_printoptions, ndindex, ndenumerate, apply_along_axis,
                     fromiter, fromfunction):  # fmt: skip
        made[function.__name__] = function
    made.update(printoptions=Printing, vectorize=Vectorized)
    for name in ("bool", "int_", "intp", "uint", "single", "double", "half", "csingle", "cdouble"):
        if hasattr(np, name):
            made[name] = NumberType(getattr(np, name))
    return made
