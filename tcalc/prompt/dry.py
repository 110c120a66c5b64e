"""Calls of ops on shapes alone, within a limit of steps, time and memory, and without effects."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import thread_time
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import of_kind
from tcalc.runtime.arrays.metaarray import empty, like, made_up
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import Interpreter, mode
from tcalc.runtime.call.dispatch import general
from tcalc.runtime.lazy.compiled import library, pool
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tcalc.runtime.base.op import Op

of_kind("meta")  # from here on arrays without contents are known for what they are
(
    pool.helpers(),
    library.is_there(),
)  # what the first op asks for takes a good part of the time there is

# A dry run is given up after so many calls of functions, or so many seconds of work.
STEPS = 20_000
SECONDS = 0.05
# Made-up numbers, where a result's shape can only be told by computing with some, are no more.
NUMBERS = 1 << 12


class GivenUp(Exception):
    """What a dry run comes to cannot be told, or not within its limits."""


class _Still(Interpreter):
    """Runs what ops do, and refuses what would be seen afterwards."""

    def run(self, op: Op, values: tuple[object, ...]) -> Any:
        return general(op, values)

    def effect(self, what: str) -> None:
        raise GivenUp(what)

    def drawn(self) -> None:
        raise GivenUp("draws")


def stand_in(tensor: Tensor) -> Tensor:
    """A tensor of the same shape and dtype without contents; what waits goes on waiting."""
    held = tensor._d
    if isinstance(held, np.ndarray):
        return wrap(like(held))
    if isinstance(held, Pending):
        return wrap(empty(held.shape, held.dtype))
    raise GivenUp("no plain array")


@contextmanager
def limited() -> Iterator[None]:
    """Inside, this thread's ops work on shapes alone. Raises GivenUp at the limits."""
    before, most, hook = (mode.interpreter, mode.device), made_up.most, sys.getprofile()
    mode.interpreter, mode.device = _Still(), device("meta")
    made_up.most, made_up.strict, memory.thread.most = NUMBERS, True, memory.MAPPED
    sys.setprofile(_Watch())
    try:
        yield
    finally:
        sys.setprofile(hook)
        mode.interpreter, mode.device = before
        made_up.most, made_up.strict, memory.thread.most = most, False, None


class _Watch:
    """Hears of each call of a function and of each return, and ends what takes too long."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._left = STEPS
        self._end = thread_time() + SECONDS

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        self._left -= 1
        if self._left < 0 or (not self._left % 64 and thread_time() > self._end):
            if not _loads(frame):
                raise GivenUp("too long")
            self._begin()  # half a module must not be left behind, and the next time it is there


def _loads(frame: FrameType | None) -> bool:
    """Whether a module is being loaded."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
