"""Elements picked, filled and written by bool masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import MATRIX, Array, Data, Scalar, on_a_copy, on_arrays
from tcalc.runtime.base.targets import ANYWHERE, APART, NOT_PARTLY
from tcalc.runtime.call.batching import Batch, fitted
from tcalc.runtime.call.define import DefinedOp, composite, kernel
from tcalc.runtime.lazy.expression import LARGE, NotDeferred
from tcalc.runtime.lazy.pending import lazy, write
from tcalc.runtime.lazy.rows import function_named
from tcalc.runtime.ops.create.filling import cast_array
from tcalc.runtime.ops.index.gathering import single
from tcalc.runtime.ops.index.picking import by_kernel, under
from tcalc.runtime.ops.index.writer import writer
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import BOOLS
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from types import ModuleType

_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]
_MASK = [[True, False, True], [False, False, True]]


@kernel(
    apart=APART,
    upcast_halves=False,
    samples=lambda: [((_MATRIX, _MASK), {}), ((_MATRIX[0], _MASK), {})],
)
def masked_select(xp: ModuleType, input: Array, mask: Array) -> Array:
    """The elements where a bool mask is true, as a vector; the shapes broadcast.

    >>> masked_select(tensor([1, 2, 3]), tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask.dtype.char not in BOOLS:
        raise DtypeError("masked_select: expected BoolTensor for mask", argument="mask")
    if mask.shape == input.shape:
        memory.check(input.nbytes, "the selected elements")
        return under(input, mask)
    shape = shapes.broadcast(input.shape, mask.shape)
    memory.check(shapes.numel(shape) * input.itemsize, "the selected elements")
    return xp.broadcast_to(input, shape)[xp.broadcast_to(mask, shape)]


masked_select.holds = ("input",)


@kernel(names=(), upcast_halves=False, samples=list)
def _spread(xp: ModuleType, input: Array, mask: Array, shape: tuple[int, ...]) -> Array:
    """Zeros with a vector's elements where a mask is true: the gradient of `masked_select`."""
    whole = xp.zeros(shape, input.dtype)
    whole[xp.broadcast_to(mask, shape)] = input
    return whole


_spread.vjp(input=on_arrays(lambda g, mask: by_kernel(masked_select, g, mask)))
masked_select.vjp(
    input=on_arrays(lambda g, input_shape, mask: by_kernel(
        _spread, g, mask, shapes.broadcast(input_shape, mask.shape)
    ))
)  # fmt: skip


def _check_mask(name: str, input: Array, mask: Array) -> None:
    if mask.shape == input.shape and mask.dtype.char in BOOLS:
        return
    if mask.dtype.char not in BOOLS:
        raise DtypeError(
            f"{name}_ only supports boolean masks, but got mask with dtype "
            f"{dtypes.of(mask.dtype).name}",
            hint="make it with a comparison, or convert it with .bool()",
            argument="mask",
        )
    shape = shapes.broadcast(mask.shape, input.shape)
    if shape != input.shape:
        raise ShapeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape "
            f"{list(shape)}",
            argument="mask",
        )


def _mask_number(xp: ModuleType, input: Array, mask: Array, value: Scalar) -> None:
    _check_mask("masked_fill", input, mask)
    if type(input) is np.ndarray and input.dtype == np.float32 and input.flags.c_contiguous:
        choose = function_named("where")
        if choose is not None:
            choose(mask, np.float32(value), input, input)
            return
    if xp is np and type(input) is np.ndarray and input.size >= LARGE:
        # A choice between all elements is quicker than a branch for each.
        try:
            chosen: Any = np.where(mask, value, lazy(input))
            write(chosen, input)
            return
        except NotDeferred:
            pass
    if type(input) is np.ndarray and mask.shape == input.shape and input.flags.c_contiguous:
        np.putmask(input, mask, value)
    else:
        xp.copyto(input, value, where=mask)


def _mask_tensor(xp: ModuleType, input: Array, mask: Array, value: Array) -> None:
    _mask_number(xp, input, mask, cast_array(value, input.dtype))


_masked_number = writer(repeats=True, name="masked_fill_number", names=(), samples=list,
                        node_name="MaskedFillBackward0", apart=NOT_PARTLY)(_mask_number)  # fmt: skip
_masked_number.index_call = ("masked_fill",)
_masked_number.vjp(input=on_arrays(lambda g, mask: by_kernel(_masked_number, g, mask, 0)))
_masked_tensor = writer(repeats=True, name="masked_fill_tensor", names=(), samples=list,
                        node_name="MaskedFillBackward1", apart=ANYWHERE)(_mask_tensor)  # fmt: skip
_masked_tensor.vjp(
    input=lambda g, mask: g.masked_fill(mask, 0),
    value=lambda g, mask: g.masked_fill(~mask, 0).sum(),
)


def _mask_call(input: Tensor, value: object) -> tuple[DefinedOp, object]:
    """The op that a fill value means, and the value as it takes it."""
    if isinstance(value, Tensor):
        given = single("masked_fill", value)
        if given.is_complex() > input.is_complex() and has_contents(given._d):
            fitting(given, input.dtype)
        return _masked_tensor, given
    return _masked_number, fitting(value, input.dtype)


