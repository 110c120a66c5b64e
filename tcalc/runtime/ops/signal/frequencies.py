"""The frequencies of Fourier transforms, and the order in which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Device, DType, Ints, Layout
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


def placed(array: Array, dtype: dtypes.dtype | None, device: object, requires_grad: bool) -> Tensor:
    """A new tensor of the dtype, the default dtype unless given, on a device."""
    from tcalc.runtime.ops.create.creation import place

    t = dtype or dtypes.default.value
    return place(array.astype(t.numpy), device, requires_grad)


def _count(n: int) -> int:
    if n < 0:
        raise StateError(f"the number of points cannot be negative: {n}", argument="n")
    return n


@composite(names=("torch.fft.fftfreq",), samples=lambda: [((5,), {}), ((4, 0.5), {})])
def fftfreq(
    n: int, d: float = 1.0, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None,
) -> Tensor:  # fmt: skip
    """The frequencies of `fft`'s result for n points at a distance d, in its order.

    >>> fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    import numpy as np

    n = _count(n)
    memory.check(n * 32, f"{n} frequencies")
    steps = np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)])
    return placed(steps / (n * d) if n else steps, dtype, device, requires_grad)


@composite(names=("torch.fft.rfftfreq",), samples=lambda: [((5,), {}), ((4, 0.5), {})])
def rfftfreq(
    n: int, d: float = 1.0, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None,
) -> Tensor:  # fmt: skip
    """The frequencies of `rfft`'s result for n points at a distance d.

    >>> fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    import numpy as np

    n = _count(n)
    memory.check(n * 32, f"{n} frequencies")
    steps = np.arange(n // 2 + 1)
    return placed(steps / (n * d) if n else steps, dtype, device, requires_grad)


def _rolled(
    xp: ModuleType, input: Array, dim: int | tuple[int, ...] | None, inverse: bool
) -> Array:
    dims = wrap_dims(dim, input.ndim)
    shifts = [(input.shape[d] + inverse) // 2 for d in dims]
    return laid_in_order(xp.roll(input, shifts, dims))


@kernel(moves=True, names=("torch.fft.fftshift",), node_name="RollBackward0")
def fftshift(xp: ModuleType, input: Array, dim: Ints | None = None) -> Array:
    """The spectrum with frequency 0 in the middle of each dimension, of `dim` if given.

    >>> fft.fftshift(tensor([0, 1, 2, -2, -1]))
    tensor([-2, -1,  0,  1,  2])
    """
    return _rolled(xp, input, dim, False)


@kernel(moves=True, names=("torch.fft.ifftshift",), node_name="RollBackward0")
def ifftshift(xp: ModuleType, input: Array, dim: Ints | None = None) -> Array:
    """What `fftshift` moved, moved back.

    >>> fft.ifftshift(tensor([-2, -1, 0, 1, 2]))
    tensor([ 0,  1,  2, -2, -1])
    """
    return _rolled(xp, input, dim, True)


fftshift.vjp(input=lambda g, dim: ifftshift(g, dim))
ifftshift.vjp(input=lambda g, dim: fftshift(g, dim))


# -- batches ----------------------------------------------------------------------------------

for _op in (fftshift, ifftshift):
    _op.batch = over("dim")
