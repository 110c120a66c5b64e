"""Calls that cannot be cut, made where Ctrl-C need not wait for them.

One call of LAPACK may take minutes, and Python hears of Ctrl-C only at its end. So from a size on
a kernel runs in a thread of its own, while the main thread waits where it can be interrupted. The
thread is then told to stop, which it does between two calls. Where it does not in time, it is left
to itself: it writes into nothing but what it has made, and what it has made is dropped.
"""

from __future__ import annotations

import ctypes
from _thread import allocate_lock, get_ident, start_new_thread
from functools import cache
from threading import main_thread
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.threads import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType
    from typing import TypeVar

    from tcalc.runtime.base.op import Array, Op

    R = TypeVar("R")

# How long a thread may take to stop before it is left to itself.
GRACE = 0.07


class Stopped(BaseException):
    """What a thread gets that is told to stop."""


class Left(KeyboardInterrupt):
    """An interrupt in a call that goes on by itself."""


class _Call:
    """A call in a thread of its own."""

    __slots__ = ("done", "error", "result", "thread")

    def __init__(
        self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = allocate_lock()
        self.done.acquire()
        uncollected.begin()
        try:
            self.thread = start_new_thread(self._run, (function, args, kwargs))
        except BaseException:  # an interrupt too: no thread will end it
            uncollected.end()
            raise

    def _run(
        self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        try:
            np.seterr(all="ignore")  # edge values are values, in every thread
            self.result = function(*args, **kwargs)
        except BaseException as error:  # the caller raises it
            self.error = error
        finally:
            uncollected.end()
            self.done.release()

    def stop(self) -> bool:
        """Tell the thread to stop; whether it has."""
        if self.done.locked():
            raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
            raise_in(ctypes.c_ulong(self.thread), ctypes.py_object(Stopped))
        return self.done.acquire(timeout=GRACE)


def call(what: str, function: Callable[..., R], *args: object, **kwargs: object) -> R:
    """Call a function that changes nothing but what it makes, so that Ctrl-C need not wait for it.

    what: what it works on, for the message where it goes on by itself.

    >>> call("two numbers", sum, [1, 2])
    3
    """
    if not _is_main():  # which alone hears of signals
        return function(*args, **kwargs)
    made = _Call(function, args, kwargs)
    try:
        made.done.acquire()
    except BaseException as error:  # Ctrl-C, or time is up
        try:
            stopped = made.stop()
        except KeyboardInterrupt:  # once more, and at once
            stopped = False
        if stopped or not isinstance(error, KeyboardInterrupt):
            raise
        raise Left(
            f"the call under way on {what} cannot be cut: it goes on in the background to its own "
            "end, and its result is dropped"
        ) from None
    if made.error is not None:
        raise made.error
    return made.result


def is_long(op: Op, args: Iterable[object]) -> bool:
    """Whether an op's kernel may take long on these arguments."""
    least, spared = op.long, op.looked_up
    return least > 0 and any(
        type(v) is np.ndarray and v.size >= least and not (spared and op.params[i].name in spared)
        for i, v in enumerate(args)
    )


def run(op: Op, args: Sequence[object], kwargs: Mapping[str, object]) -> Array | tuple[Array, ...]:
    """The result of an op's kernel on NumPy's arrays, detached where one of them is large."""
    if not is_long(op, args):
        return op.kernel(np, *args, **kwargs)
    shapes = " and ".join([str(list(v.shape)) for v in args if type(v) is np.ndarray])
    return call(shapes, op.kernel, np, *args, **kwargs)


@cache
def form(op: Op) -> Callable[..., Array | tuple[Array, ...]]:
    """An op's kernel as a function that runs it detached."""

    def kernel(xp: ModuleType, *args: object, **kwargs: object) -> Array | tuple[Array, ...]:
        return run(op, args, kwargs) if xp is np else op.kernel(xp, *args, **kwargs)

    kernel.__name__ = kernel.__qualname__ = op.kernel.__name__
    return kernel


def _is_main() -> bool:
    return get_ident() == main_thread().ident
