"""What runs an op where an operand is sparse, found when one meets the first such tensor.

Ops say it where sparse forms are defined, in the modules beside this; a function of one tensor that
leaves 0 as it is runs on the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.sparse import (  # noqa: F401 (they say it)
    arithmetic,
    dimensions,
    products,
    reductions,
)
from tcalc.runtime.ops.sparse.parts import on_values

if TYPE_CHECKING:
    from tcalc.runtime.call.define import DefinedOp


def complete(op: DefinedOp) -> None:
    """Let an op know what runs it where an operand is sparse."""
    if op.sparse is None and op.keeps_zero:
        op.sparse = _of_values(op)


def _of_values(op: DefinedOp) -> Any:
    lifted = on_values(op)
    return lambda input, *rest: lifted(input, rest)


export("torch._sparse_forms", value=complete)
