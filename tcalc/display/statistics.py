"""What a large tensor is like in a few numbers: range, mean, spread, and what is not finite."""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING

from tcalc.display.values import host
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, INTEGERS

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 1 << 18
# How the numbers lie between the ends is told by so many parts, of so many numbers evenly apart.
_PARTS, _SAMPLE = 10, 1 << 16
# Of what is too large to look at all of it: how many elements in a row, and how many such runs.
_RUN, _RUNS = 1 << 8, 1 << 10
_EIGHTHS = "▁▂▃▄▅▆▇█"


class Statistics:
    """The counts and moments of an array's elements; of the magnitudes of complex ones.

    mean and std (with n - 1, as PyTorch's) are of the finite elements alone. sketch: a histogram
    from the smallest to the largest in a few characters. every: that all is of one element in so
    many.
    """

    __slots__ = (
        "char", "count", "every", "infinite", "largest", "mean", "minus_infinite", "nans", "sketch",
        "smallest", "std",
    )  # fmt: skip

    def __init__(self, char: str) -> None:
        self.char = char
        self.count = self.nans = self.infinite = self.minus_infinite = 0
        self.smallest, self.largest = inf, -inf
        self.mean = self.std = nan
        self.sketch = ""
        self.every = 1

    def numbers(self) -> list[tuple[str, str]]:
        """(name, text) of what is always worth telling."""
        if self.char in BOOLS:
            return [("true", f"{round(self.mean * self.count):,}"), ("of", f"{self.count:,}")]
        if not self.count:
            return [("finite", "0")]
        of = "|x| " if self.char in COMPLEXES else ""
        low = rounded(self.smallest, 5)
        return [
            (f"{of}min", f"{low} {self.sketch}" if self.sketch else low),
            ("max", rounded(self.largest, 5)),
            ("mean", f"{self.mean:.4g}"),
            ("std", f"{self.std:.4g}"),
        ]

    def alarms(self) -> list[tuple[str, int]]:
        """(name, count) of what is not finite, where there is any."""
        found = [("nan", self.nans), ("inf", self.infinite), ("-inf", self.minus_infinite)]
        return [(name, count) for name, count in found if count]


def rounded(number: float, digits: int) -> str:
    """A number in so many digits, but whole ones of integers as they are, as long as they are short.

    >>> rounded(999999, 4), rounded(1 / 3, 4), rounded(10**15, 4)
    ('999999', '0.3333', '1e+15')
    """
    return str(number) if type(number) is int and abs(number) < 10**10 else f"{number:.{digits}g}"


def statistics(array: np.ndarray, most: int | None = None) -> Statistics:
    """The statistics of an array, (*,) of any dtype, computed in double precision.

    most: of an array with more elements some are looked at, evenly apart: the time is bounded,
    however large it is, and of a file no more is read.
    """
    running = Running(array.dtype.char)
    every = 1
    if most is not None and array.size > most:
        array = _distinct(array)
        size = array.size
        array = _some(array) if size > most else array
        every = size // array.size
    flat = host(array).reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        running.add(flat[start : start + _BLOCK])
    found = running.statistics()
    found.every = every
    return found


class Running:
    """Statistics of elements that come a block at a time.

    By Chan, Golub and LeVeque's merging of moments (1979), so that no copy of the whole is made
    and a large mean does not swallow the spread.
    """

    def __init__(self, char: str) -> None:
        self._found = Statistics(char)
        self._mean = self._moment = 0.0
        # Elements evenly apart, and how far.
        self._some: list[np.ndarray] = []
        self._apart, self._ahead, self._kept = 1, 0, 0

    def add(self, block: np.ndarray) -> None:
        """Take some elements, (n,), into account."""
        import numpy as np

        found = self._found
        block = np.abs(block) if found.char in COMPLEXES else block
        self._keep(block)
        wide = block.astype(np.float64)
        with np.errstate(all="ignore"):
            total = float(wide.sum())
            finite = wide
            if not isfinite(total):  # some are not finite, or all together are too large
                finite = wide[np.isfinite(wide)]
                found.nans += int(np.count_nonzero(np.isnan(wide)))
                found.infinite += int(np.count_nonzero(wide == inf))
                found.minus_infinite += int(np.count_nonzero(wide == -inf))
                total = float(finite.sum())
            if not finite.size:
                return
            # Whole numbers are taken as they are: double precision may not hold them.
            ends = block if block.dtype.char in INTEGERS else finite
            found.smallest = min(found.smallest, ends.min().item())
            found.largest = max(found.largest, ends.max().item())
            mean = total / finite.size
            step = mean - self._mean
            share = finite.size / (found.count + finite.size)
            apart = finite - mean
            spread = float(np.square(apart, out=apart).sum())
            self._moment += spread + step * step * found.count * share
            self._mean += step * share
        found.count += finite.size

    def statistics(self) -> Statistics:
        """What was found."""
        found = self._found
        if found.count:
            found.mean = self._mean
            found.std = sqrt(self._moment / (found.count - 1)) if found.count > 1 else nan
        if found.smallest < found.largest and found.char not in BOOLS:
            found.sketch = self._sketch()
        return found

    def _keep(self, block: np.ndarray) -> None:
        some = block[self._ahead :: self._apart]
        self._some.append(some.copy())
        self._kept += some.size
        self._ahead = (self._ahead - block.size) % self._apart
        while self._kept > _SAMPLE:
            self._thin()

    def _thin(self) -> None:
        """Keep every other of the elements that are kept."""
        import numpy as np

        kept = np.concatenate(self._some)
        if kept.size % 2:
            self._ahead += self._apart
        self._some = [kept[::2]]
        self._kept = self._some[0].size
        self._apart *= 2

    def _sketch(self) -> str:
        """How the numbers lie between the smallest and the largest, by some of them."""
        import numpy as np

        found = self._found
        some = np.concatenate(self._some).astype(np.float64)
        width = found.largest / 2 - found.smallest / 2
        with np.errstate(all="ignore"):
            part = (some / 2 - found.smallest / 2) / width * _PARTS
        part = part[np.isfinite(part)].astype(np.intp).clip(0, _PARTS - 1)
        counts = np.bincount(part, minlength=_PARTS)
        heights = -(-counts * len(_EIGHTHS) // max(int(counts.max()), 1))  # what is there is seen
        return "".join(_EIGHTHS[max(0, h - 1)] for h in heights.tolist())


def _distinct(array: np.ndarray) -> np.ndarray:
    """The elements that differ in place: what is broadcast once, axes in the order of memory."""
    array = array[tuple(slice(None) if step else slice(1) for step in array.strides)]
    return array.transpose(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))


def _some(array: np.ndarray) -> np.ndarray:
    """Elements that lie evenly apart, in runs where they lie close in memory."""
    import numpy as np

    if array.flags.c_contiguous:
        runs = array.reshape(-1)[: array.size // _RUN * _RUN].reshape(-1, _RUN)
        return runs[np.linspace(0, len(runs) - 1, _RUNS).astype(np.intp)]
    flat = np.linspace(0, array.size - 1, _SAMPLE).astype(np.intp)
    return array[np.unravel_index(flat, array.shape)]
