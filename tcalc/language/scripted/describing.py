"""Values as JSON and tensors: what a script module is made of, for `restoring` to make it again.

None, bools, numbers and text stand for themselves, a list for a list, and an object with one key
for anything else: `{"tuple": […]}`, `{"tensor": "fc.weight"}`, `{"name": "torch.relu"}`. Modules and
objects of a program's classes are rows of a table, so that what is there twice is one.
"""

from __future__ import annotations

import math
from types import MethodType
from typing import TYPE_CHECKING, Any

from tcalc.language.classes import is_users
from tcalc.language.scripted.gathering import refused
from tcalc.language.scripted.known import qualified_name
from tcalc.library.jit.function import ScriptFunction
from tcalc.library.jit.modules import RecursiveScriptModule, made
from tcalc.library.nn.members import dotted
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import is_lazy
from tcalc.library.nn.utils.parametrize import is_parametrized
from tcalc.runtime.objects.containers import OrderedDict
from tcalc.runtime.tensor.tensor import Parameter, Tensor
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype as DType
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.language.scripted.gathering import Program

_PLAIN = (bool, str, type(None))
_DICTS: dict[type, str] = {dict: "dict", OrderedDict: "ordered"}
_SEQUENCES: dict[type, str] = {tuple: "tuple", Size: "size", set: "set", frozenset: "frozenset"}
# What a module keeps beside its attributes. Non-persistent buffers stand with the buffers.
_TABLES = ("_parameters", "_buffers", "_modules")
_PASSING = "_non_persistent"
# Attributes nest so deep at most, in what is written and in what is read.
MOST_DEEP = 100


class Description:
    """What was described so far. tensors: by their names in the file. objects: the table."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.tensors: dict[str, Tensor] = OrderedDict()
        self.objects: list[dict[str, Any]] = []
        # By identity: the name of a tensor, the row of an object. Both hold what they stand for.
        self._names: dict[int, tuple[Tensor, str]] = {}
        self._rows: dict[int, tuple[Any, int]] = {}

    def of(self, value: Any, path: str, depth: int = 0) -> Any:
        """What describes a value; path: what it is called, in names of tensors and in errors."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if depth > MOST_DEEP:
            raise refused(path, f"is nested more than {MOST_DEEP} deep")
        if kind is int:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is complex:
            return {"complex": [self.of(value.real, path), self.of(value.imag, path)]}
        if isinstance(value, list):
            return [self.of(v, dotted(path, str(n)), depth + 1) for n, v in enumerate(value)]
        if kind in _SEQUENCES:
            items = [self.of(v, dotted(path, str(n)), depth + 1) for n, v in enumerate(value)]
            return {_SEQUENCES[kind]: items}
        if kind in _DICTS:
            pairs = dict.items(value)
            return {
                _DICTS[kind]: [
                    [self.of(k, path, depth + 1), self.of(v, dotted(path, str(k)), depth + 1)]
                    for k, v in pairs
                ]
            }
        if kind is DType:
            return {"dtype": value.name}
        if kind is device:
            return {"device": str(value)}
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        return self._named(value, path, depth)

    def _tensor(self, value: Tensor, path: str) -> dict[str, Any]:
        if type(value) not in (Tensor, Parameter) or is_lazy(value):
            raise refused(path, "has no values yet", "call the module with an input first")
        known = self._names.get(id(value))
        if known is None:
            name, number = path or "tensor", 1
            while name in self.tensors:
                number += 1
                name = f"{path}~{number}"
            self.tensors[name] = value.detach()
            known = self._names[id(value)] = value, name
        kind = "parameter" if type(value) is Parameter else "tensor"
        return {kind: known[1], "requires_grad": bool(value.requires_grad)}

    def _named(self, value: Any, path: str, depth: int) -> dict[str, Any]:
        """What describes a function, a class or an object."""
        if isinstance(value, ScriptFunction) and isinstance(value.function, Module):
            raise refused(path, "is the plan of a module", "keep the module itself")
        own = self.program.name_of(value)
        if own is not None:
            if type(value) is MethodType:
                raise refused(path, "is a method of an object", "call the method where it is used")
            return {"script" if isinstance(value, ScriptFunction) else "own": own}
        qualified = qualified_name(value)
        if qualified is not None:
            return {"name": qualified}
        if isinstance(value, Module) or (is_users(type(value)) and not isinstance(value, dict)):
            return {"object": self._object(value, path, depth)}
        raise refused(path, f"is a {type(value).__name__}", "keep what it is made of instead")

    # -- objects --------------------------------------------------------------------------------

    def _object(self, value: Any, path: str, depth: int) -> int:
        known = self._rows.get(id(value))
        if known is not None:
            return known[1]
        row: dict[str, Any] = {}
        number = len(self.objects)
        self._rows[id(value)] = value, number
        self.objects.append(row)
        if isinstance(value, RecursiveScriptModule):
            own = made(value)
            row["class"] = qualified_name(type(value))
            row["original"] = self.of(own["_original"], path, depth + 1)
            row["preserved"] = None if own["_preserved"] is None else list(own["_preserved"])
        else:
            row["class"] = self._class_of(value, path)
            if isinstance(value, Module):
                self._module(value, row, path, depth)
            row["attributes"] = [
                [name, self.of(v, dotted(path, name), depth + 1)]
                for name, v in value.__dict__.items()
                if not (isinstance(value, Module) and _is_kept_apart(value, name))
            ]
        return number

    def _class_of(self, value: Any, path: str) -> Any:
        kind = type(value)
        if is_users(kind):
            plain = all(is_users(base) or base is object for base in kind.__mro__)
            if not (plain or isinstance(value, Module)):
                raise refused(path, f"is of '{kind.__name__}', which is no plain class")
            return {"own": self.program.name_of(kind)}
        qualified = qualified_name(kind)
        if qualified is None:
            hint = None
            if isinstance(value, Module) and is_parametrized(value):
                hint = "torch.nn.utils.parametrize.remove_parametrizations makes a plain layer"
            raise refused(path, f"is of '{kind.__name__}', which was made as it ran", hint)
        return {"name": qualified}

    def _module(self, module: Module, row: dict[str, Any], path: str, depth: int) -> None:
        own = module.__dict__
        for name, hooks in own.items():
            if name.endswith("hooks") and hooks:
                raise refused(
                    path or type(module).__name__, "has hooks, which are functions of this run",
                    "remove() takes a hook off, and so does nn.utils.prune.remove",
                )  # fmt: skip
        if path == "" and not isinstance(own.get("training"), bool):
            raise refused("training", "is no bool")
        row["training"] = bool(module.training)
        passing = own.get(_PASSING, ())
        for table in _TABLES:
            row[table[1:]] = [
                [name, self.of(v, dotted(path, name), depth + 1), *_passes(table, name, passing)]
                for name, v in own[table].items()
            ]


def _passes(table: str, name: str, passing: Any) -> list[bool]:
    """Of a buffer, whether it stands in `state_dict`."""
    return [name not in passing] if table == "_buffers" else []


def _is_kept_apart(module: Module, name: str) -> bool:
    """Whether an attribute of a module's own is described elsewhere, or made anew."""
    return (
        name in _TABLES
        or name == "training"
        or name.endswith("hooks")
        or any(name in base.__dict__.get("_hidden_", ()) for base in type(module).__mro__)
    )
