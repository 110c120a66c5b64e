"""`calendar`: days of months and years."""

from __future__ import annotations

import calendar
from operator import index

from tcalc.language.modules import stands_in
from tcalc.runtime.objects.lists import List, check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def isleap(year: int) -> bool:
    """Whether a year has 366 days"""
    return calendar.isleap(index(year))


def leapdays(y1: int, y2: int) -> int:
    """How many leap years there are from a year to before another"""
    return calendar.leapdays(index(y1), index(y2))


def weekday(year: int, month: int, day: int) -> int:
    """The day of the week of a date, 0 for Monday"""
    return int(calendar.weekday(index(year), index(month), index(day)))


def monthrange(year: int, month: int) -> tuple[int, int]:
    """The day of the week that a month begins with, and how many days it has"""
    first, days = calendar.monthrange(index(year), index(month))
    return int(first), days


def monthcalendar(year: int, month: int) -> List:
    """The weeks of a month, each a list of days with 0 for those of others"""
    return List([List(week) for week in calendar.monthcalendar(index(year), index(month))])


def month(theyear: int, themonth: int, w: int = 0, l: int = 0) -> str:  # noqa: E741 (Python's)
    """A month as text"""
    w, l = index(w), index(l)  # noqa: E741 (Python's)
    check_repeat(300, max(w, l), "the text")
    return calendar.month(index(theyear), index(themonth), w, l)


def timegm(tuple: Any) -> int:
    """The seconds since 1970 of a time in UTC, as `time.gmtime` gives it"""
    return calendar.timegm(tuple_of(tuple))


def tuple_of(time: Any) -> Any:
    """The six numbers that say a time."""
    return tuple([index(part) for part in time[:6]])


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(calendar)
    functions = (isleap, leapdays, weekday, monthrange, monthcalendar, month, timegm)
    names = ("day_abbr", "day_name", "month_abbr", "month_name")
    days = "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY".split()
    return {
        **{function.__name__: function for function in functions},
        **{name: List([*getattr(calendar, name)]) for name in names},
        **{day: number for number, day in enumerate(days)},
    }
