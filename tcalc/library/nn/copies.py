"""Copies of modules, with parameters and buffers of their own."""

from __future__ import annotations

from typing import Any

from tcalc.library.nn.containers import ModuleList
from tcalc.library.nn.module import Module
from tcalc.runtime.tensor.tensor import Parameter, Tensor


def copies(module: Module, count: int) -> ModuleList:
    """So many copies of a module, none of them itself."""
    return ModuleList([_copied(module, {}) for _ in range(count)])


def _copied(value: Any, done: dict[int, Any]) -> Any:
    """A copy of a module or of what its attributes hold; what is held twice stays one."""
    known = done.get(id(value))
    if known is not None:
        return known
    made: Any = value
    if isinstance(value, Parameter):
        made = Parameter(value.detach().clone(), value.requires_grad)
    elif isinstance(value, Tensor):
        made = value.detach().clone()
    elif isinstance(value, Module):
        kind: Any = type(value)
        made = done[id(value)] = kind.__new__(kind)
        made.__dict__.update({k: _copied(v, done) for k, v in value.__dict__.items()})
    elif isinstance(value, dict):
        made = value.copy()
        for key, item in dict.items(value):
            dict.__setitem__(made, key, _copied(item, done))
    elif type(value) in (tuple, set, frozenset) or isinstance(value, list):
        made = type(value)([_copied(v, done) for v in value])
    done[id(value)] = made
    return made
