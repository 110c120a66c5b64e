"""The pass back through the graph: every node once, after all that use its outputs.

Where nothing is recorded, gradients travel as bare arrays, and a gradient function that is plain
arithmetic (or marked `on_arrays`) runs on them as it stands; the others are given tensors.
"""

from __future__ import annotations

import math
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AutogradError, ShapeError, StateError
from tcalc.runtime.arrays.backend import module_of
from tcalc.runtime.arrays.mirror import unmirrored
from tcalc.runtime.arrays.strides import broadcast_view
from tcalc.runtime.autograd.anomaly import refuse_nan
from tcalc.runtime.autograd.fitting import WRITTEN_OUT, fit_array
from tcalc.runtime.autograd.fitting import fit as fit_tensor
from tcalc.runtime.autograd.hooks import replacing, run_hooks
from tcalc.runtime.autograd.nodes import AccumulateGrad, Node, Output, SavedOutput, own_end
from tcalc.runtime.autograd.saving import Packed
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.op import UNKNOWN
from tcalc.runtime.lazy.expression import LARGE, NotDeferred
from tcalc.runtime.lazy.pending import Pending, computed, lazy
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import COMPLEXES, PLAIN_FLOATS
from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

    from tcalc.runtime.autograd.nodes import End
    from tcalc.runtime.autograd.vjp import Backward
    from tcalc.runtime.base.op import Array

ndarray, generic = np.ndarray, np.generic
_by_number = attrgetter("number")
# Up to this size a gradient is copied for its leaf without asking whose the array is.
_COPIED = 1 << 12


def _node(end: End) -> End:
    return end.node if type(end) is Output else end


def _ordered(ends: Iterable[End]) -> list[Node | AccumulateGrad]:
    """Every node behind the ends, each after all that use it; the leaves come last."""
    stack: list[Any] = []
    seen: set[Any] = set()
    for e in ends:
        node = e.node if type(e) is Output else e
        if node not in seen:
            seen.add(node)
            stack.append(node)
    for node in stack:
        for e in node.edges:
            if e is not None:
                if type(e) is Output:
                    e = e.node
                if e not in seen:
                    seen.add(e)
                    stack.append(e)
    stack.sort(key=_by_number, reverse=True)
    return stack


def _all_leaves_in(order: list[Node | AccumulateGrad], targets: set[End]) -> bool:
    """Whether every leaf is among the targets."""
    for node in reversed(order):
        if node.number >= 0:
            break
        if node not in targets:
            return False
    return True


def _leading_to(order: list[Node | AccumulateGrad], targets: set[End]) -> set[End]:
    """The nodes from which some target can be reached."""
    found = set(targets)
    for node in reversed(order):
        if node not in found:
            for e in node.edges:
                if e is not None and (e.node if type(e) is Output else e) in found:
                    found.add(node)
                    break
    return found


