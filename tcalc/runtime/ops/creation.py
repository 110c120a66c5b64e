"""Making tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import ArgumentError, ShapeError, ValueProblem
from tcalc.runtime import dtypes, memory, shapes
from tcalc.runtime.devices import CPU, backend, resolve
from tcalc.runtime.op import composite
from tcalc.runtime.tensor import Tensor, wrap


def as_dtype(value: Any) -> dtypes.dtype | None:
    """A dtype from what a user gave: a dtype, Python's float/int/bool/complex, or None."""
    if value is None or isinstance(value, dtypes.dtype):
        return value
    python = {float: dtypes.default.value, int: dtypes.int64, bool: dtypes.bool_,
              complex: dtypes.default.value.to_complex()}.get(value)  # fmt: skip
    if python is None:
        raise ArgumentError(
            f"dtype must be a torch.dtype, not {type(value).__name__}", argument="dtype"
        )
    return python


def place(array: Any, device: Any, requires_grad: bool) -> Tensor:
    """A new leaf on a device."""
    where = resolve(device)
    made = wrap(array if where == CPU else backend.to_device(array, where))
    if requires_grad:
        made.require_grad(True)
    return made


def filled(size: Any, value: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """A new leaf full of one number; None leaves the memory as it is."""
    shape = shapes.as_size(size)
    for n in shape:
        if n < 0:
            raise ShapeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}",
                argument="size",
            )
    t = as_dtype(dtype) or dtypes.default.value
    where = resolve(device)
    if where.type == "meta":
        from tcalc.runtime.devices.meta import empty as nothing

        return place(nothing(shape, t.numpy), where, requires_grad)
    memory.check(shapes.numel(shape) * t.itemsize, f"a tensor of shape {list(shape)}")
    if value == 0 and value is not None:
        array = np.zeros(shape, t.numpy)
    elif value is None:
        array = np.empty(shape, t.numpy)
    else:
        array = np.full(shape, value, t.numpy)
    return place(array, where, requires_grad)


@composite(method=False, keywords={"shape": "size"})
def zeros(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: Any = False,
) -> Tensor:  # fmt: skip
    """A tensor of zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(size, 0, dtype, device, requires_grad)


@composite(method=False, keywords={"shape": "size"})
def ones(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: Any = False,
) -> Tensor:  # fmt: skip
    """A tensor of ones.

    >>> ones(2, dtype=int32)
    tensor([1, 1], dtype=torch.int32)
    """
    return filled(size, 1, dtype, device, requires_grad)


@composite(method=False)
def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: Any = False,
) -> Tensor:  # fmt: skip
    """A new tensor with a copy of the data: a number, nested lists, an array or a tensor.

    The dtype is that of the data: int64 for ints, the default dtype for floats, bool for bools.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    made = place(array_of(data, as_dtype(dtype), copy=True), device, False)
    if requires_grad:
        made.require_grad(True)
    return made


def tensor_of(data: Any) -> Tensor:
    """A tensor from an operand: lists and numbers are copied, arrays shared."""
    return wrap(array_of(data, None, copy=False))


def array_of(data: Any, dtype: dtypes.dtype | None, copy: bool) -> Any:
    """The CPU array of what a user gave as data."""
    if isinstance(data, Tensor):
        a = backend.to_device(data._a, CPU) if type(data._a).__name__ != "MetaArray" else data._a
        wanted = a.dtype if dtype is None else dtype.numpy
        return np.array(a, dtype=wanted, order="K") if copy else a.astype(wanted, copy=False)
    if isinstance(data, (np.ndarray, np.generic)):
        if data.dtype.kind in "OSUMm":
            raise ArgumentError(f"can't convert arrays of type {data.dtype}", argument="data")
        if dtype is None and np.dtype(data.dtype).newbyteorder("=") not in _KNOWN:
            dtypes.of(data.dtype)
        wanted = data.dtype.newbyteorder("=") if dtype is None else dtype.numpy
        return np.array(data, dtype=wanted) if copy else np.asarray(data, dtype=wanted)
    kind = type(data)
    if kind in (bool, int, float, complex):
        return _number(data, dtype)
    if isinstance(data, (list, tuple, range)):
        return _nested(data, dtype)
    raise ArgumentError(
        f"Could not infer dtype of {_name(data)}", hint="give numbers or nested lists of numbers",
        argument="data",
    )


_KNOWN = {np.dtype(n) for n in ("bool", "uint8", "int8", "int16", "int32", "int64", "float16",
                                "float32", "float64", "complex64", "complex128")}  # fmt: skip


