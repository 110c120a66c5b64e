"""`torch.accelerator` and the devices beside the CPU: the GPU where there is one, no other kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DeviceError
from tcalc.library.cuda import devices as gpus
from tcalc.library.cuda import memory, streams
from tcalc.runtime.base.op import Device
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops import cuda
from tcalc.runtime.types.devices import device

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op

MACHINE = {"samples": "tells of the machine"}


@composite(names=("torch.accelerator.is_available",), exempt=MACHINE)
def is_available() -> bool:
    """Whether there is a GPU to use.

    >>> torch.accelerator.is_available() in (True, False)
    True
    """
    return bool(cuda.is_available())


@composite(names=("torch.accelerator.device_count",), exempt=MACHINE)
def device_count() -> int:
    """How many GPUs there are.

    >>> torch.accelerator.device_count() >= 0
    True
    """
    return int(cuda.device_count())


@composite(names=("torch.accelerator.current_accelerator",), exempt=MACHINE)
def current_accelerator(check_available: bool = False) -> device | None:
    """The device beside the CPU, `device("cuda")`, or None."""
    return device("cuda") if cuda.is_available() else None


def _of_gpu(name: str, op: Op, **keywords: str) -> None:
    """A name that means what an op of torch.cuda does, where there is a GPU."""

    def call(device_index: Device | None = None) -> Any:
        if not cuda.is_available():
            raise DeviceError("Cannot access accelerator device when none is available.")
        return op.call_with([device_index] if op.params else [])

    call.__doc__ = op.doc.partition("\n")[0]
    composite(name=name, names=(f"torch.accelerator.{name}",), exempt=MACHINE)(call)


for _name, _op in {
    "current_device_index": cuda.current_device, "current_device_idx": cuda.current_device,
    "current_stream": streams.current_stream, "empty_cache": cuda.empty_cache,
    "get_device_capability": gpus.get_device_capability, "get_memory_info": memory.mem_get_info,
    "max_memory_allocated": memory.memory_reserved, "max_memory_reserved": memory.memory_reserved,
    "memory_allocated": cuda.memory_allocated, "memory_reserved": memory.memory_reserved,
    "memory_stats": memory.memory_stats, "reset_peak_memory_stats": memory.reset_peak_memory_stats,
    "set_device_idx": gpus.set_device, "set_device_index": gpus.set_device,
    "synchronize": cuda.synchronize,
}.items():  # fmt: skip
    _of_gpu(_name, _op)


# -- other kinds ----------------------------------------------------------------------------------


def _absent(kind: str) -> None:
    """What programs ask of a kind of device that tcalc does not have."""

    def is_available() -> bool:
        return False

    def device_count() -> int:
        return 0

    is_available.__doc__ = f"Whether there is a device of the kind {kind}: tcalc has none."
    device_count.__doc__ = f"How many devices of the kind {kind} there are: none."
    for function in (is_available, device_count):
        function.__qualname__, function.__module__ = function.__name__, f"torch.{kind}"
        export(f"torch.{kind}.{function.__name__}", value=function)


for _kind in ("mps", "xpu", "mtia"):
    _absent(_kind)


@composite(names=("torch.mps.manual_seed", "torch.xpu.manual_seed", "torch.xpu.manual_seed_all"),
           exempt=MACHINE)  # fmt: skip
def manual_seed(seed: int) -> None:
    """Accepted as PyTorch does: there is no generator of such a device."""


def _refused(name: str, call: str) -> None:
    def refuse() -> None:
        raise DeviceError(f"Cannot execute {call}() without MPS backend.")

    refuse.__doc__ = "Refused: tcalc has no MPS backend."
    refuse.__name__ = refuse.__qualname__ = name
    refuse.__module__ = "torch.mps"
    export(f"torch.mps.{name}", value=refuse)


for _name, _call in {
    "empty_cache": "emptyCache", "synchronize": "deviceSynchronize",
    "current_allocated_memory": "getCurrentAllocatedMemory",
}.items():  # fmt: skip
    _refused(_name, _call)


# -- the CPU, asked as a device is ----------------------------------------------------------------


@composite(names=("torch.cpu.is_available",), exempt=MACHINE)
def cpu_is_available() -> bool:
    """Whether there is a CPU.

    >>> torch.cpu.is_available()
    True
    """
    return True


@composite(names=("torch.cpu.device_count",), exempt=MACHINE)
def cpu_device_count() -> int:
    """How many CPUs there are, each with all its cores.

    >>> torch.cpu.device_count()
    1
    """
    return 1


@composite(names=("torch.cpu.current_device",), exempt=MACHINE)
def cpu_current_device() -> str:
    """The name of the CPU as a device.

    >>> torch.cpu.current_device()
    'cpu'
    """
    return "cpu"


@composite(names=("torch.cpu.synchronize",), exempt=MACHINE)
def cpu_synchronize(device: Device | None = None) -> None:
    """Accepted: the CPU's work is done when a call returns."""
