"""Modules of `torch.jit`: what `script` and `trace` make of a module, and the base of a program's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tcalc.errors import AccessError, ArgumentError, StateError
from tcalc.library.host import host
from tcalc.library.jit.function import ScriptFunction, text_of
from tcalc.library.nn.members import no_attribute, submodules
from tcalc.library.nn.module import Module, indented, written
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.jit.planned import Planned
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.transform.plan.show import Graph

_TABLES = ("_parameters", "_buffers", "_modules")
_HOME = "torch.jit._script"


@export("torch.jit.ScriptModule", home=_HOME)
class ScriptModule(Module):
    """A module whose `forward` runs as a plan, and which can be kept in a file.

    A program's class derives from it and writes `@torch.jit.script_method` over its methods.

    >>> class Scale(torch.jit.ScriptModule):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = nn.Parameter(tensor([2., 3.]))
    ...     @torch.jit.script_method
    ...     def forward(self, x):
    ...         return x * self.weight
    >>> Scale()(ones(2)).tolist()
    [2.0, 3.0]
    """

    _public_ = frozenset({"code", "graph", "inlined_graph", "original_name", "save"})

    @property
    def original_name(self) -> str:
        """The name of the class."""
        return type(self).__name__

    @property
    def code(self) -> str:
        """`forward` as the Python that runs; before a call, its own text."""
        forward = type(self).forward
        return forward.code if isinstance(forward, ScriptFunction) else text_of(forward)

    @property
    def graph(self) -> Graph:
        """The static graph of the latest plan of `forward`, as data and as text."""
        return plan_of(self).graph

    @property
    def inlined_graph(self) -> Graph:
        """The same as `graph`: calls of submodules are always taken apart."""
        return self.graph

    def save(self, f: object) -> None:
        """Write the module to a file, as `torch.jit.save` does."""
        effect("save")
        host.save_script(self, f)


@export("torch.jit.RecursiveScriptModule", home=_HOME)
class RecursiveScriptModule(ScriptModule):
    """What `torch.jit.script` makes of a module: it shares the module's parameters and buffers.

    >>> m = torch.jit.script(nn.Linear(2, 3))
    >>> m
    RecursiveScriptModule(original_name=Linear)
    >>> m(ones(1, 2)).shape, list(m.state_dict())
    (torch.Size([1, 3]), ['weight', 'bias'])
    """

    _hidden_ = frozenset({"_original", "_plan", "_preserved"})

    def __init__(self, original: Module, preserved: tuple[str, ...] | None = None) -> None:
        """preserved: of a frozen module, the names that it still shows; None for any other."""
        super().__init__()
        if not isinstance(original, Module):
            raise ArgumentError(
                f"a script module is made of a module, not {type(original).__name__}",
                argument="original",
            )
        own = self.__dict__
        own["_original"], own["_plan"], own["_preserved"] = original, None, preserved
        own["training"] = original.training
        if preserved is None:
            own.update({table: original.__dict__[table] for table in _TABLES})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module's own `forward` gives."""
        return plan_of(self)(*args, **kwargs)

    @property
    def original_name(self) -> str:
        """The name of the module's class."""
        return type(made(self)["_original"]).__name__

    @property
    def code(self) -> str:
        """`forward` as the Python that runs; before a call, its own text."""
        plans = plan_of(self).plans
        return plans[0].text if plans else text_of(type(made(self)["_original"]).forward)

    # -- the module's own -----------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        original, preserved = own.get("_original"), own.get("_preserved")
        if original is not None and (preserved is None or name in preserved):
            held = original.__dict__
            if name in held:
                return held[name]
            if any(name in held[table] for table in _TABLES) or any(
                is_users(base) and name in base.__dict__ for base in type(original).__mro__
            ):
                return getattr(original, name)
        raise no_attribute(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        original = self.__dict__.get("_original")
        if original is not None and name in original.__dict__:
            setattr(original, name, value)
            if name not in self.__dict__:
                return
        super().__setattr__(name, value)

    @silent
    def train(self, mode: bool = True) -> Self:
        """Say whether it is being trained; a frozen module stays as it was."""
        own = made(self)
        if own["_preserved"] is None:
            own["_original"].train(mode)
        own["training"] = mode
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        own = made(self)
        own["_original"]._apply(fn, recurse)
        return self

    def _save_to_state_dict(
        self, destination: dict[str, object], prefix: str, keep_vars: bool
    ) -> None:
        if made(self)["_preserved"] is None:
            made(self)["_original"]._save_to_state_dict(destination, prefix, keep_vars)

    def _load_from_state_dict(self, *args: Any) -> None:
        if made(self)["_preserved"] is None:
            made(self)["_original"]._load_from_state_dict(*args)
        else:
            super()._load_from_state_dict(*args)

    def __repr__(self) -> str:
        own = made(self)
        return _described(own["_original"], self._head, own["_preserved"] is None)

    def _head(self, module: Module) -> str:
        return RecursiveScriptModule.__name__


@export("torch.jit.TopLevelTracedModule", home="torch.jit._trace")
class TopLevelTracedModule(RecursiveScriptModule):
    """What `torch.jit.trace` makes of a module."""

    def _head(self, module: Module) -> str:
        return module._get_name()


def made(module: RecursiveScriptModule) -> dict[str, Any]:
    """What a script module holds, once its `__init__` has run, which a program's class may leave out."""
    own = module.__dict__
    if "_original" not in own:
        raise AccessError(
            f"'{type(module).__name__}' is made of no module yet",
            hint="call super().__init__(module) first",
        )
    return own


def plan_of(module: ScriptModule) -> Planned:
    """What runs a module's `forward`."""
    own = module.__dict__
    original = own.get("_original")
    if original is None:
        forward = type(module).forward
        if isinstance(forward, ScriptFunction):
            return forward
        raise StateError(
            f"forward of '{type(module).__name__}' has no graph",
            hint="write @torch.jit.script_method over it",
        )
    plan: ScriptFunction | None = own["_plan"]
    if plan is None or plan.function is not original:  # it is a copy's
        plan = own["_plan"] = ScriptFunction(original)
    return plan


def _described(module: Module, head: Callable[[Module], str], whole: bool) -> str:
    """The text of a module with the names of the classes that it was made of."""
    lines = [
        f"({name}): {indented(_described(child, head, True))}"
        for name, child in (submodules(module) if whole else ())
    ]
    return written(head(module), [f"original_name={module._get_name()}"], lines)
