"""Plans: a guard, the steps, and what comes of them, as one generated function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.nodes import FREED, End, Node, Output, end_of, user_place
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.graph.values import INPUT, Constant, Value, each
from tcalc.runtime.lazy.exposure import owner as memory_of
from tcalc.runtime.tensor.storage import Storage
from tcalc.runtime.tensor.tensor import Parameter, Tensor, wrap
from tcalc.runtime.transform.plan.buffers import on_other_memory
from tcalc.runtime.transform.plan.containers import CELL, MISS
from tcalc.runtime.transform.plan.guards import Leaf
from tcalc.runtime.transform.plan.lower import Emitter
from tcalc.runtime.transform.plan.operands import start_of
from tcalc.runtime.transform.plan.passes import smaller
from tcalc.runtime.transform.plan.tracing import collected
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.transform.plan.buffers import Buffers
    from tcalc.runtime.transform.plan.steps import Program, Step
    from tcalc.runtime.transform.plan.tracing import Trace


class Plan:
    """One static graph of a function: for arguments, globals and settings as they were.

    pure: whether nothing but the result comes of it. jit: makes a planned function of one.
    """

    _constant_ = True

    def __init__(
        self, function: Callable[..., object], trace: Trace, jit: Callable[..., Callable[..., Any]]
    ) -> None:
        self.function = function
        self.jit = jit
        # The way back, on buffers of their own for each thread that is in it.
        self.backs: list[Callable[..., Any]] = []
        self.traced = list(trace.tape.steps)
        self.graph = trace.tape.calls.graph
        self.grad_enabled = trace.grad_enabled
        self.is_random = any(s.random for s in self.traced)
        writes = any(v.memory.writes for v in trace.tape.calls.graph.inputs)
        self.pure = not (trace.effects or writes or self.is_random)
        # Whether a replay that finds itself wrong can be left: nothing has come of it by then.
        self.sound = not any(s.checked for s in self.traced[_first_write(self.traced) :])
        self.title = _name(function)
        inputs = zip(trace.roots.leaves, trace.tape.calls.graph.inputs)
        self.labels = {v.number: trace.roots.labels[leaf.name] for leaf, v in inputs}
        self.labels |= {v.number: f"gradient {i}" for i, v in enumerate(trace.seeds)}
        self.back_buffers: Buffers | None = None
        self.text = ""
        self.back_text = ""
        # What backward raises, where there is no gradient.
        self.error = trace.error
        self.shapes = tuple(v.shape for v in trace.seeds)
        self.dtypes = tuple(v.dtype for v in trace.seeds)
        self.numbers = trace.roots.numbers
        self._prepare(trace)

    # -- making -----------------------------------------------------------------------------------

    def _prepare(self, trace: Trace) -> None:
        tape = trace.tape
        leaves = trace.roots.leaves
        outs = [v for v in trace.values if type(v) is Value]
        grads = [v for v in trace.gradients if type(v) is Value]
        whole, self.notes = smaller(tape.calls.graph, tape.steps, [*outs, *grads])
        self.program = whole
        first = [s for s in whole.steps if not s.back]
        second = [s for s in whole.steps if s.back]
        names = {v.number: f"d{leaf.number}" for leaf, v in zip(leaves, tape.calls.graph.inputs)}
        seeds = {v.number: f"s{i}" for i, v in enumerate(trace.seeds)}
        made = {v.number for s in second for v in s.outs}
        self.residuals = list({
            v.number: v
            for s in second for v in s.reads()
            if v.number not in made and v.number not in seeds
        }.values())  # fmt: skip
        for v in grads:
            v = whole.value(v)
            if v.number not in made and v.number not in seeds:
                self.residuals.append(v)
        self.steps = first
        self.back_steps = second
        # The numbers that the way back goes by.
        carried: dict[str, Symbol] = {}
        for s in second:
            each(
                (s.args, s.kwargs),
                lambda v: carried.update({v.name: v}) if isinstance(v, Symbol) else None,
            )
        self.carried = "".join(f"{name}, " for name in carried)
        self._forward(trace, whole.part(first, [*outs, *self.residuals]), names)
        if trace.seeds and trace.error is None:
            inside = {v.number: f"r{i}" for i, v in enumerate(self.residuals)}
            self._backward(trace, whole.part(second, grads), {**inside, **seeds})

    def _forward(self, trace: Trace, program: Program, names: dict[int, str]) -> None:
        scope = dict(trace.roots.scope)
        scope.update(
            mode=mode, auditing=auditing, default=dtypes.default, DEFAULT=trace.default, Storage=Storage,
            HOME=trace.home, start=start_of,
            new=object.__new__, Output=Output, PlanNode=PlanNode, plan=self, user_place=user_place, memory=memory_of,
        )  # fmt: skip
        for i, v in enumerate(trace.roots.leaves):
            names.setdefault(trace.tape.calls.graph.inputs[i].number, f"d{v.number}")
        emitter = Emitter(program, names, scope, "")
        body = [*trace.roots.guard(trace.touches_grads), *trace.roots.numbers.guard()]
        body.append(
            "m = mode.__dict__"  # of this thread, asked for once
        )
        body.append(
            f"if m['enabled'] is not {trace.grad_enabled} or m['inference'] is not "
            f"{trace.inference} or m['anomaly'] or m['saving'] is not None or m['autocast'] is not None or auditing.level is not None or m['device'] is not HOME or default.value is not "
            "DEFAULT: return MISS"
        )
        if trace.tape.asks_offsets:
            body += _offsets(trace)
        body += _aliases(trace)
        body += emitter.write()
        body += self._versions(trace)
        body += self._results(trace, emitter, scope)
        self.buffers = emitter.buffers
        self.text = "def call(args, kwargs):\n" + "".join(f"    {line}\n" for line in body)
        self._call = (
            compile(self.text, f"<plan of {_name(self.function)}>", "exec"),
            scope,
            emitter.own,
        )

    def call(self) -> Callable[..., Any]:
        """What does the call, on buffers of its own: from args, kwargs to the result, or MISS."""
        call: Callable[..., Any] = _run(*self._call)["call"]
        return call

    def back(self, residuals: tuple[Any, ...], seeds: tuple[Array, ...]) -> tuple[Any, ...]:
        """The gradients of the leaves."""
        try:
            back = self.backs.pop()
        except IndexError:
            back = _run(*self._back)["back"]
        try:
            found: tuple[Any, ...] = back(residuals, seeds)
        finally:
            self.backs.append(back)
        return found

    def _versions(self, trace: Trace) -> list[str]:
        """Writes are counted, as eager ones are."""
        lines = []
        seen: set[int] = set()
        for leaf, v in zip(trace.roots.leaves, trace.tape.calls.graph.inputs):
            if v.memory.writes and id(v.memory) not in seen:
                seen.add(id(v.memory))
                lines.append(f"({leaf.name}._s or {leaf.name}.shared()).version += "
                             f"{v.memory.writes}")  # fmt: skip
        return lines

    def _results(self, trace: Trace, emitter: Emitter, scope: dict[str, object]) -> list[str]:
        lines = emitter.lines
        begun = len(lines)
        names: dict[int, str] = {}
        storages: dict[int, str] = {}
        differentiable = {i: k for k, i in enumerate(trace.differentiable)}
        leaves = {id(leaf.tensor): leaf for leaf in trace.roots.leaves}
        memories = {
            id(v.memory): leaf for leaf, v in zip(trace.roots.leaves, trace.tape.calls.graph.inputs)
        }
        emitter.results([v for v in [*trace.values, *self.residuals] if type(v) is Value])
        if trace.seeds:
            lines += self._node(trace, emitter)
        for i, (tensor, value) in enumerate(zip(trace.outputs, trace.values)):
            leaf = leaves.get(id(tensor))
            if leaf is not None:
                names[id(tensor)] = leaf.name
                continue
            o = names[id(tensor)] = f"out{i}"
            if type(value) is Constant:
                scope[f"const{i}"] = value.array
                array, storage = f"const{i}.copy()", "None"
            else:
                assert type(value) is Value
                array = emitter.result(value)
                storage = self._storage(emitter, value, memories, storages, trace, lines)
            kind = "Parameter" if type(tensor) is Parameter else "Tensor"
            lines.append(f"{o} = new({kind})")
            lines.append(f"{o}._d = {array}")
            lines.append(f"{o}._s = {storage}")
            if i in differentiable:
                lines.append(f"{o}._g = Output(node, {differentiable[i]})")
                lines.append(f"{o}._v = None")
            else:
                lines.append(f"{o}._g = {o}._v = None")
                if tensor.requires_grad:
                    lines.append(f"{o}._require_grad(True)")
        for effect in trace.effects:
            held = self._template(effect.value, names, scope)
            if effect.key is None:
                lines.append(f"{effect.name}.grad = {held}")
            elif effect.key is CELL:
                lines.append(f"{effect.name}.cell_contents = {held}")
            else:
                key = f"E{len(lines)}"
                scope[key] = effect.key
                lines.append(f"{effect.name}[{key}] = {held}")
        lines.append(f"return {self._template(trace.shown, names, scope)}")
        return lines[begun:]

    def _storage(
        self, emitter: Emitter, value: Value, memories: dict[int, Leaf], storages: dict[int, str],
        trace: Trace, lines: list[str],
    ) -> str:  # fmt: skip
        """What a result's storage is: shared where its memory is."""
        memory = emitter.program.value(value).memory
        leaf = memories.get(id(memory))
        if leaf is not None:
            return f"{leaf.name}._s or {leaf.name}.shared()"
        alike = [v for v in trace.values if type(v) is Value
                 and emitter.program.value(v).memory is memory]  # fmt: skip
        if len(alike) == 1:
            return "None"
        if id(memory) not in storages:
            storages[id(memory)] = f"S{len(storages)}"
            array = emitter.result(value)
            lines.append(f"{storages[id(memory)]} = Storage({array})")
        return storages[id(memory)]

    def _node(self, trace: Trace, emitter: Emitter) -> list[str]:
        """The node through which gradients of the results flow."""
        ends = "".join(f"g{leaf.number}, " for leaf in trace.sources)
        sources = "".join(f"{leaf.name}, " for leaf in trace.sources)
        kept = "".join(f"{emitter.result(v)}, " for v in self.residuals) + self.carried
        read = {id(v.memory) for v in self.residuals}
        watched = [leaf.name for leaf, v in zip(trace.roots.leaves, trace.tape.calls.graph.inputs)
                   if id(v.memory) in read]  # fmt: skip
        tensors = "".join(f"{n}, " for n in watched)
        versions = "".join(f"{n}._version, " for n in watched)
        return [f"node = PlanNode(plan, ({ends}), ({kept}), ({tensors}), ({versions}), "
                f"({sources}), args, kwargs)"]  # fmt: skip

    def _template(self, value: Any, names: dict[int, str], scope: dict[str, object]) -> str:
        """The result as text."""
        kind = type(value)
        if value is None:
            return "None"
        if isinstance(value, Tensor):
            return names[id(value)]
        if isinstance(value, Symbol):
            return self.numbers.text(value)
        if isinstance(value, (tuple, list)):
            inner = "".join(f"{self._template(v, names, scope)}, " for v in value)
            if kind is tuple:
                return f"({inner})"
            made = f"R{len(scope)}"
            scope[made] = getattr(kind, "_make", kind)
            return f"{made}(({inner}))"
        if kind is dict:
            parts = []
            for k, v in value.items():
                key = f"R{len(scope)}"
                scope[key] = k
                parts.append(f"{key}: {self._template(v, names, scope)}")
            return f"{{{', '.join(parts)}}}"
        made = f"R{len(scope)}"
        scope[made] = value
        return made

    def _backward(self, trace: Trace, program: Program, names: dict[int, str]) -> None:
        scope: dict[str, Any] = {"asarray": np.asarray}
        emitter = Emitter(program, names, scope, "b")
        emitter.write()
        emitter.results([v for v in trace.gradients if type(v) is Value])
        parts = []
        for v in trace.gradients:
            if v is None:
                parts.append("None, ")
            elif type(v) is Constant:
                scope[f"const{len(parts)}"] = v.array
                parts.append(f"const{len(parts)}.copy(), ")
            elif type(v) is Value:
                parts.append(f"{emitter.result(v)}, ")
        residuals = "".join(f"r{i}, " for i in range(len(self.residuals))) + self.carried
        seeds = "".join(f"s{i}, " for i in range(len(trace.seeds)))
        lines = [
            *([f"{residuals}= residuals"] if residuals else []),
            f"{seeds}= seeds",
            *emitter.lines,
            f"return ({''.join(parts)})",
        ]
        self.back_buffers = emitter.buffers
        self.back_text = "def back(residuals, seeds):\n" + "".join(f"    {x}\n" for x in lines)
        name = f"<gradient of {_name(self.function)}>"
        self._back = compile(self.back_text, name, "exec"), scope, emitter.own
        # The gradients as a function with gradients of its own.
        self.again = self.jit(Gradient(self.function, trace.differentiable))


