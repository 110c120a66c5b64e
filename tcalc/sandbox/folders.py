"""What a program behind the wall can still open: its own folders, and what runs it.

The installation is there to be read: Python, the packages, the C libraries with their data, and
the few files of the kernel that say what machine this is. What is not there is left out later.
"""

from __future__ import annotations

import os
import sys

from tcalc.sandbox import landlock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Libraries, and the data that those of C, OpenSSL and plots read.
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
    "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew",
    "/etc/ld.so.cache", "/etc/ld.so.preload",
    "/etc/localtime", "/usr/share/zoneinfo", "/usr/share/locale",
    "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies",
    "/etc/fonts", "/usr/share/fonts", "/usr/local/share/fonts",
)  # fmt: skip
# How many cores there are and how much memory is left: C's and BLAS's questions, and our own.
_KERNEL = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm/overcommit_memory",
    "/proc/self/statm", "/proc/self/maps", "/proc/self/cgroup",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip
# Where names of hosts are looked up, and the certificates that https checks.
_NETWORK = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
    "/etc/services", "/etc/protocols", "/etc/ssl/certs", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
)  # fmt: skip
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# What the CUDA driver reads beside its devices.
_CUDA = (
    "/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/sys/bus/pci", "/sys/devices",
    "/sys/module/nvidia", "/usr/local/cuda", "/usr/local/nvidia", "/etc/nvidia",
)  # fmt: skip


def grants(
    folders: Iterable[str],
    files: Iterable[str],
    devices: Sequence[str] = (),
    *,
    network: bool,
    shown: Sequence[str] = (),
) -> Iterator[tuple[str, int]]:
    """Paths with the rights on them: `folders` and `files` to be read and written, `devices` to be
    used, and what runs programs, with `shown`, to be read.
    """
    for path in (*folders, *files):
        # A program read from /dev/stdin does not lie among its data.
        if not _is_system(os.path.realpath(path) + "/"):
            yield path, landlock.WRITE
    readable = [*_python(), *_SYSTEM, *_loader(), *_KERNEL, *shown]
    if network:
        readable += _NETWORK
        readable += [os.environ[name] for name in _CERTIFICATES if name in os.environ]
    if devices:
        readable += [*_CUDA, os.environ.get("CUDA_PATH", "")]
    for path in dict.fromkeys(readable):
        # A relative path would lead to wherever the program was started.
        if os.path.isabs(path):
            yield path, landlock.READ
    for path in devices:
        yield path, landlock.USE_DEVICE
    if devices:  # its driver gives its threads names
        yield "/proc/self/task", landlock.READ | landlock.WRITE_FILE | landlock.TRUNCATE


def cuda_devices() -> list[str]:
    """The devices of NVIDIA's driver (under WSL, of Windows's) on this machine."""
    try:
        names = sorted(os.listdir("/dev"))
    except OSError:
        return []
    return [f"/dev/{name}" for name in names if name.startswith("nvidia") or name == "dxg"]


def _is_system(path: str) -> bool:
    return path.startswith(("/dev/", "/proc/", "/sys/")) and not path.startswith("/dev/shm/")


def _python() -> list[str]:
    """Where modules are found, and the libraries that came with this Python."""
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = [os.path.join(prefix, "lib") for prefix in (sys.base_prefix, sys.prefix)]
    return [ours, *sys.path, *libraries, sys.pycache_prefix or ""]


def _loader() -> list[str]:
    """Further folders in which the dynamic loader looks for libraries."""
    found = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    try:
        extra = sorted(os.listdir("/etc/ld.so.conf.d"))
    except OSError:
        extra = []
    for path in ("/etc/ld.so.conf", *(f"/etc/ld.so.conf.d/{name}" for name in extra)):
        try:
            with open(path, "rb") as file:
                lines = file.read().decode("utf-8", "surrogateescape").splitlines()
        except OSError:
            continue
        found += [line.strip() for line in lines if line.startswith("/")]
    return found
