"""An update as one compiled function, where its steps come to code that gives NumPy's bits.

It is noted down once, with what stands for the array module and for arrays; then all its steps are done
in one pass over memory.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled.kernels import Kernel, address, available
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.pool import UNIT
from tcalc.runtime.lazy.compiled.steps import Run, divided
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.types.codes import PLAIN_FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
# Fewer elements NumPy is as quick with.
FEW = 1 << 12
_SCRATCH = 3


class _Unknown(Exception):
    """A step that is not noted."""


class _Held:
    """Stands for an array, or a number: the register that has what is in it."""

    __slots__ = ("register",)

    def __init__(self, register: int) -> None:
        self.register = register


class _Notes:
    """Stands for the array module: notes the steps of functions of elements."""

    def __init__(self) -> None:
        self.steps: list[tuple[Any, tuple[int, ...], int]] = []
        self.count = 0

    def held(self) -> _Held:
        """Something in a register of its own."""
        self.count += 1
        return _Held(self.count - 1)

    def __getattr__(self, name: str) -> Callable[..., _Held]:
        function = getattr(np, name)
        if type(function) is not np.ufunc or function.nout != 1:
            raise _Unknown(name)
        return partial(self._note, function)

    def _note(self, function: np.ufunc, *given: Any, out: _Held | None = None) -> _Held:
        *operands, into = (*given[: function.nin], given[function.nin] if out is None else out)
        if any(type(v) is not _Held for v in operands):
            raise _Unknown(function.__name__)
        read = tuple([v.register for v in operands])
        into.register = self.held().register
        self.steps.append((function, read, into.register))
        return into


class OnePass:
    """The function of an update. places: for each array that it takes, which of the update's arrays or,
    after those, of its numbers that is."""

    __slots__ = ("_kernel", "_places")

    def __init__(self, kernel: Kernel, places: Sequence[int]) -> None:
        self._kernel = kernel
        self._places = places

    def do(self, arrays: Sequence[Array], numbers: Sequence[Array]) -> bool:
        """Do the update, unless that is NumPy's for these arrays. numbers: 0-dim arrays."""
        first = arrays[0]
        size, shape, dtype = first.size, first.shape, first.dtype
        for a in arrays:
            if type(a) is not ndarray or a.dtype is not dtype or a.shape != shape:
                return False
            if not a.flags.c_contiguous:
                return False
        kernel = self._kernel
        if not (available() and kernel.is_ready(size)):
            return False
        given, count, unit = (*arrays, *numbers), len(arrays), UNIT * dtype.itemsize
        row, ahead = [1, size], [0, 0]
        for k in self._places:
            row += address(given[k]), 0
            ahead += unit if k < count else 0, 0
        if size < LARGE:
            kernel.take(row)
        else:
            with threads.uninterrupted():  # a piece that is written over cannot be done again
                kernel.share(row, ahead, 1, UNIT, size * (kernel.work + 1))
        return True


@lru_cache(256)
def one_pass(
    work: Callable[..., Callable[..., None]], settings: tuple[object, ...], count: int, dtype: Any
) -> OnePass | None:
    """The function of the update that `work` makes of settings, `float` standing for a number, or None.

    count: the arrays of the update, of a dtype: all but the first may be written.
    """
    if dtype.char not in PLAIN_FLOATS:
        return None
    notes = _Notes()
    arrays = [notes.held() for _ in range(count)]
    given = [notes.held() if s is float else s for s in settings]
    inputs = notes.count
    try:
        work(*given)(notes, [notes.held() for _ in range(_SCRATCH)], *arrays)
    except (_Unknown, AttributeError, IndexError, TypeError):
        return None
    homes = {a.register: i for i, a in enumerate(arrays) if a.register >= inputs}
    dtypes = [dtype] * notes.count
    runs = divided(notes.steps, dtypes, [*homes])
    run = runs[0]
    if len(runs) > 1 or type(run) is not Run or not run.exact or len(homes) < len(run.writes):
        return None
    if max(run.reads) >= inputs:
        return None
    layout = "".join([MOVING if r < count else NUMBER for r in run.reads])
    kernel = Kernel(run, dtypes, layout + MOVING * len(run.writes))
    return OnePass(kernel, [*run.reads, *[homes[r] for r in run.writes]])
