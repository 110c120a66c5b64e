"""What keeps a gradient in the graph of a tensor that it does not depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import kernel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array


@kernel(
    names=("Tensor._tied",), moves=True, upcast_halves=False,
    exempt={"samples": "stands in graphs of gradients alone"},
)  # fmt: skip
def tied(xp: ModuleType, input: Array, other: Array) -> Array:
    """A copy of the first tensor, in whose graph the second stands too: by it the gradient is 0."""
    return input.copy()


tied.batch = leading
tied.vjp(input=lambda g: g, other=lambda g, other: other._zeros())


@kernel(
    names=(), moves=True, upcast_halves=False,
    exempt={"samples": "stands in graphs of gradients alone"},
)  # fmt: skip
def bound(xp: ModuleType, input: Array, other: Array) -> Array:
    """A copy of the first tensor, whose gradient stands in the graph of the second."""
    return input.copy()


bound.batch = leading
bound.vjp(input=lambda g: g)
bound.ties = ("other",)
