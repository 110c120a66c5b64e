"""Calls that make small tensors, done whole by machine code where the installation has it."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

from tcalc.runtime.base.modes import mode
from tcalc.runtime.call import native
from tcalc.runtime.lazy.compiled import creatinglines, library
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.generator import begun, default_generator
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import Size


def function(name: str) -> Any:
    """What gives the result of an op's call by its arguments that are no keywords and its dtype, and None for what is left
    to Python; None where the installation has no such function."""
    name = creatinglines.PREFIX + name
    context, start = _context(), library.address(name)
    if context is None or start is None:
        return None
    return native.builtin(name, start, [ctypes.addressof(context)])


@cache
def _context() -> Any:
    """The words that all such functions share; None where something is not where it is looked for."""
    try:
        found = _places()
    except (AttributeError, ImportError, ValueError):
        return None
    return (ctypes.c_int64 * len(creatinglines.CONTEXT))(
        *[found[name] for name in creatinglines.CONTEXT]
    )


# Where Python's RLock counts how often it is held.
_COUNT = 32


def _places() -> dict[str, int]:
    """Them by name. Raises ValueError where something is elsewhere."""
    generator, pair, items = begun("cpu"), (1 << 40, 2), [1 << 40, 2]
    native.need(native.word(id(pair), 16) == native.word(id(items), 16) == 2, "a length")
    native.need(native.word(id(pair), 24) == id(pair[0]), "a tuple's items")
    native.need(native.word(native.word(id(items), 24), 0) == id(items[0]), "a list's items")
    with generator.lock, generator.lock:
        native.need(native.word(id(generator.lock), _COUNT) == 2, "how often a lock is held")
    objects = {
        "tuple": tuple, "size": Size, "false": False, "list": list, "program_list": List, "nothing": None,
        "single": dtypes.float32, "long": dtypes.int64, "double": dtypes.float64,
        "doubles": np.dtype(np.float64), "mode": mode, "device": _DEVICE, "floats": np.dtype(np.float32),
        "longs": np.dtype(np.int64), "generator": default_generator(),
    }  # fmt: skip
    return {
        **native.known_places(), **{name: id(thing) for name, thing in objects.items()},
        "default": id(dtypes.default) + native.slot(dtypes.default, "value"),
        "get": native.python_function("PyObject_GetAttr"),
        "at_block": native.slot(generator, "_block"), "at_next": native.slot(generator, "_next"),
        "at_lock": native.slot(generator, "lock"), "at_count": _COUNT,
    }  # fmt: skip


_DEVICE = "device"
