"""Numbers as a mantissa and a power of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import UnsupportedDtype
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import kernel
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import FLOATS

if TYPE_CHECKING:
    from types import ModuleType


@kernel(returns=("mantissa", "exponent"), samples=lambda: [(([0.3, -6.0, 5.0],), {})])
def frexp(xp: ModuleType, input: Array) -> Array:
    """The mantissas, at least 0.5 and below 1 in size, and the exponents of two: int32.

    >>> frexp(tensor([8., 0.75])).exponent
    tensor([4, 0], dtype=torch.int32)
    """
    if input.dtype.char not in FLOATS:
        raise UnsupportedDtype(
            f"torch.frexp() only supports floating-point dtypes, but got "
            f"{dtypes.of(input.dtype).name}"
        )
    return xp.frexp(input)


frexp.batch = leading
frexp.vjp(input=lambda g, out: g[0] / 2.0 ** out[1])
