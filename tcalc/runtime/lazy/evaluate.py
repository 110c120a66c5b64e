"""The values of expressions, computed when someone looks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.lazy.expression import LARGE, TOTAL, Expression
from tcalc.runtime.lazy.program import SHARED, Program, allot, settle
from tcalc.runtime.lazy.reducing import add_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array


def evaluate(node: Expression) -> Array:
    """The value of an expression."""
    if node.array is None:
        if node.size >= LARGE:
            fill(node)
        elif node.function is TOTAL:
            node.hold(np.asarray(add_all(node.operands[0]), node.dtype))
        else:
            operands = [evaluate(v) if type(v) is Expression else v for v in node.operands]
            value: Any = node.function(*operands)  # type: ignore[misc]  # never None here
            node.hold(np.asarray(value, node.dtype))
    return node.array


def fill(*nodes: Expression) -> None:
    """Compute expressions of one shape, and what is dear on the way to them and still held."""
    if interpreters.count and mode.interpreter is not None:
        mode.interpreter.evaluate(nodes, lambda: _fill(nodes))
    else:
        _fill(nodes)


def _fill(nodes: Sequence[Expression]) -> None:
    if len(nodes) == 1 and _at_once(nodes[0]):
        return
    program = Program(nodes)
    targets, made = allot(program, [*program.roots, *program.outputs])
    program.run(targets)
    settle(program, made)


@cache
def _by_code() -> tuple[Any, Any]:
    """What computes a step by compiled code, and what tells which steps have to be: loaded when something
    large is computed."""
    from tcalc.runtime.lazy import onestep
    from tcalc.runtime.lazy.compiled.kernels import replaces

    return onestep.compute, replaces


def _at_once(node: Expression) -> bool:
    """Compute one step that is compiled, or is not worth cutting into blocks."""
    operands = [v.array if type(v) is Expression else v for v in node.operands]
    function: Any = node.function
    if node.order is not None or any(v is None for v in operands):
        return False
    at_once, replaces = _by_code()
    array = at_once(function, operands, node.shape, node.dtype, node.cost)
    if array is not None:
        node.hold(array)
        return True
    if node.size * node.cost > SHARED or replaces(function, node.dtype):
        return False
    array = np.empty(node.shape, node.dtype)
    function(*operands, out=array)
    node.hold(array)
    return True
