"""Times as reports write them: their unit, and the figures that are certain."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENGLISH = {"ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second"}


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


def unit_to_english(u: str) -> str:
    """A unit's name in full.

    >>> torch.utils.benchmark.unit_to_english("us")
    'microsecond'
    """
    if u not in _ENGLISH:
        raise ArgumentError(f"a unit is one of {', '.join(_ENGLISH)}", argument="u")
    return _ENGLISH[u]


def ordered_unique(elements: Iterable[Any]) -> List:
    """The elements in their order, each once.

    >>> torch.utils.benchmark.ordered_unique([3, 1, 3])
    [3, 1]
    """
    return List(dict.fromkeys(elements))


for _function in (timer, select_unit, trim_sigfig, unit_to_english, ordered_unique):
    export(f"torch.utils.benchmark.{_function.__name__}", value=_function)
