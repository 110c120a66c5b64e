"""Copies with the elements elsewhere: flipped, rolled, repeated."""

from __future__ import annotations

from typing import Any

from tcalc.runtime import memory
from tcalc.runtime.op import Array, kernel
from tcalc.runtime.shapes import as_size, wrap_dim, wrap_dims


@kernel(upcast_halves=False, samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]], 0), {})])
def flip(xp: Any, input: Array, *dims: Any) -> Array:
    """A copy with the order of the elements reversed along the dimensions.

    >>> flip(tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    at = as_size(dims, "dims")
    memory.check(input.nbytes, "the flipped tensor")
    return xp.flip(input, wrap_dims(at, input.ndim) if at else ()).copy()


flip.vjp(input=lambda g, dims: g.flip(*dims))
