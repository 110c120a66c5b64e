"""What need not be done twice, or at all. Every pass keeps results bit for bit.

Each takes steps and gives fewer; values that others stand for are found through `Program.same`.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.transform.plan.values import FRESH, INPUT, Constant, Memory, Step, Value, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

ndarray = np.ndarray


class Program:
    """Steps with what must come of them.

    results: values that leave (each in memory of its own). notes: what each pass did, for `show`.
    """

    def __init__(self, steps: list[Step], results: list[Value], folded: int) -> None:
        self.steps = steps
        self.results = results
        self.same: dict[int, Value] = {}
        self.notes: list[tuple[str, int]] = [("constants folded", folded)] if folded else []

    def value(self, value: Value) -> Value:
        """The value that stands for another."""
        while value.number in self.same:
            value = self.same[value.number]
        return value

    def leaving(self) -> set[int]:
        """The ids of memories that leave."""
        return {id(self.value(v).memory) for v in self.results}


def run_passes(program: Program) -> Program:
    """All passes in turn."""
    for name, run in (
        ("common subexpressions", _common),
        ("work that changes nothing", _trivial),
        ("unused work", _unused),
        ("updates in place", _updates),
    ):
        before = len(program.steps)
        run(program)
        program.notes.append((name, before - len(program.steps)))
    return program


def _renamed(program: Program, step: Step) -> None:
    """Let a step read the values that stand for its own."""
    change: Callable[[Any], Any] = lambda v: program.value(v) if type(v) is Value else v  # noqa: E731
    step.args = mapped(step.args, change)
    step.kwargs = mapped(step.kwargs, change)
    step.target = change(step.target)


def _written(memory: Memory) -> bool:
    return memory.kind == INPUT or memory.writes > 0


def _key(value: Any) -> Any:
    if type(value) is Value:
        return ("%", value.number)
    if type(value) is Constant:
        a = value.array
        small = a.size <= 64
        return (a.dtype, a.shape, a.strides, a.tobytes()) if small else id(value)
    if isinstance(value, (tuple, list)):
        return (type(value), *map(_key, value))
    if type(value) is slice:
        return ("slice", _key(value.start), _key(value.stop), _key(value.step))
    if isinstance(value, dict):
        return tuple((k, _key(v)) for k, v in value.items())
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value), repr(value) if isinstance(value, (float, complex)) else value)


def _common(program: Program) -> None:
    """Do what is done twice with the same operands once."""
    leaving = program.leaving()
    seen: dict[Any, Step] = {}
    kept = []
    for step in program.steps:
        _renamed(program, step)
        alone = step.target is None and not step.random and step.form not in ("empty", "expect")
        fresh = all(v.memory.writes == 0 or v.memory.kind == INPUT for v in step.outs)
        if not (alone and fresh):
            kept.append(step)
            continue
        key = (step.form, step.function, _key(step.args), _key(step.kwargs), step.versions)
        first = seen.get(key)
        if first is None:
            seen[key] = step
            kept.append(step)
            continue
        shared = any(id(v.memory) in leaving for v in (*step.outs, *first.outs))
        views = all(a.memory is b.memory for a, b in zip(step.outs, first.outs))
        if shared and not views:
            kept.append(step)
            continue
        program.same.update({v.number: w for v, w in zip(step.outs, first.outs)})
    program.steps = kept


def _layout(value: Value) -> tuple[Any, ...]:
    return value.shape, value.dtype, value.strides, value.offset


def _ones(value: Any) -> bool:
    if type(value) is Constant:
        a = value.array
        return bool(a.size and (a.size == 1 or not any(a.strides)) and a.flat[0] == 1)
    return type(value) in (int, float) and value == 1


def _unchanged(step: Step) -> Any:
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


def is_uniform(array: Any) -> bool:
    """Whether an array is full of one number, bit for bit."""
    if array.size < 2 or not array.ndim:
        return False
    if not any(array.strides):
        return True
    first = array.flat[0].tobytes()
    return bool(array.size <= 1 << 12 and array.tobytes() == first * array.size)


def _trivial(program: Program) -> None:
    """Leave out multiplying and dividing by one, and copies of what nobody writes to."""
    leaving = program.leaving()
    kept = []
    for step in program.steps:
        _renamed(program, step)
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
            and not _written(source.memory)
            and not _written(out.memory)
            and not {id(source.memory), id(out.memory)} & leaving
        ):
            program.same[out.number] = source
            continue
        kept.append(step)
    program.steps = kept


def _unused(program: Program) -> None:
    """Leave out what nothing depends on."""
    needed = {program.value(v).number for v in program.results}
    memories = program.leaving()
    kept = []
    for step in reversed(program.steps):
        _renamed(program, step)
        target = step.target
        wanted = step.random or step.form == "expect" or any(v.number in needed for v in step.outs)
        if target is not None:
            wanted = wanted or target.memory.kind == INPUT or id(target.memory) in memories
        if not wanted:
            continue
        for v in step.reads() if target is None else [*step.reads(), target]:
            needed.add(v.number)
            memories.add(id(v.memory))
        memories.update(id(v.memory) for v in step.outs)
        kept.append(step)
    kept.reverse()
    program.steps = kept


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
            made = Step("into", last.function, last.args, {}, step.target, last.op, last.place)
            made.versions, made.back = last.versions, step.back
            kept.append(made)
            continue
        kept.append(step)
    program.steps = kept


def _whole_write(step: Step) -> Value | None:
    """The value that a step writes over all of its target, or None."""
    if step.form != "write" or step.function is not operator.setitem:
        return None
    _, index, value = step.args
    return value if is_whole(index) and type(value) is Value else None


def is_whole(index: Any) -> bool:
    """Whether an index takes all of an array."""
    return index is Ellipsis or (type(index) is tuple and len(index) == 1 and index[0] is Ellipsis)
