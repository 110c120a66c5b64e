"""From one dtype, device or kind of value to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AutogradError, StateError, ValueProblem
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.arrays.mirror import Mirror, memory_of
from tcalc.runtime.base import memory
from tcalc.runtime.base.kinds import NO
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.op import MATRIX, Array, Device, DType, MemoryFormat, Object
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import DefinedOp, composite, kernel
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.filling import copied
from tcalc.runtime.lazy.hazards import expose
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.pieces import PIECE, numbers
from tcalc.runtime.ops.create.filling import cast_array
from tcalc.runtime.ops.create.tensor_types import BY_NAME, TypeOfTensors, name_of, tensortype
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import COMPLEXES, PLAIN
from tcalc.runtime.types.devices import CPU, device, resolve
from tcalc.runtime.types.formats import back, preserve_format

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Scalar
    from tcalc.runtime.types.formats import memory_format


def _copy(array: Array, memory_format: memory_format | None = None) -> Array:
    """A copy with the same order of dimensions in memory, or a format's; no elements twice."""
    if array.nbytes >= memory.SMALL:
        memory.check(array.nbytes, f"a tensor of shape {list(array.shape)}")
    if memory_format is not None and memory_format is not preserve_format:
        memory_format.check(array.ndim)
        order = memory_format.order or tuple(range(array.ndim))
        return copied(array.transpose(order)).transpose(back(order))
    if array.flags.c_contiguous:
        return copied(array)
    if any(not s and n > 1 for s, n in zip(array.strides, array.shape)):
        return array.copy()
    return array.copy("K")


@kernel(upcast_halves=False, moves=True, memory_call="cloned")
def clone(xp: ModuleType, input: Array, *, memory_format: MemoryFormat | None = None) -> Array:
    """A copy of the tensor that gradients flow through.

    >>> clone(tensor([1, 2]))
    tensor([1, 2])
    """
    return _copy(input, memory_format)


clone.vjp(input=lambda g: g)


@kernel(moves=True, names=(), node_name="CloneBackward0", upcast_halves=False)
def contiguous_copy(xp: ModuleType, input: Array) -> Array:
    """A copy whose elements lie in order."""
    if input.nbytes >= memory.MAPPED:
        memory.check(input.nbytes, f"a tensor of shape {list(input.shape)}")
    return copied(input)


contiguous_copy.vjp(input=lambda g: g)


