"""Object files on disk, by what they were made of.

They are run as they are found: the folder is its owner's alone, is hidden (programs touch no hidden
files), and what others own, or could have written to, is not read.
"""

from __future__ import annotations

import os
import stat
from hashlib import sha256

# Where files go beyond this many bytes in all, the oldest.
_MOST = 32 << 20
_LARGEST = 1 << 20
# A pipe by that name would have who opens it wait.
_OPEN = os.O_RDONLY
for _flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
    _OPEN |= getattr(os, _flag, 0)


class _Settings:
    """writes: whether files are added. Behind the wall none are."""

    __slots__ = ("writes",)

    def __init__(self) -> None:
        self.writes = True


settings = _Settings()


def folder() -> str | None:
    """Where the files are, whether it is there or not; None where there is no such place."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "tcalc", ".compiled") if os.path.isabs(base) else None


def key_of(*parts: str) -> str:
    """The name of the file that is made of some texts."""
    return sha256("\0".join(parts).encode()).hexdigest()


def read(key: str) -> bytes | None:
    """A file's contents, or None where it is not there, damaged, or another's."""
    where = folder()
    try:
        if where is None or not _is_private(where):
            return None
        number = os.open(os.path.join(where, key), _OPEN)
        with os.fdopen(number, "rb") as file:
            status = os.fstat(number)
            ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
            if not ours or not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                return None
            digest, data = file.read(32), file.read(_LARGEST)
    except OSError:
        return None
    return data if sha256(data).digest() == digest else None


def write(key: str, data: bytes) -> None:
    """Keep contents, unless that cannot be done."""
    where = folder()
    if where is None or not settings.writes:
        return
    try:
        os.makedirs(os.path.dirname(where), exist_ok=True)
        os.makedirs(where, mode=0o700, exist_ok=True)
        if not _is_private(where):
            return
        _prune(where)
        # Whoever reads finds all of it or nothing.
        part = os.path.join(where, f"{key}.{os.getpid()}")
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(sha256(data).digest() + data)
            os.replace(part, os.path.join(where, key))
        except OSError:
            os.unlink(part)
    except OSError:
        return


def _is_private(where: str) -> bool:
    status = os.lstat(where)
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & 0o077
    )


def _prune(where: str) -> None:
    """Remove the oldest files where there are too many."""
    with os.scandir(where) as entries:
        found = [(e.stat(follow_symlinks=False), e.path) for e in entries]
    total = sum(s.st_size for s, _ in found)
    for status, path in sorted(found, key=lambda f: f[0].st_mtime):
        if total <= _MOST:
            return
        os.unlink(path)
        total -= status.st_size
