"""What programs use: their steps, those that come to machine code as calls of it.

Runs of steps whose results are NumPy's to the bit are compiled beside, once they have taken long
enough; until then NumPy does them. The others are compiled at once: by what they compute alone, never
by what was compiled already, so that a result does not depend on that.
"""

from __future__ import annotations

import ctypes
from array import array
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import building, pool, processor
from tcalc.runtime.lazy.compiled.addresses import address as address
from tcalc.runtime.lazy.compiled.code import ALIGNED, LANES
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, STANDING
from tcalc.runtime.lazy.compiled.lower import NAME, lower
from tcalc.runtime.lazy.compiled.pool import PARTS, UNIT
from tcalc.runtime.lazy.compiled.primitives import is_quick, primitive_of, type_of
from tcalc.runtime.lazy.compiled.steps import Run, divided
from tcalc.runtime.lazy.compiled.summing import lower_sums
from tcalc.runtime.lazy.compiled.switch import settings as settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.blocks import Lines
    from tcalc.runtime.lazy.compiled.steps import Step

# What NumPy has to have done of a run, in elements times steps, before that is compiled.
LONG = 1 << 25
# How many steps one is that NumPy has no quick loop for.
_SLOW = 8
# What is shared (see `pool`); from `_LONG_JOB` on Ctrl-C comes between parts.
_SHARED, _WOKEN, _PART, _LONG_JOB = pool.SHARED, pool.WOKEN, pool.PART, 1 << 29
# Results of work on more memory than this part of the last cache go past it: nobody would find them there.
PAST_CACHE = 0.75
FLOATING = ("float", "double")


def can_be_had() -> bool:
    """Whether code can be compiled on this machine."""
    return processor.identity() is not None


def available() -> bool:
    """Whether compiled code is used."""
    return settings.on and can_be_had()


def replaces(function: Any, dtype: Any) -> bool:
    """Whether large arrays have a function of a dtype from here, and other last digits than
    NumPy's."""
    primitive = primitive_of(function)
    own = primitive is not None and not primitive.exact and type_of(dtype) == "float"
    return own and available()


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
            found.append(_kernel(part, tuple(dtypes), "".join(hows) + MOVING * len(part.writes)))
        else:
            found.append(part)  # type: ignore[arg-type]  # a step
    return found


@lru_cache(1024)
def _kernel(run: Run, dtypes: tuple[Any, ...], layout: str) -> Kernel:
    """One for all that come to the same steps: what NumPy has done of them counts together."""
    return Kernel(run, dtypes, layout)


def layout_of(arrays: Sequence[Array]) -> str:
    """How the inputs of a program lie: 0-dim arrays, and 2-dim ones of one shape."""
    return "".join([NUMBER if not a.ndim else _along(a) for a in arrays])


def _along(array: Array) -> str:
    """How an array lies along its columns; of short rows copies are made (see Kernel)."""
    return STANDING if not array.strides[1] and array.shape[1] >= LANES else MOVING


