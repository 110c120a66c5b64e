"""Modules made without drawing their first values."""

from __future__ import annotations

from typing import Any

from tcalc.errors import StateError
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export


def skip_init(module_cls: object, *args: object, **kwargs: object) -> Module:
    """A module whose parameters have memory and no values yet; it has to take `device`.

    >>> nn.utils.skip_init(nn.Linear, 2, 3)
    Linear(in_features=2, out_features=3, bias=True)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise StateError(f"Expected a Module; got {module_cls!r}")
    device = kwargs.pop("device", "cpu")
    kind: Any = module_cls
    made = kind(*args, device="meta", **kwargs)
    return made.to_empty(device=device)


export("torch.nn.utils.skip_init", value=skip_init)
