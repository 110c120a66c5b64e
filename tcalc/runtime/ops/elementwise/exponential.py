"""Exponentials, logarithms, powers and roots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError
from tcalc.runtime.base.forms import FUNCTION
from tcalc.runtime.base.lossparts import SIZE, is_part
from tcalc.runtime.base.op import FLOAT, Array, Data, on_a_copy
from tcalc.runtime.base.targets import OWN
from tcalc.runtime.call.define import composite, elementwise
from tcalc.runtime.ops.elementwise.arithmetic import pow_by_exponent, pow_by_input
from tcalc.runtime.ops.elementwise.unary import INF, NAN, on_number, unary
from tcalc.runtime.types.codes import COMPLEXES
from tcalc.runtime.types.dtypes import complex128, float64

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Scalar
    from tcalc.runtime.tensor.tensor import Tensor

LN2 = math.log(2)
LN10 = math.log(10)

exp = unary(
    "exp", "e to the power of each element.",
    lambda xp, input: xp.exp(input),
    vjp=lambda g, out: g * out,
    scalar=on_number(math.exp), domain=(None, 20),
    holomorphic=True,
    example=("[0., 1.]", "tensor([1.0000, 2.7183])"),
    installed=True, doubled=True,
)  # fmt: skip
exp2 = unary(
    "exp2", "2 to the power of each element.",
    lambda xp, input: xp.exp2(input) if input.dtype.char not in COMPLEXES else xp.exp(input * LN2),
    vjp=lambda g, out: g * out * LN2,
    scalar=on_number(lambda x: 2.0**x), names=("torch.exp2", "Tensor.exp2", "torch.special.exp2"),
    holomorphic=True,
    example=("[0., 3.]", "tensor([1., 8.])"),
    installed=True,
)  # fmt: skip
expm1 = unary(
    "expm1", "e to the power of each element, less 1; exact near 0.",
    lambda xp, input: xp.expm1(input),
    vjp=lambda g, out: g * (out + 1),
    scalar=on_number(math.expm1), names=("torch.expm1", "Tensor.expm1", "torch.special.expm1"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 1.7183])"),
    installed=True, doubled=True,
)  # fmt: skip
log = unary(
    "log", "The natural logarithm; log(0) is -inf, below 0 it is nan.",
    lambda xp, input: xp.log(input),
    vjp=lambda g, input: g / input,
    scalar=on_number(math.log, {0: -INF}), domain=(0, None),
    holomorphic=True,
    example=("[1., 10.]", "tensor([0.0000, 2.3026])"),
    installed=True, doubled=True,
)  # fmt: skip
log2 = unary(
    "log2", "The logarithm to base 2; log2(0) is -inf, below 0 it is nan.",
    lambda xp, input: xp.log2(input),
    vjp=lambda g, input: g / (input * LN2),
    scalar=on_number(math.log2, {0: -INF}), domain=(0, None),
    holomorphic=True,
    example=("[1., 8.]", "tensor([0., 3.])"),
    installed=True,
)  # fmt: skip
log10 = unary(
    "log10", "The logarithm to base 10; log10(0) is -inf, below 0 it is nan.",
    lambda xp, input: xp.log10(input),
    vjp=lambda g, input: g / (input * LN10),
    scalar=on_number(math.log10, {0: -INF}), domain=(0, None),
    holomorphic=True,
    example=("[1., 5.]", "tensor([0.0000, 0.6990])"),
    installed=True, doubled=True,
)  # fmt: skip
log1p = unary(
    "log1p", "The natural logarithm of 1 + input; exact near 0.",
    lambda xp, input: xp.log1p(input),
    vjp=lambda g, input: g / (input + 1),
    scalar=on_number(math.log1p, {-1: -INF}), domain=(-1, None), names=("torch.log1p", "Tensor.log1p", "torch.special.log1p"),
    holomorphic=True,
    example=("[0., 1.]", "tensor([0.0000, 0.6931])"),
    installed=True,
)  # fmt: skip
sqrt = unary(
    "sqrt", "The square root; below 0 it is nan.",
    lambda xp, input: xp.sqrt(input),
    vjp=lambda g, out: g / (out * 2),
    scalar=on_number(math.sqrt), domain=(0, None),
    holomorphic=True, installed=True,
    example=("[4., 2.]", "tensor([2.0000, 1.4142])"),
)  # fmt: skip
rsqrt = unary(
    "rsqrt", "The reciprocal of the square root; rsqrt(0) is inf, below 0 it is nan.",
    lambda xp, input: xp.reciprocal(xp.sqrt(input)),
    vjp=lambda g, out: g * -0.5 * out * out * out,
    scalar=on_number(lambda x: 1 / math.sqrt(x) if x else INF), domain=(0, None),
    holomorphic=True,
    example=("[4., 0.25]", "tensor([0.5000, 2.0000])"),
    installed=True,
)  # fmt: skip
square = unary(
    "square", "Each element times itself.",
    lambda xp, input: xp.multiply(input, input, dtype=xp.int64 if input.dtype == bool else None),
    vjp=lambda g, input: g * (input * 2),
    dtype="same", scalar=lambda x: x * x, node_name="PowBackward0",
    holomorphic=True, installed=True,
    example=("[2., 3.]", "tensor([4., 9.])"),
)  # fmt: skip
is_part(square, SIZE)
reciprocal = unary(
    "reciprocal", "One divided by each element; of 0 it is inf.",
    lambda xp, input: xp.true_divide(1, input),
    vjp=lambda g, out: -g * out * out,
    scalar=lambda x: 1 / x if x else math.copysign(INF, x),
    holomorphic=True,
    example=("[2., 4.]", "tensor([0.5000, 0.2500])"),
    installed=True,
)  # fmt: skip


@elementwise(only="fc", holomorphic=True)
def logaddexp(xp: ModuleType, input: Array, other: Array) -> Array:
    """log(exp(input) + exp(other)), without overflow.

    Shapes broadcast; floating or complex dtypes.

    >>> logaddexp(tensor([0.]), tensor([0.]))
    tensor([0.6931])
    """
    if input.dtype.char in COMPLEXES:
        ahead = input.real >= other.real
        most, least = xp.where(ahead, input, other), xp.where(ahead, other, input)
        return most + xp.log1p(xp.exp(least - most))
    return xp.logaddexp(input, other)


# From the inputs: beside a large output they are lost in its rounding. As PyTorch's, whose second
# derivative is nan where one of them is lost beside the other.
logaddexp.vjp(
    input=lambda g, input, other: g / (1 + (other - input).exp()),
    other=lambda g, input, other: g / (1 + (input - other).exp()),
)


@elementwise(only="f")
def logaddexp2(xp: ModuleType, input: Array, other: Array) -> Array:
    """log2(2**input + 2**other), without overflow.

    Shapes broadcast; floating dtypes.

    >>> logaddexp2(tensor([0.]), tensor([0.]))
    tensor([1.])
    """
    if input.dtype == xp.float32:  # next to 0 no digit of it would be right
        return xp.logaddexp2(input.astype(xp.float64), other).astype(input.dtype)
    return xp.logaddexp2(input, other)


logaddexp2.vjp(
    input=lambda g, input, other: g / (1 + (other - input).exp2()),
    other=lambda g, input, other: g / (1 + (input - other).exp2()),
)


def _xlogy(a: float, b: float) -> float:
    if b != b:
        return NAN
    return 0.0 if a == 0 else a * log.scalar(b)  # type: ignore[misc]  # log has one


@elementwise(dtype=FLOAT, inplace=FUNCTION, scalar=_xlogy, only="bif", domain=(0, None), installed=True,
             names=("torch.xlogy", "Tensor.xlogy", "torch.special.xlogy"))  # fmt: skip
def xlogy(xp: ModuleType, input: Array, other: Array) -> Array:
    """input * log(other), and 0 where input is 0 (unless other is nan).

    Shapes broadcast; integers give the default dtype.

    >>> xlogy(tensor([0., 2.]), tensor([0., 1.]))
    tensor([0., 0.])
    """
    product = input * log.kernel(xp, other)
    return xp.where((input == 0) & ~xp.isnan(other), 0, product).astype(product.dtype)


def _times_log(g: Tensor, input: Any, other: Tensor | float) -> Tensor:
    from tcalc.runtime.ops.elementwise.selection import where

    if not hasattr(other, "_a"):
        other = input._ones() * other
    return where((input == 0) & (other <= 0), 0.0, xlogy(g, other))


xlogy.digits = ("other",)
xlogy.vjp(input=_times_log, other=lambda g, input, other: g * (input / other))


@elementwise(inplace=True, only="f")
def hypot(xp: ModuleType, input: Array, other: Array) -> Array:
    """sqrt(input**2 + other**2), without overflow.

    Shapes broadcast; floating dtypes.

    >>> hypot(tensor([3.]), tensor([4.]))
    tensor([5.])
    """
    return xp.hypot(input, other)


hypot.vjp(
    input=lambda g, input, out: g * (input / out),
    other=lambda g, other, out: g * (other / out),
)


@elementwise(dtype=FLOAT, inplace=FUNCTION, differentiable=True, holomorphic=True)
def ldexp(xp: ModuleType, input: Array, other: Array) -> Array:
    """input * 2**other.

    Shapes broadcast; integers give the default dtype.

    >>> ldexp(tensor([1.]), tensor([3]))
    tensor([8.])
    """
    return input * xp.exp2(other)


ldexp.vjp(
    input=lambda g, other: g * 2.0**other,
    other=lambda g, out: g * out * LN2,
)


@elementwise(dtype=FLOAT, holomorphic=True)
def float_power(xp: ModuleType, input: Array, exponent: Array) -> Array:
    """input to the power exponent, in double.

    Shapes broadcast; the dtype is float64.

    >>> float_power(tensor([2.]), 3)
    tensor([8.], dtype=torch.float64)
    """
    double = xp.complex128 if input.dtype.char in COMPLEXES else xp.float64
    return xp.power(input.astype(double), exponent)


def _double(t: Tensor | Scalar) -> Tensor | Scalar:
    """A tensor in double; a number as it is."""
    if not hasattr(t, "_d"):
        return t
    return t.cdouble() if t.dtype.is_complex else t.double()


float_power.outs = OWN
float_power.vjp(
    input=lambda g, input, exponent: pow_by_input(g, _double(input), _double(exponent)),
    exponent=lambda g, input, exponent, out: pow_by_exponent(
        g, _double(input), _double(exponent), out
    ),
)


@composite(
    names=("Tensor.float_power_",),
    samples=lambda: [(([0.5, 1.5], [2.0, 3.0]), {}, on_a_copy)],
)
def float_power_(input: Tensor, exponent: Data) -> Tensor:
    """float_power in place of the elements, which have to be double already.

    >>> tensor([2.], dtype=float64).float_power_(3)
    tensor([8.], dtype=torch.float64)
    """
    other = getattr(exponent, "dtype", None)
    inexact = other.is_complex if other is not None else isinstance(exponent, complex)
    wanted = complex128 if inexact or input.dtype.is_complex else float64
    if input.dtype is not wanted:
        raise DtypeError(
            f"the base given to float_power_ has dtype {input.dtype.shorthand} but the operation's "
            f"result requires dtype {wanted.shorthand}",
            argument="input", hint=f"convert it with .to({wanted.name})",
        )  # fmt: skip
    return input.pow_(exponent)


for _op in (expm1, log1p, sqrt, square):
    _op.keeps_zero = True
