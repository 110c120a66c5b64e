"""The named tuples that ops with several outputs give."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Op

_return_types: dict[Op, type] = {}


def return_type(op: Op) -> type:
    """The named tuple that an op with several outputs gives."""
    found = _return_types.get(op)
    if found is None:
        found = _return_types[op] = named_result(op.name, op.returns)
    return found


class NamedResult(tuple[Any, ...]):
    """Several results by position and by name, such as `values` and `indices`."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"


def named_result(name: str, fields: Sequence[str]) -> type[NamedResult]:
    """A NamedResult type with the given fields."""
    members: dict[str, Any] = {
        "__slots__": (), "_fields": tuple(fields), "_public_": frozenset(fields) | {"count", "index"},
        "__module__": "torch.return_types",
    }  # fmt: skip
    for i, field in enumerate(fields):
        members[field] = property(itemgetter(i))
    return type(name, (NamedResult,), members)
