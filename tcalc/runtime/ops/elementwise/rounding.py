"""Rounding, signs and magnitudes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.runtime.base.forms import FUNCTION
from tcalc.runtime.base.lossparts import SIZE, is_part
from tcalc.runtime.base.op import FLOAT, SAME, Array
from tcalc.runtime.base.targets import OWN
from tcalc.runtime.call.define import elementwise
from tcalc.runtime.ops.elementwise.arithmetic import _no_zero, div
from tcalc.runtime.ops.elementwise.unary import on_number, unary
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, FLOATS, INTEGERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


def _integral(ufunc: str) -> Callable[[ModuleType, Array], Array]:
    """A rounding kernel: integers are whole already."""

    def kernel(xp: ModuleType, input: Array) -> Array:
        return getattr(xp, ufunc)(input) if input.dtype.char in FLOATS else input.copy()

    return kernel


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: x if isinstance(x, int) or not math.isfinite(x) else float(function(x))


floor = unary(
    "floor", "The largest whole number not above each element.",
    _integral("floor"), vjp=lambda g: g._zeros(), dtype=SAME, installed=True,
    scalar=_whole(math.floor), only="ifu",
    example=("[1.5, -1.5]", "tensor([ 1., -2.])"),
)  # fmt: skip
ceil = unary(
    "ceil", "The smallest whole number not below each element.",
    _integral("ceil"), vjp=lambda g: g._zeros(), dtype=SAME, installed=True,
    scalar=_whole(math.ceil), only="ifu",
    example=("[1.5, -1.5]", "tensor([ 2., -1.])"),
)  # fmt: skip
trunc = unary(
    "trunc", "Each element without its fraction.",
    _integral("trunc"), vjp=lambda g: g._zeros(), dtype=SAME, installed=True,
    scalar=_whole(math.trunc), only="ifu", names=("trunc", "fix"),
    example=("[1.5, -1.5]", "tensor([ 1., -1.])"),
)  # fmt: skip
frac = unary(
    "frac", "The fraction of each element, with its sign.",
    lambda xp, input: input - xp.trunc(input), vjp=lambda g: g, dtype=SAME, installed=True,
    scalar=lambda x: x - math.trunc(x) if math.isfinite(x) else math.nan, only="f",
    example=("[1.5, -2.25]", "tensor([ 0.5000, -0.2500])"),
)  # fmt: skip


@elementwise(inplace=FUNCTION, only="ifu",
             names=("torch.round", "Tensor.round", "torch.special.round"))  # fmt: skip
def round(xp: ModuleType, input: Array, *, decimals: int = 0) -> Array:
    """Each element rounded to `decimals` places, halves to even.

    The dtype stays; integers are whole already.

    >>> round(tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    if input.dtype.char in INTEGERS:
        return input.copy()
    return xp.round(input, decimals)


round.vjp(input=lambda g: g._zeros())


# Of more elements than these the signs are two comparisons.
_FEW = 2048


def _sign_kernel(xp: ModuleType, input: Array) -> Array:
    if input.dtype.char not in FLOATS:
        return input.copy() if input.dtype == bool else xp.sign(input)
    if input.size <= _FEW or not hasattr(input, "view"):  # as what is not computed yet
        result = xp.asarray(xp.sign(input)) if not input.ndim else xp.sign(input)
        result[result != result] = 0  # nan has no sign
        return result
    # Unlike `sign`, comparisons have vector loops.
    return ((input > 0).view(xp.int8) - (input < 0).view(xp.int8)).astype(input.dtype)


def _sign_of(x: float) -> float:
    return (x > 0) - (x < 0) if isinstance(x, int) else float((x > 0) - (x < 0)) if x == x else x


sign = unary(
    "sign", "-1, 0 or 1 by the sign of each element.",
    _sign_kernel, vjp=lambda g: g._zeros(), dtype=SAME, scalar=_sign_of, only="bif",
    example=("[-2., 0., 3.]", "tensor([-1.,  0.,  1.])"),
    installed=True,
)  # fmt: skip


def _sgn_slope(g: Tensor, input: Tensor, out: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return g._zeros()
    size = input.abs()
    flat = size == 0
    return ((g - (g.conj() * out).real * out) / size.masked_fill(flat, 1)).masked_fill(flat, 0)


sgn = unary(
    "sgn", "The sign; of a complex number z, z / |z|.",
    _sign_kernel, vjp=_sgn_slope, dtype=SAME, scalar=_sign_of,
    example=("[-2., 0., 3.]", "tensor([-1.,  0.,  1.])"),
)  # fmt: skip
signbit = unary(
    "signbit", "Whether the sign bit of each element is set.",
    lambda xp, input: xp.signbit(input) if input.dtype.char in FLOATS else input < 0, dtype=SAME,
    inplace=False, scalar=lambda x: math.copysign(1, x) < 0, only="bifu",
    example=("[-0., 1.]", "tensor([ True, False])"),
)  # fmt: skip
abs = unary(
    "abs", "The absolute value; of a complex number, its magnitude as a real number.",
    lambda xp, input: xp.absolute(input), vjp=lambda g, input: g * input.sgn(), dtype=SAME,
    scalar=lambda x: -x if x < 0 else x, names=("abs", "absolute"), installed=True,
    only="ifc",
    example=("[-1., 2.]", "tensor([1., 2.])"),
)  # fmt: skip
is_part(abs, SIZE)


@elementwise(inplace=FUNCTION, only="bifcu", upcast_halves=False)
def nan_to_num(
    xp: ModuleType, input: Array, nan: float | None = None, posinf: float | None = None,
    neginf: float | None = None,
) -> Array:  # fmt: skip
    """The input with nan and infinities replaced: nan by 0, infinities by the dtype's extremes.

    >>> nan_to_num(tensor([nan, 1.]))
    tensor([0., 1.])
    """
    t = dtypes.of(input.dtype)
    if t.category < dtypes.FLOATING:
        return input.copy("K")
    most = t.largest
    number = t.to_real().numpy.type
    edges = [(math.inf, number(most if posinf is None else posinf)),
             (-math.inf, number(-most if neginf is None else neginf))]  # fmt: skip
    out = input.copy("K")
    for part in (out.real, out.imag) if t.is_complex else (out,):
        infinities = [(part == edge, replacement) for edge, replacement in edges]
        part[part != part] = number(0.0 if nan is None else nan)
        for where, replacement in infinities:
            part[where] = replacement
    return out


nan_to_num.vjp(input=lambda g, input: g * input.isfinite())


def _fmod(a: float, b: float) -> float:
    if isinstance(a, int) and isinstance(b, int):
        if not b:
            raise ZeroDivisionError("integer modulo by zero")
        return (
            int(math.fmod(a, b))
            if -(2**53) < a < 2**53
            else a - b * (-(-a // b) if (a < 0) != (b < 0) else a // b)
        )
    return on_number(lambda x: math.fmod(x, b))(a)


@elementwise(inplace=True, scalar=_fmod, only="if", installed=True)
def fmod(xp: ModuleType, input: Array, other: Array) -> Array:
    """The remainder of division rounded towards zero: it has the sign of `input`.

    Shapes broadcast; the dtype is the common one.

    >>> fmod(tensor([-3., 5.]), 2)
    tensor([-1.,  1.])
    """
    if input.dtype.char in EXACT:
        _no_zero(xp, other)
    return xp.fmod(input, other)


fmod.vjp(
    input=lambda g: g,
    other=lambda g, input, other: -g * div(input, other, rounding_mode="trunc"),
)


@elementwise(dtype=FLOAT, inplace=True, scalar=math.copysign, only="bif")
def copysign(xp: ModuleType, input: Array, other: Array) -> Array:
    """The magnitude of `input` with the sign of `other`.

    Shapes broadcast; integers give the default dtype.

    >>> copysign(tensor([1., 2.]), tensor([-1., 1.]))
    tensor([-1.,  2.])
    """
    return xp.copysign(input, other)


copysign.vjp(
    input=lambda g, input, out: g * input.sign() * out.sign(),
    other=lambda g: g._zeros(),
)


@elementwise(inplace=True, scalar=math.nextafter, only="f")
def nextafter(xp: ModuleType, input: Array, other: Array) -> Array:
    """The next number after `input` towards `other`.

    >>> nextafter(tensor([1.]), tensor([2.])) > 1
    tensor([True])
    """
    return xp.nextafter(input, other)


nextafter.vjp(input=lambda g, input, other: g * (input != other), other=lambda g: g._zeros())


@elementwise(inplace=FUNCTION, differentiable=False, scalar=math.gcd, only="i")
def gcd(xp: ModuleType, input: Array, other: Array) -> Array:
    """The greatest common divisor of integers.

    >>> gcd(tensor([12, 18]), tensor([8]))
    tensor([4, 2])
    """
    return xp.gcd(input, other)


@elementwise(inplace=FUNCTION, differentiable=False, scalar=math.lcm, only="i")
def lcm(xp: ModuleType, input: Array, other: Array) -> Array:
    """The least common multiple of integers.

    >>> lcm(tensor([4, 6]), tensor([10]))
    tensor([20, 30])
    """
    return xp.lcm(input, other)


def _heaviside_edge(a: float, b: float) -> float:
    return b if a == 0 else type(b)(a > 0)


@elementwise(inplace=True, differentiable=False, scalar=_heaviside_edge, only="bif")
def heaviside(xp: ModuleType, input: Array, values: Array) -> Array:
    """0 below zero, 1 above, and `values` at zero.

    Shapes broadcast; both of one dtype.

    >>> heaviside(tensor([-1., 0., 2.]), tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return xp.where(input == 0, values, input > 0).astype(input.dtype, copy=False)


heaviside.outs = nan_to_num.outs = round.outs = OWN


for _op in (abs, ceil, floor, frac, nan_to_num, round, sgn, sign, signbit, trunc):
    _op.keeps_zero = True
