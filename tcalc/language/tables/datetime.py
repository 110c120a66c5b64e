"""`datetime`: dates and times, made of numbers alone.

Python's own classes also take a text in which they believe every byte: that is how they are
unpickled. Here they are called by way of a check.
"""

from __future__ import annotations

import datetime
from operator import index

from tcalc.language import attributes, classes
from tcalc.language.classes import TypeView
from tcalc.language.dates import check_format
from tcalc.language.lent import need_text
from tcalc.language.modules import stands_in
from tcalc.language.shown import NATIVE, REPLACED
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_DATE = "year month day weekday isoweekday isoformat ctime replace timetuple toordinal min max"
_TIME = "hour minute second microsecond tzinfo fold isoformat replace utcoffset tzname dst min max"
_SHOWN: dict[type, str] = {
    datetime.date: f"{_DATE} fromtimestamp fromordinal fromisoformat isocalendar",
    datetime.time: f"{_TIME} fromisoformat",
    datetime.datetime: f"{_DATE} {_TIME} date time timestamp fromtimestamp fromordinal combine "
    "fromisoformat astimezone isocalendar",
    datetime.timedelta: "days seconds microseconds total_seconds min max resolution",
    datetime.timezone: "utc utcoffset tzname",
}


class Made(TypeView):
    """A class of dates or times: what programs call, of numbers alone."""

    __slots__ = ()
    _known_as_ = "type"

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self.kind(*map(_number, args), **{k: _number(v) for k, v in kwargs.items()})

    def __repr__(self) -> str:
        return repr(self.kind)


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, datetime.tzinfo) else index(value)


def _strftime(self: Any, format: str) -> str:
    """The time as text: %Y-%m-%d %H:%M:%S and the like"""
    text: str = self.strftime(check_format(format))
    return text


def _strptime(date_string: str, format: str) -> datetime.datetime:
    """The time that a text spells"""
    return datetime.datetime.strptime(need_text("the date", date_string), check_format(format))


def _clock(name: str) -> Callable[..., Any]:
    """A way to ask for the time now."""

    def ask(*args: Any) -> Any:
        effect(name)
        return getattr(datetime.datetime, name)(*args)

    ask.__name__, ask.__doc__ = name, getattr(datetime.datetime, name).__doc__
    return ask


def _today() -> datetime.date:
    """The date today"""
    effect("today")
    return datetime.date.today()


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(datetime)
    for kind, names in _SHOWN.items():
        NATIVE[kind] = frozenset(names.split())
    NATIVE[type(datetime.date(1, 1, 1).isocalendar())] = frozenset({"year", "week", "weekday"})
    text = {"strftime": _strftime}
    REPLACED[datetime.date] = {**text, "today": _today}
    REPLACED[datetime.time] = text
    clocks = {name: _clock(name) for name in ("now", "utcnow", "today")}
    REPLACED[datetime.datetime] = {**text, **clocks, "strptime": _strptime}
    made: dict[str, Any] = {}
    for kind in (datetime.date, datetime.time, datetime.datetime):
        made[kind.__name__] = classes.show_as(kind, Made(kind))
    attributes.READERS[Made] = lambda value, name: attributes.read(value.kind, name)
    attributes.LISTERS[Made] = lambda value: attributes.visible(value.kind)
    for plain in (datetime.timedelta, datetime.timezone):
        made[plain.__name__] = plain
        classes.NAMED.add(plain)
    numbers = {"MINYEAR": datetime.MINYEAR, "MAXYEAR": datetime.MAXYEAR}
    return {**made, **numbers, "UTC": datetime.UTC}
