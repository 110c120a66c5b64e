"""Calls of functions of neural networks that machine code does whole, where the installation has it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from tcalc.runtime.call import native, overcalls
from tcalc.runtime.lazy.compiled import library, nncalls, pool
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.tensor.storage import View


def function(name: str) -> Any:
    """What gives the result of an op's call by its arguments in order, and None for what is left to Python; None
    where the installation has no such function."""
    name = nncalls.PREFIX + name
    context, start = native.context(), library.address(name)
    if not context or start is None:
        return None
    try:
        view = View(*View.__slots__)  # type: ignore[arg-type]  # each to be known by
        places = [native.slot(view, member) for member in ("base", "version")]
    except (AttributeError, ValueError):
        return None
    pool.helpers()  # who may share what it does
    words = {
        "context": ctypes.addressof(context), "false": id(False), "sharing": ctypes.addressof(sharing),
        "get": native.python_function("PyMem_RawMalloc"),
        "free": native.python_function("PyMem_RawFree"), "function": overcalls.product(),
        "float": id(_FLOAT), "long": id(_LONG), "tuple": id(tuple), "mean": id("mean"), "sum": id("sum"),
        **dict(zip(("at_base", "at_seen"), places)),
    }  # fmt: skip
    return native.builtin(name, start, [words[word] for word in nncalls.SITE])


_FLOAT, _LONG = np.dtype(np.float32), np.dtype(np.int64)
