"""Spreads the blocks of a large job over threads: NumPy lets go of the interpreter in its loops.

The caller takes part. Workers are made at the first job, wait between jobs, and take blocks one by
one, so that a slow core does less. A job inside a job runs where it is.
"""

from __future__ import annotations

import gc
import os
import sys
from _queue import SimpleQueue
from _signal import SIGINT, signal  # type: ignore[import-not-found]  # quicker than `signal`, which wraps it
from _thread import allocate_lock, start_new_thread
from itertools import count
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base import progress

if TYPE_CHECKING:
    from collections.abc import Callable


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no such call on this system
        return os.cpu_count() or 1


def _asked() -> int | None:
    """What the environment says for every library that computes, or None."""
    try:
        wanted = int(os.environ.get("OMP_NUM_THREADS", ""))
    except ValueError:
        return None
    return min(wanted, cores()) if wanted > 0 else None


class _Settings:
    """How many threads a job may use; None for as many as there are cores."""

    __slots__ = ("limit",)

    def __init__(self) -> None:
        self.limit = _asked()


settings = _Settings()


def number() -> int:
    """How many threads a job may use now."""
    return settings.limit or cores()


# Called when the number has changed.
followers: list[Callable[[], object]] = []


def set_number(wanted: int) -> int:
    """Let a job use so many threads, from 1 up to the number of cores; gives what it is now."""
    settings.limit = max(1, min(wanted, cores()))
    for follow in followers:
        follow()
    return settings.limit


class uncollected:
    """From `begin` to `end` no garbage is collected.

    Whoever allocates collects, and what a program has left runs its code when it is freed (`finally`
    in a generator) and may be nested as deep as memory goes: that is for the main thread alone,
    whose stack is deep. So none is collected while another thread works.
    """

    _lock = allocate_lock()
    _inside = 0
    _before = False

    @classmethod
    def begin(cls) -> None:
        """Another thread is about to work."""
        with cls._lock:
            if not cls._inside:
                cls._before = gc.isenabled()
                gc.disable()
            cls._inside += 1

    @classmethod
    def end(cls) -> None:
        """It has worked."""
        with cls._lock:
            cls._inside -= 1
            if not cls._inside and cls._before:
                gc.enable()


def _nothing(part: int) -> None:
    """What is left of a job that is over."""


class _Job:
    """Parts of work, each to be done once by whoever comes first."""

    __slots__ = ("_closed", "_done", "_inside", "_lock", "_next", "_parts", "_work", "error")

    def __init__(self, work: Callable[[int], object], parts: int) -> None:
        self._work = work
        self._parts = parts
        self._next = count().__next__
        self._lock = allocate_lock()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._inside = 0
        self._closed = False
        self.error: BaseException | None = None

    def take_part(self) -> None:
        """Do parts until none is left or one has failed."""
        work, parts, following = self._work, self._parts, self._next
        while self.error is None:
            i = following()
            if i >= parts:
                return
            work(i)

    def help(self) -> None:
        """Take part as a worker, unless the job is over."""
        with self._lock:
            if self._closed:
                return
            self._inside += 1
        try:
            self.take_part()
        except BaseException as error:  # the caller raises it
            self.error = self.error or error
        with self._lock:
            self._inside -= 1
        self._done.put(None)

    def wait(self) -> None:
        """Let nobody else in and wait for those who are; an interrupt is kept until then."""
        while True:
            try:
                with self._lock:
                    self._closed = True
                while self._inside:
                    self._done.get()
                # Workers that wake later find it closed; until then it must not hold memory.
                self._work = _nothing
                return
            except BaseException as error:  # from a signal's handler, between any two steps
                self.error = self.error or error


_jobs: SimpleQueue[_Job | Task] = SimpleQueue()
_workers = 0
_free = allocate_lock()


def _worker() -> None:
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:  # edge values are values, in every thread
        numpy.seterr(all="ignore")
    while True:
        _jobs.get().help()


def spread(work: Callable[[int], object], parts: int) -> None:
    """Call `work(i)` for every i below `parts`, each once, from several threads at a time.

    Returns when all are done. The first error ends the job (the parts being done are finished) and
    is raised here; so does an interrupt. The parts must not depend on their order.

    >>> found = []
    >>> spread(found.append, 3)
    >>> sorted(found)
    [0, 1, 2]
    """
    helpers = min(number(), parts) - 1
    task = progress.begin("computing", parts)
    try:
        if task is progress.UNSHOWN:
            _spread(work, parts, helpers)
        else:
            _spread(_counted(work, task), parts, helpers)
    finally:
        task.end()


def _counted(work: Callable[[int], object], task: progress.Task) -> Callable[[int], object]:
    def counted(i: int) -> None:
        work(i)
        task.reach(i + 1)

    return counted


def _spread(work: Callable[[int], object], parts: int, helpers: int) -> None:
    if helpers < 1 or not _free.acquire(False):
        for i in range(parts):
            work(i)
        return
    uncollected.begin()
    try:
        job = _Job(work, parts)
        try:
            _start(helpers)
            for _ in range(helpers):
                _jobs.put(job)
            job.take_part()
        except BaseException as error:  # raised below, when nobody works any more
            job.error = job.error or error
        job.wait()
    finally:
        uncollected.end()
        _free.release()
    if job.error is not None:
        raise job.error


class Task:
    """Work that a worker does while its caller goes on; of nothing that runs a program's code.

    >>> Task(lambda: 3).result()
    3
    """

    __slots__ = ("_done", "_error", "_result", "_work")

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._result: Any = None
        self._error: BaseException | None = None
        self._done = allocate_lock()
        self._done.acquire()
        uncollected.begin()
        try:
            _start(1)
            _jobs.put(self)
        except BaseException:  # no thread will end it
            uncollected.end()
            raise

    def help(self) -> None:
        """Do it, as a worker."""
        try:
            self._result = self._work()
        except BaseException as error:  # the caller raises it
            self._error = error
        finally:
            uncollected.end()
            self._done.release()

    def result(self) -> Any:
        """What came of it, once it is done; an interrupt does not wait for that."""
        with self._done:
            pass
        if self._error is not None:
            raise self._error
        return self._result


class uninterrupted:
    """Inside, Ctrl-C waits: it is raised at the end."""

    __slots__ = ("_before", "_came")

    def __enter__(self) -> None:
        self._came = False
        try:
            self._before = signal(SIGINT, self._note)
        except ValueError:  # only the main thread hears of it
            self._before = None

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal(SIGINT, self._before)
        if self._came:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._came = True


def _start(wanted: int) -> None:
    global _workers
    while _workers < wanted:
        start_new_thread(_worker, ())
        _workers += 1


def _after_fork() -> None:
    """A child has none of the threads."""
    global _workers, _jobs, _free
    _workers = 0
    _jobs = SimpleQueue()
    _free = allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
