"""Files that come about whole: written beside their place under another name, then renamed.

A process that is told to end while it writes takes the part with it. One that is killed cannot, so
whoever next writes into the folder does it: a part is locked as long as its writer lives, which
the system sees to, and its name carries a check, so that no file of anybody else's is taken for
one.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO
from zlib import crc32

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator
else:
    import _signal as signal  # the same without enums, which take a millisecond to make

try:
    import fcntl
except ImportError:  # nothing is locked, and so nothing swept
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

_NAME = re.compile(r"(\..+\.[0-9]+-[0-9a-f]{8})-([0-9a-f]{8})\.part", re.DOTALL)
_FLAGS = os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_ENDINGS = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU")
    if hasattr(signal, name)
]


@contextmanager
def part(path: str, old: os.stat_result | None) -> Iterator[BinaryIO]:
    """A file that replaces `path` at the end, keeping the mode and owner of an `old` one there."""
    folder, base = os.path.split(path)
    sweep(folder or ".")
    name = _name(folder, base)
    file: BinaryIO | None = None
    # The name is known before there is a file: a signal's exception may come as `open` returns.
    try:
        with _ended_by_signals(name):
            number = _made(name, old)
            file = os.fdopen(number, "wb")
            yield file
            file.flush()
            if old is not None:
                _keep_owner(number, old)
            # The lock is held until the part has its place: nobody sweeps it before.
            os.replace(name, path)
    except BaseException:  # whatever ends it, the old file stays and no part is left
        with suppress(OSError):
            os.unlink(name)
        raise
    finally:
        if file is not None:
            with suppress(OSError):  # what could not be flushed has been said
                file.close()


def sweep(folder: str) -> None:
    """Remove the parts in a folder whose writers are gone."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.endswith(".part")]:
            found = _NAME.fullmatch(name)
            if found is not None and _check(found[1]) == found[2]:
                with suppress(OSError):
                    _sweep(os.path.join(folder, name))


def _sweep(path: str) -> None:
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _FLAGS)
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # With the lock, nobody is about to rename it; it may have got its place just before.
        if os.path.samestat(os.lstat(path), status):
            os.unlink(path)
    finally:
        os.close(number)


def _name(folder: str, base: str) -> str:
    """The path of a part of a file, which is nobody else's."""
    short = os.fsencode(base)[:150].decode("utf-8", "ignore")
    start = f".{short}.{os.getpid()}-{os.urandom(4).hex()}"
    return os.path.join(folder, f"{start}-{_check(start)}.part")


def _made(path: str, old: os.stat_result | None) -> int:
    """A new file with its lock."""
    while True:
        number = _opened(path, old)
        if fcntl is None:
            return number
        with suppress(OSError):  # a file system without locks: nobody gets one to sweep
            fcntl.flock(number, fcntl.LOCK_EX)
        if os.fstat(number).st_nlink:
            return number
        os.close(number)  # swept in the moment before it was locked


def _opened(path: str, old: os.stat_result | None) -> int:
    """A new file, with the mode of an old one from the start: the system's wall lets none change."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
    if old is None:
        return os.open(path, flags, 0o666)
    mask = os.umask(0)
    try:
        return os.open(path, flags, stat.S_IMODE(old.st_mode))
    finally:
        os.umask(mask)


def _check(start: str) -> str:
    return f"{crc32(os.fsencode(start)):08x}"


def _keep_owner(number: int, old: os.stat_result) -> None:
    status = os.fstat(number)
    if (status.st_uid, status.st_gid) != (old.st_uid, old.st_gid):
        with suppress(OSError):  # only root may give files away
            os.fchown(number, old.st_uid, old.st_gid)


class _ended_by_signals:
    """Inside, a signal that would end the process removes a file first.

    Signals for which somebody has a handler are left to it, and so are those in other threads.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in _ENDINGS:
            if signal.getsignal(number) == signal.SIG_DFL:
                try:
                    self.before[number] = signal.signal(number, self._end)
                except ValueError:  # not the main thread
                    return

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: object) -> None:
        with suppress(OSError):
            os.unlink(self.path)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
