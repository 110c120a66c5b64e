"""The tape: every NumPy call that a function makes on its way, with what it read and wrote. A kernel
runs on arrays that note what is done to them, which lowers the call of its op to array steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from tcalc.runtime.base import detached
from tcalc.runtime.base.op import SOME
from tcalc.runtime.base.symbols import plain
from tcalc.runtime.graph.values import (
    CONSTANT,
    FRESH,
    INPUT,
    Constant,
    Memory,
    Value,
    mapped,
)
from tcalc.runtime.lazy.exposure import owner as memory_of
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.lazy.pending import computed, lazy
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.plan.calls import Calls
from tcalc.runtime.transform.plan.frames import asks_itself, code_of, user_frame
from tcalc.runtime.transform.plan.operands import (
    any_of,
    held,
    is_changing,
    is_traced,
    kept_copy,
    picks,
    real_of,
    start_of,
    varies,
    view_beyond,
    view_shown,
)
from tcalc.runtime.transform.plan.steps import Step, is_elementwise
from tcalc.runtime.transform.plan.traced import UFUNC_METHODS, Traced, settled, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.ops.random.generator import Generator
    from tcalc.runtime.transform.plan.frames import Place

ndarray = np.ndarray
# Calls of ufuncs: for a new array, and into one.
_ELEMENTWISE = ("ufunc", "into")


class Tape:
    """What one run of a function did."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.steps: list[Step] = []
        # Why the steps do not say all that the function did, and where; None while they do.
        self.reason: str | None = None
        self.place: Place | None = None
        # Whether it matters where tensors begin in their memory.
        self.asks_offsets = False
        # Whether an op failed on the way.
        self.failed = False
        self._count = 0
        self._alive: list[ref[Traced]] = []
        # Memories by the id of what owns them, with a way to tell whether it is still there.
        self._memories: dict[int, tuple[Memory, Callable[[], Any]]] = {}
        self._constants: dict[tuple[int, int], Constant] = {}
        # How many kernels run, and whether the innermost looked at a value, or drew.
        self._depth = 0
        self._looked = False
        self._drew = False
        # How many generators were asked for by draws that are not noted yet.
        self._draws = 0

    # -- values -----------------------------------------------------------------------------------

    def input(self, array: Array) -> Traced:
        """A Traced for a tensor's array that the function is given anew each time."""
        owner = memory_of(array)
        known = self._known(owner)
        memory = known or self._memory(INPUT, owner)
        value = self._value(memory, array, owner)
        value.placed = True
        self.calls.graph.inputs.append(value)
        return self._traced(value, array)

    def adopted(self, array: Array) -> Traced:
        """A Traced for an array that was made while tracing, of numbers alone."""
        owner = memory_of(array)
        known = self._known(owner)
        memory = known or self._memory(CONSTANT, owner)
        return self._traced(self._value(memory, array, owner), array)

    def _memory(self, kind: str, owner: Array) -> Memory:
        memory = Memory(kind)
        try:
            self._memories[id(owner)] = (memory, ref(owner))
        except TypeError:  # bytes and the like: kept
            self._memories[id(owner)] = (memory, lambda: owner)
        return memory

    def _known(self, owner: Array) -> Memory | None:
        found = self._memories.get(id(owner))
        return found[0] if found is not None and found[1]() is owner else None

    def _value(self, memory: Memory, array: Array, owner: Array) -> Value:
        self._count += 1
        value = Value(self._count, memory, array, start_of(array) - start_of(owner))
        if memory.whole is None and array is owner:
            memory.whole = value
        return value

    def _traced(self, value: Value, array: Array) -> Traced:
        made = traced(self, value, array)
        self._alive.append(ref(made))
        return made

    def close(self) -> None:
        """Let every Traced become an array that is just there."""
        for found in self._alive:
            array = found()
            if array is not None and type(array) is Traced:
                settled(array)
        self._alive.clear()
        self._memories.clear()

    # -- steps ------------------------------------------------------------------------------------

    def call(
        self,
        form: str,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: dict[str, object],
        target: Traced | None = None,
    ) -> Any:
        """Do a call on the real values, note it down, and give its result."""
        real = mapped(args, real_of)
        options = mapped(kwargs, real_of)
        done = function
        if form in _ELEMENTWISE and any_of(args, MIDDLE) and is_elementwise(self.calls.current):
            from tcalc.runtime.lazy import large

            done = large.of(function)
        varying = varies(args) or varies(kwargs)
        if target is not None:
            owner = memory_of(target.array)
            memory = target.value.memory
            if memory.kind == CONSTANT and varying:
                self._thaw(memory, owner, False)
            noted = memory.kind != CONSTANT
            given = self._noted(args), self._noted(kwargs)
            before_write(target.array)
            if form == "into":
                done(*real, out=target.array, **options)
            else:
                done(*real, **options)
            memory.version += 1
            memory.writes += 1
            if noted:
                self._step(form, function, *given, self._placed(target.value))
            return None
        if not varying:
            return self._results(done(*real, **options), None)
        given = self._noted(args), self._noted(kwargs)
        result = done(*real, **options)
        step = self._step(form, function, *given, None)
        step.checked = picks(function, real[1:])
        return self._results(result, step)

    def change(
        self, function: Callable[..., None], read: list[Traced], written: list[Traced]
    ) -> None:
        """Let `function(*read, *written)` write into some arrays, now and at every replay."""
        for a in written:
            if a.value.memory.kind == CONSTANT:
                self._thaw(a.value.memory, memory_of(a.array), False)
        given = tuple([self._operand(a) for a in (*read, *written)])
        for a in written:
            before_write(a.array)
        function(*[a.array for a in (*read, *written)])
        for a in written:
            a.value.memory.version += 1
            a.value.memory.writes += 1
        # It has one target, and writes into others too: so it stays, whoever reads that one.
        self._step("change", function, given, {}, given[len(read)]).pinned = True

    def draw_into(
        self, array: Array, generator: Generator, fill: Callable[[Array, Generator], object]
    ) -> None:
        """Fill an array with random numbers, now and at every replay."""
        if type(array) is not Traced:  # a kernel's own
            generator.fill(array, fill)
            return
        self._draws -= 1
        if any(type(cell.cell_contents) is Traced for cell in fill.__closure__ or ()):
            self.give_up("draws random numbers whose distribution it computes")
        memory = array.value.memory
        if memory.kind == CONSTANT:
            self._thaw(memory, memory_of(array.array), memory.whole is array.value)
        target = self._placed(array.value)
        before_write(array.array)
        generator.fill(array.array, fill)
        memory.version += 1
        memory.writes += 1
        turn = type(generator).fill
        self._step("write", turn, (generator, target, fill), {}, target).random = True

    def kernel(self, op: Op, args: Any, kwargs: Any) -> Any:
        """Run an op's kernel: call by call where each can be noted, else as one step."""
        outer = self._depth, self._looked, self._drew
        self._depth, self._looked, self._drew = outer[0] + 1, False, False
        begun = len(self.steps)
        real = mapped(args, real_of)
        long = detached.is_long(op, real)
        before = dict(self._memories)
        versions = [(m, m.version) for m, _ in before.values()]
        try:
            if op.deferred and any_of(args, LARGE):
                self._looked = True
                result = op.kernel(np, *mapped(args, lambda v: lazy(real_of(v))), **kwargs)
                result = mapped(result, computed)
            elif long and op.long == SOME:
                self._looked = True
                result = detached.run(op, real, mapped(kwargs, real_of))
            else:
                try:
                    result = op.kernel(np, *args, **kwargs)
                except Exception:  # it may take arrays alone; an error of its own comes again
                    self._looked = True
                    result = op.kernel(np, *mapped(args, real_of), **mapped(kwargs, real_of))
            drew = self._drew
            whole = self._looked or drew or not is_traced(result)
        except Exception:  # whatever it was: the program may catch it
            self.failed = True
            raise
        finally:
            self._depth, self._looked, self._drew = outer
        if not whole:
            return result
        if any(m.version != v for m, v in versions):
            self.give_up(f"{op.name} writes into memory in a way that cannot be followed")
        self.steps[begun:] = [s for s in self.steps[begun:] if s.call is not self.calls.current]
        # Memory made on the way may have been written to unseen: what is in it comes of this step.
        self._memories = before
        result = mapped(result, real_of)
        shown = None if drew else view_shown(result, args)
        if shown is not None:
            return self.call("view", *shown, {})
        if not (drew or varies(args) or varies(kwargs)):
            return self._results(result, None)
        kernel = detached.form(op) if long else op.kernel
        xp = np
        if op.family == "elementwise" and any_of(args, MIDDLE):  # as eager work does it
            from tcalc.runtime.lazy import large

            xp = large.module()
        step = self._step("kernel", kernel, (xp, *self._noted(args)), self._noted(kwargs), None)
        step.random = drew
        return self._results(result, step)

    def seen(self, value: object) -> object:
        """What stands for an operand of a call: of a tensor, for its array."""
        array = held(value)
        return self._operand(array) if type(array) is Traced else value

    def leaving(self, array: Traced) -> Value | Constant:
        """What stands for an array outside the tape."""
        return self._operand(array)

    def drawn(self) -> None:
        """A draw asks for its generator."""
        if self._depth:
            self._drew = True
        else:
            self._draws += 1

    def finish(self) -> None:
        """See whether all that was begun is noted."""
        if self._draws:
            self.give_up("draws random numbers in a way that cannot be repeated")
        if self.failed:
            self.give_up("goes on after an error")

    def ufunc(
        self,
        ufunc: np.ufunc,
        method: str,
        inputs: tuple[Any, ...],
        out: tuple[Array, ...] | None = None,
        **options: object,
    ) -> Any:
        """Do a ufunc's work on what has a place on the tape."""
        if method == "at":
            function = ufunc.at
            if type(inputs[0]) is Traced:
                self.call("write", function, inputs, {}, inputs[0])
                return None
            return function(*self.look(inputs))
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if method not in UFUNC_METHODS:
            return function(*self.look(inputs), **options)
        if out is None:
            form = "ufunc" if method == "__call__" else method
            return self.call(form, function, inputs, options)
        if len(out) == 1 and type(out[0]) is Traced:
            self.call("into", function, inputs, options, out[0])
            return out[0]
        return function(*self.look(inputs), out=out, **self.look(options))

    def look(self, value: object) -> Any:
        """The real values; what follows from them is not noted."""
        if self._depth:
            self._looked = True
        elif is_changing(value):
            self.give_up("looks at a value")
        return mapped(value, lambda v: v.array if type(v) is Traced else plain(v))

    def truth(self, array: Traced) -> bool:
        """Whether one value is true. Where the runtime asks, replays must find the same."""
        if self._depth or not varies(array) or asks_itself(_ASKED):
            return bool(self.look(array))
        answer = bool(array.array)
        step = self._step("expect", None, (self._operand(array), answer), {}, None)
        step.checked = True
        return answer

    def shown(self, array: Array) -> Array:
        """A real array, for its shape and dtype alone."""
        return real_of(array)

    def give_up(self, reason: str, place: Place | None = None) -> None:
        """The steps will not say all that the function did."""
        if self.reason is None:
            self.reason = reason
            self.place = place or user_frame()

    # -- noting -----------------------------------------------------------------------------------

    def _step(
        self,
        form: str,
        function: object,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        target: Value | None,
    ) -> Step:
        call = self.calls.current or self.calls.beside(form, function, args, kwargs, target)
        step = Step(form, function, args, kwargs, target, call)
        self.steps.append(step)
        step.versions = tuple([v.memory.version for v in step.reads()])
        if call.op is None:
            call.versions = step.versions
        return step

    def _alone(self, form: str, function: object, args: tuple[object, ...], out: Value) -> None:
        """Note a step that gives what other calls may need, and is part of none."""
        call = self.calls.beside(form, function, args, {}, None)
        step = Step(form, function, args, {}, None, call)
        step.outs = (out,)
        out.placed = True
        self.steps.append(step)

    def _noted(self, value: object) -> Any:
        return mapped(value, self._operand)

    def _operand(self, value: object) -> Any:
        if type(value) is Traced:
            v = value.value
            if v.memory.kind == CONSTANT:
                key = v.number, v.memory.version
                found = self._constants.get(key)
                if found is None:
                    found = self._constants[key] = Constant(kept_copy(value.array))
                return found
            return self._placed(v)
        if type(value) is ndarray:
            return Constant(kept_copy(value))
        return value

    def _placed(self, value: Value) -> Value:
        """A value that some step gives: of what was constant, a view of the copy that is not."""
        if not value.placed:
            whole = value.memory.whole
            assert whole is not None
            offset = value.offset - whole.offset
            given = (whole, value.dtype, value.shape, offset, value.strides)
            self._alone("view", view_beyond, given, value)
        return value

    def _thaw(self, memory: Memory, owner: Array, overwritten: bool) -> None:
        """What was constant is about to be written to: a copy is made at each replay."""
        if memory.whole is None:
            memory.whole = self._value(memory, owner, owner)
        memory.kind = FRESH
        whole = memory.whole
        if overwritten:
            self._alone("empty", None, (), whole)
        else:
            self._alone("method", ndarray.copy, (Constant(owner.copy("K")), "K"), whole)

    def _results(self, result: object, step: Step | None) -> Any:
        outs: list[Value] = []

        def out(array: Array) -> Array:
            if not isinstance(array, (ndarray, np.generic)):
                return array
            array = np.asarray(array)
            owner = memory_of(array)
            known = self._known(owner)
            kind = CONSTANT if step is None else FRESH
            memory = known or self._memory(kind, owner)
            value = self._value(memory, array, owner)
            if step is not None:
                outs.append(value)
                value.placed = True
                if memory.whole is None:
                    memory.whole = value
            return self._traced(value, array)

        made = mapped(result, out)
        if step is not None:
            step.outs = tuple(outs)
        return made


# What a question for a value passes through.
_ASKED = code_of(Tape, Traced, Tensor)
