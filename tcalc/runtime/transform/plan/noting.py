"""Which values of a plan are noted rather than computed: large elementwise work, done in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.transform.plan.steps import is_elementwise

if TYPE_CHECKING:
    from tcalc.runtime.graph.values import Value
    from tcalc.runtime.transform.plan.steps import Program, Step

# What is noted beside ufuncs.
_NOTED = (np.where, np.clip, np.ndarray.astype, np.ndarray.copy)


def takes_noted(step: Step) -> bool:
    """Whether a step is a kernel that takes large arrays which are not computed yet."""
    deferred = step.form == "kernel" and step.op is not None and step.op.deferred
    return deferred and any(v.size >= LARGE for v in step.reads())


def noted_values(program: Program) -> set[int]:
    """The values that are noted rather than computed: they are large, or follow from such.

    Nobody writes to them or shows them in part.
    """
    shown: set[int] = set()
    for step in program.steps:
        for v in step.outs:
            if any(v.memory is r.memory for r in step.reads()):
                shown.add(id(v.memory))
    found: set[int] = set()
    totals: set[int] = set()
    for step in program.steps:
        if len(step.outs) != 1 or step.target is not None:
            continue
        out = step.outs[0]
        if out.memory.writes or id(out.memory) in shown:
            continue
        if takes_noted(step):
            if not out.shape and not step.random:
                totals.add(out.number)
            continue
        if step.kwargs:
            continue
        ufunc = step.form == "ufunc" and step.function.nout == 1
        other = step.function in _NOTED and step.form in ("function", "method")
        long = out.size >= LARGE and any(v.size >= LARGE for v in step.reads())
        if long and (ufunc or other) and not is_numpys(step, out):
            found.add(out.number)
        elif ufunc and any(v.number in totals for v in step.reads()):
            totals.add(out.number)
    return found | totals


def is_numpys(step: Step, out: Value) -> bool:
    """Whether a step is done by NumPy in eager work, where what waits would not be."""
    from tcalc.runtime.lazy.compiled.kernels import replaces

    return not is_elementwise(step.call) and replaces(step.function, out.dtype)


def used_once(program: Program, noted: set[int]) -> set[int]:
    """The noted values that one step reads, before anything else is written to."""
    uses: dict[int, list[int]] = {}
    writes = []
    for i, step in enumerate(program.steps):
        for v in step.reads():
            uses.setdefault(v.number, []).append(i)
        if step.target is not None:
            writes.append(i)
    leaving = {program.value(v).number for v in program.results}
    found = set()
    for i, step in enumerate(program.steps):
        for v in step.outs:
            at = uses.get(v.number, [])
            alone = v.number in noted and v.number not in leaving and len(at) == 1
            alone = alone and step.form != "kernel"
            if alone and not any(i < w < at[0] for w in writes):
                found.add(v.number)
    return found
