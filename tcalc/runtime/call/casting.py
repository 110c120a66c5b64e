"""A call inside `autocast`: its operands in the dtype that the op says (`Op.autocast`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import LOWER, Op
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import FLOATING, float32, float64

if TYPE_CHECKING:
    from collections.abc import Sequence


def autocast(op: Op, values: Sequence[Any]) -> Any:
    """What an op gives for operands that were cast; what it calls in turn is called as it is."""
    kinds, mode.autocast = mode.autocast, None
    assert kinds is not None
    lower = op.autocast == LOWER
    try:
        return op.call_with([cast(v, kinds, lower) for v in values])
    finally:
        mode.autocast = kinds


def cast(value: Any, kinds: dict[str, Any], lower: bool) -> Any:
    """A tensor, or a list with some, in the dtype of its device, or in float32; the rest as it is."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, Tensor) for v in value):
        return [cast(v, kinds, lower) for v in value]
    if not isinstance(value, Tensor) or value.dtype.category != FLOATING or value.dtype is float64:
        return value
    target = kinds.get(value.device.type)
    if target is None:
        return value
    return value.to(target if lower else float32)
