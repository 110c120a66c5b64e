"""The CUDA device: CuPy, loaded when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DeviceError, NoCudaError
from tcalc.runtime.arrays.backend import Backend, of, register
from tcalc.runtime.arrays.cudamodule import Module
from tcalc.runtime.types.devices import device

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

_MISSING = "Torch not compiled with CUDA enabled"


def module() -> ModuleType:
    """CuPy, or the error that says what is missing."""
    try:
        import cupy
    except ModuleNotFoundError as e:
        if e.name != "cupy":
            raise NoCudaError(f"{_MISSING}: CuPy does not load ({e})") from None
        raise NoCudaError(
            f"{_MISSING}: CuPy is not installed", hint="pip install 'tcalc[cuda]'"
        ) from None
    except Exception as e:  # an installation can be broken in many ways
        first = str(e).partition("\n")[0]
        raise NoCudaError(f"{_MISSING}: CuPy does not load ({first})") from None
    return cupy


def count() -> int:
    """How many GPUs there are; 0 without CuPy or without a driver. Never raises."""
    try:
        return int(module().cuda.runtime.getDeviceCount())
    except Exception:  # CuPy's own errors have types that exist only where CuPy does
        return 0


def number_of(where: device | None) -> int:
    """The index of a GPU that is there; None, or a device without index, is the one in use."""
    cupy = module()
    found = count()
    if not found:
        raise NoCudaError(f"{_MISSING}: no GPU (or no driver) was found on this machine")
    given = None if where is None else where.index
    index = int(cupy.cuda.Device().id) if given is None else given
    if index >= found:
        raise DeviceError(
            f"CUDA error: invalid device ordinal: cuda:{index} was asked for, and there "
            f"{'is' if found == 1 else 'are'} {found}: "
            + ", ".join(f"cuda:{i}" for i in range(found)),
            argument="device",
        )
    return index


_made: dict[Any, Module] = {}


def array_module() -> Module:
    """The array module that works on CUDA arrays; NoCudaError without CuPy."""
    cupy = module()
    found = _made.get(cupy)
    if found is None:
        found = _made[cupy] = Module(cupy)
        register(_CUDA, cupy.ndarray, found)
    return found


class _Cuda(Backend):
    kind = "cuda"
    is_numbered = True

    def place(self, array: Array) -> device:
        return device("cuda", int(array.device.id))

    def module(self) -> Any:
        return array_module()

    def special(self) -> ModuleType:
        import cupyx.scipy.special

        return cupyx.scipy.special

    def bring(self, array: Array, where: device) -> Array:
        index = number_of(where)
        xp = array_module()
        own = of(array) is self
        if own and int(array.device.id) == index:
            return array
        with xp.cuda.Device(index):
            return xp.asarray(array if own else of(array).on_host(array))

    def on_host(self, array: Array) -> Array:
        return array.get()

    def adopt(self, function: Callable[..., object]) -> Callable[..., object]:
        """What CuPy lacks is run by the CPU, and its results are brought back."""
        xp = array_module()

        def there(value: object) -> object:
            return value.get() if isinstance(value, xp.ndarray) else value

        def back(value: object) -> object:
            return xp.asarray(value) if hasattr(value, "strides") else value

        def call(*args: object, **kwargs: object) -> object:
            found = function(*[there(a) for a in args], **{k: there(v) for k, v in kwargs.items()})
            return tuple(map(back, found)) if isinstance(found, tuple) else back(found)

        return call


_CUDA = _Cuda()
register(_CUDA)
