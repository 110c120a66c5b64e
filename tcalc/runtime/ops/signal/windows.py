"""Windows for signals: what fades them out at the ends of a stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Device, DType, Layout
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.signal.frequencies import placed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types import dtypes


def _points(name: str, length: int, periodic: bool, dtype: dtypes.dtype | None) -> Array | None:
    """The places of a window's points from 0 to 1, in double."""
    import numpy as np

    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        raise DtypeError(
            f"{name} expects floating point dtypes, got: {dtype.name}", argument="dtype"
        )
    if length < 0:
        raise StateError(
            f"{name} requires non-negative window_length, got window_length={length}",
            argument="window_length",
        )
    memory.check(length * 32, f"a window of {length}")
    if length < 2:
        return None
    return np.arange(length) / (length if periodic else length - 1)


def _window(
    name: str,
    length: int,
    periodic: bool,
    form: Callable[[ModuleType, Array], Array],
    dtype: dtypes.dtype | None,
    device: object,
    requires_grad: bool,
) -> Tensor:
    import numpy as np

    places = _points(name, length, periodic, dtype)
    values = np.ones(length) if places is None else form(np, places)
    return placed(values, dtype, device, requires_grad)


def _cosines(*weights: float) -> Callable[[ModuleType, Array], Array]:
    def form(np: ModuleType, places: Array) -> Array:
        return sum(w * np.cos(2 * np.pi * i * places) for i, w in enumerate(weights))

    return form


@composite(names=("torch.hann_window",), samples=lambda: [((5,), {}), ((4, False), {})])
def hann_window(
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The Hann window, `(1 - cos(2 pi x)) / 2`.

    periodic: the last point is one step before the window's end, as transforms want it.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("hann_window", window_length, periodic, _cosines(0.5, -0.5), dtype, device,
                   requires_grad)  # fmt: skip


@composite(names=("torch.hamming_window",), samples=lambda: [((5,), {}), ((4, False), {})])
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False, layout: Layout | None = None,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The Hamming window, `alpha - beta cos(2 pi x)`.

    periodic: the last point is one step before the window's end, as transforms want it.

    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _window("hamming_window", window_length, periodic, _cosines(alpha, -beta), dtype,
                   device, requires_grad)  # fmt: skip


@composite(names=("torch.blackman_window",), samples=lambda: [((5,), {}), ((4, False), {})])
def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The Blackman window, `0.42 - 0.5 cos(2 pi x) + 0.08 cos(4 pi x)`.

    periodic: the last point is one step before the window's end, as transforms want it.

    >>> blackman_window(4)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _window("blackman_window", window_length, periodic, _cosines(0.42, -0.5, 0.08), dtype,
                   device, requires_grad)  # fmt: skip


@composite(names=("torch.bartlett_window",), samples=lambda: [((5,), {}), ((4, False), {})])
def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The Bartlett window, a triangle.

    periodic: the last point is one step before the window's end, as transforms want it.

    >>> bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("bartlett_window", window_length, periodic,
                   lambda np, x: 1 - np.abs(2 * x - 1), dtype, device, requires_grad)  # fmt: skip


@composite(names=("torch.kaiser_window",), samples=lambda: [((5,), {}), ((4, False), {})])
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: DType | None = None,
    device: Device | None = None, requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The Kaiser window, whose shape `beta` sets.

    periodic: the last point is one step before the window's end, as transforms want it.

    >>> kaiser_window(4, beta=2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """

    def form(np: ModuleType, places: Array) -> Array:
        return np.i0(beta * np.sqrt(np.maximum(0, 1 - (2 * places - 1) ** 2))) / np.i0(beta)

    return _window("kaiser_window", window_length, periodic, form, dtype, device, requires_grad)
