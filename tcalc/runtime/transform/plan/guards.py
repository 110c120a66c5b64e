"""What a function can reach: its arguments, globals, closures, and what those hold.

One walk writes the guard, straight-line Python that finds every tensor again and leaves with MISS
where something that the function may depend on is not as it was; and remembers what each container
held, so that what the function changed is known afterwards.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import partial
from operator import is_
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.autograd.nodes import AccumulateGrad, meta_of
from tcalc.runtime.base.modes import Mode
from tcalc.runtime.base.programs import is_program, is_users
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.generator import Generator
from tcalc.runtime.tensor.tensor import Parameter, Tensor
from tcalc.runtime.transform.plan.containers import CELL, MISS, Globals, Held, contents
from tcalc.runtime.transform.plan.layouts import FEW, Layouts
from tcalc.runtime.transform.plan.numbers import Numbers
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.transform.plan.numbers import History

# A function that can reach more than this is not followed.
_MOST = 4000
# So many names are asked for one by one in the time that it takes to ask for all of them.
_FEW_NAMES = 6
# Ints from here on are told from others by name.
_LONG = 1 << 60
_BY_VALUE = (int, bool, str, bytes, range, slice, Size, dtype, device)
_BY_IDENTITY = (BuiltinFunctionType, ModuleType, Generator, type(Ellipsis), Mode,
                np.ufunc)  # fmt: skip


class _Plain:
    """What instances look like that keep all they have in their dictionary."""


class NotFollowed(Exception):
    """The function can reach something whose state cannot be told."""


class Leaf:
    """A tensor that the function can reach. name: the guard's variable; arrays are d<number>."""

    __slots__ = ("array", "end", "name", "number", "requires_grad", "tensor")

    def __init__(self, name: str, number: int, tensor: Tensor) -> None:
        self.name = name
        self.number = number
        self.tensor = tensor
        self.array: Any = tensor._a
        self.end = tensor._g if tensor._v is None else meta_of(tensor)
        self.requires_grad = self.end is not None and self.end.requires_grad

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made it."""
        return self.end is None or type(self.end) is AccumulateGrad


class Roots:
    """One walk. lines: the guard. scope: the objects that it names."""

    def __init__(self, history: History) -> None:
        self.lines: list[str] = []
        self.history = history
        self.scope: dict[str, Any] = {
            "MISS": MISS, "defaultdict": defaultdict, "Tensor": Tensor, "Parameter": Parameter, "ndarray": np.ndarray,
            "List": List, "is_": is_, "meta_of": meta_of, "AccumulateGrad": AccumulateGrad,
        }  # fmt: skip
        self.leaves: list[Leaf] = []
        # Whether tensors are the call's own, and those of others whose arrays are not found yet.
        self.given = True
        self._unseen: list[Leaf] = []
        # How a program would write what the guard's variables hold.
        self.labels: dict[str, str] = {}
        self.held: list[Held] = []
        self.numbers = Numbers(self.scope)
        self._waiting: list[tuple[str, Tensor | None]] = []
        # How many lines and leaves there are without the gradients that leaves hold.
        self._plain = 0, 0
        # The gradient that each tensor held, by the tensor's id.
        self.gradients: dict[int, Tensor | None] = {}
        self._count = 0
        self._names: dict[int, str] = {}
        self._constants: dict[int, str] = {}
        self._kept: list[Any] = []
        self._tables: dict[int, tuple[Globals, str, int]] = {}

    def _name(self, prefix: str, value: object) -> str:
        self._count += 1
        if self._count > _MOST:
            raise NotFollowed("can reach too many values")
        name = f"{prefix}{self._count}"
        self._names.setdefault(id(value), name)
        self._kept.append(value)
        return name

    def constant(self, value: object, prefix: str = "k") -> str:
        """A name for an object in the guard's scope."""
        known = self._constants.get(id(value))
        if known is None:
            self._count += 1
            known = self._constants[id(value)] = f"{prefix}{self._count}"
            self.scope[known] = value
            self._kept.append(value)
        return known

    def _check(self, failing: str) -> None:
        self.lines.append(f"if {failing}: return MISS")

    # -- the walk ---------------------------------------------------------------------------------

    def walk(
        self, expression: str, value: Any, held: Held | None = None, key: object = None
    ) -> None:
        """Guard a value that `expression` finds; held, key: where it may be replaced."""
        kind = type(value)
        if value is None or kind is bool:
            self._check(f"{expression} is not {value}")
            return
        if held is not None and ((kind is int and abs(value) < _LONG) or kind is float):
            label = held.labels[key] = self._label(expression)
            if self.history.changes(label, value):
                name = self._name("n", value)
                self.lines.append(f"{name} = {expression}")
                self._check(f"type({name}) is not {kind.__name__}")
                self.numbers.place(name, label, value, held, key)
                return
        if kind is int or kind is str:
            if kind is int and abs(value) < _LONG:
                name = self._name("n", value)
                self.lines.append(f"{name} = {expression}")
                self._check(f"type({name}) is not int or {name} != {value}")
            else:
                self._by_value(expression, value)
            return
        if kind is float or kind is complex:
            name = self._name("n", value)
            self.lines.append(f"{name} = {expression}")
            ordinary = kind is float and value and not math.isnan(value)
            test = (
                f"{name} != {self.constant(value)}"
                if ordinary
                else f"repr({name}) != {repr(value)!r}"
            )
            self._check(f"type({name}) is not {kind.__name__} or {test}")
            return
        known = self._names.get(id(value))
        if known is not None:
            if known in self.labels:
                again = self._label(expression)
                self.labels[known] = min(self.labels[known], again, key=len)
            self._check(f"{expression} is not {known}")
            return
        if kind is Tensor or kind is Parameter:
            self._tensor(expression, value)
        elif kind in (list, tuple, List) or (isinstance(value, tuple) and hasattr(kind, "_fields")):
            self._sequence(expression, value)
        elif kind is dict or kind is defaultdict:
            self._dict(expression, value)
        elif kind in (set, frozenset):
            if not all(type(v) in (int, str, bool) for v in value):
                raise NotFollowed("can reach a set of objects")
            self._by_value(expression, type(value)(value))
        elif kind in _BY_VALUE:
            self._by_value(expression, value)
        else:
            self._object(expression, value)

    def _by_value(self, expression: str, value: object) -> None:
        name = self._name("n", value)
        self.lines.append(f"{name} = {expression}")
        kind = self.constant(type(value))
        self._check(f"type({name}) is not {kind} or {name} != {self.constant(value)}")

    def _labelled(self, name: str, expression: str) -> str:
        """Note how a program would write what a variable of the guard holds."""
        self.labels[name] = self._label(expression)
        return name

    def _label(self, expression: str) -> str:
        found = re.fullmatch(r"(\w+)(.*)", expression)
        base, rest = (found[1], found[2]) if found else ("", expression)
        label = self.labels.get(base, base)
        key = re.fullmatch(r"(?:\.get\(|\[)('\w+'|k\d+)(?:, MISS\)|\])", rest)
        if key is None:
            return label + rest
        if key[1].startswith("k"):
            held = self._names.get(id(self.scope[key[1]]), key[1])
            return f"{label}[{self.labels.get(held, held)}]"
        word = key[1][1:-1]
        if base.startswith("G") or base == "kwargs":
            return word
        # Modules keep what they are made of in tables.
        if base.endswith("d") or label.endswith(("._parameters", "._modules", "._buffers")):
            return f"{label.removesuffix('._parameters').removesuffix('._modules')}.{word}"
        return f"{label}[{key[1]}]"

    def _tensor(self, expression: str, tensor: Tensor) -> None:
        name = self._labelled(self._name("t", tensor), expression)
        number = len(self.leaves)
        if type(tensor._d) is Mirror:
            raise NotFollowed("works on a view that is conjugated")
        if is_sparse(tensor):
            raise NotFollowed("works on sparse tensors")
        leaf = Leaf(name, number, tensor)
        if type(leaf.array) is not np.ndarray:
            raise NotFollowed(f"works on tensors of {tensor.device}")
        self.leaves.append(leaf)
        g = f"g{number}"
        self.lines += [
            f"{name} = {expression}",
            f"if type({name}) is not {type(tensor).__name__}: return MISS",
            f"{g} = {name}._g if {name}._v is None else meta_of({name})",
        ]
        if self.given:
            self._layout(leaf)
        else:
            self._unseen.append(leaf)
        if leaf.requires_grad:
            self._check(f"{g} is None or not {g}.requires_grad")
            self._check(f"type({g}) is{' not' if leaf.is_leaf else ''} AccumulateGrad")
        else:
            self._check(f"{g} is not None and {g}.requires_grad")
        extra = None if leaf.end is None else leaf.end.extra
        self.gradients[id(tensor)] = None if extra is None else extra.grad
        self._waiting.append((g, self.gradients[id(tensor)]))

    def _layout(self, leaf: Leaf) -> None:
        """Find a tensor's array."""
        name, d, a = leaf.name, f"d{leaf.number}", leaf.array
        self.lines += [
            f"{d} = {name}._d",
            f"if type({d}) is not ndarray:",
            f"    {d} = {name}._a",
            f"    if type({d}) is not ndarray or {name}._d is not {d}: return MISS",
            f"if {d}.dtype is not {self.constant(a.dtype)} or {d}.shape != {a.shape} or "
            f"{d}.strides != {a.strides}: return MISS",
        ]

    def _layouts(self) -> None:
        """Find the arrays of all that is not looked at yet."""
        leaves, self._unseen = self._unseen, []
        if len(leaves) < FEW:
            for leaf in leaves:
                self._layout(leaf)
            return
        look = self.constant(Layouts([leaf.array for leaf in leaves]))
        names = ", ".join([leaf.name for leaf in leaves])
        self.lines += [
            f"found = {look}(({names}))",
            "if found is None: return MISS",
            f"{', '.join([f'd{leaf.number}' for leaf in leaves])} = found",
        ]

    def _sequence(self, expression: str, value: Sequence[object]) -> None:
        name = self._labelled(self._name("c", value), expression)
        self.lines.append(f"{name} = {expression}")
        kind = self.constant(type(value))
        self._check(f"type({name}) is not {kind} or len({name}) != {len(value)}")
        held = Held(name, value, contents(value))
        changes = isinstance(value, list)
        if changes:
            self.held.append(held)
        for i, item in enumerate(value):
            self.walk(f"{name}[{i}]", item, held if changes else None, i)

    def _dict(self, expression: str, value: dict[object, object]) -> None:
        name = self._labelled(self._name("c", value), expression)
        self.lines.append(f"{name} = {expression}")
        self._check(f"type({name}) is not {type(value).__name__}")
        self._items(name, value)

    def _items(self, name: str, value: dict[Any, Any]) -> None:
        held = Held(name, value, dict(value))
        self.held.append(held)
        plain = all(type(k) in (str, int) for k in value)
        if value and all(isinstance(k, Tensor) for k in value):
            self._by_tensor(name, value, held)
            return
        if plain:
            self._check(f"(*{name},) != {tuple(value)!r}" if len(value) else f"{name}")
        else:
            self._check(f"len({name}) != {len(value)}")
        for key, item in value.items():
            at = repr(key) if type(key) in (str, int) else self.constant(key)
            if type(key) in (str, int):
                self.walk(f"{name}[{at}]", item, held, key)
            else:
                self.walk(f"{name}.get({at}, MISS)", item, held, key)

    def _by_tensor(self, name: str, value: dict[Any, Any], held: Held) -> None:
        """The items of a dict whose keys are tensors, which take long to look up."""
        self._check(
            f"len({name}) != {len(value)} or not all(map(is_, {name}, {self.constant([*value])}))"
        )
        items = [f"{name}i{i}" for i in range(len(value))]
        self.lines.append(f"{', '.join(items)}, = {name}.values()")
        for item, (key, inner) in zip(items, value.items()):
            self.labels[item] = self._label(f"{name}.get({self.constant(key)}, MISS)")
            self.walk(item, inner, held, key)

    def _object(self, expression: str, value: Any) -> None:
        kind = type(value)
        if kind is FunctionType:
            self._identity(expression, value)
            self.function(value)
        elif kind is MethodType:
            name = self._name("m", value)
            self.lines.append(f"{name} = {expression}")
            self._check(f"type({name}) is not {self.constant(MethodType)}")
            self.walk(f"{name}.__func__", value.__func__)
            self.walk(f"{name}.__self__", value.__self__)
        elif kind is partial:
            name = self._name("m", value)
            self.lines.append(f"{name} = {expression}")
            self._check(f"type({name}) is not {self.constant(partial)}")
            for part in ("func", "args", "keywords"):
                self.walk(f"{name}.{part}", getattr(value, part))
        elif isinstance(value, type):
            self._identity(expression, value)
            self._class(value)
        elif isinstance(value, _BY_IDENTITY):
            self._identity(expression, value)
        elif any("_followed_" in base.__dict__ and not is_users(base) for base in kind.__mro__):
            self._identity(expression, value)
            for inner in value._followed_():
                self.walk(self.constant(inner), inner)
        elif _is_plain_object(value):
            name = self._labelled(self._name("o", value), expression)
            self.lines.append(f"{name} = {expression}")
            self._check(f"type({name}) is not {self.constant(kind)}")
            self._class(kind)
            inner = f"{name}d"
            self.lines.append(f"{inner} = {name}.__dict__")
            self.labels[inner] = self.labels[name]
            self._items(inner, vars(value))
        elif callable(value) and not is_users(kind):
            self._identity(expression, value)
        else:
            raise NotFollowed(f"can reach a {kind.__name__}, whose state cannot be followed")

    def _identity(self, expression: str, value: object) -> None:
        name = self._names[id(value)] = self.constant(value)
        if expression != name:
            self._check(f"{expression} is not {name}")

    def _class(self, kind: type) -> None:
        for base in kind.__mro__:
            if not is_users(base) or id(base) in self._tables:
                continue
            self._tables[id(base)] = (Globals({}), "", 0)
            for key, value in list(vars(base).items()):
                inner = getattr(value, "__func__", value)
                if isinstance(value, property):
                    for part in (value.fget, value.fset):
                        if part is not None:
                            self.function(part)
                elif type(inner) is FunctionType:
                    self.function(inner)
                elif not (key.startswith("__") or " " in key):
                    self.walk(f"{self.constant(base)}.__dict__.get({key!r}, MISS)", value)

    def function(self, function: object) -> None:
        """Guard what a program's function can reach by its names."""
        if type(function) is not FunctionType or not is_program(function.__code__):
            return
        if id(function) in self._tables:
            return
        self._tables[id(function)] = (Globals({}), "", 0)
        self._kept.append(function)
        table = function.__globals__
        names = global_names(function.__code__)
        there = {n: table[n] for n in names if n in table}
        absent = names - there.keys()
        g = self._names.get(id(table)) or self.constant(table, "G")
        self._names[id(table)] = g
        if len(absent) > _FEW_NAMES:
            self._check(f"not {g}.keys().isdisjoint({self.constant(tuple(absent))})")
        elif absent:
            self._check(" or ".join([f"{n!r} in {g}" for n in sorted(absent)]))
        named = Globals(table)
        named.names = names
        held = Held(g, named, there)
        self.held.append(held)
        for n in sorted(there, key=lambda n: not isinstance(there[n], Tensor)):
            self.walk(f"{g}.get({n!r}, MISS)", there[n], held, n)
        for cell in function.__closure__ or ():
            if id(cell) in self._names:
                continue
            c = self.constant(cell)
            self._names[id(cell)] = c
            inside = Held(c, cell, contents(cell))
            self.held.append(inside)
            for value in contents(cell).values():
                self.walk(f"{c}.cell_contents", value, inside, CELL)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.walk(self.constant(value), value)

    def walk_gradients(self) -> None:
        """Guard the gradients that leaves hold, after all else."""
        self._layouts()
        self._plain = len(self.lines), len(self.leaves)
        while self._waiting:
            g, grad = self._waiting.pop()
            self.walk(f"(None if {g} is None or {g}.extra is None else {g}.extra.grad)", grad)
        self._layouts()

    def guard(self, with_gradients: bool) -> list[str]:
        """The lines; with_gradients: whether the gradients that leaves hold matter."""
        end, count = (None, None) if with_gradients else self._plain
        lines, leaves = self.lines[:end], self.leaves[:count]
        names = [leaf.name for leaf in leaves]
        # Tensors that were two have to be two.
        if len(names) == 2:
            lines.append(f"if {names[0]} is {names[1]}: return MISS")
        elif len(names) > 2:
            ids = ", ".join(f"id({n})" for n in names)
            lines.append(f"if len({{{ids}}}) != {len(names)}: return MISS")
        return lines


def _is_plain_object(value: object) -> bool:
    """Whether all of an object's state is in its dictionary."""
    kind = type(value)
    plain = kind.__basicsize__ == _Plain.__basicsize__ and hasattr(value, "__dict__")
    return plain and not hasattr(kind, "__next__")


def global_names(code: CodeType) -> set[str]:
    """The global names that code reads or writes, with those of the functions inside it."""
    import dis

    found = {
        i.argval for i in dis.get_instructions(code)
        if i.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
    }  # fmt: skip
    for constant in code.co_consts:
        if type(constant) is CodeType:
            found |= global_names(constant)
    return found
