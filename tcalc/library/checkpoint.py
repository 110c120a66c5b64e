"""`torch.utils.checkpoint`: less memory for longer work, by computing what gradients need anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AutogradError, StateError, ValueProblem
from tcalc.library.autograd.function import Function
from tcalc.library.nn.module import Module
from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.grad_mode import enable_grad
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.autograd.saving import Hooks
from tcalc.runtime.base.modes import casting, effect, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.random.generator import default_generator
from tcalc.runtime.tensor.tensor import Tensor, alias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@export("torch.utils.checkpoint.CheckpointError")
class CheckpointError(StateError):
    """A function that does something else when it is run again."""


class _Surroundings:
    """What a function goes by beside its arguments: the states of the generators, and `autocast`."""

    __slots__ = ("_autocast", "_states")

    def __init__(self, preserve_rng_state: bool) -> None:
        kinds = ("cpu", "cuda") if preserve_rng_state else ()
        self._states = [(g, g.state_bytes()) for g in map(default_generator, kinds)]
        self._autocast = mode.autocast

    def again(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Any) -> Any:
        """Call a function as it was called then; the generators are left as they are now."""
        now = [(g, g.state_bytes()) for g, _ in self._states]
        for generator, state in self._states:
            generator.load_bytes(state)
        outer, mode.autocast = mode.autocast, self._autocast
        casting.add(1)
        try:
            with enable_grad():
                return function(*args, **kwargs)
        finally:
            mode.autocast = outer
            casting.add(-1)
            for generator, state in now:
                generator.load_bytes(state)


# -- without running backward inside backward -----------------------------------------------------


class _Enough(BaseException):
    """All that was saved is there again: the rest of the function need not run."""


class _Place:
    """What stands for a saved tensor: its values are there between two runs of backward's nodes."""

    __slots__ = ("like", "value")

    def __init__(self, tensor: Tensor) -> None:
        self.like = {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}
        self.value: Tensor | None = None


class _Frame:
    """One call of a checkpointed function, and the places of what its ops save."""

    __slots__ = ("again", "contexts", "early_stop", "places", "surroundings")

    def __init__(
        self, again: Callable[[], Any], surroundings: _Surroundings, early_stop: bool
    ) -> None:
        self.again = again
        self.surroundings = surroundings
        self.early_stop = early_stop
        self.places: list[_Place] = []

    def pack(self, tensor: Tensor) -> _Place:
        """Keep a place instead of the tensor."""
        place = _Place(tensor)
        self.places.append(place)
        return place

    def unpack(self, place: _Place) -> Tensor:
        """The tensor of a place, computed anew with all others where it is not there."""
        if place.value is None:
            self._recompute()
        value, place.value = place.value, None
        assert value is not None
        return value

    def _recompute(self) -> None:
        count = 0
        differ: list[str] = []

        def fill(tensor: Tensor) -> None:
            nonlocal count
            if count < len(self.places):
                place = self.places[count]
                place.value = tensor
                own = _Place(tensor).like
                if own != place.like:
                    differ.append(
                        f"tensor at position {count}:\nsaved metadata: {place.like}\n"
                        f"recomputed metadata: {own}"
                    )
            count += 1
            if count == len(self.places) and self.early_stop:
                raise _Enough

        hooks = Hooks(fill, _not_asked)
        hooks.enter()
        try:
            self.surroundings.again(self.again, (), {})
        except _Enough:
            pass
        finally:
            hooks.leave()
        if count != len(self.places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original "
                f"forward and recomputation.\nNumber of tensors saved during forward: "
                f"{len(self.places)}\nNumber of tensors saved during recomputation: {count}."
            )
        if differ:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different "
                "metadata than during the forward pass.\n" + "\n".join(differ)
            )


def _not_asked(kept: object) -> Any:
    raise StateError(
        "torch.utils.checkpoint: a gradient was asked for while values were recomputed"
    )


def _by_hooks(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], context_fn: Any,
    preserve_rng_state: bool, early_stop: bool,
) -> Any:  # fmt: skip
    surroundings = _Surroundings(preserve_rng_state)
    if context_fn is None:
        frame = _Frame(lambda: function(*args, **kwargs), surroundings, early_stop)
        return _framed(frame, lambda: function(*args, **kwargs))
    forward, recompute = context_fn()

    def inside(context: Any) -> Any:
        with context:
            return function(*args, **kwargs)

    return _framed(
        _Frame(lambda: inside(recompute), surroundings, early_stop), lambda: inside(forward)
    )


