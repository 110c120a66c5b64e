"""Activations as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, AssertionProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.elementwise import activation as elementwise
from tcalc.runtime.ops.elementwise.trigonometry import tanh
from tcalc.runtime.ops.nn import activation as functions
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


# -- without settings -------------------------------------------------------------------------


class _Plain(Module):
    """An activation without settings. _function: the op."""

    _function: DefinedOp

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return self._function(tensor(self, "input", input))


@layer("activation")
class Tanh(_Plain):
    """The hyperbolic tangent.

    >>> nn.Tanh()(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """

    _function = tanh


@layer("activation")
class Sigmoid(_Plain):
    """1 / (1 + exp(-input)).

    >>> nn.Sigmoid()(tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """

    _function = elementwise.sigmoid


@layer("activation")
class LogSigmoid(_Plain):
    """The logarithm of the sigmoid, exact at both ends.

    >>> nn.LogSigmoid()(tensor([0., 2.]))
    tensor([-0.6931, -0.1269])
    """

    _function = elementwise.logsigmoid


@layer("activation")
class Softsign(_Plain):
    """input / (1 + |input|).

    >>> nn.Softsign()(tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """

    _function = elementwise.softsign


@layer("activation")
class Tanhshrink(_Plain):
    """input - tanh(input).

    >>> nn.Tanhshrink()(tensor([0., 2.]))
    tensor([0.0000, 1.0360])
    """

    _function = elementwise.tanhshrink


# -- that may write into their input ----------------------------------------------------------


class _InPlace(Module):
    """An activation of which nothing is set but whether it writes into its input.

    _function: the op.
    """

    _function: DefinedOp

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return self._function.switched_function(tensor(self, "input", input), self.inplace)

    def extra_repr(self) -> str:
        """That it writes into its input."""
        return "inplace=True" if self.inplace else ""


@layer("activation")
class ReLU(_InPlace):
    """Each element, or 0 where it is negative. inplace: writes into its input.

    >>> nn.ReLU()(tensor([-1., 2.]))
    tensor([0., 2.])
    """

    _function = elementwise.relu


@layer("activation")
class SiLU(_InPlace):
    """input * sigmoid(input), also called swish. inplace: writes into its input.

    >>> nn.SiLU()(tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """

    _function = elementwise.silu


@layer("activation")
class Mish(_InPlace):
    """input * tanh(softplus(input)). inplace: writes into its input.

    >>> nn.Mish()(tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """

    _function = elementwise.mish


@layer("activation")
class SELU(_InPlace):
    """scale * (input, or alpha * (exp(input) - 1) below 0). inplace: writes into its input.

    >>> nn.SELU()(tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """

    _function = elementwise.selu


class _Unsaid(_InPlace):
    """One whose line does not say that it writes into its input, in PyTorch either."""

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


@layer("activation")
class Hardsigmoid(_Unsaid):
    """clamp(input / 6 + 1/2, 0, 1). inplace: writes into its input.

    >>> nn.Hardsigmoid()(tensor([-4., 0., 2.]))
    tensor([0.0000, 0.5000, 0.8333])
    """

    _function = elementwise.hardsigmoid


@layer("activation")
class Hardswish(_Unsaid):
    """input * clamp(input + 3, 0, 6) / 6. inplace: writes into its input.

    >>> nn.Hardswish()(tensor([0., 2., 4.]))
    tensor([0.0000, 1.6667, 4.0000])
    """

    _function = elementwise.hardswish


class _Scaled(Module):
    """An activation with settings that its line says: those that the op has. _function: the op."""

    _function: DefinedOp
    inplace: bool

    def _settings(self) -> dict[str, object]:
        """What it was made with, by the names that the op has for it."""
        if not isinstance(self._function, DefinedOp):  # which a program's class has put there
            raise ArgumentError(f"_function of {type(self).__name__} is no op")
        return {p.name: getattr(self, p.name) for p in self._function.params[1:]}

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        settings = self._settings().values()
        return self._function.switched_function(
            tensor(self, "input", input), *settings, self.inplace
        )

    def extra_repr(self) -> str:
        """The settings."""
        said = [f"{name}={value}" for name, value in self._settings().items()]
        return ", ".join([*said, "inplace=True"] if self.inplace else said)


@layer("activation")
class LeakyReLU(_Scaled):
    """Each element, times `negative_slope` where it is negative. inplace: writes into its input.

    >>> nn.LeakyReLU(0.1)(tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    _function = elementwise.leaky_relu

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace


@layer("activation")
class ELU(_Scaled):
    """Each element, or alpha * (exp(input) - 1) where it is negative. inplace: writes into its input.

    >>> nn.ELU()(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """

    _function = elementwise.elu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace


@layer("activation")
class CELU(_Scaled):
    """Each element, or alpha * (exp(input / alpha) - 1) where it is negative. inplace: as in ELU.

    >>> nn.CELU(2.)(tensor([-1., 2.]))
    tensor([-0.7869,  2.0000])
    """

    _function = elementwise.celu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace


@layer("activation")
class Threshold(_Scaled):
    """Each element above `threshold`, `value` for the rest. inplace: writes into its input.

    >>> nn.Threshold(0.5, 9.)(tensor([-1., 2.]))
    tensor([9., 2.])
    """

    _function = elementwise.threshold

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace


@layer("activation")
class Hardtanh(_Scaled):
    """Each element, between two bounds. inplace: writes into its input.

    >>> nn.Hardtanh(-2, 2)(tensor([-3., 0.5]))
    tensor([-2.0000,  0.5000])
    """

    _function = elementwise.hardtanh

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False,
        min_value: float | None = None, max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if min_value is not None:
            min_val = _renamed("min_value", "min_val", min_value)
        if max_value is not None:
            max_val = _renamed("max_value", "max_val", max_value)
        self.min_val: float = take(self, "min_val", min_val, "Scalar")
        self.max_val: float = take(self, "max_val", max_val, "Scalar")
        self.inplace = inplace
        if not self.max_val > self.min_val:
            raise AssertionProblem(
                f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})",
                argument="max_val",
            )


def _renamed(old: str, new: str, value: float) -> float:
    warn(f"keyword argument `{old}` is deprecated and renamed to `{new}`", FutureWarning)
    return value


@layer("activation")
class ReLU6(Hardtanh):
    """Each element, between 0 and 6. inplace: writes into its input.

    >>> nn.ReLU6()(tensor([-1., 2., 8.]))
    tensor([0., 2., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """That it writes into its input."""
        return "inplace=True" if self.inplace else ""


@layer("activation")
class RReLU(Module):
    """Each element, times a slope where it is negative: drawn for each while training, else the mean.

    The slopes are uniform in [lower, upper]. inplace: writes into its input.

    >>> nn.RReLU(0.1, 0.3).eval()(tensor([-1., 2.]))
    tensor([-0.2000,  2.0000])
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return functions.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        more = ", inplace=True" if self.inplace else ""
        return f"lower={self.lower}, upper={self.upper}{more}"


# -- with other settings ----------------------------------------------------------------------


@layer("activation")
class PReLU(Module):
    """Each element, times a weight that is learned where it is negative.

    input: (n, channels, *). num_parameters: 1, or the number of channels. init: of the weights.

    >>> nn.PReLU()(tensor([-1., 2.]))
    tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    _public_ = frozenset({"reset_parameters"})

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters: int = take(self, "num_parameters", num_parameters, "int")
        self.init: float = take(self, "init", init, "Scalar")
        self.weight = Parameter(empty(self.num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to `init`."""
        self.weight.data.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return functions.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of weights."""
        return f"num_parameters={self.num_parameters}"


@layer("activation")
class GELU(Module):
    """input times the normal distribution function of it; `approximate="tanh"` estimates that.

    >>> nn.GELU()(tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return elementwise.gelu(tensor(self, "input", input), approximate=self.approximate)

    def extra_repr(self) -> str:
        """How it is computed."""
        return f"approximate={self.approximate!r}"


@layer("activation")
class Softplus(Module):
    """log(1 + exp(beta * input)) / beta; the input itself where beta * input is above `threshold`.

    >>> nn.Softplus()(tensor([-1., 2.]))
    tensor([0.3133, 2.1269])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return elementwise.softplus(tensor(self, "input", input), self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The settings."""
        return f"beta={self.beta}, threshold={self.threshold}"


class _Shrink(Module):
    """An activation that makes small elements 0. _function: the op."""

    _function: DefinedOp

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The activation of each element."""
        return self._function(tensor(self, "input", input), self.lambd)

    def extra_repr(self) -> str:
        """What counts as small."""
        return f"{self.lambd}"


@layer("activation")
class Hardshrink(_Shrink):
    """Each element, or 0 where its magnitude is at most `lambd`.

    >>> nn.Hardshrink()(tensor([-1., 0.2]))
    tensor([-1.,  0.])
    """

    _function = elementwise.hardshrink


@layer("activation")
class Softshrink(_Shrink):
    """Each element moved towards 0 by `lambd`, not past it.

    >>> nn.Softshrink()(tensor([-1., 0.2]))
    tensor([-0.5000,  0.0000])
    """

    _function = elementwise.softshrink
