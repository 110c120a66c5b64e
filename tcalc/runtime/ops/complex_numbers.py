"""Complex numbers and their parts."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any

from tcalc.runtime.op import FLOAT, Array, composite, kernel
from tcalc.runtime.ops.unary import unary

if TYPE_CHECKING:
    from tcalc.runtime.tensor import Tensor


@kernel(names=("torch._conj", "Tensor._conj"), name="conj")
def conjugate(xp: Any, input: Array) -> Array:
    """The complex conjugate."""
    return xp.conjugate(input)


conjugate.vjp(input=lambda g: g.conj())


@composite(aliases=("conj_physical",))
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor is given back as it is.

    >>> conj(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return conjugate(input) if input.dtype.is_complex else input


@composite()
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are always computed here."""
    return input


@composite()
def is_conj(input: Tensor) -> bool:
    """False: conjugates are always computed here.

    >>> is_conj(tensor([1j]).conj())
    False
    """
    return False


def _angle(xp: Any, input: Any) -> Any:
    if input.dtype.kind == "f":
        return xp.where(input != input, input, xp.where(input < 0, cmath.pi, 0.0)).astype(
            input.dtype
        )
    return xp.angle(input).astype(xp.float32 if input.dtype.itemsize == 8 else xp.float64)


def _angle_slope(g: Any, input: Any) -> Any:
    if not input.dtype.is_complex:
        return g._zeros()
    # d angle = Im(conj(z) dz) / |z|^2, and gradients are conjugate.
    size = input.abs()
    size = size.masked_fill(size == 0, 1)
    return g * (input * 1j / size / size)


angle = unary(
    "angle", "The angle of a complex number in radians; pi for negative real numbers.",
    _angle, vjp=_angle_slope, dtype=FLOAT, inplace=False,
    example=("[1., -1.]", "tensor([0.0000, 3.1416])"),
)  # fmt: skip