def _run(code: CodeType, scope: dict[str, Any], arrays: dict[str, Array]) -> dict[str, Any]:
    """What text defines, with arrays of its own for those that it names."""
    own = {**scope, **on_other_memory(arrays)}
    exec(code, own)
    return own


def _first_write(steps: Sequence[Step]) -> int:
    """How many steps come before the first that changes something outside."""
    for i, s in enumerate(steps):
        if s.random or (s.target is not None and s.target.memory.kind == INPUT):
            return i
    return len(steps)


def _aliases(trace: Trace) -> list[str]:
    """Where memory is written to: tensors share it as they did."""
    written = [
        v for v in trace.tape.calls.graph.inputs if v.memory.writes and v.memory.kind == INPUT
    ]
    if not written:
        return []
    arrays = ", ".join([f"d{leaf.number}" for leaf in trace.roots.leaves])
    firsts: dict[int, int] = {}
    pattern = []
    for i, v in enumerate(trace.tape.calls.graph.inputs[: len(trace.roots.leaves)]):
        pattern.append(firsts.setdefault(id(v.memory), i))
    lines = [f"m = [d if d.base is None else memory(d) for d in ({arrays},)]"]
    if len(set(pattern)) == len(pattern):
        if len(pattern) > 1:
            lines.append(f"if len({{*map(id, m)}}) != {len(pattern)}: return MISS")
        else:
            return []
    else:
        lines.append("m = [*map(id, m)]")
        lines.append(f"if [m.index(i) for i in m] != {pattern}: return MISS")
    return lines


