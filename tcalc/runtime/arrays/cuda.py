"""CUDA through CuPy, loaded when a CUDA device is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DeviceError, NoCudaError

if TYPE_CHECKING:
    from tcalc.runtime.types.devices import device

_MISSING = "Torch not compiled with CUDA enabled"


def module() -> Any:
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


def transfer(array: Any, where: device) -> Any:
    """The array on a GPU (itself where it is there already)."""
    index = number_of(where)
    cupy = module()
    if isinstance(array, cupy.ndarray) and int(array.device.id) == index:
        return array
    with cupy.cuda.Device(index):
        return cupy.asarray(array)
