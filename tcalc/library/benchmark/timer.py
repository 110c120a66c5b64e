"""torch.utils.benchmark: Timer, which measures statements, and the Measurement that it gives."""

from __future__ import annotations

import math
import statistics
from textwrap import dedent, indent
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, ValueProblem
from tcalc.library.benchmark.timing import stopwatch
from tcalc.runtime.arrays.blas import limit_blas
from tcalc.runtime.base import threads
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Above these parts of the median, the range between the quartiles is worth a warning.
_WIDE, _VERY_WIDE = 0.1, 0.25
# Seconds below which a difference means nothing, and the most figures that are ever certain.
_FINEST, _MOST_FIGURES = 25e-9, 4


def timer() -> float:
    """Seconds of a clock for measuring; only differences mean something.

    >>> torch.utils.benchmark.timer() > 0
    True
    """
    return perf_counter()


def select_unit(t: float) -> tuple[str, float]:
    """The unit that suits a time in seconds, and how many seconds it has.

    >>> torch.utils.benchmark.select_unit(0.002)
    ('ms', 0.001)
    """
    power = int(math.log10(t) // 3) if t > 0 else -3
    return {-3: ("ns", 1e-9), -2: ("us", 1e-6), -1: ("ms", 1e-3)}.get(power, ("s", 1))


def trim_sigfig(x: float, n: int) -> float:
    """A number rounded to `n` figures.

    >>> torch.utils.benchmark.trim_sigfig(3.14159, 2)
    3.1
    """
    if n != int(n):
        raise ArgumentError("the number of figures must be an integer", argument="n")
    if not x:
        return 0.0
    return round(float(x), int(n) - math.ceil(math.log10(abs(x))))


for _function in (timer, select_unit, trim_sigfig):
    export(f"torch.utils.benchmark.{_function.__name__}", value=_function)


@export("torch.utils.benchmark.TaskSpec", home="torch.utils.benchmark.utils.common")
class TaskSpec:
    """What was measured: the statement, its setup, its labels and the number of threads."""

    _FIELDS = (
        "stmt", "setup", "global_setup", "label", "sub_label", "description", "env", "num_threads",
    )  # fmt: skip
    _public_ = frozenset({*_FIELDS, "title", "setup_str", "summarize"})
    __slots__ = _FIELDS

    def __init__(
        self,
        stmt: str,
        setup: str,
        global_setup: str = "",
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
    ) -> None:
        self.stmt = stmt
        self.setup = setup
        self.global_setup = global_setup
        self.label = label
        self.sub_label = sub_label
        self.description = description
        self.env = env
        self.num_threads = num_threads

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._FIELDS)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, TaskSpec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    @property
    def title(self) -> str:
        """What to call it: its label, or else its statement."""
        after = f": {self.sub_label}" if self.sub_label else ""
        if self.label is not None:
            return self.label + after
        if "\n" not in self.stmt:
            return self.stmt + after
        named = f" ({self.sub_label})" if self.sub_label else ""
        return f"stmt:{named}\n{indent(self.stmt, '  ')}"

    def setup_str(self) -> str:
        """The setup as a report shows it."""
        if self.setup in ("", "pass"):
            return ""
        if "\n" in self.setup:
            return f"setup:\n{indent(self.setup, '  ')}"
        return f"setup: {self.setup}"

    def summarize(self) -> str:
        """Title, description and setup, one below the other."""
        parts = [p for p in (self.title, self.description, self.setup_str()) if p]
        return "\n".join(f"{p}\n" if "\n" in p else p for p in parts)


@export("torch.utils.benchmark.Measurement", home="torch.utils.benchmark.utils.common")
class Measurement:
    """What a Timer measured: the seconds of each block of `number_per_run` turns, in `raw_times`.

    Of one turn: `times`, `median`, `mean`, and `iqr`, the range between the quartiles.
    """

    _public_ = TaskSpec._public_ | {
        "as_row_name", "has_warnings", "iqr", "mean", "median", "meets_confidence", "merge",
        "metadata", "number_per_run", "raw_times", "significant_figures", "task_spec", "times",
    }  # fmt: skip

    def __init__(
        self,
        number_per_run: int,
        raw_times: list[float],
        task_spec: TaskSpec,
        metadata: dict[Any, Any] | None = None,
    ) -> None:
        if not isinstance(task_spec, TaskSpec):
            raise ArgumentError(
                f"task_spec is a TaskSpec, not {type(task_spec).__name__}", argument="task_spec"
            )
        self.number_per_run = number_per_run
        self.raw_times = raw_times
        self.task_spec = task_spec
        self.metadata = metadata

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec._public_:
            return getattr(self.task_spec, name)
        raise AccessError(f"'Measurement' object has no attribute '{name}'")

    @property
    def times(self) -> list[float]:
        """Seconds of one turn, by block."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median of `times`."""
        return self._quantile(0.5)

    @property
    def mean(self) -> float:
        """The mean of `times`."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """The third quartile of `times` less the first."""
        return self._quantile(0.75) - self._quantile(0.25)

    def _quantile(self, part: float) -> float:
        """A quantile, linear between neighbours as `torch.quantile` has it."""
        times = sorted(self.times)
        place = part * (len(times) - 1)
        low = int(place)
        high = min(low + 1, len(times) - 1)
        return times[low] + (times[high] - times[low]) * (place - low)

    @property
    def significant_figures(self) -> int:
        """How many figures of the median are certain, by the middle half of the times."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        spread = 1.645 * statistics.pstdev(middle) / math.sqrt(len(middle))
        figures = math.floor(math.log10(self.median / max(spread, _FINEST)))
        return min(max(figures, 1), _MOST_FIGURES)

    def meets_confidence(self, threshold: float = _WIDE) -> bool:
        """Whether `iqr` is a smaller part of the median than `threshold`."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the times differ so much that the report says so."""
        return not self.meets_confidence()

    @property
    def as_row_name(self) -> str:
        """What Compare calls its row."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def __repr__(self) -> str:
        unit, size = select_unit(self.median)
        several = len(self.raw_times) > 1
        count = f"{len(self.raw_times)} measurement{'s' if several else ''}"
        number = self.task_spec.num_threads
        lines = [
            f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>",
            self.task_spec.summarize(),
            f"  {'Median: ' if several else ''}{self.median / size:.2f} {unit}",
        ]
        if len(self.raw_times) >= 4:
            low, high = self._quantile(0.25) / size, self._quantile(0.75) / size
            lines.append(f"  IQR:    {self.iqr / size:.2f} {unit} ({low:.2f} to {high:.2f})")
        lines.append(
            f"  {count}, {self.number_per_run} runs {'per measurement,' if several else ','} "
            f"{number} thread{'s' if number > 1 else ''}"
        )
        if self.has_warnings:
            cause = "could indicate system fluctuation"
            if not self.meets_confidence(_VERY_WIDE):
                cause = "suggests significant environmental influence"
            lines += [
                f"  WARNING: Interquartile range is {self.iqr / self.median * 100:.1f}% "
                "of the median measurement.",
                f"           This {cause}.",
            ]
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement, of single turns, for all those of the same task."""
        groups: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, times, task) for task, times in groups.items()]


