"""Hooks of modules: functions that are called before and after `forward`, and in the pass back.

The tables of hooks lie among the module's own attributes under PyTorch's names, each made when the
first hook comes: plans and `copy` see them there, and a module without hooks pays for none.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.members import Members
from tcalc.library.nn.passage import BackwardHooks, last_node
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_numbers = count()


@export("torch.utils.hooks.RemovableHandle", home="torch.utils.hooks")
class RemovableHandle:
    """What registering a hook gives: `remove()` takes the hook off, as does the end of a `with`."""

    _public_ = frozenset({"id", "remove"})

    def __init__(
        self,
        hooks_dict: dict[int, Any],
        *,
        extra_dict: dict[int, object] | Iterable[dict[int, object]] = (),
    ) -> None:
        self.id = next(_numbers)
        self._tables = (hooks_dict, *([extra_dict] if isinstance(extra_dict, dict) else extra_dict))
        for table in self._tables:
            if not isinstance(table, dict):
                raise ArgumentError(f"a table of hooks is a dict, not {type(table).__name__}")

    def remove(self) -> None:
        """Take the hook off."""
        for table in self._tables:
            table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def hook_table(module: Members, name: str) -> dict[int, object]:
    """One of a module's tables of hooks, made where there is none yet."""
    own = module.__dict__
    if name not in own:
        own[name] = {}
    return own[name]


def register(
    module: Members, name: str, hook: object, prepend: bool = False, marks: tuple[str, ...] = ()
) -> RemovableHandle:
    """Put a hook into a table of a module; marks: other tables that say more of it."""
    if not callable(hook):
        raise ArgumentError(f"a hook is a function, not {type(hook).__name__}", argument="hook")
    table = hook_table(module, name)
    others = [hook_table(module, mark) for mark in marks]
    handle = RemovableHandle(table, extra_dict=others)
    table[handle.id] = hook
    for other in others:
        other[handle.id] = True
    if prepend:
        later = {key: table.pop(key) for key in list(table) if key != handle.id}
        table.update(later)
    return handle


def hooks_of(module: Members, name: str) -> list[tuple[Any, Any]]:
    """The hooks of a table with their numbers."""
    table: dict[Any, Any] = module.__dict__.get(name, _NONE)
    return list(table.items())


_NONE: dict[Any, Any] = {}


def _shown(name: str) -> property:
    """The property by which a program reads a table of hooks."""
    return property(lambda self: hook_table(self, name))


class Hooked(Members):
    """A module that can be called, with hooks around the call."""

    _public_ = frozenset(
        {
            "_backward_hooks", "_backward_pre_hooks", "_forward_hooks", "_forward_pre_hooks",
            "register_backward_hook", "register_forward_hook", "register_forward_pre_hook",
            "register_full_backward_hook", "register_full_backward_pre_hook",
        }
    )  # fmt: skip

    _hidden_ = frozenset(
        {
            "_compiled_forward", "_forward_hooks_always_called", "_forward_hooks_with_kwargs",
            "_forward_pre_hooks_with_kwargs", "_hooked", "_is_full_backward_hook",
        }
    )  # fmt: skip

    # Set in a module once its calls have had something around them, or were compiled.
    _hooked = False
    _forward_hooks = _shown("_forward_hooks")
    _forward_pre_hooks = _shown("_forward_pre_hooks")
    _backward_hooks = _shown("_backward_hooks")
    _backward_pre_hooks = _shown("_backward_pre_hooks")

    if TYPE_CHECKING:
        forward: Callable[..., Any]

    def __call__(self, *args: object, **kwargs: object) -> Any:
        if self._hooked:
            return _call(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., object], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each call; what it gives replaces the arguments.

        with_kwargs: call `hook(module, args, kwargs)`, which gives None or (args, kwargs). prepend:
        before the hooks that are there.
        """
        self.__dict__["_hooked"] = True
        marks = ("_forward_pre_hooks_with_kwargs",) if with_kwargs else ()
        return register(self, "_forward_pre_hooks", hook, prepend, marks)

    def register_forward_hook(
        self,
        hook: Callable[..., object],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each call; what it gives replaces the output.

        with_kwargs: call `hook(module, args, kwargs, output)`. always_call: also where `forward` or
        another hook fails.

        >>> m, seen = nn.Tanh(), []
        >>> handle = m.register_forward_hook(lambda module, args, out: seen.append(out.shape))
        >>> m(zeros(2)); seen
        [torch.Size([2])]
        """
        self.__dict__["_hooked"] = True
        marks = ("_forward_hooks_with_kwargs",) if with_kwargs else ()
        if always_call:
            marks = (*marks, "_forward_hooks_always_called")
        return register(self, "_forward_hooks", hook, prepend, marks)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., object], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` before each pass back through the module."""
        self.__dict__["_hooked"] = True
        return register(self, "_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., object], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` after each pass back through the module.

        What it gives replaces `grad_input`: a tuple with one gradient an input, None for an input
        that requires none.

        >>> m, seen = nn.Linear(2, 1), []
        >>> handle = m.register_full_backward_hook(lambda m, gi, go: seen.append(go[0].shape))
        >>> m(ones(3, 2, requires_grad=True)).sum().backward(); seen
        [torch.Size([3, 1])]
        """
        return _register_backward(self, hook, prepend, True)

    def register_backward_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` with the gradients of the module's last op.

        Of a module of several ops that is not what its name says: `register_full_backward_hook`.
        """
        return _register_backward(self, hook, False, False)


