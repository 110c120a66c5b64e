"""What a tensor is: sizes, strides, type and memory."""

from __future__ import annotations

from typing import NoReturn

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import memory_of
from tcalc.runtime.arrays.strides import start_of, strides_of
from tcalc.runtime.base import addresses
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Ints, MemoryFormat, Object
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import composite
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.tensor.resizing import offset_of
from tcalc.runtime.tensor.resizing import resize as resize_tensor
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import Size, as_size, wrap_dim
from tcalc.runtime.types.shapes import numel as numel_of

_OF_MEMORY = {"plans": "tells of the memory", "devices": "tells of the memory"}


@composite(names=("Tensor.size",), differentiable=False)
def size(input: Tensor, dim: int | None = None) -> Size | int:
    """The sizes of all dimensions, or of one.

    >>> zeros(2, 3).size(), zeros(2, 3).size(-1)
    (torch.Size([2, 3]), 3)
    """
    return input.shape if dim is None else input._d.shape[_dim(dim, input)]


def _dim(dim: int, input: Tensor) -> int:
    if not input._d.ndim:
        from tcalc.errors import DimError

        raise DimError("Dimension specified as 0 but tensor has no dimensions", argument="dim")
    return wrap_dim(dim, input._d.ndim)


@composite(differentiable=False)
def numel(input: Tensor) -> int:
    """The number of elements.

    >>> numel(zeros(2, 3))
    6
    """
    return int(input._d.size)


@composite(names=("Tensor.nelement",), differentiable=False)
def nelement(input: Tensor) -> int:
    """The number of elements.

    >>> zeros(2, 3).nelement()
    6
    """
    return int(input._d.size)


@composite(names=("Tensor.dim",), differentiable=False)
def dim(input: Tensor) -> int:
    """The number of dimensions.

    >>> zeros(2, 3).dim()
    2
    """
    return int(input._d.ndim)


@composite(names=("Tensor.ndimension",), differentiable=False)
def ndimension(input: Tensor) -> int:
    """The number of dimensions.

    >>> zeros(2, 3).ndimension()
    2
    """
    return int(input._d.ndim)


@composite(names=("Tensor.stride",), differentiable=False)
def stride(input: Tensor, dim: int | None = None) -> tuple[int, ...] | int:
    """How many elements lie between neighbours along each dimension, or along one.

    >>> zeros(2, 3).stride(), zeros(2, 3).stride(0)
    ((3, 1), 3)
    """
    steps = strides_of(memory_of(input._shown))
    return steps if dim is None else steps[_dim(dim, input)]


@composite(names=("Tensor.storage_offset",), differentiable=False)
def storage_offset(input: Tensor) -> int:
    """How many elements lie before the tensor's first one in its memory.

    >>> arange(5)[2:].storage_offset()
    2
    """
    return offset_of(input)


@composite(names=("Tensor.is_contiguous",), differentiable=False)
def is_contiguous(input: Tensor, memory_format: MemoryFormat | None = None) -> bool:
    """Whether the elements lie in order in memory: that of the dimensions, or of a format's.

    >>> zeros(2, 3).is_contiguous(), zeros(2, 3).T.is_contiguous()
    (True, False)
    """
    if is_sparse(input):
        return False
    array = memory_of(input._shown)
    if memory_format is not None and memory_format.order:
        if array.ndim != len(memory_format.order):
            return False
        array = array.transpose(memory_format.order)
    return bool(array.flags.c_contiguous)


@composite(names=("Tensor.data_ptr",), differentiable=False, exempt=_OF_MEMORY)
def data_ptr(input: Tensor) -> int:
    """A number for where the first element is: views differ as they do; 0 for no elements.

    It is no address: memory seems to begin at an invented place.

    >>> x = zeros(3)
    >>> x.data_ptr() == x[0].data_ptr()
    True
    """
    if mode.interpreter is not None:
        mode.interpreter.look(input._a)
    if not backend.has_elements(input._a):
        return 0
    return addresses.pointer(memory_of(input._shown), start_of)


