"""The interpreter of a function that is traced: it does each call, and notes what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base.modes import Interpreter, interpreters, mode
from tcalc.runtime.call.dispatch import general
from tcalc.runtime.call.inplace import update
from tcalc.runtime.graph.evaluate import inferred
from tcalc.runtime.graph.values import CONSTANT, each, mapped
from tcalc.runtime.lazy.pending import Pending, compute
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.plan.operands import held, varies
from tcalc.runtime.transform.plan.tape import Tape
from tcalc.runtime.transform.plan.traced import Traced
from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.ops.random.generator import Generator
    from tcalc.runtime.transform.plan.guards import Leaf


class Recorder(Interpreter):
    """Inside `with`, tensors hold Traced arrays, and what is done to them is on the tape.

    leaves: the tensors that the function can reach. reads_gradients: whether it goes by those that
    tensors keep, or sets them.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.tape = Tape()
        self.reads_gradients = False
        self._leaves = leaves

    def __enter__(self) -> None:
        for leaf in self._leaves:
            leaf.tensor._d = self.tape.input(leaf.array)
        interpreters.add(1)
        mode.interpreter = self

    def __exit__(self, *_: object) -> None:
        mode.interpreter = None
        interpreters.add(-1)
        for leaf in self._leaves:
            if type(leaf.tensor._d) is Traced:
                d = leaf.tensor._d.array
                leaf.tensor._d = leaf.array if d is leaf.array else d
        self.tape.close()

    # -- calls --------------------------------------------------------------------------------

    def run(self, op: Op, values: tuple[object, ...]) -> Any:
        """The result of a call, which is noted."""
        return self._call(op, values, general, False)

    def write(
        self, op: Op, values: tuple[object, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor | None:
        """A call that writes into its first operand, which is noted; what ops write in a way of their
        own is noted as it comes."""
        return self._call(op, values, update, True) if op.inplace else None

    def change(
        self, function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """An update, which is noted as one step."""
        for t in (*read, *written):
            if type(t._d) is not Traced:
                t._d = self.adopt(t._d)
        self.tape.change(function, [t._d for t in read], [t._d for t in written])

    def kernel(self, op: Op, args: object, kwargs: object) -> object:
        """What a kernel gives, with the array steps by which it does."""
        return self.tape.kernel(op, args, kwargs)

    def _call(
        self,
        op: Op,
        values: tuple[object, ...],
        run: Callable[[Op, tuple[object, ...]], object],
        writes: bool,
    ) -> Any:
        """Do a call, and note it with all the steps that it comes to."""
        tape, calls = self.tape, self.tape.calls
        self._take(op, values)
        operands: Any = [v for p, v in zip(op.params, values) if p.is_array]
        attributes: Any = {p.name: v for p, v in zip(op.params, values) if not p.is_array}
        if varies(mapped([operands, attributes], held)):
            operands, attributes = mapped([operands, attributes], tape.seen)
        call = calls.begin(op, operands, attributes, writes)
        outer, begun, calls.current = calls.current, len(tape.steps), call
        try:
            result = run(op, values)
        except Exception:  # the program may catch it
            tape.failed = tape.failed or len(tape.steps) > begun
            raise
        finally:
            calls.current = outer
        call.args, call.kwargs = mapped([call.args, call.kwargs], tape.seen)
        arrays: list[Traced] = []
        each(mapped(result, held), lambda v: arrays.append(v) if type(v) is Traced else None)
        varying = tuple([a.value for a in arrays if a.value.memory.kind != CONSTANT])
        own = [s for s in tape.steps[begun:] if s.call is call]
        if own:
            call.outs, call.target = ((), varying[0]) if writes and varying else (varying, None)
            calls.keep(call)
        elif arrays and not (varying or writes):
            calls.keep_constant(call, {a.value: a.array for a in arrays})
        for step in own:
            if step.form == "kernel":
                shapes = [shape for shape, _ in inferred(call) or ()]
                step.checked = shapes != [v.shape for v in step.outs]
        return result

    def _take(self, op: Op, values: Sequence[Any]) -> None:
        """Let all operands be Traced, those too that the function was not seen to reach."""
        for p, v in zip(op.params, values):
            if p.is_array:
                for t in v if p.is_sequence else (v,):
                    if isinstance(t, Tensor) and type(t._d) is not Traced:
                        t._d = self.adopt(t._d)

    # -- what is no call of an op ---------------------------------------------------------------

    def adopt(self, array: Array) -> Array:
        """A Traced for an array that was made on the way."""
        if type(array) is Pending:
            array = compute(array)
        if type(array) is np.ndarray:
            return self.tape.adopted(array)
        if type(array) is not Traced and type(array) is not Mirror:
            sparse = isinstance(array, Standing)
            self.tape.give_up("works on sparse tensors" if sparse else "works on another device")
        return array

    def look(self, array: Array) -> Array:
        """The plain array: what the program does with it is not seen."""
        return self.tape.look(array)

    def place(self) -> None:
        """A plan holds for tensors that begin where these do."""
        self.tape.asks_offsets = True

    def gradient(self) -> None:
        """A plan goes by the gradients that tensors keep."""
        self.reads_gradients = True

    def drawn(self) -> None:
        """A draw has to follow, at every replay too."""
        self.tape.drawn()

    def draw_into(
        self, array: Array, generator: Generator, fill: Callable[[Array, Generator], object]
    ) -> None:
        """Fill an array with random numbers, now and at every replay."""
        self.tape.draw_into(array, generator, fill)

    def effect(self, what: str) -> None:
        """What a replay would not do."""
        self.tape.give_up(what)
