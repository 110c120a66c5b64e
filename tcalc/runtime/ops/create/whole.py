"""Which ops' calls machine code may do whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op


def whole(*ops: Op) -> None:
    """Let calls of ops be done so, where the installation has functions for them."""
    for op in ops:
        op.whole = partial(_found, op.name)


def _found(name: str) -> Any:
    from tcalc.runtime.ops.create import whole_calls  # which takes time that one tensor does not

    return whole_calls.function(name)
