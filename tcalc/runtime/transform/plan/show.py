"""A plan as people read it: its calls before and after the passes, what each pass did, and the array
steps that are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.memory import human
from tcalc.runtime.graph.text import arguments, outputs
from tcalc.runtime.transform.plan.steps import Step
from tcalc.runtime.types.dtypes import of as dtype_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.graph.call import Call
    from tcalc.runtime.graph.values import Value
    from tcalc.runtime.transform.plan.frames import Place
    from tcalc.runtime.transform.plan.replay import Plan

_LONGEST = 40
_WIDEST = 64


class Operation:
    """One call of an op, or one array step, as data.

    name: the op's or function's; inputs: what it reads, as text; outputs: names; dtype, shape: of
    the first output, or of what it writes into; op: the op whose work it is; part: `forward` or
    `backward`.
    """

    __slots__ = ("dtype", "inputs", "name", "op", "outputs", "part", "place", "shape")
    _public_ = frozenset({"dtype", "inputs", "name", "op", "outputs", "part", "shape"})

    def __init__(self, of: Call | Step, name_of: Callable[[Value], str]) -> None:
        call = of.call if isinstance(of, Step) else of
        self.name = of.name
        self.inputs = tuple(arguments(of, name_of))
        outs = outputs(of)
        self.outputs = tuple(map(name_of, outs))
        self.dtype = dtype_of(outs[0].dtype) if outs else None
        self.shape = outs[0].shape if outs else None
        self.op = None if call.op is None else call.op.name
        self.part = "backward" if call.back else "forward"
        self.place = call.place

    def __repr__(self) -> str:
        call = f"{self.name}({', '.join(self.inputs)})"
        return f"{', '.join(self.outputs)} = {call}" if self.outputs else call


class Graph:
    """A static graph: `before` and `after` are lists of calls of ops, `steps` the array steps that
    those left come to.

    passes: what each pass left out, by name. nbytes: of the buffers; unshared: what they would
    take if none were used twice.
    """

    __slots__ = ("after", "before", "name", "nbytes", "passes", "steps", "unshared")
    _public_ = frozenset({"after", "before", "nbytes", "passes", "steps", "unshared"})

    def __init__(self, plan: Plan) -> None:
        names = dict(plan.labels)
        steps = [*plan.steps, *plan.back_steps]
        # Work beside ops is shown as the step that it is.
        beside = {id(s.call): s for s in plan.traced if s.op is None}
        calls = [beside.get(id(c), c) for c in plan.graph.calls]
        kept = {id(s.call) for s in steps}
        left = [c for c in calls if id(c.call if isinstance(c, Step) else c) in kept]

        def first(value: Value) -> str:
            return names.setdefault(value.number, f"%{len(names) - len(plan.labels) + 1}")

        def last(value: Value) -> str:
            return first(plan.program.value(value))

        self.name = plan.title
        self.before = [Operation(c, first) for c in calls]
        self.after = [Operation(c, last) for c in left]
        self.steps = [Operation(s, last) for s in steps]
        self.passes = plan.notes
        buffers = [b for b in (plan.buffers, plan.back_buffers) if b is not None]
        self.nbytes = sum(b.nbytes for b in buffers)
        self.unshared = sum(b.asked for b in buffers)

    def __repr__(self) -> str:
        return self.text()

    def text(self, source_of: Callable[[Place], str | None] = lambda place: None) -> str:
        """The whole as text; source_of: the expression of a program at a place."""
        lines = [f"{self.name}: static graph", f"before: {_count(self.before)}"]
        lines += _listed(self.before, source_of)
        lines.append("passes:")
        lines += [f"  {name}: {-n if n else 'nothing'}" for name, n in self.passes.items()]
        buffers = f"buffers {human(self.nbytes)}"
        if self.unshared > self.nbytes:
            buffers += f" ({human(self.unshared)} without reuse)"
        lines.append(f"after: {_count(self.after)}")
        lines += _listed(self.after, source_of)
        lines.append(f"in arrays: {_count(self.steps)}, {buffers}")
        lines += _listed(self.steps, source_of)
        return "\n".join(lines)


def _count(operations: list[Operation]) -> str:
    return "1 operation" if len(operations) == 1 else f"{len(operations)} operations"


def _listed(operations: Iterable[Operation], source_of: Callable[[Place], str | None]) -> list[str]:
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
