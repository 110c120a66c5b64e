"""Layers: linear maps and activations."""

from __future__ import annotations

import math
from typing import Any

from tcalc.errors import ArgumentError
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.linalg.affine import linear
from tcalc.runtime.tensor.tensor import Parameter, Tensor


@export("torch.nn.Linear", home="torch.nn.modules.linear")
class Linear(Module):
    """input @ weight.T + bias.

    input: (*, in_features) -> (*, out_features). weight: (out_features, in_features). Both are
    drawn uniformly from ±1/sqrt(in_features).
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
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
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        self.weight.data.uniform_(-bound, bound)
        if self.bias is not None:
            self.bias.data.uniform_(-bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """The linear map."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def _activation(name: str, method: str) -> type[Module]:
    def forward(self: Module, input: Tensor) -> Tensor:
        if not isinstance(input, Tensor):
            raise ArgumentError(
                f"{method}(): argument 'input' must be Tensor, not {type(input).__name__}",
                argument="input",
            )
        return getattr(input, method)()

    made = type(name, (Module,), {
        "forward": forward, "__module__": __name__,
        "__doc__": f"The activation `{method}` as a module.",
    })  # fmt: skip
    export(f"torch.nn.{name}", value=made, home="torch.nn.modules.activation")
    return made


ReLU = _activation("ReLU", "relu")
Tanh = _activation("Tanh", "tanh")
Sigmoid = _activation("Sigmoid", "sigmoid")
