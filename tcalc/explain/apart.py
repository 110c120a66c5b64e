"""Work that leaves no trace: done in a forked process, of which only an answer comes back."""

from __future__ import annotations

import os
import select
import signal
import warnings
from json import dumps, loads
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 1 << 16


def apart(work: Callable[[], Any], seconds: float) -> Any:
    """What `work()` gives, as JSON can say it; None where it takes longer than so many seconds.

    Whatever it changes (variables, gradients, generators, settings) is changed in the other process
    alone. Raises OSError where there can be no other.
    """
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # Threads of BLAS and of ours do not go along, and nothing is computed there.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(ours)
        _answer(work, theirs)
    os.close(theirs)
    try:
        told = _read(ours, seconds)
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if told is None:
        return None
    if not told:
        raise RuntimeError("a dry run ended without an answer")
    return loads(told)[0]


def _answer(work: Callable[[], Any], pipe: int) -> None:
    """Do the work and end, whatever happens."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        told = dumps([work()]).encode()
        while told:
            told = told[os.write(pipe, told) :]
    finally:
        os._exit(0)


def _read(pipe: int, seconds: float) -> bytes | None:
    """All that comes through a pipe, or None where it takes too long."""
    from time import monotonic

    told = b""
    end = monotonic() + seconds
    while True:
        left = end - monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return None
        part = os.read(pipe, _MOST)
        if not part:
            return told
        told += part
