"""What views show as a copy of its own: `X_copy` for each view X; and parts that are no views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.op import DType, Ints
from tcalc.runtime.base.targets import GIVES_NONE
from tcalc.runtime.call.define import composite
from tcalc.runtime.types.dtypes import dtype
from tcalc.runtime.types.formats import contiguous_format

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

_TABLE = [[1.0, 2.0], [3.0, 4.0]]


def in_memory(shown: Tensor) -> Tensor:
    """A copy whose elements lie in order."""
    return shown.clone(memory_format=contiguous_format)


def _resolved(input: Tensor) -> Tensor:
    return input.resolve_conj().resolve_neg()


@composite(names=("torch.as_strided_copy",), samples=lambda: [((_TABLE, (2,), (1,)), {})])
def as_strided_copy(
    input: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """A copy of what strides and an offset shows.

    >>> as_strided_copy(tensor([1, 2, 3]), (2,), (2,))
    tensor([1, 3])
    """
    return in_memory(_resolved(input).as_strided(size, stride, storage_offset))


@composite(names=("torch.diagonal_copy",), samples=lambda: [((_TABLE,), {})])
def diagonal_copy(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of what a diagonal shows.

    >>> diagonal_copy(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return in_memory(input.diagonal(offset, dim1, dim2))


@composite(names=("torch.expand_copy",), samples=lambda: [((_TABLE, (2, 2, 2)), {})])
def expand_copy(input: Tensor, size: Ints, *, implicit: bool = False) -> Tensor:
    """A copy of what `expand` shows.

    >>> expand_copy(tensor([[1], [2]]), (2, 2))
    tensor([[1, 1],
            [2, 2]])
    """
    return in_memory(input.expand(*size))


@composite(samples=lambda: [((_TABLE, 1, 0, 1), {})])
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A copy of what `narrow` shows.

    >>> narrow_copy(tensor([1, 2, 3]), 0, 1, 2)
    tensor([2, 3])
    """
    return in_memory(input.narrow(dim, start, length))


@composite(names=("torch.permute_copy",), samples=lambda: [((_TABLE, (1, 0)), {})])
def permute_copy(input: Tensor, dims: Ints) -> Tensor:
    """A copy of what `permute` shows.

    >>> permute_copy(tensor([[1, 2], [3, 4]]), (1, 0))
    tensor([[1, 3],
            [2, 4]])
    """
    return in_memory(input.permute(*dims))


@composite(names=("torch.select_copy",), samples=lambda: [((_TABLE, 1, 0), {})])
def select_copy(input: Tensor, dim: int, index: int) -> Tensor:
    """A copy of what `select` shows.

    >>> select_copy(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return in_memory(input.select(dim, index))


@composite(names=("torch.slice_copy",), samples=lambda: [((_TABLE, 1, 0, 1), {})])
def slice_copy(
    input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of what a slice shows.

    >>> slice_copy(tensor([1, 2, 3]), 0, 0, 3, 2)
    tensor([1, 3])
    """
    return in_memory(input.movedim(dim, 0)[start:end:step].movedim(0, dim))


@composite(names=("torch.t_copy",), samples=lambda: [((_TABLE,), {})])
def t_copy(input: Tensor) -> Tensor:
    """A copy of what `t` shows.

    >>> t_copy(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return in_memory(input.t())


@composite(names=("torch.transpose_copy",), samples=lambda: [((_TABLE, 0, 1), {})])
def transpose_copy(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A copy of what `transpose` shows.

    >>> transpose_copy(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return in_memory(input.transpose(dim0, dim1))


@composite(names=("torch.unfold_copy",), samples=lambda: [((_TABLE, 1, 2, 1), {})])
def unfold_copy(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A copy of what `unfold` shows.

    >>> unfold_copy(tensor([1, 2, 3]), 0, 2, 1)
    tensor([[1, 2],
            [2, 3]])
    """
    return in_memory(input.unfold(dimension, size, step))


@composite(names=("torch.unsqueeze_copy",), samples=lambda: [((_TABLE, 0), {})])
def unsqueeze_copy(input: Tensor, dim: int) -> Tensor:
    """A copy of what `unsqueeze` shows.

    >>> unsqueeze_copy(tensor([1, 2]), 0)
    tensor([[1, 2]])
    """
    return in_memory(input.unsqueeze(dim))


