"""`timeit`: how long statements and functions take."""

from __future__ import annotations

from time import perf_counter

from tcalc.language.lent import Lent, lend
from tcalc.library.benchmark.timing import stopwatch
from tcalc.runtime.base.modes import effectful
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_TURNS = 1_000_000


class Timer(Lent):
    """Tells how long a statement, or a function without arguments, takes"""

    __slots__ = ("_seconds",)
    _public_ = frozenset({"autorange", "repeat", "timeit"})

    def __init__(
        self,
        stmt: Any = "pass",
        setup: Any = "pass",
        timer: Callable[[], float] = perf_counter,
        globals: dict[str, Any] | None = None,
    ) -> None:
        self._seconds = stopwatch(stmt, setup, globals, timer)

    def timeit(self, number: int = _TURNS) -> float:
        """The seconds that so many turns take together"""
        return self._seconds(number)

    def repeat(self, repeat: int = 5, number: int = _TURNS) -> List:
        """What timeit gives, several times over"""
        return List(self._seconds(number) for _ in range(repeat))

    def autorange(self) -> tuple[int, float]:
        """How many turns take at least 0.2 seconds, and how long they take"""
        number = 1
        while True:
            for turns in (number, 2 * number, 5 * number):
                seconds = self._seconds(turns)
                if seconds >= 0.2:
                    return turns, seconds
            number *= 10


def timeit(
    stmt: Any = "pass",
    setup: Any = "pass",
    timer: Callable[[], float] = perf_counter,
    number: int = _TURNS,
    globals: dict[str, Any] | None = None,
) -> float:
    """The seconds that `number` turns of a statement take together"""
    return Timer(stmt, setup, timer, globals).timeit(number)


def repeat(
    stmt: Any = "pass",
    setup: Any = "pass",
    timer: Callable[[], float] = perf_counter,
    repeat: int = 5,
    number: int = _TURNS,
    globals: dict[str, Any] | None = None,
) -> List:
    """What timeit gives, several times over"""
    return Timer(stmt, setup, timer, globals).repeat(repeat, number)


def members() -> dict[str, Any]:
    """What programs find in it."""
    clock = effectful(perf_counter)
    return {**lend("timeit", Timer), "default_timer": clock, "repeat": repeat, "timeit": timeit}
