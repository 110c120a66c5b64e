"""Elements picked by index along a dim, and putting their gradients back.

Ops that select (sort, topk, max of a dim, median, ...) find values and indices without gradients;
`recorded` then ties the values to the input: their gradient goes to the places they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.autograd import end_of, mode
from tcalc.runtime.op import Array, Op, kernel
from tcalc.runtime.shapes import wrap_dim

if TYPE_CHECKING:
    from tcalc.runtime.tensor import Tensor


def along(xp: Any, indices: Any, dim: int) -> tuple[Any, ...]:
    """The index that takes, for each place, the element at `indices` along a dim."""
    if indices.ndim == 1:
        return (indices,)
    index = []
    for i in range(indices.ndim):
        shape = [1] * indices.ndim
        shape[i] = -1
        index.append(indices if i == dim else xp.arange(indices.shape[i]).reshape(shape))
    return tuple(index)


def take(xp: Any, array: Any, indices: Any, dim: int) -> Any:
    """The elements of an array at `indices` along a dim (of as many dims as the array)."""
    return array[along(xp, indices, dim)] if array.ndim else array


@kernel(method=False, function=False, upcast_halves=False)
def put_along(
    xp: Any, input: Array, indices: Array, dim: int, shape: tuple[int, ...], repeated: bool
) -> Array:
    """Zeros of a shape with the input's elements added at `indices` along a dim.

    repeated: whether an index may come up twice.
    """
    if not shape:
        return input.reshape(())
    if not repeated:
        result = xp.zeros(shape, input.dtype)
        result[along(xp, indices, dim)] = input
        return result
    flat = xp.zeros(input.shape, xp.int64)
    stride = 1
    for i in reversed(range(len(shape))):
        flat += along(xp, indices, dim)[i] * stride
        stride *= shape[i]
    flat = flat.reshape(-1)
    if input.dtype.kind == "c":
        parts = [xp.bincount(flat, p.reshape(-1), stride) for p in (input.real, input.imag)]
        return (parts[0] + 1j * parts[1]).reshape(shape).astype(input.dtype)
    weights = input.reshape(-1).astype(xp.float64)
    return xp.bincount(flat, weights, stride).reshape(shape).astype(input.dtype)


put_along.vjp(
    input=lambda g, indices, dim: g.gather(dim, indices) if g._a.ndim else g.reshape(indices.shape)
)


def picker(name: str, node_name: str, repeated: bool = False) -> Op:
    """An op that ties picked values to the tensor they came from, under PyTorch's node name."""

    @kernel(
        name=name, method=False, function=False, node_name=node_name, upcast_halves=False,
    )  # fmt: skip
    def picked(
        xp: Any, values: Array, input: Array, indices: Array, dim: int, kept: bool = True
    ) -> Array:
        return values

    def back(g: Any, input_shape: Any, indices: Any, dim: Any, kept: Any) -> Any:
        if not kept and input_shape:
            g, indices = g.unsqueeze(dim), indices.unsqueeze(dim)
        return put_along(g, indices, dim, input_shape, repeated)

    picked.vjp(input=back)
    made: Op = picked
    return made


def recorded(op: Op, found: Any, input: Tensor, dim: int, kept: bool = True) -> Any:
    """A found (values, indices), with the values tied to the input where gradients flow.

    op: what `picker` made. kept: whether the values have the dim they were picked along.
    """
    if not mode.enabled or end_of(input) is None:
        return found
    values, indices = found
    tied = op(values, input, indices, wrap_dim(dim, input._a.ndim), kept)
    return type(found)((tied, indices))


def evenly(g: Any, input: Any, out: Any) -> Any:
    """The gradient of a selected element, shared by all that equal it."""
    equal = input == out
    if not equal._a.any():
        equal = input.isnan()
    return equal * (g / equal.sum())
