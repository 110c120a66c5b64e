"""Optimizer, the base: groups of parameters with their settings, and the state of each parameter."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, NotDefined, StateError, ValueProblem
from tcalc.library.nn.module import clear_grad
from tcalc.library.optim import saved
from tcalc.library.optim.groups import completed
from tcalc.library.optim.hooks import Step, register, span_name
from tcalc.runtime.autograd.grad_mode import enable_grad
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import str_of
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.nn.hooks import RemovableHandle
    from tcalc.library.optim.groups import Group, Params

_HOOKS = (
    "_step_pre_hooks", "_step_post_hooks", "_state_dict_pre_hooks", "_state_dict_post_hooks",
    "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip


@export("torch.optim.Optimizer", "torch.optim.optimizer.Optimizer", home="torch.optim.optimizer")
class Optimizer:
    """The base of optimizers; a program's own has a `step()` that goes through `param_groups`.

    params: tensors, pairs of names and tensors, or dicts of them under "params" with settings of
    their own. defaults: the settings of groups that say nothing else. `state[p]` is a dict that a
    parameter's state is kept in.

    >>> class Descent(optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {'lr': lr})
    ...     @torch.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group['params']:
    ...                 p -= group['lr'] * p.grad
    >>> w = ones(2, requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Descent([w]).step()
    >>> w
    tensor([0.8000, 0.8000], requires_grad=True)
    """

    _open_ = True
    _public_ = frozenset(
        {
            "add_param_group", "load_state_dict", "register_load_state_dict_post_hook",
            "register_load_state_dict_pre_hook", "register_state_dict_post_hook",
            "register_state_dict_pre_hook", "register_step_post_hook", "register_step_pre_hook",
            "state_dict", "step", "zero_grad",
        }
    )  # fmt: skip
    _writable_ = frozenset({"step"})
    _hidden_ = frozenset(_HOOKS)

    param_groups: list[dict[str, Any]]
    state: defaultdict[Any, Any]
    defaults: dict[str, Any]

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("step")
        if own is not None and not isinstance(own, Step) and callable(own):
            # It runs the hooks around it.
            cls.step = Step(own, cls)  # type: ignore[method-assign,assignment]  # it stands for it

    def __init__(self, params: Params, defaults: dict[str, object]) -> None:
        if isinstance(params, Tensor):
            raise ArgumentError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {params.type()}", argument="params", hint="give a list that holds it",
            )  # fmt: skip
        if not isinstance(defaults, dict):
            raise ArgumentError(
                f"defaults is a dict, not {type(defaults).__name__}", argument="defaults"
            )
        self.defaults = defaults
        self.__dict__.update({name: {} for name in _HOOKS})
        self.state = defaultdict(dict)
        self.param_groups = List()
        groups: list[Any] = list(params)
        if not groups:
            raise ValueProblem(
                "optimizer got an empty parameter list",
                hint="a module has those of the layers that are its attributes",
                argument="params",
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add a dict of parameters, under "params", with the settings that differ from the defaults."""
        self._own("add_param_group")
        self.param_groups.append(completed(param_group, self.defaults, self.param_groups))

    def _own(self, name: str) -> dict[str, Any]:
        """The instance's attributes, once there are groups in them."""
        own = self.__dict__
        if "param_groups" not in own or "defaults" not in own or "state" not in own:
            raise AccessError(
                f"cannot call {name}() before Optimizer.__init__() call",
                hint="call super().__init__() first",
            )
        return own

    def _groups(self) -> saved.Groups:
        """The groups, which programs may have changed."""
        self._own("step")
        groups = self.param_groups
        if not isinstance(groups, list) or not isinstance(self.state, dict):
            raise ArgumentError("an optimizer has a list of param_groups and a dict of state")
        for group in groups:
            if not isinstance(group, dict):
                raise ArgumentError(f"param group must be a dict, not {type(group).__name__}")
            if "params" not in group:
                raise StateError("parameter group didn't specify a value of 'params'")
            for p in group["params"]:
                if not isinstance(p, Tensor):
                    raise ArgumentError(
                        "optimizer can only optimize Tensors, but one of the params is "
                        f"{type(p).__name__}"
                    )
        return groups

    def __repr__(self) -> str:
        parts = [f"{type(self).__name__} ("]
        for number, group in enumerate(self._groups()):
            settings = [f"    {k}: {str_of(group[k])}\n" for k in sorted(group) if k != "params"]
            parts.append(f"\nParameter Group {number}\n{''.join(settings)}")
        return "".join([*parts, ")"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        if interpreters.count and mode.interpreter is not None:
            with mode.interpreter.span(span_name(self, "zero_grad")):
                return _clear(self._groups(), set_to_none)
        return _clear(self._groups(), set_to_none)

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Update the parameters; every optimizer has its own."""
        raise NotDefined(f"{type(self).__name__} has no step() of its own")

    # -- what is saved -------------------------------------------------------------------------

    def state_dict(self) -> saved.StateDict:
        """The state by the parameters' numbers, and the groups' settings with these numbers."""
        own = self._own("state_dict")
        for hook in [*own["_state_dict_pre_hooks"].values()]:
            hook(self)
        found = saved.packed(self._groups(), self.state)
        for hook in [*own["_state_dict_post_hooks"].values()]:
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: saved.StateDict) -> None:
        """Take the state and settings of `state_dict`, cast to the parameters' dtype and device."""
        own = self._own("load_state_dict")
        given = saved.checked(state_dict)
        for hook in [*own["_load_state_dict_pre_hooks"].values()]:
            changed = hook(self, given)
            given = given if changed is None else saved.checked(changed)
        self.state, groups = saved.unpacked(given, self._groups())
        for group in groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
        self.param_groups = groups
        for hook in [*own["_load_state_dict_post_hooks"].values()]:
            hook(self)

    # -- hooks ---------------------------------------------------------------------------------

    def _register(self, table: str, hook: object, prepend: bool = False) -> RemovableHandle:
        return register(self._own("register")[table], hook, prepend)

    def register_step_pre_hook(self, hook: object) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may give other arguments."""
        return self._register("_step_pre_hooks", hook)

    def register_step_post_hook(self, hook: object) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._register("_step_post_hooks", hook)

    def register_state_dict_pre_hook(self, hook: object, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict()` looks at anything."""
        return self._register("_state_dict_pre_hooks", hook, prepend)

    def register_state_dict_post_hook(self, hook: object, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` on what `state_dict()` found; it may give another."""
        return self._register("_state_dict_post_hooks", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: object, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` on what is to be loaded; it may give another."""
        return self._register("_load_state_dict_pre_hooks", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: object, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` when a state was loaded."""
        return self._register("_load_state_dict_post_hooks", hook, prepend)


def _clear(groups: list[Group], set_to_none: bool) -> None:
    for group in groups:
        for p in group["params"]:
            clear_grad(p, set_to_none)


def loss_of(closure: Callable[[], object] | None) -> Any:
    """What a step's closure gives, with gradients on."""
    if closure is None:
        return None
    with enable_grad():
        return closure()