def _register_backward(
    module: Hooked, hook: Callable[..., object], prepend: bool, full: bool
) -> RemovableHandle:
    own = module.__dict__
    if own.get("_is_full_backward_hook", full) is not full:
        raise StateError(
            "Cannot use both regular backward hooks and full backward hooks on a single Module. "
            "Please use only one of them."
        )
    own["_hooked"] = True
    own["_is_full_backward_hook"] = full
    return register(module, "_backward_hooks", hook, prepend)


# -- a call ---------------------------------------------------------------------------------------


def watch_calls(watch: bool) -> None:
    """Say whether calls of modules are looked at by the thread's interpreter, hooks or none."""
    Hooked._hooked = watch


def _call(module: Hooked, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """A call with all hooks around it, and within what looks on."""
    if interpreters.count and mode.interpreter is not None:
        with mode.interpreter.calling(module):
            return _around(module, args, kwargs)
    return _around(module, args, kwargs)


def _around(module: Hooked, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    called: set[Any] = set()
    result = None
    try:
        for key, hook in hooks_of(module, "_forward_pre_hooks"):
            args, kwargs = _before(module, key, hook, args, kwargs)
        backward = hooks_of(module, "_backward_hooks")
        pre = hooks_of(module, "_backward_pre_hooks")
        full = backward if module.__dict__.get("_is_full_backward_hook") else []
        around = None
        if full or pre:
            around = BackwardHooks(module, [h for _, h in full], [h for _, h in pre])
            args = around.inputs(args)
        result = _forward(module, args, kwargs)
        for key, hook in hooks_of(module, "_forward_hooks"):
            called.add(key)
            result = _after(module, key, hook, args, kwargs, result)
        if around is not None:
            return around.outputs(result)
        if backward:
            node = last_node(result)
            for _, hook in backward if node is not None else ():
                node.register_hook(_bound(module, hook))
        return result
    except Exception:  # passed on, after the hooks that are always called
        always = module.__dict__.get("_forward_hooks_always_called", _NONE)
        for key, hook in hooks_of(module, "_forward_hooks"):
            if key in always and key not in called:
                result = _after(module, key, hook, args, kwargs, result)
        raise


def _forward(module: Hooked, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    own = module.__dict__
    if "_compiled_forward" in own and "forward" not in own:
        return own["_compiled_forward"](module, *args, **kwargs)
    return module.forward(*args, **kwargs)


def _bound(module: Hooked, hook: Callable[..., object]) -> Callable[..., object]:
    def call(grad_input: object, grad_output: object) -> object:
        return hook(module, grad_input, grad_output)

    return call


def _before(
    module: Hooked,
    key: int,
    hook: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments after a hook has seen them."""
    if key not in module.__dict__.get("_forward_pre_hooks_with_kwargs", _NONE):
        given = hook(module, args)
        if given is None:
            return args, kwargs
        return (given if isinstance(given, tuple) else (given,)), kwargs
    given = hook(module, args, kwargs)
    if given is None:
        return args, kwargs
    if not (
        isinstance(given, tuple)
        and len(given) == 2
        and isinstance(given[0], (tuple, list))
        and isinstance(given[1], dict)
    ):
        raise StateError(
            "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
            f"but got a {type(given).__name__}."
        )
    return tuple(given[0]), given[1]


def _after(
    module: Hooked,
    key: int,
    hook: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
    result: object,
) -> object:
    """The output after a hook has seen it."""
    if key in module.__dict__.get("_forward_hooks_with_kwargs", _NONE):
        given = hook(module, args, kwargs, result)
    else:
        given = hook(module, args, result)
    return result if given is None else given