class _Threads:
    """A context in which ops use so many threads."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._before: int | None = None

    def __enter__(self) -> None:
        self._before, now = threads.settings.limit, threads.number()
        if threads.set_number(self._number) != now:
            limit_blas(threads.number())

    def __exit__(self, *_: object) -> None:
        now, threads.settings.limit = threads.number(), self._before
        if threads.number() != now:
            limit_blas(threads.number())


@export("torch.utils.benchmark.Timer", home="torch.utils.benchmark.utils.timer")
class Timer:
    """Measures a statement: `Timer("x @ x", "x = torch.rand(64, 64)").blocked_autorange()`.

    stmt: text of a program, or a function without arguments. setup: text that runs before. They
    see the variables that `globals` names and no others; a function sees its own. label,
    sub_label, description, env: for reports. num_threads: how many threads ops use, 1 unless told
    otherwise, as in PyTorch. The tensors that a turn leaves are computed within it.

    >>> torch.utils.benchmark.Timer("x + 1", "x = ones(3)").timeit(10).number_per_run
    10
    """

    _public_ = frozenset({"adaptive_autorange", "blocked_autorange", "timeit"})

    def __init__(
        self,
        stmt: str | Callable[[], Any] = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: str = "python",
    ) -> None:
        if global_setup or language not in ("py", "python"):
            raise ValueProblem("only programs in this language are measured, not C++")
        if type(num_threads) is not int or num_threads < 1:
            raise ArgumentError("num_threads is a number from 1 up", argument="num_threads")
        if type(stmt) is str:
            stmt = _flush_left(stmt)
        if type(setup) is str:
            setup = _flush_left(setup)
        self._seconds = stopwatch(stmt, setup, globals, timer)
        text = stmt if isinstance(stmt, str) else getattr(stmt, "__name__", "function")
        self._task = TaskSpec(text, setup, "", label, sub_label, description, env, num_threads)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Measure once: `number` turns together, after some for warming up."""
        with _Threads(self._task.num_threads):
            self._time(max(number // 100, 2))
            return Measurement(number, [self._time(number)], self._task)

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Measure blocks of turns, long enough for the clock not to count, for `min_run_time`.

        callback: is told of each block, its turns and its seconds.
        """
        with _Threads(self._task.num_threads):
            number = self._block(min_run_time)
            times: list[float] = []
            while sum(times) < min_run_time or not times:
                times.append(self._time(number))
                if callback is not None:
                    callback(number, times[-1])
        return Measurement(number, times, self._task)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Measure blocks until `iqr / median` is below `threshold`, or for `max_run_time`."""
        with _Threads(self._task.num_threads):
            number = self._block(0.05)
            times: list[float] = []
            while True:
                times.append(self._time(number))
                if callback is not None:
                    callback(number, times[-1])
                total = sum(times)
                found = Measurement(number, times, self._task)
                certain = len(times) > 3 and found.meets_confidence(threshold)
                if total > max_run_time or (total >= min_run_time and certain):
                    return found

    def _time(self, number: int) -> float:
        """Seconds of so many turns; never 0, by which nobody could divide."""
        return max(self._seconds(number), 1e-9)

    def _block(self, min_run_time: float) -> int:
        """How many turns make a block beside which starting and ending it takes no time."""
        overhead = statistics.median(self._time(0) for _ in range(5))
        number = 1
        while True:
            took = self._time(number)
            enough = overhead / took <= 1e-4 and took >= min_run_time / 1000
            if enough or took > min_run_time or number >= 10**9:
                return number
            number *= 10


def _flush_left(text: str) -> str:
    """Text as it stands in an indented block of quotes, moved to the margin."""
    return dedent(text).removeprefix("\n").rstrip()