@composite(names=("torch.squeeze_copy",), samples=lambda: [(([_TABLE],), {})])
def squeeze_copy(input: Tensor, dim: Ints | None = None) -> Tensor:
    """A copy of what `squeeze` shows.

    >>> squeeze_copy(tensor([[1, 2]]))
    tensor([1, 2])
    """
    return in_memory(input.squeeze() if dim is None else input.squeeze(dim))


@composite(names=("torch.view_copy",), samples=lambda: [((_TABLE, (4,)), {})])
def view_copy(input: Tensor, size: Ints | DType) -> Tensor:
    """A copy of what `view` shows.

    >>> view_copy(tensor([[1, 2]]), (2,))
    tensor([1, 2])
    """
    return in_memory(input.view(size) if isinstance(size, dtype) else input.reshape(size))


@composite(names=("torch.view_as_real_copy",), samples=lambda: [(([1 + 2j],), {})])
def view_as_real_copy(input: Tensor) -> Tensor:
    """A copy of what `view_as_real` shows.

    >>> view_as_real_copy(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return in_memory(_resolved(input).view_as_real())


@composite(names=("torch.view_as_complex_copy",), samples=lambda: [((_TABLE,), {})])
def view_as_complex_copy(input: Tensor) -> Tensor:
    """A copy of what `view_as_complex` shows.

    >>> view_as_complex_copy(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    return in_memory(_resolved(input).view_as_complex())


@composite(names=("torch.alias_copy",), samples=lambda: [((_TABLE,), {})])
def alias_copy(input: Tensor) -> Tensor:
    """A copy of what the tensor itself shows.

    >>> alias_copy(tensor([1, 2]))
    tensor([1, 2])
    """
    return in_memory(input)


@composite(differentiable=False, names=("torch.detach_copy",), samples=lambda: [((_TABLE,), {})])
def detach_copy(input: Tensor) -> Tensor:
    """A copy of what `detach` shows.

    >>> detach_copy(tensor([1, 2]))
    tensor([1, 2])
    """
    return in_memory(input.detach())


@composite(names=("torch.unbind_copy",), samples=lambda: [((_TABLE,), {})])
def unbind_copy(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what `unbind` shows.

    >>> unbind_copy(tensor([1, 2]))
    (tensor(1), tensor(2))
    """
    return tuple([in_memory(part) for part in input.unbind(dim)])


@composite(names=("torch.split_copy",), samples=lambda: [((_TABLE, 1), {})])
def split_copy(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what `split` shows.

    >>> split_copy(tensor([1, 2]), 1)
    (tensor([1]), tensor([2]))
    """
    return tuple([in_memory(part) for part in input.split(split_size, dim)])


@composite(names=("torch.split_with_sizes_copy",), samples=lambda: [((_TABLE, [1, 1]), {})])
def split_with_sizes_copy(input: Tensor, split_sizes: Ints, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what `split` shows.

    >>> split_with_sizes_copy(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return tuple([in_memory(part) for part in input.split(split_sizes, dim)])


@composite(names=("torch.unsafe_split", "Tensor.unsafe_split"), samples=lambda: [((_TABLE, 1), {})])
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The parts that `split` shows.

    >>> unsafe_split(tensor([1, 2]), 1)
    (tensor([1]), tensor([2]))
    """
    return input.split(split_size, dim)


@composite(
    names=("torch.unsafe_split_with_sizes", "Tensor.unsafe_split_with_sizes"),
    samples=lambda: [((_TABLE, [1, 1]), {})],
)
def unsafe_split_with_sizes(input: Tensor, split_sizes: Ints, dim: int = 0) -> tuple[Tensor, ...]:
    """The parts that `split` shows.

    >>> unsafe_split_with_sizes(tensor([1, 2]), [1, 1])
    (tensor([1]), tensor([2]))
    """
    return input.split(split_sizes, dim)


@composite(names=("torch.unsafe_chunk", "Tensor.unsafe_chunk"), samples=lambda: [((_TABLE, 2), {})])
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The parts that `chunk` shows.

    >>> unsafe_chunk(tensor([1, 2]), 2)
    (tensor([1]), tensor([2]))
    """
    return input.chunk(chunks, dim)


unbind_copy.outs = split_copy.outs = split_with_sizes_copy.outs = GIVES_NONE
