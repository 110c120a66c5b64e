"""Elementwise ops whose kernel may be one function that the installation has compiled.

Short paths call the function itself. What a function of one tensor gives may not be NumPy's to the bit:
then it is the kernel of that op everywhere.

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
    ALL.append(op)
    if sum(p.is_array for p in op.params) > 1 and not op.doubled:
        return
    own = op.kernel

    def kernel(xp: ModuleType, *args: Any, **options: Any) -> Array:
        settled(op)
        return op.kernel(xp, *args, **options)

    op.kernel, _open[op] = kernel, own


def settled(op: Op) -> Callable[..., Any]:
    """An op's kernel, as it stays from when NumPy is there."""
    if op in _open and "numpy" in sys.modules:
        installed = import_module("tcalc.runtime.call.installed")
        op.kernel = installed.kernel_of(op, _open.pop(op))
    return op.kernel


def short_names(op: Op) -> dict[str, Any]:
    """What a short path calls the function by, and by what dtype it knows when to: None where there is no
    function."""
    if op.installed is None:
        return {}
    installed = import_module("tcalc.runtime.call.installed")
    function = installed.function_of(op)
    single = None if function is None else installed.SINGLE
    return {"FUNCTION": function, "SINGLE": single, "BOOL": installed.BOOL}


# Kernels that choose among equal elements, or lay results out, otherwise than Python does.
_CHOOSING = frozenset({"max", "min", "max_at", "min_at", "median", "median_at", "kthvalue", "topk"})


def chooses(op: Op) -> bool:
    """Whether an op's machine code has to be found at once: no result goes by how often it was called."""
    return op.over_call is not None and op.over_call[0] in _CHOOSING


def whole_calls(op: Op) -> dict[str, Callable[[], Any] | None]:
    """What finds the machine code that does whole calls, and those of the form that writes; it may find None."""

    def home(name: str) -> Any:
        return import_module(f"tcalc.runtime.call.{name}")

    call: Callable[[], Any] | None = None
    into: Callable[[], Any] | None = None
    if op.memory_call is not None:
        kind, shown = op.memory_call, op.shows or op
        call = lambda: home("nativeviews").view_call(kind, shown)  # noqa: E731
    elif op.move_call is not None:
        call = lambda: home("nativemoves").call(op)  # noqa: E731
    elif op.index_call is not None:
        call = lambda: home("indexcalls").call(op)  # noqa: E731
        into = lambda: home("indexcalls").call(op, True)  # noqa: E731
    elif op.over_call is not None:
        call = lambda: home("overcalls").call(op)  # noqa: E731
    elif op.product_call is not None:
        call = lambda: home("productcalls").call(op)  # noqa: E731
    elif op.installed is not None and home("installed").function_of(op) is not None:
        call = lambda: home("native").call(op)  # noqa: E731
        into = lambda: home("native").call_into(op)  # noqa: E731
    return {"CALL": call, "CALL_INTO": into}
