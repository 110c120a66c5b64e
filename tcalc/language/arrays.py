"""Arrays as programs see them: a table of NumPy's functions, never the module.

What reaches NumPy is exactly an int, float, bool, complex, list, tuple, tensor or array, with
elements of the same kinds; what comes back holds numbers or text, never objects.
"""

from __future__ import annotations

import numpy as np

from tcalc.errors import AccessError
from tcalc.language.attributes import READERS
from tcalc.language.classes import TypeView, call_members
from tcalc.language.shown import NATIVE, REPLACED
from tcalc.runtime.base import memory
from tcalc.runtime.objects.lists import ARRAYS, FILLED, List, deep
from tcalc.runtime.types import dtypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NUMBERS = frozenset({int, float, bool, complex})
_PLAIN = _NUMBERS | {str, type(None), type(...), slice, range}
# Kinds of elements that arrays of programs have: bool, integers, floats, complex and text.
_KINDS = "biufcU"

_FUNCTIONS = """
    abs absolute add all allclose amax amin any append arccos arccosh arcsin arcsinh arctan arctan2
    arctanh argmax argmin argsort argwhere around array array_equal asarray atleast_1d atleast_2d
    average bincount bitwise_and bitwise_or bitwise_xor broadcast_to cbrt ceil clip column_stack
    concatenate conj convolve copy corrcoef cos cosh count_nonzero cov cross cumprod cumsum deg2rad
    degrees diag diagonal diff digitize divide divmod dot dstack ediff1d einsum equal exp exp2
    expand_dims expm1 fabs fix flatnonzero flip fliplr flipud floor floor_divide fmax fmin fmod
    gradient greater greater_equal heaviside histogram hsplit hstack hypot imag indices inner
    interp intersect1d invert isclose isfinite isin isinf isnan isreal iscomplex kron lcm gcd
    less less_equal lexsort log log10 log1p log2 logaddexp logical_and logical_not logical_or
    logical_xor matmul max maximum mean median meshgrid min minimum mod moveaxis multiply
    nan_to_num nanargmax nanargmin nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar
    ndim negative nonzero not_equal outer pad partition percentile polyfit polyval positive power
    prod ptp quantile rad2deg radians ravel real reciprocal remainder repeat reshape rint roll
    rollaxis roots rot90 round searchsorted setdiff1d shape sign signbit sin sinc sinh size sort
    split sqrt square squeeze stack std subtract sum swapaxes take tan tanh tensordot tile trace
    transpose trapezoid tri tril triu true_divide trunc union1d unique unravel_index var vdot
    vsplit vstack where
"""
_CREATION = "arange eye full identity linspace logspace geomspace ones zeros"
_LIKE = "full_like ones_like zeros_like"
# What leaves memory as it was found, which tells of addresses, and what stands for it.
_FOUND = {"empty": "zeros", "empty_like": "zeros_like"}
_LINALG = """
    cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_power matrix_rank multi_dot norm
    pinv qr slogdet solve svd
"""
_FFT = "fft fft2 fftfreq fftn fftshift ifft ifft2 ifftn ifftshift irfft rfft rfftfreq"
_RANDOM = """
    beta binomial choice exponential gamma normal permutation poisson rand randint randn random
    random_sample seed shuffle standard_normal uniform
"""
_CONSTANTS = ("e", "euler_gamma", "inf", "nan", "newaxis", "pi")
_TYPES = """
    bool_ complex128 complex64 float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64
    uint8
"""
_ABSTRACT = "complexfloating floating generic inexact integer ndarray number signedinteger"

_SHOWN = "T dtype imag itemsize nbytes ndim real shape size"
_METHODS = """
    all any argmax argmin argsort astype clip conj conjugate copy cumprod cumsum diagonal dot
    flatten item max mean min nonzero prod ravel repeat reshape round searchsorted sort squeeze std
    sum swapaxes take tolist trace transpose var
"""


