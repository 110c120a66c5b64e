"""CUDA through CuPy, loaded when a CUDA device is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DeviceError, NoCudaError

if TYPE_CHECKING:
    from tcalc.runtime.devices import device

_MISSING = "Torch not compiled with CUDA enabled"


def module() -> Any:
    """CuPy, or the error that says what is missing."""
    try:
        import cupy
    except ImportError as e:
        raise NoCudaError(
            f"{_MISSING}: CuPy is not installed ({e})", hint="pip install 'tcalc[cuda]'"
        ) from None
    return cupy


def count() -> int:
    """How many GPUs there are; 0 without CuPy or without a driver."""
    try:
        cupy = module()
        return int(cupy.cuda.runtime.getDeviceCount())
    except NoCudaError:
        return 0
    except Exception as e:  # CuPy's own error type exists only where CuPy does
        if type(e).__name__ in ("CUDARuntimeError", "CUDADriverError", "ImportError"):
            return 0
        raise


def _present(where: device) -> int:
    """The index of a GPU that is there."""
    cupy = module()
    found = count()
    if not found:
        raise NoCudaError(f"{_MISSING}: no GPU (or no driver) was found on this machine")
    index = int(cupy.cuda.Device().id) if where.index is None else where.index
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
    index = _present(where)
    cupy = module()
    if isinstance(array, cupy.ndarray) and int(array.device.id) == index:
        return array
    with cupy.cuda.Device(index):
        return cupy.asarray(array)
