"""Layers: activations."""

from __future__ import annotations

from tcalc.errors import ArgumentError
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor


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
