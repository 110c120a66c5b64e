"""The windows of torch.signal: of M points, symmetric or (`sym=False`) for transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Device, DType, Floats, Layout
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.signal.frequencies import placed
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor

_NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def _made(
    name: str, M: int, sym: bool, form: Callable[[ModuleType, Array, int], Array],
    dtype: dtypes.dtype | None, layout: object, device: object, requires_grad: bool,
) -> Tensor:  # fmt: skip
    """form: from the numbers of the points, in double, and how many steps the whole window has."""
    import numpy as np

    if M < 0:
        raise StateError(f"{name} requires non-negative window length, got M={M}", argument="M")
    if dtype not in (None, dtypes.float32, dtypes.float64):
        raise DtypeError(
            f"{name} expects float32 or float64 dtypes, got: {dtype.name}", argument="dtype"
        )
    memory.check(M * 32, f"a window of {M}")
    steps = M - 1 if sym else M
    values = np.ones(M) if M < 2 else form(np, np.arange(M), steps)
    return placed(values, dtype, device, requires_grad)


def _cosines(*weights: float) -> Callable[[ModuleType, Array, int], Array]:
    signs = [-w if i % 2 else w for i, w in enumerate(weights)]

    def form(np: ModuleType, n: Array, steps: int) -> Array:
        return sum(w * np.cos(2 * np.pi * i * n / steps) for i, w in enumerate(signs))

    return form


def _positive(name: str, what: str, value: float, zero: bool = False) -> None:
    if value < 0 or (value == 0 and not zero):
        least = "non-negative" if zero else "positive"
        raise StateError(f"{name}: {what} must be {least}, got: {value} instead.", argument=what)


@composite(
    names=("torch.signal.windows.general_cosine",), samples=lambda: [((5,), {"a": (0.5, 0.3)})]
)
def general_cosine(
    M: int, *, a: Floats, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """a[0] - a[1] cos(2 pi x) + a[2] cos(4 pi x) - …, for x from 0 to 1.

    >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    if not a:
        raise StateError("Coefficients cannot be empty", argument="a")
    return _made("general_cosine", M, sym, _cosines(*a), dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.general_hamming",), samples=lambda: [((5,), {})])
def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: DType | None = None,
    layout: Layout | None = None, device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """alpha - (1 - alpha) cos(2 pi x).

    >>> torch.signal.windows.general_hamming(3, alpha=0.5)
    tensor([0., 1., 0.])
    """
    form = _cosines(alpha, 1 - alpha)
    return _made("general_hamming", M, sym, form, dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.hamming",), samples=lambda: [((5,), {})])
def hamming(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The Hamming window.

    >>> torch.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return _made("hamming", M, sym, _cosines(0.54, 0.46), dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.hann",), samples=lambda: [((5,), {})])
def hann(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The Hann window.

    >>> torch.signal.windows.hann(4, sym=False)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _made("hann", M, sym, _cosines(0.5, 0.5), dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.blackman",), samples=lambda: [((5,), {})])
def blackman(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The Blackman window.

    >>> torch.signal.windows.blackman(4, sym=False)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    form = _cosines(0.42, 0.5, 0.08)
    return _made("blackman", M, sym, form, dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.nuttall",), samples=lambda: [((5,), {})])
def nuttall(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The minimum four-term Blackman-Harris window of Nuttall.

    >>> torch.signal.windows.nuttall(3)[1]
    tensor(1.)
    """
    return _made("nuttall", M, sym, _cosines(*_NUTTALL), dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.bartlett",), samples=lambda: [((5,), {})])
def bartlett(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The Bartlett window, a triangle that ends at 0.

    >>> torch.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _made(
        "bartlett", M, sym, lambda np, n, steps: 1 - np.abs(2 * n / steps - 1), dtype, layout,
        device, requires_grad,
    )  # fmt: skip


@composite(names=("torch.signal.windows.cosine",), samples=lambda: [((5,), {})])
def cosine(
    M: int, *, sym: bool = True, dtype: DType | None = None, layout: Layout | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Half a wave of a sine.

    >>> torch.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    return _made(
        "cosine", M, sym, lambda np, n, steps: np.sin(np.pi * (n + 0.5) / (steps + 1)), dtype,
        layout, device, requires_grad,
    )  # fmt: skip


@composite(names=("torch.signal.windows.gaussian",), samples=lambda: [((5,), {})])
def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: DType | None = None,
    layout: Layout | None = None, device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """exp(-((n - middle) / std)² / 2).

    >>> torch.signal.windows.gaussian(3, std=1.)
    tensor([0.6065, 1.0000, 0.6065])
    """
    _positive("gaussian", "std", std)
    return _made(
        "gaussian", M, sym, lambda np, n, steps: np.exp(-(((n - steps / 2) / std) ** 2) / 2), dtype,
        layout, device, requires_grad,
    )  # fmt: skip


@composite(names=("torch.signal.windows.exponential",), samples=lambda: [((5,), {})])
def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True,
    dtype: DType | None = None, layout: Layout | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """exp(-|n - center| / tau). center: by default the middle, and only with `sym=False` another.

    >>> torch.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    _positive("exponential", "tau", tau)
    if sym and center is not None:
        raise StateError("Center must be None for symmetric windows", argument="center")

    def form(np: ModuleType, n: Array, steps: int) -> Array:
        return np.exp(-np.abs(n - (steps / 2 if center is None else center)) / tau)

    return _made("exponential", M, sym, form, dtype, layout, device, requires_grad)


@composite(names=("torch.signal.windows.kaiser",), samples=lambda: [((5,), {})])
def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: DType | None = None,
    layout: Layout | None = None, device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The Kaiser window, whose shape `beta` sets.

    >>> torch.signal.windows.kaiser(3, beta=2.)
    tensor([0.4387, 1.0000, 0.4387])
    """
    _positive("kaiser", "beta", beta, zero=True)

    def form(np: ModuleType, n: Array, steps: int) -> Array:
        return np.i0(beta * np.sqrt(1 - (2 * n / steps - 1) ** 2)) / np.i0(beta)

    return _made("kaiser", M, sym, form, dtype, layout, device, requires_grad)
