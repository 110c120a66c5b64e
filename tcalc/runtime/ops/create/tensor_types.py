"""PyTorch's first names for tensors of a dtype: `torch.FloatTensor` and its kin."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, NoCudaError, StateError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.create.creation import of_sizes_or_data
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import devices, dtypes
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.formats import layout, strided

TypeOfTensors = Any


class tensortype:
    """The tensors of one dtype on the CPU or the GPU: makes them, and knows them in `isinstance`.

    `torch.LongTensor(2, 3)` has that size, `torch.LongTensor([1, 2])` that data.
    """

    __slots__ = ("dtype", "is_cuda")
    _known_as_ = "torch.tensortype"
    _public_ = frozenset({"dtype", "is_cuda", "is_sparse", "layout"})
    __hash__ = hash_of_identity

    def __init__(self, dtype: dtypes.dtype, is_cuda: bool) -> None:
        self.dtype = dtype
        self.is_cuda = is_cuda

    @property
    def layout(self) -> layout:
        """How such tensors keep their elements."""
        return strided

    @property
    def is_sparse(self) -> bool:
        """Whether such tensors keep but some of their elements: no."""
        return False

    def __repr__(self) -> str:
        return f"<class '{name_of(self.dtype, self.is_cuda)}'>"

    def check(self) -> None:
        """Refuse it where there is no such device."""
        if not self.is_cuda:
            return
        from tcalc.runtime.arrays import cuda  # which few programs need

        if not cuda.count():
            raise TypeNotThere(
                f"type {name_of(self.dtype, True)} not available. Torch not compiled with CUDA "
                "enabled."
            )

    def __call__(self, *data: object, device: object = None) -> Tensor:
        self.check()
        kind = "cuda" if self.is_cuda else "cpu"
        where = _device(kind if device is None else device)
        if where.type != kind:
            raise StateError(
                f"legacy constructor expects device type: {kind} but device type: {where.type} was "
                "passed",
                argument="device",
            )
        return of_sizes_or_data(data, self.dtype, where)

    def __instancecheck__(self, value: object) -> bool:
        return (
            isinstance(value, Tensor)
            and value.dtype is self.dtype
            and value.is_cuda is self.is_cuda
            and is_sparse(value) is self.is_sparse
        )


class TypeNotThere(NoCudaError, TypeError):
    """A type of tensors on a GPU where there is none."""


_device = device


def name_of(dtype: dtypes.dtype, is_cuda: bool, is_sparse: bool = False) -> str:
    """PyTorch's name for the tensors of a dtype.

    >>> name_of(dtypes.float32, False), name_of(dtypes.float32, False, True)
    ('torch.FloatTensor', 'torch.sparse.FloatTensor')
    """
    where = f"{'cuda.' if is_cuda else ''}{'sparse.' if is_sparse else ''}"
    return f"torch.{where}{dtype.shorthand}Tensor"


# Those that came with the dtypes since then have no such type: nobody could have used one.
BY_NAME = {
    name_of(t, is_cuda): tensortype(t, is_cuda)
    for t in dtypes.ALL
    for is_cuda in (False, True)
    if not t.is_complex and not t.unpromoted
}
for _name, _type in BY_NAME.items():
    export(_name, value=_type)
kinds.define(
    "TypeOfTensors", "torch.tensortype", lambda v: v if type(v) is tensortype else kinds.NO
)


@composite(
    names=("torch.set_default_tensor_type",),
    exempt={"samples": "reads or changes the session's settings"},
)
def set_default_tensor_type(t: TypeOfTensors | str) -> None:
    """Make the dtype and device of a type, such as `torch.DoubleTensor`, those of new tensors.

    `set_default_dtype` and `set_default_device` do it one by one.
    """
    effect("set_default_tensor_type")
    found = BY_NAME.get(t) if isinstance(t, str) else t
    if found is None:
        raise ArgumentError(
            "invalid type object: only floating-point types are supported as the default type"
        )
    found.check()
    dtypes.set_default(found.dtype)
    devices.set_default("cuda" if found.is_cuda else None)
