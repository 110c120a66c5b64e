"""How much memory a program may use: the number, and the check before anything large is made."""

from __future__ import annotations

import os
import sys
from _thread import _local

from tcalc.errors import LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What the whole process may hold, in bytes; 0 until it is set or first needed.
limit: int = 0

# From this size on glibc asks the system for memory each time, unless told otherwise.
MAPPED = 1 << 17
# Requests below this are not worth a look at how much is in use.
SMALL = 1 << 24
# The part of what the machine has left that is used unless told otherwise.
SHARE = 0.8
# Gives the system what was freed and kept for later; None until something is.
give_back: Callable[[], object] | None = None
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
# Free memory beyond this goes back to the system by itself.
_KEPT = 1 << 30
# Of what was left when it was looked at last, this part is given out without another look.
_UNSEEN = 4
# How many ops that run on another device, with memory of its own, are under way.
_elsewhere = 0
_UNITS = "KMGTPEZY"


class _Thread(_local):
    """most: bytes that a thread may ask for at once, where it has a limit of its own."""

    most: int | None = None


thread = _Thread()


class _Left:
    """nbytes: what may be given out before the next look, under a limit `most`."""

    __slots__ = ("most", "nbytes")

    def __init__(self) -> None:
        self.most = self.nbytes = 0


_left = _Left()


def check(nbytes: int, what: str = "the result") -> None:
    """Raise LimitError if so many more bytes would take the process over its limit.

    nbytes: size of what is about to be made, known before it is allocated (from shapes, from a
    file's header); it may be larger than any machine. what: what the message calls it.

    >>> check(8 * 10**15, "a tensor of shape [1000000, 1000000000]")
    Traceback (most recent call last):
    ...
    tcalc.errors.LimitError: a tensor of shape [1000000, 1000000000] needs 7.11 PiB, and ...
    """
    if nbytes < MAPPED or _elsewhere:
        return
    if thread.most is not None and nbytes > thread.most:
        raise LimitError(f"{what} needs {human(nbytes)}, and {human(thread.most)} are allowed here")
    if give_back is None:
        keep_freed()
    if nbytes < SMALL:
        return
    if nbytes <= _left.nbytes and limit == _left.most:
        _left.nbytes -= nbytes
        return
    most, held = current_limit(), resident()
    if nbytes > most - held:
        held = in_use()
    if nbytes > most - held:
        raise LimitError(
            f"{what} needs {human(nbytes)}, and {human(max(0, most - held))} of the "
            f"{human(most)} allowed are left",
            hint="--max-memory allows more" if nbytes < total() else None,
        )
    _left.most, _left.nbytes = most, (most - held - nbytes) // _UNSEEN


class elsewhere:
    """Inside, nothing is checked: what is made is on another device, or has no contents."""

    def __enter__(self) -> None:
        global _elsewhere
        _elsewhere += 1

    def __exit__(self, *_: object) -> None:
        global _elsewhere
        _elsewhere -= 1


def current_limit() -> int:
    """The limit in bytes; by default a share of what the machine or its container has left."""
    global limit
    if not limit:
        limit = resident() + int(SHARE * available())
    return limit


def deepen_stack() -> None:
    """Let the main thread's C stack grow as far as anything that fits in memory can take it.

    Python counts how deep its own calls and comparisons go, but not what C does by itself: hashing
    a tuple in a tuple in …, freeing or advancing an iterator on an iterator on …. Each step takes
    less of the stack than a few times what the object that it goes through takes of memory, so
    what bounds memory bounds the stack. Where the system's addresses leave less room (128 MiB
    where they are not randomised), what is beyond ends the process.
    """
    try:
        import resource

        deep, most = resource.getrlimit(resource.RLIMIT_STACK)
        # No number: a process started from here would take it for the size of its threads' stacks.
        if deep != most:
            resource.setrlimit(resource.RLIMIT_STACK, (most, most))
    except (ImportError, AttributeError, ValueError, OSError):
        pass  # a system without such a limit


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not say."""
    fields = _read("/proc/self/statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


def keep_freed() -> None:
    """Tell glibc to use large freed memory again: fresh pages cost more than a pass over them."""
    global give_back
    give_back = bool  # nothing to do
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    from functools import partial

    try:
        library = ctypes.CDLL(None)
        mallopt, trim = library.mallopt, library.malloc_trim
    except (OSError, AttributeError):
        return  # another C library
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, _KEPT)
    give_back = partial(trim, 0)


def in_use() -> int:
    """The same once the system has back what was freed."""
    if give_back is not None:
        give_back()
    return resident()


def total() -> int:
    """Bytes of memory that the machine has."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 62


def available() -> int:
    """Bytes that can still be had before the machine or a container around us runs out."""
    left = [total()]
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            left.append(int(line.split()[1]) * 1024)
            break
    for line in _read("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            left += _unified_left(path)
        elif "memory" in controllers.split(","):
            left += _legacy_left(path)
    return max(0, min(left))


def human(nbytes: int) -> str:
    """A size as people read it.

    >>> human(1536), human(4 * 2**30), human(900)
    ('1.5 KiB', '4 GiB', '900 bytes')
    """
    if nbytes < 1024:
        return f"{nbytes} bytes"
    unit = min((nbytes.bit_length() - 1) // 10, len(_UNITS))
    size = nbytes / 1024**unit
    return f"{size:{'.3g' if size < 1000 else '.0f'}} {_UNITS[unit - 1]}iB"


def _unified_left(path: str) -> list[int]:
    """What each cgroup v2 on the way up from `path` has left; file pages can be taken back."""
    left = []
    folder = "/sys/fs/cgroup" + path.rstrip("/")
    while len(folder) >= len("/sys/fs/cgroup"):
        most = _read(folder + "/memory.max").strip()
        if most.isdigit():
            used = int(_read(folder + "/memory.current") or 0)
            left.append(int(most) - used + _stat(folder, "inactive_file"))
        folder = folder.rpartition("/")[0]
    return left


def _legacy_left(path: str) -> list[int]:
    """The same for cgroup v1, whose limits are already those of the whole way up."""
    # In a container the path is the host's, and our own group is mounted at the root.
    for folder in ("/sys/fs/cgroup/memory" + path.rstrip("/"), "/sys/fs/cgroup/memory"):
        most = _stat(folder, "hierarchical_memory_limit")
        if most:
            used = int(_read(folder + "/memory.usage_in_bytes") or 0)
            return [most - used + _stat(folder, "total_inactive_file")]
    return []


def _stat(folder: str, key: str) -> int:
    for line in _read(folder + "/memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode("latin-1")
    except OSError:
        return ""