def _offsets(trace: Trace) -> list[str]:
    """Tensors begin where they did in their memory."""
    lines = []
    for leaf in trace.roots.leaves:
        d = f"d{leaf.number}"
        offset = start_of(leaf.array) - start_of(memory_of(leaf.array))
        lines.append(f"if start({d}) - start(memory({d})) != {offset}: return MISS")
    return lines


def _name(function: object) -> str:
    return getattr(function, "__name__", type(function).__name__)


class _PlanOp:
    """What a plan's node has for an op."""

    name = "plan"
    node_name = "CompiledFunctionBackward"
    saves_tensors = True
    saved_tensors = saved_outputs = ()
    on_arrays = None


_OP = _PlanOp()


class PlanNode(Node):
    """The node of a plan's results: gradients flow back through the plan of the gradient."""

    __slots__ = ("args", "kwargs", "plan", "sources", "watched")

    def __init__(
        self, plan: Plan, ends: tuple[End | None, ...], residuals: tuple[Array, ...],
        watched: tuple[Tensor, ...], versions: tuple[int, ...], sources: tuple[Tensor, ...],
        args: tuple[object, ...], kwargs: dict[str, object],
    ) -> None:  # fmt: skip
        super().__init__(_OP, ends, residuals, versions, plan.shapes, plan.dtypes, user_place(3))
        self.plan = plan
        self.watched = watched
        self.sources = sources
        self.args = args
        self.kwargs = kwargs

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """The gradients of the leaves."""
        if self.plan.error is not None:
            raise type(self.plan.error)(*self.plan.error.args)
        if self.saved is FREED:
            raise AutogradError(
                "Trying to backward through the graph a second time (or directly access saved "
                "tensors after they have already been freed)",
                hint="say retain_graph=True in the first backward",
            )
        for tensor, version in zip(self.watched, self.versions):
            if tensor._version != version:
                raise AutogradError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: [{tensor.type()} {list(tensor.shape)}] is at version "
                    f"{tensor._version}; expected version {version} instead"
                )
        if mode.enabled:
            return self._again(g)
        found = self.plan.back(self.saved, tuple([t._a for t in g]))
        return [None if a is None else wrap(a) for a in found]

    def release(self) -> None:
        """Let go of what the gradients need."""
        super().release()
        self.watched = self.sources = ()
        self.args, self.kwargs = (), {}

    def _again(self, g: Sequence[Tensor]) -> Sequence[Tensor | None]:
        """The gradients with a graph of their own: by a plan of theirs, which does the work again."""
        if not self.plan.pure:
            raise AutogradError(
                "a plan that draws random numbers or writes into tensors has gradients of the "
                "first order only", hint="call the function without jit",
            )  # fmt: skip
        found: Sequence[Tensor | None] = self.plan.again(
            self.sources, tuple(g), self.args, self.kwargs
        )
        return found


class Gradient:
    """The gradients of a function's results as a function. results: which of them have one."""

    def __init__(self, function: Callable[..., object], results: Sequence[int]) -> None:
        self.function = function
        self.results = results
        self.__name__ = f"the gradient of {_name(function)}"

    def _followed_(self) -> tuple[Any, ...]:
        """What a plan of it depends on."""
        return (self.function,)

    def __call__(
        self, sources: tuple[Tensor, ...], seeds: tuple[Tensor, ...], args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> tuple[Tensor | None, ...]:  # fmt: skip
        """The gradients of sources."""
        outs = collected(self.function(*args, **kwargs))
        ends: list[Any] = [end_of(outs[i]) for i in self.results]
        return tuple(
            run_backward(
                ends, list(seeds),
                inputs=[end_of(t) for t in sources], retain_graph=True, create_graph=True,
                accumulate=False,
                stop=True,
            )
        )  # fmt: skip


__all__ = ["MISS", "Plan"]
