"""Tensors made of data: numbers, lists, arrays."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError, ShapeError, ValueProblem
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Device, DType, Object
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.lazy.filling import put, zeros
from tcalc.runtime.lazy.hazards import expose
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.tensor.nested import array_of
from tcalc.runtime.tensor.tensor import Tensor, alias, wrap
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.devices import CPU, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.runtime.base.op import Array


def place(array: Array, device: object, requires_grad: bool) -> Tensor:
    """A new leaf on a device."""
    if device is not CPU:
        where = resolve(device)
        if where != CPU:
            array = backend.to_device(array, where)
    made = wrap(array)
    if requires_grad:
        made._require_grad(True)
    return made


def filled(
    size: tuple[object, ...],
    value: object,
    dtype: dtypes.dtype | None,
    device: object,
    requires_grad: bool,
) -> Tensor:
    """A new leaf full of one number; None leaves the memory as it is."""
    shape = shapes.as_size(size)
    t = dtype or dtypes.default.value
    where = CPU if device is None is mode.device else resolve(device)
    nbytes = prod(shape) * t.itemsize
    if where is not CPU or nbytes >= memory.MAPPED:
        _check_sizes(shape)
        if not (home := backend.of_kind(where.type)).has_contents:
            return place(home.module().empty(shape, t.numpy), where, requires_grad)
        memory.check(nbytes, f"a tensor of shape {list(shape)}")
    try:
        if value is None:
            array = np.empty(shape, t.numpy)
        else:
            array = full_array(shape, value, t.numpy)
    except ValueError:
        _check_sizes(shape)
        raise
    return place(array, where, requires_grad) if requires_grad or where is not CPU else wrap(array)


def full_array(shape: tuple[int, ...], value: object, dtype: np.dtype) -> Array:
    """An array full of one number."""
    if type(value) is int and not value:  # -0.0 is another
        return zeros(shape, dtype)
    array = np.empty(shape, dtype)
    put(array, value)
    return array


def _check_sizes(shape: tuple[int, ...]) -> None:
    for n in shape:
        if n < 0:
            raise ShapeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}",
                argument="size",
            )


@composite(
    names=("torch.tensor",), samples=lambda: [((2,), {}), (((1, 2),), {"dtype": dtypes.float64})]
)
def tensor(
    data: Object, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    pin_memory: bool | None = False,
) -> Tensor:  # fmt: skip
    """A new tensor with a copy of the data: a number, nested lists, an array or a tensor.

    The dtype is that of the data: int64 for ints, the default dtype for floats, bool for bools.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    made = place(array_of(data, dtype, copy=True), device, False)
    if requires_grad:
        made._require_grad(True)
    return made


whole(tensor)


_SEQUENCES = (list, tuple, range, np.ndarray)


def of_sizes_or_data(
    data: tuple[object, ...], dtype: dtypes.dtype | None, device: object
) -> Tensor:
    """What PyTorch's first constructors make: of sizes a tensor of zeros (PyTorch leaves its memory as
    it is), of a sequence or an array its values, of a tensor another on its memory."""
    if len(data) == 1 and not isinstance(data[0], shapes.Size):
        (given,) = data
        if isinstance(given, Tensor):
            if dtype is not None and given.dtype is not dtype:
                raise ArgumentError(
                    f"expected a tensor of dtype {dtype.name} (got one of {given.dtype.name})",
                    hint=f"use .to({dtype.name})",
                )
            return alias(given)
        if isinstance(given, _SEQUENCES):
            values = array_of(given, dtype or dtypes.default.value, copy=True)
            return place(values, device, False)
        if type(given) is str:
            raise ArgumentError("new(): invalid data type 'str'")
        size = kinds.take_int(given)
        if size is kinds.NO:
            raise ArgumentError(f"new(): data must be a sequence (got {type(given).__name__})")
        return filled((size,), 0, dtype, device, False)
    return filled(tuple(_sizes(data)) if data else (0,), 0, dtype, device, False)


def _sizes(given: tuple[object, ...]) -> Iterator[int]:
    for at, n in enumerate(given[0] if isinstance(given[0], shapes.Size) else given, 1):
        size = kinds.take_int(n)
        if size is kinds.NO:
            raise ArgumentError(
                f"new(): argument 'size' failed to unpack the object at pos {at} with error "
                f'"type must be tuple of ints,but got {type(n).__name__}"'
            )
        yield size


export(
    "torch._legacy_tensor", value=lambda *data, device=None: of_sizes_or_data(data, None, device)
)


@composite(
    names=("Tensor.new",),
    differentiable=False,
    samples=lambda: [(([1.0], 2), {}), (([1.0], [2]), {})],
)
def new(input: Tensor, *data: Object, device: Device | None = None) -> Tensor:
    """A tensor of this one's dtype: of sizes, or of a list its values.

    >>> tensor([1]).new([1.5, 2.5])
    tensor([1, 2])
    """
    return of_sizes_or_data(data, input.dtype, input.device if device is None else device)


@composite(
    names=("torch.from_numpy",), differentiable=False, exempt={"samples": "takes an array of NumPy"}
)
def from_numpy(ndarray: Object) -> Tensor:
    """A tensor on an array's own memory: writing to one writes to both.

    >>> from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(
            f"expected np.ndarray (got {type(ndarray).__name__})", argument="ndarray"
        )
    _check_array(ndarray)
    expose(ndarray)
    return wrap(ndarray.view())


def _check_array(array: Array) -> None:
    if array.dtype.char not in KNOWN:
        raise ArgumentError(
            f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
            "int16, int8, uint64, uint32, uint16, uint8, and bool.",
            argument="ndarray",
        )
    if not array.dtype.isnative:
        raise ValueProblem(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported.",
            argument="ndarray",
        )
    dtypes.of(array.dtype)
    if any(s < 0 for s in array.strides):
        raise ValueProblem(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().)",
            hint="use .copy()",
            argument="ndarray",
        )


@composite(names=("torch.as_tensor",), differentiable=False, samples=lambda: [(((1, 2),), {})])
def as_tensor(data: Object, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """The data as a tensor, copied only where it must be: tensors and arrays share their memory.

    >>> as_tensor([1, 2])
    tensor([1, 2])
    """
    t = dtype
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=t)
    if isinstance(data, np.ndarray):
        _check_array(data)
        expose(data)
        data = data.view()
    return place(array_of(data, t, copy=False), device, False)


@composite(
    names=("torch.asarray",),
    differentiable=False,
    samples=lambda: [(((1, 2),), {}), (((1, 2),), {"copy": True})],
)
def asarray(
    obj: Object, *, dtype: DType | None = None, device: Device | None = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The data as a tensor; `copy` says whether it must (True) or must not (False) be copied.

    >>> asarray([1, 2])
    tensor([1, 2])
    """
    made = as_tensor(obj, dtype, device)
    shares = isinstance(obj, (Tensor, np.ndarray)) and np.may_share_memory(
        made._a, obj._a if isinstance(obj, Tensor) else obj
    )
    if copy is False and not shares:
        raise ValueProblem("can't alias the data: it has to be copied", argument="copy")
    if copy and shares:
        made = made.clone()
    if requires_grad:
        made = made.detach() if made is obj else made
        made._require_grad(True)
    return made