def run_backward(
    ends: Sequence[End],
    gradients: Sequence[Tensor],
    *,
    inputs: Sequence[Any] | None,
    retain_graph: bool,
    create_graph: bool,
    accumulate: bool,
    stop: bool = False,
) -> list[Tensor | None]:
    """Send gradients from the ends back through the graph.

    With `inputs`, only what leads to them runs; their gradients are returned, or added to the
    leaves' `grad` where `accumulate` is set. Otherwise every leaf gets its gradient. stop: whether
    gradients end at an input, as if no op had made it.
    """
    order = _ordered(ends)
    wanted: set[Any] | None = None
    captured: dict[Any, Any] = {}  # what arrives at the inputs
    if inputs is not None:
        targets: set[End] = set()
        for e in inputs:
            if type(e) is Output:
                targets.add(e.node)
                captured[e.node, e.index] = None
            else:
                targets.add(e)
                captured[e] = None
        if accumulate:
            captured.clear()
        # Every path ends at a leaf: where all leaves are wanted, so is every node.
        if not _all_leaves_in(order, targets):
            wanted = _leading_to(order, targets)
    # Gradients are tensors where they are recorded or interpreted, else arrays.
    interpreter = mode.interpreter if interpreters.count else None
    tensors = create_graph or not (interpreter is None or interpreter.fills_grads)
    buffers: dict[Any, Any] = {}
    # By leaf, the large arrays in them that nothing else can hold.
    own: dict[Any, Any] = {}
    for end, seed in zip(ends, gradients):
        _deliver(buffers, end, seed if tensors else unmirrored(seed._d))
    release = not (retain_graph or create_graph)
    plain = interpreter is None and not (tensors or mode.anomaly)
    through, accumulate_in = _through, _accumulate
    if interpreter is not None and interpreter.watches:
        through, accumulate_in = _watched_through, _watched_accumulate
    enabled, mode.enabled = mode.enabled, create_graph
    selects, mode.selects = mode.selects, inputs is not None
    cast, mode.autocast = mode.autocast, None  # gradients have the dtypes of what they are of
    node: Any = None
    try:
        for node in order:
            g = buffers.pop(node, None)
            if g is None or (wanted is not None and node not in wanted):
                continue
            if type(g) is list:
                if stop and not _go_on(node, g, captured):
                    continue
                g = _outputs_of(node, g, captured)
                if not plain or (grads := _on_arrays(node, g, wanted)) is None:
                    grads = through(node, _as_tensors(g), wanted, not tensors)
            else:
                if node.extra is not None:
                    g = run_hooks(node, g)
                if captured and node in captured:
                    captured[node] = g
                    if stop or type(node) is AccumulateGrad:
                        continue
                elif type(node) is AccumulateGrad:
                    if inputs is None or accumulate:
                        accumulate_in(node, g, own.pop(node, None) is g)
                    continue
                form = None
                if plain and type(node) is Node and node.extra is None:
                    form = node.op.on_arrays
                    if form is UNKNOWN:
                        form = node.op.array_backward()
                if form is None or g.dtype.char not in PLAIN_FLOATS:
                    grads = through(node, g, wanted, not tensors)
                elif (type(g) is ndarray or isinstance(g, generic)) and g.size < LARGE:
                    grads = form(node, g, None if wanted is None else _needs(node, wanted))
                else:
                    grads = _deferred(form, node, g, wanted)
            for end, slope in zip(node.edges, grads):
                if end is None or slope is None:
                    continue
                if type(end) is Output or tensors:
                    _deliver(buffers, end, slope)
                    continue
                if slope.shape != end.shape or slope.dtype is not end.dtype:
                    slope = fit_array(slope, end.shape, end.dtype)
                if end in buffers:
                    buffers[end] = _both(buffers[end], slope)
                    own.pop(end, None)
                else:
                    buffers[end] = slope
                    if (
                        slope.size > _COPIED
                        and type(end) is AccumulateGrad
                        and _is_new(slope, g, grads, node)
                    ):
                        own[end] = slope
            del grads
            g = slope = None
            if release and (type(node) is not Node or node.op.saves_tensors):
                node.release()
    except Exception as error:  # it belongs to the forward expression that made the node
        if getattr(error, "place", None) is None:
            error.place = node.place  # type: ignore[attr-defined]  # an error takes any
        raise
    finally:
        mode.enabled, mode.selects, mode.autocast = enabled, selects, cast
    if inputs is None or accumulate:
        return []
    found = []
    for e in inputs:
        g = captured[(e.node, e.index) if type(e) is Output else e]
        found.append(g if tensors or g is None else wrap(g))
    return found


def _needs(node: Node, wanted: set[End]) -> list[bool]:
    """For each input of a node whether its gradient is wanted."""
    return [e is not None and _node(e) in wanted for e in node.edges]


def _through(
    node: Node, g: Any, wanted: set[End] | None, bare: bool
) -> Sequence[Array | Tensor | None]:
    """The gradients of a node's inputs, with hooks, where they are wanted.

    g: a tensor, or an array where gradients travel `bare`; a tuple of tensors for several outputs.
    """
    needs = None
    if wanted is not None:
        needs = _needs(node, wanted)
        if True not in needs:
            return (None,) * len(needs)
    if bare and type(g) is not tuple:
        g = wrap(g)
    extra = node.extra
    if extra is not None:
        for hook in tuple(extra.pre_hooks.values()):
            replaced = hook(g if type(g) is tuple else (g,))
            if replaced is not None:
                g = replacing(replaced, g) if type(g) is tuple else replacing(replaced, (g,))[0]
    grads: Sequence[Tensor | None] = node.backward(g, needs)
    if extra is not None:
        for hook in tuple(extra.node_hooks.values()):
            replaced = hook(tuple(grads), g if type(g) is tuple else (g,))
            if replaced is not None:
                grads = replacing(replaced, tuple(grads))
    if mode.anomaly and mode.checks_nan:
        refuse_nan(node, grads, g)
    return [None if t is None else unmirrored(t._d) for t in grads] if bare else grads


