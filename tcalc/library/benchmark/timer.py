"""torch.utils.benchmark.Timer, which measures statements."""

from __future__ import annotations

import statistics
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import ArgumentError, NotDefined, StateError, ValueProblem
from tcalc.library.benchmark.measurement import Measurement, TaskSpec
from tcalc.library.benchmark.timing import stopwatch
from tcalc.library.benchmark.units import timer
from tcalc.runtime.arrays.blas import limit_blas
from tcalc.runtime.base import threads
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.texts import str_of

if TYPE_CHECKING:
    from collections.abc import Callable


@export("torch.utils.benchmark.Language", home="torch.utils.benchmark.utils.common")
class Language:
    """In which language a statement is: PYTHON, which is this one here, or CPP, which is refused.

    >>> torch.utils.benchmark.Language.PYTHON
    <Language.PYTHON: 0>
    """

    __slots__ = ("name", "value")
    _public_ = frozenset({"CPP", "PYTHON", "name", "value"})
    PYTHON: Language
    CPP: Language

    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"

    def __str__(self) -> str:
        return f"Language.{self.name}"


Language.PYTHON, Language.CPP = Language("PYTHON", 0), Language("CPP", 1)


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

    _public_ = frozenset({
        "adaptive_autorange", "autorange", "blocked_autorange", "collect_callgrind", "repeat", "timeit",
    })  # fmt: skip

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
        language: str | Language = Language.PYTHON,
    ) -> None:
        if global_setup or language in (Language.CPP, "c++", "cpp"):
            raise ValueProblem("only programs in this language are measured, not C++")
        if language not in (Language.PYTHON, "py", "python"):
            raise ValueProblem(f"Invalid language `{str_of(language)}`.", argument="language")
        _count(num_threads, "num_threads")
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

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Refused as PyTorch does: blocks of turns tell more than whole repeats."""
        raise NotDefined("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], Any] | None = None) -> NoReturn:
        """The same."""
        raise NotDefined("See `Timer.blocked_autorange.`")

    def collect_callgrind(self, *_: object, **__: object) -> NoReturn:
        """Refused: counting instructions takes Valgrind, another program, which runs Python's."""
        raise StateError(
            "collect_callgrind() runs Valgrind, and a program here starts no other",
            hint="blocked_autorange() measures the time; torch.profiler.profile tells it by op",
        )

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


@export("torch.utils.benchmark.set_torch_threads", home="torch.utils.benchmark.utils.common")
class set_torch_threads(_Threads):
    """A context in which ops use so many threads."""

    _public_ = frozenset[str]()

    def __init__(self, n: int) -> None:
        super().__init__(_count(n, "n"))


def _count(value: object, name: str) -> int:
    if type(value) is not int or value < 1:
        raise ArgumentError(f"{name} is a number from 1 up", argument=name)
    return value
