"""Elements of planes by their number: what adaptive and fractional pools choose from each window."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from tcalc.runtime.base.op import Array, on_arrays
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import DefinedOp, kernel
from tcalc.runtime.ops.index.gathering import gather
from tcalc.runtime.ops.index.picking import by_kernel, put_along

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


@on_arrays
def _back(
    g: Tensor | Array, input_shape: tuple[int, ...], index: Tensor | Array, dims: int
) -> Tensor | Array:
    lead = input_shape[: len(input_shape) - dims]
    rows, places = (a.reshape(*lead, prod(a.shape[len(lead) :])) for a in (g, index))
    shape = (*lead, prod(input_shape[len(lead) :]))
    return by_kernel(put_along, rows, places, len(lead), shape, True).reshape(input_shape)


def _op(name: str, node: str) -> DefinedOp:
    @kernel(
        name=name, names=(), upcast_halves=False,
        node_name=lambda saved: "SqueezeBackward1" if saved["dims"] == 1 else node.format(saved["dims"]),
    )  # fmt: skip
    def chosen(xp: ModuleType, input: Array, index: Array, dims: int) -> Array:
        """The elements of each plane, of the last dimensions, that numbers name: index's shape."""
        lead = input.shape[: input.ndim - dims]
        rows, places = (a.reshape(*lead, prod(a.shape[len(lead) :])) for a in (input, index))
        return gather.kernel(xp, rows, -1, places).reshape(index.shape)

    made: DefinedOp = chosen
    made.vjp(input=_back)
    made.holds = made.ties = ("input",)
    made.batch = leading
    return made


adaptive = _op("adaptive_max_pool", "AdaptiveMaxPool{}DBackward0")
fractional = _op("fractional_max_pool", "FractionalMaxPool{}DBackward0")
