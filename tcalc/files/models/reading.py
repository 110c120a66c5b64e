"""From what a file describes to values of programs, or to a list of the tensors in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem, TcalcError
from tcalc.files.formats import Entry
from tcalc.files.models.described import (
    Counted,
    Laid,
    Named,
    OldParameter,
    Ordered,
    Sizes,
    Sparse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN = frozenset({str, int, float, bool, complex, type(None)})
_CONTAINERS = frozenset({dict, list, tuple, set, frozenset, Ordered, Counted})
# How deep containers may lie in each other: far deeper than those of models, far less than what
# Python's own recursion can take.
MOST_DEEP = 100


class Values:
    """Makes values of what a file describes; what it holds twice, the value holds twice.

    tensor: makes a tensor of its description.
    """

    def __init__(self, tensor: Callable[[Laid | Sparse], Any], name: str) -> None:
        self._tensor = tensor
        self._name = name
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()

    def value(self, described: Any, depth: int = 0) -> Any:
        """The value of one description."""
        kind = type(described)
        if kind in _PLAIN:
            return described
        key = id(described)
        if key in self._made:
            return self._made[key]
        if kind is Laid or kind is Sparse:
            made = self._tensor(described)
        elif kind is OldParameter:
            made = self._tensor(described.laid)
        elif kind in _CONTAINERS:
            self._enter(key, depth)
            made = self._container(described, depth + 1)
            self._open.discard(key)
        else:
            made = self._other(described)
        self._made[key] = made
        return made

    def _enter(self, key: int, depth: int) -> None:
        if key in self._open:
            raise FileProblem(f"{self._name}: a container in it holds itself", argument="f")
        if depth > MOST_DEEP:
            raise FileProblem(
                f"{self._name}: containers in it lie deeper than {MOST_DEEP} in each other",
                argument="f",
            )
        self._open.add(key)

    def _container(self, described: Any, depth: int) -> Any:
        from tcalc.runtime.objects.containers import Counter, OrderedDict
        from tcalc.runtime.objects.lists import List

        kind = type(described)
        if kind is list:
            return List([self.value(v, depth) for v in described])
        if kind is tuple:
            return tuple([self.value(v, depth) for v in described])
        if kind is set or kind is frozenset:
            return described
        made: dict[Any, Any] = {}
        if kind is Ordered:
            made = OrderedDict()
        elif kind is Counted:
            made = Counter()
        for key, value in described.items():
            dict.__setitem__(made, key, self.value(value, depth))
        if kind is Ordered and described.metadata is not None:
            made.__dict__["_metadata"] = self.value(described.metadata, depth)
        return made

    def _other(self, described: Any) -> Any:
        from tcalc.runtime.types import dtypes
        from tcalc.runtime.types.devices import device
        from tcalc.runtime.types.shapes import Size

        if type(described) is Sizes:
            return Size(described.sizes)
        if type(described) is Named:
            try:
                if described.is_dtype:
                    return dtypes.BY_NAME[described.name]
                return device(described.name)
            except TcalcError as error:
                raise FileProblem(f"{self._name}: {error}", argument="f") from None
        raise stray(described, self._name)


def stray(described: Any, name: str) -> FileProblem:
    """The error that a file holds something that no program has."""
    return FileProblem(
        f"{name} holds {getattr(described, 'called', 'something else than weights')}", argument="f"
    )


def entries(described: Any, name: str) -> list[Entry]:
    """The tensors that a file describes, by the keys that lead to them."""
    return [Entry(path, one.dtype, one.size) for path, one in found(described, name)]


def tensors(described: Any, name: str) -> Iterator[tuple[str, Laid]]:
    """Those that have elements of their own in the file, by the keys that lead to them."""
    for path, one in found(described, name):
        if type(one) is Sparse:
            yield from [(path, part) for part in one.parts]
        else:
            yield path, one


def found(described: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every tensor with its description; what is in containers that come twice is told once."""
    seen: set[int] = set()

    def below(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        kind = type(value)
        if kind is Laid or kind is Sparse:
            yield path, value
        elif kind is OldParameter:
            yield path, value.laid
        elif kind in _CONTAINERS and id(value) not in seen:
            seen.add(id(value))
            if depth > MOST_DEEP:
                raise FileProblem(
                    f"{name}: containers in it lie deeper than {MOST_DEEP} in each other",
                    argument="f",
                )
            members = value.items() if isinstance(value, dict) else enumerate(value)
            for key, member in members:
                yield from below(member, f"{path}.{key}" if path else str(key), depth + 1)

    return below(described, "", 0)
