"""The expressions of elementwise ops on large arrays, made again without the kernel that told them.

A kernel runs once on arrays that are not computed, which tells its steps; they are kept by the op, the
dtypes, and what numbers and settings it was given, as those of middle-sized arrays are (see `lazy.middle`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.exposure import is_exposed
from tcalc.runtime.lazy.expression import LARGE, TOTAL, Expression
from tcalc.runtime.lazy.pending import LONGEST, Pending
from tcalc.runtime.lazy.program import postorder
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import PLAIN
from tcalc.runtime.types.dtypes import default

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array, Op

ndarray = np.ndarray
# So many calls are kept, and of each op so many that differ: more have another number each time.
_REMEMBERED, _KINDS = 1024, 16
_SETTINGS = (int, float, bool, str, type(None))


# Of a step: function, operands (sources and steps by number; constants as they are), dtype.
_Step = tuple["Callable[..., object]", tuple[Any, ...], Any]
_kept: dict[Any, list[_Step]] = {}
_kinds: dict[Op, int] = {}


def _nobody() -> None:
    """Who holds the expressions in between."""


def expressed(op: Op, values: Sequence[Any]) -> Pending | None:
    """What an elementwise op's kernel would give for the values of its parameters; None where it has to
    be asked."""
    call = _call(op, values)
    steps = None if call is None else _kept.get(call[0])
    if call is None or steps is None:
        return None
    _, shape, made = call
    for function, parts, dtype in steps:
        operands = tuple([made[p] if type(p) is int else p for p in parts])
        node = Expression(function, operands, shape, dtype, None)
        node.holder = _nobody  # type: ignore[assignment]  # it is called alike
        made.append(node)
    return None if node.length > LONGEST else Pending(node)


def note(op: Op, values: Sequence[Any], result: Any) -> None:
    """Keep the steps that a kernel has told."""
    call = _call(op, values)
    if call is None or type(result) is not Pending or result.node is None:
        return
    kind, shape, sources = call
    count = _kinds[op] = _kinds.get(op, 0) + 1
    if count > _KINDS or result.shape != shape:
        return
    if len(_kept) >= _REMEMBERED:
        _kept.clear()
        _kinds.clear()
    steps = _steps(result.node, sources)
    if steps:
        _kept[kind] = steps


def _steps(root: Expression, sources: list[Array]) -> list[_Step] | None:
    """The steps from the sources to an expression; None where they are others than of elements."""
    places = {id(a): i for i, a in enumerate(sources)}
    steps: list[_Step] = []
    for p in postorder([root], places):
        parts: list[Any] = []
        for v in p.operands:
            place = places.get(id(v))
            if place is None and v.ndim:
                return None
            parts.append(v if place is None else place)
        if p.function is TOTAL or p.shape != root.shape or p.order is not None:
            return None
        places[id(p)] = len(sources) + len(steps)
        function: Any = p.function  # never None here
        steps.append((function, tuple(parts), p.dtype))
    return steps


def _call(
    op: Op, values: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[int, ...], list[Any]] | None:
    """By what calls differ, the shape, and the arrays or expressions of the tensors, where all of these are
    large, of that shape and in C order, of dtypes that are computed as they are; None for others."""
    if op.check is not None:
        return None
    # Without compiled code some kernels take other steps.
    kind: list[Any] = [op, default.value, settings.on]
    sources: list[Any] = []
    shape = None
    for v in values:
        if isinstance(v, Tensor):
            d = v._d
            if type(d) is Pending:
                d = d.node if d.array is None else d.array
            if type(d) is ndarray:
                if d.size < LARGE or not d.flags.c_contiguous or is_exposed(d):
                    return None
            elif type(d) is not Expression or d.size < LARGE or d.order is not None:
                return None
            if shape is None:
                shape = d.shape
            elif shape != d.shape:
                return None
            if d.dtype.char not in PLAIN:
                return None
            # An array that is given twice is told from two.
            place = next((i for i, a in enumerate(sources) if a is d), None)
            kind.append(d.dtype if place is None else place)
            sources.append(d)
        elif type(v) in _SETTINGS:
            # Of floats that are equal one may be negative: 0.0 and -0.0.
            kind += type(v), v or repr(v)
        else:
            return None
    if shape is None:
        return None
    return tuple(kind), shape, sources
