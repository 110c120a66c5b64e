"""The meta device: NumPy as its array module, with new arrays that have no contents."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DeviceError
from tcalc.runtime.arrays.backend import Backend, register, standing_in
from tcalc.runtime.arrays.metaarray import VIEWS, MetaArray, answer, empty, hidden, like, on_numbers
from tcalc.runtime.types.devices import CPU, device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike

    from tcalc.runtime.base.op import Array


class _Module:
    """NumPy (or a module of it) as kernels see it: new arrays have no contents."""

    def __init__(self, of: ModuleType) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        if isinstance(found, ModuleType):
            found = _Module(found)
        elif callable(found) and not isinstance(found, (type, np.ufunc)):
            found = _quiet(found)
        setattr(self, name, found)
        return found

    def zeros(
        self, shape: int | Sequence[int], dtype: DTypeLike = float, *_: object, **__: object
    ) -> MetaArray:
        """An array without contents, where NumPy would fill one."""
        return empty((shape,) if isinstance(shape, int) else shape, dtype)

    ones = empty = zeros

    def full(
        self,
        shape: int | Sequence[int],
        fill_value: object,
        dtype: DTypeLike | None = None,
        **_: object,
    ) -> MetaArray:
        """An array without contents of the number's dtype, unless another is given."""
        return self.zeros(shape, np.asarray(fill_value).dtype if dtype is None else dtype)

    def eye(self, N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = float) -> MetaArray:
        """A matrix without contents."""
        return empty((N, N if M is None else M), dtype)


def _quiet(function: Callable[..., object]) -> Callable[..., object]:
    def call(*args: object, **kwargs: object) -> object:
        if function in VIEWS:
            return answer(function, args, kwargs)
        return hidden(function(*args, **kwargs))

    return call


class _Meta(Backend):
    kind = "meta"
    has_contents = False

    def place(self, array: Array) -> device:
        return device("meta")

    def module(self) -> Any:
        return _module

    def bring(self, array: Array, where: device) -> Array:
        return like(array)

    def on_host(self, array: Array) -> Array:
        raise DeviceError("Cannot copy out of meta tensor; no data!")

    def at_home(self, result: Array | tuple[Array, ...]) -> Array | tuple[Array, ...]:
        return hidden(result)

    def adopt(self, function: Callable[..., object]) -> Callable[..., object]:
        return on_numbers(function)


class _InPlaceOfHost(_Meta):
    """The CPU, on which nothing has contents."""

    kind = "cpu"

    def place(self, array: Array) -> device:
        return CPU


_module = _Module(np)
register(_Meta(), MetaArray, _module)


def in_place_of_host() -> standing_in:
    """Inside, new tensors on the CPU have no contents, and tensors without contents are on the CPU."""
    return standing_in(_InPlaceOfHost(), MetaArray, _module)
