"""Where the pass back enters and leaves a module: nodes that hooks of the module stand at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.runtime.autograd.nodes import Node, Output, end_of, user_place
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.warning import warn
from tcalc.runtime.tensor.tensor import Tensor, alias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # By tensor, None where there is none.
    Gradients = tuple[Tensor | None, ...]


class _Passage(Node):
    """Passes gradients on as `act` gives them back; its tensors are those that it was made for."""

    __slots__ = ("act",)
    gives_new = False

    def __init__(self, tensors: Sequence[Tensor], act: Callable[[Gradients], Gradients]) -> None:
        arrays = [t._d for t in tensors]
        super().__init__(
            None,
            tuple([end_of(t) for t in tensors]),
            (),
            None,
            tuple([a.shape for a in arrays]),
            tuple([a.dtype for a in arrays]),
            user_place(3),
        )
        self.act = act

    def name(self) -> str:
        """PyTorch's name for it."""
        return "BackwardHookFunctionBackward"

    def backward(self, g: Gradients, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """The gradients as the hooks leave them."""
        return self.act(g)

    def release(self) -> None:
        """It saves nothing."""


def _through(tensors: Sequence[Tensor], act: Callable[[Gradients], Gradients]) -> list[Tensor]:
    """The same tensors on the far side of a passage."""
    node = _Passage(tensors, act)
    made = []
    for i, tensor in enumerate(tensors):
        passed = alias(tensor)
        passed._g = Output(node, i) if node.edges[i] is not None else None
        made.append(passed)
    return made


class BackwardHooks:
    """The hooks of one call of a module, which stand at its inputs and at its outputs."""

    def __init__(
        self,
        module: object,
        hooks: list[Callable[..., object]],
        pre_hooks: list[Callable[..., object]],
    ) -> None:
        effect("register_full_backward_hook")
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None
        self._input_count = 0
        self._output_count = 0
        self._at_inputs: list[int] | None = None
        self._at_outputs: list[int] = []

    def inputs(self, args: tuple[object, ...]) -> tuple[object, ...]:
        """The arguments, whose gradients come by the hooks."""
        self._input_count = len(args)
        places = _tensors_among(args)
        if not places:
            return args
        self._at_inputs = places
        return _replaced(args, places, self._leaving)

    def outputs(self, result: Any) -> object:
        """The result, whose gradients come by the hooks."""
        if not isinstance(result, (Tensor, tuple)):
            warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received <class '{type(result).__name__}'>"
            )
        several = isinstance(result, tuple)
        given = result if several else (result,)
        self._output_count = len(given)
        self._at_outputs = _tensors_among(given)
        if not self._at_outputs:
            return result
        passed = _replaced(given, self._at_outputs, self._entering)
        return passed if several else passed[0]

    def _entering(self, grads: Gradients) -> Gradients:
        """The pass back comes to the module."""
        found = _spread(grads, self._at_outputs, self._output_count)
        for hook in self.pre_hooks:
            found = _answer(hook(self.module, found), found, "grad_output")
        self.grad_outputs = found
        if (
            self._at_inputs is None and self.hooks
        ):  # no input requires grad: nothing comes out there
            warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients."
            )
            nothing = (None,) * self._input_count
            for hook in self.hooks:
                given = hook(self.module, nothing, found)
                if given is not None and not (
                    isinstance(given, tuple) and all(g is None for g in given)
                ):
                    raise StateError(
                        "Backward hook for Modules where no input requires gradient should always "
                        "return None or None for all gradients."
                    )
        return tuple([found[i] for i in self._at_outputs])

    def _leaving(self, grads: Gradients) -> Gradients:
        """The pass back leaves the module."""
        assert self._at_inputs is not None
        if self.grad_outputs is None:
            return grads  # by another way than through the output, such as a second derivative's
        found = _spread(grads, self._at_inputs, self._input_count)
        for hook in self.hooks:
            found = _answer(hook(self.module, found, self.grad_outputs), found, "grad_input")
        self.grad_outputs = None
        return tuple([found[i] for i in self._at_inputs])


def _tensors_among(values: tuple[Any, ...]) -> list[int]:
    """The places of tensors, where any of them takes part in the graph."""
    places = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not mode.enabled or all(end_of(values[i]) is None for i in places):
        return []
    return places


def _replaced(
    values: tuple[Any, ...], places: list[int], act: Callable[[Gradients], Gradients]
) -> tuple[object, ...]:
    made = list(values)
    for i, tensor in zip(places, _through([values[i] for i in places], act)):
        made[i] = tensor
    # A tuple with names stays one.
    kind: Any = type(values)
    return tuple(made) if kind is tuple or not hasattr(kind, "_make") else kind._make(made)


def _spread(grads: Gradients, places: list[int], size: int) -> Gradients:
    """Gradients at their places, None elsewhere."""
    found: list[Any] = [None] * size
    for i, g in zip(places, grads):
        found[i] = g
    return tuple(found)


def _answer(given: object, before: Gradients, what: str) -> Gradients:
    """The gradients after a hook has seen them."""
    if given is None:
        return before
    answer: tuple[Any, ...] = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if len(answer) != len(before):
        raise StateError(
            f"Backward hook returned an invalid number of {what}, got {len(answer)}, but expected "
            f"{len(before)}"
        )
    for g, old in zip(answer, before):
        if g is not None and not isinstance(g, Tensor):
            raise StateError(f"a backward hook gives tensors or None, not {type(g).__name__}")
        if g is not None and old is not None and g.shape != old.shape:
            raise StateError(
                f"a backward hook has changed the size of {what}: {list(old.shape)} to "
                f"{list(g.shape)}"
            )
    return answer


def last_node(result: object) -> Any:
    """The node that made the first tensor of a result, or None."""
    while isinstance(result, (dict, tuple, list)) and result:
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    return result.grad_fn if isinstance(result, Tensor) else None
