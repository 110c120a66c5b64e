"""Memory of the GPU as programs ask for it: nothing without one.

CuPy keeps a pool. How much of it was in use at most is not counted: what the pool holds is a bound.
"""

from __future__ import annotations

from typing import Any

from tcalc.errors import LimitError
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Device
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.objects.containers import OrderedDict

# What more memory than is allowed raises, on any device.
export("torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError", value=LimitError, home="builtins")

MACHINE = {"samples": "tells of the machine"}


def _pool() -> Any:
    return cuda.module().get_default_memory_pool()


@composite(
    names=("torch.cuda.memory_reserved", "torch.cuda.memory_cached", "torch.cuda.max_memory_reserved",
           "torch.cuda.max_memory_cached", "torch.cuda.max_memory_allocated"),
    exempt=MACHINE,
)  # fmt: skip
def memory_reserved(device: Device | None = None) -> int:
    """Bytes of GPU memory that are held for tensors, used or not; 0 without a GPU.

    >>> cuda.memory_reserved() >= 0
    True
    """
    effect("memory_reserved")
    return int(_pool().total_bytes()) if cuda.count() else 0


@composite(
    names=("torch.cuda.reset_peak_memory_stats", "torch.cuda.reset_max_memory_allocated",
           "torch.cuda.reset_max_memory_cached", "torch.cuda.reset_accumulated_memory_stats"),
    exempt=MACHINE,
)  # fmt: skip
def reset_peak_memory_stats(device: Device | None = None) -> None:
    """Count anew how much memory is held at most: what is not in use is let go."""
    effect("reset_peak_memory_stats")
    if cuda.count():
        _pool().free_all_blocks()


@composite(names=("torch.cuda.memory_stats",), exempt=MACHINE)
def memory_stats(device: Device | None = None) -> OrderedDict:
    """Bytes in use and held, by PyTorch's names; nothing without a GPU.

    >>> cuda.memory_stats()
    OrderedDict()
    """
    effect("memory_stats")
    found: OrderedDict = OrderedDict()
    if cuda.count():
        found["allocated_bytes.all.current"] = int(_pool().used_bytes())
        found["reserved_bytes.all.current"] = int(_pool().total_bytes())
    return found


@composite(names=("torch.cuda.mem_get_info",), exempt=MACHINE)
def mem_get_info(device: Device | None = None) -> tuple[int, int]:
    """Bytes of a GPU's memory that are free, and all of them."""
    effect("mem_get_info")
    index = cuda.number_of(device)
    with cuda.module().cuda.Device(index):
        free, total = cuda.module().cuda.runtime.memGetInfo()
    return int(free), int(total)


@composite(names=("torch.cuda.ipc_collect",), exempt=MACHINE)
def ipc_collect() -> None:
    """Nothing is shared between processes, so there is nothing to let go; refused without a GPU."""
    cuda.number_of(None)
