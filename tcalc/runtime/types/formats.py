"""How elements lie in memory, as names: layouts and memory formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, LayoutError, StateError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Sequence


class layout:
    """How a tensor keeps its elements: `strided`, all of them, each dimension's evenly spaced, or
    only some of them, `sparse_coo` by their indices and `sparse_csr` by rows."""

    __slots__ = ("name",)
    _public_: frozenset[str] = frozenset()
    __hash__ = hash_of_identity
    name: str

    def __new__(cls, *args: object, **kwargs: object) -> layout:
        """There are no others than those that have a name."""
        raise ArgumentError(f"cannot create 'torch.{cls.__name__}' instances")

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class memory_format(layout):
    """In which order of its dimensions a tensor's elements lie.

    order: the dimensions from the outermost; () where it goes by no other than their own.
    """

    __slots__ = ("order",)
    order: tuple[int, ...]

    def check(self, ndim: int) -> None:
        """Refuse it for tensors that do not have such dimensions."""
        if self.order and ndim != len(self.order):
            raise StateError(
                f"required rank {len(self.order)} tensor to use {self.name} format",
                argument="memory_format",
            )


def _layout(name: str) -> layout:
    made: layout = object.__new__(layout)
    made.name = name
    export(f"torch.{name}", value=made)
    return made


def _format(name: str, *order: int) -> memory_format:
    made: memory_format = object.__new__(memory_format)
    made.name, made.order = name, order
    export(f"torch.{name}", value=made)
    return made


export("torch.layout", value=layout)
export("torch.memory_format", value=memory_format)
strided = _layout("strided")
sparse_coo = _layout("sparse_coo")
sparse_csr = _layout("sparse_csr")
contiguous_format = _format("contiguous_format")
preserve_format = _format("preserve_format")
channels_last = _format("channels_last", 0, 2, 3, 1)
channels_last_3d = _format("channels_last_3d", 0, 2, 3, 4, 1)


def back(order: Sequence[int]) -> tuple[int, ...]:
    """The order of dimensions that undoes another.

    >>> back((0, 2, 3, 1))
    (0, 3, 1, 2)
    """
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def _only_strided(value: object) -> object:
    if type(value) is not layout:
        return kinds.NO
    if value is not strided:
        raise LayoutError(
            f"only tensors of the layout torch.strided are made here, not of {value}",
            hint="x.to_sparse() makes a sparse one of it, sparse_coo_tensor(size=(2, 3)) one of zeros",
        )
    return value


# Of what is made with all its elements; and any that there is.
kinds.define("Layout", "torch.layout", _only_strided)
kinds.define("AnyLayout", "torch.layout", lambda v: v if type(v) is layout else kinds.NO)
kinds.define(
    "MemoryFormat", "torch.memory_format", lambda v: v if type(v) is memory_format else kinds.NO
)
