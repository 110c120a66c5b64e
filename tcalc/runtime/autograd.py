"""Reverse-mode differentiation: the graph of Nodes and the pass back through it.

A tensor that takes part in the graph points to its end of it: an AccumulateGrad (leaves), a Node
(the one output of an op) or an Output (one of several). Edges between nodes are those same ends.
"""

from __future__ import annotations

import sys
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from weakref import ref

from tcalc.errors import ArgumentError, AutogradError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType

    from tcalc.runtime.op import Op
    from tcalc.runtime.tensor import Tensor

# Code compiled from a user's program carries this at the start of its file name.
PROGRAM_PREFIX = "<tcalc "
_FRAMES_SEARCHED = 40


class Mode:
    """Whether ops record what they do."""

    __slots__ = ("anomaly", "enabled", "inference")

    def __init__(self) -> None:
        self.enabled = True
        self.inference = False
        self.anomaly = False


mode = Mode()
_next_number = count().__next__
_by_number = attrgetter("number")


class _Extra:
    """What few ends of the graph have: a kept gradient and hooks."""

    __slots__ = ("grad", "hooks", "node_hooks", "outputs", "post_hooks", "pre_hooks", "retains")

    def __init__(self) -> None:
        self.grad: Tensor | None = None
        self.retains = False
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.post_hooks: dict[int, Callable[..., Any]] = {}
        self.node_hooks: dict[int, Callable[..., Any]] = {}
        self.pre_hooks: dict[int, Callable[..., Any]] = {}
        self.outputs: dict[int, Output] = {}


class End:
    """One end of an edge: what a tensor in the graph holds as its place in it."""

    __slots__ = ("extra",)
    extra: _Extra | None
    requires_grad: bool

    def extras(self) -> _Extra:
        """The rare fields, made when first asked for."""
        if self.extra is None:
            self.extra = _Extra()
        return self.extra


class _Freed:
    """What stands for saved values that a backward pass has let go."""


FREED = _Freed()


class Node(End):
    """One recorded op: `edges` to what it was computed from, and the values its gradient needs.

    shape, dtype: of its output (a tuple of each where there are several outputs).
    place: the code and instruction of the user's program that ran it, or None.
    """

    __slots__ = ("dtype", "edges", "number", "op", "place", "saved", "shape", "versions")
    _public_ = frozenset({"metadata", "name", "next_functions", "register_hook",
                          "register_prehook"})  # fmt: skip
    requires_grad = True

    op: Op
    edges: tuple[End | None, ...]

    def __init__(
        self,
        op: Any,
        edges: tuple[End | None, ...],
        saved: Any,
        versions: Any,
        shape: Any,
        dtype: Any,
        place: tuple[CodeType, int] | None,
    ) -> None:
        self.op = op
        self.edges = edges
        self.saved = saved
        self.versions = versions
        self.shape = shape
        self.dtype = dtype
        self.place = place
        self.number = _next_number()
        self.extra = None

    def name(self) -> str:
        """PyTorch's name for the node, such as `MulBackward0`."""
        name = self.op.node_name
        if isinstance(name, str):
            return name
        from tcalc.runtime.codegen import saved_plan

        return name(dict(zip(saved_plan(self.op), self.saved)))

    def __repr__(self) -> str:
        return f"<{self.name()} object>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the inputs, each with the number of its output."""
        return tuple(
            (None, 0) if e is None else (e.node, e.index) if type(e) is Output else (e, 0)
            for e in self.edges
        )

    @property
    def outputs(self) -> int:
        """How many outputs the op has."""
        return len(self.shape) if type(self.dtype) is tuple else 1

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict of the node's own, for the user."""
        return {}

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """The gradients of the inputs, one an edge, from the gradient of the output."""
        return self.op.backward(self, g, needs)

    def release(self) -> None:
        """Let go of saved values."""
        if self.op.saves_tensors:
            self.saved = FREED

    def register_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(grad_inputs, grad_outputs)` after the node has run; it may replace the first."""
        return Handle(self.extras().node_hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(grad_outputs)` before the node runs; it may replace them."""
        return Handle(self.extras().pre_hooks, hook)


class Output(End):
    """One of the several outputs of a node."""

    __slots__ = ("index", "node")
    requires_grad = True

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self.extra = None

    def extras(self) -> _Extra:
        """The rare fields; the node learns of them, for its pass back."""
        self.node.extras().outputs[self.index] = self
        return super().extras()


class AccumulateGrad(End):
    """The end of the graph at a leaf: adds up what arrives in the leaf's `grad`."""

    __slots__ = ("_tensor", "array", "dtype", "requires_grad", "shape")
    _public_ = frozenset({"name", "next_functions", "variable"})
    edges: tuple[()] = ()
    number = -1
    place = None

    def __init__(self, tensor: Tensor, requires_grad: bool) -> None:
        self._tensor = ref(tensor)
        self.show(tensor._a)
        self.requires_grad = requires_grad
        self.extra = None

    def show(self, array: Any) -> None:
        """Follow the leaf to other memory."""
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def name(self) -> str:
        """`AccumulateGrad`."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return "<AccumulateGrad object>"

    @property
    def next_functions(self) -> tuple[()]:
        """Nothing lies behind a leaf."""
        return ()

    @property
    def variable(self) -> Tensor:
        """The leaf (made anew on its memory where the program has let go of it)."""
        tensor = self._tensor()
        if tensor is None:
            from tcalc.runtime.tensor import wrap

            tensor = wrap(self.array)
            tensor._g = self
            self._tensor = ref(tensor)
        return tensor


class Handle:
    """What `register_hook` gives: `remove()` takes the hook off."""

    __slots__ = ("_hooks", "_key")
    _public_ = frozenset({"remove"})
    _numbers = count()

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = next(Handle._numbers)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook off."""
        self._hooks.pop(self._key, None)


