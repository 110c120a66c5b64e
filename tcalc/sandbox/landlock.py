"""Landlock: which files and which ports this process may open, from now on and for good.

A ruleset names the rights that it handles: each is refused but where a rule grants it, beneath a
folder or on a file. Kernels learned rights one after the other (the ABI's number says how many),
so that a ruleset is made of those that this one knows. Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (
    1 << bit for bit in range(6, 13)
)
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
# What a file can be granted; the rest is for folders.
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

READ = READ_FILE | READ_DIR
# Plain files and folders are made, written and removed; devices, sockets, pipes and links are not.
WRITE = READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE
USE_DEVICE = READ | WRITE_FILE | IOCTL_DEV

_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2

# Up to which ABI a kernel knows no more than the rights below this bit.
_FIRST, _MOVES, _TRUNCATION, _NET, _DEVICES, _SCOPES = 1, 2, 3, 4, 5, 6


def version() -> int:
    """The ABI that the kernel offers; 0 where it has no Landlock or was started without."""
    try:
        from tcalc.sandbox import kernel

        return kernel.call(_CREATE_RULESET, 0, 0, _VERSION)
    except (ImportError, OSError):  # a Python without ctypes, a kernel without Landlock
        return 0


def handled(abi: int) -> tuple[int, int, int]:
    """What a kernel of this ABI can refuse: rights on files, rights on ports, scopes.

    >>> [handled(abi)[1:] for abi in (1, 3, 4, 6, 99)]
    [(0, 0), (0, 0), (3, 0), (3, 3), (3, 3)]
    """
    files = REFER - 1
    files |= REFER if abi >= _MOVES else 0
    files |= TRUNCATE if abi >= _TRUNCATION else 0
    files |= IOCTL_DEV if abi >= _DEVICES else 0
    ports = _BIND_TCP | _CONNECT_TCP if abi >= _NET else 0
    scopes = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if abi >= _SCOPES else 0
    return files, ports, scopes


def ruleset(abi: int) -> bytes:
    """The struct that asks for all of it, as long as a kernel of this ABI takes it."""
    words = handled(abi)
    known = 1 if abi < _NET else 2 if abi < _SCOPES else 3
    return b"".join(word.to_bytes(8, "little") for word in words[:known])


def restrict(grants: Iterable[tuple[str, int]], ports: Iterable[int], abi: int) -> None:
    """Refuse this process every file but those granted, and TCP but connections to these ports.

    grants: paths, each with the rights on it and on what lies beneath; what is not there, or
    cannot be reached, is left out. abi: of the kernel. OSError where the kernel does not do it.
    """
    from tcalc.sandbox import kernel

    attributes = ruleset(abi)
    rules = kernel.call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path, rights in grants:
            _grant(rules, path, rights & handled(abi)[0])
        if abi >= _NET:
            for port in ports:
                rule = _CONNECT_TCP.to_bytes(8, "little") + port.to_bytes(8, "little")
                kernel.call(_ADD_RULE, rules, _NET_PORT, rule, 0)
        kernel.call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _grant(rules: int, path: str, rights: int) -> None:
    from tcalc.sandbox import kernel

    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = rights.to_bytes(8, "little") + place.to_bytes(4, "little")
        kernel.call(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)
    finally:
        if not path.startswith("/proc/"):
            os.close(place)
        # A rule holds on to the file itself, and /proc makes it anew once nobody looks at it:
        # those few stay open, or a busy machine would forget them.