class NumberType(TypeView):
    """A type of NumPy's numbers: makes one from a number, and names a dtype."""

    __slots__ = ()
    _known_as_ = "type"

    @property
    def dtype(self) -> Any:
        """The dtype, which is what NumPy asks for where this is given for one."""
        return np.dtype(self.kind)

    def __call__(self, value: Any = 0, /) -> Any:  # type: ignore[override]  # dtypes take none
        return _given(self.kind(_taken(value)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumberType) and other.kind is self.kind

    def __hash__(self) -> int:
        return hash(self.kind)


def _taken(value: Any) -> Any:
    """An argument on its way into NumPy; TypeError for what must not get there."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is np.ndarray or isinstance(value, np.generic):
        if value.dtype.kind not in _KINDS:
            raise TypeError(f"arrays of dtype {value.dtype} are not for programs")
        return value
    if kind is List or kind is list:
        return [_taken(v) for v in value]
    if kind is tuple:
        return tuple([_taken(v) for v in value])
    if kind is NumberType or isinstance(value, (np.dtype, type)):
        return _dtype(value)
    if kind.__module__.startswith(("tcalc.runtime", "tcalc.library", "torch")):
        return _of_runtime(value)
    raise TypeError(f"NumPy's functions do not take a '{kind.__name__}'")


def _of_runtime(value: Any) -> Any:
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.shapes import Size

    if isinstance(value, Tensor):
        from tcalc.runtime.base.registry import lookup

        return lookup("Tensor.numpy")(value)
    if type(value) is Size:
        return tuple(value)
    if type(value) is dtypes.dtype:
        return _dtype(value)
    raise TypeError(f"NumPy's functions do not take a '{type(value).__name__}'")


def _dtype(value: Any) -> Any:
    """A dtype that programs may have, of what names one: NumPy asks anything else for its own."""
    if type(value) is NumberType:
        return value.dtype
    if type(value) is dtypes.dtype:
        value = value.numpy
    named = value is None or type(value) is str or isinstance(value, np.dtype)
    if not named and (not isinstance(value, type) or value not in _NUMBERS):
        shown = value.__name__ if isinstance(value, type) else type(value).__name__
        raise TypeError(f"'{shown}' is not a dtype")
    found = np.dtype(value)
    if found.kind not in _KINDS or found.fields is not None:
        raise TypeError(f"arrays of dtype {found} are not for programs")
    return found


def _given(value: Any) -> Any:
    """A result on its way to a program."""
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind not in _KINDS:
            raise TypeError(f"this would make an array of dtype {value.dtype}")
        return value if isinstance(value, np.generic) else value.view(np.ndarray)
    if isinstance(value, tuple):
        return tuple([_given(v) for v in value])
    if isinstance(value, list):
        return List([_given(v) for v in value])
    return value


def _argument(name: str, value: Any) -> Any:
    taken = _taken(value)
    return _dtype(taken) if name == "dtype" and value is not None else taken


def _keywords(name: str, kwargs: dict[str, Any], outs: bool = False) -> dict[str, Any]:
    """The keywords of a call on their way into NumPy, none of which leaves memory as it was found.

    outs: whether the call says where to write among its other arguments.
    """
    ready = {key: _argument(key, value) for key, value in kwargs.items()}
    if name == "pad" and ready.get("mode") == "empty":
        raise TypeError("pad() fills what it adds: give another mode")
    elementwise = name == "clip" or isinstance(getattr(np, name, None), np.ufunc)
    if elementwise and "where" in ready and ready.get("out") is None and not outs:
        raise TypeError(f"{name}() with where= needs out=, for the elements that it leaves")
    return ready


def _wrapped(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        ready = _keywords(name, kwargs, len(args) > getattr(function, "nin", len(args)))
        return _given(function(*[_taken(a) for a in args], **ready))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _sized(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function that makes an array of a size given in numbers, which is checked first."""

    def call(*args: Any, **kwargs: Any) -> Any:
        ready = {key: _argument(key, value) for key, value in kwargs.items()}
        taken = [_taken(a) for a in args]
        memory.check(8 * _elements(name, taken, ready), "the array")
        return _given(function(*taken, **ready))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _elements(name: str, args: list[Any], kwargs: dict[str, Any]) -> int:
    """How many elements a creating call asks for, as far as its numbers tell."""
    if name in ("linspace", "logspace", "geomspace"):
        count = args[2] if len(args) > 2 else kwargs.get("num", 50)
        return count if type(count) is int else 0
    if name == "arange":
        bounds = [v for v in args[:3] if type(v) in (int, float)]
        start, stop = (0, bounds[0]) if len(bounds) == 1 else (*bounds, 0, 0)[:2]
        step = bounds[2] if len(bounds) > 2 else kwargs.get("step", 1)
        span = abs((stop - start) / step) if type(step) in (int, float) and step else 0
        return int(span) if span < 1e30 else 1 << 100
    if name in ("eye", "identity"):
        sizes = [v for v in args[:2] if type(v) is int]
        return sizes[0] * sizes[-1] if sizes else 0
    shape = args[0] if args else kwargs.get("shape", 0)
    count = 1
    for size in shape if isinstance(shape, (tuple, list)) else (shape,):
        count *= size if type(size) is int and size > 0 else 1
    return count


# -- tables ---------------------------------------------------------------------------------------

_tables: dict[str, dict[str, Any]] = {}
_PARTS = {"numpy.linalg": _LINALG, "numpy.fft": _FFT, "numpy.random": _RANDOM}


def table(qualified: str) -> dict[str, Any] | None:
    """The members of `numpy`, `numpy.linalg`, `numpy.fft` or `numpy.random`, else None."""
    found = _tables.get(qualified)
    if found is None:
        if qualified == "numpy":
            found = _numpy()
        elif qualified in _PARTS:
            found = _functions(_PARTS[qualified], getattr(np, qualified[6:]), qualified[6:] + ".")
        else:
            return None
        _tables[qualified] = call_members(qualified, found)
    return found


def _functions(names: str, module: Any, prefix: str = "") -> dict[str, Any]:
    return {
        name: _wrapped(getattr(module, name), prefix + name)
        for name in names.split()
        if hasattr(module, name)
    }


def _numpy() -> dict[str, Any]:
    from tcalc.namespace import module

    made = _functions(_FUNCTIONS + _LIKE, np)
    made.update({name: _sized(getattr(np, name), name) for name in _CREATION.split()})
    made.update({name: made[filled] for name, filled in _FOUND.items()})
    made.update({name: getattr(np, name) for name in _CONSTANTS})
    made.update({name: NumberType(getattr(np, name)) for name in _TYPES.split()})
    made.update({name: TypeView(getattr(np, name)) for name in _ABSTRACT.split()})
    made.update({name[6:]: module(name) for name in _PARTS})
    made["dtype"] = _dtype
    return made


# -- attributes -----------------------------------------------------------------------------------


def _method(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        ready = _keywords(name, kwargs)
        if name == "astype" and args:
            args = (_dtype(_taken(args[0])), *args[1:])
        taken = [_taken(a) for a in args]
        found = getattr(_taken(self), name)(*taken, **ready)
        return deep(found) if name == "tolist" else _given(found)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _read_number_type(value: NumberType, name: str) -> Any:
    if name == "__name__":
        return value.kind.__name__
    raise AccessError(f"type object '{value.kind.__name__}' has no attribute '{name}'")


def install() -> None:
    """Put arrays, their numbers and dtypes into the tables of attributes."""
    ARRAYS.add(np.ndarray)
    FILLED.add(np.ndarray)
    shown = frozenset(_SHOWN.split())
    methods = {name: _method(name) for name in _METHODS.split()}
    NATIVE[np.ndarray], REPLACED[np.ndarray] = shown, methods
    for name in (*_TYPES.split(), "str_"):
        kind = getattr(np, name)
        NATIVE[kind] = shown
        REPLACED[kind] = {n: m for n, m in methods.items() if hasattr(kind, n)}
        NATIVE[type(np.dtype(kind))] = frozenset({"itemsize", "kind", "name"})
    READERS[NumberType] = _read_number_type
    # NumPy imports its printing at the first use, and among a program's names it cannot.
    str(np.zeros(0)), repr(np.zeros(0))


install()
