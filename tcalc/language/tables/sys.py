"""`sys`: arguments, streams, and what is known of Python and the machine."""

from __future__ import annotations

import sys

from tcalc.language import streams
from tcalc.language.builtins import BUILTINS
from tcalc.language.shown import NATIVE
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.setting import Setting
from tcalc.runtime.objects.containers import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def getsizeof(object: Any, default: Any = None, /) -> int:
    """The bytes of memory that an object takes, without what it holds"""
    effect("getsizeof")
    return sys.getsizeof(object)


def getrecursionlimit() -> int:
    """How deep calls go"""
    effect("getrecursionlimit")
    return sys.getrecursionlimit()


def _stream(name: str) -> Setting:
    """A stream, in whose place a program may put anything with `write`."""

    def write(new: Any) -> None:
        current().instead[name] = new

    return Setting(lambda: streams.stream(name), write)


def _version() -> Any:
    kind = namedtuple("version_info", "major minor micro releaselevel serial")
    NATIVE[kind] = frozenset({*kind._fields, "count", "index"})
    return kind(*sys.version_info)


def members() -> dict[str, Any]:
    """What programs find in it."""
    named = ("epsilon", "max", "min", "dig", "mant_dig", "max_exp", "min_exp", "radix")
    NATIVE[type(sys.float_info)] = frozenset(named)
    return {
        "argv": Setting(lambda: current().argv),
        "path": Setting(lambda: current().path),
        **{name: _stream(name) for name in ("stdout", "stderr")},
        "stdin": streams.IN,
        "exit": BUILTINS["exit"],
        "getsizeof": getsizeof,
        "getrecursionlimit": getrecursionlimit,
        "version_info": _version(),
        "version": sys.version.partition(" ")[0],
        "float_info": sys.float_info,
        **{name: getattr(sys, name) for name in ("byteorder", "maxsize", "maxunicode", "platform")},
    }
