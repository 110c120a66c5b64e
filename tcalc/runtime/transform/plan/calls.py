"""The calls of a function that is traced, as they come, and what they have to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.graph.call import Call, Graph
from tcalc.runtime.graph.values import CONSTANT, Constant, Value
from tcalc.runtime.transform.plan.frames import user_frame
from tcalc.runtime.transform.plan.steps import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.transform.plan.steps import Step


class Calls:
    """Makes a Graph. current: the call that is made now. back: whether what is noted is part of the
    pass back from the results."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.current: Call | None = None
        self.back = False

    def begin(
        self, op: Op, operands: Sequence[object], attributes: dict[str, object], writes: bool
    ) -> Call:
        """A call of an op; writes: whether it is of the form that writes into the first operand."""
        call = Call(op, operands, attributes, name=op.name + "_" * writes, place=user_frame())
        call.versions = tuple([v.memory.version for v in call.reads()])
        return call

    def beside(
        self,
        form: str,
        function: Any,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        target: Value | None,
    ) -> Call:
        """A call for a step that is part of no op's."""
        name = name_of(form, function)
        call = Call(None, args, kwargs, target=target, name=name, place=user_frame())
        self.keep(call)
        return call

    def keep(self, call: Call) -> None:
        """Put a call into the graph."""
        call.number = len(self.graph.calls)
        call.back = self.back
        self.graph.calls.append(call)

    def keep_constant(self, call: Call, outs: dict[Value, Array]) -> None:
        """Put a call on constants into the graph; outs: the arrays that it gives."""
        call.outs = tuple(outs)
        self.graph.constants.update({v.number: Constant(array) for v, array in outs.items()})
        self.keep(call)

    def forget_back(self) -> None:
        """Let go of the pass back."""
        self.graph.entries = [c for c in self.graph.calls if not c.back]

    def connect(self, steps: Sequence[Step], results: Sequence[Value]) -> None:
        """Find what calls have to do with each other, by their steps: what is read beside operands,
        what is shown to others, what has to stay."""
        graph = self.graph
        graph.results = list(results)
        made: dict[int, Call] = {}
        born: dict[int, Call] = {}
        for step in steps:
            call = step.call
            for v in step.outs:
                made[v.number] = call
                born.setdefault(id(v.memory), call)
            if call.op is None:
                call.outs = step.outs
            call.random = call.random or step.random
            call.pinned = call.pinned or step.pinned or _writes_outside(step, born)
            for v in step.reads():
                origin = made.get(v.number)
                if origin is not call:
                    call.needs(v)
                    if origin is not None:
                        origin.shows(v)
        for v in results:
            if v.number in made:
                made[v.number].shows(v)
        # What was constant, and then was written to, is made of copies.
        for v in [v for call in graph.calls for v in call.outs]:
            if v.memory.kind != CONSTANT or v.memory.version:
                graph.constants.pop(v.number, None)
        working = {id(step.call) for step in steps}
        graph.entries = [
            c for c in graph.calls
            if id(c) in working or (c.outs and all(v.number in graph.constants for v in c.outs))
        ]  # fmt: skip


def _writes_outside(step: Step, born: dict[int, Call]) -> bool:
    """Whether a step writes into memory that its call neither made nor says to write to."""
    target, call = step.target, step.call
    if target is None or born.get(id(target.memory)) is call:
        return False
    return call.target is None or call.target.memory is not target.memory