@composite(names=("Tensor.element_size",), differentiable=False)
def element_size(input: Tensor) -> int:
    """Bytes in an element.

    >>> zeros(2).element_size()
    4
    """
    return int(input._d.itemsize)


@composite(differentiable=False)
def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating one.

    >>> is_floating_point(tensor(1.)), is_floating_point(tensor(1))
    (True, False)
    """
    return input.dtype.is_floating_point


@composite(differentiable=False)
def is_complex(input: Tensor) -> bool:
    """Whether the dtype is a complex one.

    >>> is_complex(tensor(1j))
    True
    """
    return input.dtype.is_complex


@composite(differentiable=False)
def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    >>> is_signed(tensor(1))
    True
    """
    return input.dtype.is_signed


@composite(differentiable=False)
def is_inference(input: Tensor) -> bool:
    """False: no tensors are set apart by inference_mode.

    >>> is_inference(zeros(2))
    False
    """
    return False


@composite(names=("torch.is_tensor",), differentiable=False, samples=lambda: [((2,), {})])
def is_tensor(obj: Object) -> bool:
    """Whether a value is a tensor.

    >>> is_tensor(tensor(1)), is_tensor(1)
    (True, False)
    """
    return isinstance(obj, Tensor)


@composite(differentiable=False)
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape.

    >>> is_same_size(zeros(2), ones(2))
    True
    """
    return bool(input._d.shape == other._d.shape)


@composite(differentiable=False)
def get_device(input: Tensor) -> int:
    """The number of the GPU that the tensor is on; -1 on the CPU.

    >>> get_device(zeros(2))
    -1
    """
    index = input.device.index
    return -1 if index is None else index


# -- memory -----------------------------------------------------------------------------------


@composite(names=("Tensor.resize_",), differentiable=False, exempt=_OF_MEMORY)
def resize_(input: Tensor, *sizes: Ints) -> Tensor:
    """Give the tensor another size in place; elements beyond its memory are zeros.

    >>> arange(4).resize_(2, 1)
    tensor([[0],
            [1]])
    """
    if input._g is not None and input.requires_grad:
        raise StateError("cannot resize variables that require grad")
    shape = as_size(sizes, "sizes")
    if any(n < 0 for n in shape):
        raise ShapeError(f"requested resize to {list(shape)}", argument="sizes")
    resize_tensor(input, shape)
    return input


@composite(names=("torch.resize_as_", "Tensor.resize_as_"), differentiable=False, exempt=_OF_MEMORY)
def resize_as_(
    input: Tensor, the_template: Tensor, memory_format: MemoryFormat | None = None
) -> Tensor:
    """Give the tensor another's size in place.

    >>> arange(4).resize_as_(zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return resize_(input, the_template.shape)


@composite(names=("Tensor.resize",), samples=lambda: [(([1.0, 2.0], 2, 1), {})])
def resize(input: Tensor, *sizes: Ints) -> Tensor:
    """The tensor in another shape with as many elements: an older word for `reshape`.

    >>> arange(4).resize(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    shape = as_size(sizes, "sizes")
    if numel_of(shape) != input._a.size:
        raise StateError(
            f"requested resize to {'x'.join(map(str, shape))} ({numel_of(shape)} elements in total), "
            f"but the given tensor has a size of {'x'.join(map(str, input._a.shape))} "
            f"({input._a.size} elements). autograd's resize can only change the shape of a given "
            "tensor, while preserving the number of elements."
        )
    return input.reshape(shape)


@composite(names=("Tensor.resize_as",), samples=lambda: [(([1.0, 2.0], [[0.0], [1.0]]), {})])
def resize_as(input: Tensor, tensor: Tensor) -> Tensor:
    """The tensor in another's shape with as many elements.

    >>> arange(4).resize_as(zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return resize(input, tensor.shape)


# -- batches ----------------------------------------------------------------------------------


def _no_resizing(batch: Batch) -> NoReturn:
    raise StateError(
        "vmap: resize_() is not supported: the examples of a batch share one piece of memory",
        hint="use reshape, or slices",
    )


resize_.batch = _no_resizing