def _watched_through(
    node: Node, g: Any, wanted: set[End] | None, bare: bool
) -> Sequence[Array | Tensor | None]:
    """The same under the eyes of the interpreter, with what broadcasting stretched summed."""

    def run() -> Sequence[Array | Tensor | None]:
        return _through(node, g, wanted, bare)

    def fitted(grads: Sequence[Any]) -> Sequence[Array | Tensor | None]:
        fit: Any = fit_array if bare else fit_tensor
        ends: Any = node.edges
        return [
            t if end is None or t is None
            else fit(t, end.node.shape[end.index], end.node.dtype[end.index])
            if type(end) is Output else fit(t, end.shape, end.dtype)
            for end, t in zip(ends, grads)
        ]  # fmt: skip

    watcher: Any = mode.interpreter
    found: Sequence[Array | Tensor | None] = watcher.backward(node, g, run, fitted)
    return found


def _watched_accumulate(leaf: AccumulateGrad, g: Array | Tensor, own: bool) -> None:
    """`_accumulate`, likewise."""
    watcher: Any = mode.interpreter
    watcher.backward(leaf, g, lambda: _accumulate(leaf, g, own), lambda done: done)


def _on_arrays(
    node: Node, given: Sequence[Array | None], wanted: set[End] | None
) -> Sequence[Array | None] | None:
    """The gradients of a node with several outputs by its form on arrays; None where it has none."""
    if type(node) is not Node or node.extra is not None:
        return None
    form = node.op.on_arrays
    if form is UNKNOWN:
        form = node.op.array_backward()
    if form is None:
        return None
    for g in given:
        if type(g) is not ndarray or g.size >= LARGE or g.dtype.char not in PLAIN_FLOATS:
            return None
    found: Sequence[Array | None] = form(
        node, given, None if wanted is None else _needs(node, wanted)
    )
    return found


def _deferred(
    form: Backward, node: Node, g: Array, wanted: set[End] | None
) -> Sequence[Array | Tensor | None]:
    """A node's gradients where they are large: noted rather than computed where they can be."""
    if isinstance(g, Standing):  # a sparse one
        return _through(node, g, wanted, True)
    try:
        needs = None if wanted is None else _needs(node, wanted)
        return form(node, lazy(g), needs)
    except (NotDeferred, AttributeError):
        return _through(node, g, wanted, True)


def _deliver(buffers: dict[Any, Any], end: Any, g: Array | Tensor) -> None:
    """Add a gradient, a tensor or an array, to what has arrived at an end."""
    fit = fit_tensor if isinstance(g, Tensor) else fit_array
    if type(end) is not Output:
        if g.shape != end.shape or fit is fit_tensor or g.dtype is not end.dtype:
            g = fit(g, end.shape, end.dtype)
        buffers[end] = _both(buffers[end], g) if end in buffers else g
        return
    node, i = end.node, end.index
    g = fit(g, node.shape[i], node.dtype[i])
    slots = buffers.get(node)
    if slots is None:
        slots = buffers[node] = [None] * len(node.shape)
    slots[i] = g if slots[i] is None else _both(slots[i], g)


def _both(a: Array | Tensor, b: Array | Tensor) -> Array | Tensor:
    """The sum of two gradients that arrived at one end."""
    try:
        return a + b
    except NotDeferred:  # they lie in memory in different orders
        return computed(a) + computed(b)


def _go_on(node: Node, slots: list[Array | Tensor | None], captured: dict[object, object]) -> bool:
    """Take what arrived at outputs that are inputs; whether something else did."""
    for i, g in enumerate(slots):
        if g is not None and (node, i) in captured:
            captured[node, i] = g
            slots[i] = None
    return any(g is not None for g in slots)


def _outputs_of(
    node: Node, slots: list[Array | Tensor | None], captured: dict[object, object]
) -> tuple[Array | Tensor | None, ...]:
    """The gradients of a node with several outputs, zeros where none arrived.

    A node of a program's own may have outputs that are no tensors (of no dtype): those have none.
    """
    if node.extra is not None:
        for i, end in node.extra.outputs.items():
            if slots[i] is not None:
                slots[i] = run_hooks(end, slots[i])
    if captured:
        for i, g in enumerate(slots):
            if g is not None and (node, i) in captured:
                captured[node, i] = g
    if not node.materializes or all(g is not None for g in slots):
        return tuple(slots)
    some = next(g for g in slots if g is not None)
    xp = module_of(some._d if isinstance(some, Tensor) else some)
    return tuple([
        _nothing(xp, shape, dtype) if g is None and dtype is not None else g
        for g, shape, dtype in zip(slots, node.shape, node.dtype)
    ])  # fmt: skip


