"""`time`: clocks, and times as text."""

from __future__ import annotations

import time

from tcalc.language.dates import check_format
from tcalc.language.modules import taken
from tcalc.language.shown import NATIVE
from tcalc.runtime.base.modes import effect, effectful

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_FIELDS = "tm_year tm_mon tm_mday tm_hour tm_min tm_sec tm_wday tm_yday tm_isdst tm_zone tm_gmtoff"


def strftime(format: str, t: Any = None, /) -> str:
    """A time as text: %Y-%m-%d %H:%M:%S and the like"""
    effect("strftime")
    check_format(format)
    return time.strftime(format) if t is None else time.strftime(format, t)


def strptime(string: str, format: str = "%a %b %d %H:%M:%S %Y", /) -> Any:
    """The time that a text spells"""
    check_format(format)
    if type(string) is not str:
        raise TypeError("strptime() takes texts")
    return time.strptime(string, format)


def members() -> dict[str, Any]:
    """What programs find in it."""
    clocks = taken(
        time,
        "monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns sleep "
        "thread_time thread_time_ns time time_ns localtime gmtime ctime",
    )
    NATIVE[time.struct_time] = frozenset({*_FIELDS.split(), "count", "index"})
    made = {name: effectful(clock) for name, clock in clocks.items()}
    own = {"strftime": strftime, "strptime": strptime}
    return {**made, **taken(time, "asctime mktime"), **own}
