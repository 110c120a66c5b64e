"""A module's calls of ops as TensorBoard's graph: a node a call, in the scope of its submodule."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, without_addresses
from tcalc.library.nn.module import Module
from tcalc.library.tensorboard import messages as m
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.modes import mode
from tcalc.runtime.graph.text import argument, outputs
from tcalc.runtime.graph.values import Value
from tcalc.runtime.transform.plan.guards import Leaf
from tcalc.runtime.transform.plan.operands import held
from tcalc.runtime.transform.plan.recorder import Recorder
from tcalc.runtime.transform.plan.traced import Traced
from tcalc.runtime.transform.plan.tracing import collected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tcalc.library.nn.hooks import RemovableHandle
    from tcalc.runtime.base.op import Op
    from tcalc.runtime.graph.call import Call
    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# What TensorBoard takes graphs of this form to be written by.
_PRODUCER = 22
_IO, _PARAMETER = "IO Node", "Parameter"


class _Scoped(Recorder):
    """Notes calls, each with the submodule that was being called.

    within: where the submodules that are being called stand, the innermost last.
    """

    def __init__(self, leaves: Sequence[Leaf], top: str) -> None:
        super().__init__(leaves)
        self.within = [top]
        self._scopes: dict[int, str] = {}

    def run(self, op: Op, values: tuple[object, ...]) -> Any:
        """The result of a call, which is noted with where it is made."""
        return self._placing(super().run, op, values)

    def write(
        self, op: Op, values: tuple[object, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor | None:
        """The same of one that writes into its first operand."""
        found: Tensor | None = self._placing(super().write, op, values, name, eagerly)
        return found

    def _placing(self, do: Callable[..., Any], *given: object) -> Any:
        calls = self.tape.calls.graph.calls
        begun = len(calls)
        result = do(*given)
        for call in calls[begun:]:
            self._scopes.setdefault(id(call), self.within[-1])
        return result

    def follow(self, module: Module, scope: str) -> tuple[RemovableHandle, RemovableHandle]:
        """Hear of the calls of a module; the hooks are to be removed."""

        def begin(*_: object) -> None:
            self.within.append(scope)

        def end(*_: object) -> None:
            self.within.pop()

        return (
            module.register_forward_pre_hook(begin, prepend=True),
            module.register_forward_hook(end, always_call=True),
        )

    def calls(self) -> Iterator[tuple[Call, str]]:
        """The calls that were made, each with its scope."""
        for call in self.tape.calls.graph.calls:
            yield call, self._scopes.get(id(call), self.within[0])


class _Nodes:
    """The nodes of a graph as they come, and by the number of a value who gives it."""

    def __init__(self) -> None:
        self.made: list[bytes] = []
        self._givers: dict[int, str] = {}
        self._memories: dict[int, str] = {}
        self._names: dict[str, int] = {}

    def add(
        self, name: str, op: str, reads: Sequence[Value], outs: Sequence[Value], about: str = ""
    ) -> None:
        """A node in a scope, that reads and gives values. One of the name gets a number."""
        count = self._names[name] = self._names.get(name, 0) + 1
        name = name if count == 1 else f"{name}_{count - 1}"
        inputs = dict.fromkeys([giver for value in reads if (giver := self._giver(value))])
        shapes = m.SHAPES(shape=[m.shape(value.shape) for value in outs])
        attributes = {"attr": m.ATTRIBUTE(s=about), "_output_shapes": m.ATTRIBUTE(list=shapes)}
        entries = [m.ENTRY(key=key, value=value) for key, value in attributes.items()]
        self.made.append(m.NODE(name=name, op=op, input=inputs, attr=entries))
        for value in outs:
            self._givers[value.number] = name
            if value.memory.whole is value:
                self._memories[id(value.memory)] = name

    def _giver(self, value: Value) -> str | None:
        return self._givers.get(value.number) or self._memories.get(id(value.memory))


def graph(model: object, inputs: object, verbose: bool) -> tuple[bytes, bytes, str]:
    """The graph of a module's call on inputs, what its devices did, and the calls as text.

    The module is called once, in evaluation mode and without gradients.
    """
    if not isinstance(model, Module):
        raise ArgumentError(
            f"add_graph() takes a Module, not {type(model).__name__}", argument="model"
        )
    args = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    members = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    given = collected(args)
    if not given:
        raise ArgumentError(
            "add_graph() calls the module, and needs inputs for that: a tensor or a tuple of them",
            argument="input_to_model",
        )
    if mode.interpreter is not None:
        raise StateError("add_graph() follows calls itself, and cannot be called amid what does")
    scopes = dict(_scopes(model))
    leaves = [Leaf("", at, tensor) for at, tensor in enumerate(_each([*given, *members.values()]))]
    recorder = _Scoped(leaves, scopes[""])
    results = _called(model, args, recorder, scopes)
    values = recorder.tape.calls.graph.inputs
    by_tensor = {id(leaf.tensor): value for leaf, value in zip(leaves, values)}
    nodes = _Nodes()
    for at, tensor in enumerate(given, 1):
        nodes.add(f"input/input.{at}", _IO, (), [by_tensor[id(tensor)]])
    used = {value.number for call, _ in recorder.calls() for value in call.reads()}
    for name, tensor in members.items():
        value = by_tensor[id(tensor)]
        if value.number in used:
            home, _, own = name.rpartition(".")
            nodes.add(f"{scopes[home]}/{own}", _PARAMETER, (), [value])
    for call, scope in recorder.calls():
        nodes.add(f"{scope}/{call.name}", call.name, call.reads(), outputs(call), _about(call))
    for at, result in enumerate(results, 1):
        nodes.add(f"output/output.{at}", _IO, [result], [result])
    made = m.GRAPH(node=nodes.made, versions=m.VERSIONS(producer=_PRODUCER))
    device = m.DEVICE_STATS(device="/device:CPU:0")
    text = "".join([f"{call!r}\n" for call, _ in recorder.calls()]) if verbose else ""
    return made, m.RUN(step_stats=m.STEP_STATS(dev_stats=[device])), text


def _called(
    model: Module, args: tuple[object, ...], recorder: _Scoped, scopes: dict[str, str]
) -> list[Value]:
    """Call the module as in use, and give what stands for the tensors in its result."""
    trained = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with ExitStack() as stack:
            for name, module in model.named_modules():
                for handle in recorder.follow(module, scopes[name]):
                    stack.enter_context(handle)
            stack.enter_context(no_grad())
            stack.enter_context(recorder)
            arrays = [held(tensor) for tensor in collected(model(*args))]
            found = [recorder.tape.leaving(a) for a in arrays if isinstance(a, Traced)]
    finally:
        for module in trained:
            module.training = True
    return [value for value in found if isinstance(value, Value)]


def _scopes(model: Module) -> Iterator[tuple[str, str]]:
    """The dotted names of submodules, each with the scope of its calls."""
    known = {"": type(model).__name__}
    for name, module in model.named_modules():
        home, _, own = name.rpartition(".")
        if name:
            known[name] = f"{known[home]}/{type(module).__name__}[{own}]"
        yield name, known[name]


def _each(tensors: Iterable[Tensor]) -> list[Tensor]:
    """Each tensor once."""
    return list({id(tensor): tensor for tensor in tensors}.values())


def _about(call: Call) -> str:
    """How an op was called, beside on what."""
    settings = [f"{name}: {argument(value, repr)}" for name, value in call.arguments() if name]
    return without_addresses(", ".join(settings))
