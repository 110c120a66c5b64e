"""What a pickle of weights says, as data: plain containers, and descriptions in place of tensors.

Nothing of this is looked at by a program: `reading` makes values of it, or lists what there is.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Stored(NamedTuple):
    """A storage: its key in the file, how it is typed (None: bytes), where it was, its elements."""

    key: str
    dtype: str | None
    location: str
    length: int


class Laid(NamedTuple):
    """A tensor: elements of a storage from an offset on, by sizes and steps.

    storage: None for a tensor without contents. is_parameter: whether a module counts it among
    its own. conjugated, negated: what its elements stand for.
    """

    storage: Stored | None
    dtype: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    requires_grad: bool = False
    is_parameter: bool = False
    conjugated: bool = False
    negated: bool = False


class Layout(NamedTuple):
    """A layout of tensors, by PyTorch's name for it."""

    name: str


class Sparse(NamedTuple):
    """A sparse tensor: its indices, and last its values. coalesced: whether the indices are in order.

    layout: `torch.sparse_coo` or `torch.sparse_csr`. is_parameter, requires_grad: as of others.
    """

    layout: str
    parts: tuple[Laid, ...]
    size: tuple[int, ...]
    coalesced: bool
    requires_grad: bool = False
    is_parameter: bool = False

    @property
    def dtype(self) -> str:
        """The dtype of its values."""
        return self.parts[-1].dtype


class OldParameter:
    """A parameter as PyTorch wrote them before 0.4: what its state says comes later."""

    __slots__ = ("laid",)

    def __init__(self, laid: Laid) -> None:
        self.laid = laid


class Named(NamedTuple):
    """A value that a name stands for, a dtype or else a device."""

    is_dtype: bool
    name: str


class Sizes(NamedTuple):
    """A torch.Size."""

    sizes: tuple[int, ...]


class Raw(NamedTuple):
    """Bytes, of which programs have none."""

    data: bytes

    @property
    def called(self) -> str:
        """What a message calls it."""
        return f"{len(self.data)} bytes beside its tensors, and programs here have none"


class NumberType:
    """NumPy's dtype of one number; what its state says comes later."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "|"


class Ordered(dict[Any, Any]):
    """An OrderedDict. metadata: what PyTorch keeps beside a state dict's entries, or None."""

    __slots__ = ("metadata",)

    def __init__(self) -> None:
        super().__init__()
        self.metadata: Any = None


class Counted(dict[Any, Any]):
    """A Counter."""

    __slots__ = ()
