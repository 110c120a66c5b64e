"""Tensors full of one number, and tensors made like another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError, LayoutError, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import MATRIX, Device, DType, Ints, Layout, MemoryFormat, Object, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.lazy.filling import put
from tcalc.runtime.ops.create.conversion import arranged
from tcalc.runtime.ops.create.creation import filled, full_array, place
from tcalc.runtime.ops.create.filling import zeroed
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.tensor.nested import array_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.devices import CPU, resolve
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.types.formats import memory_format


@composite(
    names=("torch.zeros",),
    keywords={"shape": "size"},
    samples=lambda: [((2, 3), {}), (((2,),), {"dtype": dtypes.int64})],
)
def zeros(
    *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool | None = False,
) -> Tensor:  # fmt: skip
    """A tensor of zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(size, 0, dtype, device, requires_grad)


@composite(
    names=("torch.ones",),
    keywords={"shape": "size"},
    samples=lambda: [((2, 3), {}), (((2,),), {"dtype": dtypes.bool_})],
)
def ones(
    *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool | None = False,
) -> Tensor:  # fmt: skip
    """A tensor of ones.

    >>> ones(2, dtype=int32)
    tensor([1, 1], dtype=torch.int32)
    """
    return filled(size, 1, dtype, device, requires_grad)


@composite(
    names=("torch.empty",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [((2, 3), {}), ((0,), {"dtype": dtypes.int64})],
)
def empty(
    *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter: zeros, for memory as it was found tells of addresses.

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    made = filled(size, 0, dtype, device, False)
    if memory_format is not None:
        made = arranged(made, memory_format)
    if requires_grad:
        made._require_grad(True)
    return made


@composite(
    names=("torch.empty_strided",),
    differentiable=False,
    samples=lambda: [(((2, 3), (1, 2)), {})],
)
def empty_strided(
    size: Ints, stride: Ints, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter, laid out with the strides.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return _strided(size, stride, dtype, device, requires_grad)


def _strided(
    size: Ints, stride: Ints, dtype: DType | None, device: object, requires_grad: bool
) -> Tensor:
    shape, steps = shapes.as_size((size,)), shapes.as_size((stride,), "stride")
    if len(shape) != len(steps):
        raise ShapeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides "
            f"({len(steps)})"
        )
    if any(s < 0 for s in steps):
        raise ShapeError("empty_strided: strides must not be negative", argument="stride")
    last = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, steps))
    whole = filled((last,), 0, dtype, device, False)
    made: Tensor = whole.as_strided(shape, steps).detach()
    if requires_grad:
        made._require_grad(True)
    return made


