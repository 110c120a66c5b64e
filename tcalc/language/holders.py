"""Which tensors a session's variables lead to, found without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.language.namespace import Namespace
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

# So many objects are looked through.
_MOST = 100_000
_CONTAINERS = ("_parameters", "_buffers", "_modules")


def held_by(variables: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each tensor and NumPy array that variables lead to, with the way there as a program spells it.

    Through lists, dicts, modules, instances and gradients; no code of the program's runs.
    """
    seen: set[int] = set()
    waiting = [(name, v) for name, v in reversed(variables.items()) if name.isidentifier()]
    while waiting and len(seen) < _MOST:
        name, value = waiting.pop()
        if isinstance(value, (Tensor, np.ndarray)):  # of one by several names, each is told
            yield name, value
            if isinstance(value, Tensor) and value.is_leaf and value.grad is not None:
                waiting.append((f"{name}.grad", value.grad))
        elif id(value) not in seen:
            seen.add(id(value))
            waiting += reversed([*_inside(name, value)])


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is in a container or an instance."""
    if isinstance(value, list):
        for at, item in enumerate(list.__iter__(value)):
            yield f"{name}[{at}]", item
    elif isinstance(value, tuple):
        for at, item in enumerate(tuple.__iter__(value)):
            yield f"{name}[{at}]", item
    elif isinstance(value, dict):
        for key, item in dict.items(value):
            yield f"{name}[{_key(key)}]", item
    elif type(value) is not Namespace:
        yield from _members(name, value)


def _members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What an instance holds; of a module its parameters, buffers and modules by their own names."""
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    for key, item in own.items() if type(own) is dict else ():
        if type(key) is not str:
            continue
        if key in _CONTAINERS and isinstance(item, dict):
            for part, held in dict.items(item):
                yield (f"{name}[{part}]" if part.isdigit() else f"{name}.{part}"), held
        else:
            yield f"{name}.{key}", item


def _key(key: Any) -> str:
    return repr(key) if type(key) in (str, int, bool, float) else "…"
