"""What holds for all tests: signals arrive, and the collector looks at what tests make alone."""

from __future__ import annotations

import gc
import signal

# Started in the background of a script, a process ignores Ctrl-C, and so does what it starts.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_collection_finish() -> None:
    """Tests are many and live as long as the process: no look for garbage passes them again."""
    gc.collect()
    gc.freeze()
