"""Views in machine code: what an installation has for them."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.modes import mode
from tcalc.runtime.call.native import (
    builtin,
    known_places,
    numpy_function,
    python_function,
    slot,
)
from tcalc.runtime.lazy.compiled import library, pool, viewlines
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.tensor.storage import Part, Storage, View
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcalc.runtime.base.op import Op


def view_call(kind: str, op: Op, parts: Mapping[str, Op] | None = None) -> Any:
    """What gives an op's result for a tensor with an array and the op's other arguments, or None where
    Python is to do it; None where the installation has no such call.

    kind: the function (see `callviews`). parts: of an index, the ops of what it may show.
    """
    start, words = library.address(kind), view_words({"op": op, **(parts or {})})
    return builtin(f"{kind}.{op.name}", start, words) if start and words else None


def view_words(ops: Mapping[str, Op] | None = None) -> list[int]:
    """The words of such a call, the ops of what it shows among them; none where something is not where it is
    looked for."""
    known, ops = _places(), ops or {}
    if not known:
        return []
    found = {**known, **{name: id(ops.get(name)) for name in viewlines.OPS}}
    return [found[name] for name in viewlines.WORDS]


@cache
def _places() -> dict[str, int]:
    """The words that all of them have; none where something is not where it is looked for."""
    try:
        return _found()
    except (AttributeError, ImportError, ValueError):
        return {}


def _found() -> dict[str, int]:
    """Them by name. Raises ValueError where something is elsewhere."""
    pool.helpers()  # who may share what they do
    storage = Storage("array")
    names = ("base", "parent", "op", "values", "version", "tracked")
    view, part = View(*names), Part(*names)  # type: ignore[arg-type]
    part.index = 1 << 40
    objects = {
        "storage": Storage, "view": View, "parts": Part, "size": Size, "tuple": tuple, "slices": slice, "zero": 0,
        "dots": ..., "mode": mode, "enabled": _ENABLED, "flat": _FLAT,
        "false": False, "float32": np.dtype(np.float32), "float64": np.dtype(np.float64),
        "int64": np.dtype(np.int64),
    }  # fmt: skip
    return {
        **known_places(),
        **{name: id(thing) for name, thing in objects.items()},
        **{name: python_function(function) for name, function in viewlines.FUNCTIONS.items()},
        **{name: numpy_function(place) for name, place in viewlines.NUMPYS.items()},
        **{f"at_{name}": slot(view, name) for name in names},
        "at_index": slot(part, "index"),
        "sharing": ctypes.addressof(sharing),
        "at_since": slot(view, "version"),
        "at_version": slot(storage, "version"),
        "at_memory": slot(storage, "_array"),
    }


# What some words lead to.
_ENABLED, _FLAT = "enabled", (-1,)
