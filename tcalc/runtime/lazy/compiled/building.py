"""Functions of texts: from disk, or built now, or beside while others work."""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread
from collections import deque
from typing import TYPE_CHECKING, Any

from tcalc import __version__
from tcalc.runtime.base.threads import uncollected
from tcalc.runtime.lazy.compiled import cache, processor
from tcalc.runtime.lazy.compiled.loader import Refused, image, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[Any], None]


class _Queue:
    """What is to be built beside, and whether a thread is at it."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, str, Callable[[Function | None], None]]] = deque()
        self.lock = allocate_lock()
        # Held while a thread works: whoever leaves waits for it.
        self.busy = allocate_lock()


_queue = _Queue()


def kept(text: str, name: str) -> Function | None:
    """The function `name` of a module's text as it lies on disk, or None."""
    data = cache.read(_key(text))
    return None if data is None else _function(data, name)


def built(text: str, name: str) -> Function | None:
    """The function `name` of a module's text, compiled now; None where that fails."""
    from tcalc.runtime.lazy.compiled.build import compiled

    try:
        data = compiled(text)
    except (ImportError, OSError, RuntimeError):
        return None
    function = _function(data, name)
    if function is not None:
        cache.write(_key(text), data)
    return function


def beside(text: str, name: str, arrived: Callable[[Function | None], None]) -> None:
    """Compile in a thread of its own; `arrived` is given what comes of it."""
    _queue.waiting.append((text, name, arrived))
    if not _queue.busy.acquire(False):
        return
    _leave_after()
    uncollected.begin()
    try:
        start_new_thread(_build_all, ())
    except BaseException:  # no thread will end it
        uncollected.end()
        _queue.busy.release()
        raise


def wait() -> None:
    """Return when nothing is built any more."""
    with _queue.busy:
        pass


def _build_all() -> None:
    queue = _queue
    try:
        while queue.waiting:
            text, name, arrived = queue.waiting.popleft()
            arrived(built(text, name))
    finally:
        uncollected.end()
        queue.busy.release()


def _leave_after() -> None:
    """Have the process wait for what is being built: LLVM does not bear being cut off."""
    import atexit

    atexit.unregister(wait)
    atexit.register(wait)


def _function(data: bytes, name: str) -> Function | None:
    try:
        return mapped(*image(data, name))
    except (Refused, OSError, ValueError):
        return None


def _key(text: str) -> str:
    return cache.key_of(text, processor.identity() or "", __version__)


def _after_fork() -> None:
    """A child has none of the threads."""
    global _queue
    _queue = _Queue()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
