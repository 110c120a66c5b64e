"""A number that tells tensors apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError, UnsupportedDtype
from tcalc.runtime.base.op import Array, Ints
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.reduce.reduction import nonempty
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, USUAL
from tcalc.runtime.types.shapes import wrap_dims

if TYPE_CHECKING:
    from types import ModuleType


@kernel(differentiable=False, upcast_halves=False)
def hash_tensor(
    xp: ModuleType, input: Array, dim: Ints | None = None, *, keepdim: bool = False, mode: int = 0
) -> Array:
    """The bits of the elements, as float64 or int64, joined by exclusive or, over dimensions or all.

    mode: 0 alone. The dtype is uint64.

    >>> hash_tensor(tensor([1, 2, 4]))
    tensor(7, dtype=torch.uint64)
    """
    if mode:
        raise StateError(f"Unknown hash_tensor mode: {mode}", argument="mode")
    char = input.dtype.char
    dtype = dtypes.of(input.dtype)
    if char not in USUAL or dtype.is_complex:
        raise UnsupportedDtype(f"\"xor_sum_cpu\" not implemented for '{dtype.shorthand}'")
    nonempty("hash_tensor", input, dim)
    axes = wrap_dims(dim, input.ndim)
    bits = input.astype(xp.int64 if char in EXACT else xp.float64).view(xp.uint64)
    for axis in axes:
        bits = xp.moveaxis(_joined(xp.moveaxis(bits, axis, 0)), 0, axis)
    return bits if keepdim else bits.squeeze(axes)


def _joined(rows: Array) -> Array:
    """The exclusive or of all rows, as one: halves upon each other."""
    while len(rows) > 1:
        half, odd = divmod(len(rows), 2)
        folded = rows[:half] ^ rows[half : 2 * half]
        if odd:
            folded[0] ^= rows[-1]
        rows = folded
    return rows


hash_tensor.batch = over("dim")
