"""Which GPU is in use, and what it is."""

from __future__ import annotations

from typing import Any

from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Device
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.types import devices

MACHINE = {"samples": "tells of the machine"}


def _index(where: Any) -> int:
    """The number of a GPU that is there, from a number, a name or a device."""
    return cuda.number_of(None if where is None else devices.device(where))


def _about(where: Any) -> dict[str, Any]:
    index = _index(where)
    found: dict[str, Any] = cuda.module().cuda.runtime.getDeviceProperties(index)
    return found


@composite(names=("torch.cuda.set_device",), exempt=MACHINE)
def set_device(device: Device) -> None:
    """Use a GPU where none is named."""
    effect("set_device")
    cuda.module().cuda.Device(_index(device)).use()


@composite(names=("torch.cuda.get_device_capability",), exempt=MACHINE)
def get_device_capability(device: Device | None = None) -> tuple[int, int]:
    """The major and minor number of what a GPU can do."""
    about = _about(device)
    return int(about["major"]), int(about["minor"])


class Properties:
    """What a GPU is: `name`, `major`, `minor`, `total_memory` in bytes, `multi_processor_count`."""

    __slots__ = ("major", "minor", "multi_processor_count", "name", "total_memory")
    _public_ = frozenset(__slots__)

    def __init__(self, about: dict[str, Any]) -> None:
        self.name = about["name"].decode()
        self.major = int(about["major"])
        self.minor = int(about["minor"])
        self.total_memory = int(about["totalGlobalMem"])
        self.multi_processor_count = int(about["multiProcessorCount"])

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, "
            f"multi_processor_count={self.multi_processor_count})"
        )


@composite(names=("torch.cuda.get_device_properties",), exempt=MACHINE)
def get_device_properties(device: Device | None = None) -> Properties:
    """What a GPU is: its name, its memory, what it can do."""
    return Properties(_about(device))


@composite(names=("torch.cuda.is_bf16_supported",), exempt=MACHINE)
def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether there is a GPU that computes in bfloat16.

    >>> cuda.is_bf16_supported() in (True, False)
    True
    """
    return cuda.count() > 0 and (including_emulation or get_device_capability()[0] >= 8)


@composite(names=("torch.cuda.is_initialized",), exempt=MACHINE)
def is_initialized() -> bool:
    """Whether there is a GPU that can be worked with.

    >>> cuda.is_initialized() in (True, False)
    True
    """
    return cuda.count() > 0


@composite(names=("torch.cuda.init",), exempt=MACHINE)
def init() -> None:
    """Make ready to work with a GPU; refused without one."""
    cuda.number_of(None)


@composite(names=("torch.cuda.is_current_stream_capturing",), exempt=MACHINE)
def is_current_stream_capturing() -> bool:
    """Whether work of a GPU is recorded rather than done: never.

    >>> cuda.is_current_stream_capturing()
    False
    """
    return False


@composite(names=("torch.cuda.amp.common.amp_definitely_not_available",), exempt=MACHINE)
def amp_definitely_not_available() -> bool:
    """Whether there is no GPU for `autocast`.

    >>> torch.cuda.amp.common.amp_definitely_not_available() in (True, False)
    True
    """
    return not cuda.count()


@composite(names=("torch.cuda.can_device_access_peer",), exempt=MACHINE)
def can_device_access_peer(device: Device, peer_device: Device) -> bool:
    """Whether a GPU can read another's memory."""
    runtime = cuda.module().cuda.runtime
    return bool(runtime.deviceCanAccessPeer(_index(device), _index(peer_device)))


@composite(names=("torch.cuda.get_arch_list",), exempt=MACHINE)
def get_arch_list() -> list[str]:
    """The kinds of GPU that code was made for beforehand: none, CuPy makes it when it is needed.

    >>> cuda.get_arch_list()
    []
    """
    return []


@export("torch.cuda.device")
class use:
    """`with cuda.device(1):` that GPU is used inside where none is named; a negative one changes nothing."""

    __slots__ = ("_entered", "_where")
    _public_: frozenset[str] = frozenset()

    def __init__(self, device: Any) -> None:
        negative = type(device) is int and device < 0
        self._where = None if device is None or negative else devices.resolve(device)
        self._entered: list[Any] = []

    def __enter__(self) -> None:
        if self._where is not None:
            effect("device")
            context = cuda.module().cuda.Device(_index(self._where))
            context.__enter__()
            self._entered.append(context)

    def __exit__(self, *error: object) -> None:
        if self._entered:
            self._entered.pop().__exit__(*error)
