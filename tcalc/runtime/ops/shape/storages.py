"""The memory under tensors, as an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DimError, LayoutError
from tcalc.runtime.arrays.strides import start_of
from tcalc.runtime.base import addresses
from tcalc.runtime.base.op import Object
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tcalc.runtime.tensor.storage import Storage
    from tcalc.runtime.types.devices import device as Device
    from tcalc.runtime.types.dtypes import dtype as DType

_OF_MEMORY = {"plans": "tells of the memory", "devices": "tells of the memory"}


@export("torch.UntypedStorage", home="torch.storage")
class UntypedStorage:
    """The memory that a tensor and its views share."""

    __slots__ = ("_storage",)
    _public_ = frozenset({"data_ptr", "nbytes", "size"})

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def nbytes(self) -> int:
        """Bytes in it."""
        return int(self._storage.array.nbytes)

    size = nbytes

    def data_ptr(self) -> int:
        """A number for where its first byte is, as `Tensor.data_ptr` gives them."""
        return addresses.pointer(self._storage.array, start_of)

    def __len__(self) -> int:
        return self.nbytes()


@composite(names=("Tensor.untyped_storage",), differentiable=False, exempt=_OF_MEMORY)
def untyped_storage(input: Tensor) -> UntypedStorage:
    """The memory that the tensor shares with its views.

    >>> zeros(2, 3)[0].untyped_storage().nbytes()
    24
    """
    if is_sparse(input):
        raise LayoutError("Cannot access storage of SparseTensorImpl", hint="use x.values()")
    return UntypedStorage(input.shared())


@export("torch.TypedStorage", home="torch.storage")
class TypedStorage:
    """The memory that a tensor and its views share, as the numbers that are in it one by one.

    >>> x = arange(4).view(2, 2)
    >>> s = x.T.storage()
    >>> s[1] = 7; s.tolist(), x[0, 1]
    ([0, 7, 2, 3], tensor(7))
    """

    __slots__ = ("_flat", "_storage")
    _public_ = frozenset(
        {
            "data_ptr",
            "device",
            "dtype",
            "element_size",
            "fill_",
            "nbytes",
            "size",
            "tolist",
            "untyped",
        }
    )

    def __init__(self, tensor: Tensor) -> None:
        self._storage = untyped_storage(tensor)
        count = self._storage.nbytes() // tensor.element_size()
        self._flat = tensor.detach().as_strided((count,), (1,), 0)

    def size(self) -> int:
        """How many numbers are in it."""
        return int(self._flat.numel())

    def nbytes(self) -> int:
        """Bytes in it."""
        return self._storage.nbytes()

    def element_size(self) -> int:
        """Bytes of a number."""
        return int(self._flat.element_size())

    def data_ptr(self) -> int:
        """A number for where its first byte is, as `Tensor.data_ptr` gives them."""
        return self._storage.data_ptr()

    def tolist(self) -> List:
        """The numbers."""
        made: List = self._flat.tolist()
        return made

    def untyped(self) -> UntypedStorage:
        """The same memory, as bytes."""
        return self._storage

    def fill_(self, value: Any) -> TypedStorage:
        """Write one number everywhere."""
        self._flat.fill_(value)
        return self

    @property
    def dtype(self) -> DType:
        """Of its numbers."""
        return self._flat.dtype

    @property
    def device(self) -> Device:
        """Where it is."""
        return self._flat.device

    def __len__(self) -> int:
        return self.size()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: int) -> Any:
        return self._flat[self._place(index)].item()

    def __setitem__(self, index: int, value: Any) -> None:
        self._flat[self._place(index)] = value

    def _place(self, index: Any) -> int:
        if type(index) is not int:
            raise TypeError(f"can't index a {type(self).__name__} with {type(index).__name__}")
        if not -self.size() <= index < self.size():
            raise DimError(f"index {index} out of range for storage of size {self.size()}")
        return index

    def __repr__(self) -> str:
        numbers = "".join(f" {number}\n" for number in self.tolist())
        name = f"torch.storage.{type(self).__name__}"
        return f"{numbers}[{name}(dtype={self.dtype}, device={self.device}) of size {self.size()}]"


@composite(names=("Tensor.storage",), differentiable=False, exempt=_OF_MEMORY)
def storage(input: Tensor) -> TypedStorage:
    """The memory that the tensor shares with its views, as numbers that can be read and written.

    >>> zeros(2, 3)[0].storage().size()
    6
    """
    return TypedStorage(input)


@composite(names=("torch.is_storage",), differentiable=False, exempt={"samples": "takes anything"})
def is_storage(obj: Object) -> bool:
    """Whether a value is the memory of tensors.

    >>> torch.is_storage(zeros(2).untyped_storage()), torch.is_storage(zeros(2))
    (True, False)
    """
    return isinstance(obj, (UntypedStorage, TypedStorage))
