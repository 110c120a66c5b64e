"""Elementwise ops of one tensor whose kernel may be one function that the installation has compiled.

Whether there is one is asked when an array comes: on plain numbers these ops do without NumPy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.call.define import DefinedOp

ALL: list[DefinedOp] = []
# The kernels of those for which it is not settled.
_open: dict[Op, Callable[..., Any]] = {}


def prefer(op: DefinedOp) -> None:
    """Have an op's kernel be such a function, where there is one."""
    own = op.kernel
    assert op.params  # which are read from the kernel itself

    def kernel(xp: ModuleType, *args: Any, **options: Any) -> Array:
        settled(op)
        return op.kernel(xp, *args, **options)

    op.kernel, _open[op] = kernel, own
    ALL.append(op)


def settled(op: Op) -> Callable[..., Any]:
    """An op's kernel, as it stays from when NumPy is there."""
    if op in _open and "numpy" in sys.modules:
        installed = import_module("tcalc.runtime.call.installed")
        op.kernel = installed.kernel_of(op, _open.pop(op))
    return op.kernel
