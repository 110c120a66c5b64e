"""Arrays as programs see them: what they show, what goes into NumPy and what comes back.

What reaches NumPy is exactly an int, float, bool, complex, list, tuple, tensor or array, with
elements of the same kinds; what comes back holds numbers or text, never objects.
"""

from __future__ import annotations

import numpy as np

from tcalc.language.classes import TypeView, call_members, is_users
from tcalc.language.shown import NATIVE, REPLACED
from tcalc.runtime.base.known import is_tensor
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.objects.lists import ARRAYS, FILLED, List, deep
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import codes
from tcalc.runtime.types.shapes import Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NUMBERS = frozenset({int, float, bool, complex})
_PLAIN = _NUMBERS | {str, type(None), type(...), slice, range}
# What arrays of programs hold, by NumPy's type codes: text, and all that is NumPy's own.
_CODES = "U" + codes(*[t for t in dtypes.ALL if not t.module])

TYPES = """
    bool_ complex128 complex64 float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64
    uint8
"""
_SHOWN = "T dtype imag itemsize mT nbytes ndim real shape size"
_METHODS = """
    all any argmax argmin argpartition argsort choose clip compress conj conjugate copy cumprod
    cumsum diagonal dot fill flatten item max mean min nonzero prod ravel repeat
    reshape round searchsorted sort squeeze std sum swapaxes take trace transpose var
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
        return given(self.kind(taken(value)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumberType) and other.kind is self.kind

    def __hash__(self) -> int:
        return hash(self.kind)


def taken(value: Any) -> Any:
    """An argument on its way into NumPy; TypeError for what must not get there."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is np.ndarray or isinstance(value, np.generic):
        if value.dtype.char not in _CODES:
            raise TypeError(f"arrays of dtype {value.dtype} are not for programs")
        return value
    if kind is List or kind is list:
        return [taken(v) for v in value]
    if kind is tuple:
        return tuple([taken(v) for v in value])
    if kind is NumberType or isinstance(value, (np.dtype, type)):
        return dtype_of(value)
    if kind is dtypes.dtype:
        return dtype_of(value)
    if kind is Size:
        return tuple(value)
    if is_tensor(value) and not is_users(kind):
        return lookup("Tensor.numpy")(value)
    if hasattr(kind, "_array_") and not is_users(kind):
        return value._array_()  # of a class of ours that stands for an array: an image
    raise TypeError(f"NumPy's functions do not take a '{kind.__name__}'")


def dtype_of(value: Any) -> Any:
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
    if found.char not in _CODES or found.fields is not None:
        raise TypeError(f"arrays of dtype {found} are not for programs")
    return found


def given(value: Any) -> Any:
    """A result on its way to a program."""
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.char not in _CODES:
            raise TypeError(f"this would make an array of dtype {value.dtype}")
        return value if isinstance(value, np.generic) else value.view(np.ndarray)
    if isinstance(value, tuple):
        return tuple([given(v) for v in value])
    if isinstance(value, list):
        return List([given(v) for v in value])
    return value


def argument(name: str, value: Any) -> Any:
    """A keyword argument on its way into NumPy."""
    ready = taken(value)
    return dtype_of(ready) if name == "dtype" and value is not None else ready


def keywords(
    function: object, name: str, kwargs: dict[str, Any], outs: bool = False
) -> dict[str, Any]:
    """The keywords of a call on their way into NumPy, none of which leaves memory as it was found.

    outs: whether the call says where to write among its other arguments.
    """
    ready = {key: argument(key, value) for key, value in kwargs.items()}
    if function is np.pad and ready.get("mode") == "empty":
        raise TypeError("pad() fills what it adds: give another mode")
    elementwise = function is np.clip or isinstance(function, np.ufunc)
    if elementwise and "where" in ready and ready.get("out") is None and not outs:
        raise TypeError(f"{name}() with where= needs out=, for the elements that it leaves")
    return ready


# -- attributes -----------------------------------------------------------------------------------


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name, None)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        ready = keywords(function, name, kwargs)
        return given(getattr(taken(self), name)(*[taken(a) for a in args], **ready))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _astype(self: Any, *args: Any, **kwargs: Any) -> Any:
    """The array in another dtype."""
    ready = keywords(None, "astype", kwargs)
    first = [dtype_of(taken(a)) for a in args[:1]]
    return given(taken(self).astype(*first, *[taken(a) for a in args[1:]], **ready))


def _tolist(self: Any) -> Any:
    """The elements in nested lists."""
    return deep(taken(self).tolist())


def _install() -> None:
    """Put arrays, their numbers and dtypes into the tables of attributes."""
    ARRAYS.add(np.ndarray)
    FILLED.add(np.ndarray)
    shown = frozenset([name for name in _SHOWN.split() if hasattr(np.ndarray, name)])
    methods = {name: _method(name) for name in _METHODS.split()}
    methods.update(call_members("numpy", {"astype": _astype, "tolist": _tolist}))
    NATIVE[np.ndarray], REPLACED[np.ndarray] = shown, methods
    for name in (*TYPES.split(), "str_"):
        kind = getattr(np, name)
        NATIVE[kind] = shown
        REPLACED[kind] = {n: m for n, m in methods.items() if hasattr(kind, n)}
        NATIVE[type(np.dtype(kind))] = frozenset({"itemsize", "kind", "name"})
    # NumPy imports its printing at the first use, and among a program's names it cannot.
    str(np.zeros(0)), repr(np.zeros(0))


_install()
