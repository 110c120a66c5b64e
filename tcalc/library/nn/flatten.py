"""Layers that give their input another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError
from tcalc.library.nn.arguments import layer
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.shape.reshaping import flatten, unflatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor


@layer("flatten")
class Flatten(Module):
    """The dims from start_dim to end_dim become one.

    >>> nn.Flatten()(zeros(2, 3, 4)).shape
    torch.Size([2, 12])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with fewer dims."""
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dims."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


@layer("flatten")
class Unflatten(Module):
    """A dim becomes several; one of their sizes may be -1.

    >>> nn.Unflatten(1, (3, 4))(zeros(2, 12)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if type(dim) is not int:
            raise ArgumentError(
                "invalid argument type for `dim` parameter, tensors have no named dims here",
                argument="dim",
            )
        if not isinstance(unflattened_size, (tuple, list)):
            raise ArgumentError(
                "unflattened_size must be tuple of ints, but found type "
                f"{type(unflattened_size).__name__}",
                argument="unflattened_size",
            )
        for at, size in enumerate(unflattened_size):
            if type(size) is not int:
                raise ArgumentError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(size).__name__} at pos {at}",
                    argument="unflattened_size",
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """The input with more dims."""
        return unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The dim and its sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
