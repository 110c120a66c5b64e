"""Where arrays have their elements."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# An array's C structure begins as any object's; the address of its elements comes next.
_ADDRESS = object.__basicsize__
_pointer_at = ctypes.c_void_p.from_address


def _told(a: Array) -> int:
    return int(a.__array_interface__["data"][0])


def _read(a: Array) -> int:
    """The same, four times as fast; of what is no array yet, where it is computed."""
    if type(a) is not np.ndarray:
        return _told(np.asarray(a))
    return _pointer_at(id(a) + _ADDRESS).value  # type: ignore[return-value]  # of memory that is there


_tried = np.zeros(1)
# Where an array's first element is.
address = _read if _read(_tried) == _told(_tried) else _told