class SavedOutput:
    """A node's own output, kept without a cycle: the memory instead of the tensor."""

    __slots__ = ("array", "index", "storage", "version")

    def __init__(self, array: Any, storage: Any, index: int = -1) -> None:
        self.array = array
        self.storage = storage
        self.version = storage.version
        self.index = index


def user_place(depth: int) -> tuple[CodeType, int] | None:
    """The code and instruction of the innermost frame of a user's program."""
    frame: Any = sys._getframe(depth)
    for _ in range(_FRAMES_SEARCHED):
        code = frame.f_code
        if code.co_filename.startswith(PROGRAM_PREFIX):
            return code, frame.f_lasti
        frame = frame.f_back
        if frame is None:
            break
    return None


def version_of(saved: Any) -> int:
    """The version of a saved value's memory; 0 for what is no tensor."""
    return saved._s.version if isinstance(saved, _tensor_type) and saved._s is not None else 0


# The Tensor class, which its module puts here (it imports this one).
_tensor_type: Any = ()


def set_tensor_type(tensor: type) -> None:
    """Tell what a tensor is."""
    global _tensor_type
    _tensor_type = tensor


def record(op: Op, edges: tuple[End | None, ...], saved: tuple[Any, ...], array: Any) -> Node:
    """A new node for an op with one output."""
    versions = None
    for i in op.saved_tensors:
        s = saved[i]
        if isinstance(s, _tensor_type) and s._s is not None:
            versions = tuple([version_of(saved[j]) for j in op.saved_tensors])
            break
    return Node(op, edges, saved, versions, array.shape, array.dtype, user_place(2))


def unpack(node: Node) -> tuple[Any, ...]:
    """The values a node saved, checked not to have been written to since."""
    saved = node.saved
    if saved is FREED:
        raise AutogradError(
            "Trying to backward through the graph a second time (or directly access saved tensors "
            "after they have already been freed)",
            hint="say retain_graph=True in the first backward",
        )
    op = node.op
    for i in op.saved_tensors:
        s = saved[i]
        if isinstance(s, _tensor_type) and s._s is not None:
            _check_versions(node)
            break
    if op.saved_outputs:
        values = list(saved)
        for i in op.saved_outputs:
            values[i] = _restore(node, saved[i])
        return tuple(values)
    return saved  # type: ignore[no-any-return]


def _check_versions(node: Node) -> None:
    saved, versions = node.saved, node.versions
    for k, i in enumerate(node.op.saved_tensors):
        version = version_of(saved[i])
        expected = 0 if versions is None else versions[k]
        if version != expected:
            raise _modified(saved[i]._a, saved[i], version, expected)


