"""Shapes: views of the same memory in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DtypeError, LooksInside, ShapeError
from tcalc.runtime.arrays.copies import in_order
from tcalc.runtime.arrays.strides import broadcast_view
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, DType, Ints, Tree, on_arrays
from tcalc.runtime.call.batching import Batch, leading, over, shifted, sized
from tcalc.runtime.call.define import composite, kernel, view_op
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import (
    Size,
    as_size,
    broadcast,
    infer_size,
    numel,
    wrap_dim,
    wrap_dims,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


ndarray = np.ndarray


@view_op(memory_call="expanded", samples=lambda: [(([1.0, 2.0], 3, 2), {})])
def expand(xp: ModuleType, input: Array, *size: Ints) -> Array:
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
    if wanted[new:] == have and (not new or min(wanted[:new]) >= 0):
        return broadcast_view(input, wanted)
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
    return broadcast_view(input, tuple(shape))


# The engine undoes it.
expand.vjp(input=lambda g: g)


@composite(samples=lambda: [(([[1.0, 2.0]], 1, 2), {})])
def sum_to_size(input: Tensor, *size: Ints) -> Tensor:
    """The sum over what broadcasting to the tensor's shape repeated.

    >>> ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = as_size(size)
    have = input._a.shape
    lead = len(have) - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[lead:])):
        raise ShapeError(f"size {{{list(shape)}}} is not expandable to size {{{list(have)}}}.")
    dims = [*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != have[lead + i])]
    if input.shape == shape and shape:
        return input
    result = input.sum(dims, keepdim=True) if dims or not shape else input
    return result.reshape(shape) if lead else result


@view_op(memory_call="order", samples=lambda: [(([[1.0, 2.0, 3.0]], 1, 0), {})])
def permute(xp: ModuleType, input: Array, *dims: Ints) -> Array:
    """A view with the dimensions in another order.

    >>> zeros(2, 3, 5).permute(2, 0, 1).shape
    torch.Size([5, 2, 3])
    """
    if type(input) is ndarray and dims:
        try:
            return input.transpose(dims)
        except (TypeError, ValueError):
            pass  # one list of them, or told below
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


def _permute_back(g: Tensor, dims: tuple[Ints, ...]) -> Tensor:
    order = [d % g.ndim for d in as_size(dims)]
    back = [0] * len(order)
    for i, d in enumerate(order):
        back[d] = i
    return g.permute(back) if isinstance(g, Tensor) else g.transpose(back)


permute.vjp(input=on_arrays(_permute_back))


@view_op(
    names=("transpose", "swapaxes", "swapdims"), keywords={"axis0": "dim0", "axis1": "dim1"}, memory_call="order",
    samples=lambda: [(([[1.0, 2.0, 3.0]], 0, 1), {})],
)  # fmt: skip
def transpose(xp: ModuleType, input: Array, dim0: int, dim1: int) -> Array:
    """A view with two dimensions swapped.

    >>> transpose(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    a, b = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    return input.swapaxes(a, b) if input.ndim else input[...]


transpose.vjp(input=on_arrays(lambda g, dim0, dim1: g.swapaxes(dim0, dim1) if g.ndim else g))


@view_op(names=("Tensor.view",), node_name="ViewBackward0", keywords={"size": "shape"}, memory_call="sized",
         samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]], 4), {})])  # fmt: skip
def view(xp: ModuleType, input: Array, *shape: Ints | DType) -> Array:
    """The same memory with another shape of as many elements; one size may be -1.

    With a dtype instead, the same bytes read as that type. A layout that cannot be shown is an
    error (`reshape` copies it then).

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if len(shape) == 1 and type(shape[0]) is not int:
        if isinstance(shape[0], dtypes.dtype):
            return _reread(input, shape[0])
        shape = as_size(shape, "shape")
    if type(input) is ndarray and input.flags.c_contiguous:
        for n in shape:
            if type(n) is not int or n < -1:
                break
        else:
            try:
                return input.reshape(shape)
            except ValueError:
                pass  # told below
    size = infer_size(as_size(shape, "shape"), input.size)
    shown = _viewed(input, size)
    if shown is None:
        raise ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
            hint="use .reshape(...)",
            instead="reshape",
        )
    return shown


def _viewed(array: Array, size: tuple[int, ...]) -> Array | None:
    """The array with another shape on the same memory, or None where strides forbid it."""
    try:
        if isinstance(array, np.ndarray):
            return array.reshape(size, copy=False)
        shown = array.view()
        shown.shape = size
    except (AttributeError, ValueError, LooksInside):
        return None
    return shown


