"""Arrays on devices: which module works on them, where they are, moving them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DeviceError
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.types.devices import CPU, META, device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.tensor.tensor import Tensor

_ON_CPU: tuple[type, ...] = (np.ndarray, Pending, Mirror)


def on_cpu(kind: type) -> None:
    """Make a type of arrays known that stand for NumPy's."""
    global _ON_CPU
    _ON_CPU = (*_ON_CPU, kind)


def device_of(array: Any) -> device:
    """The device an array is on."""
    if type(array) in _ON_CPU:
        return CPU
    if type(array).__name__ == "MetaArray":
        return META
    return device("cuda", int(array.device.id))


def module_of(array: Any) -> Any:
    """The array module that works on an array."""
    if type(array) in _ON_CPU:
        return np
    if isinstance(array, (np.ndarray, np.generic)):
        if type(array).__name__ == "MetaArray":
            from tcalc.runtime.arrays import metamodule

            return metamodule.module
        return np
    from tcalc.runtime.arrays import cudamodule

    return cudamodule.module()


def common(op: Op, tensors: Sequence[Tensor]) -> Any:
    """The array module for operands that must share a device (0-dim CPU tensors go anywhere)."""
    if not tensors:
        return np
    first = tensors[0]._d
    if type(first) in _ON_CPU:
        for t in tensors:
            if type(t._d) not in _ON_CPU:
                break
        else:
            return np
    places = {t.device for t in tensors if t._d.ndim or t.device.type != "cpu"}
    if len(places) > 1:
        named = " and ".join(sorted(str(p) for p in places))
        raise DeviceError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{named}!",
            hint="move one with .to(device)",
        )
    where = next((t._d for t in tensors if t.device in places), first)
    return module_of(where)


def to_device(array: Any, where: device) -> Any:
    """The array on another device (itself where it is there already)."""
    if where.type == "cpu":
        if type(array) in _ON_CPU:
            return array
        if type(array).__name__ == "MetaArray":
            raise DeviceError("Cannot copy out of meta tensor; no data!")
        return array.get()
    if where.type == "meta":
        from tcalc.runtime.arrays.meta import like

        return like(array)
    from tcalc.runtime.arrays import cuda

    return cuda.transfer(array, where)


def at_home(xp: Any, result: Any) -> Any:
    """A kernel's result as arrays of the module that it was given (SciPy knows only NumPy's)."""
    if xp.__name__ == "meta":
        from tcalc.runtime.arrays.meta import hidden

        return hidden(result)
    return result


def on_host(xp: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's arrays that works on the arrays of any device."""
    if xp.__name__ == "numpy":
        return function
    if xp.__name__ == "meta":
        from tcalc.runtime.arrays.meta import on_numbers

        return on_numbers(function)
    from tcalc.runtime.arrays import cudamodule

    return cudamodule.on_host(function)


def writeable(array: Any) -> bool:
    """Whether every element has memory of its own."""
    if type(array) is np.ndarray:
        if not array.flags.writeable:
            return False
        return array.size == 0 or not any(
            s == 0 and n > 1 for s, n in zip(array.strides, array.shape)
        )
    return True