@composite(
    names=("torch.empty_permuted",),
    differentiable=False,
    samples=lambda: [(((2, 3), (1, 0)), {})],
)
def empty_permuted(
    size: Ints, physical_layout: Ints, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter, without gaps; the order of its dims in memory, outermost first.

    >>> empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    (3, 1, 6)
    """
    shape = shapes.as_size((size,))
    order = physical_layout if isinstance(physical_layout, tuple) else (physical_layout,)
    if len(order) != len(shape):
        raise ShapeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}",
            argument="physical_layout",
        )
    for i, dim in enumerate(order):
        if not 0 <= dim < len(shape):
            raise ShapeError(
                "Dimension out of range (expected to be between 0 and "
                f"{len(shape) - 1}, but got {dim} at index {i}).  NB: negative dims not currently "
                "supported; file an issue if you want it.",
                argument="physical_layout",
            )
        if dim in order[:i]:
            raise ShapeError("Duplicate dim not allowed", argument="physical_layout")
    steps, step = [0] * len(shape), 1
    for dim in reversed(order):
        steps[dim] = step
        step *= max(shape[dim], 1)
    return _strided(size, tuple(steps), dtype, device, requires_grad)


@composite(
    names=("torch.full",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [(((2, 3), 1.5), {}), (((2,), 3), {}), (((2,), True), {"dtype": dtypes.int8})],
)
def full(
    size: Ints, fill_value: Scalar, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor full of one number, whose dtype it has unless told otherwise.

    >>> full((2, 2), 7.5)
    tensor([[7.5000, 7.5000],
            [7.5000, 7.5000]])
    """
    if not isinstance(size, (tuple, list)):
        raise ArgumentError(
            f"full(): argument 'size' must be tuple of ints, not {type(size).__name__}",
            argument="size",
            hint=f"write full(({size},), {fill_value})" if isinstance(size, int) else None,
        )
    return filled_with((size,), fill_value, dtype, device, requires_grad)


def filled_with(
    size: tuple[object, ...],
    value: object,
    dtype: dtypes.dtype | None,
    device: object,
    requires_grad: bool,
) -> Tensor:
    """A new leaf full of a number that must fit the dtype."""
    t = dtype
    if t is None:
        if isinstance(value, Tensor):
            t = value.dtype
        else:
            t = dtypes.of_scalar(value.item() if isinstance(value, np.generic) else value)
    return filled(size, fitting(value, t, halves=False), t, device, requires_grad)


@composite(
    names=("torch.scalar_tensor",),
    differentiable=False,
    samples=lambda: [((2.5,), {}), ((2,), {"dtype": dtypes.float64})],
)
def scalar_tensor(
    s: Scalar,
    *,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A 0-dim tensor of a number, of the default dtype.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return filled_with(((),), s, dtype or dtypes.default.value, device, requires_grad)


# -- like another -----------------------------------------------------------------------------


def _like(
    input: Tensor,
    value: object,
    dtype: dtypes.dtype | None,
    device: object,
    requires_grad: bool,
    memory_format: memory_format | None,
) -> Tensor:
    """A new leaf in the shape and layout of another, full of one number."""
    a = input._a
    t = dtype or dtypes.of(a.dtype)
    nbytes = a.size * t.itemsize
    if nbytes >= memory.MAPPED:
        memory.check(nbytes, f"a tensor of shape {list(a.shape)}")
    if type(value) is not int or value >> 1:  # 0 and 1 are in every dtype
        value = fitting(value, t)
    if type(a) is not np.ndarray or (device is not None and resolve(device) != CPU):
        where = input.device if device is None else resolve(device)
        if where != input.device or not backend.has_contents(a):
            return filled((a.shape,), value, t, where, requires_grad)
    if a.flags.c_contiguous or any(not s and n > 1 for s, n in zip(a.strides, a.shape)):
        xp = backend.module_of(a)
        array = (
            full_array(a.shape, value, t.numpy) if xp is np else xp.full(a.shape, value, t.numpy)
        )
    else:
        array = backend.module_of(a).empty_like(a, t.numpy, "K")
        put(array, value)
    made = wrap(array)
    if memory_format is not None:
        made = arranged(made, memory_format)
    if requires_grad:
        made._require_grad(True)
    return made


def _without_values(
    input: Tensor, dtype: dtypes.dtype | None, device: object, requires_grad: bool
) -> Tensor:
    """A new sparse leaf of the size and layout of another, which keeps no value."""
    made: Tensor = zeroed(input.detach()).to(dtype=dtype, device=device)
    if requires_grad:
        made._require_grad(True)
    return made


@composite(names=("torch.zeros_like",), differentiable=False)
def zeros_like(
    input: Tensor, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Zeros in the shape, dtype and device of another tensor.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    try:
        return _like(input, 0, dtype, device, requires_grad, memory_format)
    except LayoutError:
        return _without_values(input, dtype, device, requires_grad)


@composite(names=("torch.ones_like",), differentiable=False)
def ones_like(
    input: Tensor, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Ones in the shape, dtype and device of another tensor.

    >>> ones_like(tensor([1., 2.]))
    tensor([1., 1.])
    """
    return _like(input, 1, dtype, device, requires_grad, memory_format)


@composite(
    names=("torch.empty_like",),
    differentiable=False,
    samples=lambda: [((MATRIX,), {})],
)
def empty_like(
    input: Tensor, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter in the shape, dtype and device of another tensor.

    >>> empty_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    try:
        return _like(input, 0, dtype, device, requires_grad, memory_format)
    except LayoutError:
        return _without_values(input, dtype, device, requires_grad)


@composite(
    names=("torch.full_like",),
    differentiable=False,
    samples=lambda: [((MATRIX, 2.5), {})],
)
def full_like(
    input: Tensor, fill_value: Scalar, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """One number in the shape, dtype and device of another tensor.

    >>> full_like(tensor([1., 2.]), 7)
    tensor([7., 7.])
    """
    return _like(input, fill_value, dtype, device, requires_grad, memory_format)


# -- new tensors of a tensor's dtype and device -----------------------------------------------


@composite(
    names=("Tensor.new_tensor",),
    differentiable=False,
    samples=lambda: [((MATRIX, [1, 2]), {})],
)
def new_tensor(
    input: Tensor,
    data: Object,
    *,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of the data with this one's dtype and device.

    >>> tensor([1.5]).new_tensor([1, 2])
    tensor([1., 2.])
    """
    array = array_of(data, dtype or input.dtype, copy=True)
    return place(array, input.device if device is None else device, requires_grad)


def _new(
    input: Tensor,
    size: Sequence[object],
    value: object,
    dtype: dtypes.dtype | None,
    device: object,
    requires_grad: bool,
) -> Tensor:
    if is_sparse(input):  # PyTorch's would be sparse too
        raise refused("new_zeros", (input,))
    where = input.device if device is None else device
    return filled(tuple(size), value, dtype or input.dtype, where, requires_grad)


@composite(names=("Tensor.new_zeros",), differentiable=False, keywords={"shape": "size"})
def new_zeros(
    input: Tensor, *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Zeros with this tensor's dtype and device.

    >>> tensor([1]).new_zeros(2)
    tensor([0, 0])
    """
    return _new(input, size, 0, dtype, device, requires_grad)


@composite(names=("Tensor.new_ones",), differentiable=False, keywords={"shape": "size"})
def new_ones(
    input: Tensor, *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Ones with this tensor's dtype and device.

    >>> tensor([5]).new_ones(2)
    tensor([1, 1])
    """
    return _new(input, size, 1, dtype, device, requires_grad)


@composite(
    names=("Tensor.new_empty",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [((MATRIX, 2, 2), {})],
)
def new_empty(
    input: Tensor, *size: Ints, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter with this tensor's dtype and device.

    >>> tensor([1]).new_empty(2).dtype
    torch.int64
    """
    return _new(input, size, 0, dtype, device, requires_grad)


@composite(
    names=("Tensor.new_empty_strided",),
    differentiable=False,
    samples=lambda: [((MATRIX, (2, 3), (1, 2)), {})],
)
def new_empty_strided(
    input: Tensor, size: Ints, stride: Ints, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor whose numbers do not matter, laid out with the strides, with this one's dtype and device.

    >>> tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    where = input.device if device is None else device
    return _strided(size, stride, dtype or input.dtype, where, requires_grad)


@composite(
    names=("Tensor.new_full",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [((MATRIX, (2, 2), 1.5), {})],
)
def new_full(
    input: Tensor, size: Ints, fill_value: Scalar, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """One number with this tensor's dtype and device.

    >>> tensor([1.]).new_full((2,), 3)
    tensor([3., 3.])
    """
    t = dtype or input.dtype
    return _new(input, (size,), fitting(fill_value, t, halves=False), t, device, requires_grad)


# -- whole calls ------------------------------------------------------------------------------

whole(zeros, ones, empty, full, zeros_like, ones_like, empty_like, full_like)
whole(new_zeros, new_ones, new_empty, new_full)
