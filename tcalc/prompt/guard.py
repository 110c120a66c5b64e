"""Keeping to --timeout in the REPL when a statement cannot be stopped from inside.

`limits.deadline` raises in the statement, which is all that most need. A long NumPy call does not
return to Python to be told: then the conversation itself is ended, by the process that watches.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

# How long a statement may take from the exception to its end.
GRACE = 1.0


def watched(seconds: float, report: Callable[[], None]) -> Callable[[bool], None]:
    """Fork, and return in the child only: a function to call when a statement begins and ends.

    The parent stays here and exits with the child's status. When a statement outlives its time
    and the grace it kills the child, calls `report` and exits with 124.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        return lambda busy: _tell(theirs, busy)
    os.close(theirs)
    # A terminal sends Ctrl-C to both, and it is the child's; the rest has to be passed on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(child, number))
    in_time = _wait(ours, seconds + GRACE)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not in_time:
        report()
        status = 124
    os._exit(status if status >= 0 else 128 - status)


def _wait(pipe: int, most: float) -> bool:
    """Until the child has ended: True, or a statement has taken longer than `most`: False."""
    busy = False
    while True:
        if not select.select([pipe], [], [], most if busy else None)[0]:
            return False
        told = os.read(pipe, 4096)
        if not told:
            return True
        busy = told.endswith(b"+")


def _tell(pipe: int, busy: bool) -> None:
    try:
        os.write(pipe, b"+" if busy else b"-")
    except BrokenPipeError:  # whoever watched is gone, and the terminal is no longer ours
        os._exit(1)