def _reread(array: Array, t: dtypes.dtype) -> Array:
    if t.itemsize != array.itemsize and not array.ndim:
        raise DtypeError(
            f"self.dim() cannot be 0 to view {dtypes.of(array.dtype)!r} as {t!r} (different "
            "element sizes)",
            argument="shape",
        )
    try:
        return array.view(t.numpy)
    except ValueError:
        raise DtypeError(
            f"self.size(-1) must be divisible by {t.itemsize // array.itemsize} to view "
            f"{dtypes.of(array.dtype)!r} as {t!r} (different element sizes), and its last "
            "dimension must be contiguous",
            argument="shape",
        ) from None


view.vjp(input=on_arrays(lambda g, input_shape: g.reshape(input_shape)))
# What `reshape` shows of elements that do not lie in order.
reshape_alias = view_op(name="reshape_alias", names=(), node_name="ReshapeAliasBackward0",
                        samples=list)(view.kernel)  # fmt: skip
reshape_alias.vjp(input=on_arrays(lambda g, input_shape: g.reshape(input_shape)))


@kernel(moves=True, names=(), node_name="UnsafeViewBackward0",
        upcast_halves=False)  # fmt: skip
def reshaped_copy(xp: ModuleType, input: Array, shape: tuple[int, ...]) -> Array:
    """A copy of another shape."""
    if input.nbytes >= memory.MAPPED:
        memory.check(input.nbytes, f"a tensor of shape {list(shape)}")
    return in_order(input).reshape(shape)


reshaped_copy.vjp(input=on_arrays(lambda g, input_shape: g.reshape(input_shape)))


@composite(keywords={"size": "shape"}, memory_call="sized", shows=view,
           samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]], (4,)), {})])  # fmt: skip
def reshape(input: Tensor, *shape: Ints) -> Tensor:
    """The elements in another shape; one size may be -1. A view where the layout allows it.

    >>> arange(6).reshape(3, -1)
    tensor([[0, 1],
            [2, 3],
            [4, 5]])
    """
    if len(shape) != 1 or type(shape[0]) is not int:
        shape = as_size(shape, "shape")
    return _reshaped(input, shape)


def _reshaped(input: Tensor, size: tuple[int, ...]) -> Tensor:
    a = input._d
    if type(a) is not ndarray:
        a = input._a
    if a.flags.c_contiguous:
        return view.function(input, *size)
    size = infer_size(size, a.size)
    if _viewed(a, size) is None:
        return reshaped_copy(input, size)
    return reshape_alias(input, *size)


@composite(memory_call="sized", shows=view)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one.

    >>> zeros(2, 3, 4).flatten(1).shape
    torch.Size([2, 12])
    """
    shape = input._d.shape
    if start_dim == 0 and end_dim == -1 and len(shape) > 1:
        return _reshaped(input, (-1,))
    if not shape:
        wrap_dim(start_dim, 0), wrap_dim(end_dim, 0)
        return input.reshape(1)
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise ShapeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    return _reshaped(input, (*shape[:start], numel(shape[start : end + 1]), *shape[end + 1 :]))


@view_op(
    memory_call="squeezed", node_name=lambda saved: "SqueezeBackward0" if saved["dim"] is None else (
        "SqueezeBackward2" if isinstance(saved["dim"], (tuple, list)) else "SqueezeBackward1"
    )
)  # fmt: skip
def squeeze(xp: ModuleType, input: Array, dim: Ints | None = None) -> Array:
    """A view without dimensions of size 1: all of them, or those named that have it.

    >>> zeros(1, 2, 1).squeeze().shape, zeros(1, 2, 1).squeeze(0).shape
    (torch.Size([2]), torch.Size([2, 1]))
    """
    ndim = input.ndim
    if dim is None:
        if type(input) is ndarray:
            return input.squeeze()
        dims: Any = range(ndim)
    elif isinstance(dim, (tuple, list)):
        dims = wrap_dims(dim, ndim) if dim else ()
    else:
        dims = (wrap_dim(dim, ndim),)
    whole = slice(None)
    return input[(*[0 if n == 1 and i in dims else whole for i, n in enumerate(input.shape)], ...)]


squeeze.vjp(input=on_arrays(lambda g, input_shape, dim: g.reshape(input_shape)))


@view_op(memory_call="unsqueezed", samples=lambda: [(([1.0, 2.0], 0), {})])
def unsqueeze(xp: ModuleType, input: Array, dim: int) -> Array:
    """A view with a dimension of size 1 put in at `dim`.

    >>> unsqueeze(tensor([1, 2]), 1)
    tensor([[1],
            [2]])
    """
    at = wrap_dim(dim, input.ndim + 1)
    return input[(slice(None),) * at + (None, ...)]


unsqueeze.vjp(input=on_arrays(lambda g, dim: g.squeeze(wrap_dim(dim, g.ndim))))


@composite(samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]], 0, (1, 2)), {})])
def unflatten(input: Tensor, dim: int, sizes: Ints) -> Tensor:
    """A dimension as several; one of their sizes may be -1.

    >>> zeros(2, 6).unflatten(1, (2, 3)).shape
    torch.Size([2, 2, 3])
    """
    shape = input._a.shape
    at = wrap_dim(dim, len(shape))
    parts = list(as_size((sizes,), "sizes"))
    if not parts:
        raise ShapeError("unflatten: sizes must be non-empty", argument="sizes")
    known = numel(n for n in parts if n != -1)
    shown = list(parts)
    if parts.count(-1) > 1:
        raise ShapeError("only one dimension can be inferred", argument="sizes")
    if -1 in parts:
        parts[parts.index(-1)] = shape[at] // known if known else 0
    if numel(parts) != shape[at]:
        raise ShapeError(
            f"unflatten: Provided sizes {shown} don't multiply up to the size of dim {at} "
            f"({shape[at]}) in the input tensor",
            argument="sizes",
        )
    return input.view(*shape[:at], *parts, *shape[at + 1 :])


@composite()
def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension.

    >>> tensor([[1, 2], [3, 4]]).ravel()
    tensor([1, 2, 3, 4])
    """
    return view(input.contiguous(), -1)


