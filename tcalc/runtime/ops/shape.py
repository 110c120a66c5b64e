"""Shapes: views of the same memory, and what is said of a tensor's layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DimError, ShapeError
from tcalc.runtime.op import Array, composite, view_op
from tcalc.runtime.shapes import as_size, infer_size, wrap_dim

if TYPE_CHECKING:
    from tcalc.runtime.tensor import Tensor


@view_op()
def expand(xp: Any, input: Array, *size: Any) -> Array:
    """A view with dimensions of size 1 stretched; -1 keeps a dimension, new ones go to the front.

    >>> tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = as_size(size)
    have = input.shape
    new = len(wanted) - len(have)
    if new < 0:
        raise ShapeError(
            f"expand({list(have)}, size={list(wanted)}): the number of sizes provided "
            f"({len(wanted)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(have)})"
        )
    shape = []
    for i, n in enumerate(wanted):
        old = have[i - new] if i >= new else None
        if n == -1:
            if old is None:
                raise ShapeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, "
                    f"non-existing dimension {i}"
                )
            n = old
        elif old is not None and old not in (1, n):
            raise ShapeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({old}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(wanted)}.  Tensor sizes: "
                f"{list(have)}"
            )
        shape.append(n)
    return _broadcast(xp, input, tuple(shape))


def _broadcast(xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
    """A writable view of the array, stretched to the shape."""
    new = len(shape) - array.ndim
    strides = [0] * new + [
        s if n == m else 0 for s, n, m in zip(array.strides, array.shape, shape[new:])
    ]
    return xp.ndarray(shape, array.dtype, array, 0, strides) if array.flags.c_contiguous and type(
        array
    ) is xp.ndarray else xp.lib.stride_tricks.as_strided(array, shape, strides)


expand.vjp(input=lambda g, input_shape: g.sum_to_size(input_shape))


@composite()
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """The sum over what broadcasting to the tensor's shape repeated.

    >>> ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = as_size(size)
    have = input._a.shape
    lead = len(have) - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[lead:])):
        raise ShapeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(have)}}}."
        )
    dims = [*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != have[lead + i])]
    result = input.sum(dims, keepdim=True) if dims else input
    return result.reshape(shape) if lead else result


@view_op()
def permute(xp: Any, input: Array, *dims: Any) -> Array:
    """A view with the dimensions in another order.

    >>> zeros(2, 3, 5).permute(2, 0, 1).shape
    torch.Size([5, 2, 3])
    """
    order = as_size(dims, "dims")
    if len(order) != input.ndim:
        raise ShapeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    wrapped = tuple(wrap_dim(d, input.ndim) for d in order)
    if len(set(wrapped)) != len(wrapped):
        raise ShapeError("permute(): duplicate dims are not allowed.", argument="dims")
    return input.transpose(wrapped)


def _permute_back(g: Any, dims: Any) -> Any:
    order = [d % len(g._a.shape) for d in as_size(dims)]
    back = [0] * len(order)
    for i, d in enumerate(order):
        back[d] = i
    return g.permute(back)


permute.vjp(input=_permute_back)


@view_op(aliases=("swapaxes", "swapdims"), keywords={"axis0": "dim0", "axis1": "dim1"})
def transpose(xp: Any, input: Array, dim0: int, dim1: int) -> Array:
    """A view with two dimensions swapped.

    >>> transpose(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    a, b = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    return input.swapaxes(a, b) if input.ndim else input[...]


transpose.vjp(input=lambda g, dim0, dim1: g.transpose(dim0, dim1))


@view_op(function=False, node_name="ViewBackward0", keywords={"size": "shape"})
def view(xp: Any, input: Array, *shape: Any) -> Array:
    """The same memory with another shape of as many elements; one size may be -1.

    A layout that cannot be shown that way is an error (`reshape` copies it then).

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    size = infer_size(as_size(shape, "shape"), input.size)
    shown = _viewed(input, size)
    if shown is None:
        raise ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
            hint="use .reshape(...)",
        )
    return shown


def _viewed(array: Any, size: tuple[int, ...]) -> Any:
    """The array with another shape on the same memory, or None where strides forbid it."""
    shown = array.view()
    try:
        shown.shape = size
    except AttributeError:
        return None
    return shown


view.vjp(input=lambda g, input_shape: g.reshape(input_shape))
