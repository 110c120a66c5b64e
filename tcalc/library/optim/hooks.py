"""What is called around an optimizer's step, and around what is saved of it."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.hooks import RemovableHandle
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable

Hooks = dict[int, "Callable[..., Any]"]
# Those of all optimizers.
_before: Hooks = {}
_after: Hooks = {}


def span_name(optimizer: object, method: str) -> str:
    """What a profile calls the time inside a method of an optimizer."""
    return f"Optimizer.{method}#{type(optimizer).__name__}.{method}"


def register(hooks: Hooks, hook: object, prepend: bool = False) -> RemovableHandle:
    """Add a hook, before the others if it is to be."""
    if not callable(hook):
        raise ArgumentError(f"a hook is a function, not {type(hook).__name__}", argument="hook")
    others = dict(hooks)
    handle = RemovableHandle(hooks)
    if prepend:
        hooks.clear()
    hooks[handle.id] = hook
    hooks.update(others)
    return handle


class Step:
    """An optimizer's `step`, with the hooks around it: a class's own function of that name."""

    _public_ = frozenset[str]()

    def __init__(self, function: Callable[..., object], owner: type[Any]) -> None:
        self.function = function
        self._owner = owner
        self.__name__ = "step"
        self.__qualname__ = "Optimizer.step"
        self.__doc__ = function.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self if instance is None else MethodType(self, instance)

    def _followed_(self) -> tuple[object, ...]:
        """What a plan that calls it depends on."""
        return (self.function,)

    def __call__(self, optimizer: Any, *args: object, **kwargs: object) -> object:
        if not isinstance(optimizer, self._owner):
            raise ArgumentError(
                f"'step' of '{self._owner.__name__}' objects doesn't apply to a "
                f"'{type(optimizer).__name__}' object"
            )
        if type(optimizer).step is not self:  # called by the step of a class derived from it
            return self.function(optimizer, *args, **kwargs)
        if interpreters.count and mode.interpreter is not None:
            with mode.interpreter.span(span_name(optimizer, "step")):
                return self._run(optimizer, args, kwargs)
        return self._run(optimizer, args, kwargs)

    def _run(self, optimizer: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        own = optimizer.__dict__
        args = (optimizer, *args)
        before, after = own.get("_step_pre_hooks"), own.get("_step_post_hooks")
        if _before or before:
            for hook in [*_before.values(), *(before or {}).values()]:
                changed = hook(optimizer, args, kwargs)
                if changed is None:
                    continue
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise StateError(
                        f"{self.__qualname__} must return None or a tuple of (new_args, "
                        f"new_kwargs), but got {changed!r}."
                    )
                args, kwargs = changed
        result = self.function(*args, **kwargs)
        if "_scheduled" in own:
            own["_opt_called"] = True
        if _after or after:
            for hook in [*(after or {}).values(), *_after.values()]:
                hook(optimizer, args, kwargs)
        return result


def register_optimizer_step_pre_hook(hook: object) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of any optimizer.

    It may give other `(args, kwargs)`. The handle's `remove()` takes it off.
    """
    return register(_before, hook)


def register_optimizer_step_post_hook(hook: object) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of any optimizer."""
    return register(_after, hook)


for _function in (register_optimizer_step_pre_hook, register_optimizer_step_post_hook):
    export(f"torch.optim.optimizer.{_function.__name__}", value=_function)
