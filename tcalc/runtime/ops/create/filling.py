"""Writing into a tensor's own memory: copies, constants, and what every such op goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base.op import MATRIX, Array, Data, Scalar, on_a_copy
from tcalc.runtime.base.targets import NOT_PARTLY
from tcalc.runtime.call.batching import fitted, leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.call.inplace import write_in_place
from tcalc.runtime.lazy.casting import cast_to
from tcalc.runtime.lazy.filling import copy, put
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.tensor.tensor import wrap as wrap_array
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS, COMPLEXES
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from types import ModuleType


def cast_array(array: Array, target: np.dtype[np.generic]) -> Array:
    """An array in another NumPy dtype, as PyTorch converts: the real part of complex numbers."""
    if array.dtype == target:
        return array
    if array.dtype.char in COMPLEXES and target.char not in COMPLEXES and target.char not in BOOLS:
        array = array.real
    return cast_to(array, target)


# -- copies -----------------------------------------------------------------------------------


@kernel(moves=True, names=(), node_name="CopyBackwards", upcast_halves=False,
        apart=NOT_PARTLY)  # fmt: skip
def copied(xp: ModuleType, input: Array, src: Array) -> Array:
    """The values of `src` in the shape and dtype of `input`."""
    return xp.broadcast_to(cast_array(src, input.dtype), input.shape).copy()


copied.vjp(input=lambda g: g._zeros(), src=lambda g: g)


@composite(
    memory_call="copied",
    names=("Tensor.copy_",),
    samples=lambda: [((MATRIX, [1.0, 2.0, 3.0]), {}, on_a_copy)],
)
def copy_(input: Tensor, src: Data, non_blocking: bool = False) -> Tensor:
    """Write the values of `src` into `input`, converted to its dtype; shapes broadcast.

    >>> zeros(2, 2).copy_(tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if not isinstance(src, Tensor):
        raise ArgumentError(
            f"copy_(): argument 'other' must be Tensor, not {type(src).__name__}", argument="src"
        )

    return write_in_place(
        copied, "copy_", input, (input, src), lambda a: _copy(input, src, a), src is input
    )


def _copy(input: Tensor, src: Tensor, array: Array) -> None:
    values = src._a
    if type(values) is not type(array):
        values = backend.to_device(values, input.device)
    try:
        same = values.dtype is array.dtype
        copy(values if same else cast_array(values, array.dtype), array)
    except ValueError:
        raise _cannot_expand(values.shape, array.shape) from None


def _cannot_expand(have: tuple[int, ...], wanted: tuple[int, ...]) -> ShapeError:
    lead = len(wanted) - len(have)
    for i, n in enumerate(have):
        if lead >= 0 and n not in (1, wanted[lead + i]):
            return ShapeError(
                f"The size of tensor a ({wanted[lead + i]}) must match the size of tensor b ({n}) "
                f"at non-singleton dimension {lead + i}",
                argument="src",
                clash=((wanted, lead + i), (have, i)),
            )
    return ShapeError(
        f"output with shape {list(wanted)} doesn't match the broadcast shape {list(have)}",
        argument="src",
    )


# -- constants --------------------------------------------------------------------------------


@kernel(moves=True, names=(), node_name="FillBackward2", upcast_halves=False)
def filled(xp: ModuleType, input: Array, value: Scalar) -> Array:
    """A constant in the shape and dtype of `input`."""
    return xp.full(input.shape, value, input.dtype)


filled.vjp(input=lambda g: g._zeros())


@kernel(moves=True, names=(), node_name="FillBackward3", upcast_halves=False,
        samples=lambda: [((MATRIX, 2.5), {})])  # fmt: skip
def filled_with(xp: ModuleType, input: Array, value: Array) -> Array:
    """A 0-dim tensor's value in the shape and dtype of `input`."""
    return xp.broadcast_to(cast_array(value, input.dtype), input.shape).copy()


filled_with.vjp(input=lambda g: g._zeros(), value=lambda g: g)


@composite(
    memory_call="filled",
    names=("Tensor.fill_", "torch.fill_"),
    samples=lambda: [((MATRIX, 2.5), {}, on_a_copy)],
)
def fill_(input: Tensor, value: Data) -> Tensor:
    """Write one number into every element.

    >>> zeros(3).fill_(7)
    tensor([7., 7., 7.])
    """
    if isinstance(value, Tensor):
        if value._a.ndim:
            raise ShapeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._a.ndim} dimensions.",
                argument="value",
            )
        return write_in_place(
            filled_with, "fill_", input, (input, value),
            lambda a: a.__setitem__(..., cast_array(value._a, a.dtype)),
        )  # fmt: skip
    number = fitting(value, dtypes.of(input._d.dtype))
    return write_in_place(filled, "fill_", input, (input, number), lambda a: put(a, number), True)


@composite(names=("torch.fill",), samples=lambda: [(([[1.0, 2.0]], 3.0), {})])
def fill(input: Tensor, value: Data) -> Tensor:
    """One number in the shape and dtype of `input`.

    >>> fill(zeros(2), 5)
    tensor([5., 5.])
    """
    return input.clone().fill_(value)


@kernel(moves=True, names=(), node_name="ZeroBackward0", upcast_halves=False)
def zeroed(xp: ModuleType, input: Array) -> Array:
    """Zeros in the shape and dtype of `input`."""
    return xp.zeros_like(input)


zeroed.vjp(input=lambda g: g._zeros())


@composite(
    memory_call="zeroed",
    names=("Tensor.zero_", "torch.zero_"),
    samples=lambda: [((MATRIX,), {}, on_a_copy)],
)
def zero_(input: Tensor) -> Tensor:
    """Write zero into every element.

    >>> ones(2).zero_()
    tensor([0., 0.])
    """
    return write_in_place(zeroed, "zero_", input, (input,), _write_zeros, True)


def _write_zeros(array: Array) -> None:
    put(array, 0)


@composite(
    names=("Tensor.fill_diagonal_",),
    samples=lambda: [
        ((MATRIX, 2.5), {}, on_a_copy),
        (([[1.0], [2.0], [3.0]], 4.0, True), {}, on_a_copy),
    ],
)
def fill_diagonal_(input: Tensor, fill_value: Scalar, wrap: bool = False) -> Tensor:
    """Write one number into the main diagonal of a tensor of at least two dimensions.

    wrap: start again below a tall matrix's square part.

    >>> zeros(2, 2).fill_diagonal_(3)
    tensor([[3., 0.],
            [0., 3.]])
    """
    a = input._a
    if a.ndim < 2:
        raise ShapeError("dimensions must larger than 1")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ShapeError("all dimensions of input must be of equal length")
    number = fitting(fill_value, input.dtype, halves=False)
    rows = min(a.shape)
    step = [s // a.itemsize for s in a.strides]
    diagonal = input.as_strided((rows,), (sum(step),), input.storage_offset())
    filler = wrap_array(backend.to_device(np.asarray(number, a.dtype), input.device))
    diagonal.fill_(filler)
    if wrap and a.ndim == 2 and a.shape[0] > a.shape[1] + 1:
        block = a.shape[1] + 1
        for start in range(block, a.shape[0], block):
            input[start:].diagonal().fill_(filler)
    return input


# -- batches ----------------------------------------------------------------------------------

copied.batch = filled_with.batch = fitted
filled.batch = zeroed.batch = leading
