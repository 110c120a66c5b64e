"""System calls by number, for those that Python has no function for.

Through the part of ctypes that is written in C: ctypes itself takes several times as long to load,
and a program of plain numbers needs it for nothing else.
"""

from __future__ import annotations

import os
from _ctypes import (
    FUNCFLAG_CDECL,
    FUNCFLAG_USE_ERRNO,
    CFuncPtr,
    _SimpleCData,
    dlopen,
    dlsym,
    get_errno,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    _Number = _SimpleCData[int]
    _Text = _SimpleCData[bytes]
else:
    _Number = _Text = _SimpleCData

_RTLD_NOW = 2
_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38


class _Long(_Number):
    _type_ = "l"


class _Pointer(_Text):
    _type_ = "z"


class _Function(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL | FUNCFLAG_USE_ERRNO
    _restype_ = _Long


_C = dlopen(None, _RTLD_NOW)  # type: ignore[arg-type]  # None: what is loaded already
_syscall = _Function(dlsym(_C, "syscall"))


def call(number: int, *arguments: int | bytes) -> int:
    """Make a system call; bytes go as their address. OSError where the kernel refuses."""
    return _asked(_syscall, number, *arguments)


def gain_no_privileges() -> None:
    """From here on no program that this process starts gets more rights than it has."""
    _asked(_Function(dlsym(_C, "prctl")), _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def die_with_parent(signal: int) -> None:
    """Ask for this signal when the thread that made this process ends."""
    _asked(_Function(dlsym(_C, "prctl")), _SET_DEATH_SIGNAL, signal, 0, 0, 0)


def address(data: bytes) -> bytes:
    """Where bytes lie, as a pointer inside a struct; whoever uses it keeps them alive."""
    return bytes(memoryview(_Pointer(data)))


def _asked(function: CFuncPtr, *arguments: int | bytes) -> int:
    # Without a type a number would go as a C int, half of what the kernel looks at.
    words = [word if isinstance(word, bytes) else _Long(word) for word in arguments]
    result: int = function(*words)
    if result == -1:
        code = get_errno()
        raise OSError(code, os.strerror(code))
    return result
