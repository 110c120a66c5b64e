"""A stand-in for CuPy, for machines without a GPU: its arrays refuse to mix with NumPy's.

It has only the names that CuPy 14 has (cupy_names.json), and of what CuPy does not do what matters
here: ufuncs reduce only for `add` and `multiply`, flags tell nothing about writing, reductions
give arrays and not numbers. Its arrays hold NumPy's and compute with them.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

NAMES = {
    k: frozenset(v.split())
    for k, v in json.loads((Path(__file__).parent / "cupy_names.json").read_text()).items()
}
# Functions that take NumPy's arrays to the device.
TRANSFERS = frozenset({"array", "asarray", "ascontiguousarray"})
SCATTERS = frozenset({"add", "maximum", "minimum"})


class ndarray:
    """An array on the device."""

    __slots__ = ("_host",)
    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None,
                 order: str = "C") -> None:  # fmt: skip
        assert memptr is None, "CuPy takes no array as memory"
        self._host = np.zeros(shape, dtype)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_function__(self, func: Any, *args: Any) -> Any:
        raise TypeError(f"numpy.{func.__name__} was called with an array of the device")

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES["ndarray"]:
            raise AttributeError(f"'cupy.ndarray' object has no attribute '{name}'")
        found = getattr(self._host, name)
        return on_device(found) if callable(found) else to_device(found)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_host":
            object.__setattr__(self, name, value)
        elif name == "shape":
            self._host = self._host.reshape(value, copy=False)
        else:
            setattr(self._host, name, to_host(value))

    @property
    def device(self) -> Any:
        return types.SimpleNamespace(id=0)

    @property
    def data(self) -> Any:
        return types.SimpleNamespace(ptr=self._host.__array_interface__["data"][0])

    @property
    def flags(self) -> Any:
        of = self._host.flags
        return types.SimpleNamespace(
            c_contiguous=of.c_contiguous, f_contiguous=of.f_contiguous, owndata=of.owndata
        )

    @property
    def base(self) -> Any:
        return None if self._host.base is None else to_device(self._host.base)

    def get(self) -> Any:
        return self._host.copy()

    def item(self, *args: Any) -> Any:
        return self._host.item(*args)

    def tolist(self) -> Any:
        return self._host.tolist()

    def __getitem__(self, index: Any) -> Any:
        return to_device(self._host[to_host(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._host[to_host(index)] = to_host(value)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Any:
        return map(to_device, self._host)

    def __repr__(self) -> str:
        return repr(self._host)

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __complex__(self) -> complex:
        return complex(self._host)

    def __index__(self) -> int:
        return self._host.__index__()


def to_host(value: Any) -> Any:
    """A value with NumPy's arrays in place of the device's; NumPy's own are refused."""
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, (list, tuple)):
        return type(value)(to_host(v) for v in value)
    return value


def to_device(value: Any) -> Any:
    """A result with the device's arrays in place of NumPy's."""
    if isinstance(value, (np.ndarray, np.generic)):
        made = object.__new__(ndarray)
        made._host = np.asarray(value)
        return made
    if isinstance(value, (list, tuple)):
        values = [to_device(v) for v in value]
        return type(value)(*values) if hasattr(value, "_fields") else type(value)(values)
    return value


def on_device(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's as one of the device's."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return to_device(
            function(*[to_host(a) for a in args], **{k: to_host(v) for k, v in kwargs.items()})
        )

    return call


def _operator(name: str) -> Callable[..., Any]:
    def apply(self: ndarray, *others: Any) -> Any:
        if any(isinstance(o, (list, tuple)) for o in others):
            return NotImplemented
        found = getattr(self._host, name)(*[to_host(o) for o in others])
        if found is NotImplemented:
            return found
        return self if name.startswith("__i") and name != "__invert__" else to_device(found)

    return apply


for _name in ("add sub mul truediv floordiv mod pow and or xor lshift rshift matmul").split():
    for _form in ("", "r", "i"):
        if (_form, _name) != ("i", "matmul"):
            setattr(ndarray, f"__{_form}{_name}__", _operator(f"__{_form}{_name}__"))
