"""Gradients as a program asks for them: backward, grad, and what is said of tensors."""

from __future__ import annotations

from collections.abc import Iterator, ValuesView
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AutogradError, StateError
from tcalc.runtime.autograd.backward import (
    check_leaves,
    differentiable,
    run_backward,
    seed_gradient,
)
from tcalc.runtime.autograd.nodes import AccumulateGrad, End, Handle, Node, Output, end_of
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Leaves, Object, Scalar, Tree
from tcalc.runtime.base.registry import lookup, silent
from tcalc.runtime.call.define import Thunk, composite
from tcalc.runtime.call.residuals import look_at
from tcalc.runtime.tensor.tensor import Tensor, alias
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _leaves(value: object) -> object:
    """What has tensors in it, or gives them one after the other, as the values of a dict do."""
    if not isinstance(value, (Iterator, ValuesView)):
        return kinds.KINDS["Tree"].take(value)
    found: list[Any] = []
    for item in value:
        if not isinstance(item, Tensor):
            return kinds.NO
        found.append(item)
    return tuple(found)


_OF_GRAPH = {"plans": "changes the graph"}
kinds.define("Leaves", "Tensor or iterable of Tensors", _leaves, "isinstance({0}, Tensor)")


@silent
@composite(names=("Tensor.backward",), exempt={"samples": "takes a graph"})
def backward(
    input: Tensor, gradient: Tree | None = None, retain_graph: bool | None = None, create_graph: bool = False,
    inputs: Leaves | None = None,
) -> None:  # fmt: skip
    """Add the gradients of `input` to the `grad` of the leaves it came from.

    gradient: what comes from above, of input's shape; needed unless input has one element.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """
    check_leaves()
    end = differentiable(input)
    look_at(end)
    seed = seed_gradient(input, gradient)
    if inputs is not None:
        inputs = [inputs] if isinstance(inputs, Tensor) else inputs
        ends: list[End] | None = [must(end_of(t)) for t in inputs]
    else:
        ends = None
    run_backward(
        [end], [seed], inputs=ends, retain_graph=bool(retain_graph), create_graph=create_graph,
        accumulate=True,
    )  # fmt: skip


backward.runs_hooks = True


def must(end: End | None) -> End:
    if end is None:
        error = AutogradError(
            "One of the differentiated Tensors does not require grad", argument="inputs"
        )
        error.cut = True
        raise error
    return end


@silent
@composite(
    names=("torch.autograd.backward",),
    exempt={"samples": "takes a graph"},
)
def autograd_backward(
    tensors: Tree, grad_tensors: Tree | None = None, retain_graph: bool | None = None, create_graph: bool = False,
    inputs: Leaves | None = None,
) -> None:  # fmt: skip
    """Add the gradients of several tensors to the leaves they came from.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> autograd.backward([x.sum(), (x * x).sum()])
    >>> x.grad
    tensor([3., 5.])
    """
    check_leaves()
    outputs = listed("backward", "tensors", tensors)
    given = _seeds("backward", "grad_tensors", grad_tensors, len(outputs))
    ends = (
        None if inputs is None else [must(end_of(t)) for t in listed("backward", "inputs", inputs)]
    )
    run_backward(
        [differentiable(o) for o in outputs],
        [seed_gradient(o, g) for o, g in zip(outputs, given)],
        inputs=ends, retain_graph=bool(retain_graph), create_graph=create_graph, accumulate=True,
    )  # fmt: skip


autograd_backward.runs_hooks = True


def _seeds(op: str, name: str, given: object, count: int) -> Sequence[Tensor | None]:
    return [None] * count if given is None else listed(op, name, given, or_none=True)


def listed(op: str, name: str, value: object, or_none: bool = False) -> list[Any]:
    """The tensors of an argument that is one, or a list of them (or of None)."""
    if isinstance(value, Tensor):
        return [value]
    found = list(value) if isinstance(value, (tuple, list)) else [value]
    for item in found:
        if not isinstance(item, Tensor) and not (or_none and item is None):
            raise ArgumentError(
                f"{op}(): argument '{name}' must be Tensor or tuple of Tensors, not "
                f"{type(item).__name__}",
                argument=name,
            )
    return found


