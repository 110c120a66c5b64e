"""Activations with parameters of their own, gates, and those that draw random numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.base.op import DRAWS, LOWER, MATRIX, Array, Generator
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, elementwise, kernel
from tcalc.runtime.ops.elementwise.activation import leaky_relu
from tcalc.runtime.ops.elementwise.selection import select
from tcalc.runtime.ops.nn.softmax import softmax
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.drawing import drawn
from tcalc.runtime.ops.reduce.reduction import floating
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.types.dtypes import float64
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_TABLE = [[0.3, -1.2, 2.0, 0.4], [0.9, 0.1, -0.4, -1.5]]


# -- a slope for each channel -----------------------------------------------------------------


@elementwise(name="prelu", names=(), node_name="PreluKernelBackward0")
def _prelu(xp: ModuleType, input: Array, weight: Array) -> Array:
    return xp.where(input > 0, input, weight * input)


_prelu.vjp(
    input=lambda g, input, weight: select(input > 0, g, g * weight),
    weight=lambda g, input: select(input > 0, 0.0, g * input),
)
_prelu.ties = ("input", "weight")


@composite(
    names=("torch.prelu", "Tensor.prelu", "torch.nn.functional.prelu"),
    samples=lambda: [((_TABLE, [0.1, 0.2, -0.3, 0.4]), {}), ((_TABLE, [0.3]), {})],
)
def prelu(input: Array, weight: Array) -> Array:
    """Each element, times a weight where it is negative.

    input: (n, channels, *) or (n) → the same. weight: one number, or one for each channel.

    >>> nn.functional.prelu(tensor([[-1., -1.]]), tensor([0.1, 0.5]))
    tensor([[-0.1000, -0.5000]])
    """
    if weight.ndim > 1:
        raise ShapeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}",
            argument="weight",
        )
    if input.dtype is not weight.dtype:
        raise DtypeError(
            f"prelu: Type promoting not supported. Got {input.dtype.shorthand} and "
            f"{weight.dtype.shorthand}",
            argument="weight", hint=f"convert it with .to({input.dtype.name})",
        )  # fmt: skip
    shape = input._d.shape
    channels = shape[1] if len(shape) > 1 else 1
    count = weight._d.size
    if count != 1:
        if count != channels:
            raise ShapeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{count} and channel size = {channels}.",
                argument="weight",
            )
        weight = weight.reshape(-1, *(1,) * (len(shape) - 2))
    elif weight.ndim:
        weight = weight.reshape(())
    return _prelu(input, weight)


# -- a slope for each element, by chance ------------------------------------------------------


@elementwise(name="rrelu", names=(), inplace=True, node_name="RreluWithNoiseBackward0")
def _scaled(xp: ModuleType, input: Array, noise: Array) -> Array:
    return input * noise


_scaled.vjp(input=lambda g, noise: g * noise)
_scaled.ties = ("input",)


def _rrelu(
    input: Tensor,
    lower: float,
    upper: float,
    training: bool,
    inplace: bool,
    generator: Generator | None,
) -> Tensor:
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise StateError(f"rrelu: {name} bound must be finite, got {bound}", argument=name)
    if lower > upper:
        raise StateError("Lower bound should be less than or equal to the upper bound",
                         argument="lower")  # fmt: skip
    if not training:
        form = leaky_relu.inplace_function if inplace else leaky_relu
        return form(input, (lower + upper) / 2)
    input.dtype.need("f", "rrelu_with_noise_out")
    # As many numbers in double as there are elements that need one, in their order.
    low = input.detach() <= 0
    slopes = drawn((int(low.sum()),), generator, float64, input.device, False,
                   lambda a, g: sampling.uniform_(a, lower, upper, g))  # fmt: skip
    noise = input.detach()._ones().masked_scatter(low, slopes.to(input.dtype))
    return (_scaled.inplace_function if inplace else _scaled)(input, noise)


_BOUNDS = 1 / 8, 1 / 3


@composite(names=("torch.nn.functional.rrelu",), exempt=DRAWS,
           samples=lambda: [((MATRIX,), {}), ((MATRIX, 0.1, 0.3, True), {})])  # fmt: skip
def rrelu(
    input: Array, lower: float = _BOUNDS[0], upper: float = _BOUNDS[1], training: bool = False,
    inplace: bool = False,
) -> Array:  # fmt: skip
    """Each element, times a slope where it is negative: drawn for each in training, else the mean.

    >>> nn.functional.rrelu(tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return _rrelu(input, lower, upper, training, inplace, None)


@composite(name="rrelu", names=("torch.rrelu",), exempt=DRAWS,
           samples=lambda: [((MATRIX,), {})])  # fmt: skip
def _torch_rrelu(
    input: Array, lower: float = _BOUNDS[0], upper: float = _BOUNDS[1], training: bool = False,
    generator: Generator | None = None,
) -> Array:  # fmt: skip
    """Each element, times a slope where it is negative: drawn for each in training, else the mean.

    >>> torch.rrelu(tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return _rrelu(input, lower, upper, training, False, generator)


@composite(names=("torch.rrelu_", "torch.nn.functional.rrelu_"),
           exempt=DRAWS | {"samples": "writes into its input"})  # fmt: skip
def rrelu_(
    input: Tensor, lower: float = _BOUNDS[0], upper: float = _BOUNDS[1], training: bool = False,
    generator: Generator | None = None,
) -> Array:  # fmt: skip
    """The form of rrelu that writes the result into `input`.

    >>> x = tensor([-1., 2.]); nn.functional.rrelu_(x, 0.1, 0.3)
    """
    return _rrelu(input, lower, upper, training, True, generator)


# -- gates ------------------------------------------------------------------------------------


@kernel(
    names=("torch.nn.functional.glu",),
    only="bif",
    samples=lambda: [((_TABLE,), {}), ((_TABLE, 0), {})],
)
def glu(xp: ModuleType, input: Array, dim: int = -1) -> Array:
    """The first half along a dimension times the sigmoid of the second half.

    input: (*, 2 n, *) → (*, n, *). Integers give the default dtype.

    >>> nn.functional.glu(tensor([2., 0.]))
    tensor([1.])
    """
    if not input.ndim:
        raise StateError("glu does not support scalars because halving size must be even",
                         argument="input")  # fmt: skip
    axis = wrap_dim(dim, input.ndim)
    if input.shape[axis] % 2:
        raise ShapeError(
            f"Halving dimension must be even, but dimension {axis} is size {input.shape[axis]}",
            argument="input",
        )
    first, second = xp.split(floating(input), 2, axis=axis)
    return first / (1 + xp.exp(-second))


def _glu_back(g: Tensor, input: Tensor, dim: int) -> Tensor:
    first, second = input.chunk(2, dim)
    gate = second.sigmoid()
    own = g * gate
    return cat([own, own * first * (1 - gate)], dim)


glu.vjp(input=_glu_back)
glu.batch = over("dim")


@composite(names=("torch.nn.functional.gumbel_softmax",), exempt=DRAWS,
           samples=lambda: [((MATRIX,), {}), ((MATRIX, 0.5, True), {"dim": 0})])  # fmt: skip
def gumbel_softmax(
    logits: Array, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Array:
    """Softmax of (logits + Gumbel noise) / tau: a class drawn by their chances, with a gradient.

    hard: the class as a 1 among zeros; its gradient is that of the soft form.

    >>> nn.functional.gumbel_softmax(tensor([-100., 100.]), hard=True)
    tensor([0., 1.])
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    waits = drawn((logits.shape,), None, logits.dtype, logits.device, False,
                  lambda a, g: sampling.exponential_(a, 1.0, g))  # fmt: skip
    soft = softmax((logits - waits.log()) / tau, dim)
    if not hard:
        return soft
    at = soft.detach().argmax(dim, True)
    return logits.detach()._zeros().scatter(dim, at, 1.0) - soft.detach() + soft


prelu.autocast = LOWER