def _stretched(input: Tensor, mask: Tensor) -> Tensor:
    """A tensor in the shape that it and a mask stretch to."""
    own = input._d.shape
    if mask._d.shape == own:
        return input
    shape = shapes.broadcast(mask._d.shape, own)
    return input if shape == own else input.expand(shape)


@composite(samples=lambda: [((_MATRIX, _MASK, 2.0), {}), ((_MATRIX[0], _MASK, 2.0), {})])
def masked_fill(input: Tensor, mask: Tensor, value: Data) -> Tensor:
    """A copy with one number where a bool mask is true; the shapes broadcast.

    >>> masked_fill(tensor([1., 2., 3.]), tensor([True, False, True]), 0)
    tensor([0., 2., 0.])
    """
    whole = _stretched(input, mask)
    op, given = _mask_call(input, value)
    return op.function(whole, mask, given)


masked_fill.index_call = ("masked_fill",)


@composite(
    names=("Tensor.masked_fill_",),
    samples=lambda: [
        (
            (MATRIX, [[True, False, True], [False, True, True]], 1.5),
            {},
            on_a_copy,
        )
    ],
)
def masked_fill_(input: Tensor, mask: Tensor, value: Data) -> Tensor:
    """The form of masked_fill that writes into the tensor itself.

    >>> tensor([1., -2.]).masked_fill_(tensor([False, True]), 0)
    tensor([1., 0.])
    """
    op, given = _mask_call(input, value)
    return op.inplace_function(input, mask, given)


masked_fill_.index_call = ("masked_fill_",)


def _write_masked(xp: ModuleType, input: Array, mask: Array, source: Array) -> None:
    if mask.dtype.char not in BOOLS:
        raise DtypeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{dtypes.of(mask.dtype).name}",
            argument="mask",
        )
    if source.dtype != input.dtype:
        raise DtypeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{dtypes.of(input.dtype).shorthand} and {dtypes.of(source.dtype).shorthand}",
            argument="source",
        )
    _check_mask("masked_scatter", input, mask)
    whole = mask if mask.shape == input.shape else xp.broadcast_to(mask, input.shape)
    count = int(xp.count_nonzero(whole))
    if source.size < count:
        raise ShapeError("Number of elements of source < number of ones in mask", argument="source")
    input[whole] = source.reshape(-1)[:count]


_masked_scatter = writer(name="masked_scatter_same", names=(), samples=list,
                         node_name="MaskedScatterBackward0", apart=NOT_PARTLY)(_write_masked)  # fmt: skip


@kernel(names=(), upcast_halves=False, samples=list)
def _from_masked(xp: ModuleType, input: Array, mask: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a source that was scattered by a mask."""
    whole = xp.zeros(shape, input.dtype)
    picked = input[xp.broadcast_to(mask, input.shape)]
    whole.reshape(-1)[: picked.size] = picked
    return whole


_from_masked.vjp(
    input=lambda g, mask, input_shape: g.new_zeros(input_shape).masked_scatter(mask, g)
)
_masked_scatter.vjp(
    input=lambda g, mask: g.masked_fill(mask, 0),
    source=lambda g, mask, source_shape: _from_masked(g, mask, source_shape),
)


@composite(samples=lambda: [((_MATRIX, _MASK, [0.3, 1.0, 2.0, 5.0]), {})])
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with the elements of `source`, in order, where a bool mask is true.

    >>> masked_scatter(zeros(3), tensor([True, False, True]), tensor([1., 2.]))
    tensor([1., 0., 2.])
    """
    return _masked_scatter(_stretched(input, mask), mask, source)


@composite(
    names=("Tensor.masked_scatter_",),
    samples=lambda: [
        (
            (
                MATRIX,
                [[True, False, True], [False, False, True]],
                [1.0, 2.0, 3.0],
            ),
            {},
            on_a_copy,
        )
    ],
    exempt={"plans": "looks at values"},
)
def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The form of masked_scatter that writes into the tensor itself.

    >>> zeros(3).masked_scatter_(tensor([True, False, True]), tensor([1., 2.]))
    tensor([1., 0., 2.])
    """
    return _masked_scatter.inplace_function(input, mask, source)


# -- batches ----------------------------------------------------------------------------------

_masked_number.batch = _masked_tensor.batch = fitted


def _select_examples(batch: Batch) -> Tensor:
    """By one mask for all; by masks of their own, results would be of sizes of their own."""
    mask = batch.get("mask")
    if batch.has("mask"):
        raise StateError(
            "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support "
            "this because for each batch this would return a differently shaped Tensor. Please file an "
            "issue at https://github.com/pytorch/pytorch/issues if you need this feature.",
            argument="mask",
        )
    whole = batch.aligned(0, batch.rank(1))
    shape = shapes.broadcast(whole._d.shape[1:], mask._d.shape)
    places = mask.expand(shape).nonzero(as_tuple=True)
    return whole.expand(batch.size, *shape)[(slice(None), *places)]


def _scatter_examples(batch: Batch) -> Tensor:
    """Each place under the mask takes the element of its number among them."""
    input = batch.whole(0)
    mask = batch.aligned(1, batch.rank(0)).expand(input._d.shape)
    at = mask.reshape(batch.size, -1).long().cumsum(1) - 1
    rows = batch.rows(batch.place("source")).gather(1, at.clamp(min=0))
    return rows.reshape(input._d.shape).where(mask, input)


masked_select.batch = _select_examples
_masked_scatter.batch = _scatter_examples