def _gradients(
    outputs: object, inputs: object, grad_outputs: object, retain_graph: bool | None, create_graph: bool,
    allow_unused: bool | None, materialize_grads: bool,
) -> list[Tensor | None]:  # fmt: skip
    outputs, inputs = listed("grad", "outputs", outputs), listed("grad", "inputs", inputs)
    targets = [must(end_of(t)) for t in inputs]
    keep = create_graph if retain_graph is None else bool(retain_graph)
    found = run_backward(
        [differentiable(o) for o in outputs],
        [seed_gradient(o, g) for o, g in zip(outputs, _seeds("grad", "grad_outputs", grad_outputs, len(outputs)))],
        inputs=targets, retain_graph=keep, create_graph=create_graph, accumulate=False,
    )  # fmt: skip
    for i, g in enumerate(found):
        if g is None:
            if materialize_grads:
                found[i] = inputs[i]._zeros()
            elif not allow_unused:
                raise unused(i)
    return found


@composite(names=("torch.autograd.grad",), exempt={"samples": "takes a graph"})
def torch_grad(
    outputs: Tree, inputs: Leaves, grad_outputs: Tree | None = None, retain_graph: bool | None = None,
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """The gradients of `outputs` by each of `inputs`, as a tuple.

    is_grads_batched: whether the first dim of `grad_outputs` is a batch; then so is the gradients'.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> autograd.grad((x * x).sum(), x)
    (tensor([2., 4.]),)
    """
    if is_grads_batched:
        batched: tuple[Tensor | None, ...] = lookup("torch.autograd._batched_grad")(
            listed("grad", "outputs", outputs), listed("grad", "inputs", inputs), grad_outputs,
            retain_graph, create_graph, allow_unused, materialize_grads,
        )  # fmt: skip
        return batched
    if isinstance(outputs, Tensor) and isinstance(inputs, Tensor) and grad_outputs is None:
        found = _gradient(outputs, inputs, retain_graph, create_graph,
                          allow_unused or materialize_grads)  # fmt: skip
        return (inputs._zeros() if found is None and materialize_grads else found,)
    return tuple(
        _gradients(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused,
                   materialize_grads)
    )  # fmt: skip


torch_grad.runs_hooks = True


@composite(
    names=("torch.grad",),
    exempt={"samples": "takes a graph"},
)
def grad(
    outputs: Object, inputs: Leaves | Scalar | None = None, *, grad_outputs: Tree | None = None, retain_graph: bool | None = None,
    create_graph: bool = False, allow_unused: bool | None = None,
) -> object:  # fmt: skip
    """The gradient of `outputs` by `inputs`; of a function, another function.

    One tensor in gives one tensor; a list, a tuple. Written as `grad(expr, x)` with an `x` that
    does not require grad, `x` does while `expr` is evaluated; a plain number is a tensor without
    dimensions there, a list of numbers a tensor too. `grad(f)` is the gradient function of `f` by its first argument;
    `grad(f, x)` applies it.

    >>> x = tensor([1., 2., 3.])
    >>> grad(mean(x * x), x)
    tensor([0.6667, 1.3333, 2.0000])
    >>> x = 3.
    >>> grad(x ** 2, x)
    tensor(6.)
    >>> grad(lambda t: t ** 3, x)
    tensor(27.)
    """
    if isinstance(outputs, Thunk):
        if inputs is None:
            return grad.function(outputs.evaluate())
        return _delayed_grad(outputs, inputs, grad_outputs, retain_graph, create_graph,
                             allow_unused)  # fmt: skip
    if callable(outputs) and not isinstance(outputs, Tensor):
        if inputs is None:
            return _gradient_function(outputs)
        return _apply_gradient(outputs, inputs, create_graph or _in_graph(inputs))
    if inputs is None:
        raise ArgumentError("grad() missing 1 required positional argument: 'inputs'")
    inputs = inputs if _is_single(inputs) else list(inputs)
    if any(type(t) in _NUMBERS for t in _each(inputs)):
        raise _independent()
    found = _gradients(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused,
                       False)  # fmt: skip
    return found[0] if isinstance(inputs, Tensor) else tuple(found)


grad.runs_hooks = True
grad.delayed = {"outputs": "inputs"}


def _delayed_grad(
    thunk: Thunk, inputs: Any, grad_outputs: object, retain_graph: bool | None, create_graph: bool,
    allow_unused: bool | None,
) -> Any:  # fmt: skip
    """Evaluate the outputs with the inputs requiring grad, then differentiate."""
    if isinstance(inputs, Tensor) and mode.enabled and inputs.requires_grad:
        outputs = thunk.evaluate(inputs)
        if isinstance(outputs, Tensor) and grad_outputs is None:
            return _gradient(outputs, inputs, retain_graph, create_graph, allow_unused)
        thunk = Thunk(lambda: outputs)
    if thunk.takes_whole and _is_vector(inputs):
        # A list of numbers calculates as a tensor does, and stays a list to who differentiates.
        return tuple(_delayed_grad(thunk, _as_point(inputs), grad_outputs, retain_graph,
                                   create_graph, allow_unused))  # fmt: skip
    single = _is_single(inputs)
    targets = [_as_point(t) for t in _each(inputs)]
    inputs = targets[0] if single else targets
    for t in targets:
        if not isinstance(t, Tensor):
            raise ArgumentError(
                f"grad is taken by tensors, not by {type(t).__name__}",
                argument="inputs",
            )
    plain = [t for t in targets if not t.requires_grad]
    before = mode.enabled
    try:
        for t in plain:
            if t._a.dtype.char in EXACT:
                raise AutogradError(
                    "only Tensors of floating point and complex dtype can require gradients "
                    f"(this one is {t.dtype.name})",
                    hint="convert it with .float()",
                    argument="inputs",
                )
            t._require_grad(True)
        mode.enabled = True if plain else before
        outputs = thunk.evaluate(inputs)
        if callable(outputs) and not isinstance(outputs, Tensor):
            return _apply_gradient(outputs, inputs, create_graph or not plain)
        first = outputs if isinstance(outputs, Tensor) else None
        if type(outputs) in _NUMBERS or (plain and first is not None and end_of(first) is None):
            raise _independent()
        found = _gradients(outputs, targets, grad_outputs, retain_graph, create_graph,
                           allow_unused, False)  # fmt: skip
    finally:
        mode.enabled = before
        for t in plain:
            if isinstance(t._g, AccumulateGrad):
                t._require_grad(False)
                if t._g is not None and t._g.extra is None:
                    t._g = None
    return found[0] if single else tuple(found)


_NUMBERS = frozenset({int, float, complex})


def _is_single(inputs: object) -> bool:
    """Whether one tensor or number is differentiated by, and not several."""
    return isinstance(inputs, (Tensor, str)) or not hasattr(inputs, "__iter__")


def _each(inputs: Any) -> list[object]:
    """What to differentiate by, one or several, as a list."""
    return [inputs] if _is_single(inputs) else list(inputs)


def _is_vector(value: object) -> bool:
    """Whether a value is a list of plain numbers, or a nested one."""
    return isinstance(value, list) and bool(value) and all(
        type(item) in _NUMBERS or _is_vector(item) for item in value
    )  # fmt: skip


def _as_point(value: object) -> Any:
    """A plain number as a tensor without dimensions, a list of them as one, the rest as it is."""
    if type(value) not in _NUMBERS and not _is_vector(value):
        return value
    from tcalc.runtime.tensor.nested import tensor_of

    return tensor_of(_as_floats(value))


def _as_floats(value: object) -> object:
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    return float(value) if type(value) is int else value


def _independent() -> AutogradError:
    return AutogradError(
        "the expression does not depend on what it is differentiated by: it was computed before, "
        "without gradients",
        hint="write the formula inside grad(...), a gradient in it with create_graph=True, or make "
        "the tensor with requires_grad=True before it is used",
        argument="outputs",
    )


def _gradient(
    output: Tensor,
    input: Tensor,
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool | None,
) -> Tensor | None:
    """The gradient of one tensor by another."""
    keep = create_graph if retain_graph is None else bool(retain_graph)
    found = run_backward(
        [differentiable(output)], [seed_gradient(output, None)], inputs=[must(end_of(input))],
        retain_graph=keep, create_graph=create_graph, accumulate=False,
    )[0]  # fmt: skip
    if found is None and not allow_unused:
        raise unused(0)
    return found


def unused(index: int) -> AutogradError:
    return AutogradError(
        f"The differentiated Tensor at index {index} appears to not have been used in the graph. Set "
        "allow_unused=True if this is the desired behavior.",
        hint="what is differentiated must be computed from it after it was made",
    )


def _gradient_function(function: Callable[..., object]) -> Callable[..., Tensor | None]:
    """The gradient of a function by its first argument."""

    def gradient(*args: object, **kwargs: object) -> Tensor | None:
        # A graph of the gradient is wanted where it is differentiated in turn.
        nested = isinstance(args[0], Tensor) and args[0].requires_grad
        first = _as_input(args[0])
        out = function(first, *args[1:], **kwargs)
        return _gradients(_scalar(out), first, None, None, nested, None, False)[0]

    gradient.__name__ = f"grad_{getattr(function, '__name__', 'function').strip('<>')}"
    gradient.__doc__ = "The gradient by the first argument."
    return gradient


def _as_input(value: object) -> Tensor:
    from tcalc.runtime.tensor.nested import tensor_of

    given: Tensor = (
        value
        if isinstance(value, Tensor)
        else tensor_of(float(value) if isinstance(value, int) else value)
    )
    if given._g is not None and given.requires_grad:
        return given
    fresh = alias(given)
    fresh._require_grad(True)
    return fresh


def _scalar(out: object) -> Tensor:
    if not isinstance(out, Tensor):
        raise ArgumentError(
            f"the function must return a tensor, not {type(out).__name__}",
            hint="has it a `return`?" if out is None else None,
        )
    return out


def _in_graph(inputs: object) -> bool:
    """Whether a gradient by these inputs may be differentiated in turn."""
    return any(isinstance(t, Tensor) and t.requires_grad for t in _each(inputs))


def _apply_gradient(
    function: Callable[..., object], inputs: Any, create_graph: bool
) -> Tensor | tuple[Tensor | None, ...] | None:
    several = (
        not isinstance(inputs, Tensor)
        and isinstance(inputs, (list, tuple))
        and any(isinstance(t, Tensor) for t in inputs)
    )
    given = [_as_input(t) for t in inputs] if several else [_as_input(inputs)]
    enabled, mode.enabled = mode.enabled, True
    try:
        out = _scalar(function(*given))
        found = _gradients(out, given, None, None, create_graph, None, False)
    finally:
        mode.enabled = enabled
    return tuple(found) if several else found[0]


@composite(names=("Tensor.requires_grad_",), exempt=_OF_GRAPH)
def requires_grad_(input: Tensor, requires_grad: bool = True) -> Tensor:
    """Make a leaf require grad, or not, and return it."""
    if mode.interpreter is not None and not mode.interpreter.fills_grads:
        raise StateError(
            "You are attempting to call Tensor.requires_grad_() (or perhaps using "
            "torch.autograd.functional.* APIs) inside of a function being transformed by a functorch "
            "transform. This is unsupported, please attempt to use the functorch transforms (e.g. "
            "grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside of a function "
            "being transformed instead."
        )
    input._require_grad(bool(requires_grad))
    return input


@composite(differentiable=False, memory_call="detached")
def detach(input: Tensor) -> Tensor:
    """The same memory outside the graph.

    >>> tensor([1.], requires_grad=True).detach()
    tensor([1.])
    """
    return alias(input)


@composite(names=("Tensor.detach_", "torch.detach_"), differentiable=False, exempt=_OF_GRAPH)
def detach_(input: Tensor) -> Tensor:
    """Take the tensor out of the graph and return it."""
    if not isinstance(input._g, (Node, Output)):
        input._require_grad(False)  # graphs that lead to it stay, for when it requires grad again
        return input
    if input._v is not None:
        raise AutogradError("Can't detach views in-place. Use detach() instead.")
    input._g, input.grad = None, input.grad
    return input


@silent
@composite(names=("Tensor.retain_grad",), differentiable=False, exempt=_OF_GRAPH,
           samples=lambda: [(([1.0, 2.0],), {}, lambda a: a.requires_grad_(True) * 2)])  # fmt: skip
def retain_grad(input: Tensor) -> None:
    """Keep the gradient of a tensor that is no leaf in its `grad`."""
    end = end_of(input)
    if end is None:
        raise AutogradError("can't retain_grad on Tensor that has requires_grad=False")
    if not isinstance(end, AccumulateGrad):
        end.extras().retains = True


@silent
@composite(names=("Tensor.register_hook",), exempt={"samples": "takes a function"})
def register_hook(input: Tensor, hook: Object) -> Handle:
    """Call `hook(grad)` when the tensor's gradient is there; what it returns replaces it."""
    end = end_of(input)
    if end is None:
        raise AutogradError("cannot register a hook on a tensor that doesn't require gradient")
    return Handle(end.extras().hooks, kinds.take("register_hook", "hook", ("Function",), hook))


@silent
@composite(
    names=("Tensor.register_post_accumulate_grad_hook",), exempt={"samples": "takes a function"}
)
def register_post_accumulate_grad_hook(input: Tensor, hook: Object) -> Handle:
    """Call `hook(tensor)` after backward has added to a leaf's `grad`."""
    end = end_of(input)
    if not isinstance(end, AccumulateGrad):
        raise AutogradError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    found = kinds.take("register_post_accumulate_grad_hook", "hook", ("Function",), hook)
    return Handle(end.extras().post_hooks, found)