for _name in "eq ne lt le gt ge neg pos abs invert divmod".split():
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


class ufunc:
    """An elementwise function of the device; it reduces as far as CuPy's do."""

    def __init__(self, of: np.ufunc) -> None:
        self.of = of
        self.__name__ = of.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        assert "where" not in kwargs, "CuPy's ufuncs take no where="
        out = kwargs.get("out")
        found = on_device(self.of)(*args, **kwargs)
        return found if out is None else out

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
               keepdims: bool = False) -> Any:  # fmt: skip
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.__name__}.reduce` is not supported yet")
        return on_device(self.of.reduce)(array, axis, dtype, out, keepdims)

    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.__name__}.accumulate` is not supported yet")
        return on_device(self.of.accumulate)(array, axis, dtype, out)

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        if self.__name__ not in SCATTERS:
            raise NotImplementedError(f"`cupy_{self.__name__}.at` is not supported yet")
        on_device(self.of.at)(a, indices, b)

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        return on_device(self.of.outer)(a, b, **kwargs)


class Namespace(types.ModuleType):
    """One of CuPy's modules: the names it has, from NumPy's (or SciPy's) module of that name."""

    def __init__(self, name: str, of: Any, known: str, **own: Any) -> None:
        super().__init__(name)
        self.__dict__.update(own, _of=of, _known=known)

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES[self._known]:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        found = getattr(self._of, name)
        if isinstance(found, np.ufunc):
            found = ufunc(found)
        elif callable(found) and not isinstance(found, type):
            if name in TRANSFERS:
                found = _transfer(found)
            else:
                found = on_device(found)
        self.__dict__[name] = found
        return found


def _transfer(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(value: Any, *args: Any, **kwargs: Any) -> Any:
        value = value if isinstance(value, np.ndarray) else to_host(value)
        return to_device(function(value, *args, **kwargs))

    return call


class Device:
    """The one GPU."""

    def __init__(self, id: int = 0) -> None:
        self.id = id

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def synchronize(self) -> None:
        return None


class Event:
    """A mark in the GPU's work, a millisecond after the one before."""

    _times = count()

    def __init__(self, **_: object) -> None:
        self.time = 0

    def record(self, stream: object = None) -> None:
        self.time = next(Event._times)

    def synchronize(self) -> None:
        return None


def elapsed_time(start: Event, end: Event) -> float:
    return float(end.time - start.time)


def modules() -> dict[str, Any]:
    """What to put into sys.modules."""
    tricks = Namespace("cupy.lib.stride_tricks", np.lib.stride_tricks, "lib.stride_tricks")
    runtime = types.SimpleNamespace(
        getDeviceCount=lambda: 1, getDeviceProperties=lambda i: {"name": b"Stand-in"}
    )
    said: list[tuple[str, ...]] = []
    nvtx = types.SimpleNamespace(
        said=said, RangePush=lambda text: said.append(("push", text)),
        RangePop=lambda: said.append(("pop",)), Mark=lambda text: said.append(("mark", text)),
    )  # fmt: skip
    pool = types.SimpleNamespace(used_bytes=lambda: 0, free_all_blocks=lambda: None)
    cupy = Namespace(
        "cupy", np, "cupy", ndarray=ndarray, ufunc=ufunc, __version__="14.0.0",
        linalg=Namespace("cupy.linalg", np.linalg, "linalg"),
        fft=Namespace("cupy.fft", np.fft, "fft"),
        lib=types.SimpleNamespace(stride_tricks=tricks),
        cuda=types.SimpleNamespace(
            runtime=runtime, Device=Device, Event=Event, get_elapsed_time=elapsed_time, nvtx=nvtx,
        ),
        asnumpy=lambda a: a.get(), get_default_memory_pool=lambda: pool,
    )  # fmt: skip
    special = Namespace("cupyx.scipy.special", scipy.special, "special")
    scipy_ = types.ModuleType("cupyx.scipy")
    cupyx = types.ModuleType("cupyx")
    scipy_.special, cupyx.scipy = special, scipy_
    return {"cupy": cupy, "cupyx": cupyx, "cupyx.scipy": scipy_, "cupyx.scipy.special": special}
