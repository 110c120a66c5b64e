"""Functions that are compiled once, when tcalc is installed: arrays of every size have them then.

A function whose last digit is not NumPy's cannot come and go with what happens to be compiled. So those
of small arrays are there from the installation on, all together in one file, or not at all; which of the
two is settled for a session when the first is asked for.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from tcalc import __version__
from tcalc.runtime.base.memory import keep_freed
from tcalc.runtime.lazy.compiled import processor
from tcalc.runtime.lazy.compiled.loader import images, placed
from tcalc.runtime.lazy.compiled.ufuncs import ufunc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST = 4 << 20


class Entry(NamedTuple):
    """A function: of how many arrays, giving how many (of none: it is called by its address);
    signature: of rows, as NumPy writes it; kinds: the types of elements, where not all are of float32."""

    name: str
    inputs: int
    outputs: int = 1
    signature: str = ""
    kinds: str = ""


def path() -> str:
    """Where the file is, whether it is there or not."""
    return os.path.join(sys.prefix, "lib", "tcalc", "functions")


def is_there() -> bool:
    """Whether the installation has functions of the present code for this processor."""
    return bool(_functions())


@cache
def function(name: str) -> Any:
    """A function of NumPy's kind by its name, or None where the installation has none."""
    found = _functions().get(name)
    if found is None:
        return None
    address, entry = found
    try:
        kinds = entry.kinds.split(",") if entry.kinds else ()
        return ufunc(name, address, entry.inputs, entry.outputs, entry.signature or None, kinds)
    except (AttributeError, ImportError, OSError):  # a NumPy that makes them in another way
        return None


def address(name: str) -> int | None:
    """Where a function by its name lies, or None where the installation has none."""
    found = _functions().get(name)
    return None if found is None else found[0]


def entry(name: str) -> Entry | None:
    """What is known of a function by its name, or None likewise."""
    found = _functions().get(name)
    return None if found is None else found[1]


@cache
def call(name: str) -> Callable[[int], None] | None:
    """A function that is given the address of a block of numbers, by its name, or None likewise."""
    start = address(name)
    if start is None:
        return None
    function: Callable[[int], None] = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(start)
    return function


def write(data: bytes, entries: Iterable[Entry]) -> None:
    """Leave functions of an object file to those who come later: each is called `loop_` and its name.

    Raises Refused where they are not what the loader knows, and OSError.
    """
    entries = list(entries)
    memory, starts = images(data, [f"loop_{entry.name}" for entry in entries])
    rows = [
        " ".join([str(part) or "-" for part in (entry.name, start, *entry[1:])])
        for entry, start in zip(entries, starts)
    ]
    text = "\n".join([_identity(), *rows, "", ""]).encode() + memory
    where = path()
    os.makedirs(os.path.dirname(where), exist_ok=True)
    part = f"{where}.{os.getpid()}"
    with open(part, "wb") as file:
        file.write(crc32(text).to_bytes(4) + text)
    os.replace(part, where)
    _functions.cache_clear()
    function.cache_clear()
    call.cache_clear()


@cache
def _functions() -> dict[str, tuple[int, Entry]]:
    """The functions of the file, and where they lie."""
    try:
        with open(path(), "rb") as file:
            check, text = file.read(4), file.read(_MOST)
    except OSError:
        return {}
    head, _, memory = text.partition(b"\n\n")
    identity, *rows = head.decode("ascii", "replace").split("\n")
    if crc32(text).to_bytes(4) != check or identity != _identity():
        return {}
    keep_freed()  # results of theirs are made without a look at how much is in use
    try:
        base = placed(memory)
    except OSError:
        return {}
    found = {}
    for row in rows:
        name, start, inputs, outputs, *texts = row.split(" ")
        entry = Entry(name, int(inputs), int(outputs), *[text.strip("-") for text in texts])
        found[name] = base + int(start), entry
    return found


def _identity() -> str:
    return f"tcalc {__version__} {processor.description()} {_sources()}"


def _sources() -> str:
    """The state of the files that the functions are made of: of other ones they would be others."""
    here = os.path.dirname(__file__)
    found = []
    for folder in (here, os.path.join(here, "..", "..", "ops", "elementwise")):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return f"{len(found)} {crc32(' '.join(sorted(found)).encode())}"
