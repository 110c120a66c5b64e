"""What a program can ask of CUDA."""

from __future__ import annotations

from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.op import Device
from tcalc.runtime.base.registry import silent
from tcalc.runtime.call.define import composite
from tcalc.runtime.types.devices import device


@composite(names=("torch.cuda.is_available",), exempt={"samples": "tells of the machine"})
def is_available() -> bool:
    """Whether there is a GPU to use.

    >>> cuda.is_available() in (True, False)
    True
    """
    return cuda.count() > 0


@composite(names=("torch.cuda.device_count",), exempt={"samples": "tells of the machine"})
def device_count() -> int:
    """How many GPUs there are.

    >>> cuda.device_count() >= 0
    True
    """
    return cuda.count()


@composite(names=("torch.cuda.current_device",), exempt={"samples": "tells of the machine"})
def current_device() -> int:
    """The number of the GPU that is used when none is named."""
    return cuda.number_of(None)


@composite(names=("torch.cuda.get_device_name",), exempt={"samples": "tells of the machine"})
def get_device_name(device: Device | None = None) -> str:
    """What a GPU calls itself."""
    number = _number(device)
    name: bytes = cuda.module().cuda.runtime.getDeviceProperties(number)["name"]
    return name.decode()


@silent
@composite(names=("torch.cuda.synchronize",), exempt={"samples": "tells of the machine"})
def synchronize(device: Device | None = None) -> None:
    """Wait until a GPU has done all that it was given."""
    cuda.module().cuda.Device(_number(device)).synchronize()


@silent
@composite(names=("torch.cuda.empty_cache",), exempt={"samples": "tells of the machine"})
def empty_cache() -> None:
    """Give memory that is kept for later tensors back to the GPU (nothing without one)."""
    if cuda.count():
        cuda.module().get_default_memory_pool().free_all_blocks()


@composite(names=("torch.cuda.memory_allocated",), exempt={"samples": "tells of the machine"})
def memory_allocated(device: Device | None = None) -> int:
    """Bytes of GPU memory in tensors; 0 without a GPU.

    >>> cuda.memory_allocated() >= 0
    True
    """
    if not cuda.count():
        return 0
    return int(cuda.module().get_default_memory_pool().used_bytes())


def _number(where: object) -> int:
    return cuda.number_of(None if where is None else device(where))
