"""A plan as people read it: its steps before and after the passes, and what each pass did."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.transform.plan.passes import is_uniform
from tcalc.runtime.transform.plan.values import Constant, Step, Value
from tcalc.runtime.types.codes import INEXACT
from tcalc.runtime.types.dtypes import of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.transform.plan.replay import Plan

_LONGEST = 40
_WIDEST = 64


class Operation:
    """One step as data.

    name: the function's; inputs: what it reads, as text; outputs: names; dtype, shape: of the first
    output, or of what it writes into; op: the op whose work it is; part: `forward` or `backward`.
    """

    __slots__ = ("dtype", "inputs", "name", "op", "outputs", "part", "place", "shape")
    _public_ = frozenset({"dtype", "inputs", "name", "op", "outputs", "part", "shape"})

    def __init__(self, step: Step, names: dict[int, str], part: str) -> None:
        out = step.target or (step.outs[0] if step.outs else None)
        self.name = _name(step)
        self.inputs = tuple(_argument(v, names) for v in _shown(step))
        written = () if step.target is None else (_value(step.target, names),)
        self.outputs = written or tuple(_value(v, names) for v in step.outs)
        self.dtype = None if out is None else of(out.dtype)
        self.shape = None if out is None else out.shape
        self.op = None if step.op is None else step.op.name
        self.part = part
        self.place = step.place

    def __repr__(self) -> str:
        call = f"{self.name}({', '.join(self.inputs)})"
        return f"{', '.join(self.outputs)} = {call}" if self.outputs else call


class Graph:
    """A static graph: `before` and `after` are lists of operations.

    passes: what each pass left out, by name. nbytes: of the buffers; unshared: what they would
    take if none were used twice.
    """

    __slots__ = ("after", "before", "name", "nbytes", "passes", "unshared")
    _public_ = frozenset({"after", "before", "nbytes", "passes", "unshared"})

    def __init__(self, plan: Plan) -> None:
        names = dict(plan.labels)
        for step in plan.traced:
            for v in step.outs:
                names.setdefault(v.number, f"%{len(names) - len(plan.labels) + 1}")
        ahead = plan.traced[: plan.forward]
        self.name = plan.title
        self.before = [Operation(s, names, "forward") for s in ahead]
        self.before += [Operation(s, names, "backward") for s in plan.traced[plan.forward :]]
        self.after = [Operation(s, names, "forward") for s in plan.steps]
        self.after += [Operation(s, names, "backward") for s in plan.back_steps]
        self.passes = dict(plan.notes)
        buffers = [b for b in (plan.buffers, plan.back_buffers) if b is not None]
        self.nbytes = sum(b.nbytes for b in buffers)
        self.unshared = sum(b.asked for b in buffers)

    def __repr__(self) -> str:
        return self.text()

    def text(self, source_of: Callable[[Any], str | None] = lambda place: None) -> str:
        """The whole as text; source_of: the expression of a program at a place."""
        lines = [f"{self.name}: static graph", f"before: {_count(self.before)}"]
        lines += _listed(self.before, source_of)
        lines.append("passes:")
        lines += [f"  {name}: {-n if n else 'nothing'}" for name, n in self.passes.items()]
        buffers = f"buffers {_bytes(self.nbytes)}"
        if self.unshared > self.nbytes:
            buffers += f" ({_bytes(self.unshared)} without reuse)"
        lines.append(f"after: {_count(self.after)}, {buffers}")
        lines += _listed(self.after, source_of)
        return "\n".join(lines)


def _count(operations: list[Operation]) -> str:
    return "1 operation" if len(operations) == 1 else f"{len(operations)} operations"


def _bytes(n: int) -> str:
    from tcalc.runtime.base.memory import human

    return human(n)


def _listed(operations: Iterable[Operation], source_of: Callable[[Any], str | None]) -> list[str]:
    lines = []
    part = "forward"
    for o in operations:
        if o.part != part:
            part = o.part
            lines.append("  gradient:")
        text = f"  {o!r}"
        about = f"{o.dtype.name} {list(o.shape)}" if o.dtype and o.shape is not None else ""
        place = o.place
        source = " ".join((source_of(place) or "").split()) if place is not None else ""
        if len(source) > _LONGEST:
            source = source[: _LONGEST - 1] + "…"
        lines.append(f"{text:<{_WIDEST}}  {about:<18}  {source}".rstrip())
    return lines


def _name(step: Step) -> str:
    if step.form == "empty":
        return "empty"
    if step.form == "expect":
        return "expect"
    if step.form == "view":
        return "view"
    if step.random:
        return "random" if step.op is None else step.op.name
    if step.form == "kernel" and step.op is not None:
        return step.op.name
    if step.function is operator.setitem:
        return "write"
    if step.function is operator.getitem:
        return "index"
    name = getattr(step.function, "__name__", str(step.function))
    if step.form in ("reduce", "accumulate", "outer"):
        return f"{step.function.__self__.__name__}.{name}"
    return str(name)


def _shown(step: Step) -> list[Any]:
    """The arguments that say something."""
    if step.form == "view":
        return [step.args[0]]
    if step.function is operator.setitem:
        return [v for v in step.args[1:] if v is not Ellipsis and v != (Ellipsis,)]
    if step.random:
        return []
    return [v for v in (*step.args, *step.kwargs.values()) if v is not None and v is not np]


def _argument(value: Any, names: dict[int, str]) -> str:
    kind = type(value)
    if kind is Value:
        return _value(value, names)
    if kind is Constant:
        a = value.array
        if a.size == 1 or is_uniform(a):
            return f"{a.flat[0]:.6g}" if a.dtype.char in INEXACT else str(a.flat[0])
        return f"constant {list(a.shape)}"
    if kind is tuple:
        inner = ", ".join(_argument(v, names) for v in value)
        return f"({inner}{',' if len(value) == 1 else ''})"
    if kind is list:
        return f"[{', '.join(_argument(v, names) for v in value)}]"
    if kind is slice:
        parts = [None if v is None else _argument(v, names)
                 for v in (value.start, value.stop, value.step)]  # fmt: skip
        text = ":".join("" if v is None else v for v in parts[:2])
        return text if parts[2] is None else f"{text}:{parts[2]}"
    if value is Ellipsis:
        return "..."
    return str(value) if len(str(value)) <= _LONGEST else kind.__name__


def _value(value: Value, names: dict[int, str]) -> str:
    return names[value.number]