@composite(names=("Tensor.view_as",), samples=lambda: [(([[1.0, 2.0]], [[1.0], [2.0]]), {})])
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of another tensor.

    >>> arange(4).view_as(zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return view(input, *other._d.shape)


@composite(names=("Tensor.reshape_as",), samples=lambda: [(([[1.0, 2.0]], [[1.0], [2.0]]), {})])
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The elements in the shape of another tensor.

    >>> arange(4).reshape_as(zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return _reshaped(input, other._d.shape)


@composite(names=("Tensor.expand_as",))
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view stretched to the shape of another tensor.

    >>> tensor([1, 2]).expand_as(zeros(2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, *other._d.shape)


@composite(samples=lambda: [(([1.0, 2.0], (2, 2)), {})])
def broadcast_to(input: Tensor, *size: Ints) -> Tensor:
    """A view stretched to a size.

    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, *as_size(size))


@composite(names=("torch.broadcast_tensors",), samples=lambda: [(([1.0, 2.0], [[1.0], [2.0]]), {})])
def broadcast_tensors(*tensors: Tree) -> tuple[Tensor, ...]:
    """Views of the tensors stretched to their common shape.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3], [4]]))
    (tensor([[1, 2],
            [1, 2]]), tensor([[3, 3],
            [4, 4]]))
    """
    given = as_tensors("broadcast_tensors", tensors)
    shape = broadcast(*[t._a.shape for t in given])
    return tuple([expand(t, shape) for t in given])


@composite(
    names=("torch.broadcast_shapes",),
    differentiable=False,
    samples=lambda: [(((2, 1), (1, 3)), {})],
)
def broadcast_shapes(*shapes: Ints) -> Size:
    """The shape that shapes stretch to, without any tensor.

    >>> broadcast_shapes((3, 1), (2,))
    torch.Size([3, 2])
    """
    sizes = [(n,) if isinstance(n, int) else as_size((n,), "shapes") for n in shapes]
    return Size(broadcast(*sizes) if sizes else ())


def as_tensors(name: str, given: Sequence[Tree]) -> tuple[Tensor, ...]:
    """Tensors given one by one or as one list."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    for i, t in enumerate(given):
        if not isinstance(t, Tensor):
            raise ArgumentError(
                f"{name}(): expected Tensor as element {i}, but got {type(t).__name__}"
            )
    return tuple(given)


# -- batches ----------------------------------------------------------------------------------

expand.batch = sized("size")
view.batch = reshape_alias.batch = lambda batch: (
    leading(batch)
    if isinstance(batch.get("shape")[0] if batch.get("shape") else None, dtypes.dtype)
    else sized("shape")(batch)
)
reshaped_copy.batch = sized("shape")
transpose.batch = over("dim0", "dim1")
unsqueeze.batch = over("dim", room=1)


def _permute_examples(batch: Batch) -> Tensor:
    order = shifted(as_size(batch.get("dims"), "dims"), batch.rank(0))
    return NotImplemented if order is NotImplemented else batch.call(dims=(0, *order))


permute.batch = _permute_examples


def _squeeze_examples(batch: Batch) -> Tensor:
    dim, shape = batch.get("dim"), batch.values[0]._d.shape
    if dim is None:
        dim = tuple([d - 1 for d, n in enumerate(shape) if d and n == 1])
    dims = dim if isinstance(dim, tuple) else (dim,)
    at = shifted(dims, len(shape) - 1) if dims and len(shape) > 1 else ()
    return NotImplemented if at is NotImplemented else batch.call(dim=at)


squeeze.batch = _squeeze_examples
