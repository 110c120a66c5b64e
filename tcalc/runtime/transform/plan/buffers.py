"""Memory for the results of steps: assigned once, and used again when nobody needs what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.graph.values import FRESH, Memory, Value
from tcalc.runtime.lazy.exposure import owner as memory_of
from tcalc.runtime.transform.plan.operands import start_of

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.transform.plan.steps import Program


class Buffers:
    """One program's buffers. nbytes: of all of them; asked: what they would be without reuse."""

    def __init__(self, program: Program, noted: set[int]) -> None:
        self.nbytes = 0
        self.asked = 0
        self._leaving = program.leaving()
        self._last: dict[int, int] = {}
        self._held: dict[int, tuple[Any, Memory]] = {}
        self._free: dict[int, list[Any]] = {}
        # What is read when somebody looks at noted work has to be there until then.
        for step in program.steps:
            if any(v.number in noted for v in step.outs):
                self._leaving.update(id(v.memory) for v in step.reads())
        for i, step in enumerate(program.steps):
            for v in (*step.reads(), *step.outs, *([step.target] if step.target else [])):
                self._last[id(v.memory)] = i

    def leaves(self, value: Value) -> bool:
        """Whether a value needs memory of its own at every replay."""
        return id(value.memory) in self._leaving

    def take(self, value: Value) -> Array | None:
        """An array for a value, or None where it has to be made anew each time."""
        if self.leaves(value) or value.memory.kind != FRESH or not value.nbytes:
            return None
        self.asked += value.nbytes
        free = self._free.get(value.nbytes)
        if free:
            flat = free.pop()
        else:
            flat = np.empty(value.nbytes, np.uint8)
            self.nbytes += value.nbytes
        self._held[id(value.memory)] = (flat, value.memory)
        return np.ndarray(value.shape, value.dtype, flat, 0, value.strides)

    def after(self, at: int) -> None:
        """Take back the buffers whose last use was in a step."""
        for key in [k for k in self._held if self._last[k] <= at]:
            flat, _ = self._held.pop(key)
            self._free.setdefault(flat.nbytes, []).append(flat)


def on_other_memory(arrays: dict[str, Array]) -> dict[str, Array]:
    """Arrays that lie to each other as these do, in memory of their own."""
    memories: dict[int, Any] = {}
    made = {}
    for name, a in arrays.items():
        memory = memory_of(a)
        if id(memory) not in memories:
            memories[id(memory)] = np.empty_like(memory)
        offset = start_of(a) - start_of(memory)
        made[name] = np.ndarray(a.shape, a.dtype, memories[id(memory)], offset, a.strides)
    return made
