"""`weight_norm` of old: a weight made of a length and a direction before each call."""

from __future__ import annotations

from typing import Any

from tcalc.errors import AccessError, ArgumentError, StateError, ValueProblem
from tcalc.library.nn.hooks import hooks_of
from tcalc.library.nn.members import tensor_of
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.reduce.norms import vector_norm
from tcalc.runtime.tensor.tensor import Parameter, Tensor


def norm_except(v: Tensor, dim: int) -> Tensor:
    """The lengths of a tensor's parts along a dim, of size 1 in the others; -1: of all of it."""
    if not isinstance(v, Tensor):
        raise ArgumentError(f"a weight is a Tensor, not {type(v).__name__}")
    if dim == -1:
        return vector_norm(v)
    kept = dim % v.ndim if v.ndim else 0
    return vector_norm(v, 2.0, [d for d in range(v.ndim) if d != kept], True)


def normed(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """The direction of `v` in the lengths `g`."""
    return v * (g / norm_except(v, dim))


def need_module(module: object) -> Module:
    """A module, or an error."""
    if not isinstance(module, Module):
        raise ArgumentError(
            f"argument 'module' must be a Module, not {type(module).__name__}", argument="module"
        )
    return module


def named_tensor(module: Module, name: object) -> Tensor:
    """The parameter or buffer of a module's own that has a name."""
    if type(name) is str and name[:2] == "__":  # a key of a program's, which reads something else
        raise ValueProblem(f"'{name}' is no name of a parameter or buffer")
    for table in (module._parameters, module._buffers):
        found = table.get(name) if type(name) is str else None
        if isinstance(found, Tensor):
            return found
    raise AccessError(f"'{type(module).__name__}' object has no attribute '{name}'")


def hook_of(module: Module, kind: type[Any], name: object) -> tuple[Any, Any] | None:
    """The hook of a kind that makes a module's tensor of that name, with its number."""
    for key, hook in hooks_of(module, "_forward_pre_hooks"):
        if type(hook) is kind and hook.name == name:
            return key, hook
    return None


class WeightNorm:
    """The hook: sets the weight before each call."""

    _public_ = frozenset({"dim", "name"})

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def made(self, module: Module) -> Tensor:
        """The weight of what the module's parameters are now."""
        v, g = (tensor_of(module, f"{self.name}_{part}") for part in "vg")
        return normed(v, g, self.dim)

    def __call__(self, module: Module, inputs: object) -> None:
        setattr(module, self.name, self.made(module))


@silent
def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Make a layer's weight of two parameters: lengths, `weight_g`, and directions, `weight_v`.

    dim: along which there are lengths; None for one alone. The newer form is
    `nn.utils.parametrizations.weight_norm`.

    >>> m = nn.utils.weight_norm(nn.Linear(2, 3))
    >>> list(m.state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    need_module(module)
    warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of "
        "`torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
    )
    if hook_of(module, WeightNorm, name) is not None:
        raise StateError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, -1 if dim is None else dim)
    weight = named_tensor(module, name)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(norm_except(weight.detach(), hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    hook(module, ())
    module.register_forward_pre_hook(hook)
    return module


@silent
def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make a layer's weight one parameter again."""
    return remove_hook(module, name, WeightNorm, "weight_norm", ("_g", "_v"))


def remove_hook(
    module: Module, name: str, kind: type[Any], called: str, parts: tuple[str, ...]
) -> Module:
    """Take off a hook that makes a tensor, which becomes a parameter again.

    parts: how the names of what it is made of end.
    """
    found = hook_of(need_module(module), kind, name)
    if found is None:
        raise ValueProblem(f"{called} of '{name}' not found in {module}")
    key, hook = found
    weight = hook.made(module).detach()
    delattr(module, name)
    for part in parts:
        delattr(module, name + part)
    module.register_parameter(name, Parameter(weight))
    del module._forward_pre_hooks[key]
    return module


for _function in (weight_norm, remove_weight_norm):
    export(f"torch.nn.utils.{_function.__name__}", value=_function)
