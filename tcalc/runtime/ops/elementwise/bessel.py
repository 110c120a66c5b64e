"""Bessel functions, from SciPy (or CuPy's copy of it); as PyTorch's, they have no gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.runtime.arrays.numbers import between
from tcalc.runtime.ops.elementwise.special import scipys
from tcalc.runtime.ops.elementwise.unary import unary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# By order, the numerator and the denominator of the amplitudes of the cosine and of the sine beyond 5, as
# polynomials of 25 / x ** 2: Cephes's. The last lacks the leading 1 that it has there, as PyTorch's does,
# whose digits are off by up to 9e-7 between 5 and 6.
_AMPLITUDES = (
    (
        (7.96936729297347051624e-04, 8.28352392107440799803e-02, 1.23953371646414299388e00,
         5.44725003058768775090e00, 8.74716500199817011941e00, 5.30324038235394892183e00,
         9.99999999999999997821e-01),
        (9.24408810558863637013e-04, 8.56288474354474431428e-02, 1.25352743901058953537e00,
         5.47097740330417105182e00, 8.76190883237069594232e00, 5.30605288235394617618e00,
         1.00000000000000000218e00),
        (-1.13663838898469149931e-02, -1.28252718670509318512e00, -1.95539544257735972385e01,
         -9.32060152123768231369e01, -1.77681167980488050595e02, -1.47077505154951170175e02,
         -5.14105326766599330220e01, -6.05014350600728481186e00),
        (6.43178256118178023184e01, 8.56430025976980587198e02, 3.88240183605401609683e03,
         7.24046774195652478189e03, 5.93072701187316984827e03, 2.06209331660327847417e03,
         2.42005740240291393179e02),
    ),
    (
        (7.62125616208173112003e-04, 7.31397056940917570436e-02, 1.12719608129684925192e00,
         5.11207951146807644818e00, 8.42404590141772420927e00, 5.21451598682361504063e00,
         1.00000000000000000254e00),
        (5.71323128072548699714e-04, 6.88455908754495404082e-02, 1.10514232634061696926e00,
         5.07386386128601488557e00, 8.39985554327604159757e00, 5.20982848682361821619e00,
         9.99999999999999997461e-01),
        (5.10862594750176621635e-02, 4.98213872951233449420e00, 7.58238284132545283818e01,
         3.66779609360150777800e02, 7.10856304998926107277e02, 5.97489612400613639965e02,
         2.11688757100572135698e02, 2.52070205858023719784e01),
        (7.42373277035675149943e01, 1.05644886038262816351e03, 4.98641058337653607651e03,
         9.56231892404756170795e03, 7.99704160447350683650e03, 2.82619278517639096600e03,
         3.36093607810698293419e02),
    ),
)  # fmt: skip


def _of_order(order: int, second: bool) -> Callable[[ModuleType, Array], Array]:
    """The kernel of a Bessel function; doubles beyond 5 have the digits that PyTorch's have there."""
    near = scipys(f"{'jy'[second]}{order}")

    def kernel(xp: ModuleType, input: Array) -> Array:
        found = near(xp, input)
        if input.dtype != xp.float64:
            return found
        size = input if second else xp.abs(input)
        far = size > 5
        x = xp.where(far, size, 6.0)
        p, over_p, q, over_q = (xp.polyval(xp.asarray(c), 25 / (x * x)) for c in _AMPLITUDES[order])
        p, q = p / over_p, 5 / x * (q / over_q)
        turned = x - (2 * order + 1) * math.pi / 4
        cosine, sine = xp.cos(turned), xp.sin(turned)
        wave = p * sine + q * cosine if second else p * cosine - q * sine
        if order and not second:
            wave = wave * xp.sign(input)
        return xp.where(far, wave * math.sqrt(2 / math.pi) / xp.sqrt(x), found)

    return kernel


# PyTorch's name, its kernel, what it is, its value at 1.
_FUNCTIONS = (
    ("bessel_j0", _of_order(0, False), "The Bessel function of the first kind, order 0.", "0.7652"),
    ("bessel_j1", _of_order(1, False), "The Bessel function of the first kind, order 1.", "0.4401"),
    ("bessel_y0", _of_order(0, True),
     "The Bessel function of the second kind, order 0; -inf at 0, nan below.", "0.0883"),
    ("bessel_y1", _of_order(1, True),
     "The Bessel function of the second kind, order 1; -inf at 0, nan below.", "-0.7812"),
    ("modified_bessel_i0", scipys("i0"), "The modified Bessel function of the first kind, order 0.",
     "1.2661"),
    ("modified_bessel_i1", scipys("i1"), "The modified Bessel function of the first kind, order 1.",
     "0.5652"),
    ("modified_bessel_k0", scipys("k0"),
     "The modified Bessel function of the second kind, order 0; inf at 0, nan below.", "0.4210"),
    ("modified_bessel_k1", scipys("k1"),
     "The modified Bessel function of the second kind, order 1; inf at 0, nan below.", "0.6019"),
    ("scaled_modified_bessel_k0", scipys("k0e"), "modified_bessel_k0 scaled by exp(input).", "1.1445"),
    ("scaled_modified_bessel_k1", scipys("k1e"), "modified_bessel_k1 scaled by exp(input).", "1.6362"),
)  # fmt: skip

for _name, _kernel, _doc, _shown in _FUNCTIONS:
    unary(
        _name, _doc, _kernel, names=(f"torch.special.{_name}",), inplace=False, only="bif",
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
