"""Trigonometric and hyperbolic functions; angles are in radians."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.op import FLOAT, Array
from tcalc.runtime.call.define import elementwise
from tcalc.runtime.ops.elementwise.unary import INF, on_number, unary

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

sin = unary(
    "sin", "The sine of an angle in radians.",
    lambda xp, input: xp.sin(input),
    vjp=lambda g, input: g * input.cos(),
    scalar=on_number(math.sin),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 0.8415])"),
    installed=True,
)  # fmt: skip
cos = unary(
    "cos", "The cosine of an angle in radians.",
    lambda xp, input: xp.cos(input),
    vjp=lambda g, input: -g * input.sin(),
    scalar=on_number(math.cos),
    holomorphic=True,
    example=("[0., 1.]", "tensor([1.0000, 0.5403])"),
    installed=True,
)  # fmt: skip
tan = unary(
    "tan", "The tangent of an angle in radians.",
    lambda xp, input: xp.tan(input),
    vjp=lambda g, out: g * (1 + (out * out)),
    scalar=on_number(math.tan),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 1.5574])"),
    installed=True, doubled=True,
)  # fmt: skip
asin = unary(
    "asin", "The arc sine in radians; outside -1 to 1 it is nan.",
    lambda xp, input: xp.arcsin(input),
    vjp=lambda g, input: g * ((1 - input * input).rsqrt()),
    scalar=on_number(math.asin), domain=(-1, 1), names=("asin", "arcsin"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 1.5708])"),
    installed=True,
)  # fmt: skip
acos = unary(
    "acos", "The arc cosine in radians; outside -1 to 1 it is nan.",
    lambda xp, input: xp.arccos(input),
    vjp=lambda g, input: -g * ((1 - input * input).rsqrt()),
    scalar=on_number(math.acos), domain=(-1, 1), names=("acos", "arccos"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([1.5708, 0.0000])"),
    installed=True,
)  # fmt: skip
atan = unary(
    "atan", "The arc tangent in radians.",
    lambda xp, input: xp.arctan(input),
    vjp=lambda g, input: g / (input * input + 1),
    scalar=on_number(math.atan), names=("atan", "arctan"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 0.7854])"),
    installed=True,
)  # fmt: skip
sinh = unary(
    "sinh", "The hyperbolic sine.",
    lambda xp, input: xp.sinh(input),
    vjp=lambda g, input: g * input.cosh(),
    scalar=lambda x: on_number(math.sinh, overflow=math.copysign(INF, x))(x),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 1.1752])"),
    installed=True,
)  # fmt: skip
cosh = unary(
    "cosh", "The hyperbolic cosine.",
    lambda xp, input: xp.cosh(input),
    vjp=lambda g, input: g * input.sinh(),
    scalar=on_number(math.cosh),
    holomorphic=True,
    example=("[0., 1.]", "tensor([1.0000, 1.5431])"),
    installed=True,
)  # fmt: skip
tanh = unary(
    "tanh", "The hyperbolic tangent.",
    lambda xp, input: xp.tanh(input),
    vjp=lambda g, out: g * (1 - (out * out)),
    scalar=on_number(math.tanh), names=("torch.tanh", "Tensor.tanh", "torch.nn.functional.tanh"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 0.7616])"),
    installed=True,
)  # fmt: skip


# Squares of large numbers leave the range of the dtype where the roots do not.
def _asinh_slope(g: Tensor, input: Tensor) -> Tensor:
    if input.dtype.is_complex:
        return g * (input * input + 1).rsqrt()
    return g / input.hypot(1.0)


def _acosh_slope(g: Tensor, input: Tensor) -> Tensor:
    if input.dtype.is_complex:
        return g * (input * input - 1).rsqrt()
    size = input.abs()
    return g * (size - 1).rsqrt() * (size + 1).rsqrt()


asinh = unary(
    "asinh", "The inverse hyperbolic sine.",
    lambda xp, input: xp.arcsinh(input),
    vjp=_asinh_slope,
    scalar=on_number(math.asinh), names=("asinh", "arcsinh"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 0.8814])"),
    installed=True,
)  # fmt: skip
acosh = unary(
    "acosh", "The inverse hyperbolic cosine; below 1 it is nan.",
    lambda xp, input: xp.arccosh(input),
    vjp=_acosh_slope,
    scalar=on_number(math.acosh), domain=(1, None), names=("acosh", "arccosh"),
    holomorphic=True,
    example=("[1., 2.]", "tensor([0.0000, 1.3170])"),
    installed=True,
)  # fmt: skip
atanh = unary(
    "atanh", "The inverse hyperbolic tangent; inf at 1, nan beyond.",
    lambda xp, input: xp.arctanh(input),
    vjp=lambda g, input: g / (1 - input * input),
    scalar=on_number(math.atanh, {1: INF, -1: -INF}), domain=(-1, 1),
    names=("atanh", "arctanh"),
    holomorphic=True,
    example=("[0., 0.5]", "tensor([0.0000, 0.5493])"),
    installed=True,
)  # fmt: skip
deg2rad = unary(
    "deg2rad", "Degrees as radians.",
    lambda xp, input: input * (math.pi / 180),
    vjp=lambda g: g * (math.pi / 180),
    scalar=math.radians, only="bif",
    holomorphic=True,
    example=("[180., 90.]", "tensor([3.1416, 1.5708])"),
)  # fmt: skip
rad2deg = unary(
    "rad2deg", "Radians as degrees.",
    lambda xp, input: input * (180 / math.pi),
    vjp=lambda g: g * (180 / math.pi),
    scalar=math.degrees, only="bif",
    holomorphic=True,
    example=("[0., 3.1416]", "tensor([  0.0000, 180.0004])"),
)  # fmt: skip


def _sinc_slope(g: Tensor, input: Any) -> Tensor:
    from tcalc.runtime.ops.elementwise.selection import where

    angle = input * math.pi
    square = angle * input
    slope = (angle * angle.cos() - angle.sin()) / square
    return where(square == 0, 0.0, g * slope)


sinc = unary(
    "sinc", "sin(pi x) / (pi x), and 1 at 0.",
    lambda xp, input: xp.sinc(input),
    vjp=_sinc_slope,
    scalar=lambda x: on_number(math.sin)(math.pi * x) / (math.pi * x) if x else 1.0,
    names=("torch.sinc", "Tensor.sinc", "torch.special.sinc"),
    holomorphic=True,
    example=("[0., 0.5]", "tensor([1.0000, 0.6366])"),
)  # fmt: skip


@elementwise(
    dtype=FLOAT, inplace=True, names=("atan2", "arctan2"), scalar=math.atan2, only="bif",
    installed=True, doubled=True,
)  # fmt: skip
def atan2(xp: ModuleType, input: Array, other: Array) -> Array:
    """The angle of the point (other, input) in radians, from -pi to pi.

    Shapes broadcast; integers give the default dtype.

    >>> atan2(tensor([1.]), tensor([-1.]))
    tensor([2.3562])
    """
    return xp.arctan2(input, other)


def _radius(input: Tensor, other: object) -> Tensor:
    """The distance from the origin, and 1 there: its gradient is 0."""
    radius = input.hypot(other)
    return radius.masked_fill(radius == 0, 1)


def _atan2_back(
    g: Tensor, needs: tuple[bool, ...], input: Tensor, other: object
) -> tuple[Tensor | None, Tensor | None]:
    radius = _radius(input, other)
    return (
        g * (other / radius / radius) if needs[0] else None,
        g * (-input / radius / radius) if needs[1] else None,
    )


atan2.vjps_of("input", "other")(_atan2_back)


for _op in (asin, asinh, atan, atanh, deg2rad, rad2deg, sin, sinh, tan, tanh):
    _op.keeps_zero = True
