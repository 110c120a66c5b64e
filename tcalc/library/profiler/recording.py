"""The interpreter that records: it hears of each call, and lets it be done as without it.

While it is at work the short paths of all ops are closed, so that each call comes by here; here it
is done by the open form of the op's function, and what the profile says of it is what it takes
without a profile. Work on large tensors waits and is fused as ever: an op that only noted something
took no time, and the pass that computes it stands under a name of its own where it is done.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.library.nn.hooks import watch_calls
from tcalc.library.profiler.names import form_name, name_of
from tcalc.library.profiler.spans import BACKWARD, FUNCTION, USER, Span, program_places
from tcalc.runtime.arrays import cuda
from tcalc.runtime.autograd.nodes import AccumulateGrad
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import Interpreter, interpreters, mode
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.generate import apply
from tcalc.runtime.call.inplace import CopySlices
from tcalc.runtime.call.updates import at_once
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcalc.library.profiler.spans import Place
    from tcalc.runtime.base.op import Op
    from tcalc.runtime.lazy.expression import Expression

# Nodes that PyTorch's engine has of its own.
_ENGINES = (AccumulateGrad, CopySlices)
# So many spans are looked at for whether there is room, each with about so many bytes.
_MANY, _SPAN_BYTES = 1 << 16, 1 << 9
# What a fused pass over large tensors is called.
PASS = "tcalc::fused_pass"


class Clock:
    """Where times come from: nanoseconds."""

    now = staticmethod(time.perf_counter_ns)


class Recording(Interpreter):
    """Records from `begin()` to `end()` what the thread does.

    shapes: whether the shapes of operands are kept; stacks: where in the program each call is;
    modules: the calls of modules; flops: how many each call makes. device: whether a GPU tells
    times too.
    """

    watches = True

    def __init__(
        self, *, shapes: bool, stacks: bool, modules: bool, flops: bool, device: bool
    ) -> None:
        self._shapes = shapes
        self._stacks = stacks
        self._modules = modules
        self._flops = flops
        self._device = device and cuda.count() > 0
        self._open: dict[Op, Callable[..., Any]] = {}
        # By class, its modules that were called, by identity: kept, so that none takes another's.
        self._called: dict[str, dict[int, tuple[int, Any]]] = {}
        self._current: Span | None = None
        # In a pass back, where in the program that was done of which it is.
        self._origin: list[Place] | None = None
        self.spans: list[Span] = []
        self.started = self.ended = 0

    def begin(self) -> None:
        """Record from now on."""
        if mode.interpreter is not None:
            raise StateError(
                "Profiler is already enabled on this thread" if mode.interpreter.watches
                else "a profiler starts outside of what vmap or jit runs"
            )  # fmt: skip
        shortcuts.close()
        interpreters.add(1)
        if self._modules:
            watch_calls(True)
        mode.interpreter = self
        self.started = Clock.now()

    def end(self) -> None:
        """Record no longer."""
        self.ended = Clock.now()
        if mode.interpreter is not self:
            raise StateError("a profiler stops where it was started, outside of what vmap runs")
        mode.interpreter = None
        if self._modules:
            watch_calls(False)
        interpreters.add(-1)
        shortcuts.reopen()

    # -- stretches --------------------------------------------------------------------------------

    def _begun(self, name: str, scope: int) -> Span:
        span = self._current = Span(name, scope, self._current)
        self.spans.append(span)
        if not len(self.spans) % _MANY:
            memory.check(_MANY * _SPAN_BYTES, "the profile")
        if self._stacks:
            span.stack = program_places() if self._origin is None else self._origin
        return span

    @contextmanager
    def _span(self, name: str, scope: int) -> Iterator[Span]:
        span = self._begun(name, scope)
        span.start = Clock.now()
        try:
            yield span
        finally:
            span.end = span.end or Clock.now()
            self._current = span.parent

    def _do(self, span: Span, work: Callable[..., Any], *args: Any) -> Any:
        """What `work(*args)` gives, done as without a profile and measured; the span ends with it."""
        marks = (_mark(), _mark()) if self._device else None
        now = Clock.now
        mode.interpreter = None
        try:
            if marks is not None:
                marks[0].record()
            span.start = now()
            return work(*args)
        finally:
            span.end = now()
            if marks is not None:
                marks[1].record()
                span.device = marks
            mode.interpreter = self
            self._current = span.parent

    def span(self, name: str) -> Any:
        """A stretch that has a name."""
        return self._span(name, USER)

    def calling(self, module: Any) -> Any:
        """The call of a module, which is numbered within its class."""
        kind = type(module).__name__
        called = self._called.setdefault(kind, {})
        number, _ = called.setdefault(id(module), (len(called), module))
        return self._span(f"nn.Module: {kind}_{number}", FUNCTION)

    # -- calls ------------------------------------------------------------------------------------

    def run(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result of a call, which is recorded."""
        function = self._open.get(op)
        if function is None:
            function = self._open[op] = shortcuts.opened(op.function)
        if op.family != "elementwise" and not op.deferred:
            _settle(values)
        span = self._begun(name_of(op) or op.name, FUNCTION)
        self._describe(span, values)
        result = self._do(span, apply, op, function, values)
        self._weigh(span, values, result)
        _keep_marks(span, (*values, result))
        if self._flops and op.flops is not None:
            span.flops = op.flops(result, *values)
        return result

    def compose(self, op: Op, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        """The result of an op that is made of others, which are recorded inside it."""
        name = name_of(op)
        if name is None:
            return op.kernel(*args, **kwargs)
        values = (*args, *kwargs.values())
        with self._span(name, FUNCTION) as span:
            self._describe(span, values)
            span.start = Clock.now()
            before = len(self.spans)
            result = op.kernel(*args, **kwargs)
        # What ops inside it made they are said to have made.
        self._weigh(span, values, result)
        if any(inner.bytes for inner in self.spans[before:]):
            span.bytes = 0
        if self._flops and op.flops is not None:
            span.flops = op.flops(result, *values)
        return result

    def write(
        self, op: Op, values: tuple[object, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor:
        """A call that writes into its first operand, which is recorded."""
        span = self._begun(form_name(name), FUNCTION)
        self._describe(span, values)
        written: Tensor = self._do(span, eagerly)
        _keep_marks(span, values)
        return written

    def change(
        self, function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """An update of several tensors at once, as an optimizer's step."""
        span = self._begun(f"tcalc::{function.__name__.strip('_')}", FUNCTION)
        if self._shapes:
            span.shapes = [list(t._d.shape) for t in (*read, *written)]
        self._do(span, at_once, function, read, written)
        _keep_marks(span, written)

    def evaluate(self, nodes: Sequence[Expression], run: Callable[[], None]) -> None:
        """A pass that computes what waited."""
        span = self._begun(PASS, FUNCTION)
        if self._shapes:
            span.shapes = [list(node.shape) for node in nodes]
        self._do(span, run)
        span.device = None  # only work of the CPU waits
        span.bytes = sum([node.array.nbytes for node in nodes if node.array is not None])

    def backward(
        self, node: Any, g: Any, run: Callable[[], Any], deliver: Callable[[Any], Any]
    ) -> Any:
        """A node's turn in a pass back, as PyTorch's engine has it."""
        name = f"torch::autograd::{node.name()}" if isinstance(node, _ENGINES) else node.name()
        outer, self._origin = self._origin, _place(node)
        try:
            with self._span(f"autograd::engine::evaluate_function: {name}", FUNCTION) as whole:
                whole.sequence = node.number
                with self._span(name, BACKWARD) as own:
                    own.sequence = node.number
                    if self._shapes:
                        given = g if type(g) is tuple else (g,)
                        own.shapes = [[] if v is None else list(v.shape) for v in given]
                    own.start = Clock.now()
                    grads = run()
                return deliver(grads)
        finally:
            self._origin = outer

    # -- what is said of a call -------------------------------------------------------------------

    def _describe(self, span: Span, values: Sequence[Any]) -> None:
        if self._shapes:
            span.shapes = [_shape(v) for v in values]
            span.inputs = [_text(v) for v in values]

    def _weigh(self, span: Span, values: Sequence[Any], result: Any) -> None:
        """The bytes of new memory in a result, and the node that was made."""
        for t in result if isinstance(result, (tuple, list)) else (result,):
            if not isinstance(t, Tensor):
                continue
            if t._v is None and type(t._d) is not Pending and not any(v is t for v in values):
                span.bytes += t._d.nbytes
            end = t._g
            if end is not None:
                span.sequence = getattr(getattr(end, "node", end), "number", -1)


def _settle(values: Sequence[Any]) -> None:
    """Compute what operands wait for, under its own name and not the op's."""
    for v in values:
        for t in v if type(v) is tuple or type(v) is list else (v,):
            if isinstance(t, Tensor) and type(t._d) is Pending:
                t._a  # noqa: B018 (reading it computes it)


def _shape(value: Any) -> list[Any]:
    if isinstance(value, Tensor):
        return list(value._d.shape)
    if type(value) in (tuple, list) and value and all(isinstance(v, Tensor) for v in value):
        return [list(v._d.shape) for v in value]
    return []


def _text(value: Any) -> Any:
    """An operand that is no tensor, as the trace shows it: numbers, bools, sizes."""
    if type(value) in (int, float, bool, str):
        return value
    if type(value) is tuple and all(type(v) in (int, float, bool) for v in value):
        return list(value)
    return None


def _place(node: Any) -> list[Place]:
    """Where in the program a node was made."""
    return [] if node.place is None else [(node.place[0], 0, node.place[1])]


def _keep_marks(span: Span, values: Sequence[Any]) -> None:
    """Where no GPU had to do with a call, marks in its work say nothing."""
    if span.device is not None and not any(isinstance(v, Tensor) and v.is_cuda for v in values):
        span.device = None


def _mark() -> Any:
    """A mark in the work of a GPU, whose time can be told."""
    return cuda.module().cuda.Event()
