"""The header of a table that was loaded as a tensor: it stays with that very tensor.

What is computed from the tensor is another one, whose columns may mean something else; `remark`
says so where such a one is saved.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.files.fields import is_header

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

_names: dict[int, tuple[weakref.ref[Tensor], tuple[str, ...]]] = {}
# By the number of columns: the file whose header was read last.
_seen: dict[int, str] = {}


class Matrix(NamedTuple):
    """Numbers, of 1 or 2 dims, and the names of their columns where there was a header."""

    array: Any
    names: tuple[str, ...] | None


def remember(tensor: Tensor, names: tuple[str, ...] | None, file: str) -> None:
    """Keep the names of a tensor's columns for as long as it lives."""
    if names is not None and is_header(names):
        key = id(tensor)
        _names[key] = weakref.ref(tensor, lambda _: _names.pop(key, None) and None), names
        _seen[len(names)] = file


def names_of(value: object) -> tuple[str, ...] | None:
    """The names of a tensor's columns, or None where there are none, or not so many any more."""
    found = _names.get(id(value))
    if found is None or found[0]() is not value:
        return None
    return found[1] if _width(value) == len(found[1]) else None


def remark(value: object, file: str) -> str | None:
    """What to say where a table is written without a header though one like it was read with one.

    value: what was saved; file: the table's name. Said once for each header.
    """
    if not hasattr(value, "shape") or names_of(value) is not None:
        return None
    source = _seen.pop(_width(value), None)
    if source is None:
        return None
    return (
        f"{file} has no header: that of {source} stays with the tensor that was loaded; to name "
        "columns, save a dict of them"
    )


def _width(value: Any) -> int:
    shape = tuple(value.shape)
    return shape[1] if len(shape) == 2 else 1 if len(shape) == 1 else -1