def _restore(node: Node, saved: Any) -> Any:
    if saved is None:
        return None
    if type(saved) is tuple:
        return tuple(_restore(node, s) for s in saved)
    from tcalc.runtime.tensor import wrap

    tensor = wrap(saved.array)
    if saved.storage.version != saved.version:
        raise _modified(saved.array, tensor, saved.storage.version, saved.version, node)
    if saved.array.dtype.kind not in "biu":
        tensor._g = node if saved.index < 0 else Output(node, saved.index)
    tensor._s = saved.storage
    return tensor


def _modified(
    array: Any, tensor: Tensor, version: int, expected: int, node: Node | None = None
) -> AutogradError:
    made = node or (tensor._g if isinstance(tensor._g, Node) else None)
    origin = f", which is output 0 of {made.name()}," if made is not None else ""
    error = AutogradError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{tensor.type()} {list(array.shape)}]{origin} is at version {version}; "
        f"expected version {expected} instead",
        hint="use the form without the underscore, or work on a clone()",
    )
    if made is not None:
        error.place = made.place  # type: ignore[attr-defined]
    return error


def meta_of(tensor: Tensor) -> End | None:
    """A tensor's end of the graph, taken anew for a view whose base has been written to."""
    view = tensor._v
    if view is not None and tensor._s is not None and view.version != tensor._s.version:
        base = view.base
        if base._g is not None and base._g.requires_grad and view.tracked:
            enabled, mode.enabled = mode.enabled, True
            try:
                tensor._g = view.replay(base)._g
            finally:
                mode.enabled = enabled
        view.version = tensor._s.version
    return tensor._g


def end_of(tensor: Tensor) -> End | None:
    """A tensor's end of the graph where it requires grad, else None."""
    end = tensor._g if tensor._v is None else meta_of(tensor)
    return end if end is not None and end.requires_grad else None


# -- the pass back ----------------------------------------------------------------------------


def _node(end: Any) -> Any:
    return end.node if type(end) is Output else end


def _ordered(ends: Iterable[End]) -> list[Any]:
    """Every node behind the ends, each after all that use it."""
    stack = [_node(e) for e in ends]
    seen: set[Any] = set(stack)
    for node in stack:
        for e in node.edges:
            if e is not None:
                n = e.node if type(e) is Output else e
                if n not in seen:
                    seen.add(n)
                    stack.append(n)
    return sorted(seen, key=_by_number, reverse=True)


def _leading_to(order: list[Any], targets: set[Any]) -> set[Any]:
    """The nodes from which some target can be reached."""
    found = set(targets)
    for node in reversed(order):
        if node not in found:
            for e in node.edges:
                if e is not None and (e.node if type(e) is Output else e) in found:
                    found.add(node)
                    break
    return found


