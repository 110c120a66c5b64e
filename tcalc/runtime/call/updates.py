"""Updates: what writes into several tensors at once and is no function of them, as an optimizer's step.

An update works on arrays, outside the graph; it is done at once, or noted as one step of a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.lazy.expression import live
from tcalc.runtime.lazy.hazards import before_write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

_PLAIN = {np.ndarray}


def change(
    function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
) -> None:
    """Let `function(*read, *written)` write into the arrays of some tensors, and count the writes.

    function: it may go by nothing else that changes, since plans call it again. Its `__name__` is
    what they show.
    """
    if interpreters.count and mode.interpreter is not None:
        mode.interpreter.change(function, read, written)
    else:
        at_once(function, read, written)
    for t in written:
        (t._s or t.shared()).version += 1


def at_once(
    function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
) -> None:
    """Let `function` write, as the writes are not counted yet."""
    arrays = [t._d for t in (*read, *written)]
    if {*map(type, arrays)} != _PLAIN:
        if any(type(t._d) is Mirror for t in written):
            raise StateError("a view that is conjugated cannot be updated: clone() it")
        arrays = [t._a for t in (*read, *written)]
    if live:
        for a in arrays[len(read) :]:
            before_write(a)
    function(*arrays)
