"""Raising the wall, as far as this kernel has one, and telling what it has.

Before any thread is made: Landlock bounds the thread that asks and those that it makes later, and
one that was there before would stay free.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# The folders that the wall leaves open for writing; None while it is down.
_folders: tuple[str, ...] | None = None
# What a client of https connects to: servers, and those of names where UDP does not do.
_PORTS = (443, 53)


class Missing(Exception):
    """A part of the wall that was asked for cannot be raised here."""


def parts() -> list[tuple[bool, str]]:
    """What the wall is made of: whether this system has it, and how that is said.

    >>> [text.split()[:2] for _, text in parts()]  # doctest: +SKIP
    [['Landlock', '7'], ['seccomp', '(programs,']]
    """
    if not sys.platform.startswith("linux"):
        return [(False, f"no {name}: only Linux has it") for name in ("Landlock", "seccomp")]
    from tcalc.sandbox import landlock, seccomp

    abi = landlock.version()
    _, ports, scopes = landlock.handled(abi)
    bounded = ["folders"] + ["TCP"] * bool(ports) + ["signals"] * bool(scopes)
    files = f"Landlock {abi} ({', '.join(bounded)})" if abi else "no Landlock in this kernel"
    filters = seccomp.available()
    calls = "seccomp (programs, sockets, tracing)"
    lacking = f"no seccomp filters in this kernel, or none known for {os.uname().machine}"
    return [(bool(abi), files), (filters, calls if filters else lacking)]


def enclose(
    folders: Sequence[str],
    files: Sequence[str] = (),
    *,
    shown: Sequence[str] = (),
    network: bool = False,
    required: bool = False,
) -> None:
    """Let this process reach `folders` and `files`, what it needs to run, and nothing else.

    shown: further folders that may be read. network: https is left open. required: raise Missing where a part of it lacks, or where
    threads run already; otherwise what the kernel does not have is left out.
    """
    lacking = [text for there, text in parts() if not there]
    if required and lacking:
        raise Missing("; ".join(lacking))
    if not sys.platform.startswith("linux"):
        return
    from tcalc.sandbox.folders import cuda_devices

    threads = len(_listed("task"))
    if required and threads > 1:
        raise Missing(f"{threads} threads run already, and would stay outside")
    _close_inherited()
    # What is compiled in here must not run outside one day.
    sys.dont_write_bytecode = True
    devices = cuda_devices()  # before /dev is closed
    for build in (_bound_files, _filter_calls):
        try:
            build(folders, files, devices, network, shown)
        except (ImportError, OSError) as error:
            if required:
                raise Missing(f"the kernel refuses it: {error}") from None


def opens(folder: str) -> bool:
    """Whether files can be made in a folder, as far as the wall goes."""
    real = os.path.realpath(folder)
    return _folders is None or any(os.path.commonpath((real, one)) == one for one in _folders)


def _bound_files(
    folders: Sequence[str],
    files: Sequence[str],
    devices: Sequence[str],
    network: bool,
    shown: Sequence[str],
) -> None:
    global _folders
    from tcalc.sandbox import kernel, landlock
    from tcalc.sandbox.folders import grants

    kernel.gain_no_privileges()
    abi = landlock.version()
    if abi:
        if devices:
            # Its cache on disk is closed; and it makes the folder, unless there is one.
            os.environ.update(CUPY_CACHE_IN_MEMORY="1", CUPY_CACHE_DIR="/")
        opened = tuple(os.path.realpath(folder) for folder in folders)
        ports = _PORTS if network else ()
        given = grants(folders, files, devices, network=network, shown=shown)
        landlock.restrict(given, ports, abi)
        _folders = opened


def _filter_calls(
    folders: Sequence[str],
    files: Sequence[str],
    devices: Sequence[str],
    network: bool,
    shown: Sequence[str],
) -> None:
    from tcalc.sandbox import seccomp

    if seccomp.available():
        seccomp.restrict(network=network, gpu=bool(devices))


def _close_inherited() -> None:
    """Close what whoever started us left open beyond the three streams.

    Python marks what it opens itself, so that no program it starts would get it.
    """
    for number in _listed("fd"):
        try:
            if number > 2 and os.get_inheritable(number):
                os.close(number)
        except OSError:
            continue  # the listing's own, closed by now


def _listed(what: str) -> list[int]:
    """The numbers of this process's threads or open files; none where nothing says so."""
    try:
        return [int(name) for name in os.listdir(f"/proc/self/{what}")]
    except OSError:
        return []
