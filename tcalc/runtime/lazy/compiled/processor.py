"""Whether code can be compiled for this machine, and for which: settled once for a session."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec

from tcalc.runtime.lazy.compiled.loader import mapped

# What vectors, products with one rounding and conversions of halves need.
_NEEDED = ("avx2", "fma", "f16c")
_DESCRIBED = ("vendor_id", "cpu family", "model", "stepping", "flags")
# Where the kernel says how large the third cache is, and what it is where that is not to be read.
_LAST_CACHE = "/sys/devices/system/cpu/cpu0/cache/index3/size"
_USUAL = 32 << 20
# A function that returns at once.
_RETURN = b"\xc3"


@cache
def identity() -> str | None:
    """What compiled code depends on, in short. None where nothing is compiled."""
    from hashlib import sha256  # it takes longer to load than all that is here

    text = description()
    return None if text is None else sha256(text.encode()).hexdigest()


@cache
def description() -> str | None:
    """What compiled code depends on: the processor and LLVM. None where nothing is compiled."""
    if sys.platform != "linux" or os.uname().machine != "x86_64" or sys.byteorder != "little":
        return None
    compiler = _compiler() if has(*_NEEDED) else None
    if compiler is None or not _may_run():
        return None
    return " ".join([compiler, *(_processor().get(name, "") for name in _DESCRIBED)])


def has(*features: str) -> bool:
    """Whether the processor has some features, as the kernel calls them."""
    return set(_processor().get("flags", "").split()) >= set(features)


@cache
def cache_size() -> int:
    """Bytes of the last cache before the memory."""
    try:
        with open(_LAST_CACHE, "rb") as file:
            return int(file.read().rstrip(b"K\n")) << 10
    except (OSError, ValueError):
        return _USUAL


@cache
def _processor() -> dict[str, str]:
    """What the kernel says of the first processor."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            text = file.read(1 << 14).decode("latin-1")
    except OSError:
        return {}
    rows = [line.partition(":") for line in text.partition("\n\n")[0].splitlines()]
    return {name.strip(): value.strip() for name, _, value in rows}


def _compiler() -> str | None:
    """The version of llvmlite as its own file says it, read without loading it; None without it."""
    found = find_spec("llvmlite")
    if found is None or not found.origin:
        return None
    try:
        with open(os.path.join(os.path.dirname(found.origin), "_version.py"), "rb") as file:
            return file.read(1 << 16).hex()
    except OSError:
        return None


def _may_run() -> bool:
    """Whether memory may become executable."""
    try:
        mapped(_RETURN, 0)
    except (OSError, ValueError):
        return False
    return True
