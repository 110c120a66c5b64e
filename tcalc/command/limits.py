"""Keeping to --timeout and --max-memory whatever the program does.

One process cannot keep a time limit on itself: a signal's handler does not run inside one long
NumPy call, and code can swallow the exception it raises. So a program with a limit runs in a
forked child (made before NumPy loads, when a fork costs a millisecond and there are no threads).
The child first gets an exception, which leads to a message with the exact place; if it has not
ended a moment later it is killed, and the parent tells from shared memory which statement ran.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn
else:
    import _signal as signal  # the same without enums, which take a millisecond to make

# Between the exception and the kill; and what a child that is writing its message gets on top.
GRACE = 0.25
LAST_WORDS = 1.0


class TimedOut(BaseException):
    """Time is up. Not an Exception, so that a program's own handlers do not see it."""

    # A signal's handler raises it, so that what a frame had come to is not what it had called.
    by_handler = True

    def __init__(self, seconds: float) -> None:
        super().__init__(f"timed out after {seconds:g} s")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C reached a child that is watched."""

    by_handler = True


class deadline:
    """A context whose body gets TimedOut after some seconds; main thread only.

    It cannot end a single call that does not return to Python; `supervise` can.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._before: object = None

    def __enter__(self) -> None:
        if self.seconds is not None:
            self._before = signal.signal(signal.SIGALRM, self._raise)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        if self.seconds is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)  # type: ignore[arg-type]  # set above

    def _raise(self, number: int, frame: FrameType | None) -> NoReturn:
        raise TimedOut(self.seconds or 0.0)


class Watch:
    """What a supervised child tells its parent, through memory that both share."""

    def __init__(self) -> None:
        import mmap

        self._cells = memoryview(mmap.mmap(-1, 32)).cast("q")

    def at(self, source: int, start: int, end: int) -> None:
        """A statement begins: the number of its source and its span there."""
        self._cells[0], self._cells[1], self._cells[2] = source + 1, start, end

    def telling(self) -> None:
        """The child has come to its end and writes its last message itself, undisturbed."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._cells[3] = 1

    @property
    def place(self) -> tuple[int, int, int] | None:
        """Source number, start and end of the statement that began last."""
        source, start, end = self._cells[0], self._cells[1], self._cells[2]
        return (source - 1, start, end) if source else None

    @property
    def told(self) -> bool:
        return bool(self._cells[3])


def supervise(seconds: float, report: Callable[[tuple[int, int, int] | None], None]) -> Watch:
    """Fork, and return in the child only, where TimedOut is raised after so many seconds.

    The parent stays here until the child has ended and exits with its status; it kills a child
    that outlives the limit, calls `report` with the place it had come to and exits with 124.
    """
    import select

    watch = Watch()
    ours, theirs = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _end_with(parent)
        signal.signal(signal.SIGINT, _interrupt_once)
        deadline(seconds).__enter__()
        return watch
    os.close(theirs)
    # A terminal's Ctrl-C reaches both; one sent to the parent alone has to be passed on.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: os.kill(child, number))
    end = _end_of(child, ours)
    ended = bool(select.select([end], [], [], seconds + GRACE)[0])
    if not ended and watch.told:
        ended = bool(select.select([end], [], [], LAST_WORDS)[0])
    if not ended:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not ended:
        if not watch.told:
            report(watch.place)
        status = 124
    elif status < 0:
        die_of(-status)  # so that a shell sees what it would have seen without us between
    os._exit(status)


def _end_of(child: int, pipe: int) -> int:
    """What can be read from once the child has ended, however it does.

    Its own descriptor, which nothing in the child can touch; where the system has none the pipe,
    whose other end the child holds.
    """
    try:
        return os.pidfd_open(child)
    except (AttributeError, OSError):
        return pipe


def bound_memory(nbytes: int | None) -> None:
    """Set the limit that the runtime checks before it allocates, and the system's behind it.

    nbytes: for the whole process; None for a share of what is left now.
    """
    from tcalc.runtime.base import memory

    memory.limit = nbytes or 0
    most = memory.current_limit()
    try:
        import resource

        # The system counts memory that is reserved and never touched as well: stacks of threads,
        # buffers of BLAS (both by the core), and what the interpreter itself has.
        room = most + (1 << 29) + (os.cpu_count() or 1) * (1 << 26)
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        if hard == resource.RLIM_INFINITY or room < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (room, hard))
    except (ImportError, AttributeError, ValueError, OSError):
        pass  # a system without such a limit: the check before allocating remains


class spare:
    """Inside, the system's limit on memory is lifted: to tell that there is none left takes some."""

    _before: tuple[int, int] | None

    def __enter__(self) -> None:
        try:
            import resource

            self._before = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (self._before[1], self._before[1]))
        except (ImportError, AttributeError, ValueError, OSError):
            self._before = None

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, self._before)


def end_with_pipes() -> None:
    """Let the system end this process when it writes to a pipe that nobody reads any more."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def die_of(number: int) -> NoReturn:
    """End this process by a signal's default action, as a tool that never caught it would."""
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)


def _interrupt_once(number: int, frame: FrameType | None) -> NoReturn:
    # The terminal and the parent may both send it; the second must not break into the clean-up.
    signal.signal(number, signal.SIG_IGN)
    raise Interrupted


def _end_with(parent: int) -> None:
    """Ask the system to kill this process when the parent is killed, where it can do that."""
    try:
        from tcalc.sandbox import kernel

        kernel.die_with_parent(int(signal.SIGKILL))
    except (ImportError, OSError):
        return
    if os.getppid() != parent:
        os._exit(1)
