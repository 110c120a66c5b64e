"""The passes that make a plan smaller, in order: over its calls, then over their array steps.

Each takes a listing and leaves fewer entries in it; values that others stand for are found through
`Listing.same`. Every pass keeps results bit for bit.
"""

from __future__ import annotations

import operator
from collections import Counter
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.graph.listing import is_written
from tcalc.runtime.graph.passes import common, folded, unused
from tcalc.runtime.graph.text import is_uniform
from tcalc.runtime.graph.values import FRESH, Constant, Value
from tcalc.runtime.transform.plan.steps import Program, Step, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from tcalc.runtime.graph.call import Graph
    from tcalc.runtime.graph.listing import Listing

    L = TypeVar("L", bound=Listing[Any])

ndarray = np.ndarray


def smaller(
    graph: Graph, steps: Sequence[Step], results: Sequence[Value]
) -> tuple[Program, dict[str, int]]:
    """A program of the steps that are needed, and how many entries each pass left out."""
    graph = graph.copy(results)
    notes: dict[str, int] = {}
    _run(ON_CALLS, graph, notes)
    kept = {call.number for call in graph.calls}
    program = Program([copy(s) for s in steps if s.call.number in kept], results)
    program.same = graph.same
    _run(ON_STEPS, program, notes)
    return program, notes


def _run(
    passes: Sequence[tuple[str, Callable[[L], None]]], listing: L, notes: dict[str, int]
) -> None:
    """Run passes in order; notes: by name, how many entries they left out."""
    for name, run in passes:
        before = len(listing.entries)
        run(listing)
        notes[name] = notes.get(name, 0) + before - len(listing.entries)


def _layout(value: Value) -> tuple[object, ...]:
    return value.shape, value.dtype, value.strides, value.offset


def _ones(value: object) -> bool:
    if type(value) is Constant:
        a = value.array
        return bool(a.size and (a.size == 1 or not any(a.strides)) and a.flat[0] == 1)
    return type(value) in (int, float) and value == 1


def _unchanged(step: Step) -> object:
    """The operand that a step multiplies or divides by one, or copies; None for other steps."""
    if step.form == "ufunc" and step.function is np.multiply:
        a, b = step.args
        return a if _ones(b) else b if _ones(a) else None
    if step.form == "ufunc" and step.function is np.true_divide:
        return step.args[0] if _ones(step.args[1]) else None
    copies = step.form == "method" and step.function in (ndarray.copy, ndarray.astype)
    return step.args[0] if copies else None


def _narrowed(step: Step, out: Value) -> None:
    """Let a constant full of one number be that number, where others tell the shape."""
    if step.form == "ufunc" and any(type(v) is Value and v.shape == out.shape for v in step.args):
        step.args = tuple(
            Constant(np.asarray(v.array.flat[0])) if type(v) is Constant and is_uniform(v.array)
            else v for v in step.args
        )  # fmt: skip


def _trivial(program: Program) -> None:
    """Leave out multiplying and dividing by one, and copies of what nobody writes to; what is copied
    to leave may leave itself, where nothing else of its memory does and no pass back reads it."""
    leaving = program.leaving()
    back = {v.number for step in program.steps if step.back for v in step.reads()}
    # What else shows a copy would be on memory that is taken back without asking for it.
    shows = Counter(id(v.memory) for step in program.steps for v in step.outs)
    kept = []
    for step in program.steps:
        program.rename(step)
        source: Any = None
        shown = step.outs[0] if len(step.outs) == 1 and step.target is None else None
        if shown is not None:
            of = [v for v in step.reads() if v.memory is shown.memory]
            if of and _layout(of[0]) == _layout(shown):
                program.same[shown.number] = of[0]
                continue
        if shown is not None and not step.kwargs:
            source = _unchanged(step)
            _narrowed(step, shown)
        out = shown
        if (
            type(source) is Value
            and out is not None
            and (source.shape, source.dtype, source.strides) == (out.shape, out.dtype, out.strides)
            and not is_written(source.memory)
            and not is_written(out.memory)
            and shows[id(out.memory)] == 1
            and id(source.memory) not in leaving
        ):
            leaves = id(out.memory) in leaving
            if not leaves or (
                source.memory.whole is source
                and source.memory.kind == FRESH
                and source.number not in back
            ):
                program.same[out.number] = source
                if leaves:
                    leaving.add(id(source.memory))
                continue
        kept.append(step)
    program.entries = kept


def _updates(program: Program) -> None:
    """Compute what is only written into other memory right there."""
    uses: dict[int, int] = {}
    for step in program.steps:
        for v in step.reads():
            uses[v.number] = uses.get(v.number, 0) + 1
    leaving = program.leaving()
    kept: list[Step] = []
    for step in program.steps:
        last = kept[-1] if kept else None
        written = _whole_write(step)
        if (
            written is not None
            and last is not None
            and last.form == "ufunc"
            and len(last.outs) == 1
            and last.outs[0] is written
            and not last.kwargs
            and uses[written.number] == 1
            and step.target is not None
            and (written.shape, written.dtype) == (step.target.shape, step.target.dtype)
            and id(written.memory) not in leaving
            and written.memory.kind == FRESH
        ):
            last = kept.pop()
            made = Step("into", last.function, last.args, {}, step.target, step.call)
            made.versions = last.versions
            kept.append(made)
            continue
        kept.append(step)
    program.entries = kept


def _whole_write(step: Step) -> Value | None:
    """The value that a step writes over all of its target, or None."""
    if step.form != "write" or step.function is not operator.setitem:
        return None
    _, index, value = step.args
    return value if is_whole(index) and type(value) is Value else None


# A pass is a function of a listing, and a line here.
ON_CALLS: list[tuple[str, Callable[[Graph], None]]] = [
    ("constants folded", folded),
    ("common subexpressions", common),
    ("unused work", unused),
]
ON_STEPS: list[tuple[str, Callable[[Program], None]]] = [
    ("common subexpressions", common),
    ("work that changes nothing", _trivial),
    ("unused work", unused),
    ("updates in place", _updates),
]