def _framed(frame: _Frame, run: Callable[[], Any]) -> Any:
    hooks = Hooks(frame.pack, frame.unpack)
    hooks.enter()
    try:
        return run()
    finally:
        hooks.leave()


# -- with backward inside backward ----------------------------------------------------------------


class CheckpointFunction(Function):
    """Runs a function outside the graph, and with a graph of its own when its gradient is due."""

    @staticmethod
    def forward(ctx: Any, run: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        """What the function gives."""
        ctx.run = run
        ctx.surroundings = _Surroundings(preserve)
        ctx.args = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        return run(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradients of the arguments; those of what else the function uses are added up."""
        if mode.selects:
            raise AutogradError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can either "
                "set use_reentrant=False, or call .backward() without passing the `inputs` argument."
            )
        args = list(ctx.args)
        for i, t in zip(ctx.places, ctx.saved_tensors):
            args[i] = alias(t)
            if end_of(t) is not None:
                args[i]._require_grad(True)
        outputs = ctx.surroundings.again(ctx.run, args, {})
        outs = list(outputs) if isinstance(outputs, tuple) else [outputs]
        pairs = [
            (end_of(o), g) for o, g in zip(outs, grads) if isinstance(o, Tensor) and g is not None
        ]
        known = [(end, g) for end, g in pairs if end is not None]
        if not known:
            raise AutogradError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        run_backward(
            [end for end, _ in known], [g for _, g in known], inputs=None, retain_graph=False,
            create_graph=False, accumulate=True,
        )  # fmt: skip
        return (None, None, *[a.grad if isinstance(a, Tensor) else None for a in args])


def checkpoint(
    function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] | None = None, determinism_check: str = "default",
    debug: bool = False, early_stop: bool = True, preserve_rng_state: bool = True, **kwargs: Any,
) -> Any:  # fmt: skip
    """What `function` gives for the arguments; what its gradients need is not kept but computed anew.

    use_reentrant: False runs the function again when its first gradient is due; True runs a backward
    of its own inside the outer one, and needs an argument that requires grad. preserve_rng_state:
    whether random draws are the same again. Raises CheckpointError where the second run saves
    something else than the first.

    >>> from torch.utils.checkpoint import checkpoint
    >>> x = tensor([0.5], requires_grad=True)
    >>> checkpoint(lambda t: t.exp() * 2, x, use_reentrant=False).backward(); x.grad
    tensor([3.2974])
    """
    if not callable(function):
        raise ArgumentError(f"checkpoint() takes a function, not {type(function).__name__}")
    effect("checkpoint")
    if use_reentrant is None:
        warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
            "use_reentrant=False is recommended; use_reentrant=True is what is done without."
        )
        use_reentrant = True
    if not use_reentrant:
        return _by_hooks(function, args, kwargs, context_fn, preserve_rng_state, early_stop)
    if kwargs:
        raise ValueProblem(f"Unexpected keyword arguments: {','.join(kwargs)}")
    if context_fn is not None or debug:
        raise ValueProblem(
            "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
        )
    if mode.enabled and not any(isinstance(a, Tensor) and end_of(a) is not None for a in args):
        warn("None of the inputs have requires_grad=True. Gradients will be None")
    return CheckpointFunction.apply(function, bool(preserve_rng_state), *args)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:  # fmt: skip
    """A Sequential, or a list of functions, run in so many parts, each but the last checkpointed."""
    if type(segments) is not int or segments < 1:
        raise ValueProblem(f"segments has to be a positive int, not {segments!r}")
    parts = list(functions.children() if isinstance(functions, Module) else functions)
    size = max(len(parts) // segments, 1)

    def part(start: int, end: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for function in parts[start:end]:
                value = function(value)
            return value

        return run

    start = 0
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(
            part(start, start + size), input, use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )  # fmt: skip
    return part(size * (segments - 1), len(parts))(input)


export("torch.utils.checkpoint.checkpoint", value=checkpoint)
export("torch.utils.checkpoint.checkpoint_sequential", value=checkpoint_sequential)
