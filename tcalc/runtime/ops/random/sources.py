"""Sources of random numbers that programs have beside PyTorch's: Python's `random`, NumPy's.

Whoever lends one to programs adds it here, so that a loader's workers can have their own of each.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.runtime.ops.random.generator import chosen_seed

if TYPE_CHECKING:
    from collections.abc import Callable


class Source(NamedTuple):
    """seed: starts it for a worker, by the seed of all workers and the worker's number. state,
    restore: where it is, and going back there. start: starts it from a seed, as a program does by
    the name `spelled` of a module's function. first: the seed that it began with.
    """

    seed: Callable[[int, int], object]
    state: Callable[[], Any]
    restore: Callable[[Any], object]
    start: Callable[[int], object]
    spelled: str
    first: int


SOURCES: list[Source] = []
# Python's own generator, which programs have as `random` and which some transforms draw from.
_FIRST = chosen_seed()
PYTHON = Random(_FIRST)
SOURCES.append(
    Source(
        lambda seed, n: PYTHON.seed(seed + n),
        PYTHON.getstate,
        PYTHON.setstate,
        PYTHON.seed,
        "random.seed",
        _FIRST,
    )
)
