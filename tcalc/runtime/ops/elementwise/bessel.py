"""Bessel functions, from SciPy (or CuPy's copy of it); as PyTorch's, they have no gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.runtime.arrays.numbers import between
from tcalc.runtime.ops.elementwise.special import scipys
from tcalc.runtime.ops.elementwise.unary import unary

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# PyTorch's name, SciPy's, what it is, its value at 1.
_FUNCTIONS = (
    ("bessel_j0", "j0", "The Bessel function of the first kind, order 0.", "0.7652"),
    ("bessel_j1", "j1", "The Bessel function of the first kind, order 1.", "0.4401"),
    ("bessel_y0", "y0", "The Bessel function of the second kind, order 0; -inf at 0, nan below.",
     "0.0883"),
    ("bessel_y1", "y1", "The Bessel function of the second kind, order 1; -inf at 0, nan below.",
     "-0.7812"),
    ("modified_bessel_i0", "i0", "The modified Bessel function of the first kind, order 0.",
     "1.2661"),
    ("modified_bessel_i1", "i1", "The modified Bessel function of the first kind, order 1.",
     "0.5652"),
    ("modified_bessel_k0", "k0",
     "The modified Bessel function of the second kind, order 0; inf at 0, nan below.", "0.4210"),
    ("modified_bessel_k1", "k1",
     "The modified Bessel function of the second kind, order 1; inf at 0, nan below.", "0.6019"),
    ("scaled_modified_bessel_k0", "k0e", "modified_bessel_k0 scaled by exp(input).", "1.1445"),
    ("scaled_modified_bessel_k1", "k1e", "modified_bessel_k1 scaled by exp(input).", "1.6362"),
)  # fmt: skip

for _name, _scipys, _doc, _shown in _FUNCTIONS:
    unary(
        _name, _doc, scipys(_scipys), names=(f"torch.special.{_name}",), inplace=False, only="bif",
        domain=(0.5, None), example=("[1.]", f"tensor([{_shown}])"),
    )  # fmt: skip


def _spherical(xp: ModuleType, input: Array) -> Array:
    small = xp.abs(input) < 0.5
    square = input * input
    # Beyond, sin(x) / x has all its digits; here its series does, so far in double.
    series = xp.ones_like(input)
    for k in (156, 110, 72, 42, 20, 6):
        series = 1 - square / k * series
    quotient = xp.sin(input) / xp.where(small, xp.ones_like(input), input)
    quotient = xp.where(xp.isinf(input), xp.zeros_like(input), quotient)
    return xp.where(small, series, quotient).astype(input.dtype, copy=False)


spherical_bessel_j0 = unary(
    "spherical_bessel_j0", "The spherical Bessel function of the first kind, order 0: sin(x) / x.",
    _spherical, names=("torch.special.spherical_bessel_j0",), inplace=False, only="bif",
    example=("[0., 1.]", "tensor([1.0000, 0.8415])"),
)  # fmt: skip
_airy = scipys("airy")
# Beyond SciPy's is nan: above where it has long been 0, below where it is its wave.
_AIRY_FROM, _AIRY_TO = -1e6, 1e4


def _airy_ai(xp: ModuleType, input: Array) -> Array:
    is_far = (input < _AIRY_FROM) & ~xp.isinf(input)
    # Of infinities it is nan, as PyTorch's.
    near = xp.where(xp.isinf(input), input, between(xp, input, _AIRY_FROM, _AIRY_TO))
    found = _airy(xp, near.astype(input.dtype, copy=False))
    if not is_far.any():
        return found
    size = xp.where(is_far, -input.astype(xp.float64), -_AIRY_FROM)
    angle = 2 * size * xp.sqrt(size) / 3
    wave = xp.sin(angle + math.pi / 4) / (math.sqrt(math.pi) * xp.sqrt(xp.sqrt(size)))
    return xp.where(is_far, wave.astype(input.dtype), found)


airy_ai = unary(
    "airy_ai", "The Airy function Ai.",
    _airy_ai,
    names=("torch.special.airy_ai",), inplace=False, only="bif",
    example=("[0., 1.]", "tensor([0.3550, 0.1353])"),
)  # fmt: skip
erfcx = unary(
    "erfcx", "erfc scaled by exp(input ** 2).",
    scipys("erfcx"),
    vjp=lambda g, input, out: g * (2 * input * out - 2 / math.sqrt(math.pi)),
    names=("torch.special.erfcx",), inplace=False, only="bif",
    example=("[0., 1.]", "tensor([1.0000, 0.4276])"),
)  # fmt: skip
