"""`:alias`: who shares memory with a tensor, told without computing anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.prompt.command import CommandError, value_of
from tcalc.prompt.variables import tensor_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.prompt.repl import Repl
    from tcalc.runtime.base.op import Op

# So many objects are looked through.
_MOST = 100_000
_CONTAINERS = ("_parameters", "_buffers", "_modules")


def show(repl: Repl, rest: str) -> None:
    """`:alias x`: a table of all that lies in the memory of x, and a picture of where."""
    if not rest:
        raise CommandError(":alias needs a tensor", "for instance :alias x, or :alias model.weight")
    value = value_of(repl, rest)
    from tcalc.display.sharing import Held, sharing, text

    numpy = sys.modules.get("numpy")
    if not isinstance(value, (tensor_type(), *((numpy.ndarray,) if numpy else ()))):
        kind = type.__getattribute__(type(value), "__name__")
        raise CommandError(f":alias is for tensors, and {rest} is of type {kind}")
    held = [Held(name, found) for name, found in held_by(repl.session.variables)]
    # What was shown has a name of its own, which says nothing beside that of a variable.
    named = {id(h.value) for h in held if h.name[0] != "_"}
    held = [h for h in held if h.name[0] != "_" or id(h.value) not in named]
    shared = sharing(held, Held(rest, value))
    repl.answer(text(shared, held, _called, repl.width, repl.colour))


def _called(op: Op) -> str:
    """What PyTorch calls an op, as far as it has one."""
    from tcalc.library.profiler.names import name_of

    return (name_of(op) or op.name).rpartition(":")[2]


def held_by(variables: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each tensor and NumPy array that variables lead to, with the way there as a program spells it.

    Through lists, dicts, modules, instances and gradients; no code of the program's runs.
    """
    from tcalc.help.lookups import instance_dict
    from tcalc.runtime.tensor.tensor import Tensor

    numpy = sys.modules["numpy"]
    seen: set[int] = set()
    waiting = [(name, v) for name, v in reversed(variables.items()) if name.isidentifier()]
    while waiting and len(seen) < _MOST:
        name, value = waiting.pop()
        inner: list[tuple[str, Any]] = []
        if isinstance(value, (Tensor, numpy.ndarray)):
            yield name, value
            if isinstance(value, Tensor) and value.is_leaf and value.grad is not None:
                inner = [(f"{name}.grad", value.grad)]
        elif id(value) in seen:
            continue
        elif isinstance(value, list):
            inner = [(f"{name}[{i}]", v) for i, v in enumerate(list.__iter__(value))]
        elif isinstance(value, tuple):
            inner = [(f"{name}[{i}]", v) for i, v in enumerate(tuple.__iter__(value))]
        elif isinstance(value, dict):
            inner = [(f"{name}[{_key(k)}]", v) for k, v in dict.items(value)]
        else:
            inner = [*_members(name, instance_dict(value))]
        seen.add(id(value))
        waiting += reversed(inner)


def _members(name: str, own: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an instance holds; of a module its parameters, buffers and modules by their own names."""
    for key, value in own.items():
        if type(key) is not str:
            continue
        if key in _CONTAINERS and isinstance(value, dict):
            for part, held in dict.items(value):
                yield (f"{name}[{part}]" if part.isdigit() else f"{name}.{part}"), held
        else:
            yield f"{name}.{key}", value


def _key(key: Any) -> str:
    return repr(key) if type(key) in (str, int, bool, float) else "…"
