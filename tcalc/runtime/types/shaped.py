"""What a shape and a dtype tell of whatever has them."""

from __future__ import annotations

import math
from typing import Any

from tcalc.errors import NotDefined


class Shaped:
    """Something with the shape and the dtype of an array."""

    __slots__ = ()

    shape: tuple[int, ...]
    dtype: Any

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes in an element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes in all elements."""
        return self.size * self.itemsize


class Standing(Shaped):
    """What stands in a tensor where its array would."""

    __slots__ = ()

    def read(self) -> Any:
        """The array of its values, or an error that there is none to be had."""
        raise NotDefined(f"{type(self).__name__} has no array of its values")
