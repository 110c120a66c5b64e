"""Function: an op of a program's own, with the gradient that the program gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AutogradError, StateError
from tcalc.library.autograd.nodes import Delayed, FunctionNode
from tcalc.runtime.autograd.nodes import AccumulateGrad, Output, end_of
from tcalc.runtime.autograd.saving import SavedOutput
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.tensor.tensor import Tensor, alias
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NotWritten(StateError, NotImplementedError):
    """A method that a Function has to have of its own."""


@export("torch.autograd.function.FunctionCtx")
class FunctionCtx:
    """What `forward` leaves for `backward`: saved tensors, and attributes of the program's."""

    _open_ = True
    _public_ = frozenset(
        {"mark_dirty", "mark_non_differentiable", "needs_input_grad", "save_for_backward",
         "save_for_forward", "saved_tensors", "set_materialize_grads"}
    )  # fmt: skip

    _needs: tuple[bool, ...] = ()
    _saved: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    _materializes = True
    _name = "FunctionCtx"
    # While a pass back runs.
    _node: FunctionNode | None = None

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{self._name} object>"

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of `forward` whether it requires grad."""
        return self._needs

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None), inputs or outputs of `forward`, for `backward`."""
        for i, t in enumerate(tensors):
            if t is not None and not isinstance(t, Tensor):
                raise ArgumentError(
                    f"save_for_backward can only save variables, but argument {i} is of type "
                    f"{type(t).__name__}"
                )
        self._saved = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Accepted: derivatives that go forward are made of those that go back."""

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What was saved, refused if written to since."""
        return () if self._node is None else self._node.saved_tensors

    def mark_dirty(self, *args: Any) -> None:
        """Say which inputs `forward` has written to."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Say which outputs have no gradient."""
        self._constant = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` is given zeros (True), or None, for what has no gradient."""
        self._materializes = bool(value)


@export("torch.autograd.Function", "torch.autograd.function.Function",
        home="torch.autograd.function")  # fmt: skip
class Function:
    """An op with a gradient of your own: write `forward` and `backward`, call `apply`.

    Both are static methods. `forward(ctx, ...)` computes outside the graph and leaves what is
    needed on `ctx`; with a `setup_context(ctx, inputs, output)` it takes no `ctx`. `backward(ctx, g)`
    is given a gradient for each output and returns one, or None, for each argument of `forward`.

    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 3 * x ** 2
    >>> x = tensor([1., 2.], requires_grad=True)
    >>> y = Cube.apply(x); y.sum().backward()
    >>> y, x.grad
    (tensor([1., 8.], grad_fn=<CubeBackward>), tensor([ 3., 12.]))
    """

    _open_ = True
    _public_ = frozenset(
        {"apply", "backward", "forward", "generate_vmap_rule", "setup_context", "vjp"}
    )  # fmt: skip
    generate_vmap_rule = False

    def __init__(self) -> None:
        warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, "
            "so you should invoke them on the class itself. Instantiating an autograd function will "
            "raise an error in a future version of PyTorch.",
            DeprecationWarning,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise StateError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method.",
            hint=f"call {type(self).__name__}.apply(...)",
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; every Function has its own."""
        raise NotWritten("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Leave on `ctx` what `backward` needs, where `forward` takes no `ctx`."""
        raise NotWritten("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """From the gradients of the outputs to those of the arguments of `forward`."""
        raise NotWritten(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, and put what it gives into the graph."""
        return apply(cls, args, kwargs)


def apply(function: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a Function's `forward` outside the graph, and its outputs' node is its `backward`."""
    effect(f"{function.__name__}.apply")
    separate = function.setup_context is not Function.setup_context
    if mode.interpreter is not None and not mode.interpreter.fills_grads:
        raise _not_mapped(function, separate)
    ctx = FunctionCtx()
    ctx._name = function.__name__ + "Backward"
    ends = tuple([end_of(a) if isinstance(a, Tensor) else None for a in args])
    ctx._needs = tuple([end is not None for end in ends])
    records = mode.enabled and any(ctx._needs)
    enabled, mode.enabled = mode.enabled, False
    try:
        if separate:
            outputs = function.forward(*args, **kwargs)
            function.setup_context(ctx, args, outputs)
        else:
            outputs = function.forward(ctx, *args, **kwargs)
    finally:
        mode.enabled = enabled
    several = type(outputs) is tuple
    outs = list(outputs) if several else [outputs]
    _check_dirty(ctx, outs, records)
    if records and any(isinstance(o, Tensor) for o in outs):
        outs = _recorded(function, ctx, args, outs, ends)
    return tuple(outs) if several else outs[0]


def _not_mapped(function: type[Function], separate: bool) -> StateError:
    if not separate:
        return StateError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, "
            "jacrev, ...), it must override the setup_context staticmethod."
        )
    return StateError(
        f"You tried to vmap over {function.__name__}, but it does not have vmap support.",
        hint="call it on the whole batch, outside vmap",
    )


def _check_dirty(ctx: FunctionCtx, outs: Sequence[Any], records: bool) -> None:
    for t in ctx._dirty:
        if not isinstance(t, Tensor):
            raise ArgumentError(f"mark_dirty can only mark variables, but got {type(t).__name__}")
        if not any(t is o for o in outs):
            raise StateError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
        if records and type(t._g) is AccumulateGrad and t._g.requires_grad:
            raise AutogradError(
                "a leaf Variable that requires grad has been used in an in-place operation."
            )
        if records and t._v is not None and end_of(t._v.base) is not None:
            raise AutogradError(
                "a view is marked as dirty, whose base is in the graph", hint="work on a clone()"
            )
        t.shared().version += 1


def _recorded(
    function: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], outs: list[Any],
    ends: tuple[Any, ...],
) -> list[Any]:  # fmt: skip
    """The outputs with their places in the graph: an input that comes out is another tensor, unless
    it was written to."""
    shown = [
        alias(o) if isinstance(o, Tensor) and _among(o, args) and not _among(o, ctx._dirty) else o
        for o in outs
    ]
    given = function.backward is not Function.backward
    run = function.backward if given else function.vjp
    node = FunctionNode(run, ctx, args, ends, shown)
    single = len(shown) == 1
    for i, o in enumerate(shown):
        if isinstance(o, Tensor):
            grows = o._d.dtype.char not in EXACT and not _among(outs[i], ctx._constant)
            o._g = (node if single else Output(node, i)) if grows else None
    saved: list[Any] = []
    for t in ctx._saved:
        at = next((i for i, o in enumerate(outs) if o is t), None) if t is not None else None
        if at is None or _among(t, args):
            saved.append(t)
        else:  # an output would hold the node, which holds it
            saved.append(SavedOutput(t._d, t.shared(), -1 if single else at))
    ctx._saved = ctx._dirty = ctx._constant = ()
    node.save(tuple(saved))
    return shown


def _among(tensor: Any, tensors: Sequence[Any]) -> bool:
    return any(tensor is t for t in tensors)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` whose own gradient is not known: to ask for it is an error."""
    if not callable(fn):
        raise ArgumentError(f"expected a function to decorate, not {type(fn).__name__}")

    def wrapper(ctx: Any, *args: Any) -> Any:
        again = mode.enabled and any(isinstance(a, Tensor) and end_of(a) is not None for a in args)
        enabled, mode.enabled = mode.enabled, False
        try:
            outputs = fn(ctx, *args)
        finally:
            mode.enabled = enabled
        if not again:
            return outputs
        several = isinstance(outputs, tuple)
        refusing = [
            Delayed.of(o, args) if isinstance(o, Tensor) else o
            for o in (outputs if several else (outputs,))
        ]
        return tuple(refusing) if several else refusing[0]

    return wrapper


export("torch.autograd.function.once_differentiable", value=once_differentiable)
