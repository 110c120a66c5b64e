"""Runs a function once on its real values and notes all it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import TcalcError
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.nodes import (
    AccumulateGrad,
    End,
    Node,
    Output,
    SavedOutput,
    end_of,
)
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.symbols import Symbol, kind_of, number_of
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.graph.values import Constant, Value, holds_symbol, mapped
from tcalc.runtime.lazy.pending import Pending, compute, computed
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.transform.plan.containers import MISS, Held
from tcalc.runtime.transform.plan.guards import Leaf, NotFollowed, Roots
from tcalc.runtime.transform.plan.recorder import Recorder
from tcalc.runtime.transform.plan.traced import Traced
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.transform.plan.numbers import History


class Effect:
    """A change of something the function can reach: a container's item, or a leaf's gradient.

    name: the guard's variable of the container, or of the leaf whose `key` is None. value: what is
    there now.
    """

    __slots__ = ("key", "name", "value")

    def __init__(self, name: str, key: object, value: object) -> None:
        self.name = name
        self.key = key
        self.value = value


class Trace:
    """What is known of one call: its roots, tape, result and effects.

    outputs: the values of the tensors in the result, in order. residuals: the values that its
    backward steps read. forward: how many steps come before those. seeds, gradients: the values
    that the gradients of differentiable outputs come in, and those of leaves that go out.
    """

    def __init__(self, roots: Roots) -> None:
        self.roots = roots
        self.recorder = Recorder(roots.leaves)
        self.tape = self.recorder.tape
        # What comes back, and the same with what stands for numbers in it.
        self.result: Any = None
        self.shown: Any = None
        self.effects: list[Effect] = []
        self.outputs: list[Tensor] = []
        self.values: list[Value | Constant] = []
        self.forward = 0
        self.seeds: list[Value] = []
        self.differentiable: list[int] = []
        self.gradients: list[Value | Constant | None] = []
        self.sources: list[Leaf] = []
        self.error: TcalcError | None = None
        # Whether it changes numbers, which can be followed at the next call.
        self.counts = False
        # What the function raised, and whether it may be called again as if it had not been.
        self.raised: Exception | None = None
        self.repeatable = False
        self.default = dtypes.default.value
        self.grad_enabled = mode.enabled
        self.inference = mode.inference
        self.home = mode.device

    @property
    def touches_grads(self) -> bool:
        """Whether it goes by the gradients that tensors keep."""
        return self.recorder.reads_gradients

    @property
    def reason(self) -> str | None:
        """Why no plan can be made of it, or None."""
        return self.tape.reason


def trace(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object],
    history: History,
) -> Trace:  # fmt: skip
    """Call a function and note what it does. The call's own effects happen as they would.

    history: of the numbers that it met. Raises NotFollowed before anything ran. What the function
    raises is in `raised`.
    """
    roots = Roots(history)
    given, named = list(args), dict(kwargs)
    try:
        _walk(roots, function, given, named)
        found = Trace(roots)
        return _traced(found, function, given, named)
    finally:
        roots.numbers.restore()


def _traced(
    found: Trace, function: Callable[..., object], args: list[object], kwargs: dict[str, object]
) -> Trace:
    roots, tape = found.roots, found.tape
    roots.numbers.tape = tape
    before = mode.enabled, mode.inference, dtypes.default.value, mode.device
    with found.recorder:
        try:
            found.shown = found.result = function(*args, **kwargs)
        except Exception as error:  # the caller raises it
            found.raised = error
            found.repeatable = _is_untouched(found)
            _plain_again(found)
            return found
        after = mode.enabled, mode.inference, dtypes.default.value, mode.device
        if after != before:
            tape.give_up("changes a setting")
        found.forward = len(tape.steps)
        tape.calls.back = True
        if tape.reason is None:
            _outputs(found)
            _effects(found)
        if tape.reason is None:
            _gradients(found)
        tape.finish()
        leaving = [v for v in (*found.values, *found.gradients) if type(v) is Value]
        tape.calls.connect(tape.steps, leaving)
        _plain_again(found)
    _settle([*collected(found.result), *found.outputs, *(leaf.tensor for leaf in roots.leaves)])
    return found


def collected(value: object) -> list[Tensor]:
    """The tensors in a result, each once, in order."""
    found: list[Tensor] = []

    def look(value: object) -> None:
        if isinstance(value, Tensor):
            if all(value is not t for t in found):
                found.append(value)
        elif isinstance(value, (tuple, list)):
            for v in value:
                look(v)
        elif type(value) is dict:
            for v in value.values():
                look(v)

    look(value)
    return found


def _settle(tensors: list[Tensor]) -> None:
    """Put plain arrays where tracing left computed Pendings: in tensors and the graph behind."""
    seen: set[int] = set()
    waiting: list[Any] = [*tensors]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (tuple, list)):
            waiting.extend(value)
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Tensor):
            if type(value._d) is Mirror:
                value._d = Mirror(computed(value._d.array), value._d.flip)
            else:
                _ = value._shown
            waiting.append(value._g)
        elif type(value) is Output:
            waiting.append(value.node)
        elif isinstance(value, Node):
            if type(value.saved) is tuple:
                value.saved = mapped(value.saved, _settled)
            waiting += [value.edges, value.saved, getattr(value, "inner", None)]
        elif type(value) is SavedOutput and type(value.array) is Pending:
            value.array = compute(value.array)


def _settled(value: object) -> Any:
    return number_of(computed(value))


def _walk(
    roots: Roots,
    function: Callable[..., object],
    args: list[object],
    kwargs: dict[str, object],
) -> None:
    roots.lines.append(
        f"if len(args) != {len(args)} or {'kwargs' if not kwargs else f'[*kwargs] != {[*kwargs]}'}"
        ": return MISS"
    )
    names = _parameter_names(function)
    given, named = Held("args", args, {}), Held("kwargs", kwargs, {})
    for i, value in enumerate(args):
        begun = len(roots.leaves)
        roots.walk(f"args[{i}]", value, given, i)
        for leaf in roots.leaves[begun:]:
            if i < len(names):
                label = roots.labels[leaf.name]
                roots.labels[leaf.name] = label.replace(f"args[{i}]", names[i])
    for name, value in kwargs.items():
        roots.walk(f"kwargs[{name!r}]", value, named, name)
    roots.given = False
    own = roots.constant(function)
    roots.labels[own] = getattr(function, "__name__", type(function).__name__)
    roots.walk(own, function)
    roots.walk_gradients()


def _parameter_names(function: object) -> tuple[str, ...]:
    function = getattr(function, "forward", function)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    names = () if code is None else code.co_varnames[: code.co_argcount]
    return names[1:] if hasattr(function, "__self__") else names


# -- results and effects --------------------------------------------------------------------------


def _outputs(found: Trace) -> None:
    """The tensors in the result; anything else in it must be a constant."""

    def look(value: object) -> None:
        if isinstance(value, Tensor):
            _leaving(found, value)
        elif isinstance(value, (tuple, list)):
            for v in value:
                look(v)
        elif type(value) is dict:
            for v in value.values():
                look(v)
        elif not (value is None or kind_of(value) in (int, float, bool, str, complex)):
            found.tape.give_up(f"returns a {type(value).__name__}")

    look(found.result)


def _is_untouched(found: Trace) -> bool:
    """Whether a call that failed has left everything as it was."""
    tape = found.tape
    return (
        tape.reason is None
        and not any(v.memory.writes for v in tape.calls.graph.inputs)
        and not any(step.random for step in tape.steps)
        and not any(True for held in found.roots.held for _ in held.changes())
        and not found.touches_grads
    )


def _leaving(found: Trace, tensor: Tensor) -> None:
    if type(tensor._d) is Mirror:
        found.tape.give_up("returns a view that is conjugated")
    if is_sparse(tensor):
        found.tape.give_up("returns a sparse tensor")
        return
    if all(tensor is not t for t in found.outputs):
        found.outputs.append(tensor)
        found.values.append(found.tape.leaving(tensor._a))


def _effects(found: Trace) -> None:
    """What the function changed of what it can reach."""
    tape = found.tape
    for held in found.roots.held:
        for key, value in held.changes():
            grows = isinstance(held.container, list) and key not in held.items
            replaces = key in held.items and not isinstance(held.items[key], Symbol)
            if grows or not _may_keep(found, value, replaces):
                what = f"'{key}'" if isinstance(key, str) else "an item of a container"
                tape.give_up(f"changes {what}")
                found.counts = found.counts or (replaces and _counts(found.roots, held, key, value))
                continue
            found.effects.append(Effect(held.name, key, value))
    if tape.reason is not None:
        return
    for leaf in found.roots.leaves:
        tensor = leaf.tensor
        if type(tensor._d) is not Traced or tensor._d.array is not leaf.array:
            tape.give_up("gives a tensor other memory")
            return
        end = tensor._g
        if end is not leaf.end and not (_plain(end) and _plain(leaf.end)):
            tape.give_up("writes into a tensor that gradients flow to")
            return
        grad = None if end is None or end.extra is None else end.extra.grad
        before = found.roots.gradients.get(id(tensor))
        if grad is not before:
            if grad is not None:
                _leaving(found, grad)
                if grad._g is not None and grad._g.requires_grad:
                    tape.give_up("keeps a gradient that is in a graph")
                    return
            found.effects.append(Effect(leaf.name, None, grad))


def _may_keep(found: Trace, value: Any, replaces: bool) -> bool:
    """Whether a replay can leave a value where this call did: tensors, and new containers."""
    if isinstance(value, Symbol):
        return True
    if isinstance(value, Tensor):
        if value._v is not None or type(value._g) not in (type(None), AccumulateGrad):
            return False
        _leaving(found, value)
        return True
    if type(value) is dict:
        return all(_may_keep(found, v, False) for v in value.values())
    if type(value) in (list, tuple):
        return all(_may_keep(found, v, False) for v in value)
    return not replaces and (value is None or type(value) in (int, float, bool, str))


def _counts(roots: Roots, held: Held, key: object, value: object) -> bool:
    """Whether a change is one that can be followed at the next call: of a number that is there."""
    label = held.labels.get(key)
    if label is None or type(value) is not type(held.items[key]):
        return False
    return roots.history.counts(label)


def _plain_again(found: Trace) -> None:
    """Put numbers where some that stand for them were left: in results, and what can be reached."""
    if not found.roots.numbers.any:
        return
    if holds_symbol(found.result):
        # What is shown may be a container of the program's, which gets its numbers back.
        found.shown = mapped(found.result, lambda v: v)
        found.result = mapped(found.result, number_of)
    for held in found.roots.held:
        for key, value in held.changes():
            if holds_symbol(value):
                held.put(key, mapped(value, number_of))


def _plain(end: End | None) -> bool:
    return end is None or (type(end) is AccumulateGrad and not end.requires_grad)


def _gradients(found: Trace) -> None:
    """The steps by which gradients flow from the result back to the leaves."""
    tape = found.tape
    ends: list[Any] = []
    seeds: list[Tensor] = []
    for i, out in enumerate(found.outputs):
        if any(out is leaf.tensor for leaf in found.roots.leaves):
            continue
        end = end_of(out)
        if end is not None and type(end) is not AccumulateGrad:
            array = tape.input(np.ones(out._d.shape, out._d.dtype))
            found.differentiable.append(i)
            found.seeds.append(array.value)
            ends.append(end)
            seeds.append(wrap(array))
    if not ends:
        return
    if not all(leaf.is_leaf for leaf in found.roots.leaves) and found.touches_grads:
        tape.give_up("sends gradients beyond its arguments")
        return
    found.sources = [leaf for leaf in found.roots.leaves if leaf.requires_grad]
    sources: list[Any] = [leaf.end for leaf in found.sources]
    if any(end.extra is not None and end.extra.hooks for end in sources):
        tape.give_up("sends gradients through hooks")
        return
    if not found.sources:
        tape.give_up("returns a tensor that requires grad by itself")
        return
    failed = tape.failed
    try:
        grads = run_backward(
            ends, seeds, inputs=sources, retain_graph=True,
            create_graph=False, accumulate=False, stop=True,
        )  # fmt: skip
    except Exception as error:  # any kernel's, on values that it does not know
        if not isinstance(error, TcalcError):
            tape.give_up("has a gradient that cannot be followed")
            return
        # It fails when it is asked for, as it does without a plan.
        found.error = error
        tape.failed = failed
        del tape.steps[found.forward :]
        tape.calls.forget_back()
        return
    for grad in grads:
        found.gradients.append(None if grad is None else tape.leaving(grad._a))


__all__ = ["MISS", "NotFollowed", "Trace", "trace"]
