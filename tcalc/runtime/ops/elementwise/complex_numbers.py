"""Complex numbers and their parts."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base.op import FLOAT, Array
from tcalc.runtime.call.define import composite, kernel, view_op
from tcalc.runtime.ops.elementwise.unary import unary

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


@kernel(name="conj_physical", inplace=True, samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})])
def conjugate(xp: Any, input: Array) -> Array:
    """The complex conjugate in memory of its own.

    >>> conj_physical(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return xp.conjugate(input)


conjugate.vjp(input=lambda g: conjugate(g) if g.dtype.is_complex else g)


@view_op(name="conj", names=(), samples=list)  # fmt: skip
def _conjugate_view(xp: Any, input: Array) -> Any:
    """The memory of a complex tensor, shown conjugated."""
    return Mirror(input, np.conjugate)


_conjugate_view.mirrors = True
_conjugate_view.of_mirror = lambda mirror: mirror.array
_conjugate_view.vjp(input=lambda g: g.conj())


@composite()
def conj(input: Tensor) -> Any:
    """The complex conjugate, as a view: what is written to one shows in the other.

    A real tensor is given back as it is.

    >>> conj(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not input.dtype.is_complex:
        return input
    if not input.is_cpu:
        return conjugate(input)
    return _conjugate_view(input)


@composite()
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself, or where it is a conjugated view, its values in memory of their own.

    >>> tensor([1j]).conj().resolve_conj().is_conj()
    False
    """
    return input.clone() if is_conj(input) else input


@composite(differentiable=False)
def is_conj(input: Tensor) -> bool:
    """Whether the tensor shows memory conjugated.

    >>> is_conj(tensor([1j]).conj())
    True
    """
    return type(input._d) is Mirror and input._d.flip is np.conjugate


@composite()
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself, or where it is a negated view, its values in memory of their own.

    >>> tensor([1j]).conj().imag.resolve_neg()
    tensor([-1.])
    """
    return input.clone() if is_neg(input) else input


@composite(differentiable=False)
def is_neg(input: Tensor) -> bool:
    """Whether the tensor shows memory negated.

    >>> is_neg(tensor([1j]).conj().imag)
    True
    """
    return type(input._d) is Mirror and input._d.flip is np.negative


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
