"""Modules that hold modules: Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

from operator import index as as_index
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from tcalc.errors import ArgumentError, DimError, KeyProblem, ValueProblem
from tcalc.library.nn.module import Module, indented, written
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.objects.containers import OrderedDict
from tcalc.runtime.objects.lists import check_repeat

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView

_POINTER = 8


def position(index: SupportsIndex, size: int) -> int:
    """An index as one from 0 on."""
    at = as_index(index)
    if not -size <= at < size:
        raise DimError(f"index {at} is out of range", argument="index")
    return at % size


def checked_iterable(given: object, what: str, of: str = "") -> Any:
    """What can be gone through, or an error that names what asked for it."""
    if not hasattr(type(given), "__iter__") or isinstance(given, str):
        raise ArgumentError(
            f"{what} should be called with an iterable{of}, but got {type(given).__name__}"
        )
    return given


class _Numbered(Module):
    """Modules in order, under the names "0", "1", … unless they were given others."""

    _public_ = frozenset({"append", "extend", "pop"})

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: SupportsIndex) -> Module:
        return list(self._modules.values())[position(index, len(self))]

    def __setitem__(self, index: SupportsIndex, module: object) -> None:
        name = list(self._modules)[position(index, len(self))]
        if module is not None and not isinstance(module, Module):
            raise ArgumentError(
                f"cannot assign '{type(module).__name__}' as child module '{name}' "
                "(torch.nn.Module or None expected)"
            )
        self._modules[name] = module

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        left = list(self._modules.values())
        del left[index if isinstance(index, slice) else position(index, len(left))]
        _hold(self, left)

    @silent
    def append(self, module: Module) -> Self:
        """Put a module behind the others."""
        self.add_module(str(len(self)), module)
        return self

    @silent
    def extend(self, modules: Iterable[Module]) -> Self:
        """Put several modules behind the others."""
        for module in list(checked_iterable(modules, f"{type(self).__name__}.extend")):
            self.append(module)
        return self

    def pop(self, key: Any) -> Module:
        """Take a module out, and give it."""
        found = self[key]
        del self[key]
        return found


def _hold(modules: _Numbered, held: list[Module]) -> None:
    """Let it hold these, numbered from 0 on."""
    modules._modules.clear()
    modules._modules.update({str(i): module for i, module in enumerate(held)})


def _insert(modules: _Numbered, index: int, module: Module) -> None:
    """Put a module before the one at a position."""
    if not isinstance(module, Module):
        raise ArgumentError(f"{type(module).__name__} is not a Module subclass")
    size, at = len(modules), as_index(index)
    if not -size <= at <= size:
        raise DimError(f"Index out of range: {at}", argument="index")
    held = list(modules)
    held.insert(at, module)
    _hold(modules, held)


@export(
    "torch.nn.Sequential", "torch.nn.modules.Sequential", "torch.nn.modules.container.Sequential",
    home="torch.nn.modules.container",
)  # fmt: skip
class Sequential(_Numbered):
    """Modules one after the other, each given what the one before gives.

    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    _public_ = frozenset({"insert"})

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def __getitem__(self, index: SupportsIndex | slice) -> Module:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return super().__getitem__(index)

    def forward(self, input: object) -> object:
        """What the last module gives."""
        for module in self._modules.values():
            input = module(input)
        return input

    @silent
    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at a position."""
        _insert(self, index, module)
        return self

    def __add__(self, other: object) -> Sequential:
        return Sequential(*self, *_sequential(other))

    def __iadd__(self, other: object) -> Self:
        return self.extend(list(_sequential(other)))

    def __mul__(self, other: object) -> Sequential:
        return Sequential(*list(self) * _times(self, other))

    __rmul__ = __mul__

    def __imul__(self, other: object) -> Self:
        return self.extend(list(self) * (_times(self, other) - 1))


def _sequential(other: object) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueProblem(
            "add operator supports only objects of Sequential class, but "
            f"<class '{type(other).__name__}'> is given."
        )
    return other


def _times(modules: Sequential, count: object) -> int:
    if type(count) is not int:
        raise ArgumentError(
            "unsupported operand type(s) for *: <class 'torch.nn.modules.container.Sequential'> and "
            f"<class '{type(count).__name__}'>"
        )
    if count <= 0:
        raise ValueProblem(
            f"Non-positive multiplication factor {count} for "
            "<class 'torch.nn.modules.container.Sequential'>"
        )
    # A name and an entry of the table for each.
    check_repeat(16 * _POINTER * len(modules), count, "the modules")
    return count


@export(
    "torch.nn.ModuleList", "torch.nn.modules.ModuleList", "torch.nn.modules.container.ModuleList",
    home="torch.nn.modules.container",
)  # fmt: skip
class ModuleList(_Numbered):
    """Modules in a list; what is computed with them its owner says.

    >>> nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])
    ModuleList(
      (0-1): 2 x ReLU()
      (2): Tanh()
    )
    """

    _public_ = frozenset({"insert"})

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: SupportsIndex | slice) -> Module:
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return super().__getitem__(index)

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at a position."""
        _insert(self, index, module)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *checked_iterable(other, "ModuleList.extend")])

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def __repr__(self) -> str:
        """Modules that read the same are told of once."""
        runs: list[tuple[int, int, str]] = []
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1] = runs[-1][0], i, text
            else:
                runs.append((i, i, text))
        lines = [
            indented(
                f"({first}): {text}"
                if first == last
                else f"({first}-{last}): {last - first + 1} x {text}"
            )
            for first, last, text in runs
        ]
        return written(self._get_name(), [], lines)


@export(
    "torch.nn.ModuleDict", "torch.nn.modules.ModuleDict", "torch.nn.modules.container.ModuleDict",
    home="torch.nn.modules.container",
)  # fmt: skip
class ModuleDict(Module):
    """Modules by name; what is computed with them its owner says.

    >>> nn.ModuleDict({"relu": nn.ReLU()})["relu"]
    ReLU()
    """

    _public_ = frozenset({"clear", "items", "keys", "pop", "update", "values"})

    def __init__(self, modules: object = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def __getitem__(self, key: str) -> Module:
        if key not in self._modules:
            raise KeyProblem(repr(key), argument="key")
        return self._modules[key]

    def __setitem__(self, key: str, module: Module | None) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out, and give it."""
        found = self[key]
        del self._modules[key]
        return found

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Module]:
        """The names with their modules."""
        return self._modules.items()

    def update(self, modules: object) -> None:
        """Put modules in: from a dict, another ModuleDict, or a list of names with modules."""
        for key, module in pairs_of(modules, "ModuleDict", (dict, ModuleDict)):
            self[key] = module


def pairs_of(given: Any, kind: str, tables: tuple[type[Any], ...]) -> list[tuple[Any, Any]]:
    """Names with what they stand for, from a table or a list of pairs."""
    if isinstance(given, tables):
        return list(given.items())
    checked_iterable(given, f"{kind}.update", " of key/value pairs")
    found = []
    for at, pair in enumerate(list(given)):
        element = f"{kind} update sequence element #{at}"
        if not isinstance(pair, (list, tuple)):
            raise ArgumentError(f"{element} should be Iterable; is {type(pair).__name__}")
        if len(pair) != 2:
            raise ValueProblem(f"{element} has length {len(pair)}; 2 is required")
        found.append((pair[0], pair[1]))
    return found
