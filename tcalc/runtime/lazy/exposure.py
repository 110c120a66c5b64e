"""Memory that programs hold as NumPy arrays of their own: it may change without our seeing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

_exposed: WeakValueDictionary[int, Any] = WeakValueDictionary()
# The table in it, which is asked in less time.
_references = vars(_exposed)["data"]


def owner(array: Array) -> Array:
    """The array (or other object) whose memory an array shows.

    NumPy's as_strided puts an object between, which has a base as arrays do.
    """
    while (base := getattr(array, "base", None)) is not None:
        array = base
    return array


def mark_exposed(memory: Array) -> None:
    """Note that a program may write to an array's memory; memory of other objects always counts."""
    if type(memory) is np.ndarray:
        _exposed[id(memory)] = memory


def is_marked(memory: Array) -> bool:
    """Whether that was noted of an array which owns its memory."""
    kept = _references.get(id(memory))
    return kept is not None and kept() is memory


def is_exposed(array: Array) -> bool:
    """Whether memory may change without our seeing it."""
    memory = owner(array)
    return type(memory) is not np.ndarray or (bool(_exposed) and id(memory) in _exposed)
