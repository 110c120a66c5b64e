"""make_tensor: a tensor of random numbers to try something with."""

from __future__ import annotations

import math
from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.base.op import Device, DType, Ints, MemoryFormat, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.create.conversion import arranged
from tcalc.runtime.ops.random.drawing import randint
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.dtypes import dtype as DT

# The bounds of what is drawn where none are given.
_LOW, _HIGH = -9, {dtypes.INTEGER: 10, dtypes.FLOATING: 9, dtypes.COMPLEX: 9}


def _bounds(low: Any, high: Any, kind: DT) -> tuple[Any, Any]:
    """The bounds of what is drawn, within what the dtype holds."""
    if kind.category == dtypes.BOOL:
        return (0 if low is None else low), (2 if high is None else high)
    low = max(_LOW, kind.least) if low is None else low
    high = _HIGH[kind.category] if high is None else high
    if any(isinstance(v, float) and math.isnan(v) for v in (low, high)):
        raise ValueProblem(f"`low` and `high` cannot be NaN, but got low={low} and high={high}")
    if low >= high:
        raise ValueProblem(f"`low` must be less than `high`, but got {low} >= {high}")
    low, high = max(low, kind.least), min(high, kind.largest)
    if kind.category == dtypes.INTEGER:
        return math.ceil(low), math.ceil(high)
    return low, high


@composite(names=("torch.testing.make_tensor",), exempt={"samples": "draws at random"})
def make_tensor(
    *shape: Ints, dtype: DType, device: Device, low: Scalar | None = None,
    high: Scalar | None = None, requires_grad: bool = False, noncontiguous: bool = False,
    exclude_zero: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Numbers drawn evenly from low to high, by default from -9 to 9 (0 to 9 without a sign).

    noncontiguous: apart from each other in memory. exclude_zero: none of them is 0.

    >>> torch.testing.make_tensor((2, 3), dtype=torch.float32, device="cpu", low=0, high=1).shape
    torch.Size([2, 3])
    """
    if noncontiguous and memory_format is not None:
        raise ValueProblem(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and dtype.category < dtypes.FLOATING:
        raise ValueProblem(
            "`requires_grad=True` is not supported for boolean and integral dtypes, but got "
            f"dtype={dtype!r}"
        )
    if any(isinstance(v, complex) for v in (low, high)):
        raise ArgumentError("`low` and `high` are real numbers, the bounds of both parts")
    low, high = _bounds(low, high, dtype)
    size = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    if dtype.category < dtypes.FLOATING:
        made = randint(low, high, size, dtype=dtype, device=device)
    else:
        made = empty(size, dtype=dtype, device=device)
        (made.view_as_real() if dtype.is_complex else made).uniform_(low, high)
    if noncontiguous and made.numel() > 1:
        made = made.repeat_interleave(2, dim=-1)[..., ::2]
    made = arranged(made, memory_format)
    if exclude_zero:
        made.masked_fill_(made.eq(0), 1 if dtype.category < dtypes.FLOATING else dtype.tiny)
    if requires_grad:
        made._require_grad(True)
    return made