class Compiled:
    """A function of a text, had when it is needed.

    exact: whether NumPy does the same to the bit. work: steps for an element. call: None until there
    is code, and where there will be none.
    """

    __slots__ = ("_asked", "_done", "_place", "_text", "call", "exact", "work")

    def __init__(self, text: str, exact: bool, work: int) -> None:
        self.call: Callable[[Any], None] | None = None
        self.exact = exact
        self._text = text
        self.work = work
        self._done = 0
        self._place = 0  # of the code, once it is asked for
        self._asked = False

    def is_ready(self, size: int) -> bool:
        """Whether it can be called, for so many elements, rather than NumPy."""
        if self.call is not None:
            return True
        if not self._asked:
            if not self._done:
                self.call = building.kept(self._text, NAME)
            self._done += size * self.work
            if self.call is None and not self.exact:
                self.call = building.built(self._text, NAME)
                self._asked = True  # but not where Ctrl-C came before that
            elif self.call is None and self._done >= LONG:
                self._asked = True
                building.beside(self._text, NAME, self._arrived)
        return self.call is not None

    def prepare(self) -> None:
        """Have the code now, whatever NumPy does as well."""
        self.call = building.kept(self._text, NAME) or building.built(self._text, NAME)

    def _arrived(self, call: Callable[[Any], None] | None) -> None:
        self.call = call

    def pass_on(self, shape: Sequence[int], places: Sequence[tuple[int, int]]) -> None:
        """Call it with what the function is given: how much there is, and for each array an address
        and a number."""
        numbers = [*shape]
        for place in places:
            numbers += place
        self.take(numbers)

    def take(self, numbers: Sequence[int]) -> None:
        """The same with all that in a row."""
        given = array("q", numbers)
        self.call(given.buffer_info()[0])  # type: ignore[misc]  # there is code

    def share(
        self, numbers: Sequence[int], steps: Sequence[int], place: int, unit: int, work: int
    ) -> None:
        """The same, where that pays over threads, each with some units of what there is.

        numbers: of the whole; the one at `place` tells how much that is. steps: what a unit adds to the
        others. work: elements times steps.
        """
        if work < _SHARED:
            self.take(numbers)
            return
        workers = pool.helpers() if len(numbers) <= pool.MOST and work < _LONG_JOB else 0
        if not workers and work < _WOKEN:
            self.take(numbers)
            return
        total = numbers[place]
        units = -(-total // unit)
        parts = min(PARTS * threads.number(), work // _PART)
        if not workers:
            parts = max(parts, work // _WOKEN)
        some = max(1, units // parts)
        ahead = [some * step for step in steps]
        self.parts(numbers, ahead, place, some * unit, total, work, workers)

    def parts(
        self, numbers: Sequence[int], ahead: Sequence[int], place: int, each: int, total: int, work: int,
        workers: int | None = None,
    ) -> None:  # fmt: skip
        """The same for each part of a job, over threads where that pays.

        numbers: of the first part; ahead: what is added to them from part to part. The one at `place` tells
        how much a part is: `each`, and in the last what is left of `total`. work: as `share` has it.
        workers: how many there are, where that is known.
        """
        count = -(-total // each)
        if count < 2:
            self.take(numbers)
            return
        if workers is None:
            shared = _SHARED <= work < _LONG_JOB and len(numbers) <= pool.MOST
            workers = pool.helpers() if shared else 0
        if workers:
            if not self._place:
                self._place = ctypes.cast(self.call, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
            pool.spread(self._place, numbers, ahead, place, each, total, workers, work >= _WOKEN)
            return

        def part(i: int) -> None:
            given = [number + i * far for number, far in zip(numbers, ahead)]
            given[place] = min(each, total - i * each)
            self.take(given)

        if work < _WOKEN:
            for i in range(count):
                part(i)
        else:
            threads.spread(part, count)


def cost_of(run: Run) -> int:
    """What an element of a run costs, in passes of plain arithmetic."""
    return sum([1 if is_quick(function) else _SLOW for function, *_ in run.steps])


class Kernel(Compiled):
    """A function that does a run of steps on blocks.

    layout: how each array lies (see lower), those that are read first. past: whether results go past the
    cache, to memory that is aligned.
    """

    __slots__ = ("_dtypes", "_past", "layout", "run")

    def __init__(self, run: Run, dtypes: Sequence[Any], layout: str, past: bool = False) -> None:
        super().__init__(lower(run, dtypes, layout, past), run.exact, cost_of(run))
        self.run = run
        self.layout = layout
        self._dtypes = dtypes
        self._past: Kernel | None = None

    @property
    def past(self) -> Kernel:
        """The same past the cache."""
        if self._past is None:
            self._past = Kernel(self.run, self._dtypes, self.layout, True)
        return self._past

    def over(self, arrays: Sequence[Array], work: int) -> None:
        """Do the run on whole arrays in C order, and on numbers, over threads where that pays. work: what an
        element costs."""
        size = arrays[-1].size
        places = [address(a) for a in arrays]
        units = [a.itemsize if a.ndim else 0 for a in arrays]
        first, kernel = 0, self
        if size * sum(units) >= PAST_CACHE * processor.cache_size():
            first = self._aligned(places, units)
            if 0 <= first < size and self.past.is_ready(size):
                kernel = self.past
            else:
                first = 0
        if first:
            self.pass_on((1, first), [(place, 0) for place in places])
        numbers, steps = [1, size - first], [0, 0]
        for place, unit in zip(places, units):
            numbers += place + first * unit, 0
            steps += UNIT * unit, 0
        kernel.share(numbers, steps, 1, UNIT, size * work)

    def _aligned(self, places: Sequence[int], units: Sequence[int]) -> int:
        """From which element on results lie aligned; -1 where they do not, or are read as they are
        written: what is in the cache anyway is best left there."""
        reads = len(self.run.reads)
        found = {(-place % ALIGNED) / unit for place, unit in zip(places[reads:], units[reads:])}
        first = found.pop()
        if found or first % 1 or {*places[:reads]} & {*places[reads:]}:
            return -1
        return int(first)

    def __call__(self, arrays: Sequence[Array]) -> None:
        """Do the run on the arrays that it reads and those that it writes.

        arrays: 2-dim, of one shape; numbers are 0-dim.
        """
        rows, columns = arrays[-1].shape
        flat = STANDING not in self.layout
        given = []
        for i, (a, how) in enumerate(zip(arrays, self.layout)):
            if how == MOVING:
                joined = rows == 1 or a.strides[0] == columns * a.itemsize
                apart = columns > 1 and a.strides[1] != a.itemsize
                # Rows that are shorter than a vector are put side by side.
                if i < len(self.run.reads) and (apart or (not joined and columns < LANES)):
                    a, joined = a.copy(), True
                flat = flat and joined
            given.append(a)
        shape = (1, rows * columns) if flat else (rows, columns)
        self.pass_on(shape, [(address(a), a.strides[0] if a.ndim else 0) for a in given])

    def whole(self, arrays: Sequence[Array], work: int) -> bool:
        """The same on whole arrays, over threads where that pays: whether it was done, as it is for rows
        whose elements lie side by side. work: what an element costs."""
        rows, columns = arrays[-1].shape
        flat = STANDING not in self.layout
        for a, how in zip(arrays, self.layout):
            if how == MOVING:
                if columns > 1 and a.strides[1] != a.itemsize:
                    return False
                flat = flat and (rows == 1 or a.strides[0] == columns * a.itemsize)
        if flat:
            self.over(arrays, work)
            return True
        if columns < LANES or rows < PARTS * threads.number():
            return False
        numbers, steps = [rows, columns], [0, 0]
        for a in arrays:
            ahead = a.strides[0] if a.ndim else 0
            numbers += address(a), ahead
            steps += ahead, 0
        self.share(numbers, steps, 0, 1, rows * columns * work)
        return True


class Sums(Compiled):
    """A function that does a run of steps and adds up the blocks of some registers.

    layout: of the arrays that are read, each in C order without gaps, or a number.
    """

    __slots__ = ("layout", "run", "summed")

    def __init__(self, run: Run, dtypes: Sequence[Any], layout: str, summed: Sequence[int]) -> None:
        layout += MOVING * len(run.writes)
        text = lower_sums(run, dtypes, layout, summed)
        super().__init__(text, run.exact, len(run.steps) + len(summed))
        self.run = run
        self.layout = layout
        self.summed = summed

    def __call__(
        self, arrays: Sequence[Array], sums: Sequence[Array], lines: Lines, work: int
    ) -> None:
        """Do all of it, over threads where that pays.

        arrays: those that are read and those that are written, in C order. sums: take those of the
        blocks. work: what an element costs.
        """
        count, size, length = lines
        places = [
            (address(a), a.itemsize if how == MOVING else 0) for a, how in zip(arrays, self.layout)
        ]
        ends = [(address(a), a.itemsize) for a in sums]
        steps = [0, 0]
        for _, step in places:
            steps += length * step, 0
        for _, step in ends:
            steps += step, 0
        blocks = lines.blocks // count
        for i in range(count):
            numbers = [size, length]
            for place, step in places:
                numbers += place + i * size * step, 0
            for place, step in ends:
                numbers += place + i * blocks * step, 0
            self.share(numbers, steps, 0, length, size * work)


def summing(
    steps: Sequence[Step], dtypes: Sequence[Any], layout: str, summed: Sequence[int],
    written: Sequence[int],
) -> Sums | None:  # fmt: skip
    """A program's steps, where all of them come to code, with the sums of some registers.

    dtypes, layout: see `prepared`. written: the registers that are wanted whole.
    """
    if STANDING in layout or any(type_of(dtypes[r]) not in FLOATING for r in summed):
        return None
    parts = divided(steps, dtypes, (*summed, *written))
    if len(parts) != 1 or type(parts[0]) is not Run:
        return None
    run = parts[0]._replace(writes=tuple(sorted(written)))
    return Sums(run, dtypes, "".join([layout[r] for r in run.reads]), summed)


@cache
def sums_of(dtype: Any) -> Sums | None:
    """The sums of the blocks of arrays of a dtype, or None."""
    if type_of(dtype) not in FLOATING:
        return None
    return Sums(Run((), (0,), (), True), [dtype], MOVING, (0,))
