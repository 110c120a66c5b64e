"""Which functions of neural networks machine code may do whole, and kernels that it does."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op


def whole(*ops: Op) -> None:
    """Let calls of ops be done so, where the installation has functions for them."""
    for op in ops:
        op.whole = partial(_found, op.name)


@cache
def builtin(name: str) -> Any:
    """A kernel that gives a tuple of arrays for plain arrays of float32, or None for others; None where the
    installation has no such function."""
    return _found(name)


def _found(name: str) -> Any:
    from tcalc.runtime.call import nncalls  # which takes time that a few calls do not

    return nncalls.function(name)
