"""Activation functions of neural networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.arrays.numbers import at_least, at_most, between, number
from tcalc.runtime.base.forms import InPlace
from tcalc.runtime.base.op import Array, Scalar, on_arrays
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.targets import OWN
from tcalc.runtime.call.define import elementwise
from tcalc.runtime.ops.elementwise.selection import gated, select
from tcalc.runtime.ops.elementwise.unary import on_number, unary
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS, UNSIGNED
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def _names(name: str, *more: str) -> tuple[str, ...]:
    return (f"torch.{name}", f"Tensor.{name}", f"torch.nn.functional.{name}", *more)


def _switched(name: str) -> tuple[str]:
    return (f"torch.nn.functional.{name}",)


def _sigmoid(xp: ModuleType, input: Array) -> Array:
    one = number(1, input)
    return one / (one + xp.exp(-input))


def _sigmoid_of(x: float) -> float:
    e = math.exp(-abs(x))
    return 1 / (1 + e) if x >= 0 else e / (1 + e)


def _bent(xp: ModuleType, input: Array, alpha: Scalar, scale: Scalar = 1) -> Array:
    """The input, or alpha * (exp(input / scale) - 1) below 0."""
    zero = number(0, input)
    low = at_most(xp, input, zero)
    low = xp.expm1(low if scale == 1 else low / scale)
    low = low if alpha == 1 else low * alpha
    if -math.inf < alpha < math.inf:  # then it is 0 above 0
        return at_least(xp, input, zero) + low
    return xp.where(input > 0, input, low).astype(input.dtype, copy=False)


sigmoid = unary(
    "sigmoid", "1 / (1 + exp(-input)).",
    _sigmoid,
    vjp=lambda g, out: g * ((1 - out) * out),
    scalar=_sigmoid_of, holomorphic=True,
    names=_names("sigmoid", "torch.special.expit"),
    example=("[0., 2.]", "tensor([0.5000, 0.8808])"),
    installed=True, doubled=True,
)  # fmt: skip
relu = unary(
    "relu", "Each element, or 0 where it is negative.",
    lambda xp, input: at_least(xp, input, number(0, input)),
    vjp=on_arrays(lambda g, out: gated(g, out != 0)), dtype="same",
    scalar=lambda x: x if x > 0 or x != x else x * 0, only="if", names=("torch.relu", "Tensor.relu"), switched=_switched("relu"),
    example=("[-1., 2.]", "tensor([0., 2.])"),
    installed=True,
)  # fmt: skip
logsigmoid = unary(
    "logsigmoid", "The logarithm of the sigmoid, exact at both ends.",
    lambda xp, input: at_most(xp, input, number(0, input)) - xp.log1p(xp.exp(-xp.abs(input))),
    vjp=lambda g, input: g * _logsigmoid_slope(input), inplace=False,
    names=("torch.nn.functional.logsigmoid", "torch.special.log_expit"),
    node_name="LogSigmoidBackward0",
    example=("[0., 2.]", "tensor([-0.6931, -0.1269])"),
    installed=True, doubled=True,
)  # fmt: skip
relu6 = unary(
    "relu6", "Each element, between 0 and 6.",
    lambda xp, input: between(xp, input, 0, 6),
    vjp=on_arrays(lambda g, input: gated(g, ~((input <= 0) | (input >= 6)))), dtype="same",
    scalar=lambda x: min(max(x, 0), 6), names=(), switched=_switched("relu6"),
    node_name="HardtanhBackward0",
    example=("[-1., 2., 8.]", "tensor([0., 2., 6.])"),
    installed=True,
)  # fmt: skip
selu = unary(
    "selu", "scale * (input, or alpha * (exp(input) - 1) below 0), self-normalising.",
    lambda xp, input: SELU_SCALE * _bent(xp, input, SELU_ALPHA),
    vjp=lambda g, input: g * _elu_slope(input, SELU_SCALE, SELU_ALPHA),
    names=("torch.selu",), switched=_switched("selu"), node_name="EluBackward0",
    example=("[-1., 2.]", "tensor([-1.1113,  2.1014])"),
    installed=True, doubled=True,
)  # fmt: skip
silu = unary(
    "silu", "input * sigmoid(input), also called swish.",
    lambda xp, input: input * _sigmoid(xp, input),
    vjp=lambda g, input: g * _silu_slope(input),
    scalar=lambda x: x * _sigmoid_of(x), names=(), switched=_switched("silu"),
    example=("[-1., 2.]", "tensor([-0.2689,  1.7616])"),
    installed=True, doubled=True,
)  # fmt: skip
mish = unary(
    "mish", "input * tanh(softplus(input)).",
    # Where exp is infinite, tanh of that is 1.
    lambda xp, input: input * xp.tanh(xp.log1p(xp.exp(input))),
    vjp=lambda g, input: g * _mish_slope(input),
    names=(), switched=_switched("mish"),
    example=("[-1., 2.]", "tensor([-0.3034,  1.9440])"),
    installed=True, doubled=True,
)  # fmt: skip
softsign = unary(
    "softsign", "input / (1 + |input|).",
    lambda xp, input: input / (number(1, input) + xp.abs(input)),
    vjp=lambda g, input: _softsign_slope(g, input), inplace=False,
    scalar=lambda x: x / (1 + abs(x)), names=("torch.nn.functional.softsign",),
    node_name="DivBackward0",
    example=("[-1., 2.]", "tensor([-0.5000,  0.6667])"),
    installed=True,
)  # fmt: skip
tanhshrink = unary(
    "tanhshrink", "input - tanh(input).",
    lambda xp, input: input - xp.tanh(input),
    vjp=lambda g, input: g * input.tanh() ** 2, inplace=False, holomorphic=True,
    scalar=on_number(lambda x: x - math.tanh(x)), names=("torch.nn.functional.tanhshrink",),
    node_name="SubBackward0",
    example=("[-1., 2.]", "tensor([-0.2384,  1.0360])"),
    installed=True, doubled=True,
)  # fmt: skip
hardsigmoid = unary(
    "hardsigmoid", "clamp(input + 3, 0, 6) / 6, straight lines like a sigmoid.",
    lambda xp, input: (between(xp, input + 3, 0, 6) / 6).astype(input.dtype, copy=False),
    vjp=on_arrays(lambda g, input: gated(g, (input > -3) & (input < 3)) / 6),
    names=(), switched=_switched("hardsigmoid"),
    example=("[-4., 0., 2.]", "tensor([0.0000, 0.5000, 0.8333])"),
    installed=True,
)  # fmt: skip
hardswish = unary(
    "hardswish", "input * clamp(input + 3, 0, 6) / 6.",
    lambda xp, input: input * between(xp, input + 3, 0, 6) / 6,
    vjp=lambda g, input: _hardswish_slope(g, input),
    names=(), switched=_switched("hardswish"),
    example=("[-4., 0., 2.]", "tensor([-0.0000, 0.0000, 1.6667])"),
    installed=True,
)  # fmt: skip


def _logistic(input: Tensor) -> Tensor:
    """sigmoid, of whose small values no exponential leaves the range."""
    low, high = input.clamp(max=0).exp(), (-input.clamp(min=0)).exp()
    return select(input < 0, low / (1 + low), 1 / (1 + high))


def _logsigmoid_slope(input: Tensor) -> Tensor:
    return (-input).sigmoid() if input.dtype.is_complex else _logistic(-input)


def _softsign_slope(g: Tensor, input: Tensor) -> Tensor:
    whole = 1 + input.abs()
    if input.is_complex():  # a magnitude has no complex derivative
        return g / whole - input.sgn() * ((g * input.conj()).real / whole / whole)
    return g / whole / whole  # the square leaves the range first


def _elu_slope(input: Tensor, scale: float, alpha: float) -> Tensor:
    return select(input <= 0, input.clamp(max=0).exp() * (scale * alpha), scale)


def _silu_slope(input: Tensor) -> Tensor:
    s = input.sigmoid()
    return s * (1 + input * (1 - s))


def _mish_slope(input: Tensor) -> Tensor:
    t = input.exp().log1p().tanh()
    t = select(input > 20, 1.0, t)
    return t + input * input.sigmoid() * (1 - t * t)


def _hardswish_slope(g: Tensor, input: Tensor) -> Tensor:
    return select(input <= -3, 0.0, select(input < 3, g * (input / 3 + 0.5), g))


@elementwise(names=(), inplace=True, switched=_switched("leaky_relu"), installed=True)
def leaky_relu(xp: ModuleType, input: Array, negative_slope: Scalar = 0.01) -> Array:
    """Each element, times `negative_slope` where it is negative.

    >>> nn.functional.leaky_relu(tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    below = input * negative_slope
    if negative_slope > 1:
        return xp.minimum(input, below)
    if negative_slope > 0:
        return xp.maximum(input, below)
    return xp.where(input > 0, input, below).astype(input.dtype, copy=False)


leaky_relu.vjp(
    input=lambda g, input, negative_slope: select(input > 0, g, g * negative_slope),
)
leaky_relu.ties = ("input",)


@elementwise(names=(), inplace=True, switched=_switched("elu"), installed=True, doubled=True)
def elu(xp: ModuleType, input: Array, alpha: Scalar = 1.0) -> Array:
    """Each element, or alpha * (exp(input) - 1) where it is negative.

    >>> nn.functional.elu(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return _bent(xp, input, alpha)


elu.vjp(input=lambda g, input, alpha: g * _elu_slope(input, 1.0, alpha))


@elementwise(names=("torch.celu",), inplace=True, switched=_switched("celu"), installed=True,
             doubled=True)  # fmt: skip
def celu(xp: ModuleType, input: Array, alpha: Scalar = 1.0) -> Array:
    """Each element, or alpha * (exp(input / alpha) - 1) where it is negative.

    >>> nn.functional.celu(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    if alpha == 0:
        raise StateError("ZeroDivisionError: alpha cannot be 0 for CELU", argument="alpha")
    return _bent(xp, input, alpha, alpha)


celu.vjp(
    input=lambda g, input, alpha: g * select(input <= 0, (input.clamp(max=0) / alpha).exp(), 1.0),
)


def _erf(xp: ModuleType, x: Array) -> Array:
    from tcalc.runtime.ops.elementwise.special import erf

    return erf.kernel(xp, x)


@elementwise(names=("torch.nn.functional.gelu",), installed=True, doubled=True)
def gelu(xp: ModuleType, input: Array, *, approximate: str = "none") -> Array:
    """input times the normal distribution function of it; `approximate="tanh"` estimates that.

    >>> nn.functional.gelu(tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * (input * input * input))
        return (0.5 * input * (1 + xp.tanh(inner))).astype(input.dtype, copy=False)
    if approximate != "none":
        raise StateError("approximate argument must be either none or tanh.",
                         argument="approximate")  # fmt: skip
    return (0.5 * input * (1 + _erf(xp, input * math.sqrt(0.5)))).astype(input.dtype, copy=False)


def _gelu_slope(g: Tensor, input: Tensor, approximate: str) -> Tensor:
    if approximate == "tanh":
        k = math.sqrt(2 / math.pi)
        # (1 + tanh) / 2, of which far below 0 there are digits left.
        s = (2 * k * (input + 0.044715 * (input * input * input))).sigmoid()
        inner = 2 * k * (1 + 3 * 0.044715 * input * input)
        return g * (s + input * (s * (1 - s)) * inner)
    density = (input * input * -0.5).exp() * (1 / math.sqrt(2 * math.pi))
    return g * (0.5 * (1 + (input * math.sqrt(0.5)).erf()) + input * density)


gelu.vjp(input=_gelu_slope)


@elementwise(names=("torch.nn.functional.softplus",), installed=True, doubled=True)
def softplus(xp: ModuleType, input: Array, beta: Scalar = 1, threshold: Scalar = 20) -> Array:
    """log(1 + exp(beta * input)) / beta; the input itself above `threshold`.

    >>> nn.functional.softplus(tensor([-1., 2.]))
    tensor([0.3133, 2.1269])
    """
    scaled = input if beta == 1 else input * beta
    curve = xp.log1p(xp.exp(at_most(xp, scaled, threshold)))
    curve = curve if beta == 1 else curve / beta
    return xp.where(scaled > threshold, input, curve).astype(input.dtype, copy=False)


softplus.vjp(
    input=lambda g, input, beta, threshold: (
        g * _softplus_slope(input if beta == 1 else input * beta, threshold)
    ),
)


def _softplus_slope(scaled: Tensor, threshold: float) -> Tensor:
    return select(scaled > threshold, 1.0, _logistic(scaled))


@elementwise(names=(), inplace=True, switched=_switched("hardtanh"))
def hardtanh(xp: ModuleType, input: Array, min_val: Scalar = -1.0, max_val: Scalar = 1.0) -> Array:
    """Each element, between two bounds.

    >>> nn.functional.hardtanh(tensor([-3., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueProblem("min_val cannot be greater than max_val", argument="min_val")
    if input.dtype.char in BOOLS:
        raise StateError("Bool inputs not supported for hardtanh", argument="input")
    if input.dtype.char in UNSIGNED and (min_val < 0 or max_val < 0):
        raise StateError(
            "cannot do hardtanh on an unsigned type with negative limits",
            argument="min_val" if min_val < 0 else "max_val", hint="say hardtanh(x, 0, 1)",
        )  # fmt: skip
    return between(xp, input, min_val, max_val).astype(input.dtype, copy=False)


hardtanh.vjp(
    input=on_arrays(
        lambda g, input, min_val, max_val: gated(g, ~((input <= min_val) | (input >= max_val)))
    ),
)
hardtanh.ties = relu6.ties = ("input",)
relu.ties = ("out",)


@elementwise(names=("torch.nn.functional.softshrink",))
def softshrink(xp: ModuleType, input: Array, lambd: Scalar = 0.5) -> Array:
    """Each element moved towards 0 by `lambd`, not past it.

    >>> nn.functional.softshrink(tensor([-1., 0.2]))
    tensor([-0.5000,  0.0000])
    """
    if not lambd >= 0:
        raise StateError(f"lambda must be in range [0, inf), but found {lambd:g}",
                         argument="lambd")  # fmt: skip
    small = xp.where(input == input, 0, input)  # nan stays
    kept = xp.where(input < -lambd, input + lambd, small)
    return xp.where(input > lambd, input - lambd, kept).astype(input.dtype, copy=False)


_beyond = on_arrays(lambda g, input, lambd: gated(g, ~((input <= lambd) & (input >= -lambd))))
softshrink.vjp(input=_beyond)
softshrink.ties = ("input",)


@elementwise(names=("torch.hardshrink", "Tensor.hardshrink", "torch.nn.functional.hardshrink"))
def hardshrink(xp: ModuleType, input: Array, lambd: Scalar = 0.5) -> Array:
    """Each element, or 0 where its magnitude is at most `lambd`.

    >>> nn.functional.hardshrink(tensor([-1., 0.2]))
    tensor([-1.,  0.])
    """
    return xp.where(xp.abs(input) <= lambd, 0, input).astype(input.dtype, copy=False)


hardshrink.vjp(input=_beyond)
hardshrink.ties = ("input",)
logsigmoid.outs = gelu.outs = hardshrink.outs = softplus.outs = softshrink.outs = OWN


@elementwise(names=("torch.threshold",), inplace=True, switched=_switched("threshold"), only="if",
             samples=lambda: [(([[0.3, -1.0, 2.0]], 0.5, 7.0), {})])  # fmt: skip
def threshold(xp: ModuleType, input: Array, threshold: Scalar, value: Scalar) -> Array:
    """Each element above `threshold`, `value` for the rest.

    >>> nn.functional.threshold(tensor([-1., 2.]), 0.5, 9.)
    tensor([9., 2.])
    """
    t = dtypes.of(input.dtype)
    kept = fitting(value, t), fitting(threshold, t, "threshold")
    return xp.where(input <= kept[1], kept[0], input).astype(input.dtype, copy=False)


threshold.fits = ("value",)
threshold.vjp(input=lambda g, input, threshold: select(input <= threshold, 0.0, g))
threshold.ties = ("input",)


relu.keeps_zero = True


# -- forms that write into their input ----------------------------------------------------------

for _name, _op in {
    "torch.celu_": celu, "torch.threshold_": threshold,
    **{f"torch.nn.functional.{op.name}_": op
       for op in (relu, leaky_relu, elu, selu, celu, hardtanh, threshold)},
}.items():  # fmt: skip
    export(_name, value=InPlace(_op))