def _as_tensors(gradients: Iterable[Array | Tensor | None]) -> tuple[Tensor | None, ...]:
    return tuple([g if g is None or isinstance(g, Tensor) else wrap(g) for g in gradients])


def _nothing(xp: ModuleType, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Zeros, shown by a view where they are many."""
    if math.prod(shape) <= WRITTEN_OUT:
        return xp.zeros(shape, dtype)
    return broadcast_view(xp.zeros((), dtype), shape)


def _is_new(slope: Array, g: object, grads: Sequence[object], node: Node) -> bool:
    """Whether a gradient is in memory that an op's own formula has just made: the formula may
    also give what came in, what it saved, or one array twice (y = a + b)."""
    if type(slope) is ndarray:
        if slope.base is not None or not slope.flags.writeable:
            return False
    elif type(slope) is not Pending:
        return False
    if not node.gives_new or node.extra is not None or type(node.saved) is Packed:
        return False
    if _is_in(slope, g) or _is_in(slope, node.saved):
        return False
    count = 0
    for other in grads:
        count += other is slope
    return count == 1


def _is_in(array: Array, saved: object) -> bool:
    """Whether an array is among saved values."""
    if type(saved) is tuple or type(saved) is list:
        for value in saved:  # noqa: SIM110 (a generator takes longer)
            if value is not None and _is_in(array, value):
                return True
        return False
    if isinstance(saved, Tensor):
        return saved._d is array
    return (saved.array if type(saved) is SavedOutput else saved) is array


def _accumulate(leaf: AccumulateGrad, g: Array | Tensor, own: bool) -> None:
    """Add a gradient to a leaf's. own: whether the array is nobody else's."""
    if not leaf.requires_grad:  # any more
        return
    extra = leaf.extras()
    have = extra.grad
    if have is None:
        if isinstance(g, Tensor):  # recorded
            extra.grad = g
        else:
            if not own or extra.hooks:  # hooks may have kept it
                g = (computed(g) if type(g) is not ndarray and g.size < LARGE else g).copy()
            extra.grad = wrap(g)
    elif isinstance(g, Tensor):
        extra.grad = have.add(g)
    elif isinstance(have._d, Standing):  # a sparse one becomes what the sum is
        extra.grad = wrap(have._d + g)
    else:
        have.add_(wrap(g))
    if extra.post_hooks:
        for hook in tuple(extra.post_hooks.values()):
            hook(leaf.variable)


def check_leaves() -> None:
    """Refuse to add to the gradients of leaves where they would stand for many."""
    if interpreters.count and mode.interpreter and not mode.interpreter.fills_grads:
        raise StateError(
            "backward() called inside a functorch transform. This is not supported, please use "
            "functorch.grad or functorch.vjp instead or call backward() outside of functorch "
            "transforms.",
            hint="use func.grad",
        )


def seed_gradient(output: Tensor, gradient: Tensor | None) -> Tensor:
    """The gradient that a pass starts with: the one given, or 1 for a scalar."""
    if gradient is None:
        if output._d.size != 1:
            raise AutogradError(
                "grad can be implicitly created only for scalar outputs "
                f"(this one has shape {list(output._d.shape)})",
                hint="reduce it with `.sum()` or `.mean()`, or give `gradient=`",
            )
        if output._d.dtype.char in COMPLEXES:
            raise AutogradError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"torch.{output.dtype.name}",
                hint="take a real part or a length (.abs()), or give `gradient=`",
            )
        return output._ones()
    if not isinstance(gradient, Tensor):
        raise ArgumentError(
            f"gradient can only be a Tensor, not {type(gradient).__name__}", argument="gradient"
        )
    if gradient._d.shape != output._d.shape:
        raise ShapeError(
            f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has "
            f"a shape of {output.shape}.",
            argument="gradient",
        )
    return gradient


def differentiable(output: Tensor) -> End:
    """The end of the graph at an output, or the error that it has none."""
    end = own_end(output)
    if end is None:
        error = AutogradError(
            "element 0 of tensors does not require grad and does not have a grad_fn",
            hint="make the inputs with requires_grad=True before computing it",
        )
        error.cut = True
        raise error
    return end