def _fit(g: Tensor, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """A gradient with broadcasting and promotion undone."""
    if g._a.shape != shape:
        if g._a.ndim < len(shape):
            g = g.expand(shape) if mode.enabled else _stretched(g, shape)
        else:
            g = g.sum_to_size(shape)
    if g._a.dtype is not dtype and g._a.dtype != dtype:
        from tcalc.runtime.dtypes import of

        if g._a.dtype.kind == "c" and of(dtype).category < 3:
            g = g.real
        g = g.to(of(dtype))
    return g


def _stretched(g: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A gradient shown in a larger shape, where nothing is recorded."""
    from tcalc.runtime.ops.shape import broadcast_view
    from tcalc.runtime.tensor import wrap

    return wrap(broadcast_view(g._a, shape))


def run_backward(
    ends: Sequence[End],
    gradients: Sequence[Tensor],
    *,
    inputs: Sequence[End] | None,
    retain_graph: bool,
    create_graph: bool,
    accumulate: bool,
) -> list[Tensor | None]:
    """Send gradients from the ends back through the graph.

    With `inputs`, only what leads to them runs; their gradients are returned, or added to the
    leaves' `grad` where `accumulate` is set. Otherwise every leaf gets its gradient.
    """
    order = _ordered(ends)
    wanted: set[Any] | None = None
    captured: dict[Any, Tensor | None] = {}
    if inputs is not None:
        wanted = _leading_to(order, {_node(e) for e in inputs})
        if len(wanted) == len(order):
            wanted = None
        if not accumulate:
            captured = {_key(e): None for e in inputs}
    buffers: dict[Any, Any] = {}
    for end, g in zip(ends, gradients):
        _deliver(buffers, end, g)
    release = not (retain_graph or create_graph)
    plain = wanted is None and not mode.anomaly
    enabled, mode.enabled = mode.enabled, create_graph
    node: Any = None
    try:
        for node in order:
            g = buffers.pop(node, None)
            if g is None or (wanted is not None and node not in wanted):
                continue
            if type(g) is list:
                g = _outputs_of(node, g, captured)
            else:
                if node.extra is not None:
                    g = _run_hooks(node, g)
                if node in captured:
                    captured[node] = g
                    if type(node) is AccumulateGrad:
                        continue
                elif type(node) is AccumulateGrad:
                    if inputs is None or accumulate:
                        _accumulate(node, g, create_graph)
                    continue
            if plain and node.extra is None:
                grads = node.backward(g, None)
            else:
                grads = _run_node(node, g, wanted)
            at = -1
            for end in node.edges:
                at += 1
                if end is None:
                    continue
                g = grads[at]
                if g is None:
                    continue
                if type(end) is Output:
                    _deliver(buffers, end, g)
                    continue
                a = g._a
                if a.dtype is not end.dtype or a.shape != end.shape:
                    g = _fit(g, end.shape, end.dtype)
                buffers[end] = buffers[end] + g if end in buffers else g
            if release:
                node.release()
    except Exception as error:
        # The error belongs to the forward expression that made the node.
        if getattr(error, "place", None) is None:
            error.place = node.place  # type: ignore[attr-defined]
        raise
    finally:
        mode.enabled = enabled
    return [captured.get(_key(e)) for e in inputs] if inputs is not None else []


def _key(end: Any) -> Any:
    return (end.node, end.index) if type(end) is Output else end


def _run_node(node: Any, g: Any, wanted: set[Any] | None) -> Sequence[Tensor | None]:
    """The gradients of a node's inputs, with hooks, where they are wanted."""
    needs = None
    if wanted is not None:
        needs = [e is not None and _node(e) in wanted for e in node.edges]
        if True not in needs:
            return (None,) * len(needs)
    extra = node.extra
    if extra is not None:
        for hook in tuple(extra.pre_hooks.values()):
            replaced = hook(g if type(g) is tuple else (g,))
            if replaced is not None:
                g = tuple(replaced) if type(g) is tuple else replaced[0]
    grads: Sequence[Tensor | None] = node.backward(g, needs)
    if extra is not None:
        for hook in tuple(extra.node_hooks.values()):
            replaced = hook(tuple(grads), g if type(g) is tuple else (g,))
            if replaced is not None:
                grads = replaced if isinstance(replaced, tuple) else (replaced,)
    if mode.anomaly:
        _check_finite(node, grads)
    return grads


def _check_finite(node: Any, grads: Sequence[Tensor | None]) -> None:
    for i, g in enumerate(grads):
        if g is not None and bool(g.isnan().any()):
            raise AutogradError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _deliver(buffers: dict[Any, Any], end: Any, g: Tensor) -> None:
    if type(end) is Output:
        node, i = end.node, end.index
        shape, dtype = node.shape[i], node.dtype[i]
        if g._a.shape != shape or g._a.dtype is not dtype:
            g = _fit(g, shape, dtype)
        slots = buffers.get(node)
        if slots is None:
            slots = buffers[node] = [None] * len(node.shape)
        slots[i] = g if slots[i] is None else slots[i] + g
        return
    a = g._a
    if a.shape != end.shape or a.dtype is not end.dtype:
        g = _fit(g, end.shape, end.dtype)
    have = buffers.get(end)
    buffers[end] = g if have is None else have + g


def _outputs_of(node: Node, slots: list[Any], captured: dict[Any, Any]) -> tuple[Any, ...]:
    """The gradients of a node with several outputs, zeros where none arrived."""
    from tcalc.runtime.dtypes import of
    from tcalc.runtime.ops.creation import zeros

    if node.extra is not None:
        for i, end in node.extra.outputs.items():
            if slots[i] is not None:
                slots[i] = _run_hooks(end, slots[i])
    for i, g in enumerate(slots):
        if g is not None and (node, i) in captured:
            captured[node, i] = g
    return tuple(
        zeros(shape, dtype=of(dtype)) if g is None else g
        for g, shape, dtype in zip(slots, node.shape, node.dtype)
    )


def _hooked(hook: Callable[..., Any], g: Tensor) -> Tensor:
    replaced = hook(g)
    return g if replaced is None else replaced


def _run_hooks(end: Any, g: Tensor) -> Tensor:
    extra = end.extra
    for hook in tuple(extra.hooks.values()):
        g = _hooked(hook, g)
    if extra.retains:
        extra.grad = g if extra.grad is None else extra.grad + g
    return g


def _accumulate(leaf: AccumulateGrad, g: Tensor, create_graph: bool) -> None:
    extra = leaf.extras()
    have = extra.grad
    if have is None:
        # The gradient's memory may be another's too (y = a + b sends one to both).
        if not create_graph:
            alone = sys.getrefcount(g) <= 3 and g._v is None and g._a.base is None
            if not alone or sys.getrefcount(g._a) > 2 or not g._a.flags.writeable:
                g = g.clone()
        extra.grad = g
    elif create_graph:
        extra.grad = have + g
    else:
        have.add_(g)
    for hook in tuple(extra.post_hooks.values()):
        hook(leaf.variable)


def seed_gradient(output: Tensor, gradient: Tensor | None) -> Tensor:
    """The gradient that a pass starts with: the one given, or 1 for a scalar."""
    if gradient is None:
        if output._a.size != 1:
            raise AutogradError(
                "grad can be implicitly created only for scalar outputs "
                f"(this one has shape {list(output._a.shape)})",
                hint="reduce it with .sum() or .mean(), or give gradient=",
            )
        return output._ones()
    if gradient._a.shape != output._a.shape:
        raise ShapeError(
            f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has "
            f"a shape of {output.shape}.",
            argument="gradient",
        )
    return gradient


def differentiable(output: Tensor) -> End:
    """The end of the graph at an output, or the error that it has none."""
    end = end_of(output)
    if end is None:
        raise AutogradError(
            "element 0 of tensors does not require grad and does not have a grad_fn",
            hint="make the inputs with requires_grad=True before computing it",
        )
    return end


class _GradMode:
    """Sets whether ops record, as a context, a decorator or (set_grad_enabled) at once."""

    __slots__ = ("_before",)
    _public_: frozenset[str] = frozenset()
    value = False

    def __init__(self) -> None:
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((mode.enabled, mode.inference))
        mode.enabled = self.value

    def __exit__(self, *_: object) -> None:
        mode.enabled, mode.inference = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            raise ArgumentError(f"expected a function to decorate, not {type(function).__name__}")

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        wrapped.__name__ = getattr(function, "__name__", "wrapped")
        wrapped.__doc__ = function.__doc__
        return wrapped


class no_grad(_GradMode):
    """Inside, ops record nothing: `with no_grad(): ...` or `@no_grad()`."""

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        if function is not None:  # used as @no_grad without parentheses
            made.__init__()
            return made(function)
        return made

    def __init__(self, function: object = None) -> None:
        super().__init__()


class enable_grad(no_grad):
    """Inside, ops record again."""

    __slots__ = ()
    value = True


class inference_mode(_GradMode):
    """Inside, ops record nothing."""

    __slots__ = ("value",)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.value = not mode

    def __enter__(self) -> None:
        super().__enter__()
        mode.inference = not self.value


class set_grad_enabled(_GradMode):
    """Turn recording on or off: at once, or for a `with` block."""

    __slots__ = ("value",)

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.value = bool(mode)
        self._before.append((_set_enabled(self.value), False))

    def __enter__(self) -> None:
        pass


def _set_enabled(value: bool) -> bool:
    before, mode.enabled = mode.enabled, value
    return before


class set_detect_anomaly(_GradMode):
    """Make backward check every gradient for nan and name the op that made it."""

    __slots__ = ("_anomaly", "_kept")

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._anomaly = mode

    def __enter__(self) -> None:
        self._kept, mode.anomaly = mode.anomaly, self._anomaly

    def __exit__(self, *_: object) -> None:
        mode.anomaly = self._kept
