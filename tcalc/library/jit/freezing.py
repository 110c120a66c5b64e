"""`torch.jit.freeze`: a script module whose parameters are constants."""

from __future__ import annotations

from typing import Any

from tcalc.errors import StateError
from tcalc.library.copying import deepcopy
from tcalc.library.jit.modules import RecursiveScriptModule, ScriptModule, made
from tcalc.runtime.base.registry import export


def freeze(
    mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True
) -> RecursiveScriptModule:
    """A copy of a script module whose parameters and attributes are constants: no state is left.

    preserved_attrs: names of attributes and methods that it still shows. The module must be in eval
    mode. optimize_numerics: accepted; a plan gives the numbers of its program.

    >>> m = torch.jit.freeze(torch.jit.script(nn.Linear(2, 3).eval()))
    >>> m(ones(1, 2)).shape, list(m.parameters())
    (torch.Size([1, 3]), [])
    """
    if not isinstance(mod, ScriptModule):
        raise StateError(
            "Freezing expects a ScriptModule as input. Please use torch.jit.script or "
            "torch.jit.trace to script your 'nn.Module'.",
            argument="mod",
        )
    if mod.training:
        raise StateError(
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() "
            "on your module before freezing.",
            argument="mod",
        )
    return _frozen(mod, preserved_attrs)


def optimize_for_inference(mod: Any, other_methods: Any = None) -> RecursiveScriptModule:
    """A frozen copy of a script module; other_methods: of those that it shows.

    >>> torch.jit.optimize_for_inference(torch.jit.script(nn.ReLU().eval()))(tensor([-1., 2.]))
    tensor([0., 2.])
    """
    if not isinstance(mod, ScriptModule):
        raise StateError(
            "optimize_for_inference expects ScriptModule as input. Please use torch.jit.script or "
            "torch.jit.trace to script your 'nn.Module'.",
            argument="mod",
        )
    if isinstance(mod, RecursiveScriptModule) and made(mod)["_preserved"] is not None:
        return mod
    return freeze(mod.eval(), other_methods)


def _frozen(mod: ScriptModule, preserved: Any) -> RecursiveScriptModule:
    names = tuple(preserved) if isinstance(preserved, (list, tuple)) else ()
    for name in names:
        if type(name) is not str:
            raise StateError("preserved_attrs are names", argument="preserved_attrs")
    copied = deepcopy(mod.__dict__.get("_original", mod)).requires_grad_(False)
    return RecursiveScriptModule(copied, names)


export("torch.jit.freeze", value=freeze)
export("torch.jit.optimize_for_inference", value=optimize_for_inference)
