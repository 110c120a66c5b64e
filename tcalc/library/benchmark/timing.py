"""Stopwatches: for the text of a program, which a session runs, and for functions."""

from __future__ import annotations

import gc
import sys
from itertools import repeat

from tcalc.errors import ArgumentError
from tcalc.library.host import host
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.library.host import Stopwatch


def stopwatch(stmt: Any, setup: Any, variables: Any, clock: Callable[[], float]) -> Stopwatch:
    """A stopwatch for the text of a program, or for a function without arguments.

    setup: text that runs before. variables: those that the text finds, or None. What a turn leaves
    is computed in it.
    """
    if type(setup) is not str:
        raise ArgumentError("setup is the text of a program", argument="setup")
    if variables is not None and type(variables) is not dict:
        raise ArgumentError("globals is a dict of variables by name", argument="globals")
    if type(stmt) is str:
        return host.stopwatch(stmt, setup, variables or {}, clock)
    if not callable(stmt):
        raise ArgumentError("stmt is the text of a program, or a function", argument="stmt")
    if setup.strip() not in ("", "pass") or variables:
        raise ArgumentError("a function has no setup and no globals", argument="stmt")

    def turns(count: int) -> None:
        for _ in repeat(None, count):
            compute(stmt())

    return lambda count: elapsed(lambda: turns(count), clock)


def elapsed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds by the clock, without the garbage collector's and with the GPU's work done."""
    effect("timeit")
    collecting = gc.isenabled()
    gc.disable()
    try:
        _finish()
        start = clock()
        work()
        _finish()
        return clock() - start
    finally:
        if collecting:
            gc.enable()


def _finish() -> None:
    """Wait for a GPU that has been used; what it was given runs on its own."""
    cupy = sys.modules.get("cupy")
    if cupy is not None:
        from tcalc.runtime.arrays import cuda

        if cuda.count():
            cupy.cuda.Device().synchronize()


def compute(*values: Any) -> bool:
    """Compute what tensors still stand for, in lists, tuples and dicts too; whether any did.

    >>> compute(3, "a", [1.5])
    False
    """
    found = False
    for value in values:
        kind = type(value)
        how = _HOW.get(kind)
        if how is None:
            if len(_HOW) > _MOST_TYPES:
                _HOW.clear()
            how = _HOW[kind] = _how(kind)
        found = how(value) or found
    return found


def _how(kind: type) -> Callable[[Any], bool]:
    """How values of a type are computed."""
    module = sys.modules.get("tcalc.runtime.tensor.tensor")
    if module is not None and issubclass(kind, module.Tensor):
        return _compute_tensor
    if issubclass(kind, (list, tuple)):
        return lambda values: compute(*values)
    if issubclass(kind, dict):
        return lambda values: compute(*values.values())
    return lambda value: False


def _compute_tensor(tensor: Any) -> bool:
    return tensor._d is not tensor._a  # reading the second computes it


_HOW: dict[type, Callable[[Any], bool]] = {}
# Classes made in a loop must not pile up.
_MOST_TYPES = 256