def _name(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _number(value: Any, dtype: dtypes.dtype | None) -> Any:
    t = dtype or dtypes.of_scalar(value)
    try:
        if t.category == dtypes.INTEGER and isinstance(value, float):
            return np.asarray(int(value)).astype(t.numpy)
        if t.category < dtypes.COMPLEX and isinstance(value, complex):
            raise ValueProblem(f"value cannot be converted to type {t.name} (it is complex)")
        if t.category == dtypes.INTEGER:
            return np.asarray(value, t.numpy)
        return np.asarray(value).astype(t.numpy)
    except OverflowError:
        raise ValueProblem(
            f"value {value} cannot be converted to type {t.name} without overflow",
            argument="data",
        ) from None


def _nested(data: Any, dtype: dtypes.dtype | None) -> Any:
    """The array of nested lists of numbers and tensors, which must be even."""
    shape = _shape(data)
    flat = _flatten(data, shape)
    if dtype is None:
        kinds = {type(v) for v in flat}
        for kind in kinds:
            if kind not in _NUMBER_TYPES:
                raise ArgumentError(
                    f"Could not infer dtype of {kind.__name__}",
                    hint="give numbers or nested lists of numbers",
                    argument="data",
                )
        if not kinds:
            t = dtypes.default.value
        elif complex in kinds:
            t = dtypes.default.value.to_complex()
        elif float in kinds:
            t = dtypes.default.value
        elif int in kinds:
            t = dtypes.int64
        else:
            t = dtypes.bool_
        if _has_tensors(data):
            t = _tensor_dtype(data, t)
    else:
        t = dtype
    try:
        if t.category == dtypes.INTEGER and any(isinstance(v, float) for v in flat):
            flat = [int(v) for v in flat]
        if t.category < dtypes.COMPLEX and any(isinstance(v, complex) for v in flat):
            raise ValueProblem(f"value cannot be converted to type {t.name} (it is complex)")
        return np.array(flat, t.numpy).reshape(shape)
    except OverflowError:
        raise ValueProblem(
            f"a value cannot be converted to type {t.name} without overflow", argument="data"
        ) from None
    except (TypeError, ValueError) as e:
        if isinstance(e, ValueProblem):
            raise
        raise ArgumentError(f"data must be numbers: {e}", argument="data") from None


_NUMBER_TYPES = frozenset({bool, int, float, complex})


def _has_tensors(data: Any) -> bool:
    return any(
        isinstance(v, Tensor) or (isinstance(v, (list, tuple)) and _has_tensors(v)) for v in data
    )


def _tensor_dtype(data: Any, t: dtypes.dtype) -> dtypes.dtype:
    for v in data:
        if isinstance(v, Tensor):
            t = v.dtype if v.dtype.category >= t.category else t
        elif isinstance(v, (list, tuple)):
            t = _tensor_dtype(v, t)
    return t


def _shape(data: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(data, (list, tuple, range)):
        shape.append(len(data))
        if not len(data):
            break
        data = data[0]
    if isinstance(data, Tensor):
        shape.extend(data._a.shape)
    elif isinstance(data, np.ndarray):
        shape.extend(data.shape)
    return tuple(shape)


def _flatten(data: Any, shape: tuple[int, ...]) -> list[Any]:
    """All numbers in order; a list of another length is an error that names it."""
    level: list[Any] = list(data)
    for depth in range(1, len(shape)):
        wanted = shape[depth]
        below: list[Any] = []
        for item in level:
            if isinstance(item, (Tensor, np.ndarray)):
                item = item.tolist()
            if not isinstance(item, (list, tuple, range)):
                raise ValueProblem(
                    f"expected sequence of length {wanted} at dim {depth} (got a number)",
                    argument="data",
                )
            if len(item) != wanted:
                raise ValueProblem(
                    f"expected sequence of length {wanted} at dim {depth} (got {len(item)})",
                    argument="data",
                )
            below.extend(item)
        level = below
    for i, item in enumerate(level):
        if type(item) in _NUMBER_TYPES:
            continue
        if (isinstance(item, Tensor) and item._a.size == 1) or isinstance(item, np.generic):
            level[i] = item.item()
        elif isinstance(item, (list, tuple, Tensor, np.ndarray)):
            raise ValueProblem(
                f"expected a number at dim {len(shape)}, but got a {type(item).__name__}",
                argument="data",
            )
        else:
            raise ArgumentError(
                f"Could not infer dtype of {_name(item)}",
                hint="give numbers or nested lists of numbers",
                argument="data",
            )
    return level


def legacy_tensor(*data: Any, device: Any = None) -> Tensor:
    """What `Tensor(...)` makes: sizes give an unfilled tensor, a list its values as floats."""
    if len(data) == 1 and isinstance(data[0], (list, tuple)) and type(data[0]) is not shapes.Size:
        return place(array_of(data[0], dtypes.default.value, copy=True), device, False)
    if len(data) == 1 and isinstance(data[0], Tensor):
        from tcalc.runtime.tensor import alias

        return alias(data[0])
    if not data:
        return filled((0,), 0, None, device, False)
    return filled(data, 0, None, device, False)


@composite(method=False, differentiable=False)
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor on an array's own memory: writing to one writes to both.

    >>> from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(f"expected np.ndarray (got {_name(ndarray)})", argument="ndarray")
    _check_array(ndarray)
    return wrap(ndarray.view())


def _check_array(array: Any) -> None:
    if array.dtype.kind in "OSUMmV" and array.dtype.char != "E":
        raise ArgumentError(
            f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
            "int16, int8, uint8, and bool.",
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


@composite(method=False, differentiable=False)
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """The data as a tensor, copied only where it must be: tensors and arrays share their memory.

    >>> as_tensor([1, 2])
    tensor([1, 2])
    """
    t = as_dtype(dtype)
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=t)
    if isinstance(data, np.ndarray):
        _check_array(data)
        data = data.view()
    return place(array_of(data, t, copy=False), device, False)


@composite(method=False, differentiable=False)
def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
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
        made.require_grad(True)
    return made
