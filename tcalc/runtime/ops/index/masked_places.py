"""Indexing where a mask says which places count: the others may lie anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DtypeError
from tcalc.runtime.base.op import Array, Arrays, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.index.placing import index_put
from tcalc.runtime.types.codes import BOOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor

_TABLE = [[0.5, 2.0], [1.0, -0.3]]


def _inside(input: Tensor, mask: Tensor, indices: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The indices, of which none lies beyond the input."""
    if mask._d.dtype.char not in BOOLS:
        raise DtypeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.name}",
            argument="mask",
        )
    sizes = input._d.shape
    return tuple([at.clamp(-n, n - 1) for at, n in zip(indices, sizes)]) + tuple(
        indices[len(sizes) :]
    )


@composite(
    names=("torch._unsafe_masked_index",),
    samples=lambda: [((_TABLE, [True, True, False], ([0, 1, 7], [1, 1, 0]), 9.0), {})],
)
def _unsafe_masked_index(input: Array, mask: Array, indices: Arrays, fill: Scalar) -> Array:
    """`input[indices]` where a mask is True, else a number; there the indices may be any.

    >>> torch._unsafe_masked_index(tensor([1, 2]), tensor([True, False]), [tensor([1, 7])], 9)
    tensor([2, 9])
    """
    at = _inside(input, mask, indices)
    if not input._d.size:
        return mask.new_full(mask.shape, fill, dtype=input.dtype)
    return input[at].masked_fill(~mask, fill)


@composite(
    names=("torch._unsafe_masked_index_put_accumulate",),
    samples=lambda: [
        ((_TABLE, [True, True, False], ([0, 1, 7], [1, 1, 0]), [0.5, 2.0, 1.0]), {}),
    ],
)  # fmt: skip
def _unsafe_masked_index_put_accumulate(
    input: Array, mask: Array, indices: Arrays, values: Array
) -> Array:
    """A copy with values added at `indices` where a mask is True; elsewhere the indices may be any.

    >>> at = [tensor([1, 7])]
    >>> torch._unsafe_masked_index_put_accumulate(tensor([1, 2]), tensor([True, False]), at, ones(2).long())
    tensor([1, 3])
    """
    at = _inside(input, mask, indices)
    if not input._d.size:
        return input.clone()
    return index_put(input, at, values.masked_fill(~mask, 0), True)
