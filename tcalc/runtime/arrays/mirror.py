"""Memory shown conjugated or negated, as a view: what `x.conj()` is of complex numbers.

A Mirror stands in a tensor where its array would. Who reads it gets the values, computed anew; what
is written goes, conjugated back, to the memory; a view of it is a Mirror of the view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array


class Mirror(Standing):
    """An array's values through `flip`, NumPy's conjugate or negative, each its own inverse."""

    __slots__ = ("array", "dtype", "flip", "shape")

    def __init__(self, array: Array, flip: np.ufunc) -> None:
        self.array = array
        self.flip = flip
        self.shape = array.shape
        self.dtype = array.dtype

    def __getitem__(self, index: object) -> Mirror:
        return Mirror(self.array[index], self.flip)

    @property
    def strides(self) -> tuple[int, ...]:
        """The steps of the memory that it shows."""
        return self.array.strides

    def read(self) -> Array:
        """The values, in memory of their own."""
        values = self.flip(self.array)
        return np.asarray(values) if isinstance(values, np.generic) else values

    def write(self, values: Array) -> None:
        """Let the memory show these values."""
        self.flip(values, out=self.array, casting="unsafe")


def unmirrored(array: Array) -> Array:
    """The values of a Mirror; others as they are."""
    return array.read() if type(array) is Mirror else array


def memory_of(array: Array) -> Array:
    """The memory that a Mirror shows; others as they are."""
    return array.array if type(array) is Mirror else array
