"""Taking tensors apart: views of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DimError, ShapeError
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.op import Array, Data, Ints, Scalar
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, view_op
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.types import shapes
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [3.0, 4.0]]

# Bytes that a view and its record take.
_VIEW = 400


@view_op(memory_call="divided")
def unbind(xp: ModuleType, input: Array, dim: int = 0) -> Array:
    """Views of the parts along a dimension, which goes away.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if not input.ndim:
        raise DimError("Dimension specified as 0 but tensor has no dimensions", argument="dim")
    at = wrap_dim(dim, input.ndim)
    lead = (slice(None),) * at
    return [input[(*lead, i, ...)] for i in range(input.shape[at])]


unbind.vjp(input=lambda g, dim: stack(g, dim))


def _sizes(sections: Ints, n: int, at: int) -> list[int]:
    """The sizes of the parts, from one size for all of them or a list."""
    if isinstance(sections, (tuple, list)):
        sizes = list(sections)
        if any(s < 0 for s in sizes):
            raise ShapeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={sizes}",
                argument="split_size_or_sections",
            )
        if sum(sizes) != n:
            raise ShapeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size "
                f"at dimension {at}), but got split_sizes={sizes}",
                argument="split_size_or_sections",
            )
        return sizes
    size: int = sections
    if size < 0:
        raise ShapeError(
            f"split expects split_size be non-negative, but got split_size={size}",
            argument="split_size_or_sections",
        )
    if not size:
        if n:
            raise ShapeError(
                f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}",
                argument="split_size_or_sections",
            )
        return [0]
    return [min(size, n - start) for start in range(0, n, size)] or [0]


def _parts(input: Array, at: int, sizes: Iterable[int]) -> list[Array]:
    lead = (slice(None),) * at
    parts = []
    start = 0
    for size in sizes:
        parts.append(input[(*lead, slice(start, start + size))])
        start += size
    return parts


@view_op(
    memory_call="divided", keywords={"split_size": "split_size_or_sections", "split_sizes": "split_size_or_sections",
              "tensor": "input"},
    samples=lambda: [((_SQUARE, 1), {}), ((_SQUARE, [1, 1]), {"dim": 1})],
    node_name=lambda saved: (
        "SplitBackward0" if type(saved["split_size_or_sections"]) is int else "SplitWithSizesBackward0"
    ),
)  # fmt: skip
def split(xp: ModuleType, input: Array, split_size_or_sections: Ints, dim: int = 0) -> Array:
    """Views of the parts along a dimension: of one size (the last may be less), or of sizes.

    >>> split(arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    >>> split(arange(5), [1, 4])
    (tensor([0]), tensor([1, 2, 3, 4]))
    """
    if not input.ndim:
        raise ShapeError("split expects at least a 1-dimensional tensor")
    at = wrap_dim(dim, input.ndim)
    return _parts(input, at, _sizes(split_size_or_sections, input.shape[at], at))


split.vjp(input=lambda g, split_size_or_sections, dim: cat(g, dim))


@composite(samples=lambda: [((_SQUARE, [1, 1]), {})])
def split_with_sizes(input: Tensor, split_sizes: Ints, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of parts of the given sizes along a dimension.

    >>> split_with_sizes(arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    return split(input, shapes.as_size((split_sizes,), "split_sizes"), dim)


@composite(samples=lambda: [((_SQUARE, 2), {})])
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` parts of one size (the last may be less).

    >>> chunk(arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    shape = input._d.shape
    if not shape:
        raise ShapeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise ShapeError(
            f"chunk expects `chunks` to be greater than 0, got: {chunks}", argument="chunks"
        )
    n = shape[wrap_dim(dim, len(shape))]
    return split.function(input, -(-n // chunks) if n else [0] * chunks, dim)


@composite(
    keywords={"indices": "indices_or_sections", "sections": "indices_or_sections"},
    samples=lambda: [((_SQUARE, 2), {})],
)
def tensor_split(
    input: Tensor, indices_or_sections: Ints | Data, dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of so many parts of nearly one size, or of the parts between the indices.

    >>> tensor_split(arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> tensor_split(arange(5), [1, 3])
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    shape = input._a.shape
    if not shape:
        raise ShapeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    at = wrap_dim(dim, len(shape))
    n = shape[at]
    given = indices_or_sections
    if not isinstance(given, (int, tuple)):
        given = kinds.take("tensor_split", "indices_or_sections", ("Ints",), _plain(given))
    if isinstance(given, (tuple, list)):
        ends = given
    else:
        sections = given
        if sections <= 0:
            raise ShapeError(
                f"number of sections must be larger than 0, got {sections}",
                argument="indices_or_sections",
            )
        memory.check(sections * _VIEW, f"{sections} views")
        small, larger = divmod(n, sections)
        ends = [i * small + min(i, larger) for i in range(1, sections)]
    lead = (slice(None),) * at
    bounds = [*ends, None]
    starts = [None, *ends]
    return tuple([input[(*lead, slice(a, b))] for a, b in zip(starts, bounds)])


def _plain(value: Data | Scalar) -> Data | Scalar:
    return value if isinstance(value, (float, complex)) else value.tolist()


def _split_evenly(
    name: str, input: Tensor, given: object, dim: int, least: int
) -> tuple[Tensor, ...]:
    shape = input._a.shape
    if len(shape) < least:
        raise ShapeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor "
            f"with {len(shape)} dimensions!"
        )
    if not isinstance(given, (tuple, list)):
        n = kinds.take(name, "indices_or_sections", ("int",), given)
        if n == 0 or shape[dim] % n:
            raise ShapeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the "
                f"dimension {shape[dim]} is not divisible by the split_size {n}!",
                argument="indices_or_sections",
            )
    return tensor_split(input, given, dim)


@composite(samples=lambda: [((_SQUARE, 2), {})])
def hsplit(input: Tensor, indices_or_sections: Ints | Data) -> tuple[Tensor, ...]:
    """Views of the parts along the second dimension; of a vector, along its only one.

    >>> hsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return _split_evenly("hsplit", input, indices_or_sections, int(input._a.ndim > 1), 1)


@composite(samples=lambda: [((_SQUARE, 2), {})])
def vsplit(input: Tensor, indices_or_sections: Ints | Data) -> tuple[Tensor, ...]:
    """Views of the parts along the first dimension.

    >>> vsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _split_evenly("vsplit", input, indices_or_sections, 0, 2)


@composite(samples=lambda: [(([_SQUARE], 2), {})])
def dsplit(input: Tensor, indices_or_sections: Ints | Data) -> tuple[Tensor, ...]:
    """Views of the parts along the third dimension.

    >>> [part.shape for part in dsplit(zeros(1, 1, 2), 2)]
    [torch.Size([1, 1, 1]), torch.Size([1, 1, 1])]
    """
    return _split_evenly("dsplit", input, indices_or_sections, 2, 3)


# -- batches ----------------------------------------------------------------------------------

unbind.batch = split.batch = over("dim")
