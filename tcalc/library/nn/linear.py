"""Linear layers: Identity, Linear, Bilinear and what they are made lazily of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import layer, tensor
from tcalc.library.nn.lazy import LazyModuleMixin
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import UninitializedParameter
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.linalg.affine import bilinear, linear
from tcalc.runtime.tensor.tensor import Parameter

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType
    from tcalc.runtime.tensor.tensor import Tensor


def _draw(inputs: int, *parameters: Parameter | None) -> None:
    """Draw parameters uniformly by how many numbers an output is computed from."""
    bound = 1 / math.sqrt(inputs) if inputs > 0 else 0.0
    with no_grad():
        for p in parameters:
            if p is not None:
                p.uniform_(-bound, bound)


@layer("linear")
class Identity(Module):
    """Gives its input; arguments are taken and make no difference.

    >>> nn.Identity(54, unused=0.1)(ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input itself."""
        return input


@layer("linear")
class Linear(Module):
    """input @ weight.T + bias.

    input: (*, in_features) -> (*, out_features). weight: (out_features, in_features). Both are
    drawn uniformly from ±1/sqrt(in_features).

    >>> nn.Linear(2, 3)(ones(4, 2)).shape
    torch.Size([4, 3])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Device = None,
        dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        _draw(self.in_features, self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """The linear map."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


@export("torch.nn.modules.linear.NonDynamicallyQuantizableLinear", home="torch.nn.modules.linear")
class NonDynamicallyQuantizableLinear(Linear):
    """A Linear, as attention has it: PyTorch's quantization passes it by."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Device = None,
        dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(in_features, out_features, bias, device, dtype)


@layer("linear")
class Bilinear(Module):
    """input1 @ weight @ input2 + bias, for every one of the weight's matrices.

    input1: (*, in1_features), input2: (*, in2_features) -> (*, out_features). weight:
    (out_features, in1_features, in2_features).

    >>> nn.Bilinear(2, 3, 4)(ones(5, 2), ones(5, 3)).shape
    torch.Size([5, 4])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
        device: Device = None, dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if in1_features <= 0:
            raise ValueProblem(f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(
            empty(out_features, in1_features, in2_features, device=device, dtype=dtype)
        )
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        _draw(self.weight.shape[1], self.weight, self.bias)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """The bilinear map."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


@layer("linear")
class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose in_features are those of its first input.

    >>> m = nn.LazyLinear(3)
    >>> m(ones(4, 2)).shape, m
    (torch.Size([4, 3]), Linear(in_features=2, out_features=3, bias=True))
    """

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Device = None, dtype: DType = None
    ) -> None:
        # Of no size, so that nothing is drawn yet.
        super().__init__(0, 0, False, device, dtype)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, once they have shapes."""
        if not self.has_uninitialized_params() and self.in_features:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take in_features from an input."""
        features = tensor(self, "input", input).shape[-1]
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = features
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        if self.in_features == 0:
            if features != self.weight.shape[-1]:
                raise ValueProblem(
                    "The in_features inferred from input does not match in_features from "
                    "self.weight, which has shape "
                    f"{self.weight.shape}: got {features}"
                )
            self.in_features = features