@composite(names=("Tensor.contiguous",), samples=lambda: [((MATRIX,), {}), ((MATRIX,), {}, lambda a: a.mT)])  # fmt: skip
def contiguous(input: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
    """The tensor itself where its elements lie in order in memory, else a copy that does.

    memory_format: whose order; by default that of the dimensions.

    >>> tensor([[1, 2], [3, 4]]).T.contiguous().is_contiguous()
    True
    >>> zeros(2, 3, 4, 4).contiguous(memory_format=torch.channels_last).stride()
    (48, 1, 12, 3)
    """
    array = input._d
    if type(array) is not np.ndarray:
        array = memory_of(input._shown)
    if memory_format is None or not memory_format.order:
        if array.flags.c_contiguous:
            return input
        if memory_format is preserve_format:
            raise StateError("preserve memory format is unsupported by the contiguous operator")
        return contiguous_copy(input)
    memory_format.check(array.ndim)
    if array.transpose(memory_format.order).flags.c_contiguous:
        return input
    return clone(input, memory_format=memory_format)


contiguous.move_call = "contiguous"


def arranged(input: Tensor, memory_format: memory_format | None) -> Tensor:
    """The tensor with its elements in the order of a format; None keeps that which it has."""
    keeps = memory_format is None or memory_format is preserve_format
    return input if keeps else contiguous(input, memory_format)


# For the short path of casts, which closes by it.
ndarray = np.ndarray
# So few elements in order NumPy converts as soon as anything is asked of them.
_FEW = 512


def _converted(input: Array, dtype: dtypes.dtype) -> Array:
    few = type(input) is np.ndarray and input.size <= _FEW and input.flags.c_contiguous
    if few and input.dtype.char not in COMPLEXES:
        return input.astype(dtype.numpy)
    nbytes = input.size * dtype.itemsize
    if nbytes >= memory.MAPPED:
        memory.check(nbytes, f"a tensor of shape {list(input.shape)}")
    found = cast_array(input, dtype.numpy)
    return laid_in_order(found) if type(input) is np.ndarray and 0 in input.strides else found


@kernel(moves=True, names=(), node_name="ToCopyBackward0", upcast_halves=False, deferred=True)
def cast(xp: ModuleType, input: Array, dtype: dtypes.dtype) -> Array:
    """The tensor in another dtype."""
    return _converted(input, dtype)


# The engine undoes the dtype.
cast.vjp(input=lambda g: g)


@kernel(moves=True, names=(), upcast_halves=False, differentiable=False, deferred=True)
def cast_whole(xp: ModuleType, input: Array, dtype: dtypes.dtype) -> Array:
    """The tensor in an integer or bool dtype, through which no gradient flows."""
    return _converted(input, dtype)


def _caster(t: dtypes.dtype) -> DefinedOp:
    """The op that converts to a dtype."""
    return cast if t.category >= dtypes.FLOATING else cast_whole


@kernel(moves=True, names=(), node_name="ToCopyBackward0", upcast_halves=False,
        exempt={"samples": "needs another device"})  # fmt: skip
def transfer(xp: ModuleType, input: Array, where: device, origin: device) -> Array:
    """The tensor on another device."""
    return backend.to_device(input, where)


transfer.vjp(input=lambda g, origin: transfer(g, origin, g.device))


@composite(names=("Tensor.to",))
def to(
    input: Tensor, *args: Object, dtype: DType | None = None, device: Device | None = None, other: Array | None = None,
    non_blocking: bool = False, copy: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """The tensor with a dtype, on a device, or as another tensor; itself where nothing changes.

    `x.to(float64)`, `x.to("cuda")`, `x.to(device, dtype)`, `x.to(other)`; `copy=True`
    always copies.

    >>> tensor([1.7, -2.3]).to(int64)
    tensor([ 1, -2])
    """
    given = args if dtype is None else (*args, dtype)
    if len(given) == 1 and type(given[0]) is dtypes.dtype and not copy:
        method = _casts.get(given[0])
        if method is not None and device is other is memory_format is None:
            return method(input)
    for arg in args:
        if isinstance(arg, Tensor):
            other = arg
        elif (found := dtypes.take(arg)) is not NO:
            dtype = found
        elif (isinstance(arg, (str, int)) and not isinstance(arg, bool)) or _is_device(arg):
            device = arg
        elif arg is not None and not isinstance(arg, bool):
            raise ArgumentError(
                f"to() received an invalid combination of arguments - got ({type(arg).__name__})",
                hint="give a dtype, a device or another tensor",
            )
    flags = [a for a in args if isinstance(a, bool)]
    if len(flags) > 1:
        copy = flags[1]
    if other is not None:
        dtype, device = other.dtype, other.device
    return arranged(converted(input, dtype, device, copy), memory_format)


def _is_device(value: object) -> bool:
    return isinstance(value, type(CPU))


def converted(
    input: Tensor, dtype: dtypes.dtype | None, where: object, copy: bool = False
) -> Tensor:
    """The tensor in a dtype and on a device (None: as it is), itself where nothing changes."""
    result: Any = input
    if where is not None:
        target = resolve(where)
        if target.index is None and backend.of_kind(target.type).is_numbered:
            own = input.device.index if input.device.type == target.type else 0
            target = device(target.type, own)
        if target != input.device:
            result = transfer(input, target, input.device)
    if dtype is not None and result._d.dtype != dtype.numpy:
        result = _caster(dtype)(result, dtype)
    return result.clone() if copy and result is input else result


# The methods named after types, by these.
_casts: dict[dtypes.dtype, DefinedOp] = {}


def _define_casts() -> None:
    """The methods named after types: `x.float()`, `x.long()`, ..."""

    def method(name: str, t: dtypes.dtype) -> None:
        run, numpy = _caster(t), t.numpy

        def convert(input: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
            array = input._d
            if array.dtype is numpy or array.dtype == numpy:
                made = input
            elif (
                type(array) is ndarray and array.size < LARGE and input._g is None is input._v
                and array.dtype.char not in COMPLEXES
            ):  # fmt: skip
                made = wrap(_converted(array, t))
            else:
                made = run(input, t)
            return made if memory_format is None else arranged(made, memory_format)

        convert.__name__ = name
        plain = (dtypes.float32, dtypes.int64, dtypes.bool_, dtypes.complex64)
        shown = "" if t in plain else f", dtype={t!r}"
        value = {dtypes.BOOL: "True", dtypes.INTEGER: "1", dtypes.FLOATING: "1.",
                 dtypes.COMPLEX: "1.+0.j"}[t.category]  # fmt: skip
        convert.__doc__ = (
            f"The tensor as {t.name}; itself where it is that already.\n\n"
            f"    >>> tensor([1]).{name}()\n    tensor([{value}]{shown})\n    "
        )
        exact = t in (dtypes.float64, dtypes.complex128)
        made = composite(
            name=name, names=(f"Tensor.{name}",),
            exempt={} if exact else {"gradients": "rounds more than differences allow"},
        )(convert)  # fmt: skip
        made.move_call = f"cast.{t.name}"
        _casts[t] = made

    for t in dtypes.ALL:
        if t.method:
            method(t.method, t)


_define_casts()
shortcuts.known(globals())


@composite(names=("Tensor.type_as",))
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype of another.

    >>> tensor([1]).type_as(tensor([1.]))
    tensor([1.])
    """
    return converted(input, other.dtype, other.device)


@composite(name="type", names=("Tensor.type",), exempt={"devices": "names the device"},
           samples=lambda: [(([1.0, 2.0],), {}), (([1.0, 2.0], dtypes.float64), {})])  # fmt: skip
def type_(
    input: Tensor, dtype: DType | str | TypeOfTensors | None = None, non_blocking: bool = False
) -> Tensor | str:
    """The name of the tensor's type; with a dtype (or such a name, or type), converted to it.

    >>> tensor([1.]).type()
    'torch.FloatTensor'
    """
    if dtype is None:
        return name_of(input.dtype, input.is_cuda, is_sparse(input))
    if isinstance(dtype, str):
        name, dtype = dtype, BY_NAME.get(dtype)
        if dtype is None:
            raise ValueProblem(f"invalid type: '{name}'", argument="dtype")
    if isinstance(dtype, tensortype):
        return converted(input, dtype.dtype, "cuda" if dtype.is_cuda else CPU)
    return converted(input, dtype, None)


@composite(names=("Tensor.cpu",), exempt={"devices": "moves to the CPU"})
def cpu(input: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
    """The tensor in the CPU's memory; itself where it is there already.

    >>> tensor([1]).cpu()
    tensor([1])
    """
    return arranged(converted(input, None, CPU), memory_format)


@composite(names=("Tensor.cuda",), exempt={"samples": "needs a GPU"})
def cuda(
    input: Tensor,
    device: Device | None = None,
    non_blocking: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """The tensor in a GPU's memory; itself where it is there already."""
    return arranged(converted(input, None, "cuda" if device is None else device), memory_format)


# -- Python's and NumPy's values --------------------------------------------------------------


@composite(
    names=("Tensor.tolist",),
    differentiable=False,
    exempt={"plans": "gives no tensor", "devices": "gives no tensor"},
)
def tolist(input: Tensor) -> List | Scalar:
    """The elements as nested lists of Python numbers; of a 0-dim tensor, one number.

    >>> tensor([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    array = backend.to_device(input._a, CPU)
    if input.dtype.module:
        array = array.astype(np.float32)
    memory.check(array.size * 32, "the list")
    return _as_list(array) if array.ndim else array.tolist()


def _as_list(array: Array) -> List:
    if array.ndim == 1:
        return List(numbers(array))
    if array.size > PIECE:
        return List([_as_list(part) for part in array])
    return _listed(array.tolist(), array.ndim)


def _listed(items: list[Any], depth: int) -> List:
    return List(items if depth == 1 else [_listed(item, depth - 1) for item in items])


@composite(
    names=("Tensor.numpy",),
    differentiable=False,
    exempt={"plans": "gives no tensor", "devices": "gives no tensor"},
)
def numpy(input: Tensor, *, force: bool = False) -> Array:
    """The tensor as a NumPy array on the same memory.

    force: also from a tensor that requires grad or is not on the CPU (copied then).

    >>> tensor([1., 2.]).numpy()
    array([1., 2.], dtype=float32)
    """
    array = input._d
    if (
        type(array) is np.ndarray and array.dtype.char in PLAIN
        and input._g is None is input._v and not interpreters.count
    ):  # fmt: skip
        expose(array)
        return array.view()
    if not force:
        if input.requires_grad:
            raise AutogradError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead.",
                hint="use .detach().numpy()",
            )
        if not input.is_cpu:
            raise ArgumentError(
                f"can't convert {input.device} device type tensor to numpy. Use Tensor.cpu() to "
                "copy the tensor to host memory first.",
                hint="use .cpu().numpy()",
            )
    if is_sparse(input):
        raise ArgumentError(
            "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.",
            hint="use .to_dense().numpy()",
        )
    if type(input._d) is Mirror and not force:
        bit, name = ("conjugate", "conj") if input.dtype.is_complex else ("negative", "neg")
        raise StateError(
            f"Can't call numpy() on Tensor that has {bit} bit set. Use tensor.resolve_{name}().numpy() "
            "instead.",
            hint=f"use .resolve_{name}().numpy()",
        )
    own = input._a if mode.interpreter is None else mode.interpreter.look(input._a)
    array = backend.to_device(own, CPU)
    if input.dtype.module:
        name = input.dtype.shorthand
        raise ArgumentError(f"Got unsupported ScalarType {name}", hint="use .float().numpy()")
    if array is own:
        expose(array)
        return array.view()
    return array


# -- batches ----------------------------------------------------------------------------------

clone.batch = contiguous_copy.batch = cast.batch = cast_whole.batch = transfer.batch = leading
