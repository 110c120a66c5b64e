"""Modules that hold parameters: ParameterList and ParameterDict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex

from tcalc.errors import ArgumentError, KeyProblem, StateError
from tcalc.library.nn.containers import checked_iterable, pairs_of, position
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView


def _kept(value: object) -> object:
    """A tensor as a parameter, anything else as it is."""
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def _line(name: object, value: object, kind: str) -> str:
    """What a container's text says of one thing in it."""
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type(value).__name__}"
    what = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(map(str, value.shape))
    where = "" if value.is_cpu else f" ({value.device})"
    return f"  ({name}): {what} containing: [{kind} of size {size}{where}]"


class _Holder(Module):
    """What both have in common: it is no layer."""

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        raise StateError(f"{type(self).__name__} should not be called.")


@export(
    "torch.nn.ParameterList", "torch.nn.modules.container.ParameterList",
    home="torch.nn.modules.container",
)  # fmt: skip
class ParameterList(_Holder):
    """Parameters in a list: tensors become parameters, anything else is kept as it is.

    >>> nn.ParameterList([zeros(2, 3), zeros(1)])
    ParameterList(
        (0): Parameter containing: [torch.float32 of size 2x3]
        (1): Parameter containing: [torch.float32 of size 1]
    )
    """

    _public_ = frozenset({"append", "extend"})
    _hidden_ = frozenset({"_size"})

    def __init__(self, values: Iterable[object] | None = None) -> None:
        super().__init__()
        self.__dict__["_size"] = 0
        if values is not None:
            self.extend(values)

    def _restored_(self) -> None:
        """Count what it holds anew, whose tables a file has filled."""
        own, size = self.__dict__, 0
        while any(str(size) in held for held in (own, own["_parameters"], own["_buffers"])):
            size += 1
        own["_size"] = size

    def __len__(self) -> int:
        size: int = self.__dict__["_size"]
        return size

    def __iter__(self) -> Iterator[Any]:
        return iter([_read(self, str(i)) for i in range(len(self))])

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return type(self)([_read(self, str(i)) for i in range(*index.indices(len(self)))])
        return _read(self, str(position(index, len(self))))

    def __setitem__(self, index: SupportsIndex, value: object) -> None:
        setattr(self, str(position(index, len(self))), _kept(value))

    @silent
    def append(self, value: object) -> Self:
        """Put a parameter behind the others."""
        at = len(self)
        self.__dict__["_size"] = at + 1
        self[at] = value
        return self

    @silent
    def extend(self, values: Iterable[object]) -> Self:
        """Put several parameters behind the others."""
        if isinstance(values, Tensor):
            raise ArgumentError(
                "ParameterList.extend should be called with an iterable, but got Tensor"
            )
        for value in list(checked_iterable(values, "ParameterList.extend")):
            self.append(value)
        return self

    def __iadd__(self, other: Iterable[object]) -> Self:
        return self.extend(other)

    def extra_repr(self) -> str:
        """A line for each."""
        return "\n".join([_line(i, p, str(getattr(p, "dtype", ""))) for i, p in enumerate(self)])


def _read(module: Module, name: str) -> Any:
    """What a container keeps by a name: a member, or what is no tensor."""
    own = module.__dict__
    return own[name] if name in own else Module.__getattr__(module, name)


@export(
    "torch.nn.ParameterDict", "torch.nn.modules.container.ParameterDict",
    home="torch.nn.modules.container",
)  # fmt: skip
class ParameterDict(_Holder):
    """Parameters by name: tensors become parameters, anything else is kept as it is.

    >>> nn.ParameterDict({"w": zeros(2, 3)})["w"].requires_grad
    True
    """

    _public_ = frozenset(
        {
            "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault",
            "update", "values",
        }
    )  # fmt: skip
    _hidden_ = frozenset({"_keys"})

    def __init__(self, parameters: object = None) -> None:
        super().__init__()
        # The names in order; a dict for its order and its speed.
        self.__dict__["_keys"] = {}
        if parameters is not None:
            self.update(parameters)

    def _restored_(self) -> None:
        """Name what it holds anew, whose tables a file has filled."""
        own = self.__dict__
        plain = [name for name in own if name[0] != "_" and name != "training"]
        own["_keys"] = dict.fromkeys([*own["_parameters"], *own["_buffers"], *plain])

    def __len__(self) -> int:
        return len(_names(self))

    def __iter__(self) -> Iterator[str]:
        return iter(_names(self))

    def __reversed__(self) -> Iterator[str]:
        return reversed(_names(self))

    def __contains__(self, key: object) -> bool:
        return key in _names(self)

    def __getitem__(self, key: str) -> Any:
        if key not in _names(self):
            raise KeyProblem(repr(key), argument="key")
        return _read(self, key)

    def __setitem__(self, key: str, value: object) -> None:
        if type(key) is not str:
            raise ArgumentError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type "
                f"is '{type(key).__name__}'). Open an issue on github if you need non-string keys.",
                argument="key",
            )
        if key not in _names(self) and (
            key in self.__dict__
            or hasattr(type(self), key)
            or any(key in base.__dict__.get("_hidden_", ()) for base in type(self).__mro__)
        ):
            raise KeyProblem(f"attribute '{key}' already exists", argument="key")
        if key[:2] == "__":
            raise KeyProblem(f"a name can't begin with '__': {key}", argument="key")
        _names(self)[key] = None
        setattr(self, key, _kept(value))

    def __delitem__(self, key: str) -> None:
        if key not in _names(self):
            raise KeyProblem(repr(key), argument="key")
        del _names(self)[key]
        delattr(self, key)

    def keys(self) -> KeysView[str]:
        """The names."""
        return _names(self).keys()

    def values(self) -> list[Any]:
        """The parameters."""
        return List([self[key] for key in self])

    def items(self) -> list[tuple[str, Any]]:
        """The names with their parameters."""
        return List([(key, self[key]) for key in self])

    def get(self, key: str, default: object = None) -> Any:
        """The parameter of a name, or the default."""
        return _read(self, key) if key in _names(self) else default

    def pop(self, key: str) -> Any:
        """Take a parameter out, and give it."""
        found = self[key]
        del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Take the last out, and give its name and it."""
        if not len(self):
            raise KeyProblem("ParameterDict is empty")
        key = next(reversed(self))
        return key, self.pop(key)

    def setdefault(self, key: str, default: object = None) -> Any:
        """The parameter of a name, which is put there first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take all parameters out."""
        for key in list(self):
            del self[key]

    def copy(self) -> ParameterDict:
        """Another with the same parameters."""
        return ParameterDict(self)

    def fromkeys(self, keys: Iterable[str], default: object = None) -> ParameterDict:
        """Another with these names, all for the same."""
        return ParameterDict([(key, default) for key in keys])

    def update(self, parameters: object) -> None:
        """Put parameters in: from a dict, another ParameterDict, or a list of names with them."""
        for key, value in pairs_of(parameters, "ParametersDict", (dict, ParameterDict)):
            self[key] = value

    def __or__(self, other: object) -> ParameterDict:
        if not isinstance(other, (dict, ParameterDict)):
            return NotImplemented
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: object) -> ParameterDict:
        return ParameterDict(other) | self if isinstance(other, dict) else NotImplemented

    def __ior__(self, other: object) -> Self:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        """A line for each."""
        return "\n".join([_line(key, p, _kind(p)) for key, p in self.items()])


def _names(module: Module) -> dict[str, None]:
    names: dict[str, None] = module.__dict__["_keys"]
    return names


def _kind(value: object) -> str:
    return str(value.type()) if isinstance(value, Tensor) else ""
