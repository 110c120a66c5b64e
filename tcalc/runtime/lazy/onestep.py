"""One step on whole large arrays that lie alike, as compiled code: what a program is too much for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import memory
from tcalc.runtime.lazy.compiled.kernels import Kernel, available, prepared
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array

# By function, layout and dtypes; None where it is no such code.
_kernels: dict[Any, Kernel | None] = {}


def compute(
    function: Callable[..., object], operands: Sequence[Array], shape: tuple[int, ...], dtype: Any, cost: int
) -> Array:  # fmt: skip
    """A function of arrays of one shape, in C order, and of numbers; None where something lies otherwise
    or there is no code for it yet. cost: what an element costs."""
    if not available():
        return None
    layout = ""
    for a in operands:
        if not a.ndim:
            layout += NUMBER
        elif a.shape == shape and a.flags.c_contiguous:
            layout += MOVING
        else:
            return None
    key = (function, layout, dtype, *[a.dtype for a in operands])
    kernel = _kernels.get(key, _kernels)
    if kernel is _kernels:
        kernel = _kernels[key] = _kernel(function, layout, [*key[3:], dtype])
    if kernel is None:
        return None
    nbytes = dtype.itemsize
    for n in shape:
        nbytes *= n
    size = nbytes // dtype.itemsize
    if not kernel.is_ready(size):  # type: ignore[union-attr]  # it is no dict
        return None
    memory.check(nbytes, f"a tensor of shape {list(shape)}")
    found = np.empty(shape, dtype)
    kernel.over((*operands, found), cost + 1)  # type: ignore[union-attr]
    return found


def _kernel(function: Any, layout: str, dtypes: Sequence[Any]) -> Kernel | None:
    out = len(layout)
    parts = prepared([(function, tuple(range(out)), out)], dtypes, layout, (out,))
    kernel = parts[0]
    return kernel if type(kernel) is Kernel else None
