"""Arrays on devices: which module works on them, where they are, moving them.

What a device offers is a Backend, which its module makes known by the types of its arrays and by the
array modules that work on them. Where no module did, an array is one of NumPy's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DeviceError
from tcalc.runtime.types.devices import CPU, KINDS, device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


class Backend:
    """What a device offers, here the CPU: others say where they differ.

    kind: the device's name. has_contents: whether its arrays have elements to look at.
    is_numbered: whether there may be several.
    """

    kind = "cpu"
    has_contents = True
    is_numbered = False

    def place(self, array: Array) -> device:
        """The device that an array of this kind is on."""
        return CPU

    def module(self) -> ModuleType:
        """The array module that works on its arrays."""
        return np

    def special(self) -> ModuleType:
        """SciPy's special functions for its arrays."""
        import scipy.special

        return scipy.special

    def bring(self, array: Array, where: device) -> Array:
        """An array of any device on this one, itself where it is there already."""
        return of(array).on_host(array)

    def on_host(self, array: Array) -> Array:
        """One of its arrays in the CPU's memory."""
        return array

    def at_home(self, result: Array | tuple[Array, ...]) -> Array | tuple[Array, ...]:
        """What a kernel gave, as arrays of this kind (SciPy knows only NumPy's)."""
        return result

    def adopt(self, function: Callable[..., object]) -> Callable[..., object]:
        """A function of NumPy's arrays as one of its arrays."""
        return function


HOST = Backend()
# By type of arrays, and by array module, what its device offers; and by the device's name.
_known: dict[Any, Backend] = {np: HOST, np.ndarray: HOST}
_by_kind = {HOST.kind: HOST}


def register(backend: Backend, *known: object) -> None:
    """Make known what a device offers: to its arrays, by their type, and to their module."""
    _by_kind[backend.kind] = backend
    for key in known:
        _known[key] = backend


class standing_in:
    """Inside, what a device offers is what another Backend does: to its name, and to the arrays and the
    module known as `keys`."""

    def __init__(self, backend: Backend, *keys: object) -> None:
        self._backend = backend
        self._keys = keys
        self._before: dict[Any, Backend] = {}

    def __enter__(self) -> None:
        self._before = {key: _known[key] for key in self._keys}
        self._home = _by_kind[self._backend.kind]
        register(self._backend, *self._keys)

    def __exit__(self, *_: object) -> None:
        _known.update(self._before)
        _by_kind[self._backend.kind] = self._home


def work_with(module: ModuleType, backend: Backend) -> None:
    """Let another array module work on the arrays of a device."""
    _known[module] = backend


def of(array: Array) -> Backend:
    """What the device of an array offers."""
    return _known.get(type(array), HOST)


def of_kind(kind: str) -> Backend:
    """What a device offers, by its name."""
    found = _by_kind.get(kind)
    if found is None:
        __import__(KINDS[kind])
        found = _by_kind[kind]
    return found


def of_module(xp: ModuleType) -> Backend:
    """What the device of an array module offers."""
    return _known[xp]


def has_contents(array: Array) -> bool:
    """Whether elements can be looked at: not on meta."""
    return _known.get(type(array), HOST).has_contents


def has_elements(array: Array) -> bool:
    """Whether there is at least one element to look at."""
    return bool(array.size) and has_contents(array)


def device_of(array: Array) -> device:
    """The device an array is on."""
    return _known.get(type(array), HOST).place(array)


def module_of(array: Array) -> ModuleType:
    """The array module that works on an array."""
    return _known.get(type(array), HOST).module()


def common(tensors: Sequence[Tensor]) -> ModuleType:
    """The array module for operands that must share a device (0-dim CPU tensors go anywhere)."""
    for t in tensors:
        if _known.get(type(t._d), HOST) is not HOST:
            break
    else:
        return np
    places = {t.device for t in tensors if t._d.ndim or of(t._d) is not HOST}
    if len(places) > 1:
        named = " and ".join(sorted(str(p) for p in places))
        raise DeviceError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{named}!",
            hint="move one with .to(device)",
        )
    return module_of(next(t._d for t in tensors if t.device in places))


def to_device(array: Array, where: device) -> Array:
    """The array on another device (itself where it is there already)."""
    return of_kind(where.type).bring(array, where)


def writeable(array: Array) -> bool:
    """Whether every element has memory of its own."""
    if type(array) is np.ndarray:
        if not array.flags.writeable:
            return False
        return array.size == 0 or not any(
            s == 0 and n > 1 for s, n in zip(array.strides, array.shape)
        )
    return True
