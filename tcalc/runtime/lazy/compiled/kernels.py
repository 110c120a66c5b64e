"""What programs use: their steps, those that come to machine code as calls of it.

Runs of steps whose results are NumPy's to the bit are compiled beside, once they have taken long
enough; until then NumPy does them. The others are compiled at once: by what they compute alone, never
by what was compiled already, so that a result does not depend on that.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from tcalc.runtime.lazy.compiled import building, processor
from tcalc.runtime.lazy.compiled.lower import MOVING, NAME, NUMBER, STANDING, lower
from tcalc.runtime.lazy.compiled.primitives import PRIMITIVES
from tcalc.runtime.lazy.compiled.steps import Run, divided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.steps import Step

# What NumPy has to have done of a run, in elements times steps, before that is compiled.
LONG = 1 << 26


class _Settings:
    """on: whether compiled code is used, where it can be."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = True


settings = _Settings()


def available() -> bool:
    """Whether code is compiled on this machine."""
    return settings.on and processor.identity() is not None


def replaces(function: Any, dtype: Any) -> bool:
    """Whether large arrays have a function of a dtype from here, and other last digits than
    NumPy's."""
    primitive = PRIMITIVES.get(function)
    return primitive is not None and not primitive.exact and dtype.char == "f" and available()


def prepared(
    steps: Sequence[Step], dtypes: Sequence[Any], layout: str, wanted: Sequence[int]
) -> list[Kernel | Step]:
    """A program's steps, runs of those that come to code as kernels.

    dtypes: of each register. layout: how each input lies (see layout_of). wanted: the registers
    that are read afterwards.
    """
    found: list[Kernel | Step] = []
    for part in divided(steps, dtypes, wanted):
        if type(part) is Run:
            hows = [layout[r] if r < len(layout) else MOVING for r in part.reads]
            found.append(Kernel(part, dtypes, "".join(hows) + MOVING * len(part.writes)))
        else:
            found.append(part)  # type: ignore[arg-type]  # a step
    return found


def layout_of(arrays: Sequence[Array]) -> str:
    """How the inputs of a program lie: 0-dim arrays, and 2-dim ones of one shape."""
    return "".join(
        [
            NUMBER if not a.ndim else STANDING if not a.strides[1] and a.shape[1] > 1 else MOVING
            for a in arrays
        ]
    )


class Kernel:
    """A function that does a run of steps on blocks.

    layout: how each array lies (see lower), those that are read first. call: None until there is
    code, and where there will be none.
    """

    __slots__ = ("_asked", "_done", "_text", "call", "layout", "run")

    def __init__(self, run: Run, dtypes: Sequence[Any], layout: str) -> None:
        self.run = run
        self.layout = layout
        self.call: Callable[[Any], None] | None = None
        self._text = lower(run, dtypes, layout)
        self._done = 0
        self._asked = False

    def is_ready(self, size: int) -> bool:
        """Whether it can be called, on so many elements, rather than its steps."""
        if self.call is not None:
            return True
        if not self._asked:
            if not self._done:
                self.call = building.kept(self._text, NAME)
            self._done += size * len(self.run.steps)
            if self.call is None and not self.run.exact:
                self._asked = True
                self.call = building.built(self._text, NAME)
            elif self.call is None and self._done >= LONG:
                self._asked = True
                building.beside(self._text, NAME, self._arrived)
        return self.call is not None

    def _arrived(self, call: Callable[[Any], None] | None) -> None:
        self.call = call

    def __call__(self, arrays: Sequence[Array]) -> None:
        """Do the run on the arrays that it reads and those that it writes.

        arrays: 2-dim, of one shape; numbers are 0-dim.
        """
        rows, columns = arrays[-1].shape
        flat = STANDING not in self.layout
        given = []
        for a, how in zip(arrays, self.layout):
            if how == MOVING:
                if a.strides[1] != a.itemsize and columns > 1:
                    a = a.copy()
                flat = flat and (rows == 1 or a.strides[0] == columns * a.itemsize)
            given.append(a)
        numbers = array("q", (1, rows * columns) if flat else (rows, columns))
        for a in given:
            numbers.append(a.__array_interface__["data"][0])
            numbers.append(a.strides[0] if a.ndim else 0)
        assert self.call is not None
        self.call(numbers.buffer_info()[0])
